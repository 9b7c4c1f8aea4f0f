"""Files of a budget: all lines and expenses, exact amounts, and no cell that a spreadsheet would run."""

import asyncio
import csv
import io

import pytest
from sqlalchemy import insert

from bot.errors import NotAllowed, NotFound
from bot.models.budget import Expense
from bot.services.budget_export import Export, File, inert, stem
from bot.services.budget_files import MEGABYTE, FileFormat, FilesTooLarge, WorkbookTooLarge, written
from tests.support.books import Books
from tests.support.cast import Cast


def rows_of(body: bytes) -> list[dict[str, str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


async def exported(books: Books, cast: Cast) -> Export:
    return await books.services.budget.exported(cast.treasurer, None)


async def files_of(
    books: Books, cast: Cast, kind: FileFormat = FileFormat.CSV, limit: int = 10 * MEGABYTE
) -> list[File]:
    return list(await written(await exported(books, cast), {7: "Ana"}, kind, limit))


@pytest.fixture
async def books(cast: Cast) -> Books:
    return await Books.open(cast)


async def test_the_files_say_what_the_report_says(books: Books, cast: Cast) -> None:
    line = await books.plan("Studio", "Room A", "2.5", "day", "650")
    await books.plan("Contingency", None, "10")
    await books.book(line, "650.00")
    await books.spend("£600", "Artwork", rate="1.2750", what='Cover, "front"\nand back', paid_by=7)
    await books.spend("200", "Room A", actor=cast.member)
    report, expenses, commitments = await files_of(books, cast)
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
    assert (cover["What"], cover["Paid by member"], cover["Rate"]) == ('Cover, "front" and back', "Ana", "1.2750")
    assert (room_a["Status"], room_a["Category"]) == ("pending", "Studio")
    (session,) = rows_of(commitments.body)
    assert (session["Kind"], session["Line"], session["Agreed"], session["Open"]) == (
        "Session", "Room A", "650.00", "650.00"
    )  # fmt: skip
    assert [file.name for file in (report, expenses, commitments)] == [
        "harbour-lights-budget.csv", "harbour-lights-expenses.csv", "harbour-lights-commitments.csv",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", " =1", "\uff1d1+1", "\uff0bA1"])
def test_formulas_are_inert(text: str) -> None:
    assert inert(text) == f"'{text}"
    assert inert("a" + text) == "a" + text
    assert inert(-5) == -5


async def test_names_that_look_like_formulas_are_inert(books: Books, cast: Cast) -> None:
    await books.spend("5", "Studio", what="=HYPERLINK(1)", payee="@evil")
    (row,) = rows_of((await files_of(books, cast))[1].body)
    assert (row["What"], row["Paid to"]) == ("'=HYPERLINK(1)", "'@evil")


async def test_files_are_for_who_may_see_money_here(books: Books, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await books.services.budget.exported(cast.member, None)
    with pytest.raises(NotFound):
        await books.services.budget.exported(cast.foreigner, "Harbour Lights")


async def test_what_no_message_can_carry_is_refused_or_zipped(books: Books, cast: Cast) -> None:
    for number in range(40):
        await books.spend("5", "Studio", what=f"Strings {number}" * 9)
    whole = sum(len(file.body) for file in await files_of(books, cast))
    (packed,) = await files_of(books, cast, limit=whole - 1)
    assert packed.name == "harbour-lights-budget.zip" and packed.body.startswith(b"PK")
    with pytest.raises(FilesTooLarge):
        await files_of(books, cast, limit=100)
    with pytest.raises(WorkbookTooLarge):
        await files_of(books, cast, FileFormat.XLSX, limit=100)


@pytest.mark.parametrize(
    ("name", "begins"), [("Été d'Or / 2", "ete-d-or-2"), ("港の灯", "project-1"), ("a" * 99, "a" * 60)]
)
async def test_file_names_are_plain(cast: Cast, name: str, begins: str) -> None:
    assert stem((await Books.open(cast, name=name)).project) == begins


async def test_many_expenses_fit_and_hold_nobody_up(books: Books, cast: Cast) -> None:
    """A file of them stays below what Discord takes, and commands are answered while it is written."""
    line = await books.plan("Studio", "Room A", "1", None, "10")
    logged = (await books.spend("5", "Room A", what="Strings and things", payee="The shop around the corner")).expense
    columns = {column.key: getattr(logged, column.key) for column in Expense.__table__.columns}
    many = [{**columns, "id": 10**6 + number, "number": 10**6 + number} for number in range(8_000)]
    async with books.services.db.write() as session:
        await session.execute(insert(Expense), many)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.001)
            beats += 1

    heart = asyncio.create_task(beat())
    _, expenses, _ = await files_of(books, cast)
    heart.cancel()
    assert len(rows_of(expenses.body)) == 8_001
    assert beats > 20
    assert (await books.line(line)).actual == 8_001 * 500
