"""Closing sessions out: the prompt after their end, who came, and what is behind the last free cancel."""

from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.ui.booking_board import Board
from bot.ui.booking_close import Desk
from bot.ui.booking_flow import Flow
from bot.ui.context import actor_of
from bot.ui.press import Press, press


class BookingCloseCog(commands.Cog):
    """The buttons and the form of a close-out."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.desk = Desk(bot)
        self.flow = Flow(bot, Board(bot))

    @press("booking:asplanned")
    async def press_as_planned(self, pressed: Press) -> None:
        """Show the close of a session that went as planned, to be sent with one more press."""
        actor = await _actor(pressed)
        await self.desk.show(pressed.interaction, actor, pressed.number(), {})

    @press("booking:differed")
    async def press_differed(self, pressed: Press) -> None:
        await self.desk.form(pressed.interaction, await _actor(pressed), pressed.number())

    @press("booking:closeform")
    async def press_form(self, pressed: Press) -> None:
        await self.desk.form(pressed.interaction, await _actor(pressed), 0, pressed.number())

    @press("booking:closeset")
    async def sent_form(self, pressed: Press) -> None:
        actor = await _actor(pressed)
        await self.desk.typed(pressed.interaction, actor, pressed.number(), pressed.fields)

    @press("booking:came")
    async def picked_people(self, pressed: Press) -> None:
        actor = await _actor(pressed)
        await self.desk.came(pressed.interaction, actor, pressed.number(), [int(value) for value in pressed.values])

    @press("booking:doclose")
    async def press_close(self, pressed: Press) -> None:
        await self.desk.close(pressed.interaction, await _actor(pressed), pressed.number())

    @press("booking:cost")
    async def press_cost(self, pressed: Press) -> None:
        """Tell one person what cancelling costs once it is not free any more, if they may see money."""
        await self.flow.cost_of_cancelling(pressed.interaction, await _actor(pressed), pressed.number())


async def _actor(pressed: Press) -> Actor:
    """Return who pressed, in a direct message too: the last part of the custom id names the server."""
    return await actor_of(pressed.interaction, pressed.number(1))


async def setup(bot: Backline) -> None:
    await bot.add_cog(BookingCloseCog(bot))
