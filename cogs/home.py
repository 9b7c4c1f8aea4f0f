"""`/help` and `/today`: where to begin, and what is on."""

from discord import app_commands
from discord.ext import commands

from bot.app import Backline
from bot.ui.components import card
from bot.ui.context import Interaction
from bot.ui.respond import reply

TOPICS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "setup": (
        "Setting up",
        [
            ("setup start", "time zone, currency, roles, announcements"),
            ("setup check", "what I am missing, and how to mend it"),
            ("me timezone", "your own time zone"),
        ],
    ),
    "projects": (
        "Projects and rooms",
        [
            ("project create", "start a record or production"),
            ("project show", "one project at a glance"),
            ("project bind", "make this channel mean a project"),
            ("room add", "a studio or rehearsal room, with its price and rules"),
        ],
    ),
}


class HomeCog(commands.Cog):
    """The first commands a newcomer tries."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="A short guide to what I do")
    @app_commands.describe(topic="What you want to know about")
    @app_commands.choices(topic=[app_commands.Choice(name=title, value=key) for key, (title, _) in TOPICS.items()])
    async def help(self, interaction: Interaction, topic: str | None = None) -> None:
        blocks = ["### What I do"]
        for key, (title, entries) in TOPICS.items():
            if topic in (None, key):
                lines = [f"{self.bot.mention(name)} – {words}" for name, words in entries]
                blocks.append("\n".join([f"**{title}**", *lines]))
        if topic is None:
            blocks.append(
                "-# Times are free text: `fri 7pm-10pm`, `tomorrow noon for 3h`. Every write has an Undo for 10 minutes."
            )
        await reply(interaction, card(*blocks))


async def setup(bot: Backline) -> None:
    await bot.add_cog(HomeCog(bot))
