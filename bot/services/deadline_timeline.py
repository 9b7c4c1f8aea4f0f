"""The plan as a picture shows it: what spans from when to when, what is late, and the path that has no room."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.deadline import Deadline, DeadlineLink, DeadlineState
from bot.models.project import Project
from bot.services.deadline_read import KEPT, before_of

MOST_BARS = 30
SHORTEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Bar:
    """One deadline: from when it can begin to when it is due, or was done."""

    number: int
    what: str
    start: datetime
    end: datetime
    is_done: bool
    is_late: bool
    is_critical: bool
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bars of a project, or of the whole server, by due time; `more` did not fit."""

    project: Project | None
    bars: list[Bar]
    more: int
    now: datetime


async def timeline(session: AsyncSession, guild_id: int, project: Project | None, now: datetime) -> Timeline:
    """Return the plan of a project, or of the server; the critical path and open ones first where not all fit."""
    here = [Deadline.guild_id == guild_id, Deadline.state.in_(KEPT)]
    if project is not None:
        here.append(Deadline.project_id == project.id)
    critical = await _critical(session, guild_id, here)
    on_path, is_open = Deadline.id.in_(critical).desc(), (Deadline.state == DeadlineState.OPEN).desc()
    kept = select(Deadline, func.count().over()).where(*here)
    page = kept.order_by(on_path, is_open, Deadline.due_at, Deadline.number).limit(MOST_BARS)
    rows = (await session.execute(page)).all()
    shown = sorted((row for row, _ in rows), key=lambda row: (row.due_at, row.number))
    before = await before_of(session, [guild_id], [row.id for row in shown])
    bars = [_bar(row, before.get(row.id, []), now, is_critical=row.id in critical) for row in shown]
    return Timeline(project, bars, rows[0][1] - len(shown) if rows else 0, now)


async def _critical(session: AsyncSession, guild_id: int, here: Sequence[ColumnElement[bool]]) -> set[int]:
    """Return the critical path through every open deadline of the plan, drawn or not."""
    is_open = Deadline.state == DeadlineState.OPEN
    found = await session.execute(select(Deadline.id, Deadline.due_at).where(*here, is_open))
    due = {row.id: row.due_at for row in found}
    linked = select(DeadlineLink.deadline_id, DeadlineLink.after_id).where(
        DeadlineLink.guild_id == guild_id, DeadlineLink.is_active.is_(True)
    )
    before: dict[int, list[int]] = defaultdict(list)
    for key, after in await session.execute(linked):
        before[key].append(after)
    return critical_path(due, before)


def critical_path(due: Mapping[int, datetime], before: Mapping[int, Sequence[int]]) -> set[int]:
    """Return the open chain that ends with the last deadline of all: at each step back, the one due last.

    `due` has the open ones by key, `before` what each waits for. A day lost on the path is a day lost at the end; a
    single deadline is no path.
    """
    path: list[int] = []
    ahead: Iterable[int] = due
    while (step := max(ahead, key=lambda key: (due[key], key), default=None)) is not None:
        path.append(step)
        ahead = [key for key in before.get(step, ()) if key in due]
    return set(path) if len(path) > 1 else set()


def _bar(row: Deadline, before: Sequence[Deadline], now: datetime, *, is_critical: bool) -> Bar:
    """Return a deadline as a bar that begins when the last one before it ends, or when it was added."""
    end = row.done_at or row.due_at
    begin = max((item.done_at or item.due_at for item in before), default=row.created_at)
    return Bar(
        number=row.number,
        what=row.what,
        start=min(begin, end - SHORTEST),
        end=end,
        is_done=row.state is DeadlineState.DONE,
        is_late=row.state is DeadlineState.OPEN and row.due_at <= now,
        is_critical=is_critical,
        after=tuple(item.number for item in before),
    )
