"""What becomes of an expense: approved, rejected or void, of two at once by one only; whoever logged it is told."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import UserError
from bot.models.budget import Expense, ExpenseState
from bot.models.reminder import ReminderKind
from bot.services.budget_expense import Logged, mark_stale
from bot.services.budget_notice import tell, withdraw
from bot.services.budget_target import LineClosed
from bot.services.project import tidy_name
from bot.services.reminder_said import Said
from bot.text import plain

REASON_LIMIT = 300


class DecidedAlready(UserError):
    """The second decision on an expense."""

    text = "Expense #{number} is {state} already, so nothing was changed."
    made_here = frozenset({"state"})


class RefundedAlready(UserError):
    """A void or an edit of what was refunded in part."""

    text = "Money came back for expense #{number} already, so nothing was changed. Void that refund first."


class NoReason(UserError):
    """A void without a word why."""

    text = "Voiding an expense needs a reason, so nothing was changed. Press Void again and say why in a few words."


async def decide(session: AsyncSession, actor: Actor, logged: Logged, *, approve: bool) -> None:
    """Approve or reject what waits, and let whoever logged it know.

    Raises `DecidedAlready`, or `LineClosed` for approving on a line that is done.
    """
    expense = logged.expense
    if expense.state is not ExpenseState.PENDING:
        raise DecidedAlready(number=expense.number, state=expense.state.value)
    if approve and logged.line.is_closed:
        raise LineClosed(item=logged.line.item)
    expense.state = ExpenseState.APPROVED if approve else ExpenseState.REJECTED
    expense.decided_by = actor.user_id
    expense.decided_at = session.info["at"]
    mark_stale(session, expense)
    await answer(session, actor, expense)


async def answer(session: AsyncSession, actor: Actor, expense: Expense) -> None:
    """Let whoever logged an expense know what became of it: by message, else where they logged it."""
    if actor.user_id != expense.created_by:
        home = expense.logged_in_id or expense.channel_id
        what = f"The answer to expense #{expense.number}"
        await tell(session, ReminderKind.EXPENSE, expense, what, user_id=expense.created_by, channel_id=home)


async def describe(session: AsyncSession, rows: Sequence[Any]) -> Mapping[int, Said]:
    """Word the answers that are due, as the expenses stand now, without their amounts."""
    wanted = select(Expense).where(Expense.id.in_({row.subject_id for row in rows}))
    known = {expense.id: expense for expense in await session.scalars(wanted)}
    last = {row.subject_id: row.id for row in sorted(rows, key=lambda row: row.id)}
    return {row.id: _outcome(known[row.subject_id], row, is_last=last[row.subject_id] == row.id) for row in rows}


def _outcome(expense: Expense, row: Any, *, is_last: bool) -> Said:
    if expense.state is ExpenseState.PENDING or not is_last:
        return Said(pointless="it waits again" if is_last else "folded into the next one")
    became = {ExpenseState.REJECTED: "rejected, so it does not count", ExpenseState.VOID: "taken out of the books"}
    by = f" by <@{expense.decided_by}>" if expense.decided_by else ""
    reason = f"\nReason: {plain(expense.reason)}" if expense.reason and expense.state is ExpenseState.VOID else ""
    text = (
        f"🧾 Your expense #{expense.number} **{plain(expense.what)}** was {became.get(expense.state, 'approved')}{by}."
    )
    return Said(text + reason, user_id=row.user_id, channel_id=row.channel_id, user_ids=(row.user_id,))


async def must_not_be_refunded(session: AsyncSession, expense: Expense) -> None:
    """Raise `RefundedAlready` where money came back for the expense."""
    refunds = select(Expense.id).where(Expense.refund_of == expense.id, Expense.state == ExpenseState.APPROVED)
    if await session.scalar(refunds.limit(1)) is not None:
        raise RefundedAlready(number=expense.number)


async def void(session: AsyncSession, actor: Actor, logged: Logged, reason: str) -> None:
    """Take an expense out of the books, with the reason; raises `NoReason`, `DecidedAlready` or `RefundedAlready`."""
    expense = logged.expense
    if not reason.strip():
        raise NoReason
    if expense.state not in (ExpenseState.APPROVED, ExpenseState.PENDING):
        raise DecidedAlready(number=expense.number, state=expense.state.value)
    await must_not_be_refunded(session, expense)
    expense.state = ExpenseState.VOID
    expense.reason = tidy_name(reason, REASON_LIMIT)
    expense.decided_by = actor.user_id
    expense.decided_at = session.info["at"]
    mark_stale(session, expense)
    await answer(session, actor, expense)


async def recheck(session: AsyncSession, expense: Expense) -> None:
    """Show an expense's question as it is again once a change was undone, and withdraw an answer that has not left."""
    mark_stale(session, expense)
    if expense.state is ExpenseState.PENDING:
        await withdraw(session, ReminderKind.EXPENSE, expense.id)
