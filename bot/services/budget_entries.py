"""The list of expenses, and what is mended in it: edits, refunds, and invoices for promises (R13, R14)."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import UserError
from bot.models.budget import BudgetCategory, BudgetLine, Expense, ExpenseState
from bot.models.project import Project
from bot.money import LARGEST, Amount, AmountOutOfRange, Money, digits_of
from bot.services.budget_decide import DecidedAlready, must_not_be_refunded
from bot.services.budget_expense import (
    PAYEE_LIMIT,
    WHAT_LIMIT,
    Logged,
    NothingSpent,
    counted,
    line_to_charge,
    mark_stale,
)
from bot.services.budget_plan import lock
from bot.services.budget_promise import Promised, must_be_open
from bot.services.budget_target import Target
from bot.services.project import exact_money, tidy_name
from bot.text import clip


class NotYoursToEdit(UserError):
    """Somebody else's expense, or one that was decided."""

    text = (
        "Expense #{number} can only be changed by a producer, or by whoever logged it while it waits. "
        "Nothing was changed."
    )


class MoreThanPaid(UserError):
    """A refund of more than was paid."""

    text = "More would come back than was paid for expense #{number}, so nothing was logged. Give a smaller amount."


class NotRefundable(UserError):
    """A refund of what is no expense that counts."""

    text = "Only an approved expense can be refunded, and #{number} is none. Nothing was logged."


@dataclass(frozen=True, slots=True)
class Entries:
    """One page of a project's expenses, how many there are, and what the ones that count come to."""

    project: Project
    page: list[Logged]
    total: int
    counted_minor: int


@dataclass(frozen=True, slots=True)
class Edit:
    """What an expense should say; the category only where it is another one."""

    amount: Amount
    what: str
    payee: str
    spent_on: date
    category: str


def _of(actor: Actor, project: Project, state: ExpenseState | None) -> Any:
    """Select a project's expenses that the person may see: all, or their own (R35)."""
    mine = select(Expense).where(Expense.guild_id == project.guild_id, Expense.project_id == project.id)
    if state is not None:
        mine = mine.where(Expense.state == state)
    return mine if actor.sees_money else mine.where(Expense.created_by == actor.user_id)


async def entries(
    session: AsyncSession,
    actor: Actor,
    project: Project,
    *,
    target: Target | None,
    state: ExpenseState | None,
    offset: int,
    limit: int,
) -> Entries:
    """Return a page of the expenses of a project, a category or a line, the newest first."""
    wanted = _of(actor, project, state)
    if target is not None and target.line is not None:
        wanted = wanted.where(Expense.line_id == target.line.id)
    elif target is not None:
        inside = select(BudgetLine.id).where(BudgetLine.category_id == target.category.id)
        wanted = wanted.where(Expense.line_id.in_(inside))
    rows = wanted.subquery()
    total, counted = (
        await session.execute(
            select(
                func.count(),
                func.coalesce(func.sum(rows.c.amount_minor).filter(rows.c.state == ExpenseState.APPROVED.value), 0),
            ).select_from(rows)
        )
    ).one()
    page = await session.execute(
        wanted.join(BudgetLine, BudgetLine.id == Expense.line_id)
        .join(BudgetCategory, BudgetCategory.id == BudgetLine.category_id)
        .add_columns(BudgetLine, BudgetCategory)
        .order_by(Expense.number.desc())
        .offset(offset)
        .limit(limit)
    )
    found = [Logged(expense, line, category, project) for expense, line, category in page]
    return Entries(project, found, total, int(counted))


async def edit(session: AsyncSession, actor: Actor, logged: Logged, wish: Edit) -> Logged:
    """Change what an expense says; its rate stays as it was given (R18), and the trail keeps what it said.

    Raises `NotYoursToEdit`, `DecidedAlready`, `OtherCurrency`, `NothingSpent` or what a name lacks.
    """
    expense, project = logged.expense, logged.project
    own = expense.created_by == actor.user_id and logged.is_pending
    if not (actor.is_producer or own):
        raise NotYoursToEdit(number=expense.number)
    if not (logged.is_pending or logged.is_counted) or expense.refund_of is not None:
        raise DecidedAlready(number=expense.number, state=expense.state.value)
    await lock(session, project)
    await must_not_be_refunded(session, expense)
    line, category = logged.line, logged.category
    if wish.category.strip() and wish.category.strip() != Target(category, line).path:
        what = tidy_name(wish.what, WHAT_LIMIT)
        line, target = await line_to_charge(session, actor, project, wish.category, what)
        category = target.category
    _set_amount(expense, project, wish.amount)
    expense.what = tidy_name(wish.what, WHAT_LIMIT)
    expense.payee = tidy_name(wish.payee, PAYEE_LIMIT) if wish.payee.strip() else None
    expense.spent_on = wish.spent_on
    expense.line_id = line.id
    mark_stale(session, expense)
    return Logged(expense, line, category, project)


def _set_amount(expense: Expense, project: Project, amount: Amount) -> None:
    paid = exact_money(amount, expense.original_currency)
    exact = paid.major * Decimal(expense.rate or 1)
    if exact > LARGEST:
        raise AmountOutOfRange(given=clip(amount.given, 40))
    counted = int(exact.scaleb(digits_of(project.currency)).quantize(Decimal(1), ROUND_HALF_UP))
    if counted <= 0:
        raise NothingSpent
    expense.original_minor, expense.amount_minor = paid.minor, counted


async def refund(session: AsyncSession, actor: Actor, logged: Logged, amount: Amount) -> Logged:
    """Log money that came back for an expense, as a negative one on its line (R13).

    Raises `NotRefundable`, `MoreThanPaid`, `NothingSpent` or `OtherCurrency`.
    """
    paid = logged.expense
    if not logged.is_counted or paid.amount_minor <= 0:
        raise NotRefundable(number=paid.number)
    money = exact_money(amount, logged.project.currency)
    if money.minor <= 0:
        raise NothingSpent
    back = await session.scalar(
        select(func.sum(Expense.amount_minor)).where(
            Expense.refund_of == paid.id, Expense.state == ExpenseState.APPROVED
        )
    )
    if money.minor > paid.amount_minor + int(back or 0):
        raise MoreThanPaid(number=paid.number)
    sum_ = Money(-money.minor, money.currency)
    returned = await _counted(
        session,
        actor,
        logged.project,
        logged.line,
        sum_,
        what=f"Refund: {paid.what}",
        refund_of=paid.id,
        payee=paid.payee,
        paid_by=paid.paid_by,
    )
    return Logged(returned, logged.line, logged.category, logged.project)


async def invoice(session: AsyncSession, actor: Actor, promised: Promised, amount: Amount) -> Logged:
    """Log the invoice for a promise, which shrinks by it (R14).

    Raises `PromiseGone`, `NothingSpent` or `OtherCurrency`.
    """
    must_be_open(promised)
    money = exact_money(amount, promised.project.currency)
    if money.minor <= 0:
        raise NothingSpent
    said = promised.commitment
    expense = await _counted(
        session, actor, promised.project, promised.line, money, what=said.what, commitment_id=said.id
    )
    return Logged(expense, promised.line, promised.category, promised.project)


async def _counted(
    session: AsyncSession,
    actor: Actor,
    project: Project,
    line: BudgetLine,
    money: Money,
    *,
    what: str,
    **fields: Any,
) -> Expense:
    """Add an approved expense to a line."""
    await lock(session, project)
    return await counted(session, actor, project, line.id, money, what=what, **fields)
