"""What happens between a person and a booking, whether they typed a command or pressed a button."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.actor import Actor
from bot.errors import UserError
from bot.fuzzy import Choice
from bot.services.booking import Outcome, Preview, Ref
from bot.services.booking_checks import LongSession
from bot.services.booking_clash import ReasonNeeded, RoomTaken, Slot
from bot.services.booking_price import FeeAsked
from bot.services.booking_series import SeriesAsked
from bot.text import clip, stamp, stamp_range
from bot.ui import theme
from bot.ui.booking_board import Board
from bot.ui.booking_card import (
    booking_card,
    fee_card,
    preview_card,
    price_line,
    series_card,
    spoken,
    summary,
    sure_card,
)
from bot.ui.budget_card import warned
from bot.ui.components import buttons, card, main, notice, undo
from bot.ui.press import modal, text_field
from bot.ui.respond import Offer, reply, update
from bot.when import UnclearTime, read

if TYPE_CHECKING:
    from bot.app import Backline

REASON_LIMIT = 300
CANCEL_MEMO = "booking-cancel"


class Flow:
    """The steps of previewing, booking, moving, confirming and cancelling, as people see them."""

    def __init__(self, bot: "Backline", board: Board) -> None:
        self._bot = bot
        self._board = board

    async def preview(self, actor: Actor, preview: Preview, *, sure: bool = False) -> ui.LayoutView:
        """Return a draft's preview, or the question whether it is meant to last so long."""
        if preview.is_long and not sure:
            return sure_card(preview)
        return preview_card(actor, preview, (await self._bot.services.settings.of(actor.guild_id)).locale)

    async def take(
        self,
        interaction: discord.Interaction[Any],
        actor: Actor,
        key: int,
        *,
        hold: bool = False,
        reason: str | None = None,
    ) -> None:
        """Book or hold a preview, turn it into a confirmation, and post the card; ask for a reason where one is due."""
        service = self._bot.services.booking
        try:
            outcome = await (service.hold(actor, key) if hold else service.book(actor, key, reason))
        except ReasonNeeded as asking:
            await interaction.response.send_modal(_reason_form(f"booking:why:{key}", asking.named))
            return
        except RoomTaken as taken:
            await reply(interaction, _slots_card(actor, taken, f"booking:slot:{key}", self._now))
            return
        verb = "Held" if hold else "Booked"
        repeat = f"🔁 And {outcome.more} more of its repeat; `/booking list` has them all." if outcome.more else ""
        more = "\n".join(filter(None, (repeat, await self._warned(actor, outcome))))
        await update(interaction, summary(outcome.facts, verb, undo(actor.change_id), more=more))
        await self._board.post(interaction, outcome.facts)

    async def move(
        self,
        interaction: discord.Interaction[Any],
        actor: Actor,
        ref: Ref,
        when: Slot,
        *,
        reason: str | None = None,
        sure: bool = False,
        following: bool | None = None,
    ) -> None:
        """Move a booking and tell its people; asks about a long one, a repeat, and for a reason where one is due.

        A command's refusal offers free times that run it again; a press's offers buttons that move there.
        """
        service, (start, end) = self._bot.services.booking, when
        try:
            outcome = await service.move(actor, ref, start, end, reason=reason, sure=sure, following=following)
        except ReasonNeeded as asking:
            to = await self._again(actor, ref, "movewhy", when, sure=sure, following=following)
            await interaction.response.send_modal(_reason_form(to, asking.named))
        except LongSession as long:
            to = await self._again(actor, ref, "moveto", when, sure=True, following=following)
            yes = main(f"Yes, {long.values['hours']} hours", to)
            text = f"{theme.WARNING} {long} {stamp_range(start, end)}"
            await reply(interaction, card(text, buttons(yes, _keep()), accent=theme.WARN))
        except SeriesAsked as asked:
            one = await self._again(actor, ref, "moveto", when, sure=sure, following=False)
            every = await self._again(actor, ref, "moveto", when, sure=sure, following=True)
            await reply(interaction, series_card(str(asked), one, every))
        except RoomTaken as taken:
            if interaction.type is discord.InteractionType.application_command or interaction.extras:
                raise self.offer(actor, taken) from taken
            found, _ = await service.show(actor, ref)
            await reply(interaction, _slots_card(actor, taken, f"booking:moveto:{found.booking.id}", self._now))
        else:
            verb = f"Moved with the {outcome.more} after it" if outcome.more else "Moved"
            await self.done(interaction, actor, outcome, verb)

    async def _again(self, actor: Actor, ref: Ref, verb: str, when: Slot, *, sure: bool, following: bool | None) -> str:
        """Return the custom id of a move that goes on: its time, whether its length is meant, for which sessions."""
        found, _ = await self._bot.services.booking.show(actor, ref)
        of = "" if following is None else int(following)
        return f"booking:{verb}:{found.booking.id}:{_unix(when[0])}:{_unix(when[1])}:{int(sure)}:{of}"

    async def move_to_text(self, interaction: discord.Interaction[Any], actor: Actor, key: int, text: str) -> None:
        """Move a booking to the time that was typed into its form; what can't be read offers what could be meant."""
        try:
            reading = read(text, want="interval", now=self._now, zone=actor.zone, locale=actor.locale)
        except UnclearTime as unclear:
            near = [(near.start, near.end) for near in unclear.suggestions if near.start and near.end]
            blocks = _slot_buttons(actor, near, f"booking:moveto:{key}", self._now)
            await reply(interaction, card(f"{theme.WARNING} {unclear}", blocks, accent=theme.WARN))
            return
        if reading.start is not None and reading.end is not None:
            await self.move(interaction, actor, key, (reading.start, reading.end))

    async def confirm(
        self, interaction: discord.Interaction[Any], actor: Actor, ref: Ref, reason: str | None = None
    ) -> None:
        """Confirm a hold and tell its people; asks for a reason where somebody is booked elsewhere."""
        service = self._bot.services.booking
        try:
            outcome = await service.confirm(actor, ref, reason)
        except ReasonNeeded as asking:
            found, _ = await service.show(actor, ref)
            await interaction.response.send_modal(_reason_form(f"booking:surewhy:{found.booking.id}", asking.named))
            return
        await self.done(interaction, actor, outcome, "Confirmed")

    async def cancel(
        self,
        interaction: discord.Interaction[Any],
        actor: Actor,
        ref: Ref,
        reason: str | None,
        *,
        accepted: int = 0,
        following: bool | None = None,
    ) -> None:
        """Cancel a booking and tell its people; asks first about a repeat, and where the room's terms cost money."""
        service = self._bot.services.booking
        try:
            outcome = await service.cancel(actor, ref, reason, accepted=accepted, following=following)
        except SeriesAsked as asked:
            memo = await self._bot.services.memo.keep(actor, CANCEL_MEMO, {"reason": reason})
            one, every = (f"booking:endof:{asked.booking_id}:{memo}:{of}" for of in (0, 1))
            await reply(interaction, series_card(str(asked), one, every))
            return
        except FeeAsked as asking:
            await self._ask_fee(interaction, actor, asking, {"reason": reason, "following": following})
            return
        more = ""
        if outcome.fee is not None and actor.sees_money:
            booked = " and is booked as an expense" if outcome.facts.booking.line_id else ""
            more = f"{theme.MONEY} The fee is **{outcome.fee.show(await self._locale(actor))}**{booked}."
        verb = f"Cancelled with the {outcome.more} after it" if outcome.more else "Cancelled"
        await self.done(interaction, actor, outcome, verb, more)

    async def _ask_fee(
        self, interaction: discord.Interaction[Any], actor: Actor, asked: FeeAsked, kept: dict[str, Any]
    ) -> None:
        facts, _ = await self._bot.services.booking.show(actor, asked.booking_id)
        cost = "costs money by the terms of its room; people with the money role can see how much."
        if actor.sees_money:
            cost = f"costs **{asked.fee.show(await self._locale(actor))}**, {asked.percent} % by the room's terms."
        memo = await self._bot.services.memo.keep(actor, CANCEL_MEMO, kept)
        to = f"booking:fee:{asked.booking_id}:{asked.percent}:{memo}"
        await (reply if interaction.message is None else update)(interaction, fee_card(facts, cost, to))

    async def cost_of_cancelling(self, interaction: discord.Interaction[Any], actor: Actor, key: int) -> None:
        """Tell one person what the room's terms take for a booking step by step, if they may see money (R35)."""
        steps = await self._bot.services.booking.terms(actor, key)
        locale = await self._locale(actor)
        lines = [f"- from {stamp(at)}: **{fee.show(locale)}**, {percent} %" for at, fee, percent in steps]
        text = "\n".join(["Cancelling costs:", *lines]) if lines else "Cancelling it costs nothing, at any time."
        await reply(interaction, notice(f"{theme.MONEY} {text}"))

    async def done(
        self, interaction: discord.Interaction[Any], actor: Actor, outcome: Outcome, verb: str, more: str = ""
    ) -> None:
        """Answer whoever changed a booking, then tell the band in the channel of its card."""
        more = "\n".join(filter(None, (more, await self._warned(actor, outcome))))
        view = summary(outcome.facts, verb, undo(actor.change_id), more=more)
        await (update if _is_private(interaction) else reply)(interaction, view)
        if outcome.notice is not None and not await self._board.tell(actor.guild_id, outcome.notice):
            text = "The channel of its card is closed to me and there is no announcements channel, so nobody was told."
            await interaction.followup.send(view=notice(f"{theme.WARNING} {text}"), ephemeral=True)

    async def show(self, actor: Actor, ref: Ref) -> ui.LayoutView:
        """Return a booking's card for one person, with the price for money roles."""
        facts, price = await self._bot.services.booking.show(actor, ref)
        shown = price_line(facts, price, await self._locale(actor)) if price else ""
        return booking_card(facts, shown)

    def offer(self, actor: Actor, taken: RoomTaken) -> UserError:
        """Return the refusal of a command with the nearest free times as buttons that run it again."""
        texts = [spoken(actor, start, end, self._now) for start, end in taken.slots]
        return Offer(str(taken), option="when", choices=[Choice(clip(text, 80), text) for text in texts])

    async def _warned(self, actor: Actor, outcome: Outcome) -> str:
        """Return what has run out by a change, for those who may see money (R35)."""
        return warned(outcome.warnings, await self._locale(actor)) if actor.sees_money else ""

    @property
    def _now(self) -> datetime:
        return self._bot.clock.now()

    async def _locale(self, actor: Actor) -> str:
        return (await self._bot.services.settings.of(actor.guild_id)).locale


def which(args: Sequence[str]) -> bool | None:
    """Return what a custom id says of a repeat: this one alone, the later ones as well, or nothing yet."""
    return {"0": False, "1": True}.get(args[0]) if args else None


def slot_of(start: int, end: int) -> Slot:
    """Return the interval that a button's custom id names by its seconds since 1970."""
    return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)


def _unix(at: datetime) -> int:
    return int(at.timestamp())


def _is_private(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether the press was on an answer for one person, which may be drawn over."""
    return interaction.message is not None and interaction.message.flags.ephemeral


def _keep() -> ui.Button[Any]:
    return ui.Button(label="No", custom_id="booking:keep")


def _reason_form(to: str, clashes: str) -> ui.Modal:
    shown: ui.TextDisplay[Any] = ui.TextDisplay(clip(f"In the way: {clashes}", 2000))
    asked = text_field("Why book over it?", "reason", needed=True, limit=REASON_LIMIT, long=True)
    return modal("This clashes", to, shown, asked)


def _slots_card(actor: Actor, taken: RoomTaken, to: str, now: datetime) -> ui.LayoutView:
    return card(f"{theme.WARNING} {taken}", _slot_buttons(actor, taken.slots, to, now), accent=theme.WARN)


def _slot_buttons(actor: Actor, slots: Sequence[Slot], to: str, now: datetime) -> ui.ActionRow[Any] | None:
    if not slots:
        return None
    return buttons(
        *(main(spoken(actor, start, end, now), f"{to}:{_unix(start)}:{_unix(end)}") for start, end in slots[:3])
    )
