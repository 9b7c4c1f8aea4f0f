"""What stands on a call sheet: what was typed, and what is worked out from the booking; questions only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.models.booking import Booking, BookingState
from bot.models.callsheet import CallSheet, CallTime
from bot.services import booking as bookings
from bot.services.booking import BookingFacts
from bot.services.callsheet_times import AHEAD, Spot, breaks_of, call_of, downbeat_of

MAP = "https://www.google.com/maps/search/?api=1&query="
MAP_LIMIT = 300
MOST_DAYS = 2000


@dataclass(frozen=True, slots=True)
class Called:
    """One person of a session: a member or only a name, what they play, and when they must be there."""

    user_id: int | None
    name: str | None
    part: str | None
    at: datetime
    is_personal: bool
    row_id: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A booking's call sheet as it is now (fact 4.11); it never holds money (R35)."""

    facts: BookingFacts
    row: CallSheet
    rows: tuple[CallTime, ...]
    day: tuple[int, int] | None = None

    @property
    def booking(self) -> Booking:
        return self.facts.booking

    @property
    def zone(self) -> ZoneInfo:
        """The room's zone."""
        return ZoneInfo(self.booking.zone)

    @cached_property
    def downbeat_at(self) -> datetime | None:
        parts = " ".join(filter(None, [self.booking.needs, *(row.part for row in self.rows)]))
        return _after(self.facts.start, self.row.downbeat_minutes) or downbeat_of(self.booking, parts)

    @property
    def call_at(self) -> datetime:
        """The general call."""
        return _after(self.facts.start, self.row.call_minutes) or call_of(self.facts.start, self.downbeat_at)

    @property
    def load_in_at(self) -> datetime:
        return _after(self.facts.start, self.row.load_in_minutes) or min(self.facts.start, self.call_at)

    @property
    def wrap_at(self) -> datetime:
        """When it is estimated to be over."""
        return _after(self.facts.end, self.row.wrap_minutes) or self.facts.end

    @property
    def address(self) -> str | None:
        return self.row.address or self.facts.address

    @property
    def map_url(self) -> str | None:
        """A link to a map that nothing in the address can break out of."""
        address = self.address
        if not address:
            return None
        while len(quote(address, safe="")) > MAP_LIMIT:
            address = address[:-1]
        return f"{MAP}{quote(address, safe='')}"

    @property
    def schedule(self) -> list[Spot]:
        """The day in order: what is fixed, and the breaks unless somebody typed a schedule of their own."""
        first: list[Spot] = [(self.load_in_at, "Load-in"), (self.call_at, "General call")]
        if self.load_in_at == self.call_at:
            first = [(self.call_at, "General call and load-in")]
        spots = [*first, *([(self.downbeat_at, "Downbeat")] if self.downbeat_at else [])]
        spots += [] if self.row.schedule else breaks_of(self.facts.start, self.facts.end)
        return sorted([*spots, (self.wrap_at, "Estimated wrap")], key=lambda spot: spot[0])

    @cached_property
    def people(self) -> tuple[Called, ...]:
        """Who is called, the earliest first: those asked or coming, and those named on the sheet alone."""
        rows = {row.user_id: row for row in self.rows if row.user_id}
        members = dict.fromkeys([*self.facts.concerned, *(key for key in rows if key not in self.facts.cant)])
        found = [self._called(user_id, rows.get(user_id)) for user_id in members]
        found += [self._called(None, row) for row in self.rows if row.user_id is None]
        return tuple(sorted(found, key=lambda person: person.at))

    @property
    def late(self) -> tuple[Called, ...]:
        """Those called later than 30 minutes before the downbeat."""
        if self.downbeat_at is None:
            return ()
        limit = self.downbeat_at - AHEAD
        return tuple(person for person in self.people if person.at > limit)

    @property
    def is_live(self) -> bool:
        """Tell whether the session is going to be."""
        return self.booking.state is BookingState.CONFIRMED

    def concerns(self, actor: Actor) -> bool:
        """Tell whether a person may read its contacts: the session's own people, its maker and producers."""
        own = {self.booking.created_by, *(person.user_id for person in self.people)}
        return actor.is_producer or actor.user_id in own or bool(actor.role_ids & {*self.facts.asked_roles})

    def _called(self, user_id: int | None, row: CallTime | None) -> Called:
        minutes = row.call_minutes if row is not None else None
        at = _after(self.facts.start, minutes) or self.call_at
        name, part, key = (row.name, row.part, row.id) if row is not None else (None, None, None)
        part = part or self.facts.parts.get(user_id or 0) or None
        return Called(user_id, name, part, at, minutes is not None, key)


def _after(anchor: datetime, minutes: int | None) -> datetime | None:
    return None if minutes is None else anchor + timedelta(minutes=minutes)


async def sheet_of(session: AsyncSession, booking: Booking) -> Sheet:
    """Return the sheet of one booking, with what the transaction changed so far."""
    await session.flush()
    return (await sheets_of(session, [booking.id]))[booking.id]


async def sheets_of(session: AsyncSession, ids: Iterable[int]) -> dict[int, Sheet]:
    """Return the sheets of bookings by their keys; five queries, however many there are."""
    known = await bookings.describe(session, ids)
    if not known:
        return {}
    wanted = list(known)
    typed = await session.scalars(select(CallSheet).where(CallSheet.booking_id.in_(wanted)))
    sheets = {row.booking_id: row for row in typed}
    listed = CallTime.booking_id.in_(wanted), CallTime.is_listed.is_(True)
    people: dict[int, list[CallTime]] = {}
    for row in await session.scalars(select(CallTime).where(*listed).order_by(CallTime.id)):
        people.setdefault(row.booking_id, []).append(row)
    days = await _days(session, [facts.booking for facts in known.values()])
    return {
        key: Sheet(facts, sheets.get(key) or CallSheet(booking_id=key), tuple(people.get(key, ())), days.get(key))
        for key, facts in known.items()
    }


async def _days(session: AsyncSession, wanted: Sequence[Booking]) -> Mapping[int, tuple[int, int]]:
    """Return which day of its project's session days each booking is on, and how many there are."""
    projects = {booking.project_id for booking in wanted if booking.project_id is not None}
    if not projects:
        return {}
    certain = Booking.project_id.in_(projects), Booking.state == BookingState.CONFIRMED
    found = select(Booking.project_id, Booking.start_at, Booking.zone).where(*certain).limit(MOST_DAYS)
    days: dict[int, set[date]] = {}
    for project_id, start, zone in await session.execute(found):
        days.setdefault(project_id or 0, set()).add(start.astimezone(ZoneInfo(zone)).date())
    shown = {}
    for booking in wanted:
        own = booking.start_at.astimezone(ZoneInfo(booking.zone)).date()
        of = sorted({*days.get(booking.project_id or 0, ()), own})
        if booking.project_id is not None:
            shown[booking.id] = (of.index(own) + 1, len(of))
    return shown
