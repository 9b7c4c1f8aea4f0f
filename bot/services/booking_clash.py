"""What a session would run into, and where there is room for it instead (R20-R22)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import UserError
from bot.models.booking import Answer, Booking, BookingPerson, BookingState
from bot.models.room import Room
from bot.services.availability import Absence, Times, times_of
from bot.services.availability_hours import in_words, spans_of, union, without
from bot.text import clip, plain, short, stamp_range

PERSON_BREAK = timedelta(minutes=30)
LONGEST = timedelta(days=30)
SEARCH = timedelta(days=30)
SLOTS = 3
MOST_NAMED = 5
# Written out, not bound: both databases then see that the partial index over active bookings applies.
ACTIVE_ROWS = text("booking.state IN ('held', 'confirmed')")

Slot = tuple[datetime, datetime]


class ClashKind(StrEnum):
    """What is in the way; only a confirmed booking of the room forbids (R22)."""

    ROOM = "room"
    HOLD = "hold"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time that somebody wants; `but` is the booking that asks, which is never in its own way."""

    guild_id: int
    room: Room | None
    start: datetime
    end: datetime
    user_ids: frozenset[int] = frozenset()
    role_ids: frozenset[int] = frozenset()
    but: int | None = None

    @property
    def buffer(self) -> timedelta:
        return timedelta(minutes=self.room.buffer_minutes if self.room else 0)


@dataclass(frozen=True, slots=True)
class Clash:
    """One booking in the way, and for whom."""

    kind: ClashKind
    booking: Booking
    overlaps: bool
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()

    @property
    def is_hard(self) -> bool:
        return self.kind is ClashKind.ROOM

    @property
    def line(self) -> str:
        """Say which booking it is: number, title and time; the title is escaped."""
        booking = self.booking
        name = f"#{booking.number} **{plain(clip(booking.what, 60))}**, {stamp_range(booking.start_at, booking.end_at)}"
        close = "" if self.overlaps else ", too close to it"
        if self.kind is ClashKind.PERSON:
            who = " ".join([*(f"<@{key}>" for key in self.user_ids), *(f"<@&{key}>" for key in self.role_ids)])
            return f"{clip(who, 300)}: {'on' if self.overlaps else 'less than 30 min from'} {name}"
        return f"{'hold ' if self.kind is ClashKind.HOLD else ''}{name}{close}"


@dataclass(frozen=True, slots=True)
class Closed:
    """A time at which the room is not open, which a reason overcomes like a day off (R22)."""

    room: Room
    is_hard: bool = False

    @property
    def line(self) -> str:
        """Say when the room is open, on its own clock."""
        zone = self.room.timezone.replace("_", " ")
        return f"{plain(self.room.name)} is closed then: it is open {in_words(self.room.opening)} ({zone})"


Hit = Clash | Absence | Closed


class RoomTaken(UserError):
    """A confirmed booking of the room is in the way (hard); `slots` are the nearest free times of that length."""

    text = "{room} is not free then, so nothing was changed. In the way: {clashes}. {hint}"
    made_here = frozenset({"clashes", "hint"})

    def __init__(self, room: str, clashes: Sequence[Hit], slots: Sequence[Slot] = ()) -> None:
        self.slots = list(slots)
        hint = "Nearest free times:" if slots else "Take another time or another room."
        if slots:
            hint += " " + ", ".join(f"{short(start)}" for start, _ in slots) + "."
        super().__init__(room=room, clashes=named(clashes), hint=hint)


class JustTaken(UserError):
    """The database itself refused a second confirmed booking of the room (R25)."""

    text = "Somebody else got that room and time a moment ago, so nothing was changed. Take another time."


class ReasonNeeded(UserError):
    """Soft clashes that may be booked over, with a reason that is kept (R22, C9)."""

    text = "This clashes with {clashes}. Nothing was changed: booking over that needs a reason."
    made_here = frozenset({"clashes"})

    def __init__(self, clashes: Sequence[Hit]) -> None:
        self.named = named(clashes)  # now: the rows are of no use any more once the transaction is rolled back
        super().__init__(clashes=self.named)


def named(clashes: Sequence[Hit]) -> str:
    """Return the bookings in the way in one line, the first few of many."""
    more = len(clashes) - MOST_NAMED
    return "; ".join([clash.line for clash in clashes[:MOST_NAMED]] + ([f"and {more} more"] if more > 0 else []))


async def check(session: AsyncSession, wanted: Wanted) -> list[Hit]:
    """Return everything in the way of a time, hard ones first: the room with its gap, and each person."""
    found = [*await _of_room(session, wanted), *await _of_people(session, wanted)]
    found.sort(key=lambda clash: (not clash.is_hard, clash.booking.start_at))
    times = await times_of(session, wanted.guild_id, wanted.user_ids, wanted.start, wanted.end)
    return [*found, *_closed(wanted), *_absent(times, wanted)]


def open_spans(room: Room, start: datetime, end: datetime) -> list[Slot]:
    """Return when the room is open within an interval, on the wall of its zone; all of it where it has no hours."""
    if not room.opening:
        return [(start, end)]
    spans = spans_of(room.opening, ZoneInfo(room.timezone), start, end)
    return [(max(begin, start), min(finish, end)) for begin, finish in spans if begin < end and start < finish]


def _closed(wanted: Wanted) -> list[Closed]:
    """Return the room where it is not open for all of the time."""
    room = wanted.room
    if room is None or open_spans(room, wanted.start, wanted.end) == [(wanted.start, wanted.end)]:
        return []
    return [Closed(room)]


def _absent(times: Times, wanted: Wanted) -> list[Absence]:
    """Return who is away, or never there at that time of the week."""
    found = (times.against(user, wanted.start, wanted.end) for user in sorted(wanted.user_ids))
    return [absence for absence in found if absence is not None]


async def check_each(session: AsyncSession, wanted: Sequence[Wanted]) -> list[list[Hit]]:
    """Return what is in the way of each of several times of one room and the same people, in as few queries as one."""
    if not wanted:
        return []
    first, last = min(wanted, key=lambda one: one.start), max(wanted, key=lambda one: one.end)
    whole = replace(first, end=last.end)
    found = [*await _of_room(session, whole), *await _of_people(session, whole)]
    times = await times_of(session, whole.guild_id, whole.user_ids, whole.start, whole.end)
    return [
        [*(again for clash in found if (again := _against(clash, one))), *_closed(one), *_absent(times, one)]
        for one in wanted
    ]


def _against(clash: Clash, wanted: Wanted) -> Clash | None:
    """Return a clash as it stands against one of several times, or None where it is far enough away."""
    margin = PERSON_BREAK if clash.kind is ClashKind.PERSON else wanted.buffer
    at = (clash.booking.start_at, clash.booking.end_at)
    if not _hits([at], wanted.start - margin, wanted.end + margin):
        return None
    return replace(clash, overlaps=_hits([at], wanted.start, wanted.end))


async def must_be_free(session: AsyncSession, wanted: Wanted, now: datetime) -> list[Hit]:
    """Return the soft clashes; raises `RoomTaken` with the nearest free times where a hard one forbids."""
    found = await check(session, wanted)
    hard = [clash for clash in found if clash.is_hard]
    if hard and wanted.room is not None:
        raise RoomTaken(wanted.room.name, hard, await free_slots(session, wanted, now))
    return found


async def holds_near(session: AsyncSession, wanted: Wanted) -> list[Booking]:
    """Return the other holds of the room that can't stand beside this time, by rank."""
    clashes = await _of_room(session, wanted)
    held = [clash.booking for clash in clashes if clash.booking.state is BookingState.HELD]
    return sorted(held, key=lambda booking: (booking.rank or 0, booking.id))


async def free_slots(session: AsyncSession, wanted: Wanted, now: datetime) -> list[Slot]:
    """Return the three nearest times of the same length at which nothing holds the room, and it is open.

    For a length that never fits into its hours, they are not looked at.
    """
    length = wanted.end - wanted.start
    around = replace(wanted, start=wanted.start - SEARCH, end=wanted.end + SEARCH, user_ids=frozenset())
    busy = [
        (clash.booking.start_at - wanted.buffer, clash.booking.end_at + wanted.buffer)
        for clash in await _of_room(session, around)
    ]
    bounds = max(now, around.start), around.end
    shut = without([bounds], open_spans(wanted.room, *bounds)) if wanted.room is not None else []
    return nearest([*busy, *shut], wanted.start, length, bounds, SLOTS) or nearest(
        busy, wanted.start, length, bounds, SLOTS
    )


def nearest(busy: Iterable[Slot], start: datetime, length: timedelta, bounds: Slot, count: int) -> list[Slot]:
    """Return up to `count` free intervals of the length inside the bounds, nearest to `start` first, none overlapping.

    A nearest fit begins at the wanted start, where something ends, or so that it ends where something begins.
    """
    gaps = without([bounds], union(busy))
    found: list[Slot] = []
    while len(found) < count:
        fits = [min(max(start, begin), finish - length) for begin, finish in gaps if finish - begin >= length]
        if not fits:
            break
        best = min(fits, key=lambda at: (abs(at - start), at))
        found.append((best, best + length))
        gaps = without(gaps, found[-1:])
    return found


def _hits(taken: Iterable[Slot], start: datetime, end: datetime) -> bool:
    return any(start < other_end and other_start < end for other_start, other_end in taken)


def _near(wanted: Wanted, margin: timedelta) -> dict[str, Any]:
    """Return the values of `_NEAR` for active bookings less than the margin away."""
    return {
        "guild": wanted.guild_id,
        "until": wanted.end + margin,
        "from": wanted.start - margin - LONGEST,
        "over": wanted.start - margin,
        "but": wanted.but or 0,
    }


async def _of_room(session: AsyncSession, wanted: Wanted) -> list[Clash]:
    if wanted.room is None:
        return []
    rows = await session.scalars(_IN_ROOM, {"room": wanted.room.id, **_near(wanted, wanted.buffer)})
    return [
        Clash(
            ClashKind.ROOM if row.state is BookingState.CONFIRMED else ClashKind.HOLD,
            row,
            overlaps=_hits([(row.start_at, row.end_at)], wanted.start, wanted.end),
        )
        for row in rows
    ]


async def _of_people(session: AsyncSession, wanted: Wanted) -> list[Clash]:
    """Return the bookings that the same people or roles are on, with less than half an hour between (R22)."""
    if not wanted.user_ids and not wanted.role_ids:
        return []
    same = {"users": list(wanted.user_ids), "roles": list(wanted.role_ids)}
    rows = await session.execute(_OF_SAME, {**same, **_near(wanted, PERSON_BREAK)})
    by_booking: dict[int, tuple[Booking, list[BookingPerson]]] = {}
    for booking, person in rows:
        by_booking.setdefault(booking.id, (booking, []))[1].append(person)
    return [
        Clash(
            ClashKind.PERSON,
            booking,
            _hits([(booking.start_at, booking.end_at)], wanted.start, wanted.end),
            tuple(person.user_id for person in people if person.user_id),
            tuple(person.role_id for person in people if person.role_id),
        )
        for booking, people in by_booking.values()
    ]


def on_it() -> Any:
    """Return the condition for those whom a booking binds: asked and not declined, or coming unasked."""
    asked = and_(BookingPerson.is_asked, BookingPerson.answer != Answer.CANT)
    return or_(asked, BookingPerson.answer.in_([Answer.COMING, Answer.MAYBE]))


# Built once: building a statement takes longer than running it. The bound by the longest booking is for the index.
_NEAR = (
    Booking.guild_id == bindparam("guild"),
    ACTIVE_ROWS,
    Booking.start_at < bindparam("until"),
    Booking.start_at > bindparam("from"),
    Booking.end_at > bindparam("over"),
    Booking.id != bindparam("but"),
)
_IN_ROOM = select(Booking).where(Booking.room_id == bindparam("room"), *_NEAR).order_by(Booking.start_at)
_SAME = or_(
    BookingPerson.user_id.in_(bindparam("users", expanding=True)),
    BookingPerson.role_id.in_(bindparam("roles", expanding=True)),
)
_OF_SAME = (
    select(Booking, BookingPerson)
    .join(BookingPerson, BookingPerson.booking_id == Booking.id)
    .where(_SAME, on_it(), *_NEAR)
    .order_by(Booking.start_at, BookingPerson.id)
)
