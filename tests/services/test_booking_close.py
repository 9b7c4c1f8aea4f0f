"""Closing sessions out: real times, overtime and extra cost into the budget, who came, and what is refused."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.errors import NotFound
from bot.models.booking import Answer, Booking, BookingPerson, BookingState
from bot.models.budget import BudgetLine, Expense, ExpenseState
from bot.models.project import ProjectKind
from bot.models.reminder import ReminderKind
from bot.models.room import RoomUnit
from bot.money import read_amount
from bot.services import Services
from bot.services.booking import Ask, Outcome
from bot.services.booking_checks import ClosedAlready, NotActive, NotYourBooking
from bot.services.booking_close import EndsAhead, EndsFirst, FarOff, NotBegun, NotOverYet, OnlyHeld, Wish
from bot.services.project import OtherCurrency, ProjectArchived
from bot.services.room_price import Overrun
from tests.conftest import FixedClock
from tests.support.books import Books, minor
from tests.support.cast import Cast
from tests.support.sessions import ANN, BEN, HOUR, START, Taken, planned, stored

END = START + 3 * HOUR


async def expenses(services: Services) -> list[Expense]:
    async with services.db.read() as session:
        return list(await session.scalars(select(Expense).order_by(Expense.number)))


async def came(services: Services, booking_id: int) -> set[int]:
    mine = BookingPerson.booking_id == booking_id, BookingPerson.has_come.is_(True)
    async with services.db.read() as session:
        return {key for key in await session.scalars(select(BookingPerson.user_id).where(*mine)) if key}


async def test_a_session_as_planned_becomes_an_actual_and_is_undone_as_a_whole(
    services: Services, cast: Cast, project: str, booked: Taken, clock: FixedClock
) -> None:
    outcome = await booked(cast.member, user_ids=(ANN, BEN))
    key = outcome.facts.booking.id
    await services.booking.answer(cast.act(cast.member, user_id=ANN), key, Answer.COMING)
    await services.booking.answer(cast.act(cast.member, user_id=BEN), key, Answer.CANT)
    clock.at = END
    shown = await services.booking_close.preview(cast.act(cast.member), "#1", Wish())
    assert shown.is_as_planned and shown.came == (ANN,)
    assert shown.agreed and shown.booked and (shown.agreed.minor, shown.booked.minor) == (18_000, 18_000)
    assert await expenses(services) == []
    act = cast.act(cast.member)
    closing = await services.booking_close.close(act, key, Wish())
    assert closing.facts.is_closed and closing.facts.came == (ANN,) and closing.asks == ()
    (expense,) = await expenses(services)
    assert (expense.amount_minor, expense.booking_id, expense.state) == (18_000, key, ExpenseState.APPROVED)
    assert await planned(services, outcome, every=True) == []
    with pytest.raises(ClosedAlready):
        await services.booking_close.close(cast.act(cast.member), key, Wish())
    with pytest.raises(ClosedAlready):
        await services.booking.cancel(cast.act(cast.member), key)
    await services.undo.undo(cast.act(cast.member), act.change_id)
    row = await stored(services, outcome)
    assert (row.closed_at, row.actual_end_at, await came(services, key)) == (None, None, set())
    assert [expense.state for expense in await expenses(services)] == [ExpenseState.VOID]
    assert ReminderKind.CLOSE in {kind for kind, _ in await planned(services, outcome, every=True)}
    again = await services.booking_close.close(cast.act(cast.producer), key, Wish(came=(BEN, 42)))
    assert again.booked and again.booked.minor == 18_000
    assert await came(services, key) == {BEN, 42}


async def test_real_times_extra_cost_and_a_note(
    services: Services, cast: Cast, project: str, booked: Taken, clock: FixedClock
) -> None:
    await services.room.edit(cast.act(cast.producer), "#1", overtime="30 min steps at 45")
    outcome = await booked(cast.member)
    clock.at = END + 2 * HOUR
    wish = Wish(START + timedelta(minutes=20), END + timedelta(minutes=35), read_amount("25"), " two amps ")
    closing = await services.booking_close.close(cast.act(cast.producer), outcome.facts.booking.id, wish)
    # The clock began at the booked time, though they came late: 35 minutes are two started steps (fact 4.2, R27).
    assert closing.over == Overrun(35, 9_000)
    assert [(row.amount_minor, row.what.split(":")[0]) for row in await expenses(services)] == [
        (18_000, "Session"), (9_000, "Overtime"), (2_500, "Extra cost"),
    ]  # fmt: skip
    row = await stored(services, outcome)
    assert (row.actual_start_at, row.actual_end_at) == (wish.start, wish.end)
    assert (row.start_at, row.overtime_minor, row.extra_minor, row.close_note) == (START, 9_000, 2_500, "two amps")


@pytest.mark.parametrize(
    "case",
    [
        (START - HOUR, Wish(), NotBegun),
        (START + HOUR, Wish(), NotOverYet),
        (START + HOUR, Wish(end=START + 2 * HOUR), EndsAhead),
        (END, Wish(start=END, end=START), EndsFirst),
        (END, Wish(start=START - timedelta(days=30)), FarOff),
        (END + timedelta(days=31), Wish(end=END + timedelta(days=30)), FarOff),
        (END, Wish(cost=read_amount("£20")), OtherCurrency),
    ],
)
async def test_what_makes_no_sense_closes_nothing(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock, case: tuple[datetime, Wish, type[Exception]]
) -> None:
    now, wish, error = case
    outcome = await booked(cast.member)
    clock.at = now
    with pytest.raises(error, match="othing was"):
        await services.booking_close.close(cast.act(cast.member), outcome.facts.booking.id, wish)
    assert (await stored(services, outcome)).closed_at is None


async def test_one_that_ended_earlier_can_be_closed_at_once(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    outcome = await booked(cast.member)
    clock.at = START + HOUR
    closing = await services.booking_close.close(
        cast.act(cast.member), outcome.facts.booking.id, Wish(end=START + HOUR)
    )
    assert closing.over == Overrun(0, 0) and closing.facts.booking.actual_end_at == START + HOUR


async def test_who_may_close_what(
    services: Services, cast: Cast, booked: Taken, held: Taken, clock: FixedClock
) -> None:
    mine = await booked(cast.member)
    pencilled = await held(cast.member, start=START + timedelta(hours=6))
    gone = await booked(cast.member, start=START + timedelta(hours=12))
    await services.booking.cancel(cast.act(cast.member), gone.facts.booking.id, accepted=100)
    clock.at = START + timedelta(days=1)
    close = services.booking_close.close
    for actor, outcome, error in (
        (cast.other, mine, NotYourBooking),
        (cast.foreigner, mine, NotFound),
        (cast.member, pencilled, OnlyHeld),
        (cast.member, gone, NotActive),
    ):
        with pytest.raises(error):
            await close(cast.act(actor), outcome.facts.booking.id, Wish())
    assert [choice.value for choice in await services.booking_close.suggest(cast.member, "")] == ["#1"]
    assert [choice.value for choice in await services.booking_close.suggest(cast.producer, "vo")] == ["#1"]
    assert await services.booking_close.suggest(cast.other, "") == []
    assert await services.booking_close.suggest(cast.member, "#9") == []
    await close(cast.act(cast.producer), mine.facts.booking.id, Wish())
    assert await services.booking_close.suggest(cast.member, "") == []


async def test_what_a_member_says_beyond_the_price_waits_above_the_threshold(
    services: Services, cast: Cast, project: str, booked: Taken, clock: FixedClock
) -> None:
    outcome = await booked(cast.member)
    clock.at = END + 3 * HOUR
    wish = Wish(end=END + HOUR, cost=read_amount("90"))
    closing = await services.booking_close.close(cast.act(cast.member), outcome.facts.booking.id, wish)
    rows = await expenses(services)
    assert [row.state for row in rows] == [ExpenseState.APPROVED, ExpenseState.PENDING, ExpenseState.PENDING]
    assert closing.waits and closing.asks == tuple(row.number for row in rows[1:])
    assert [row.amount_minor for row in rows] == [18_000, 6_000, 9_000]


async def test_a_session_without_a_project_or_a_room_is_closed_too(
    services: Services, cast: Cast, clock: FixedClock
) -> None:
    async def take(**more: Any) -> Outcome:
        draft = await services.booking.preview(cast.act(cast.member), Ask("Writing", START, END, **more))
        return await services.booking.book(cast.act(cast.member), draft.facts.booking.id)

    alone = await take()
    clock.at = END + HOUR
    closing = await services.booking_close.close(
        cast.act(cast.producer), alone.facts.booking.id, Wish(end=END + HOUR, cost=read_amount("12"))
    )
    assert (closing.booked, closing.agreed, closing.overtime) == (None, None, None)
    assert (await stored(services, alone)).extra_minor == 1_200 and await expenses(services) == []
    clock.at = START - timedelta(days=2)
    await services.project.create(
        cast.act(cast.producer), "Demos", kind=ProjectKind.EP, release=None, currency=None, budget=None
    )
    second = await take()
    clock.at = END
    await services.booking_close.close(cast.act(cast.producer), second.facts.booking.id, Wish(cost=read_amount("12")))
    (expense,) = await expenses(services)
    async with services.db.read() as session:
        line = await session.get_one(BudgetLine, expense.line_id)
    assert (expense.amount_minor, line.item) == (1_200, "Session costs")


@dataclass
class Harbour:
    """Room A of the worked example: 5 days planned, three booked, two held."""

    books: Books
    line: BudgetLine
    days: list[Outcome]
    holds: list[Outcome]

    async def figures(self) -> tuple[int, int, int, int, int]:
        now = await self.books.line(self.line)
        return now.actual, now.committed, now.etc, now.efc, now.variance


@pytest.fixture
async def harbour(services: Services, cast: Cast) -> Harbour:
    books = await Books.open(cast)
    line = await books.plan("Studio", "Room A", "5", "day", "650")
    await services.room.add(
        cast.act(cast.producer), "Room A", rate=read_amount("650 USD"), unit=RoomUnit.DAY,
        overtime="10% of day rate per started hour after 12h", cancellation="48h 50%, 24h 100%",
    )  # fmt: skip
    taken = []
    for day in range(5):
        start = datetime(2027, 3, 8 + day, 9, tzinfo=UTC)
        ask = Ask(f"Day {day + 1}", start, start + 12 * HOUR, room="Room A", project="Harbour Lights")
        draft = await services.booking.preview(cast.act(cast.producer), ask)
        take = services.booking.book if day < 3 else services.booking.hold
        taken.append(await take(cast.act(cast.producer), draft.facts.booking.id))
    return Harbour(books, line, taken[:3], taken[3:])


async def test_7_1_room_a_with_two_hours_over_on_its_first_day(
    services: Services, cast: Cast, harbour: Harbour, clock: FixedClock
) -> None:
    clock.at = datetime(2027, 3, 8, 23, 30, tzinfo=UTC)
    first = harbour.days[0].facts.booking.id
    late = Wish(end=datetime(2027, 3, 8, 23, 0, tzinfo=UTC))
    act = cast.act(cast.producer)
    closing = await services.booking_close.close(act, first, late)
    assert closing.overtime and closing.overtime.minor == minor("130.00")
    after = tuple(minor(text) for text in ("780.00", "1,300.00", "1,170.00", "3,250.00", "0.00"))
    assert await harbour.figures() == after
    assert (await harbour.books.line(harbour.line)).risk_efc == minor("3,380.00")
    await services.undo.undo(cast.act(cast.producer), act.change_id)
    assert (await harbour.figures())[:2] == (0, minor("1,950.00"))
    # With the studio's invoice of 780.00 in already, closing adds nothing to it.
    await harbour.books.invoice(harbour.line, "780.00", harbour.days[0].facts.booking)
    closing = await services.booking_close.close(cast.act(cast.producer), first, late)
    assert closing.booked and closing.booked.minor == 0
    assert await harbour.figures() == after
    clock.at = datetime(2027, 3, 9, 8, 0, tzinfo=UTC)
    for hold in harbour.holds:
        await services.booking.confirm(cast.act(cast.producer), hold.facts.booking.id)
    assert await harbour.figures() == tuple(
        minor(text) for text in ("780.00", "2,600.00", "0.00", "3,380.00", "-130.00")
    )  # fmt: skip


async def test_the_budget_follows_a_booking_from_hold_to_close(
    services: Services, cast: Cast, harbour: Harbour, clock: FixedClock
) -> None:
    hold, day = harbour.holds[0].facts.booking, harbour.days[1].facts.booking
    assert (await harbour.books.line(harbour.line)).exposure == minor("1,300.00")
    await services.booking.confirm(cast.act(cast.producer), hold.id)
    assert (await harbour.figures())[:2] == (0, minor("2,600.00"))
    start = day.start_at + timedelta(days=10)
    await services.booking.move(cast.act(cast.producer), day.id, start, start + 13 * HOUR)
    assert (await harbour.figures())[:2] == (0, minor("2,665.00"))
    clock.at = hold.start_at - 30 * HOUR
    await services.booking.cancel(cast.act(cast.producer), hold.id, accepted=50)
    assert (await harbour.figures())[:2] == (minor("325.00"), minor("2,015.00"))
    clock.at = harbour.days[2].facts.end
    await services.booking_close.close(cast.act(cast.producer), harbour.days[2].facts.booking.id, Wish())
    assert (await harbour.figures())[:2] == (minor("975.00"), minor("1,365.00"))


async def test_a_close_that_fails_leaves_neither_expense_nor_close(
    services: Services, cast: Cast, harbour: Harbour, clock: FixedClock
) -> None:
    clock.at = harbour.days[0].facts.end
    await services.project.archive(cast.act(cast.producer), "Harbour Lights")
    with pytest.raises(ProjectArchived):
        await services.booking_close.close(cast.act(cast.producer), harbour.days[0].facts.booking.id, Wish())
    async with services.db.read() as session:
        row = await session.get_one(Booking, harbour.days[0].facts.booking.id)
    assert (row.closed_at, row.state, await expenses(services)) == (None, BookingState.CONFIRMED, [])
