"""Whatever happens to a budget, its sums agree (R13-R17): random histories of plans, expenses and sessions."""

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.models.booking import Booking, BookingState
from bot.models.budget import BudgetLine, Expense
from bot.money import read_amount
from bot.services.budget_lines import NotThatMuch
from bot.services.budget_report import Report, Standing
from tests.support.books import Books
from tests.support.cast import Cast

PLACES = [("Studio", "Room A"), ("Studio", "Room B"), ("Post", "Mixing"), ("Merch", "Shirts")]
COLUMNS = ("planned", "actual", "committed", "exposure", "etc", "efc", "variance", "risk_efc", "contingency", "pending")
ACTS = ("plan", "percent", "reserve", "spend", "wait", "void", "book", "hold", "confirm", "cancel", "invoice", "refund",
        "move", "promise")  # fmt: skip
Step = tuple[str, int, int]
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 30), st.integers(1, 99_999)), min_size=1, max_size=14)
NUMBER = count(1)


@dataclass
class History:
    """What was done, and what each line's money should be by the simplest reckoning."""

    books: Books
    lines: list[BudgetLine]
    actual: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    pending: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    expenses: list[Expense] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    invoiced: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    committed: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    async def take(self, step: Step) -> None:
        act, pick, cents = step
        line = self.lines[pick % len(self.lines)]
        await getattr(self, f"_{act}")(line, pick, f"{cents // 100}.{cents % 100:02}", cents)

    async def _plan(self, line: BudgetLine, pick: int, sum_: str, _cents: int) -> None:
        await self.books.plan(f"line:{line.id}", None, str(pick), "day", sum_)

    async def _percent(self, line: BudgetLine, pick: int, _sum: str, _cents: int) -> None:
        await self.books.plan(f"line:{line.id}", None, f"{pick}.{pick}", "percent")

    async def _reserve(self, _line: BudgetLine, pick: int, _sum: str, _cents: int) -> None:
        await self.books.plan("Contingency", None, str(pick))

    async def _spend(self, line: BudgetLine, _pick: int, sum_: str, cents: int) -> None:
        self.expenses.append((await self.books.spend(sum_, f"line:{line.id}")).expense)
        self.actual[line.id] += cents

    async def _wait(self, line: BudgetLine, _pick: int, sum_: str, cents: int) -> None:
        waits = cents > 10_000
        logged = await self.books.spend(sum_, f"line:{line.id}", actor=self.books.cast.member)
        self.expenses.append(logged.expense)
        (self.pending if waits else self.actual)[line.id] += cents

    async def _void(self, _line: BudgetLine, pick: int, _sum: str, _cents: int) -> None:
        if not self.expenses:
            return
        expense = self.expenses.pop(pick % len(self.expenses))
        waits = expense.decided_by is None
        actor = self.books.cast.act(self.books.cast.producer)
        await self.books.services.budget.void(actor, expense.number, "a mistake")
        (self.pending if waits else self.actual)[expense.line_id] -= expense.amount_minor

    async def _book(self, line: BudgetLine, _pick: int, sum_: str, _cents: int) -> None:
        self.bookings.append(await self.books.book(line, sum_))

    async def _hold(self, line: BudgetLine, _pick: int, sum_: str, _cents: int) -> None:
        self.bookings.append(await self.books.book(line, sum_, BookingState.HELD))

    async def _confirm(self, _line: BudgetLine, pick: int, _sum: str, _cents: int) -> None:
        await self._turn(pick, BookingState.CONFIRMED)

    async def _cancel(self, _line: BudgetLine, pick: int, _sum: str, _cents: int) -> None:
        await self._turn(pick, BookingState.CANCELLED)

    async def _turn(self, pick: int, state: BookingState) -> None:
        if self.bookings:
            booking = self.bookings[pick % len(self.bookings)]
            await self.books.turn(booking, state)
            booking.state = state

    async def _invoice(self, _line: BudgetLine, pick: int, sum_: str, cents: int) -> None:
        if self.bookings:
            booking = self.bookings[pick % len(self.bookings)]
            line = next(line for line in self.lines if line.id == booking.line_id)
            await self.books.invoice(line, sum_, booking)
            self.actual[line.id] += cents
            self.invoiced[booking.id] += cents

    async def _refund(self, line: BudgetLine, _pick: int, sum_: str, cents: int) -> None:
        await self.books.invoice(line, f"-{sum_}")
        self.actual[line.id] -= cents

    async def _move(self, line: BudgetLine, pick: int, sum_: str, _cents: int) -> None:
        """Move plan to the next line, where there is that much; the total of the project stays."""
        to = self.lines[(pick + 1) % len(self.lines)]
        actor = self.books.cast.act(self.books.cast.producer)
        before = (await self.books.report()).standing.total
        ends = (f"line:{line.id}", f"line:{to.id}")
        with suppress(NotThatMuch):
            await self.books.services.budget.transfer(
                actor, read_amount(sum_), *ends, reason=None, project=self.books.project.name
            )
        assert (await self.books.report()).standing.total == before

    async def _promise(self, line: BudgetLine, _pick: int, sum_: str, cents: int) -> None:
        actor = self.books.cast.act(self.books.cast.producer)
        await self.books.services.budget.commit(
            actor, read_amount(sum_), f"line:{line.id}", what=None, due_on=None, project=self.books.project.name
        )
        self.committed[line.id] += cents

    def promised(self, line: BudgetLine, state: BookingState) -> int:
        mine = [each for each in self.bookings if each.line_id == line.id and each.state is state]
        return sum(max(0, (each.agreed_minor or 0) - self.invoiced[each.id]) for each in mine)


@settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_sums_agree_after_any_history(cast: Cast, steps: list[Step]) -> None:
    books = await Books.open(cast, name=f"Record {next(NUMBER)}")
    history = History(books, [await books.plan(category, item, "1", rate="100") for category, item in PLACES])
    for step in steps:
        await history.take(step)
    report = await books.report()
    _check_sums(report)
    for line in history.lines:
        standing = report.line(line.id).standing
        _check_line(standing)
        assert standing.actual == history.actual[line.id]
        assert standing.pending == history.pending[line.id]
        assert standing.committed == history.promised(line, BookingState.CONFIRMED) + history.committed[line.id]
        assert standing.exposure == history.promised(line, BookingState.HELD)


def _check_sums(report: Report) -> None:
    """R17: lines add up to categories, and those to the project, in every column."""
    for column in COLUMNS:
        for category in report.categories:
            in_lines = sum(getattr(line.standing, column) for line in category.lines)
            assert in_lines == getattr(category.standing, column), column
        in_categories = sum(getattr(category.standing, column) for category in report.categories)
        assert in_categories == getattr(report.standing, column), column
    assert report.standing.total == report.standing.planned + report.standing.contingency


def _check_line(standing: Standing) -> None:
    assert standing.committed >= 0
    assert standing.exposure >= 0
    assert standing.etc == max(0, standing.planned - standing.actual - standing.committed)
    assert standing.planned == standing.efc + standing.variance
    assert standing.risk_efc == max(standing.efc, standing.actual + standing.committed + standing.exposure)


async def test_the_check_sees_a_wrong_sum(cast: Cast) -> None:
    """The property fails for a report whose parts don't add up."""
    books = await Books.open(cast)
    await books.plan("Studio", "Room A", "1", rate="100")
    report = await books.report()
    wrong = Report(report.project, report.categories, Standing("USD", planned=1))
    with pytest.raises(AssertionError):
        _check_sums(wrong)
