"""The plan as a picture shows it: what spans from when to when, what is late, and the path that has no room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.deadline import Deadline, DeadlineState
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
    """Return the plan of a project, or of the server; open ones first where not all fit."""
    kept = select(Deadline, func.count().over()).where(Deadline.guild_id == guild_id, Deadline.state.in_(KEPT))
    if project is not None:
        kept = kept.where(Deadline.project_id == project.id)
    open_first = (Deadline.state == DeadlineState.OPEN).desc()
    page = kept.order_by(open_first, Deadline.due_at, Deadline.number).limit(MOST_BARS)
    rows = (await session.execute(page)).all()
    shown = sorted((row for row, _ in rows), key=lambda row: (row.due_at, row.number))
    before = await before_of(session, [guild_id], [row.id for row in shown])
    critical = critical_path(shown, before)
    bars = [_bar(row, before.get(row.id, []), now, is_critical=row.id in critical) for row in shown]
    return Timeline(project, bars, rows[0][1] - len(shown) if rows else 0, now)


def critical_path(rows: Sequence[Deadline], before: Mapping[int, Sequence[Deadline]]) -> set[int]:
    """Return the open chain that ends with the last deadline of all: at each step back, the one due last.

    A day lost on it is a day lost at the end; a single deadline is no path.
    """
    waiting = {row.id: row for row in rows if row.state is DeadlineState.OPEN}
    step = max(waiting.values(), key=lambda row: (row.due_at, row.id), default=None)
    path: list[int] = []
    while step is not None:
        path.append(step.id)
        ahead = [row for row in before.get(step.id, ()) if row.id in waiting]
        step = max(ahead, key=lambda row: (row.due_at, row.id), default=None)
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
