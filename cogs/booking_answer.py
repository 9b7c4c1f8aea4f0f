"""Answers away from a session's card: under a nudge, what somebody covers, and asking again."""

from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.models.booking import Answer
from bot.ui.booking_parts import NONE, answered_card, covered_card, nudged_text
from bot.ui.components import notice
from bot.ui.context import actor_of
from bot.ui.press import Press, UnknownButton, press
from bot.ui.respond import reply, update


class BookingAnswerCog(commands.Cog):
    """The buttons and the menu of those who are asked, and of who asks them."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @press("booking:reply")
    async def press_reply(self, pressed: Press) -> None:
        """Note an answer that was given under a nudge, maybe in a direct message."""
        actor = await _actor(pressed)
        said = pressed.args[2] if len(pressed.args) > 2 else ""  # noqa: PLR2004 - booking, server, answer
        if said not in (Answer.COMING, Answer.MAYBE, Answer.CANT):
            raise UnknownButton
        facts = await self.bot.services.booking.answer(actor, pressed.number(), Answer(said))
        await reply(pressed.interaction, answered_card(facts, actor.user_id, said))

    @press("booking:part")
    async def picked_part(self, pressed: Press) -> None:
        """Note what somebody covers."""
        actor = await _actor(pressed)
        chosen = [] if NONE in pressed.values else pressed.values
        facts = await self.bot.services.booking_parts.play(actor, pressed.number(), chosen)
        await update(pressed.interaction, covered_card(facts, actor.user_id))

    @press("booking:nudge")
    async def press_nudge(self, pressed: Press) -> None:
        facts = await self.bot.services.booking_nudge.nudge(await _actor(pressed), pressed.number())
        await reply(pressed.interaction, notice(nudged_text(facts)))


async def _actor(pressed: Press) -> Actor:
    """Return who pressed, in a direct message too: the second part of the custom id names the server."""
    return await actor_of(pressed.interaction, pressed.number(1))


async def setup(bot: Backline) -> None:
    await bot.add_cog(BookingAnswerCog(bot))
