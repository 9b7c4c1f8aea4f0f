"""The cost report: the worked case 7.1 to the cent, with every follow-up, and its identities over random histories."""

import pytest

from bot.models.booking import BookingState
from bot.models.budget import BudgetCategory, BudgetLine
from bot.models.project import Project
from bot.money import read_amount
from bot.services import budget
from bot.services.budget_report import Standing
from tests.support.books import Books, minor
from tests.support.cast import Cast

Lines = dict[str, BudgetLine]
TABLE = """
Room A        | 3250.00 | 780.00  | 1300.00 | 1170.00 | 3250.00 | 0.00
Room B        | 1320.00 | 110.00  | 440.00  | 770.00  | 1320.00 | 0.00
Engineer      | 2000.00 | 0.00    | 2000.00 | 0.00    | 2000.00 | 0.00
Drummer       | 1500.00 | 560.00  | 840.00  | 100.00  | 1500.00 | 0.00
Quartet       | 1800.00 | 0.00    | 1800.00 | 0.00    | 1800.00 | 0.00
Arranger      | 750.00  | 765.00  | 0.00    | 0.00    | 765.00  | -15.00
BGV           | 1200.00 | 0.00    | 600.00  | 600.00  | 1200.00 | 0.00
Mix           | 3500.00 | 1750.00 | 1750.00 | 0.00    | 3500.00 | 0.00
Master        | 850.00  | 0.00    | 0.00    | 850.00  | 850.00  | 0.00
Rentals       | 360.00  | 340.00  | 0.00    | 0.00    | 340.00  | 20.00
Media         | 200.00  | 189.99  | 0.00    | 0.00    | 189.99  | 10.01
Per diem      | 700.00  | 64.51   | 0.00    | 635.49  | 700.00  | 0.00
Artwork       | 600.00  | 0.00    | 0.00    | 600.00  | 600.00  | 0.00
Video         | 2500.00 | 0.00    | 0.00    | 2500.00 | 2500.00 | 0.00
PR            | 1800.00 | 0.00    | 0.00    | 1800.00 | 1800.00 | 0.00
"""
PLANS = [
    ("Studio", "Room A", "5", "day", "650"),
    ("Studio", "Room B", "24", "hour", "55"),
    ("Engineers", "Engineer", "5", "day", "400"),
    ("Musicians", "Drummer", "10", "song", "150"),
    ("Musicians", "Quartet", "4x3", "person-song", "150"),
    ("Creative", "Arranger", "3", "song", "250"),
    ("Musicians", "BGV", "2 x 6", "person-song", "100"),
    ("Post", "Mix", "10", "song", "350"),
    ("Post", "Master", "10", "song", "85"),
    ("Equipment", "Rentals", "3", "day", "120"),
    ("Equipment", "Media", None, "flat", "200"),
    ("Travel", "Per diem", "4x5", "person-day", "35"),
    ("Release", "Artwork", None, None, "600"),
    ("Promotion", "Video", None, None, "2500"),
    ("Promotion", "PR", "2", "month", "900"),
    ("Contingency", None, "10", "percent", None),
]


@pytest.fixture
async def books(cast: Cast) -> Books:
    return await Books.open(cast)


@pytest.fixture
async def lines(books: Books) -> Lines:
    """The plan of 7.1 and its events (a) to (k); offers are bookings without a room."""
    lines = {item or "Contingency": await books.plan(category, item, *rest) for category, item, *rest in PLANS}
    await _leave_out(books, "Promotion")
    for event in (_rooms, _people, _rest):
        await event(books, lines)
    return lines


async def _leave_out(books: Books, name: str) -> None:
    found = next(each.category for each in (await books.report()).categories if each.category.name == name)
    async with books.services.db.write() as session:
        (await session.get_one(BudgetCategory, found.id)).in_contingency = False


async def _rooms(books: Books, lines: Lines) -> None:
    """(a) and (b): three days booked, one of them invoiced with overtime, two on hold; a cancellation fee."""
    days = [await books.book(lines["Room A"], "650.00") for _ in range(3)]
    await books.invoice(lines["Room A"], "780.00", days[0])
    for _ in range(2):
        await books.book(lines["Room A"], "650.00", BookingState.HELD)
    await books.book(lines["Room B"], "440.00")
    cancelled = await books.book(lines["Room B"], "220.00")
    await books.turn(cancelled, BookingState.CANCELLED)
    await books.invoice(lines["Room B"], "110.00", cancelled)


async def _people(books: Books, lines: Lines) -> None:
    """(c) to (h): what was agreed with people, invoiced and still open."""
    await books.book(lines["Engineer"], "2000.00")
    drummer = await books.book(lines["Drummer"], "1400.00")
    for _ in range(4):
        await books.invoice(lines["Drummer"], "140.00", drummer)
    await books.book(lines["Quartet"], "1800.00")
    arranger = await books.spend("£600", "Arranger", rate="1.2750", payee="Arranger")
    assert arranger.expense.amount_minor == minor("765.00")
    await books.close(lines["Arranger"])
    await books.book(lines["BGV"], "600.00")
    await books.book(lines["BGV"], "720.00", BookingState.HELD)
    mixer = await books.book(lines["Mix"], "3500.00")
    await books.invoice(lines["Mix"], "1750.00", mixer)


async def _rest(books: Books, lines: Lines) -> None:
    """(i) to (k): a refund, and what members paid out of their own pockets."""
    await books.spend("360", "Rentals")
    await books.invoice(lines["Rentals"], "-20.00")
    await books.close(lines["Rentals"])
    await books.spend("189.99", "Media", paid_by=1)
    await books.close(lines["Media"])
    await books.spend("64.51", "Per diem", what="Food", paid_by=2)


def columns(standing: Standing) -> list[int]:
    return [standing.planned, standing.actual, standing.committed, standing.etc, standing.efc, standing.variance]


async def test_the_table_of_harbour_lights(books: Books, lines: Lines) -> None:
    report = await books.report()
    for row in TABLE.strip().splitlines():
        name, *cells = (cell.strip() for cell in row.split("|"))
        assert columns(report.line(lines[name].id).standing) == [minor(cell) for cell in cells], name
    total = ["22330.00", "4559.50", "8730.00", "9025.49", "22314.99", "15.01"]
    assert columns(report.standing) == [minor(cell) for cell in total]


async def test_contingency_headroom_exposure_and_risk(books: Books, lines: Lines) -> None:
    report = await books.report()
    whole = report.standing
    assert (whole.contingency, whole.total) == (minor("1803.00"), minor("24133.00"))
    assert whole.headroom == minor("1818.01")
    assert whole.exposure == minor("2020.00")
    assert whole.risk_efc == minor("22564.99")
    assert report.line(lines["Room A"].id).standing.risk_efc == minor("3380.00")
    assert report.line(lines["BGV"].id).standing.risk_efc == minor("1320.00")


async def test_confirming_the_hold_brings_the_overtime_to_light(books: Books, lines: Lines) -> None:
    for _ in range(2):
        await books.book(lines["Room A"], "650.00")
    room = await books.line(lines["Room A"])
    assert columns(room) == [minor(cell) for cell in ("3250", "780", "2600", "0", "3380", "-130")]


async def test_accepting_the_counter_alone(books: Books, lines: Lines) -> None:
    await books.book(lines["BGV"], "720.00")
    report = await books.report()
    singers = report.line(lines["BGV"].id).standing
    assert (singers.committed, singers.variance) == (minor("1320.00"), minor("-120.00"))
    assert report.standing.efc == minor("22434.99")


async def test_closing_the_drummer_with_all_songs(books: Books, lines: Lines) -> None:
    await books.close(lines["Drummer"])
    drummer = await books.line(lines["Drummer"])
    assert (drummer.efc, drummer.variance) == (minor("1400.00"), minor("100.00"))


async def test_an_invoice_above_the_price_leaves_nothing_open(books: Books) -> None:
    line = await books.plan("Studio", "Room A", "1", "day", "650")
    booking = await books.book(line, "650.00")
    await books.invoice(line, "780.00", booking)
    assert (await books.line(line)).committed == 0


async def test_percent_lines(books: Books) -> None:
    """One in a category takes that category; the contingency takes those of all that count, percent lines too (R12)."""
    await books.plan("Musicians", "Side player", "3", "session", "333.35")
    pension = await books.plan("Musicians", "Pension", "12.81", "percent")
    reserve = await books.plan("Contingency", None, "10")
    report = await books.report()
    assert report.line(pension.id).standing.planned == minor("128.11")
    assert report.line(reserve.id).standing.contingency == minor("112.82")
    assert report.line(reserve.id).standing.planned == 0
    assert report.standing.planned == minor("1000.05") + minor("128.11")


async def test_standing_of_a_line_and_of_the_project(books: Books, cast: Cast) -> None:
    """What other stems ask: all columns of one line, and what is left of the project's own limit."""
    line = await books.plan("Studio", "Room A", "5", "day", "650")
    await books.book(line, "650.00")
    await books.spend("100", "Room A")
    await cast.services.project.edit(cast.act(cast.producer), books.project.name, budget=read_amount("5000"))
    async with books.services.db.read() as session:
        project = await session.get_one(Project, books.project.id)
        of_line = await budget.standing(session, project, line.id)
        whole = await budget.standing(session, project)
    assert (of_line.left, of_line.currency) == (minor("2500.00"), "USD")
    assert (whole.left, whole.budget) == (minor("4250.00"), minor("5000.00"))
