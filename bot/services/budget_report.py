"""The cost report: what is planned, spent, promised and still to come, from each line up to the project (R12-R17)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, case, exists, func, literal, select, type_coerce, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.booking import ACTIVE, Booking, BookingState
from bot.models.budget import BudgetCategory, BudgetCommitment, BudgetLine, CommitmentState, Expense, ExpenseState, Unit
from bot.models.project import Project
from bot.services.budget_chart import CONTINGENCY, chart_of

STATES = {state.value: state for state in ExpenseState}
FIRM = (BookingState.CONFIRMED.value, CommitmentState.OPEN.value)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a line, a category or a project stands, in minor units of `currency`.

    `exposure` is on hold and counts nowhere yet, `pending` waits for approval, `etc` is the estimate to
    complete. `contingency` is set aside and belongs to no plan (R17); `budget` is a project's own limit.
    """

    currency: str
    planned: int = 0
    actual: int = 0
    committed: int = 0
    exposure: int = 0
    etc: int = 0
    risk_efc: int = 0
    contingency: int = 0
    pending: int = 0
    budget: int | None = None

    @property
    def efc(self) -> int:
        """The estimated final cost (R15)."""
        return self.actual + self.committed + self.etc

    @property
    def variance(self) -> int:
        """How far the final cost stays under the plan; negative is over it (R15)."""
        return self.planned - self.efc

    @property
    def total(self) -> int:
        """All the money there is: the limit that was set, else the plan and what is set aside (R17)."""
        return self.planned + self.contingency if self.budget is None else self.budget

    @property
    def left(self) -> int:
        """What is neither spent nor promised; negative where there is more of both than money."""
        return self.total - self.actual - self.committed

    @property
    def headroom(self) -> int:
        """What will be over in the end."""
        return self.total - self.efc

    @property
    def is_empty(self) -> bool:
        counted = (self.planned, self.actual, self.committed, self.exposure, self.etc, self.contingency, self.pending)
        return not any(counted)


@dataclass(frozen=True, slots=True)
class LineReport:
    """A line and where it stands."""

    line: BudgetLine
    standing: Standing

    @property
    def is_shown(self) -> bool:
        """Tell whether the line means anything: one that was undone stays in the table, but holds nothing."""
        return bool(self.line.quantity) or not self.standing.is_empty


@dataclass(frozen=True, slots=True)
class CategoryReport:
    """A category, its lines, and where they stand together."""

    category: BudgetCategory
    lines: tuple[LineReport, ...]
    standing: Standing

    @property
    def shown(self) -> list[LineReport]:
        return [line for line in self.lines if line.is_shown]


@dataclass(frozen=True, slots=True)
class Report:
    """A project's cost report; every column of a sum is the sum of its parts (R17)."""

    project: Project
    categories: tuple[CategoryReport, ...]
    standing: Standing

    @property
    def shown(self) -> list[CategoryReport]:
        """The categories that any figure stands in."""
        return [category for category in self.categories if not category.standing.is_empty]

    @property
    def listed(self) -> list[CategoryReport]:
        """The categories that have lines, with or without a figure."""
        return [category for category in self.categories if category.shown]

    @property
    def unpriced(self) -> list[LineReport]:
        """The open lines that are planned, but have no rate yet."""
        lines = [line for category in self.categories for line in category.lines]
        return [line for line in lines if line.line.is_unpriced and not line.line.is_closed]

    def category(self, category_id: int) -> CategoryReport:
        return next(found for found in self.categories if found.category.id == category_id)

    def line(self, line_id: int) -> LineReport:
        return next(line for found in self.categories for line in found.lines if line.line.id == line_id)


@dataclass(frozen=True, slots=True)
class Left:
    """Where one thing stands: a line with its category, a category, or the whole project."""

    report: Report
    category: CategoryReport | None = None
    line: LineReport | None = None

    @property
    def standing(self) -> Standing:
        return (self.line or self.category or self.report).standing

    @property
    def name(self) -> str:
        if self.line is not None:
            return self.line.line.item
        return self.category.category.name if self.category else self.report.project.name


Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Spent:
    """The expenses of one line and state, invoiced for one promise or for none, together."""

    line_id: int
    promise: Key | None
    state: ExpenseState
    minor: int


@dataclass(frozen=True, slots=True)
class Promise:
    """What a booking or a commitment costs its line, or all bookings without a key, which nothing was invoiced for.

    `is_firm` unless it is on hold.
    """

    line_id: int
    key: Key | None
    is_firm: bool
    minor: int


@dataclass(slots=True)
class Sums:
    """What lies on one line, before it is held against the plan."""

    actual: int = 0
    pending: int = 0
    committed: int = 0
    exposure: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """All the rows that a report is made of."""

    project: Project
    categories: Sequence[BudgetCategory]
    lines: Sequence[BudgetLine]
    spent: Sequence[Spent] = field(default_factory=tuple)
    promised: Sequence[Promise] = field(default_factory=tuple)


# Built once: every answer about money asks this, of three tables at a time. The expenses are grouped in the order of
# the index that holds them; bookings and commitments come with what they still say. Bookings without an invoice are
# added up, because there may be hundreds.
_MINE: dict[str, Any] = {"guild": bindparam("guild"), "project": bindparam("project")}
_APART = (Expense.state, Expense.line_id, Expense.booking_id, Expense.commitment_id)
_NONE = literal(None, BigInteger)
_WORD = String(24)
_BOOKED: Any = (
    select(
        Booking.line_id,
        case((exists().where(Expense.booking_id == Booking.id), Booking.id)).label("invoiced_id"),
        type_coerce(Booking.state, _WORD).label("state"),
        Booking.agreed_minor,
    )
    .where(
        Booking.guild_id == _MINE["guild"],
        Booking.project_id == _MINE["project"],
        Booking.state.in_(ACTIVE),
        Booking.line_id.is_not(None),
        Booking.agreed_minor.is_not(None),
    )
    .subquery()
    .c
)
_COSTS: Any = union_all(
    select(
        literal("expense"),
        Expense.line_id,
        Expense.booking_id,
        Expense.commitment_id,
        type_coerce(Expense.state, _WORD),
        func.sum(Expense.amount_minor),
    )
    .where(
        Expense.guild_id == _MINE["guild"],
        Expense.project_id == _MINE["project"],
        Expense.state.in_([ExpenseState.APPROVED, ExpenseState.PENDING]),
    )
    .group_by(*_APART),
    select(
        literal("booking"), _BOOKED.line_id, _BOOKED.invoiced_id, _NONE, _BOOKED.state, func.sum(_BOOKED.agreed_minor)
    ).group_by(_BOOKED.line_id, _BOOKED.invoiced_id, _BOOKED.state),
    select(
        literal("commitment"),
        BudgetCommitment.line_id,
        _NONE,
        BudgetCommitment.id,
        type_coerce(BudgetCommitment.state, _WORD),
        BudgetCommitment.amount_minor,
    ).where(
        BudgetCommitment.guild_id == _MINE["guild"],
        BudgetCommitment.project_id == _MINE["project"],
        BudgetCommitment.state == CommitmentState.OPEN,
    ),
)


async def load(session: AsyncSession, project: Project) -> Books:
    """Read a project's books with two queries."""
    categories, lines = await chart_of(session, project)
    spent: list[Spent] = []
    promised: list[Promise] = []
    rows: Any = await session.execute(_COSTS, {"guild": project.guild_id, "project": project.id})
    for kind, line, booking, commitment, state, minor in rows:
        key: Key | None = ("booking", booking) if booking else ("commitment", commitment) if commitment else None
        if kind == "expense":
            spent.append(Spent(line, key, STATES[state], int(minor)))
        else:
            promised.append(Promise(line, key, state in FIRM, int(minor)))
    return Books(project, categories, lines, spent, promised)


async def report(session: AsyncSession, project: Project) -> Report:
    """Return where a project stands: the one function that all figures come from.

    `info["reports"]` keeps it for what else the transaction does, until a row that it is made of changes.
    """
    found = compute(await load(session, project))
    session.info.setdefault("reports", {})[project.id] = found
    return found


async def report_again(session: AsyncSession, books: Books) -> Report:
    """Return where a project stands after its lines were planned anew; nothing was added, spent or promised since."""
    await session.flush()
    found = compute(books)
    session.info.setdefault("reports", {})[books.project.id] = found
    return found


def compute(books: Books) -> Report:
    """Hold what was spent and promised against the plan; knows no database."""
    currency = books.project.currency
    sums = _sums(books)
    planned = _planned(books)
    by_category: dict[int, list[LineReport]] = defaultdict(list)
    reserves = {category.id for category in books.categories if category.code == CONTINGENCY}
    for line in books.lines:
        standing = _stand(currency, line, planned[line.id], sums[line.id], is_reserve=line.category_id in reserves)
        by_category[line.category_id].append(LineReport(line, standing))
    categories = tuple(
        CategoryReport(category, lines := tuple(by_category[category.id]), _total(currency, lines))
        for category in books.categories
    )
    return Report(books.project, categories, replace(_total(currency, categories), budget=books.project.budget_minor))


def _sums(books: Books) -> dict[int, Sums]:
    """Add up what lies on each line; a promise shrinks by what was invoiced for it, never below zero (R14)."""
    sums: dict[int, Sums] = defaultdict(Sums)
    invoiced: dict[Key | None, int] = defaultdict(int)
    for spent in books.spent:
        if spent.state is ExpenseState.APPROVED:
            sums[spent.line_id].actual += spent.minor
            invoiced[spent.promise] += spent.minor
        else:
            sums[spent.line_id].pending += spent.minor
    for promise in books.promised:
        still_open = max(0, promise.minor - (invoiced[promise.key] if promise.key else 0))
        if promise.is_firm:
            sums[promise.line_id].committed += still_open
        else:
            sums[promise.line_id].exposure += still_open
    return sums


def _planned(books: Books) -> dict[int, int]:
    """Return each line's plan with what transfers moved.

    A percent line takes its own category, the contingency all that count for it (R12). Both take the plans from
    before any transfer, so that moving money never changes the total (R17).
    """
    planned = {line.id: line.planned_minor for line in books.lines if line.unit is not Unit.PERCENT}
    base: dict[int, int] = defaultdict(int)
    for line in books.lines:
        base[line.category_id] += planned.get(line.id, 0)
    reserves = {category.id for category in books.categories if category.code == CONTINGENCY}
    percents = [line for line in books.lines if line.unit is Unit.PERCENT]
    for line in percents:
        if line.category_id not in reserves:
            planned[line.id] = part(base[line.category_id], line.quantity)
    for line in percents:
        if line.category_id in reserves:
            planned[line.id] = part(_contingency_base(books, planned), line.quantity)
    return {line.id: planned[line.id] + line.moved_minor for line in books.lines}


def _contingency_base(books: Books, planned: dict[int, int]) -> int:
    counted = {found.id for found in books.categories if found.in_contingency and found.code != CONTINGENCY}
    return sum(planned[line.id] for line in books.lines if line.category_id in counted)


def part(base_minor: int, percent: Decimal) -> int:
    """Return a percentage in minor units, rounded half up once (R12)."""
    return int((base_minor * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


def _stand(currency: str, line: BudgetLine, planned: int, sums: Sums, *, is_reserve: bool) -> Standing:
    known = sums.actual + sums.committed
    manual = line.etc_minor
    etc = max(0, planned - known) if manual is None else manual
    if line.is_closed or is_reserve:
        etc = 0
    return Standing(
        currency,
        planned=0 if is_reserve else planned,
        actual=sums.actual,
        committed=sums.committed,
        exposure=sums.exposure,
        etc=etc,
        risk_efc=max(known + etc, known + sums.exposure),
        contingency=planned if is_reserve else 0,
        pending=sums.pending,
    )


def _total(currency: str, parts: Iterable[LineReport | CategoryReport]) -> Standing:
    every = [part.standing for part in parts]
    return Standing(
        currency,
        planned=sum(each.planned for each in every),
        actual=sum(each.actual for each in every),
        committed=sum(each.committed for each in every),
        exposure=sum(each.exposure for each in every),
        etc=sum(each.etc for each in every),
        risk_efc=sum(each.risk_efc for each in every),
        contingency=sum(each.contingency for each in every),
        pending=sum(each.pending for each in every),
    )
