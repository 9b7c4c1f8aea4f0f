"""A project's budget as files: the cost report line by line, and every expense."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.budget import BudgetCategory, BudgetLine, Expense
from bot.models.project import Project
from bot.money import Money
from bot.services.budget_report import Report, Standing, report

REPORT_HEAD = (
    "Category", "Line", "Quantity", "Unit", "Rate", "Planned", "Actual", "Committed", "On hold", "To complete",
    "Final cost", "Variance", "Final cost with holds", "Set aside", "Currency", "Closed",
)  # fmt: skip
EXPENSE_HEAD = (
    "Number", "Paid on", "Category", "Line", "What", "Paid to", "Paid by member", "Amount", "Currency",
    "Original amount", "Original currency", "Rate", "Rate of", "Status", "Reason", "Receipt", "Logged by",
)  # fmt: skip
# Rows that are read in one go: few enough that everybody else's commands go on meanwhile.
PART = 500
# A spreadsheet takes a text that begins so for a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Export:
    """All that goes into the files, read in one transaction."""

    report: Report
    expenses: Sequence[Any]


@dataclass(frozen=True, slots=True)
class File:
    """A file's name without its ending, and its content."""

    name: str
    body: bytes


async def export_of(session: AsyncSession, project: Project) -> Export:
    """Read a project's report and its expenses: bare rows in small parts, since there may be very many."""
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
    return Export(await report(session, project), rows)


def files(export: Export) -> list[File]:
    """Return the report and the expenses as CSV that every spreadsheet opens; amounts are plain numbers."""
    return [
        File("budget", _written(REPORT_HEAD, _lines(export.report))),
        File("expenses", _written(EXPENSE_HEAD, _expenses(export))),
    ]


def inert(cell: object) -> object:
    """Return a cell; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else cell


def _written(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _lines(found: Report) -> Iterable[Sequence[object]]:
    for category in found.shown:
        for line in category.shown:
            row = line.line
            rate = Money(row.rate_minor, found.project.currency).major
            said = (row.item, f"{row.quantity.normalize():f}", row.unit.value, rate)
            yield (category.category.name, *said, *_figures(line.standing), "yes" if row.is_closed else "no")
    yield ("Total", "", "", "", "", *_figures(found.standing), "")


def _figures(now: Standing) -> list[object]:
    minors = (
        now.planned, now.actual, now.committed, now.exposure, now.etc, now.efc, now.variance, now.risk_efc,
        now.contingency,
    )  # fmt: skip
    return [*(Money(minor, now.currency).major for minor in minors), now.currency]


def _expenses(export: Export) -> Iterable[Sequence[object]]:
    currency = export.report.project.currency
    for row in export.expenses:
        amount: Decimal = Money(row.amount_minor, currency).major
        original = Money(row.original_minor, row.original_currency).major
        who = str(row.paid_by) if row.paid_by else ""
        yield (
            row.number, row.spent_on.isoformat(), row.name, row.item, row.what, row.payee or "", who, amount, currency,
            original, row.original_currency, row.rate or "", row.rate_on.isoformat() if row.rate_on else "",
            row.state.value, row.reason or "", "yes" if row.receipt_id else "no", str(row.created_by),
        )  # fmt: skip
