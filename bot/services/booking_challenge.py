"""Challenging the hold ahead: it is confirmed or released within a day, or lets go by itself (R24)."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import UserError
from bot.models.booking import Booking, BookingState
from bot.services import booking_checks as checks
from bot.services import booking_clash as clash
from bot.services import booking_facts as known
from bot.services import booking_holds as holds
from bot.services import booking_steps as steps
from bot.services.booking_steps import Ref

WINDOW = timedelta(hours=24)


class FirmAlready(UserError):
    """A challenge against a confirmed booking."""

    text = "#{number} “{what}” is confirmed, and only holds can be challenged. Nothing was changed; take another time."


class FirstAlready(UserError):
    """A challenge by the hold that is first itself."""

    text = "#{number} “{what}” is the first hold for its time already: `/booking confirm` makes it certain."


class NoHoldBehind(UserError):
    """A challenge by somebody who does not wait for that time."""

    text = (
        "You have no hold behind #{number} “{what}”, so nothing was changed. "
        "Hold that time yourself first, with `/booking new` and **Hold**."
    )


class ChallengedAlready(UserError):
    """A second challenge."""

    text = "#{number} “{what}” is challenged already, by #{by}, so nothing was changed. It has to decide until {until}."
    made_here = frozenset({"until"})


async def challenge(session: AsyncSession, actor: Actor, ref: Ref) -> tuple[Booking, Booking]:
    """Give the first hold of a slot a day at most to decide, and return it with the hold that challenges it.

    `ref` names the hold that is challenged, or the actor's own hold behind it. Raises `FirmAlready`,
    `FirstAlready`, `NoHoldBehind` or `ChallengedAlready`.
    """
    found = known.get(session, actor.guild_id, ref) if isinstance(ref, int) else known.find(session, actor, ref)
    named, place, _ = await steps.locked(session, await found)
    now = session.info["at"]
    checks.must_be_live(named, now)
    words = {"number": named.number, "what": named.what}
    if named.state is BookingState.CONFIRMED:
        raise FirmAlready(**words)
    others = await clash.holds_near(session, holds.slot_of(named, place))
    first: Booking | None
    mine: Booking | None
    if (named.rank or 1) > 1 and (named.created_by == actor.user_id or actor.is_producer):
        first, mine = next((hold for hold in others if hold.rank == 1), None), named
    else:
        behind = [hold for hold in others if hold.created_by == actor.user_id and (hold.rank or 0) > (named.rank or 0)]
        first, mine = named, behind[0] if behind else None
    if mine is None:
        raise FirstAlready(**words) if named.created_by == actor.user_id else NoHoldBehind(**words)
    if first is None or first.rank != 1:
        raise NoHoldBehind(**words)
    await _shorten(session, first, mine)
    return first, mine


async def _shorten(session: AsyncSession, first: Booking, mine: Booking) -> None:
    now = session.info["at"]
    if first.challenger_id is not None:
        by = await known.get(session, first.guild_id, first.challenger_id)
        until = f"<t:{int((first.hold_until_at or now).timestamp())}:F>"
        raise ChallengedAlready(number=first.number, what=first.what, by=by.number, until=until)
    ends = first.hold_until_at or first.start_at
    first.challenger_id, first.unchallenged_until_at = mine.id, ends
    first.hold_until_at = min(now + WINDOW, ends)
    await holds.replan(session, first, now)
    holds.mark(session, first)
