"""What is known of bookings, for cards, lists, reminders and other stems: questions only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.db import has_any
from bot.errors import NotFound
from bot.fuzzy import Ambiguous, Choice, likely, number_in, pick
from bot.models.booking import ACTIVE, Answer, Booking, BookingPerson, BookingState
from bot.models.callsheet import CallTime
from bot.models.project import Project
from bot.models.room import Room
from bot.services import booking_quorum as quorum
from bot.services.booking_clash import ACTIVE_ROWS, LONGEST, on_it
from bot.text import clip, local

KNOWN = 200
# What names a booking: rows of it are read in a third of the time that whole bookings take.
_NAMED = (Booking.id, Booking.number, Booking.what, Booking.start_at, Booking.state)
SHOWN_FOR = timedelta(days=366)
MOST_LISTED = 400
SUGGESTED = 25

# A row of somebody asked or answering, and what the call sheet says they play.
Seat = tuple[BookingPerson, str | None]


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """A booking with its room, its project and its people as everybody may see them: no money (R35).

    `parts` is what members play here, by what they said and by the call sheet.
    """

    booking: Booking
    room_name: str | None
    address: str | None
    project_name: str | None
    asked_users: tuple[int, ...]
    asked_roles: tuple[int, ...]
    coming: tuple[int, ...]
    maybe: tuple[int, ...]
    cant: tuple[int, ...]
    came: tuple[int, ...] = ()
    parts: Mapping[int, str] = field(default_factory=dict)

    @property
    def number(self) -> int | None:
        return self.booking.number

    @property
    def what(self) -> str:
        return self.booking.what

    @property
    def start(self) -> datetime:
        return self.booking.start_at

    @property
    def end(self) -> datetime:
        return self.booking.end_at

    @property
    def state(self) -> BookingState:
        return self.booking.state

    @property
    def is_closed(self) -> bool:
        return self.booking.closed_at is not None

    @property
    def waiting(self) -> tuple[int, ...]:
        """Those asked by name who have not answered."""
        answered = {*self.coming, *self.maybe, *self.cant}
        return tuple(key for key in self.asked_users if key not in answered)

    @property
    def concerned(self) -> tuple[int, ...]:
        """The members a change concerns: asked or coming, except those who can't."""
        return tuple(
            dict.fromkeys(key for key in (*self.asked_users, *self.coming, *self.maybe) if key not in self.cant)
        )

    @property
    def cover(self) -> tuple[quorum.Cover, ...]:
        """How far each of its needs is met by those coming."""
        return quorum.covered(quorum.needs_of(self.booking.needs), self.parts, self.coming, self.maybe)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What nobody covers yet, such as `drums` or `2 guitars`."""
        return tuple(cover.lacks for cover in self.cover if cover.lacks)

    @property
    def is_taken_back(self) -> bool:
        """Tell whether booking it was undone: it has its number still, and is a draft again."""
        return self.state is BookingState.DRAFT and self.number is not None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list should hold; what is None or empty does not narrow it."""

    start: datetime | None = None
    end: datetime | None = None
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    room_id: int | None = None
    project_id: int | None = None


# Built once: building a statement takes longer than running it.
_IDS: Any = bindparam("ids", expanding=True)
_DESCRIBED = (
    select(Booking, Room.name, Room.address, Project.name)
    .outerjoin(Room, Room.id == Booking.room_id)
    .outerjoin(Project, Project.id == Booking.project_id)
    .where(Booking.id.in_(_IDS))
)
_CALLED = and_(
    CallTime.booking_id == BookingPerson.booking_id,
    CallTime.user_id == BookingPerson.user_id,
    CallTime.is_listed.is_(True),
)
_SEATS = (
    select(BookingPerson, CallTime.part)
    .outerjoin(CallTime, _CALLED)
    .where(BookingPerson.booking_id.in_(_IDS))
    .order_by(BookingPerson.answered_at, BookingPerson.id)
)


async def describe(session: AsyncSession, ids: Iterable[int]) -> dict[int, BookingFacts]:
    """Return what is known of each booking by its key; two queries, however many there are."""
    wanted = {"ids": list(ids)}
    if not wanted["ids"]:
        return {}
    rows = await session.execute(_DESCRIBED, wanted)
    people: dict[int, list[Seat]] = {}
    for person, called in await session.execute(_SEATS, wanted):
        people.setdefault(person.booking_id, []).append((person, called))
    return {
        booking.id: _facts(booking, room, address, project, people.get(booking.id, []))
        for booking, room, address, project in rows
    }


async def facts_of(session: AsyncSession, booking: Booking) -> BookingFacts:
    """Return what is known of one booking, with what the transaction changed so far."""
    await session.flush()
    return (await describe(session, [booking.id]))[booking.id]


def _facts(
    booking: Booking, room: str | None, address: str | None, project: str | None, seats: Sequence[Seat]
) -> BookingFacts:
    people = [person for person, _ in seats]

    def said(answer: Answer) -> tuple[int, ...]:
        return tuple(person.user_id for person in people if person.user_id and person.answer is answer)

    by_key = sorted(people, key=lambda person: person.id)
    return BookingFacts(
        booking,
        room,
        address,
        project,
        tuple(person.user_id for person in by_key if person.user_id and person.is_asked),
        tuple(person.role_id for person in by_key if person.role_id and person.is_asked),
        said(Answer.COMING),
        said(Answer.MAYBE),
        said(Answer.CANT),
        tuple(person.user_id for person in by_key if person.user_id and person.has_come),
        {
            person.user_id: ", ".join(filter(None, [person.part, called]))
            for person, called in seats
            if person.user_id and (person.part is not None or called)
        },
    )


async def get(session: AsyncSession, guild_id: int, booking_id: int) -> Booking:
    """Return a booking of this server by its key; raises `NotFound`."""
    booking = await session.scalar(select(Booking).where(Booking.id == booking_id, Booking.guild_id == guild_id))
    if booking is None:
        raise NotFound(kind="booking", given=booking_id)
    return booking


async def find(session: AsyncSession, actor: Actor, text: str) -> Booking:
    """Return the booking that the text names, by number or title; raises `NotFound` or `Ambiguous`."""
    number = number_in(text)
    if number is not None:
        here = Booking.guild_id == actor.guild_id
        found = await session.scalar(select(Booking).where(here, Booking.number == number))
        if found is not None:
            return found
    rows = await _known(session, actor)
    live = [row for row in rows if row.state in ACTIVE]
    try:
        meant = pick(text, live or rows, option="booking", name=lambda row: row.what, value=_value)
        return await get(session, actor.guild_id, meant.id)
    except Ambiguous as several:
        by_value = {_value(row): row for row in rows}
        choices = [Choice(_label(actor, by_value[item.value]), item.value) for item in several.choices]
        raise type(several)(option="booking", given=text, choices=choices) from None


async def suggest(session: AsyncSession, actor: Actor, text: str) -> list[Choice]:
    """Return the bookings a person may mean: upcoming first, then what was; `#12` works too."""
    rows = await _known(session, actor)
    found = likely(text, rows, name=lambda row: row.what, number=lambda row: row.number or 0)
    return [Choice(_label(actor, row), _value(row)) for row in found[:SUGGESTED]]


# What is not over; the bound by the longest booking lets an index find it.
_UPCOMING = (Booking.start_at > bindparam("since"), Booking.end_at > bindparam("now"))


def _at(now: datetime) -> dict[str, datetime]:
    """Return the values of `_UPCOMING`."""
    return {"now": now, "since": now - LONGEST}


async def upcoming(session: AsyncSession, actor: Actor, *, until: datetime, **narrow: Any) -> list[Booking]:
    """Return active bookings that are not over and start before `until`, soonest first.

    `user_id` with `role_ids` keeps those that bind the person or that they made, and those for the whole band;
    `project_id` those of a project; `limit` is a count.
    """
    statement = (
        select(Booking)
        .where(
            Booking.guild_id == actor.guild_id,
            ACTIVE_ROWS,
            *_UPCOMING,
            Booking.start_at < until,
        )
        .order_by(Booking.start_at, Booking.id)
        .limit(narrow.get("limit", 5))
    )
    if narrow.get("project_id") is not None:
        statement = statement.where(Booking.project_id == narrow["project_id"])
    users = () if narrow.get("user_id") is None else (narrow["user_id"],)
    if users or narrow.get("role_ids"):
        binds = has_any(BookingPerson, *_bound(users, tuple(narrow.get("role_ids", ()))))
        statement = statement.where(or_(binds, *(_concerns(key) for key in users)))
    return list(await session.scalars(statement, _at(session.info["at"])))


def _concerns(user_id: int) -> Any:
    """Match sessions that a person made, or to which nobody in particular is asked, unless they can't come."""
    here = BookingPerson.booking_id == Booking.id
    whole_band = not_(has_any(BookingPerson, here, BookingPerson.is_asked.is_(True)))
    no = BookingPerson.user_id == user_id, BookingPerson.answer == Answer.CANT
    return and_(or_(Booking.created_by == user_id, whole_band), not_(has_any(BookingPerson, here, *no)))


async def listed(
    session: AsyncSession, actor: Actor, wish: Wish, page: int, size: int
) -> tuple[list[BookingFacts], int]:
    """Return one page of the active bookings, upcoming ones first by their start, then past ones, newest first.

    Without a range, past ones are those of the last year; of either there are 400 at most.
    """
    now = session.info["at"]
    asked = {**_at(now), "guild": actor.guild_id, "year": now - SHOWN_FOR, **_values(wish)}
    totals, soonest, latest = _list(wish.start is not None and wish.end is not None, *_narrowing(wish))
    coming, gone = (await session.execute(totals, asked)).one()
    first = page * size
    there = {"offset": first, "limit": max(0, min(size, coming - first))}
    ids = list(await session.scalars(soonest, {**asked, **there}))
    if len(ids) < size and gone:
        there = {"offset": max(0, first - coming), "limit": size - len(ids)}
        ids += await session.scalars(latest, {**asked, **there})
    known = await describe(session, ids)
    return [known[key] for key in ids], coming + gone


def _narrowing(wish: Wish) -> tuple[bool, bool, bool]:
    """Return what a list is narrowed to: a room, a project, people."""
    return wish.room_id is not None, wish.project_id is not None, bool(wish.user_ids or wish.role_ids)


def _values(wish: Wish) -> dict[str, Any]:
    """Return the values of a wish by the names that `_list` gives them."""
    values: dict[str, Any] = {"room": wish.room_id, "project": wish.project_id, "start": wish.start, "end": wish.end}
    since = None if wish.start is None else wish.start - LONGEST
    return {**values, "from": since, "users": list(wish.user_ids), "roles": list(wish.role_ids)}


@lru_cache
def _list(within: bool, room: bool, project: bool, people: bool) -> tuple[Any, Any, Any]:  # noqa: FBT001 - a shape
    """Return what asks for a list of a shape: how many come and are over, those that come, those that are over."""
    ahead, past = list(_UPCOMING), [Booking.end_at <= bindparam("now")]
    if within:
        span = Booking.end_at > bindparam("start"), Booking.start_at < bindparam("end")
        ahead, past = ([*side, Booking.start_at > bindparam("from"), *span] for side in (ahead, past))
    else:
        past.append(Booking.start_at > bindparam("year"))
    mine: list[Any] = [Booking.guild_id == bindparam("guild"), ACTIVE_ROWS]
    if room:
        mine.append(Booking.room_id == bindparam("room"))
    if project:
        mine.append(Booking.project_id == bindparam("project"))
    if people:
        users: Any = bindparam("users", expanding=True)
        roles: Any = bindparam("roles", expanding=True)
        mine.append(has_any(BookingPerson, *_bound(users, roles)))
    some = select(Booking.id).offset(bindparam("offset")).limit(bindparam("limit"))
    return (
        select(_count(mine, ahead), _count(mine, past)),
        some.where(*mine, *ahead).order_by(Booking.start_at, Booking.id),
        some.where(*mine, *past).order_by(Booking.start_at.desc(), Booking.id.desc()),
    )


def _count(narrowed: list[Any], side: list[Any]) -> Any:
    """Return the question how many there are, up to as many as a list shows: counting on would take ever longer.

    Their order does not matter, but asked for it PostgreSQL follows an index instead of reading until it has enough.
    """
    some = select(Booking.id).where(*narrowed, *side).order_by(Booking.start_at).limit(MOST_LISTED).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _bound(user_ids: Any, role_ids: Any) -> tuple[Any, ...]:
    """Return the conditions for those on a booking who are bound by it and among these."""
    same = or_(BookingPerson.user_id.in_(user_ids), BookingPerson.role_id.in_(role_ids))
    return BookingPerson.booking_id == Booking.id, same, on_it()


_MINE = select(*_NAMED).where(Booking.guild_id == bindparam("guild")).limit(KNOWN)
_SOONEST = _MINE.where(ACTIVE_ROWS, *_UPCOMING).order_by(Booking.start_at, Booking.id)
_LATEST = _MINE.where(Booking.number.is_not(None)).order_by(Booking.number.desc())


async def _known(session: AsyncSession, actor: Actor) -> list[Any]:
    """Return the bookings worth naming, `_NAMED` of each: up to 200 upcoming ones by start, then the latest made."""
    asked = {"guild": actor.guild_id, **_at(session.info["at"])}
    rows: list[Any] = list(await session.execute(_SOONEST, asked))
    seen = {row.id for row in rows}
    return [*rows, *(row for row in await session.execute(_LATEST, asked) if row.id not in seen)]


def _label(actor: Actor, booking: Any) -> str:
    state = "" if booking.state in ACTIVE else f" ({state_word(booking)})"
    at = local(booking.start_at, actor.zone, actor.locale)
    return clip(f"#{booking.number} {clip(booking.what, 40)} · {at}{state}", 100)


def state_word(booking: Any) -> str:
    """Return the state in a word; a draft with a number is a booking that was undone."""
    return "taken back" if booking.state is BookingState.DRAFT else str(booking.state)


def _value(booking: Any) -> str:
    return f"#{booking.number}"
