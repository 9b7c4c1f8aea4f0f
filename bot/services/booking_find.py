"""Finding a time: when people and rooms are free, the best times for a session, and who stands in the way."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import UserError
from bot.models.booking import Booking, BookingPerson
from bot.models.room import Room
from bot.services.availability import Times, times_of
from bot.services.availability_hours import Span, both, without
from bot.services.booking_clash import ACTIVE_ROWS, LONGEST, PERSON_BREAK, on_it, open_spans
from bot.services.room import find as find_room

WITHIN = timedelta(days=14)
WIDEST = timedelta(days=60)
BEST = 5
STEP = timedelta(minutes=30)
QUARTER = 15 * 60
DAYTIME = range(9, 22)
NOON = 12


class TooWide(UserError):
    """A search over more than two months."""

    text = "I look for times within 60 days at most, so nothing was searched. Narrow `within`, like `next week`."


class NotALength(UserError):
    """A length that no session has."""

    text = "A session lasts from a minute to 30 days, so nothing was searched. Give a length like `3h`."


class SearchOver(UserError):
    """A search in the past."""

    text = "That time is over, so nothing was searched. Name one that is still ahead, like `next week`."


@dataclass(frozen=True, slots=True)
class Offer:
    """A time at which everybody and the room are free; no room where the server has none or none is needed."""

    start: datetime
    end: datetime
    room_number: int | None
    room_name: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """The best times, earliest first; where there is none, those without whom there would be one."""

    offers: tuple[Offer, ...]
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    rooms: tuple[str, ...] = ()
    asked: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    only_room: str | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """When people, roles and rooms are taken, each with the break or the gap it needs."""

    users: dict[int, list[Span]] = field(default_factory=dict)
    roles: dict[int, list[Span]] = field(default_factory=dict)
    rooms: dict[int, list[Span]] = field(default_factory=dict)


async def best(
    session: AsyncSession,
    actor: Actor,
    *,
    length: timedelta,
    within: Span | None,
    user_ids: Sequence[int],
    role_ids: Sequence[int],
    room: str | None,
) -> Finding:
    """Return up to five good times for a session: in daytime first, spread over half-days.

    Without a room named, any room of the server will do. Raises `NotALength`, `TooWide` or `SearchOver`.
    """
    now = session.info["at"]
    start, end = within or (now, now + WITHIN)
    start = max(start, now)
    if not timedelta(minutes=1) <= length <= LONGEST:
        raise NotALength
    if end <= start:
        raise SearchOver
    if end - start > WIDEST:
        raise TooWide
    rooms = [await find_room(session, actor, room)] if room else await _rooms(session, actor)
    busy = await busy_of(
        session, actor.guild_id, (start, end), user_ids=user_ids, role_ids=role_ids, rooms=rooms, rest=PERSON_BREAK
    )
    search = Search(
        (start, end), length, actor.zone, await times_of(session, actor.guild_id, user_ids, start, end), busy
    )
    return await asyncio.to_thread(_sought, search, user_ids, role_ids, rooms)


def _sought(search: "Search", user_ids: Sequence[int], role_ids: Sequence[int], rooms: Sequence[Room]) -> Finding:
    """Return the best times, or those without whom there would be one; it reckons beside the loop."""
    offers = search.offers(user_ids, role_ids, rooms)
    about: dict[str, Any] = {
        "asked": (tuple(user_ids), tuple(role_ids)),
        "only_room": rooms[0].name if len(rooms) == 1 else None,
    }
    if offers:
        return Finding(tuple(offers), **about)
    return Finding(
        (),
        tuple(key for key in user_ids if search.fits([one for one in user_ids if one != key], role_ids, rooms)),
        tuple(key for key in role_ids if search.fits(user_ids, [one for one in role_ids if one != key], rooms)),
        tuple(one.name for one in rooms) if rooms and search.fits(user_ids, role_ids, []) else (),
        **about,
    )


@dataclass(frozen=True, slots=True)
class Search:
    """One search; everything it needs is in memory."""

    within: Span
    length: timedelta
    zone: ZoneInfo
    times: Times
    busy: Busy

    def offers(self, users: Iterable[int], roles: Iterable[int], rooms: Sequence[Room]) -> list[Offer]:
        """Return the best times, earliest first: one a half-day at most, nights only where nothing else is."""
        free = self._free(users, roles)
        every: dict[datetime, Room | None] = {}
        places: Sequence[Room | None] = rooms or [None]
        for room in places:
            gaps = free if room is None else without(self._open(free, room), self.busy.rooms.get(room.id, ()))
            for at in self._starts(gaps):
                every.setdefault(at, room)
        chosen: dict[tuple[object, bool], datetime] = {}
        for at in sorted(every, key=lambda at: (self._is_night(at), at)):
            local = at.astimezone(self.zone)
            chosen.setdefault((local.date(), local.hour < NOON), at)
            if len(chosen) == BEST:
                break
        return [self._offer(at, every[at]) for at in sorted(chosen.values())]

    def _open(self, free: Sequence[Span], room: Room) -> list[Span]:
        """Return what is free while the room is open."""
        return both(free, open_spans(room, *self.within)) if room.opening else [*free]

    def fits(self, users: Iterable[int], roles: Iterable[int], rooms: Sequence[Room]) -> bool:
        """Tell whether there is any time at all for these."""
        return bool(self.offers(users, roles, rooms))

    def _free(self, users: Iterable[int], roles: Iterable[int]) -> list[Span]:
        free: list[Span] = [self.within]
        for key in users:
            free = without(both(free, self.times.can(key, *self.within)), self.busy.users.get(key, ()))
        for key in roles:
            free = without(free, self.busy.roles.get(key, ()))
        return free

    def _starts(self, gaps: Sequence[Span]) -> list[datetime]:
        """Return the starts that fit: a gap's first quarter of an hour, and every half-hour after it."""
        found = []
        for begin, finish in gaps:
            at = begin + timedelta(seconds=-begin.timestamp() % QUARTER)
            while at + self.length <= finish:
                found.append(at)
                at += STEP - timedelta(seconds=at.timestamp() % STEP.total_seconds())
        return found

    def _is_night(self, at: datetime) -> bool:
        ends = (at + min(self.length, timedelta(hours=12))).astimezone(self.zone)
        late = ends.hour > DAYTIME.stop or ends.hour < DAYTIME.start
        return at.astimezone(self.zone).hour not in DAYTIME or late

    def _offer(self, at: datetime, room: Room | None) -> Offer:
        return Offer(at, at + self.length, room.number if room else None, room.name if room else None)


async def _rooms(session: AsyncSession, actor: Actor) -> list[Room]:
    mine = Room.guild_id == actor.guild_id, Room.archived_at.is_(None)
    return list(await session.scalars(select(Room).where(*mine).order_by(Room.number)))


async def busy_of(
    session: AsyncSession,
    guild_id: int,
    within: Span,
    *,
    user_ids: Collection[int],
    role_ids: Collection[int] = (),
    rooms: Collection[Room] = (),
    rest: timedelta = timedelta(0),
) -> Busy:
    """Return what is taken around an interval; two queries."""
    busy = Busy()
    margin = max([rest, *(timedelta(minutes=room.buffer_minutes) for room in rooms)])
    near: list[Any] = [
        Booking.guild_id == guild_id,
        ACTIVE_ROWS,
        Booking.start_at < within[1] + margin,
        Booking.start_at > within[0] - margin - LONGEST,
        Booking.end_at > within[0] - margin,
    ]
    if user_ids or role_ids:
        same = or_(BookingPerson.user_id.in_(user_ids), BookingPerson.role_id.in_(role_ids))
        asked = select(BookingPerson.user_id, BookingPerson.role_id, Booking.start_at, Booking.end_at)
        found = asked.join(Booking, Booking.id == BookingPerson.booking_id).where(same, on_it(), *near)
        for user, role, start, end in await session.execute(found):
            taken = (start - rest, end + rest)
            if user:
                busy.users.setdefault(user, []).append(taken)
            elif role:
                busy.roles.setdefault(role, []).append(taken)
    gaps = {room.id: timedelta(minutes=room.buffer_minutes) for room in rooms}
    if gaps:
        held = select(Booking.room_id, Booking.start_at, Booking.end_at).where(Booking.room_id.in_(gaps), *near)
        for room_id, start, end in await session.execute(held):
            if room_id is None:
                continue
            busy.rooms.setdefault(room_id, []).append((start - gaps[room_id], end + gaps[room_id]))
    return busy
