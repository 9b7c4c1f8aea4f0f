"""Promises to pay that are not yet invoices, and the invoices that come for them (R14)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import NotFound, UserError
from bot.models.budget import BudgetCategory, BudgetCommitment, BudgetLine, CommitmentState
from bot.models.project import Project
from bot.money import Amount
from bot.services import budget_due as due
from bot.services.budget_expense import WHAT_LIMIT, NothingSpent, line_to_charge
from bot.services.budget_plan import lock
from bot.services.budget_warning import Stand
from bot.services.memo import next_number
from bot.services.project import exact_money, tidy_name


class PromiseGone(UserError):
    """A promise that was cancelled."""

    text = "Promise #{number} was cancelled already, so nothing was changed."


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise with its line, and what has been invoiced of it."""

    commitment: BudgetCommitment
    line: BudgetLine
    category: BudgetCategory
    project: Project
    invoiced: int = 0
    warnings: tuple[Stand, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.commitment.state is CommitmentState.OPEN

    @property
    def still_open(self) -> int:
        return max(0, self.commitment.amount_minor - self.invoiced) if self.is_open else 0


async def promise(
    session: AsyncSession,
    actor: Actor,
    project: Project,
    amount: Amount,
    category: str,
    *,
    what: str | None,
    due_on: date | None,
) -> Promised:
    """Write a promise down; raises `NothingSpent`, `OtherCurrency`, `LineClosed`, `Ambiguous` or `NoSuchCategory`."""
    money = exact_money(amount, project.currency)
    if money.minor <= 0:
        raise NothingSpent
    await lock(session, project)
    said = tidy_name(what, WHAT_LIMIT) if what else None
    line, target = await line_to_charge(session, actor, project, category, said)
    commitment = BudgetCommitment(
        guild_id=project.guild_id,
        number=await next_number(session, project.guild_id, "commitment"),
        project_id=project.id,
        line_id=line.id,
        what=said or line.item,
        amount_minor=money.minor,
        due_on=due_on,
        state=CommitmentState.OPEN,
        created_by=actor.user_id,
        created_at=session.info["at"],
    )
    session.add(commitment)
    await session.flush()
    await due.plan_first(session, actor, commitment)
    return Promised(commitment, line, target.category, project)


async def promise_of(session: AsyncSession, actor: Actor, number: int, *, lock_it: bool = False) -> Promised:
    """Return a promise of this server by its public number; raises `NotFound`."""
    statement = (
        select(BudgetCommitment, BudgetLine, BudgetCategory, Project)
        .join(BudgetLine, BudgetLine.id == BudgetCommitment.line_id)
        .join(BudgetCategory, BudgetCategory.id == BudgetLine.category_id)
        .join(Project, Project.id == BudgetCommitment.project_id)
        .where(BudgetCommitment.guild_id == actor.guild_id, BudgetCommitment.number == number)
    )
    if lock_it:
        statement = statement.with_for_update(of=BudgetCommitment)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(kind="promise", given=f"#{number}")
    key = row[0].id
    return Promised(*row, invoiced=(await due.invoiced(session, [key])).get(key, 0))


async def promises_of(session: AsyncSession, project: Project) -> list[Promised]:
    """Return a project's open promises, the next due first, those without a day last."""
    rows = (
        await session.execute(
            select(BudgetCommitment, BudgetLine, BudgetCategory)
            .join(BudgetLine, BudgetLine.id == BudgetCommitment.line_id)
            .join(BudgetCategory, BudgetCategory.id == BudgetLine.category_id)
            .where(
                BudgetCommitment.guild_id == project.guild_id,
                BudgetCommitment.project_id == project.id,
                BudgetCommitment.state == CommitmentState.OPEN,
            )
            .order_by(BudgetCommitment.due_on.is_(None), BudgetCommitment.due_on, BudgetCommitment.number)
        )
    ).all()
    paid = await due.invoiced(session, [commitment.id for commitment, _, _ in rows])
    return [
        Promised(commitment, line, category, project, paid.get(commitment.id, 0)) for commitment, line, category in rows
    ]


async def cancel(session: AsyncSession, promised: Promised) -> None:
    """Take a promise back, with its reminder; raises `PromiseGone`."""
    must_be_open(promised)
    promised.commitment.state = CommitmentState.CANCELLED
    await due.call_off(session, promised.commitment)


def must_be_open(promised: Promised) -> None:
    """Raise `PromiseGone` for a promise that was cancelled."""
    if not promised.is_open:
        raise PromiseGone(number=promised.commitment.number)
