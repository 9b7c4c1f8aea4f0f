"""What is behind a booking's gear and its questions: editing, moving, confirming, cancelling, and who is asked."""

from discord.ext import commands

from bot.app import Backline
from bot.services.booking_checks import tidy_reason
from bot.ui.booking_board import Board
from bot.ui.booking_card import gear_panel
from bot.ui.booking_flow import CANCEL_MEMO, REASON_LIMIT, Flow, slot_of, which
from bot.ui.components import notice
from bot.ui.context import actor_of
from bot.ui.press import Press, modal, press, text_field
from bot.ui.respond import reply, update


class BookingGearCog(commands.Cog):
    """The buttons and forms that change a booking."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.flow = Flow(bot, Board(bot))

    @press("booking:gear")
    async def press_gear(self, pressed: Press) -> None:
        facts = await self.bot.services.booking.mine(await actor_of(pressed.interaction), pressed.number())
        await reply(pressed.interaction, gear_panel(facts))

    @press("booking:words")
    async def open_words(self, pressed: Press) -> None:
        facts = await self.bot.services.booking.mine(await actor_of(pressed.interaction), pressed.number())
        booking = facts.booking
        form = modal(
            f"Edit #{facts.number}",
            f"booking:edit:{booking.id}",
            text_field("What", "what", value=booking.what, needed=True, limit=120),
            text_field("Needs", "needs", value=booking.needs, limit=200),
            text_field("Note", "note", value=booking.note, limit=1000, long=True),
        )
        await pressed.interaction.response.send_modal(form)

    @press("booking:edit")
    async def sent_words(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        fields = pressed.fields
        outcome = await self.bot.services.booking.edit(
            actor, pressed.number(), what=fields["what"], needs=fields.get("needs"), note=fields.get("note")
        )
        await self.flow.done(pressed.interaction, actor, outcome, "Changed")

    @press("booking:times")
    async def open_times(self, pressed: Press) -> None:
        facts = await self.bot.services.booking.mine(await actor_of(pressed.interaction), pressed.number())
        when = text_field("New time", "when", hint="fri 7pm-10pm", needed=True)
        await pressed.interaction.response.send_modal(
            modal(f"Move #{facts.number}", f"booking:movetext:{facts.booking.id}", when)
        )

    @press("booking:movetext")
    async def sent_times(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        await self.flow.move_to_text(pressed.interaction, actor, pressed.number(), pressed.fields["when"])

    @press("booking:moveto")
    async def press_move(self, pressed: Press) -> None:
        """Move to a time that was offered, or one over a day that somebody does mean."""
        actor, when = await actor_of(pressed.interaction), slot_of(pressed.number(1), pressed.number(2))
        sure, following = "1" in pressed.args[3:4], which(pressed.args[4:])
        await self.flow.move(pressed.interaction, actor, pressed.number(), when, sure=sure, following=following)

    @press("booking:movewhy")
    async def sent_move_why(self, pressed: Press) -> None:
        actor, when = await actor_of(pressed.interaction), slot_of(pressed.number(1), pressed.number(2))
        sure, following, reason = bool(pressed.number(3)), which(pressed.args[4:]), _reason(pressed)
        await self.flow.move(
            pressed.interaction, actor, pressed.number(), when, reason=reason, sure=sure, following=following
        )

    @press("booking:confirm")
    async def press_confirm(self, pressed: Press) -> None:
        await self.flow.confirm(pressed.interaction, await actor_of(pressed.interaction), pressed.number())

    @press("booking:surewhy")
    async def sent_confirm_why(self, pressed: Press) -> None:
        actor, reason = await actor_of(pressed.interaction), _reason(pressed)
        await self.flow.confirm(pressed.interaction, actor, pressed.number(), reason)

    @press("booking:end")
    async def open_end(self, pressed: Press) -> None:
        facts = await self.bot.services.booking.mine(await actor_of(pressed.interaction), pressed.number())
        why = text_field("Why? Its people are told", "reason", limit=REASON_LIMIT, long=True)
        await pressed.interaction.response.send_modal(
            modal(f"Cancel #{facts.number}", f"booking:endwhy:{facts.booking.id}", why)
        )

    @press("booking:endwhy")
    async def sent_end(self, pressed: Press) -> None:
        actor, reason = await actor_of(pressed.interaction), pressed.fields.get("reason")
        await self.flow.cancel(pressed.interaction, actor, pressed.number(), reason)

    @press("booking:fee")
    async def press_fee(self, pressed: Press) -> None:
        """Cancel with the fee that was shown; one that has grown since is asked about again."""
        actor = await actor_of(pressed.interaction)
        memo = await self.bot.services.memo.recall(actor, pressed.number(2), CANCEL_MEMO)
        key, percent = pressed.number(), pressed.number(1)
        await self.flow.cancel(
            pressed.interaction, actor, key, memo["reason"], accepted=percent, following=memo["following"]
        )

    @press("booking:endof")
    async def press_end_of(self, pressed: Press) -> None:
        """Cancel one session of a repeat, or it and those after it."""
        actor = await actor_of(pressed.interaction)
        memo = await self.bot.services.memo.recall(actor, pressed.number(1), CANCEL_MEMO)
        following = which(pressed.args[2:])
        await self.flow.cancel(pressed.interaction, actor, pressed.number(), memo["reason"], following=following)

    @press("booking:keep")
    async def press_keep(self, pressed: Press) -> None:
        await update(pressed.interaction, notice("Kept as it is. Nothing was changed."))

    @press("booking:users")
    async def picked_users(self, pressed: Press) -> None:
        await self._pick(pressed, "users")

    @press("booking:roles")
    async def picked_roles(self, pressed: Press) -> None:
        await self._pick(pressed, "roles")

    async def _pick(self, pressed: Press, kind: str) -> None:
        """Ask exactly those chosen in the panel's menu; what the menu had no room to show stays asked."""
        actor = await actor_of(pressed.interaction)
        facts = await self.bot.services.booking.mine(actor, pressed.number())
        beyond = (facts.asked_users if kind == "users" else facts.asked_roles)[25:]
        chosen = [*map(int, pressed.values), *beyond]
        outcome = await self.bot.services.booking.ask(actor, pressed.number(), **{kind: chosen})
        await self.flow.done(pressed.interaction, actor, outcome, "Changed who is asked")


def _reason(pressed: Press) -> str:
    return tidy_reason(pressed.fields.get("reason", ""))


async def setup(bot: Backline) -> None:
    await bot.add_cog(BookingGearCog(bot))
