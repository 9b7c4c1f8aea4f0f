"""Warnings that a line runs out: at 80 % and at 100 % of its plan, and when what is on hold would break it (R16).

Every transaction that touches a line's plan, its expenses or its promises is looked at before it is committed,
whatever rule it belongs to. Each warning is given once for a line, a threshold and a plan: `warned` and
`warned_minor` of the line say which were. Another plan starts the count anew, and so does falling below a threshold,
which also withdraws a warning that has not left. The warning itself is a reminder that is due at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, event, func, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, UOWTransaction

from bot.db import WritingSession
from bot.models.booking import ACTIVE, Booking, BookingState
from bot.models.budget import (
    BudgetCategory,
    BudgetCommitment,
    BudgetLine,
    CommitmentState,
    Expense,
    ExpenseState,
    Unit,
)
from bot.models.project import Project
from bot.models.reminder import ReminderKind
from bot.money import Money
from bot.services.budget_chart import forget_charts
from bot.services.budget_notice import money_channels, tell, withdraw
from bot.services.budget_report import Report, report
from bot.services.reminder_said import Said
from bot.text import clip, plain

MOST_OF_IT = 80
WHOLE = 100
NAME_IN_WARNING = 60
PLAN = ("planned_minor", "moved_minor", "quantity", "unit")
BOOKED = ("state", "agreed_minor", "line_id")
LINES = cast("Table", BudgetLine.__table__)


class Level(IntFlag):
    """What a line has reached; the values are stored."""

    MOST = 1
    ALL = 2
    HOLD = 4


# What the row of a warning is called; it tells its level, and says nothing of money.
CALLED = {
    Level.MOST: f"A budget line at {MOST_OF_IT} %",
    Level.ALL: "A budget line that is used up",
    Level.HOLD: "A hold that would break a budget line",
}
LEVELS = {name: level for level, name in CALLED.items()}


@dataclass(frozen=True, slots=True)
class Stand:
    """A line held against its plan, in minor units: `known` is spent or promised, `exposure` on hold."""

    line_id: int
    item: str
    category: str
    project: str
    currency: str
    total: int
    known: int
    exposure: int

    @property
    def level(self) -> Level:
        """What it has reached; a line without a plan has nothing to run out of."""
        found = Level(0)
        if self.total <= 0:
            return found
        if self.known * WHOLE >= self.total * MOST_OF_IT:
            found |= Level.MOST
        if self.known >= self.total:
            found |= Level.ALL
        if self.exposure > 0 and self.known + self.exposure > self.total:
            found |= Level.HOLD
        return found

    @property
    def is_broken(self) -> bool:
        return self.known > self.total


def words(stand: Stand, locale: str) -> str:
    """Return the warning for those who may see money."""

    def money(minor: int) -> str:
        return Money(minor, stand.currency).show(locale)

    of = f"{money(stand.known)} of {money(stand.total)} spent or promised"
    lines = [f"⚠️ {named(stand)}"]
    if stand.is_broken:
        lines.append(f"**{money(stand.known - stand.total)} over its plan**: {of}.")
    elif Level.ALL in stand.level:
        lines.append(f"**All of its plan is used**: {of}.")
    elif Level.MOST in stand.level:
        lines.append(
            f"**{stand.known * WHOLE // stand.total} % is used**: {of}, {money(stand.total - stand.known)} left."
        )
    if Level.HOLD in stand.level:
        over = money(stand.known + stand.exposure - stand.total)
        lines.append(f"{money(stand.exposure)} more is on hold; confirming that would take it to {over} over its plan.")
    return "\n".join(lines)


def named(stand: Stand) -> str:
    parts = [clip(part, NAME_IN_WARNING) for part in dict.fromkeys([stand.item, stand.category, stand.project])]
    return " · ".join([f"**{plain(parts[0])}**", *map(plain, parts[1:])])


@event.listens_for(WritingSession, "after_flush")
def _collect(session: Session, _context: UOWTransaction) -> None:
    """Note the lines that a flush touches, by project, and the projects whose plan it changes."""
    if any(isinstance(row, BudgetLine | BudgetCategory) for row in session.new):
        forget_charts(session)
    for row in (*session.new, *session.dirty):
        if isinstance(row, BudgetLine):
            # A line that an expense has just made holds no plan yet.
            session.info.pop("reports", None)
            if _has_changed(row, PLAN) and (row.quantity or row.planned_minor or row not in session.new):
                session.info.setdefault("replanned", set()).add(row.project_id)
        elif isinstance(row, Expense | BudgetCommitment) or (isinstance(row, Booking) and _has_changed(row, BOOKED)):
            _touch(session, row)


def _has_changed(row: object, names: Iterable[str]) -> bool:
    state = inspect(row, raiseerr=True)
    return any(state.attrs[name].history.has_changes() for name in names)


def _touch(session: Session, row: Any) -> None:
    """Note the line of a cost, and the one it was on before."""
    if row.project_id is None:
        return
    session.info.pop("reports", None)
    before = inspect(row).attrs.line_id.history.deleted or ()
    for line_id in (row.line_id, *before):
        if line_id is not None:
            session.info.setdefault("charged", {}).setdefault(row.project_id, set()).add(line_id)


async def watch(session: AsyncSession) -> None:
    """Warn of what this transaction has done to its lines; `info["warnings"]` holds what was said first here."""
    await session.flush()
    replanned: set[int] = session.info.pop("replanned", set())
    charged: dict[int, set[int]] = session.info.pop("charged", {})
    if not replanned and not charged:
        return
    await _lock(session, {*replanned, *charged})
    narrow = {line for project, lines in charged.items() if project not in replanned for line in lines}
    found = await _stands(session, narrow)
    for project_id in replanned | {project for project, _, _ in found if project}:
        found += await _whole(session, project_id)
    for whole, stand, before in found:
        if whole is None:
            await _settle(session, stand, before)


def warned(session: AsyncSession) -> tuple[Stand, ...]:
    """Return the warnings that a transaction has given, once it is over."""
    return tuple(session.info.get("warnings", ()))


async def _lock(session: AsyncSession, projects: set[int]) -> None:
    """Wait for whoever else spends on these projects, so that two who reach a threshold together are both counted.

    SQLite has one writer at a time anyway.
    """
    missing = projects - session.info.get("locked", set())
    if missing and session.get_bind().dialect.name != "sqlite":
        mine = select(Project.id).where(Project.id.in_(missing)).order_by(Project.id)
        await session.execute(mine.with_for_update(key_share=True))


# A line's stand with the warnings it has had: for which plan, and which; a project instead where that needs it whole.
Before = tuple[int | None, Level]
Found = tuple[int | None, Stand, Before]


@cache
def _standing() -> Any:
    """Return what asks where lines stand; built once, since building it takes longer than running it."""
    line = BudgetLine
    return (
        select(
            line.id, line.project_id, line.item, BudgetCategory.name, Project.name, Project.currency, line.unit,
            line.planned_minor + line.moved_minor, _spent(), _booked(is_firm=True) + _committed(),
            _booked(is_firm=False), line.warned_minor, line.warned,
        )
        .join(BudgetCategory, BudgetCategory.id == line.category_id)
        .join(Project, Project.id == line.project_id)
        .where(line.id.in_(bindparam("keys", expanding=True)))
        .order_by(line.id)
    )  # fmt: skip


async def _stands(session: AsyncSession, line_ids: Iterable[int]) -> list[Found]:
    """Return where lines stand, in one question; for a percent line, which its neighbours decide, only its project."""
    keys = sorted(line_ids)
    if not keys:
        return []
    rows = await session.execute(_standing(), {"keys": keys})
    return [
        (
            project_id if unit is Unit.PERCENT else None,
            Stand(key, item, category, project, currency, total, int(spent + promised), int(held)),
            (warned_minor, Level(warned)),
        )
        for key, project_id, item, category, project, currency, unit, total, spent, promised, held, warned_minor, warned
        in rows
    ]  # fmt: skip


def _spent() -> Any:
    here = Expense.guild_id == BudgetLine.guild_id, Expense.project_id == BudgetLine.project_id
    mine = Expense.line_id == BudgetLine.id, Expense.state == ExpenseState.APPROVED
    return func.coalesce(_sum(Expense.amount_minor, *here, *mine), 0)


def _booked(*, is_firm: bool) -> Any:
    """Return what bookings still say, each less what was invoiced for it, never below zero (R14)."""
    states = [BookingState.CONFIRMED] if is_firm else [state for state in ACTIVE if state is not BookingState.CONFIRMED]
    open_ = _open(Booking.agreed_minor, Expense.booking_id == Booking.id)
    here = Booking.guild_id == BudgetLine.guild_id, Booking.project_id == BudgetLine.project_id
    return func.coalesce(_sum(open_, *here, Booking.line_id == BudgetLine.id, Booking.state.in_(states)), 0)


def _committed() -> Any:
    open_ = _open(BudgetCommitment.amount_minor, Expense.commitment_id == BudgetCommitment.id)
    mine = BudgetCommitment.line_id == BudgetLine.id, BudgetCommitment.state == CommitmentState.OPEN
    here = BudgetCommitment.guild_id == BudgetLine.guild_id, BudgetCommitment.project_id == BudgetLine.project_id
    return func.coalesce(_sum(open_, *here, *mine), 0)


def _open(promised: Any, is_invoice: Any) -> Any:
    invoices = select(func.coalesce(func.sum(Expense.amount_minor), 0)).where(
        is_invoice, Expense.state == ExpenseState.APPROVED
    )
    rest = promised - invoices.correlate_except(Expense).scalar_subquery()
    return case((rest > 0, rest), else_=0)


def _sum(what: Any, *where: Any) -> Any:
    return select(func.sum(what)).where(*where).correlate(BudgetLine).scalar_subquery()


async def _whole(session: AsyncSession, project_id: int) -> list[Found]:
    """Return where every line of a project stands, for a plan that changed."""
    found = session.info.get("reports", {}).get(project_id)
    if found is None:
        found = await report(session, await session.get_one(Project, project_id))
    return list(_of_report(found))


def _of_report(found: Report) -> Iterable[Found]:
    for category in found.categories:
        for each in category.lines:
            now, line = each.standing, each.line
            name = category.category.name
            known = now.actual + now.committed
            total = now.planned + now.contingency
            stand = Stand(line.id, line.item, name, found.project.name, now.currency, total, known, now.exposure)
            yield None, stand, (line.warned_minor, Level(line.warned))


async def _settle(session: AsyncSession, stand: Stand, before: Before) -> None:
    """Hold a line's level against what was said of it: warn of what is new, withdraw what is over."""
    plan, said = before
    now = stand.level
    fresh = now & ~said if plan == stand.total else now
    gone = said & ~now
    if now == said and not fresh:
        return
    mine = LINES.c.id == stand.line_id, LINES.c.warned == int(said)
    told = await session.execute(update(LINES).where(*mine).values(warned=int(now), warned_minor=stand.total))
    if told.rowcount != 1:  # type: ignore[attr-defined]
        return
    if gone:
        await _withdraw(session, stand.line_id, gone)
    if fresh and not (fresh == Level.HOLD and stand.is_broken):
        await _plan(session, stand, fresh)


async def _withdraw(session: AsyncSession, line_id: int, gone: Level) -> None:
    """Call off the warnings of a line that have not left."""
    await withdraw(session, ReminderKind.OVERAGE, line_id, [name for level, name in CALLED.items() if level in gone])


async def _plan(session: AsyncSession, stand: Stand, fresh: Level) -> None:
    """Let the money channel know, and whoever has caused it."""
    session.info.setdefault("warnings", []).append(stand)
    level = next(level for level in (Level.ALL, Level.MOST, Level.HOLD) if level in fresh)
    line = await session.get_one(BudgetLine, stand.line_id)
    await tell(session, ReminderKind.OVERAGE, line, CALLED[level])


async def describe(session: AsyncSession, rows: Sequence[Any]) -> Mapping[int, Said]:
    """Word the warnings that are due, as their lines stand now; what is no longer so is not said."""
    found = {
        stand.line_id: (whole, stand) for whole, stand, _ in await _stands(session, {row.subject_id for row in rows})
    }
    for project_id in {whole for whole, _ in found.values() if whole}:
        found.update({stand.line_id: (None, stand) for _, stand, _ in await _whole(session, project_id)})
    places = await money_channels(session, {row.guild_id for row in rows})
    said: dict[int, Said] = {}
    spoken: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        spoken[row.subject_id].append(row)
    for line_id, about in spoken.items():
        last = max(about, key=lambda row: row.id)
        for row in about:
            said[row.id] = _said(found[line_id][1], row, places, is_last=row is last)
    return said


def _said(stand: Stand, row: Any, places: Mapping[int, tuple[int | None, str]], *, is_last: bool) -> Said:
    channel_id, locale = places.get(row.guild_id, (None, ""))
    if channel_id is None:
        return Said(pointless="no money channel is set")
    if LEVELS[row.what] not in stand.level:
        return Said(pointless="the line is below it again")
    if not is_last:
        return Said(pointless="folded into the next one")
    aside = f"⚠️ {named(stand)}\nThere is a budget warning, which could not be posted in the money channel."
    return Said(words(stand, locale), elsewhere=aside, channel_id=channel_id)
