"""When people can: their usual hours, their away times, and what both mean for a session."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import UserError
from bot.models.availability import Away, UsualHours
from bot.services.availability_hours import Span, both, read_weekly, spans_of, union, without
from bot.services.project import tidy_name

NOTE_LIMIT = 200
LONGEST = timedelta(days=366)


class AwayOver(UserError):
    """Away times that are over."""

    text = "That time is over already, so nothing was changed. Name one that is still ahead, like `12-14 dec`."


class AwayTooLong(UserError):
    """More than a year away."""

    text = "That is more than a year, so nothing was changed. Say when you are back."


@dataclass(frozen=True, slots=True)
class Absence:
    """A time that one person can't, or usually doesn't; why is theirs alone."""

    user_id: int
    is_away: bool
    is_hard: bool = False

    @property
    def line(self) -> str:
        return f"<@{self.user_id}>: {'away' if self.is_away else 'outside their usual hours'}"


@dataclass(frozen=True, slots=True)
class Times:
    """What several people said about a stretch of time."""

    hours: dict[int, tuple[list[list[int]], ZoneInfo]] = field(default_factory=dict)
    away: dict[int, list[Span]] = field(default_factory=dict)

    def can(self, user_id: int, start: datetime, end: datetime) -> list[Span]:
        """Return when the person can within an interval, as far as they said."""
        free: list[Span] = [(start, end)]
        if user_id in self.hours:
            free = both(free, spans_of(*self.hours[user_id], start, end))
        return without(free, self.away.get(user_id, ()))

    def against(self, user_id: int, start: datetime, end: datetime) -> Absence | None:
        """Return what speaks against a session of this person at this time."""
        if any(begin < end and start < finish for begin, finish in self.away.get(user_id, ())):
            return Absence(user_id, is_away=True)
        return None if (start, end) in self.can(user_id, start, end) else Absence(user_id, is_away=False)


# Built once: building a statement takes longer than running it.
_USERS: Any = bindparam("users", expanding=True)
_HOURS = select(UsualHours).where(UsualHours.guild_id == bindparam("guild"), UsualHours.user_id.in_(_USERS))
_AWAY = select(Away).where(
    Away.guild_id == bindparam("guild"), Away.user_id.in_(_USERS), Away.is_dropped.is_(False),
    Away.end_at > bindparam("start"), Away.start_at < bindparam("end"),
)  # fmt: skip


async def times_of(
    session: AsyncSession, guild_id: int, user_ids: Collection[int], start: datetime, end: datetime
) -> Times:
    """Return the usual hours and the away times of people around an interval; two queries."""
    if not user_ids:
        return Times()
    asked = {"guild": guild_id, "users": list(user_ids), "start": start, "end": end}
    hours = await session.scalars(_HOURS, asked)
    said = {row.user_id: (row.weekly, ZoneInfo(row.zone)) for row in hours if row.weekly}
    rows = await session.scalars(_AWAY, asked)
    away: dict[int, list[Span]] = {}
    for row in rows:
        away.setdefault(row.user_id, []).append((row.start_at, row.end_at))
    return Times(said, {key: union(spans) for key, spans in away.items()})


class AvailabilityService:
    """What people say about their own time."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def set_hours(self, actor: Actor, text: str) -> UsualHours:
        """Set the actor's usual hours, in their own zone; raises `NotHours`."""
        weekly = read_weekly(text)
        async with self._db.write(actor, "availability.hours") as session:
            mine = UsualHours.guild_id == actor.guild_id, UsualHours.user_id == actor.user_id
            hours = await session.scalar(select(UsualHours).where(*mine))
            if hours is None:
                hours = UsualHours(guild_id=actor.guild_id, user_id=actor.user_id)
                session.add(hours)
            hours.weekly, hours.zone = weekly, actor.zone.key
        return hours

    async def go_away(self, actor: Actor, start: datetime, end: datetime, note: str | None) -> Away:
        """Note when the actor can't; raises `AwayOver` or `AwayTooLong`."""
        now = self._clock.now()
        if end <= now or end <= start:
            raise AwayOver
        if end - start > LONGEST:
            raise AwayTooLong
        async with self._db.write(actor, "availability.away") as session:
            away = Away(
                guild_id=actor.guild_id, user_id=actor.user_id, start_at=start, end_at=end,
                note=tidy_name(note, NOTE_LIMIT) if note else None, created_at=now,
            )  # fmt: skip
            session.add(away)
        return away

    async def drop(self, actor: Actor, away_id: int) -> bool:
        """Take back one of the actor's own away times; False where there is none."""
        async with self._db.write(actor, "availability.back") as session:
            mine = Away.guild_id == actor.guild_id, Away.user_id == actor.user_id, Away.id == away_id
            away = await session.scalar(select(Away).where(*mine, Away.is_dropped.is_(False)))
            if away is not None:
                away.is_dropped = True
        return away is not None

    async def mine(self, actor: Actor) -> tuple[UsualHours | None, list[Away]]:
        """Return the actor's own usual hours and away times that are not over, soonest first."""
        async with self._db.read() as session:
            hours = await session.scalar(
                select(UsualHours).where(UsualHours.guild_id == actor.guild_id, UsualHours.user_id == actor.user_id)
            )
            own = Away.guild_id == actor.guild_id, Away.user_id == actor.user_id, Away.is_dropped.is_(False)
            ahead = select(Away).where(*own, Away.end_at > self._clock.now()).order_by(Away.start_at)
            return hours, list(await session.scalars(ahead.limit(25)))
