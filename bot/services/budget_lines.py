"""What happens to lines after they are planned: transfers, estimates by hand, closing, the locked plan's revisions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import NotFound, UserError
from bot.models.budget import BudgetCategory, BudgetLine, BudgetRevision, BudgetTransfer
from bot.models.project import Project
from bot.money import Amount, Money
from bot.services.budget_expense import line_to_charge
from bot.services.budget_plan import lock
from bot.services.budget_report import LineReport, Report, compute, load, report, report_again
from bot.services.budget_warning import Stand
from bot.services.project import exact_money, get, tidy_name
from bot.text import clip

REASON_LIMIT = 300


class NothingMoved(UserError):
    """A transfer between a line and itself."""

    text = "“{item}” is both the source and the target, so nothing was moved. Name two lines."


class NoAmount(UserError):
    """A transfer of nothing."""

    text = "A transfer needs an amount above 0, so nothing was moved. Type it like `400` or `€80`."


class NotThatMuch(UserError):
    """A transfer of more than a line has left; the amounts are only for who may see money."""

    text = (
        "“{item}” has {left} left, and you want to move {wanted}. Nothing was changed; move less, or from another line."
    )
    made_here = frozenset({"left", "wanted"})


class ReasonForEstimate(UserError):
    """An estimate by hand without the reason (R15)."""

    text = "An estimate by hand needs a reason, so nothing was changed. Say in a few words why the plan no longer fits."


class LockedAlready(UserError):
    """The second lock."""

    text = (
        "The plan of “{name}” is locked already, so nothing was changed. "
        "Each later change to it is kept as a numbered revision by itself."
    )


@dataclass(frozen=True, slots=True)
class Moved:
    """A transfer with both sides as they stand now."""

    project: Project
    transfer: BudgetTransfer
    source: LineReport
    target: LineReport
    revision: BudgetRevision | None
    warnings: tuple[Stand, ...] = ()


async def line_of(session: AsyncSession, actor: Actor, line_id: int) -> tuple[BudgetLine, Project]:
    """Return a line of this server with its project, locked; raises `NotFound` or `ProjectArchived`."""
    line = await session.scalar(
        select(BudgetLine).where(BudgetLine.id == line_id, BudgetLine.guild_id == actor.guild_id).with_for_update()
    )
    if line is None:
        raise NotFound(kind="line", given=line_id)
    project = await get(session, actor.guild_id, line.project_id)
    await lock(session, project)
    return line, project


async def transfer(
    session: AsyncSession,
    actor: Actor,
    project: Project,
    amount: Amount,
    ends: tuple[str, str],
    *,
    reason: str | None,
    locale: str,
) -> Moved:
    """Move plan from one line to another, so that the total stays (R17).

    Raises `NoAmount`, `NothingMoved`, `NotThatMuch`, `OtherCurrency`, `LineClosed` or `Ambiguous`.
    """
    money = exact_money(amount, project.currency)
    if money.minor <= 0:
        raise NoAmount
    await lock(session, project)
    source, _ = await line_to_charge(session, actor, project, ends[0], None, option="source")
    target, _ = await line_to_charge(session, actor, project, ends[1], None, option="target")
    if source.id == target.id:
        raise NothingMoved(item=source.item)
    books = await load(session, project)
    before = compute(books)
    left = before.line(source.id).standing.left
    if left < money.minor:
        shown = (Money(max(left, 0), project.currency).show(locale), money.show(locale))
        raise NotThatMuch(item=source.item, left=shown[0], wanted=shown[1])
    source.moved_minor -= money.minor
    target.moved_minor += money.minor
    row = BudgetTransfer(
        guild_id=project.guild_id,
        project_id=project.id,
        source_id=source.id,
        target_id=target.id,
        amount_minor=money.minor,
        reason=tidy_name(reason, REASON_LIMIT) if reason else None,
        is_undone=False,
        created_by=actor.user_id,
        created_at=session.info["at"],
    )
    session.add(row)
    after = await report_again(session, books)
    known = await all_revisions(session, project)
    revision = await revise(session, actor, f"{source.item} to {target.item}", (before, after), known)
    return Moved(project, row, after.line(source.id), after.line(target.id), revision)


def estimate(session: AsyncSession, actor: Actor, line: BudgetLine, money: Money | None, reason: str) -> None:
    """Set what a line still takes by hand, with who, when and why; None lets the plan say it again (R15).

    Raises `ReasonForEstimate`.
    """
    if money is not None and not reason.strip():
        raise ReasonForEstimate
    line.etc_minor = None if money is None else money.minor
    line.etc_reason = None if money is None else tidy_name(reason, REASON_LIMIT)
    line.etc_by = None if money is None else actor.user_id
    line.etc_at = None if money is None else session.info["at"]


async def category_of(session: AsyncSession, actor: Actor, category_id: int) -> tuple[BudgetCategory, Project]:
    """Return a category of this server with its project, locked; raises `NotFound` or `ProjectArchived`."""
    category = await session.scalar(
        select(BudgetCategory).where(BudgetCategory.id == category_id, BudgetCategory.guild_id == actor.guild_id)
    )
    if category is None:
        raise NotFound(kind="category", given=category_id)
    project = await get(session, actor.guild_id, category.project_id)
    await lock(session, project)
    return category, project


async def revisions_of(session: AsyncSession, project: Project) -> list[BudgetRevision]:
    """Return the approved plan (number 0) and the changes to it since, in order; empty while nothing is locked."""
    return counted(await all_revisions(session, project))


async def all_revisions(session: AsyncSession, project: Project) -> list[BudgetRevision]:
    """Return every revision a project has had, in order, with those that were undone."""
    mine = BudgetRevision.guild_id == project.guild_id, BudgetRevision.project_id == project.id
    return list(await session.scalars(select(BudgetRevision).where(*mine).order_by(BudgetRevision.number)))


def counted(revisions: Sequence[BudgetRevision]) -> list[BudgetRevision]:
    """Return those that stand; none while the plan is not locked."""
    found = [each for each in revisions if not each.is_undone]
    return found if found and found[0].number == 0 else []


async def approve_plan(session: AsyncSession, actor: Actor, project: Project) -> BudgetRevision:
    """Lock the plan as it stands, again after a lock that was undone; raises `LockedAlready`."""
    await lock(session, project)
    known = await all_revisions(session, project)
    if counted(known):
        raise LockedAlready(name=project.name)
    total = _planned(await report(session, project))
    before = next((each for each in known if each.number == 0), None)
    if before is None:
        return await _add(session, actor, project, "Approved plan", (total, total), known)
    before.before_minor = before.after_minor = total
    before.created_by, before.created_at, before.is_undone = actor.user_id, session.info["at"], False
    return before


async def revise(
    session: AsyncSession, actor: Actor, what: str, reports: tuple[Report, Report], known: Sequence[BudgetRevision]
) -> BudgetRevision | None:
    """Keep a change to a locked plan as its next revision (R17); nothing while it is not locked.

    `reports` are from before and after it, `known` all revisions so far.
    """
    if not counted(known):
        return None
    before, after = reports
    return await _add(session, actor, after.project, what, (_planned(before), _planned(after)), known)


async def _add(
    session: AsyncSession,
    actor: Actor,
    project: Project,
    what: str,
    totals: tuple[int, int],
    known: Sequence[BudgetRevision],
) -> BudgetRevision:
    revision = BudgetRevision(
        guild_id=project.guild_id,
        project_id=project.id,
        number=known[-1].number + 1 if known else 0,
        what=clip(what, 200),
        before_minor=totals[0],
        after_minor=totals[1],
        is_undone=False,
        created_by=actor.user_id,
        created_at=session.info["at"],
    )
    session.add(revision)
    await session.flush()
    return revision


def _planned(found: Report) -> int:
    """Return the plan with what is set aside: the total that a lock approves."""
    return found.standing.planned + found.standing.contingency
