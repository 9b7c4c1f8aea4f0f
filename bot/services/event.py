"""The server's own events: which sessions they show, in the words of the calendars, and what was shown of each."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.models.booking import Booking, BookingState
from bot.models.settings import GuildSettings
from bot.services.booking_facts import BookingFacts, describe
from bot.services.calendar_events import Item, Standing
from bot.services.calendar_ics import Names, entries
from bot.services.event_plan import MOST, SOON, Left, Seen, Step, Wanted, face_of, steps
from bot.text import plain

__all__ = ["EventService", "Plan", "follow"]
# Discord takes events up to five years ahead.
AHEAD = timedelta(days=5 * 365)
LATELY = timedelta(days=1)
PAGE = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """The sessions that a server's events show, nearest first, and the events that show none any more."""

    sessions: Sequence[BookingFacts]
    left: Sequence[Left]
    now: datetime

    @property
    def user_ids(self) -> set[int]:
        return {key for facts in self.sessions for key in (*facts.waiting, *facts.coming, *facts.maybe, *facts.cant)}

    @property
    def role_ids(self) -> set[int]:
        return {key for facts in self.sessions for key in facts.asked_roles}

    def steps(self, names: Names, seen: Sequence[Seen], others: int) -> list[Step]:
        """Return what makes the events that are there right; `others` counts those of other people."""
        named = Names(_plain(names.users), _plain(names.roles))
        return steps([_wanted(facts, named) for facts in self.sessions], self.left, seen, others, self.now)


class EventService:
    """What is shown of sessions as events, and what was noted of that."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def guilds(self) -> list[int]:
        """Return the servers whose events are worth a look."""
        ahead = Booking.end_at > self._clock.now() - LATELY
        asked = select(Booking.guild_id).where(Booking.number.is_not(None), or_(ahead, Booking.event_id.is_not(None)))
        async with self._db.read() as session:
            return list(await session.scalars(asked.distinct().order_by(Booking.guild_id)))

    async def plan(self, guild_id: int, *, is_on: bool, thorough: bool) -> Plan | None:
        """Return what a server's events are to show; unless `thorough`, None where what was noted says so already."""
        now = self._clock.now()
        async with self._db.read() as session:
            noted = await _noted(session, guild_id)
            ahead = await _ahead(session, guild_id, now) if is_on else []
            running = [row for row in noted if is_on and _is_running(row, now)]
            shown = [*running, *ahead]
            keys = {row.id for row in shown}
            left = [Left(row.id, row.event_id, _is_over(row, now)) for row in noted if row.id not in keys]
            behind = any(row.event_id is None or row.event_version != row.version for row in shown)
            if not (thorough or left or behind):
                return None
            known: dict[int, BookingFacts] = {}
            for low in range(0, len(shown), PAGE):
                known |= await describe(session, [row.id for row in shown[low : low + PAGE]])
                await asyncio.sleep(0)  # a short question to SQLite is answered on the spot: let others have their turn
        return Plan([known[row.id] for row in shown if row.id in known], left, now)

    async def note(self, booking_id: int, event_id: int | None, version: int = 0) -> None:
        """Note which event shows a session, and which version of it; none where there is none any more."""
        noted = update(Booking).where(Booking.id == booking_id).values(event_id=event_id, event_version=version)
        async with self._db.write() as session:
            await session.execute(noted.execution_options(synchronize_session=False))


async def follow(session: AsyncSession, settings: GuildSettings) -> None:
    """Let a server's events follow its settings once they are on disk."""
    session.info.setdefault("stale", set()).add(("event", settings.guild_id))


_COLUMNS = (
    Booking.id, Booking.version, Booking.event_id, Booking.event_version, Booking.state, Booking.closed_at,
    Booking.start_at, Booking.end_at,
)  # fmt: skip


async def _noted(session: AsyncSession, guild_id: int) -> Sequence[Any]:
    asked = select(*_COLUMNS).where(Booking.guild_id == guild_id, Booking.event_id.is_not(None))
    return (await session.execute(asked.order_by(Booking.start_at, Booking.id))).all()


async def _ahead(session: AsyncSession, guild_id: int, now: datetime) -> Sequence[Any]:
    """Return the nearest sessions that can be shown: a hold is not certain, and what has begun can't begin."""
    asked = select(*_COLUMNS).where(
        Booking.guild_id == guild_id, Booking.state == BookingState.CONFIRMED, Booking.closed_at.is_(None),
        Booking.number.is_not(None), Booking.start_at > now + SOON, Booking.start_at < now + AHEAD,
    )  # fmt: skip
    return (await session.execute(asked.order_by(Booking.start_at, Booking.id).limit(MOST))).all()


def _is_running(row: Any, now: datetime) -> bool:
    is_on = row.state is BookingState.CONFIRMED and row.closed_at is None
    return is_on and row.start_at <= now + SOON and row.end_at > now


def _is_over(row: Any, now: datetime) -> bool:
    return row.state is BookingState.CONFIRMED and (row.closed_at is not None or row.end_at <= now)


def _plain(names: Mapping[int, str]) -> dict[int, str]:
    return {key: plain(name) for key, name in names.items()}


def _wanted(facts: BookingFacts, names: Names) -> Wanted:
    booking, item = facts.booking, _item(facts)
    (entry,) = entries([item], names)
    face = face_of(item.what, (item.start, item.end), item.place, entry.text)
    return Wanted(booking.id, item.number, booking.version, booking.event_id, booking.event_version, face)


def _item(facts: BookingFacts) -> Item:
    """Return a session as calendars have it, so that both say the same; what people wrote is escaped."""
    booking = facts.booking
    link = f"https://discord.com/channels/{booking.guild_id}/{booking.channel_id}/{booking.message_id}"
    return Item(
        key=f"booking-{booking.id}",
        guild_id=booking.guild_id,
        number=booking.number or 0,
        what=" ".join(facts.what.split()),
        standing=Standing.CERTAIN,
        start=facts.start,
        end=facts.end,
        zone=booking.zone,
        sequence=booking.version,
        changed_at=booking.created_at,
        kind=booking.kind.value,
        place=", ".join(filter(None, (facts.room_name, facts.address))),
        project=plain(facts.project_name or ""),
        needs=plain(booking.needs or ""),
        link=link if booking.channel_id and booking.message_id else "",
        asked=facts.waiting,
        roles=facts.asked_roles,
        coming=facts.coming,
        maybe=facts.maybe,
        cant=facts.cant,
    )
