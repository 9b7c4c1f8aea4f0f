"""Repeating sessions: their dates, what clashes on each, and changing one or it and those after it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import UserError
from bot.models.booking import Booking, BookingPerson, BookingState
from bot.services import booking_checks as checks
from bot.services import booking_clash as clash
from bot.services import booking_holds as holds
from bot.services import booking_nudge as nudges
from bot.services import booking_steps as steps
from bot.services.booking_clash import ACTIVE_ROWS, Clash, ReasonNeeded, RoomTaken, Slot, Wanted
from bot.services.booking_shapes import Date
from bot.services.booking_steps import Found
from bot.when.repeat import expand, valid_instant

MOST = 52
OPEN_FOR = timedelta(days=92)
LAST_FOR = timedelta(days=366)
MOMENT = timedelta(seconds=1)
COPIED = (
    "guild_id", "what", "kind", "project_id", "room_id", "zone", "hold_until_at", "needs", "note", "channel_id",
    "created_by", "created_at",
)  # fmt: skip


class SeriesAsked(UserError):
    """A change to one session of a repeat that may go for the later ones, too."""

    text = "#{number} repeats, so nothing was changed yet: only this one, or this one and the {count} after it?"

    def __init__(self, booking: Booking, count: int) -> None:
        self.booking_id = booking.id
        super().__init__(number=booking.number, count=count)


class NoDates(UserError):
    """A repeat that never comes."""

    text = "That repeat has no date after its start, so nothing was booked. Try something like `every tuesday`."


def slots_of(booking: Booking) -> list[Slot]:
    """Return a draft's dates: each at the same time on the wall of its zone, whatever the clocks do (R23).

    A repeat without an end is booked for three months; there are at most 52 dates within a year.
    """
    zone, rule = ZoneInfo(booking.zone), booking.rrule or ""
    lasting = _wall(booking.end_at, zone) - _wall(booking.start_at, zone)
    ends = "COUNT=" in rule or "UNTIL=" in rule
    until = booking.start_at + (LAST_FOR if ends else OPEN_FOR)
    starts = expand(rule, booking.start_at, zone, after=booking.start_at - MOMENT, count=MOST)
    return [(at, valid_instant(_wall(at, zone) + lasting, zone)) for at in starts if at <= until]


async def dates_of(session: AsyncSession, booking: Booking, wanted: Wanted) -> tuple[Date, ...]:
    """Return a draft's dates with what is in the way of each; raises `RoomTaken` where none is free."""
    slots = slots_of(booking)
    if not slots:
        raise NoDates
    found = await clash.check_each(session, [replace(wanted, start=start, end=end) for start, end in slots])
    dates = tuple(Date(start, end, tuple(clashes)) for (start, end), clashes in zip(slots, found, strict=True))
    if wanted.room is not None and not any(date.is_free for date in dates):
        raise RoomTaken(wanted.room.name, [hit for date in dates for hit in date.clashes if hit.is_hard])
    return dates


async def settle(session: AsyncSession, actor: Actor, found: Found, state: BookingState, reason: str | None) -> int:
    """Book or hold every free date of a draft that repeats, the draft itself as the first; return how many more.

    The first one's card is posted at once, that of each later one a week before it.
    Raises `RoomTaken` where none is free any more, and `ReasonNeeded` as for a single booking.
    """
    booking, place, project = found
    wanted = await holds.wanted_by(session, booking, place)
    free = [date for date in await dates_of(session, booking, wanted) if date.is_free]
    soft = [hit for date in free for hit in date.clashes]
    if soft and state is BookingState.CONFIRMED and not reason:
        raise ReasonNeeded(soft)
    people = list(await session.scalars(steps.people_of(booking)))
    booking.series_id = booking.id
    booking.start_at, booking.end_at = free[0].start, free[0].end
    for date in free:
        one = booking if date is free[0] else await _copy(session, booking, date, people)
        await steps.settle(session, actor, (one, place, project), state, reason)
        if one is not booking:
            nudges.plan_card(session, one, session.info["at"])
    return len(free) - 1


async def _copy(session: AsyncSession, booking: Booking, date: Date, people: Sequence[BookingPerson]) -> Booking:
    copied = {name: getattr(booking, name) for name in COPIED}
    one = Booking(
        **copied, state=BookingState.DRAFT, start_at=date.start, end_at=date.end, series_id=booking.id, version=1
    )
    session.add(one)
    await session.flush()
    asked = [person for person in people if person.is_asked]
    steps.invite(
        session, one, [row.user_id for row in asked if row.user_id], [row.role_id for row in asked if row.role_id]
    )
    await session.flush()
    return one


async def chosen(session: AsyncSession, booking: Booking, following: bool | None) -> list[Booking]:  # noqa: FBT001 - yes, no, or not said
    """Return the later sessions that a change goes for; raises `SeriesAsked` where that was not said."""
    if booking.series_id is None or following is False:
        return []
    mine = Booking.guild_id == booking.guild_id, Booking.series_id == booking.series_id
    later = select(Booking).where(*mine, ACTIVE_ROWS, Booking.start_at > booking.start_at)
    rows = list(await session.scalars(later.order_by(Booking.start_at).with_for_update()))
    if rows and following is None:
        raise SeriesAsked(booking, len(rows))
    return rows


async def shift(
    session: AsyncSession, actor: Actor, found: Found, later: Sequence[Booking], when: Slot, reason: str | None
) -> None:
    """Move a session, and the later ones by as much on the wall clock; all of them or none.

    Raises `RoomTaken` with every clash, not of the repeat with itself, and `ReasonNeeded`.
    """
    booking, place, project = found
    if not later:
        await steps.shift(session, actor, found, *when, reason)
        return
    slots = {booking.id: when} | {row.id: _moved(row, booking, when) for row in later}
    rows = [booking, *later]
    people = await holds.wanted_by(session, booking, place)
    hits = await clash.check_each(
        session, [replace(people, start=start, end=end, but=None) for start, end in (slots[row.id] for row in rows)]
    )
    others = [hit for found_ in hits for hit in found_ if isinstance(hit, Clash) and hit.booking.id not in slots]
    if place is not None and any(hit.is_hard for hit in others):
        raise RoomTaken(place.name, [hit for hit in others if hit.is_hard])
    # The one farthest ahead moves first, so that none runs into a place that another is about to leave.
    for row in sorted(rows, key=lambda row: row.start_at, reverse=when[0] >= booking.start_at):
        checks.check_times(*slots[row.id], session.info["at"])
        await steps.shift(session, actor, (row, place, project), *slots[row.id], reason)


def _moved(row: Booking, booking: Booking, when: Slot) -> Slot:
    zone = ZoneInfo(booking.zone)
    by = _wall(when[0], zone) - _wall(booking.start_at, zone)
    lasting = _wall(when[1], zone) - _wall(when[0], zone)
    start = _wall(row.start_at, zone) + by
    return valid_instant(start, zone), valid_instant(start + lasting, zone)


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock on the wall shows; aware instants are in UTC otherwise."""
    return at.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
