"""Reading deadlines: one by its name, lists of them, and what others ask about them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import NotFound, UserError
from bot.fuzzy import Ambiguous, Choice, likely, number_in, pick
from bot.models.audit import Audit
from bot.models.deadline import Deadline, DeadlineLink, DeadlinePerson, DeadlineState
from bot.models.project import Project
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services import deadline_pings
from bot.text import clip, local

MOST_PICKED_FROM = 500
STEPS_SHOWN = 6
KEPT = (DeadlineState.OPEN, DeadlineState.DONE)


class DeadlineGone(UserError):
    """A button of a deadline that was deleted."""

    text = "“{what}” was deleted, so there is nothing to do any more. `/deadline list` shows what is open."


class Status(StrEnum):
    """Which deadlines a list shows."""

    OPEN = "open"
    LATE = "late"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Entry:
    """A deadline with what its card shows: for whom, of which project, the reminders still ahead, what comes first.

    `is_archived` says that its project is closed.
    """

    deadline: Deadline
    user_ids: tuple[int, ...]
    role_ids: tuple[int, ...]
    project: str | None
    pings: tuple[datetime, ...] = ()
    before: tuple[Deadline, ...] = ()
    is_archived: bool = False

    @property
    def blocked_by(self) -> tuple[Deadline, ...]:
        """What must be done first and is still open."""
        return tuple(row for row in self.before if row.state is DeadlineState.OPEN) if self.is_open else ()

    @property
    def who(self) -> str:
        """The mentions of those it is for."""
        return " ".join([*(f"<@{user}>" for user in self.user_ids), *(f"<@&{role}>" for role in self.role_ids)])

    @property
    def is_open(self) -> bool:
        return self.deadline.state is DeadlineState.OPEN

    @property
    def is_deleted(self) -> bool:
        return self.deadline.state is DeadlineState.DELETED

    def is_late(self, now: datetime) -> bool:
        return self.is_open and self.deadline.due_at <= now

    @property
    def is_shared(self) -> bool:
        """Whether the band must see it: it is of a project, or for others than whoever added it."""
        return bool(self.project or self.role_ids or self.user_ids != (self.deadline.created_by,))


@dataclass(frozen=True, slots=True)
class Step:
    """One act in a deadline's life: what, who, when."""

    verb: str
    actor_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a list; `mine` keeps what is for the actor, for a role of theirs, or made by them."""

    status: Status = Status.OPEN
    start: datetime | None = None
    end: datetime | None = None
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    project_id: int | None = None
    mine: bool = False


async def get(session: AsyncSession, guild_id: int, deadline_id: int, *, lock: bool = False) -> Deadline:
    """Return a deadline of this server by its key, locked when asked; raises `NotFound` or `DeadlineGone`."""
    statement = select(Deadline).where(Deadline.id == deadline_id, Deadline.guild_id == guild_id)
    found = await session.scalar(_locked(statement) if lock else statement)
    if found is None:
        raise NotFound(kind="deadline", given=deadline_id)
    if found.state is DeadlineState.DELETED:
        raise DeadlineGone(what=found.what)
    return found


def _locked(statement: Select[Deadline]) -> Select[Deadline]:
    """Lock what is found, but not its key: a link to the row, made by somebody else meanwhile, must not wait for us."""
    return statement.with_for_update(key_share=True).execution_options(populate_existing=True)


async def find(
    session: AsyncSession, actor: Actor, text: str, *, states: Iterable[DeadlineState], lock: bool = False
) -> Deadline:
    """Return the deadline that the text names, by number in any state that is not deleted, or by name in `states`.

    It is locked when asked. Raises `NotFound`, or `Ambiguous` with numbers and dates that tell the deadlines apart.
    """
    number = number_in(text)
    if number:
        kept = Deadline.guild_id == actor.guild_id, Deadline.state != DeadlineState.DELETED
        numbered = select(Deadline).where(*kept, Deadline.number == number)
        found = await session.scalar(_locked(numbered) if lock else numbered)
        if found is not None:
            return found
    rows = (await session.scalars(_pickable(actor, states))).all()
    try:
        picked: Deadline = pick(text, rows, option="deadline", name=_name, value=_value)
    except Ambiguous as several:
        by_value = {_value(row): row for row in rows}
        choices = [Choice(_label(actor, by_value[item.value]), item.value) for item in several.choices]
        raise type(several)(option="deadline", given=text, choices=choices) from None
    return await get(session, actor.guild_id, picked.id, lock=True) if lock else picked


# Built once: building a statement takes longer than running it.
_IDS: Any = bindparam("ids", expanding=True)
_ASSIGNED = (
    select(DeadlinePerson)
    .where(DeadlinePerson.deadline_id.in_(_IDS), DeadlinePerson.is_assigned.is_(True))
    .order_by(DeadlinePerson.id)
)
_PROJECTS = select(Project.id, Project.name, Project.archived_at).where(Project.id.in_(_IDS))
_BEFORE = (
    select(DeadlineLink.deadline_id, Deadline)
    .join(Deadline, Deadline.id == DeadlineLink.after_id)
    .where(DeadlineLink.guild_id.in_(bindparam("guilds", expanding=True)), DeadlineLink.deadline_id.in_(_IDS))
    .where(DeadlineLink.is_active.is_(True), Deadline.state.in_(KEPT))
    .order_by(Deadline.due_at, Deadline.number)
)


async def entries(session: AsyncSession, deadlines: Sequence[Deadline], now: datetime) -> list[Entry]:
    """Return the deadlines with their people and projects, in the same order."""
    ids = [row.id for row in deadlines]
    assigned = (await session.scalars(_ASSIGNED, {"ids": ids})).all() if ids else []
    project_ids = list({row.project_id for row in deadlines if row.project_id})
    projects = {row.id: row for row in await session.execute(_PROJECTS, {"ids": project_ids})} if project_ids else {}
    before = await before_of(session, {row.guild_id for row in deadlines}, ids)
    return [
        Entry(
            row,
            tuple(person.user_id for person in assigned if person.deadline_id == row.id and person.user_id),
            tuple(person.role_id for person in assigned if person.deadline_id == row.id and person.role_id),
            projects[row.project_id].name if row.project_id else None,
            tuple(deadline_pings.pings(row, now)) if row.state is DeadlineState.OPEN else (),
            tuple(before.get(row.id, ())),
            is_archived=bool(row.project_id and projects[row.project_id].archived_at),
        )
        for row in deadlines
    ]


async def entry(session: AsyncSession, deadline: Deadline, now: datetime) -> Entry:
    """Return one deadline with what its card shows, the reminders as they are planned for its people."""
    return await with_pings(session, (await entries(session, [deadline], now))[0], now)


async def handed_on(session: AsyncSession, actor: Actor, key: int | str) -> tuple[int, ...]:
    """Return the members of an open deadline that repeats, nobody for any other; raises what `find` raises."""
    open_here = Deadline.guild_id == actor.guild_id, Deadline.state == DeadlineState.OPEN
    repeating = select(Deadline.id).where(*open_here, Deadline.rrule.is_not(None))
    if isinstance(key, str):
        if await session.scalar(repeating.limit(1)) is None:
            return ()
        key = (await find(session, actor, key, states=[DeadlineState.OPEN])).id
    if await session.scalar(repeating.where(Deadline.id == key)) is None:
        return ()
    people = await session.scalars(_ASSIGNED, {"ids": [key]})
    return tuple(person.user_id for person in people if person.user_id)


async def with_pings(session: AsyncSession, known: Entry, now: datetime) -> Entry:
    """Return a deadline with its reminders as they are planned."""
    deadline = known.deadline
    if not (known.is_open and deadline.has_usual_leads):
        return known
    about = Reminder.kind == ReminderKind.DEADLINE, Reminder.subject_id == deadline.id, Reminder.rrule.is_(None)
    ahead = Reminder.state == ReminderState.PLANNED, Reminder.due_at > now
    planned = select(Reminder.due_at).where(*about, *ahead).distinct().order_by(Reminder.due_at)
    return replace(known, pings=tuple(await session.scalars(planned)))


async def before_of(
    session: AsyncSession, guild_ids: Collection[int], ids: Collection[int]
) -> dict[int, list[Deadline]]:
    """Return for each deadline those it comes after that are not deleted, by due time."""
    before: dict[int, list[Deadline]] = defaultdict(list)
    if not ids:
        return before
    for key, row in await session.execute(_BEFORE, {"guilds": list(guild_ids), "ids": list(ids)}):
        before[key].append(row)
    return before


async def history(session: AsyncSession, row: Deadline) -> list[Step]:
    """Return what was done to a deadline last, the oldest first."""
    about = Audit.guild_id == row.guild_id, Audit.kind == Deadline.__tablename__, Audit.record_id == row.id
    rows = await session.execute(
        select(Audit.verb, Audit.actor_id, Audit.at).where(*about).order_by(Audit.id.desc()).limit(STEPS_SHOWN)
    )
    return [Step(verb, actor_id, at) for verb, actor_id, at in rows][::-1]


async def coming_up(
    session: AsyncSession,
    actor: Actor,
    *,
    until: datetime,
    user_id: int | None = None,
    role_ids: Iterable[int] = (),
    project_id: int | None = None,
    limit: int = 5,
) -> list[Deadline]:
    """Return the open deadlines due before `until`, late ones first, of a person, their roles, or a project."""
    statement = _open(actor).where(Deadline.due_at < until)
    if user_id is not None or role_ids:
        statement = statement.where(_for(actor.guild_id, [user_id] if user_id is not None else [], list(role_ids)))
    if project_id is not None:
        statement = statement.where(Deadline.project_id == project_id)
    return list(await session.scalars(statement.order_by(Deadline.due_at, Deadline.number).limit(limit)))


async def count_late(session: AsyncSession, actor: Actor, project_id: int, now: datetime) -> int:
    """Return how many deadlines of a project are late."""
    late = _open(actor).where(Deadline.project_id == project_id, Deadline.due_at <= now)
    return await session.scalar(select(func.count()).select_from(late.subquery())) or 0


async def page_of(
    session: AsyncSession, actor: Actor, wanted: Wanted, now: datetime, *, offset: int, limit: int
) -> tuple[Sequence[Deadline], int]:
    """Return a page of the deadlines that are wanted, and how many there are in all."""
    asked = {
        "guild": actor.guild_id, "now": now, "start": wanted.start, "end": wanted.end, "project": wanted.project_id,
        "users": list(wanted.user_ids), "roles": list(wanted.role_ids),
        "me": actor.user_id, "mine": [actor.user_id], "my_roles": list(actor.role_ids),
    }  # fmt: skip
    narrowed = {
        "start": wanted.start is not None, "end": wanted.end is not None, "project": wanted.project_id is not None,
        "users": bool(wanted.user_ids or wanted.role_ids), "me": wanted.mine,
    }  # fmt: skip
    count, page = _list(wanted.status, frozenset(name for name, is_asked in narrowed.items() if is_asked))
    total = await session.scalar(count, asked) or 0
    return (await session.scalars(page, {**asked, "offset": offset, "limit": limit})).all(), total


@lru_cache
def _list(status: Status, narrowed: frozenset[str]) -> tuple[Select[int], Select[Deadline]]:
    """Return what counts and what reads a list of a shape; the values have the names that it is narrowed by."""
    named = {
        "start": Deadline.due_at >= bindparam("start"),
        "end": Deadline.due_at < bindparam("end"),
        "project": Deadline.project_id == bindparam("project"),
        "users": _for(bindparam("guild"), _several("users"), _several("roles")),
        "me": or_(
            _for(bindparam("guild"), _several("mine"), _several("my_roles")), Deadline.created_by == bindparam("me")
        ),
    }
    mine = [condition for name, condition in named.items() if name in narrowed]
    found = select(Deadline).where(Deadline.guild_id == bindparam("guild"), *_in_status(status), *mine)
    order = Deadline.done_at.desc() if status is Status.DONE else Deadline.due_at
    page = found.order_by(order, Deadline.number).offset(bindparam("offset")).limit(bindparam("limit"))
    return select(func.count()).select_from(found.subquery()), page


def _several(name: str) -> Any:
    return bindparam(name, expanding=True)


async def choices(session: AsyncSession, actor: Actor, text: str, states: Iterable[DeadlineState]) -> list[Choice]:
    """Return the deadlines a person may mean while typing: their own first, then what is due next."""
    mine = _for(actor.guild_id, [actor.user_id], list(actor.role_ids)).desc()
    rows = (await session.scalars(_pickable(actor, states, mine))).all()
    found = likely(text, rows, name=_name, number=lambda row: row.number)
    return [Choice(_label(actor, row), _value(row)) for row in found]


def _in_status(status: Status) -> list[ColumnElement[bool]]:
    if status is Status.ALL:
        return [Deadline.state != DeadlineState.DELETED]
    if status is Status.DONE:
        return [Deadline.state == DeadlineState.DONE]
    late = [Deadline.due_at <= bindparam("now")] if status is Status.LATE else []
    return [Deadline.state == DeadlineState.OPEN, *late]


def _open(actor: Actor) -> Select[Deadline]:
    return select(Deadline).where(Deadline.guild_id == actor.guild_id, Deadline.state == DeadlineState.OPEN)


def _for(guild_id: Any, user_ids: Any, role_ids: Any) -> ColumnElement[bool]:
    """Return the condition that a deadline is for one of these members or roles."""
    them = DeadlinePerson.user_id.in_(user_ids), DeadlinePerson.role_id.in_(role_ids)
    assigned = DeadlinePerson.guild_id == guild_id, DeadlinePerson.is_assigned.is_(True)
    return Deadline.id.in_(select(DeadlinePerson.deadline_id).where(*assigned, or_(*them)))


def _pickable(actor: Actor, states: Iterable[DeadlineState], *first: ColumnElement[Any]) -> Select[Deadline]:
    here = select(Deadline).where(Deadline.guild_id == actor.guild_id, Deadline.state.in_(list(states)))
    open_first = (Deadline.state == DeadlineState.OPEN).desc()
    return here.order_by(*first, open_first, Deadline.due_at, Deadline.number).limit(MOST_PICKED_FROM)


def _name(row: Deadline) -> str:
    return row.what


def _value(row: Deadline) -> str:
    return f"#{row.number}"


def _label(actor: Actor, row: Deadline) -> str:
    """Return what tells deadlines apart in a menu: number, name, and when they are due for the actor."""
    is_done = row.state is DeadlineState.DONE
    tail = " · done" if is_done else f" · {local(row.due_at, actor.zone, actor.locale)}"
    return clip(f"#{row.number} {row.what}", 98 - len(tail)) + tail
