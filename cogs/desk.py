"""What every answer of the desk has: undo, pages, share, and choices that run a command again."""

from discord.ext import commands

from bot.app import Backline
from bot.ui import rerun, theme
from bot.ui.components import notice
from bot.ui.context import actor_of
from bot.ui.press import Press, press
from bot.ui.respond import reply, update


class DeskCog(commands.Cog):
    """The buttons that belong to no single feature."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @press("undo:change")
    async def undo(self, pressed: Press) -> None:
        """Take a change back and say so where its button was."""
        guild_id = pressed.number(1) if len(pressed.args) > 1 else None
        actor = await actor_of(pressed.interaction, guild_id)
        await self.bot.services.undo.undo(actor, pressed.number())
        await update(pressed.interaction, notice("↩️ Undone. Everything is as it was before.", accent=theme.QUIET))

    @press("rerun:with")
    async def run_again(self, pressed: Press) -> None:
        await rerun.run(pressed)

    @press("list:page")
    async def turn(self, pressed: Press) -> None:
        await self.bot.lists.turn(pressed)

    @press("list:share")
    async def share(self, pressed: Press) -> None:
        await self.bot.lists.share(pressed)

    @press("desk:dismiss")
    async def dismiss(self, pressed: Press) -> None:
        """Answer a Cancel: nothing was changed, and the message says so."""
        if pressed.interaction.message is None:
            await reply(pressed.interaction, notice("Nothing was changed."))
        else:
            await update(pressed.interaction, notice("Cancelled. Nothing was changed.", accent=theme.QUIET))


async def setup(bot: Backline) -> None:
    await bot.add_cog(DeskCog(bot))
