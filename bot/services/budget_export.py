"""A project's budget as files: what goes into them, and the CSV and ZIP of it."""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.booking import ACTIVE, Booking
from bot.models.budget import BudgetCategory, BudgetCommitment, BudgetLine, CommitmentState, Expense, ExpenseState
from bot.models.project import Project
from bot.money import Money
from bot.services.budget_report import Report, Standing, report
from bot.text import former

REPORT_HEAD = (
    "Category", "Line", "Quantity", "Unit", "Rate", "Moved", "Planned", "Actual", "Committed", "On hold",
    "To complete", "Final cost", "Variance", "Final cost with holds", "Set aside", "Currency", "Closed",
)  # fmt: skip
EXPENSE_HEAD = (
    "Number", "Paid on", "Category", "Line", "What", "Paid to", "Paid by member", "Amount", "Currency",
    "Original amount", "Original currency", "Rate", "Rate of", "Status", "Reason", "Receipt", "Logged by",
)  # fmt: skip
COMMITMENT_HEAD = ("Kind", "Number", "What", "Category", "Line", "Due", "Agreed", "Invoiced", "Open", "Status",
                   "Currency")  # fmt: skip
# Rows that are read in one go: few enough that everybody else's commands go on meanwhile.
PART = 500
# A spreadsheet takes a text that begins so for a formula, in its full-width form too.
DANGEROUS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b")


@dataclass(frozen=True, slots=True)
class Owed:
    """What was agreed with somebody: a promise, or a session with a price; on hold it is not firm yet (R14)."""

    kind: str
    number: int
    what: str
    category: str
    line: str
    due_on: date | None
    agreed: int
    invoiced: int
    status: str

    @property
    def is_firm(self) -> bool:
        return self.status in ("open", "confirmed")

    @property
    def open(self) -> int:
        """What is still to be invoiced; nothing while it is not firm."""
        return max(0, self.agreed - self.invoiced) if self.is_firm else 0


@dataclass(frozen=True, slots=True)
class Export:
    """All that goes into the files, read in one transaction."""

    report: Report
    expenses: Sequence[Any]
    owed: Sequence[Owed]
    on: date

    @property
    def people(self) -> set[int]:
        """Return the members whose names the files need."""
        return {row.paid_by for row in self.expenses if row.paid_by} | {row.created_by for row in self.expenses}


@dataclass(frozen=True, slots=True)
class File:
    """A file's name and its content."""

    name: str
    body: bytes


async def export_of(session: AsyncSession, project: Project, zone: ZoneInfo) -> Export:
    """Read a project's report, its expenses and what is agreed; the files carry the zone's day."""
    today: datetime = session.info["at"]
    return Export(
        await report(session, project),
        await _spent(session, project),
        [*await _promised(session, project), *await _booked(session, project, zone)],
        today.astimezone(zone).date(),
    )


async def _spent(session: AsyncSession, project: Project) -> list[Any]:
    """Return bare rows, read in small parts, since there may be very many."""
    wanted = (
        select(
            Expense.number, Expense.spent_on, BudgetCategory.name, BudgetLine.item, Expense.what, Expense.payee,
            Expense.paid_by, Expense.amount_minor, Expense.original_minor, Expense.original_currency, Expense.rate,
            Expense.rate_on, Expense.state, Expense.reason, Expense.receipt_id, Expense.created_by,
        )
        .join(BudgetLine, BudgetLine.id == Expense.line_id)
        .join(BudgetCategory, BudgetCategory.id == BudgetLine.category_id)
        .where(Expense.guild_id == project.guild_id, Expense.project_id == project.id)
        .order_by(Expense.number)
    )  # fmt: skip
    rows: list[Any] = []
    last = 0
    while part := (await session.execute(wanted.where(Expense.number > last).limit(PART))).all():
        rows.extend(part)
        last = rows[-1].number
    return rows


async def _promised(session: AsyncSession, project: Project) -> list[Owed]:
    invoiced = _invoiced(Expense.commitment_id, project)
    found = await session.execute(
        select(BudgetCommitment, BudgetCategory.name, BudgetLine.item, func.coalesce(invoiced.c.minor, 0))
        .join(BudgetLine, BudgetLine.id == BudgetCommitment.line_id)
        .join(BudgetCategory, BudgetCategory.id == BudgetLine.category_id)
        .outerjoin(invoiced, invoiced.c.key == BudgetCommitment.id)
        .where(BudgetCommitment.guild_id == project.guild_id, BudgetCommitment.project_id == project.id)
        .order_by(BudgetCommitment.number)
    )
    return [
        Owed(
            "Promise", row.number, row.what, category, item, row.due_on, row.amount_minor, int(minor),
            "open" if row.state is CommitmentState.OPEN else "cancelled",
        )
        for row, category, item, minor in found
    ]  # fmt: skip


async def _booked(session: AsyncSession, project: Project, zone: ZoneInfo) -> list[Owed]:
    invoiced = _invoiced(Expense.booking_id, project)
    found = await session.execute(
        select(
            Booking.number, Booking.what, BudgetCategory.name, BudgetLine.item, Booking.start_at,
            Booking.agreed_minor, func.coalesce(invoiced.c.minor, 0), Booking.state,
        )
        .join(BudgetLine, BudgetLine.id == Booking.line_id)
        .join(BudgetCategory, BudgetCategory.id == BudgetLine.category_id)
        .outerjoin(invoiced, invoiced.c.key == Booking.id)
        .where(
            Booking.guild_id == project.guild_id,
            Booking.project_id == project.id,
            Booking.state.in_(ACTIVE),
            Booking.agreed_minor.is_not(None),
        )
        .order_by(Booking.start_at)
    )  # fmt: skip
    return [
        Owed("Session", number or 0, what, category, item, at.astimezone(zone).date(), agreed, int(minor), state.value)
        for number, what, category, item, at, agreed, minor, state in found
    ]


def _invoiced(key: Any, project: Project) -> Any:
    """Return what was invoiced for each promise or session, as a table to join."""
    return (
        select(key.label("key"), func.sum(Expense.amount_minor).label("minor"))
        .where(
            Expense.guild_id == project.guild_id,
            Expense.project_id == project.id,
            Expense.state == ExpenseState.APPROVED,
            key.is_not(None),
        )
        .group_by(key)
        .subquery()
    )


def stem(project: Project) -> str:
    """Return what the names of a project's files begin with: letters and digits that any system takes."""
    ascii_name = unicodedata.normalize("NFKD", project.name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:60] or f"project-{project.number}"


def csv_files(export: Export, names: Mapping[int, str]) -> list[File]:
    """Return report, expenses and commitments as CSV that every spreadsheet opens; amounts are plain numbers."""
    start = stem(export.report.project)
    return [
        File(f"{start}-budget.csv", _written(REPORT_HEAD, _lines(export.report))),
        File(f"{start}-expenses.csv", _written(EXPENSE_HEAD, _expenses(export, names))),
        File(f"{start}-commitments.csv", _written(COMMITMENT_HEAD, _owed(export))),
    ]


def zipped(export: Export, files: Sequence[File]) -> File:
    """Return the files as one ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(file.name, file.body)
    return File(f"{stem(export.report.project)}-budget.zip", out.getvalue())


def is_dangerous(text: str) -> bool:
    """Tell whether a spreadsheet could take the text for a formula."""
    return bool(text) and (text[0] in DANGEROUS or text.strip()[:1] in DANGEROUS)


def inert(cell: object) -> object:
    """Return a cell of a CSV; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and is_dangerous(cell) else cell


def _written(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", "replace")


def _lines(found: Report) -> Iterable[Sequence[object]]:
    currency = found.project.currency
    for category in found.listed:
        for line in category.shown:
            row = line.line
            rate, moved = (Money(minor, currency).major for minor in (row.rate_minor, row.moved_minor))
            said = (row.item, f"{row.quantity.normalize():f}", row.unit.value, rate, moved)
            yield (category.category.name, *said, *_figures(line.standing), "yes" if row.is_closed else "no")
    yield ("Total", "", "", "", "", "", *_figures(found.standing), "")


def _figures(now: Standing) -> list[object]:
    minors = (
        now.planned, now.actual, now.committed, now.exposure, now.etc, now.efc, now.variance, now.risk_efc,
        now.contingency,
    )  # fmt: skip
    return [*(Money(minor, now.currency).major for minor in minors), now.currency]


def called(names: Mapping[int, str], user_id: int, unknown: str) -> str:
    """Return the name of a member, and what stands for one who was forgotten."""
    return names.get(user_id) or (former(user_id) if user_id < 0 else unknown)


def _expenses(export: Export, names: Mapping[int, str]) -> Iterable[Sequence[object]]:
    currency = export.report.project.currency
    for row in export.expenses:
        amount: Decimal = Money(row.amount_minor, currency).major
        original = Money(row.original_minor, row.original_currency).major
        who = called(names, row.paid_by, str(row.paid_by)) if row.paid_by else ""
        by = called(names, row.created_by, str(row.created_by))
        yield (
            row.number, row.spent_on.isoformat(), row.name, row.item, row.what, row.payee or "", who, amount, currency,
            original, row.original_currency, row.rate or "", row.rate_on.isoformat() if row.rate_on else "",
            row.state.value, row.reason or "", "yes" if row.receipt_id else "no", by,
        )  # fmt: skip


def _owed(export: Export) -> Iterable[Sequence[object]]:
    currency = export.report.project.currency
    for row in export.owed:
        sums = [Money(minor, currency).major for minor in (row.agreed, row.invoiced, row.open)]
        due = row.due_on.isoformat() if row.due_on else ""
        yield (row.kind, row.number, row.what, row.category, row.line, due, *sums, row.status, currency)
