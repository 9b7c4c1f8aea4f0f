"""What a calendar shows of a server: sessions and deadlines of a scope, as plain values."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import and_, func, not_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import has_any
from bot.models.audit import Audit
from bot.models.booking import Answer, Booking, BookingPerson, BookingState
from bot.models.calendar import FeedScope
from bot.models.deadline import Deadline, DeadlinePerson, DeadlineState
from bot.models.project import Project
from bot.models.room import Room
from bot.services.booking_clash import ACTIVE_ROWS, LONGEST, on_it

PAGE = 50
MOST = 10_000
GONE_FOR = timedelta(days=30)
# Written out, not bound: both databases then see that the partial index over sessions let go applies.
GONE_ROWS = text("booking.state NOT IN ('held', 'confirmed') AND booking.number IS NOT NULL")


class Standing(StrEnum):
    """How sure an entry is."""

    CERTAIN = "certain"
    HELD = "held"
    DUE = "due"
    DONE = "done"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of a server's calendar is meant; one's own needs the person and their roles."""

    guild_id: int
    kind: FeedScope
    subject_id: int = 0
    user_id: int = 0
    role_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """The time a calendar covers; what was let go since `gone_since` is told as cancelled (None: nothing is)."""

    start: datetime
    end: datetime
    gone_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A session or a deadline without money or notes (R35); people and roles by their ids.

    `sequence` rises with every change, `changed_at` is the last one.
    """

    key: str
    guild_id: int
    number: int
    what: str
    standing: Standing
    start: datetime
    end: datetime
    zone: str
    sequence: int
    changed_at: datetime
    kind: str = ""
    is_all_day: bool = False
    place: str = ""
    project: str = ""
    needs: str = ""
    hold_until: datetime | None = None
    rank: int = 0
    link: str = ""
    asked: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    coming: tuple[int, ...] = ()
    maybe: tuple[int, ...] = ()
    cant: tuple[int, ...] = ()

    @property
    def user_ids(self) -> tuple[int, ...]:
        return (*self.asked, *self.coming, *self.maybe, *self.cant)


@dataclass
class _People:
    """Those on one session or deadline."""

    asked: list[int] = field(default_factory=list)
    roles: list[int] = field(default_factory=list)
    said: dict[Answer, list[int]] = field(default_factory=dict)

    def answered(self, answer: Answer) -> tuple[int, ...]:
        return tuple(self.said.get(answer, ()))


class Touched(NamedTuple):
    """When a row was last changed, and how often."""

    at: datetime
    times: int


async def items(session: AsyncSession, scope: Scope, span: Span) -> list[Item]:
    """Return what a scope holds in a time, by start, 10,000 at most; page by page, so that nobody waits long."""
    found: list[Item] = []
    for statement in _statements(scope, span):
        async for page in _pages(session, statement, span.start - LONGEST):
            found += await _sessions(session, scope, page)
            if len(found) >= MOST:
                break
    if scope.kind is not FeedScope.ROOM:
        found += await _deadlines(session, scope, span)
    return await asyncio.to_thread(_in_order, found)


def _in_order(found: list[Item]) -> list[Item]:
    return sorted(found, key=lambda item: (item.start, item.key))[:MOST]


def _statements(scope: Scope, span: Span) -> list[Any]:
    """Return the questions for active sessions and for those let go of late."""
    rows = (
        select(Booking.id, Booking.number, Booking.what, Booking.kind, Booking.state, Booking.start_at, Booking.end_at,
               Booking.zone, Booking.hold_until_at, Booking.rank, Booking.version, Booking.needs, Booking.channel_id,
               Booking.message_id, Booking.created_at, Booking.room_id, Room.name.label("room"), Room.address,
               Project.name.label("project"))
        .outerjoin(Room, Room.id == Booking.room_id)
        .outerjoin(Project, Project.id == Booking.project_id)
        .where(
            *_in_scope(scope), Booking.start_at < span.end, Booking.end_at > span.start,
        )
    )  # fmt: skip
    active = [rows.where(ACTIVE_ROWS)]
    if span.gone_since is None:
        return active
    of_late = or_(Booking.hold_until_at >= span.gone_since, _last_touched(scope.guild_id, Booking) >= span.gone_since)
    return [*active, rows.where(GONE_ROWS, of_late)]


def _last_touched(guild_id: int, table: Any) -> Any:
    """Return the question when a row was last changed, asked by the row: not by all that was changed of late."""
    at = func.coalesce(Audit.at, Audit.at)  # else SQLite looks for the latest by walking the index over all times
    trail = select(func.max(at)).where(*_about(guild_id, table), Audit.record_id == table.id)
    return trail.correlate(table).scalar_subquery()


def _in_scope(scope: Scope) -> list[Any]:
    """Return the conditions for a scope; what is of a room or a project is of that one's server.

    Asking for the booking's server as well would let a database read the sessions of every other room.
    """
    if scope.kind is FeedScope.ROOM:
        return [Booking.room_id == scope.subject_id, Room.guild_id == scope.guild_id]
    if scope.kind is FeedScope.PROJECT:
        return [Booking.project_id == scope.subject_id, Project.guild_id == scope.guild_id]
    here = BookingPerson.booking_id == Booking.id
    me = or_(BookingPerson.user_id == scope.user_id, BookingPerson.role_id.in_(scope.role_ids))
    for_all = not_(has_any(BookingPerson, here, BookingPerson.is_asked.is_(True)))
    no = BookingPerson.user_id == scope.user_id, BookingPerson.answer == Answer.CANT
    declined = has_any(BookingPerson, here, *no)
    mine = or_(has_any(BookingPerson, here, me, on_it()), Booking.created_by == scope.user_id, for_all)
    return [Booking.guild_id == scope.guild_id, mine, not_(declined)]


async def _pages(session: AsyncSession, statement: Any, first: datetime) -> AsyncIterator[Sequence[Any]]:
    """Yield the rows by start, page by page: turning thousands into objects at once would block the loop.

    Each page has one lower bound, by which an index is entered where the page before ended.
    """
    statement = statement.order_by(Booking.start_at, Booking.id).limit(PAGE)
    page = statement.where(Booking.start_at > first)
    while True:
        rows = (await session.execute(page)).all()
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        last = rows[-1]
        same = and_(Booking.start_at == last.start_at, Booking.id <= last.id)
        page = statement.where(Booking.start_at >= last.start_at, not_(same))


async def _sessions(session: AsyncSession, scope: Scope, rows: Sequence[Any]) -> list[Item]:
    keys = [row.id for row in rows]
    await asyncio.sleep(0)  # a short question to SQLite is answered on the spot: let others have their turn
    people = await _people_of(session, keys)
    await asyncio.sleep(0)
    touched = await _touched(session, scope.guild_id, Booking, keys)
    await asyncio.sleep(0)
    rooms = await _touched(session, scope.guild_id, Room, {row.room_id for row in rows if row.room_id})
    return await asyncio.to_thread(_made, scope, rows, people, touched, rooms)


def _made(
    scope: Scope,
    rows: Sequence[Any],
    people: dict[int, _People],
    touched: dict[int, Touched],
    rooms: dict[int, Touched],
) -> list[Item]:
    never = Touched(rows[0].created_at, 0)
    return [
        Item(
            key=f"booking-{row.id}",
            guild_id=scope.guild_id,
            number=row.number,
            what=row.what,
            standing=_standing(row.state),
            start=row.start_at,
            end=row.end_at,
            zone=row.zone,
            sequence=row.version,
            changed_at=max(row.created_at, touched.get(row.id, never).at, rooms.get(row.room_id, never).at),
            kind=row.kind.value,
            place=", ".join(filter(None, (row.room, row.address))),
            project=row.project or "",
            needs=row.needs or "",
            hold_until=row.hold_until_at if row.state is BookingState.HELD else None,
            rank=row.rank or 0,
            link=_jump(scope.guild_id, row.channel_id, row.message_id),
            asked=tuple(people[row.id].asked),
            roles=tuple(people[row.id].roles),
            coming=people[row.id].answered(Answer.COMING),
            maybe=people[row.id].answered(Answer.MAYBE),
            cant=people[row.id].answered(Answer.CANT),
        )
        for row in rows
    ]


def _standing(state: BookingState) -> Standing:
    known = {BookingState.CONFIRMED: Standing.CERTAIN, BookingState.HELD: Standing.HELD}
    return known.get(state, Standing.GONE)


def _jump(guild_id: int, channel_id: int | None, message_id: int | None) -> str:
    return f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}" if channel_id and message_id else ""


async def _people_of(session: AsyncSession, keys: Collection[int]) -> dict[int, _People]:
    rows = await session.execute(
        select(BookingPerson.booking_id, BookingPerson.user_id, BookingPerson.role_id, BookingPerson.is_asked,
               BookingPerson.answer)
        .where(BookingPerson.booking_id.in_(keys)).order_by(BookingPerson.id)
    )  # fmt: skip
    found = {key: _People() for key in keys}
    for key, user, role, is_asked, answer in rows:
        people = found[key]
        if role and is_asked:
            people.roles.append(role)
        if user and is_asked and answer is Answer.NONE:
            people.asked.append(user)
        if user and answer is not Answer.NONE:
            people.said.setdefault(answer, []).append(user)
    return found


def _about(guild_id: int, table: type[Any]) -> list[Any]:
    return [Audit.guild_id == guild_id, Audit.kind == table.__tablename__]


async def _touched(session: AsyncSession, guild_id: int, table: type[Any], keys: Collection[int]) -> dict[int, Touched]:
    """Return when people last changed each row, and how often, by the trail that every change leaves."""
    if not keys:
        return {}
    about = [*_about(guild_id, table), Audit.record_id.in_(keys)]
    asked = select(Audit.record_id, func.max(Audit.at), func.count()).where(*about).group_by(Audit.record_id)
    return {key: Touched(at, times) for key, at, times in await session.execute(asked)}


async def _deadlines(session: AsyncSession, scope: Scope, span: Span) -> list[Item]:
    """Return the deadlines of a scope: open and done ones, and those deleted of late."""
    within = [Deadline.guild_id == scope.guild_id, Deadline.due_at >= span.start, Deadline.due_at < span.end]
    if scope.kind is FeedScope.PROJECT:
        within.append(Deadline.project_id == scope.subject_id)
    else:
        them = or_(DeadlinePerson.user_id == scope.user_id, DeadlinePerson.role_id.in_(scope.role_ids))
        here = DeadlinePerson.deadline_id == Deadline.id
        mine = has_any(DeadlinePerson, here, DeadlinePerson.is_assigned.is_(True), them)
        within.append(or_(mine, Deadline.created_by == scope.user_id))
    kept: Any = Deadline.state.in_([DeadlineState.OPEN, DeadlineState.DONE])
    if span.gone_since is not None:
        kept = or_(kept, _last_touched(scope.guild_id, Deadline) >= span.gone_since)
    statement = (
        select(Deadline.id, Deadline.number, Deadline.what, Deadline.due_at, Deadline.zone, Deadline.is_all_day,
               Deadline.state, Deadline.link, Deadline.created_at, Project.name.label("project"))
        .outerjoin(Project, Project.id == Deadline.project_id)
        .where(*within, kept).order_by(Deadline.due_at, Deadline.id)
    )  # fmt: skip
    found: list[Item] = []
    while len(found) < MOST:
        rows = (await session.execute(statement.offset(len(found)).limit(PAGE))).all()
        found += await _dues(session, scope, rows) if rows else []
        if len(rows) < PAGE:
            break
    return found


async def _dues(session: AsyncSession, scope: Scope, rows: Sequence[Any]) -> list[Item]:
    keys = [row.id for row in rows]
    people = await _assigned(session, keys)
    touched = await _touched(session, scope.guild_id, Deadline, keys)
    standings = {DeadlineState.OPEN: Standing.DUE, DeadlineState.DONE: Standing.DONE}
    return [
        Item(
            key=f"deadline-{row.id}",
            guild_id=scope.guild_id,
            number=row.number,
            what=row.what,
            standing=standings.get(row.state, Standing.GONE),
            start=row.due_at,
            end=row.due_at,
            zone=row.zone,
            sequence=known.times,
            changed_at=known.at,
            kind="deadline",
            is_all_day=row.is_all_day,
            project=row.project or "",
            link=row.link or "",
            asked=tuple(people[row.id].asked),
            roles=tuple(people[row.id].roles),
        )
        for row, known in ((row, touched.get(row.id, Touched(row.created_at, 0))) for row in rows)
    ]


async def _assigned(session: AsyncSession, keys: Iterable[int]) -> dict[int, _People]:
    found = {key: _People() for key in keys}
    rows = await session.execute(
        select(DeadlinePerson.deadline_id, DeadlinePerson.user_id, DeadlinePerson.role_id)
        .where(DeadlinePerson.deadline_id.in_(found), DeadlinePerson.is_assigned.is_(True)).order_by(DeadlinePerson.id)
    )  # fmt: skip
    for key, user, role in rows:
        if user:
            found[key].asked.append(user)
        elif role:
            found[key].roles.append(role)
    return found
