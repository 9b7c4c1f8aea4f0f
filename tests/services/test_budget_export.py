"""Files of a budget: all lines and expenses, exact amounts, and no cell that a spreadsheet would run."""

import asyncio
import csv
import io

import pytest
from sqlalchemy import insert

from bot.errors import NotAllowed, NotFound
from bot.models.budget import Expense
from bot.services.budget_export import inert
from tests.support.books import Books
from tests.support.cast import Cast


def rows_of(body: bytes) -> list[dict[str, str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


@pytest.fixture
async def books(cast: Cast) -> Books:
    return await Books.open(cast)


async def test_the_files_say_what_the_report_says(books: Books, cast: Cast) -> None:
    line = await books.plan("Studio", "Room A", "2.5", "day", "650")
    await books.plan("Contingency", None, "10")
    await books.book(line, "650.00")
    await books.spend("£600", "Artwork", rate="1.2750", what='Cover, "front"\nand back', paid_by=7)
    await books.spend("200", "Room A", actor=cast.member)
    _, (report, expenses) = await books.services.budget.export(cast.treasurer, None)
    found = {row["Line"]: row for row in rows_of(report.body)}
    room = found["Room A"]
    assert (room["Quantity"], room["Rate"], room["Planned"], room["Committed"]) == (
        "2.5",
        "650.00",
        "1625.00",
        "650.00",
    )
    assert found["Contingency"]["Set aside"] == "162.50"
    assert (found[""]["Category"], found[""]["Planned"], found[""]["Variance"]) == ("Total", "1625.00", "-765.00")
    cover, room_a = rows_of(expenses.body)
    assert (cover["Amount"], cover["Original amount"], cover["Original currency"]) == ("765.00", "600.00", "GBP")
    assert (cover["What"], cover["Paid by member"], cover["Rate"]) == ('Cover, "front" and back', "7", "1.2750")
    assert (room_a["Status"], room_a["Category"]) == ("pending", "Studio")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1"])
def test_formulas_are_inert(text: str) -> None:
    assert inert(text) == f"'{text}"
    assert inert("a" + text) == "a" + text
    assert inert(-5) == -5


async def test_names_that_look_like_formulas_are_inert(books: Books, cast: Cast) -> None:
    await books.spend("5", "Studio", what="=HYPERLINK(1)", payee="@evil")
    _, files = await books.services.budget.export(cast.treasurer, None)
    (row,) = rows_of(files[1].body)
    assert (row["What"], row["Paid to"]) == ("'=HYPERLINK(1)", "'@evil")


async def test_files_are_for_who_may_see_money_here(books: Books, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await books.services.budget.export(cast.member, None)
    with pytest.raises(NotFound):
        await books.services.budget.export(cast.foreigner, "Harbour Lights")


async def test_fifty_thousand_expenses_fit_and_hold_nobody_up(books: Books, cast: Cast) -> None:
    """A file of them stays below what Discord takes, and commands are answered while it is written."""
    line = await books.plan("Studio", "Room A", "1", None, "10")
    logged = (await books.spend("5", "Room A", what="Strings and things", payee="The shop around the corner")).expense
    columns = {column.key: getattr(logged, column.key) for column in Expense.__table__.columns}
    many = [{**columns, "id": 10**6 + number, "number": 10**6 + number} for number in range(50_000)]
    async with books.services.db.write() as session:
        await session.execute(insert(Expense), many)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.001)
            beats += 1

    heart = asyncio.create_task(beat())
    _, files = await books.services.budget.export(cast.treasurer, None)
    heart.cancel()
    assert len(rows_of(files[1].body)) == 50_001
    assert all(len(file.body) < 10 * 1024 * 1024 for file in files)
    assert beats > 50
    assert (await books.line(line)).actual == 50_001 * 500
