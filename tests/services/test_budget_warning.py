"""Warnings that a line runs out: at which thresholds, caused by what, once each, and when they start anew (R16)."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.models.booking import BookingState
from bot.models.budget import BudgetLine
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.models.settings import GuildSettings
from bot.money import read_amount
from bot.services import Services
from bot.services.budget_expense import Spending
from bot.services.budget_plan import Plan
from bot.services.budget_warning import CALLED, Level, Stand, words
from tests.support.books import Books
from tests.support.cast import GUILD, Cast

CHANNEL = 700_000_000_000_000_077


@pytest.fixture
async def books(cast: Cast) -> Books:
    books = await Books.open(cast)
    await cast.services.settings.start(cast.act(cast.producer), money_channel_id=CHANNEL)
    return books


@pytest.fixture
async def room(books: Books) -> BudgetLine:
    """A line with a plan of 1,000.00."""
    return await books.plan("Studio", "Room A", "10", "hour", "100")


async def planned(books: Books, state: ReminderState = ReminderState.PLANNED) -> list[str]:
    """Return what the warnings of a state are called, the oldest first."""
    mine = select(Reminder.what).where(Reminder.kind == ReminderKind.OVERAGE, Reminder.state == state)
    async with books.services.db.read() as session:
        return list(await session.scalars(mine.order_by(Reminder.id)))


MOST, ALL, HOLD = CALLED[Level.MOST], CALLED[Level.ALL], CALLED[Level.HOLD]


async def test_each_threshold_is_said_once(books: Books, room: BudgetLine) -> None:
    for amount, so_far in (
        ("799.99", []),
        ("0.01", [MOST]),
        ("100", [MOST]),
        ("100", [MOST, ALL]),
        ("500", [MOST, ALL]),
    ):
        await books.spend(amount, "Room A")
        assert await planned(books) == so_far, amount


async def test_both_at_once_are_one_warning(books: Books, room: BudgetLine) -> None:
    logged = await books.spend("1200", "Room A")
    assert await planned(books) == [ALL]
    (stand,) = logged.warnings
    assert (stand.known, stand.total, stand.is_broken) == (120_000, 100_000, True)


async def test_a_line_without_a_plan_has_nothing_to_run_out_of(books: Books) -> None:
    await books.spend("1200", "Food")
    assert await planned(books) == []


async def test_whatever_causes_it(books: Books, room: BudgetLine, cast: Cast) -> None:
    """A promise, an approval, a session that is confirmed, a transfer and a smaller plan."""
    service = books.services.budget
    act = cast.act(cast.producer)
    await service.commit(act, read_amount("850"), "Room A", what=None, due_on=None)
    assert await planned(books) == [MOST]
    await books.plan("Post", "Mixing", "1", "flat", "1000")
    waits = await books.spend("900", "Mixing", actor=cast.member)
    assert await planned(books) == [MOST]
    await service.decide(cast.act(cast.producer), waits.expense.number, approve=True)
    assert await planned(books) == [MOST, MOST]
    other = await books.plan("Studio", "Room B", "10", "hour", "100")
    booking = await books.book(other, "1000.00", BookingState.HELD)
    assert await planned(books) == [MOST, MOST]
    await books.turn(booking, BookingState.CONFIRMED)
    assert await planned(books) == [MOST, MOST, ALL]
    await books.plan("Release", "Artwork", "1", "flat", "1000")
    await books.spend("700", "Artwork")
    await service.transfer(cast.act(cast.producer), read_amount("200"), "Artwork", "Photos", reason=None)
    assert await planned(books) == [MOST, MOST, ALL, MOST]
    await books.plan("Promotion", "Publicist", "1", "month", "1000")
    await books.spend("500", "Publicist")
    await service.plan(cast.act(cast.producer), Plan("Publicist", rate=read_amount("500")))
    assert (await planned(books))[-1] == ALL


async def test_a_hold_that_would_break_it(books: Books, room: BudgetLine) -> None:
    await books.spend("600", "Room A")
    small = await books.book(room, "400.00", BookingState.HELD)
    assert await planned(books) == []
    await books.book(room, "0.01", BookingState.HELD)
    assert await planned(books) == [HOLD]
    await books.turn(small, BookingState.RELEASED)
    assert await planned(books) == [] and await planned(books, ReminderState.CANCELLED) == [HOLD]
    await books.turn(small, BookingState.HELD)
    assert await planned(books) == [HOLD]


async def test_invoices_shrink_what_is_promised(books: Books, room: BudgetLine, cast: Cast) -> None:
    booking = await books.book(room, "700.00")
    await books.invoice(room, "650.00", booking)
    assert await planned(books) == []
    await books.invoice(room, "150.00", booking)
    assert await planned(books) == [MOST]


async def test_a_percent_line_is_held_against_what_its_neighbours_plan(books: Books, room: BudgetLine) -> None:
    await books.plan("Studio", "Insurance", "10", "percent")
    await books.spend("85", "Insurance")
    assert await planned(books) == [MOST]
    await books.plan("Room A", None, "5")
    assert (await planned(books))[-1] == ALL


async def test_falling_below_withdraws_it_and_starts_anew(books: Books, room: BudgetLine, cast: Cast) -> None:
    actor = cast.act(cast.producer)
    spending = Spending(read_amount("900"), "Room A")
    await books.services.budget.spend(actor, spending)
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert await planned(books) == [] and await planned(books, ReminderState.CANCELLED) == [MOST]
    logged = await books.services.budget.spend(cast.act(cast.producer), spending)
    assert await planned(books) == [MOST]
    await books.services.budget.void(cast.act(cast.producer), logged.expense.number, "twice")
    assert await planned(books) == []


async def test_another_plan_starts_the_count_anew(books: Books, room: BudgetLine) -> None:
    await books.spend("850", "Room A")
    await books.plan("Room A", None, "10.5")
    assert await planned(books) == [MOST, MOST]
    await books.plan("Room A", None, "20")
    await books.plan("Room A", None, "20")
    assert await planned(books) == []


async def test_a_plan_can_be_undone_after_its_warning(books: Books, room: BudgetLine, cast: Cast) -> None:
    actor = cast.act(cast.producer)
    await books.services.budget.plan(actor, Plan("Artwork", quantity="1", rate=read_amount("100")))
    await books.spend("90", "Artwork")
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert await planned(books) == []


async def test_of_two_processes_one_warns(books: Books, room: BudgetLine, cast: Cast, database_url: str) -> None:
    """Each alone stays below 80 %; together they reach it, whoever is second says so, and nobody twice."""
    other = Database(database_url, Clock(books.services.clock.now))
    theirs = Services(other, other.clock)
    spending = Spending(read_amount("100"), "Room A")

    async def spend(services: Services) -> None:
        for _ in range(4):
            await services.budget.spend(cast.act(cast.producer), spending)

    await asyncio.gather(spend(books.services), spend(theirs))
    assert await planned(books) == [MOST]
    await asyncio.gather(spend(books.services), spend(theirs))
    assert await planned(books) == [MOST, ALL]
    await other.close()


async def claimed(books: Books) -> list[tuple[str, str, int | None]]:
    dues = await books.services.due.claim("test", books.services.clock.now())
    return [(due.text, due.elsewhere, due.channel_id) for due in dues if not due.pointless]


async def test_it_says_how_the_line_stands_when_it_leaves(books: Books, room: BudgetLine) -> None:
    await books.spend("850", "Room A")
    await books.book(room, "200.00", BookingState.HELD)
    ((text, elsewhere, channel),) = await claimed(books)
    assert "85 % is used**: $850.00 of $1,000.00 spent or promised, $150.00 left." in text
    assert "$200.00 more is on hold; confirming that would take it to $50.00 over its plan." in text
    assert "Room A" in elsewhere and "$" not in elsewhere and channel == CHANNEL


async def test_without_a_channel_or_reason_nothing_leaves(books: Books, room: BudgetLine) -> None:
    await books.spend("850", "Room A")
    async with books.services.db.write() as session:
        await session.execute(
            update(GuildSettings).where(GuildSettings.guild_id == GUILD).values(money_channel_id=None)
        )
    assert await claimed(books) == []


async def test_another_servers_line_of_the_same_name_is_its_own(books: Books, room: BudgetLine, cast: Cast) -> None:
    stranger: Actor = replace(cast.foreigner)
    await books.spend("700", "Room A")
    project = await cast.services.project.create(
        cast.act(stranger), "Harbour Lights", kind=books.project.kind, release=None, currency="USD", budget=None
    )
    await cast.services.budget.plan(cast.act(stranger), Plan("Studio", "Room A", "10", rate=read_amount("100")))
    logged = await cast.services.budget.spend(cast.act(stranger), Spending(read_amount("700"), "Room A"), project.name)
    assert logged.warnings == () and await planned(books) == []


def test_words() -> None:
    stand = Stand(1, "Room *A*", "Studio", "Harbour Lights", "USD", total=100, known=100, exposure=0)
    assert words(stand, "en-US").splitlines() == [
        r"⚠️ **Room \*A\*** · Studio · Harbour Lights",
        "**All of its plan is used**: $1.00 of $1.00 spent or promised.",
    ]
    over = replace(stand, known=150)
    assert "**$0.50 over its plan**: $1.50 of $1.00" in words(over, "en-US")
