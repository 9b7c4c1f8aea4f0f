"""A project's budget as a workbook: the cost report with its formulas, the expenses, and what is agreed."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from bot.models.budget import Unit
from bot.money import Money, digits_of
from bot.services.budget_export import Export, File, Owed, called, is_dangerous, stem
from bot.services.budget_report import CategoryReport, LineReport, Report, Standing

REPORT = (
    ("Category", 22), ("Line", 30), ("Quantity", 10), ("Unit", 12), ("Rate", 14), ("Moved", 12), ("Planned", 15),
    ("Actual", 15), ("Committed", 15), ("To complete", 15), ("Final cost", 15), ("Variance", 15), ("On hold", 15),
    ("Final cost with holds", 20), ("Set aside", 15), ("Closed", 8),
)  # fmt: skip
EXPENSES = (
    ("Date", 12), ("Number", 9), ("Paid to", 24), ("Paid by", 18), ("What", 36), ("Category", 22), ("Line", 26),
    ("Original amount", 16), ("Original currency", 10), ("Rate", 11), ("Rate date", 12), ("Amount", 16), ("Status", 11),
    ("Reason", 28), ("Receipt", 9), ("Logged by", 18),
)  # fmt: skip
COMMITMENTS = (
    ("Kind", 10), ("Number", 9), ("What", 36), ("Category", 22), ("Line", 26), ("Due or on", 12), ("Agreed", 16),
    ("Invoiced", 16), ("Open", 16), ("Status", 11),
)  # fmt: skip
HEAD = 3  # the row of the column titles, below the title, a line about it, and an empty one
FIRST_SUM = 6  # the first column of the report that is added up
# What XML can't hold; whoever typed it saw nothing of it.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def workbook(export: Export, names: Mapping[int, str]) -> File:
    """Return the workbook. Takes seconds for tens of thousands of expenses: call it off the loop.

    Every formula comes with its value, for viewers that do not calculate.
    """
    out = io.BytesIO()
    book = _Book(export, names, out)
    book.report()
    book.expenses()
    book.commitments()
    book.close()
    return File(f"{stem(export.report.project)}-budget.xlsx", out.getvalue())


@dataclass(frozen=True, slots=True)
class _Span:
    """The rows of a sheet, counted from 1 as formulas do, first and last included."""

    first: int
    last: int

    def of(self, column: str) -> str:
        return f"{column}{self.first}:{column}{self.last}"


@dataclass(frozen=True, slots=True)
class _Total:
    """The sum of a sheet, which stands above its column."""

    column: int
    title: str
    formula: str
    minor: int


class _Book:
    """One workbook while it is written: row by row from the top, so that it never lies in memory as a whole."""

    def __init__(self, export: Export, names: Mapping[int, str], out: io.BytesIO) -> None:
        self._export = export
        self._names = names
        self._project = export.report.project
        self._currency = self._project.currency
        self._book = Workbook(out, {"constant_memory": True})
        self._book.set_properties({"title": f"Budget of {_clean(self._project.name)}"})
        self._formats: dict[tuple[str, bool], Format] = {}
        self._title = self._book.add_format({"bold": True, "font_size": 14})
        self._head = self._book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E7E9FD"}
        )
        self._plain = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._inert = self._book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        self._bold = self._book.add_format({"bold": True, "valign": "top"})

    def close(self) -> None:
        self._book.close()

    def report(self) -> None:
        """Write the cost report: each line, the sum of each category, the sum of all, and what is left."""
        found = self._export.report
        sheet = self._sheet(
            "Cost report", REPORT, f"Amounts in {self._currency}; a positive variance is under the plan"
        )
        sheet.outline_settings(True, True, True, False)  # noqa: FBT003 - the library's own signature
        row = HEAD + 1
        for category in found.listed:
            first = row
            for line in category.shown:
                self._line(sheet, row, category, line)
                row += 1
            self._sum(sheet, row, (category.category.name, "Total"), category.standing, _Span(first + 1, row))
            row += 1
        last = max(row, HEAD + 2)
        self._sum(sheet, last, ("Total", ""), found.standing, _Span(HEAD + 2, max(row, HEAD + 2)))
        sheet.autofilter(HEAD, 0, max(row - 1, HEAD), len(REPORT) - 1)
        self._rest(sheet, last, found)

    def expenses(self) -> None:
        """Write every expense, whatever its state, with the sum of those that count."""
        rows = self._export.expenses
        span = _Span(HEAD + 2, max(HEAD + 1 + len(rows), HEAD + 2))
        approved = f'=SUMIFS({span.of("L")},{span.of("M")},"approved")'
        about = f"Amounts in {self._currency}; only approved expenses count"
        total = _Total(11, "Approved", approved, self._export.report.standing.actual)
        sheet = self._sheet("Expenses", EXPENSES, about, total)
        for place, row in enumerate(rows, HEAD + 1):
            self._expense(sheet, place, row)
        sheet.autofilter(HEAD, 0, HEAD + len(rows), len(EXPENSES) - 1)

    def commitments(self) -> None:
        """Write what was agreed: promises and sessions, and what of it is still to be invoiced."""
        rows = self._export.owed
        span = _Span(HEAD + 2, max(HEAD + 1 + len(rows), HEAD + 2))
        about = f"Amounts in {self._currency}; what is on hold is not open yet"
        total = _Total(8, "Open", f"=SUM({span.of('I')})", sum(row.open for row in rows))
        sheet = self._sheet("Commitments", COMMITMENTS, about, total)
        for place, row in enumerate(rows, HEAD + 1):
            self._owed(sheet, place, row)
        sheet.autofilter(HEAD, 0, HEAD + len(rows), len(COMMITMENTS) - 1)

    def _sheet(
        self, name: str, columns: Sequence[tuple[str, int]], about: str, total: _Total | None = None
    ) -> Worksheet:
        """Return a new sheet with its title, its column titles that stay in sight, and how it is printed."""
        sheet = self._book.add_worksheet(name)
        for place, (_, width) in enumerate(columns):
            sheet.set_column(place, place, width)
        on = f"{self._export.on.day} {self._export.on:%B %Y}"
        self._text(sheet, 0, 0, f"{name} · {self._project.name} · {on}", self._title)
        self._text(sheet, 1, 0, about, self._book.add_format({"italic": True}))
        if total is not None:
            sheet.write_string(1, total.column - 1, total.title, self._bold)
            self._formula(sheet, (1, total.column), total.formula, total.minor, is_bold=True)
        for place, (title, _) in enumerate(columns):
            sheet.write_string(HEAD, place, title, self._head)
        sheet.freeze_panes(HEAD + 1, 2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEAD)
        sheet.set_footer(f"&L{_clean(self._project.name).replace('&', '&&')[:100]}&C{name}&R&P / &N")
        return sheet

    def _line(self, sheet: Worksheet, row: int, category: CategoryReport, line: LineReport) -> None:
        sheet.set_row(row, None, None, {"level": 1})
        known, now, place = line.line, line.standing, row + 1
        self._text(sheet, row, 0, category.category.name)
        self._text(sheet, row, 1, known.item)
        sheet.write_number(row, 2, float(known.quantity))
        sheet.write_string(row, 3, known.unit.value)
        is_percent = known.unit is Unit.PERCENT
        if not is_percent:
            self._money(sheet, (row, 4), known.rate_minor)
        self._money(sheet, (row, 5), known.moved_minor)
        # A percentage depends on other lines in ways that no short formula says: its value stands alone.
        if is_percent or now.contingency:
            self._money(sheet, (row, 6), now.planned)
        else:
            planned = f"=ROUND(C{place}*E{place},{digits_of(self._currency)})+F{place}"
            self._formula(sheet, (row, 6), planned, now.planned)
        self._money(sheet, (row, 7), now.actual)
        self._money(sheet, (row, 8), now.committed)
        if known.is_closed or known.etc_minor is not None or now.contingency:
            self._money(sheet, (row, 9), now.etc)
        else:
            self._formula(sheet, (row, 9), f"=MAX(0,G{place}-H{place}-I{place})", now.etc)
        self._formula(sheet, (row, 10), f"=H{place}+I{place}+J{place}", now.efc)
        self._formula(sheet, (row, 11), f"=G{place}-K{place}", now.variance)
        self._money(sheet, (row, 12), now.exposure)
        self._formula(sheet, (row, 13), f"=MAX(K{place},H{place}+I{place}+M{place})", now.risk_efc)
        self._money(sheet, (row, 14), now.contingency)
        sheet.write_string(row, 15, "yes" if known.is_closed else "no")

    def _sum(self, sheet: Worksheet, row: int, titles: tuple[str, str], now: Standing, span: _Span) -> None:
        """Write a row of sums; those of a category are not counted again in the sum of all."""
        for column, title in enumerate(titles):
            self._text(sheet, row, column, title, self._bold)
        values = (now.planned, now.actual, now.committed, now.etc, now.efc, now.variance, now.exposure, now.risk_efc,
                  now.contingency)  # fmt: skip
        for place, value in enumerate(values, FIRST_SUM):
            formula = f"=SUBTOTAL(9,{span.of(xl_col_to_name(place))})"
            self._formula(sheet, (row, place), formula, value, is_bold=True)

    def _rest(self, sheet: Worksheet, total: int, found: Report) -> None:
        """Write below the sums what there is in all, what is left of it, and what will be over in the end."""
        now, place = found.standing, total + 1
        there = total + 2
        self._text(sheet, there, 1, "All the money there is", self._bold)
        if now.budget is None:
            self._formula(sheet, (there, 6), f"=G{place}+O{place}", now.total, is_bold=True)
        else:
            self._money(sheet, (there, 6), now.total, is_bold=True)
        self._text(sheet, there + 1, 1, "Left: neither spent nor promised", self._bold)
        self._formula(sheet, (there + 1, 6), f"=G{there + 1}-H{place}-I{place}", now.left, is_bold=True)
        self._text(sheet, there + 2, 1, "Headroom: over in the end", self._bold)
        self._formula(sheet, (there + 2, 6), f"=G{there + 1}-K{place}", now.headroom, is_bold=True)

    def _expense(self, sheet: Worksheet, place: int, row: Any) -> None:
        payer = called(self._names, row.paid_by, f"member {row.paid_by}") if row.paid_by else "the band"
        self._day(sheet, (place, 0), row.spent_on)
        sheet.write_number(place, 1, row.number)
        for column, words in enumerate((row.payee or "", payer, row.what, row.name, row.item), 2):
            self._text(sheet, place, column, words)
        self._money(sheet, (place, 7), row.original_minor, row.original_currency)
        sheet.write_string(place, 8, row.original_currency)
        if row.rate:
            sheet.write_number(place, 9, float(Decimal(row.rate)))
        self._day(sheet, (place, 10), row.rate_on)
        self._money(sheet, (place, 11), row.amount_minor)
        sheet.write_string(place, 12, row.state.value)
        self._text(sheet, place, 13, row.reason or "")
        if row.receipt_id:
            sheet.write_string(place, 14, "yes")
        self._text(sheet, place, 15, called(self._names, row.created_by, f"member {row.created_by}"))

    def _owed(self, sheet: Worksheet, place: int, row: Owed) -> None:
        sheet.write_string(place, 0, row.kind)
        sheet.write_number(place, 1, row.number)
        for column, words in enumerate((row.what, row.category, row.line), 2):
            self._text(sheet, place, column, words)
        self._day(sheet, (place, 5), row.due_on)
        self._money(sheet, (place, 6), row.agreed)
        self._money(sheet, (place, 7), row.invoiced)
        if row.is_firm:
            self._formula(sheet, (place, 8), f"=MAX(0,G{place + 1}-H{place + 1})", row.open)
        else:
            self._money(sheet, (place, 8), 0)
        sheet.write_string(place, 9, row.status)

    def _text(self, sheet: Worksheet, row: int, column: int, words: str, style: Format | None = None) -> None:
        """Write words as words: never as a formula, a number or a link, not even once somebody edits the cell."""
        words = _clean(words)
        if words:
            sheet.write_string(row, column, words, style or (self._inert if is_dangerous(words) else self._plain))

    def _day(self, sheet: Worksheet, spot: tuple[int, int], day: date | None) -> None:
        if day is not None:
            sheet.write_datetime(*spot, day, self._styled("yyyy-mm-dd"))

    def _money(
        self, sheet: Worksheet, spot: tuple[int, int], minor: int, currency: str | None = None, *, is_bold: bool = False
    ) -> None:
        sheet.write_number(*spot, self._major(minor, currency), self._amount(currency, is_bold=is_bold))

    def _formula(
        self, sheet: Worksheet, spot: tuple[int, int], formula: str, minor: int, *, is_bold: bool = False
    ) -> None:
        sheet.write_formula(*spot, formula, self._amount(None, is_bold=is_bold), self._major(minor))

    def _major(self, minor: int, currency: str | None = None) -> float:
        """Return an amount as spreadsheets hold it: exact up to 15 digits, which no budget reaches."""
        return float(Money(minor, currency or self._currency).major)

    def _amount(self, currency: str | None, *, is_bold: bool) -> Format:
        digits = digits_of(currency or self._currency)
        shown = f"#,##0.{'0' * digits}" if digits else "#,##0"
        return self._styled(f"{shown};[Red]-{shown}", is_bold=is_bold)

    def _styled(self, shown: str, *, is_bold: bool = False) -> Format:
        key = (shown, is_bold)
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"num_format": shown, "bold": is_bold, "valign": "top"})
        return self._formats[key]


def _clean(words: str) -> str:
    return UNWRITABLE.sub("", words)
