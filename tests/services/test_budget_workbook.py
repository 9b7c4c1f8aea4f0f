"""The workbook of a budget, as a spreadsheet opens it: values, formulas, formats, and nothing that runs."""

import asyncio
import io
from datetime import date, datetime
from types import SimpleNamespace

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from bot.models.budget import Expense, ExpenseState
from bot.models.project import Project
from bot.services.budget_export import Export
from bot.services.budget_files import MEGABYTE, FileFormat, written
from bot.services.budget_report import Books as Accounts
from bot.services.budget_report import compute
from tests.support.books import Books
from tests.support.cast import Cast

HEAD = 4


async def opened(books: Books, cast: Cast, *, formulas: bool = False) -> Workbook:
    found = await books.services.budget.exported(cast.treasurer, books.project.name)
    (file,) = await written(found, {7: "=Ana"}, FileFormat.XLSX, 10 * MEGABYTE)
    assert file.name.endswith("-budget.xlsx")
    return load_workbook(io.BytesIO(file.body), data_only=not formulas)


def rows_of(sheet: Worksheet) -> list[dict[str, object]]:
    head = [cell.value for cell in sheet[HEAD]]
    return [dict(zip(head, row, strict=True)) for row in sheet.iter_rows(min_row=HEAD + 1, values_only=True)]


def line(sheet: Worksheet, name: str) -> dict[str, object]:
    return next(row for row in rows_of(sheet) if row["Line"] == name)


@pytest.fixture
async def books(cast: Cast) -> Books:
    """Room A at 5 x 650 with 650 booked, artwork over its plan, a tenth set aside."""
    books = await Books.open(cast)
    room = await books.plan("Studio", "Room A", "5", "day", "650")
    await books.plan("Artwork", None, "1", None, "600")
    await books.plan("Contingency", None, "10")
    await books.book(room, "650.00")
    await books.spend("£600", "Artwork", rate="1.2750", what="=cmd|' /C calc'!A0", paid_by=7, spent_on=date(2027, 2, 3))
    return books


async def test_every_figure_is_there_without_calculating(books: Books, cast: Cast) -> None:
    sheet = (await opened(books, cast))["Cost report"]
    room = line(sheet, "Room A")
    assert (room["Planned"], room["Committed"], room["To complete"], room["Final cost"]) == (3250, 650, 2600, 3250)
    artwork = line(sheet, "Artwork")
    assert (artwork["Actual"], artwork["Variance"]) == (765, -165)
    total = rows_of(sheet)[-5]
    report = (await books.report()).standing
    assert (total["Planned"], total["Final cost"], total["Set aside"]) == (3850, report.efc / 100, 385)
    left = next(row for row in rows_of(sheet) if str(row["Line"]).startswith("Left"))
    assert left["Planned"] == report.left / 100


async def test_sums_and_columns_are_formulas(books: Books, cast: Cast) -> None:
    sheet = (await opened(books, cast, formulas=True))["Cost report"]
    room = line(sheet, "Room A")
    assert room["Planned"] == "=ROUND(C5*E5,2)+F5"
    assert room["To complete"] == "=MAX(0,G5-H5-I5)" and room["Final cost"] == "=H5+I5+J5"
    assert room["Variance"] == "=G5-K5" and room["Final cost with holds"] == "=MAX(K5,H5+I5+M5)"
    studio = rows_of(sheet)[1]
    assert (studio["Category"], studio["Line"], studio["Actual"]) == ("Studio", "Total", "=SUBTOTAL(9,H5:H5)")
    assert (rows_of(sheet)[-5]["Category"], rows_of(sheet)[-5]["Actual"]) == ("Total", "=SUBTOTAL(9,H5:H10)")


async def test_what_was_set_by_hand_stays_a_value(books: Books, cast: Cast) -> None:
    room = await books.plan("Studio", "Room A", "5", "day", "650")
    await books.close(room)
    sheet = (await opened(books, cast, formulas=True))["Cost report"]
    assert line(sheet, "Room A")["To complete"] == 0 and line(sheet, "Room A")["Closed"] == "yes"


async def test_the_sheets_can_be_read_sorted_and_printed(books: Books, cast: Cast) -> None:
    book = await opened(books, cast)
    assert book.sheetnames == ["Cost report", "Expenses", "Commitments"]
    for sheet in book:
        assert "Harbour Lights" in sheet["A1"].value and "1 March 2027" in sheet["A1"].value
        assert sheet.freeze_panes == "C5"
        assert sheet.auto_filter.ref.startswith("A4:")
        assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$4:$4"
        assert min(size.width for size in sheet.column_dimensions.values()) > 7


async def test_expenses_say_what_was_paid_and_what_it_counts_as(books: Books, cast: Cast) -> None:
    sheet = (await opened(books, cast))["Expenses"]
    (row,) = rows_of(sheet)
    assert isinstance(row["Date"], datetime)
    assert (row["Date"].date(), row["Number"], row["Status"]) == (date(2027, 2, 3), 1, "approved")
    assert (row["Original amount"], row["Original currency"], row["Rate"], row["Amount"]) == (600, "GBP", 1.275, 765)
    assert (row["Category"], row["Line"], row["Paid by"]) == ("Release & legal", "Artwork", "=Ana")
    assert sheet["L2"].value == 765


async def test_nothing_that_was_typed_runs(books: Books, cast: Cast) -> None:
    sheet = (await opened(books, cast, formulas=True))["Expenses"]
    for cell in (sheet["E5"], sheet["D5"]):
        assert cell.value.startswith("=") and cell.data_type == "s" and cell.quotePrefix


async def test_commitments_are_sessions_and_promises(books: Books, cast: Cast) -> None:
    sheet = (await opened(books, cast))["Commitments"]
    (row,) = rows_of(sheet)
    assert (row["Kind"], row["Line"], row["Agreed"], row["Invoiced"], row["Open"]) == ("Session", "Room A", 650, 0, 650)
    assert row["Status"] == "confirmed" and sheet["I2"].value == 650


@pytest.mark.parametrize(("currency", "rate", "shown"), [("JPY", "65000", "#,##0"), ("KWD", "6.125", "#,##0.000")])
async def test_amounts_have_the_decimals_of_their_currency(cast: Cast, currency: str, rate: str, shown: str) -> None:
    books = await Books.open(cast, name=f"In {currency}", currency=currency)
    await books.plan("Studio", "Room A", "2", "day", rate)
    sheet = (await opened(books, cast))["Cost report"]
    cell = sheet["G5"]
    assert cell.value == 2 * float(rate) and cell.number_format.split(";")[0] == shown
    assert currency in sheet["A2"].value


async def test_an_empty_budget_is_a_workbook_too(cast: Cast) -> None:
    books = await Books.open(cast, name="& <Empty> =1")
    book = await opened(books, cast)
    assert rows_of(book["Cost report"])[1]["Category"] == "Total"
    assert rows_of(book["Expenses"]) == [] and rows_of(book["Commitments"]) == []


async def test_fifty_thousand_expenses_would_fit_and_hold_nobody_up() -> None:
    """A fifth of them stays below a fifth of what Discord takes, and commands are answered meanwhile."""
    project = Project(name="Harbour Lights", number=1, currency="EUR", budget_minor=None)
    row = Expense(
        number=1, spent_on=date(2027, 2, 3), what="Strings and things", payee="The shop around the corner",
        amount_minor=500, original_minor=500, original_currency="EUR", state=ExpenseState.APPROVED, created_by=7,
    )  # fmt: skip
    rows = [SimpleNamespace(**{**vars(row), "paid_by": None, "rate": None, "rate_on": None, "reason": None,
                               "receipt_id": None, "name": "Studio", "item": "Room A"})] * 10_000  # fmt: skip
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.001)
            beats += 1

    heart = asyncio.create_task(beat())
    many = Export(compute(Accounts(project, [], [])), rows, [], date(2027, 3, 1))
    (book,) = await written(many, {}, FileFormat.XLSX, 10 * MEGABYTE)
    heart.cancel()
    assert MEGABYTE / 5 < len(book.body) < 2 * MEGABYTE
    assert beats > 50
