"""`/me`: what a person sets for themselves."""

from discord import app_commands
from discord.ext import commands

from bot.app import Backline
from bot.text import local
from bot.ui import theme
from bot.ui.components import buttons, card, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.params import suggest_zone
from bot.ui.respond import reply


class MeCog(commands.GroupCog, name="me", description="Your own settings: time zone and how you are reminded"):
    """A person's own settings."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="Set your time zone, so that times you type are read in it")
    @app_commands.describe(timezone="A city or zone, such as Berlin or America/Chicago")
    @app_commands.autocomplete(timezone=suggest_zone)
    async def timezone(self, interaction: Interaction, timezone: str) -> None:
        actor = await actor_of(interaction)
        name = await self.bot.services.settings.set_zone(actor, timezone)
        here = await self.bot.services.settings.complete(actor)
        clock = local(self.bot.clock.now(), here.zone, actor.locale)
        text = f"{theme.OK} Your time zone is **{name.replace('_', ' ')}**. It is {clock} there now."
        await reply(interaction, card(text, buttons(undo(actor.change_id)), accent=theme.GOOD))


async def setup(bot: Backline) -> None:
    await bot.add_cog(MeCog(bot))
