"""A week of sessions, and who can when: what the pictures of both are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, select

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import UserError
from bot.models.booking import ACTIVE, Booking, BookingState
from bot.models.room import Room
from bot.services import room as rooms
from bot.services.booking_clash import LONGEST
from bot.services.booking_facts import BookingFacts, describe
from bot.services.booking_who import Who, who_can

DAYS = 7
MOST_DRAWN = 40
MOST_COUNTED = 400
YEARS = range(1990, 2201)
SHOWN_STATES = (*ACTIVE, BookingState.CANCELLED)


class FarWeek(UserError):
    """A week that no calendar of a band reaches."""

    text = "That week is too far away to be shown. Name one between 1990 and 2200, like `next week`."


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday on the wall clock of `zone`, and the sessions that touch them, earliest first.

    Of more than 40 those that take place come before cancelled ones; `more` is how many are left out.
    """

    first: date
    zone: ZoneInfo
    now: datetime
    room: Room | None
    bookings: tuple[BookingFacts, ...]
    more: int = 0

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=place) for place in range(DAYS))

    def midnight(self, place: int) -> datetime:
        """Return the instant at which a day of the week begins; 7 is the end of the last one."""
        return midnight(self.first + timedelta(days=place), self.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins on the wall clock of a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


class WeekService:
    """What is on in a week, and who can when."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def week(self, actor: Actor, day: date | None = None, room: str | int | None = None) -> Week:
        """Return the week of a day, else this week, in the actor's zone; of one room by its key, name or number.

        Raises `FarWeek`, and `NotFound` or `Ambiguous` for the room.
        """
        now = self._clock.now()
        day = day or now.astimezone(actor.zone).date()
        if day.year not in YEARS:
            raise FarWeek
        async with self._db.read() as session:
            place = None
            if isinstance(room, int):
                place = await rooms.get(session, actor.guild_id, room)
            elif room:
                place = await rooms.find(session, actor, room, archived=True)
            empty = Week(day - timedelta(days=day.weekday()), actor.zone, now, place, ())
            start, end = empty.midnight(0), empty.midnight(DAYS)
            touching = [
                Booking.guild_id == actor.guild_id,
                Booking.number.is_not(None),
                Booking.state.in_(SHOWN_STATES),
                Booking.start_at > start - LONGEST,
                Booking.start_at < end,
                Booking.end_at > start,
            ]
            if place is not None:
                touching.append(Booking.room_id == place.id)
            gone_last = case((Booking.state == BookingState.CANCELLED, 1), else_=0)
            wanted = select(Booking.id).where(*touching).order_by(gone_last, Booking.start_at, Booking.id)
            ids = list(await session.scalars(wanted.limit(MOST_COUNTED)))
            known = await describe(session, ids[:MOST_DRAWN])
        drawn = sorted(known.values(), key=lambda facts: (facts.start, facts.booking.id))
        return Week(empty.first, actor.zone, now, place, tuple(drawn), len(ids) - len(drawn))

    async def who(self, actor: Actor, user_ids: Sequence[int], start: datetime, end: datetime) -> Who:
        """Return when each person can within an interval, and when all of them can; never why not."""
        async with self._db.read() as session:
            return await who_can(session, actor.guild_id, user_ids, (start, end))
