"""What happens between a person and the close-out of a session, whether they typed a command or pressed a button."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.actor import Actor
from bot.errors import UserError
from bot.money import Amount, read_amount
from bot.services.booking import BookingFacts, Ref
from bot.services.booking_close import Wish
from bot.text import clip, echo
from bot.ui import booking_close_card as cards
from bot.ui.budget_flow import Flow as BudgetFlow
from bot.ui.context import actor_of
from bot.ui.params import CHOICE_LIMIT, near
from bot.ui.respond import reply, update
from bot.when import Reading, UnclearTime, read

if TYPE_CHECKING:
    from bot.app import Backline

CLOSE_MEMO = "booking-close"
# A time of day means the one nearest the booked time: from half a day before its start on.
EARLY = timedelta(hours=12)
NOW = frozenset(["now", "just now"])


class Desk:
    """The steps of closing a session, as people see them."""

    def __init__(self, bot: "Backline") -> None:
        self._bot = bot

    async def show(
        self, interaction: discord.Interaction[Any], actor: Actor, ref: Ref, typed: Mapping[str, str | None]
    ) -> None:
        """Show what closing would say and cost; a time that can't be read is offered in other words."""
        facts, _ = await self._bot.services.booking.show(actor, ref)
        wish = {**self._times(actor, facts, typed), "note": typed.get("note")}
        if typed.get("cost"):
            wish["cost"] = read_amount(typed["cost"] or "", await self._locale(actor))
        await self._preview(interaction, actor, facts.booking.id, Wish(**wish), {**typed})

    async def _preview(
        self, interaction: discord.Interaction[Any], actor: Actor, key: int, wish: Wish, typed: dict[str, Any]
    ) -> None:
        closing = await self._bot.services.booking_close.preview(actor, key, wish)
        said = {name: text for name, text in typed.items() if text}
        memo = await self._bot.services.memo.keep(actor, CLOSE_MEMO, {"key": key, "typed": said, **_kept(wish)})
        view = cards.closing_card(actor, closing, memo, await self._locale(actor))
        own = interaction.message is not None and interaction.message.flags.ephemeral
        await (update if own else reply)(interaction, view)

    async def form(self, interaction: discord.Interaction[Any], actor: Actor, key: int, memo: int = 0) -> None:
        """Ask for the real times, the extra cost and a note."""
        kept: dict[str, Any] = await self._recall(actor, memo) if memo else {"key": key, "typed": {}}
        closing = await self._bot.services.booking_close.preview(actor, kept["key"], _wish(kept))
        memo = memo or await self._bot.services.memo.keep(actor, CLOSE_MEMO, kept)
        await interaction.response.send_modal(cards.form(actor, closing, memo, kept["typed"]))

    async def typed(
        self, interaction: discord.Interaction[Any], actor: Actor, memo: int, fields: Mapping[str, str]
    ) -> None:
        """Show the close again with what the form says; who came stays as chosen."""
        kept = await self._recall(actor, memo)
        facts, _ = await self._bot.services.booking.show(actor, kept["key"])
        wish = {**self._times(actor, facts, fields), "note": fields.get("note") or None, "came": _wish(kept).came}
        if fields.get("cost"):
            wish["cost"] = read_amount(fields["cost"], await self._locale(actor))
        await self._preview(interaction, actor, kept["key"], Wish(**wish), {**fields})

    async def came(self, interaction: discord.Interaction[Any], actor: Actor, memo: int, users: list[int]) -> None:
        """Show the close again with who came."""
        kept = await self._recall(actor, memo)
        wish = _wish({**kept, "came": users})
        await self._preview(interaction, actor, kept["key"], wish, kept["typed"])

    async def close(self, interaction: discord.Interaction[Any], actor: Actor, memo: int) -> None:
        """Close the session; what waits for a producer is asked in the channel."""
        kept = await self._recall(actor, memo)
        closing = await self._bot.services.booking_close.close(actor, kept["key"], _wish(kept))
        await update(interaction, cards.closed_card(actor, closing, await self._locale(actor)))
        for number in closing.asks:
            logged = await self._bot.services.budget.expense(actor, number)
            await BudgetFlow(self._bot).ask(interaction, actor, logged)

    async def suggest_time(
        self, interaction: discord.Interaction[Any], option: str, text: str
    ) -> list[app_commands.Choice[str]]:
        """Echo how a real time is read, counted from the booking that was picked."""
        picked = getattr(interaction.namespace, "booking", None)
        if not text.strip() or not isinstance(picked, str):
            return []
        actor = await actor_of(interaction)
        try:
            facts, _ = await self._bot.services.booking.show(actor, picked)
            start = getattr(interaction.namespace, "start", None) if option == "end" else None
            found = [self._reading(actor, facts, option, text, typed=start)]
        except UnclearTime as unclear:
            found = list(unclear.suggestions)
        except UserError:
            return []
        texts = [echo(item, actor.zone, actor.locale, self._now).partition(" · ")[0] for item in found]
        return [app_commands.Choice(name=clip(one, CHOICE_LIMIT), value=clip(one, CHOICE_LIMIT)) for one in texts[:25]]

    def _times(self, actor: Actor, facts: BookingFacts, typed: Mapping[str, str | None]) -> dict[str, Any]:
        """Return the real times that were typed; raises an `Offer` of what an unclear one could mean."""
        times: dict[str, Any] = {}
        for option in ("start", "end"):
            text = typed.get(option)
            if not text:
                continue
            try:
                times[option] = self._reading(actor, facts, option, text, begun=times.get("start")).at
            except UnclearTime as unclear:
                raise near(unclear, option, actor, self._now) from unclear
        return times

    def _reading(
        self,
        actor: Actor,
        facts: BookingFacts,
        option: str,
        text: str,
        *,
        begun: datetime | None = None,
        typed: str | None = None,
    ) -> Reading:
        """Read a real time: a start from half a day before the booked one on, an end from the start on."""
        if text.strip().casefold() in NOW:
            return Reading("instant", at=self._now)
        base = facts.start - EARLY
        if option == "end":
            if typed:
                begun = self._reading(actor, facts, "start", typed).at
            base = begun or facts.start
        return read(text, want="instant", now=base, zone=actor.zone, locale=actor.locale)

    async def _recall(self, actor: Actor, memo: int) -> dict[str, Any]:
        return await self._bot.services.memo.recall(actor, memo, CLOSE_MEMO)

    @property
    def _now(self) -> datetime:
        return self._bot.clock.now()

    async def _locale(self, actor: Actor) -> str:
        return (await self._bot.services.settings.of(actor.guild_id)).locale


def _kept(wish: Wish) -> dict[str, Any]:
    """Return a wish as a memo keeps it."""
    cost = wish.cost
    return {
        "start": wish.start.isoformat() if wish.start else None,
        "end": wish.end.isoformat() if wish.end else None,
        "cost": [str(cost.value), cost.currency, cost.given] if cost else None,
        "note": wish.note,
        "came": list(wish.came) if wish.came is not None else None,
    }


def _wish(kept: Mapping[str, Any]) -> Wish:
    """Return the wish that a memo keeps."""
    start, end, cost, came = (kept.get(name) for name in ("start", "end", "cost", "came"))
    return Wish(
        datetime.fromisoformat(start) if start else None,
        datetime.fromisoformat(end) if end else None,
        Amount(Decimal(cost[0]), cost[1], cost[2]) if cost else None,
        kept.get("note"),
        tuple(came) if came is not None else None,
    )
