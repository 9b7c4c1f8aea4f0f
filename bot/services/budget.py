"""The budget: planning, spending, and what is left of it; figures come from `budget_report.report` alone."""

from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound
from bot.fuzzy import Ambiguous, Choice
from bot.models.budget import BudgetCategory, BudgetLine, BudgetRevision, Expense, ExpenseState, Receipt
from bot.models.project import Project
from bot.models.room import Room
from bot.money import Amount, Money
from bot.services import budget_decide as deciding
from bot.services import budget_entries as entries
from bot.services import budget_expense as expenses
from bot.services import budget_lines as lines
from bot.services import budget_plan as plans
from bot.services import budget_promise as promises
from bot.services import budget_target as targets
from bot.services import budget_whatif as whatif
from bot.services.budget_entries import Edit, Entries
from bot.services.budget_expense import Logged, NoReceipt, Spending
from bot.services.budget_export import Export, export_of
from bot.services.budget_lines import Moved
from bot.services.budget_plan import Plan, Planned
from bot.services.budget_promise import Promised
from bot.services.budget_report import Left, Standing, load, report
from bot.services.budget_warning import warned
from bot.services.budget_whatif import WhatIf
from bot.services.project import ProjectArchived, current, exact_money, find, get, needed
from bot.services.settings import SettingsService


async def line_for_room(session: AsyncSession, actor: Actor, project: Project, room: Room) -> BudgetLine:
    """Return the line that a booking of this room charges, made where there is none.

    In the category Studio it is the line called like the room, else the only planned one, else a new one.
    """
    return await plans.studio_line(session, actor, project, room.name)


async def standing(session: AsyncSession, project: Project, line_id: int | None = None) -> Standing:
    """Return where a project or one of its lines stands, in minor units."""
    found = await report(session, project)
    return found.standing if line_id is None else found.line(line_id).standing


async def charge(
    session: AsyncSession,
    actor: Actor,
    *,
    project_id: int,
    line_id: int,
    amount_minor: int,
    what: str,
    booking_id: int | None = None,
) -> Expense:
    """Add an approved expense in the project's currency, such as a cancellation fee (R26); a refund is negative.

    With a booking it is an invoice for it, and shrinks what is committed (R14).
    """
    project = await get(session, actor.guild_id, project_id)
    await plans.keep(session, project)
    money = Money(amount_minor, project.currency)
    return await expenses.counted(session, actor, project, line_id, money, what=what, booking_id=booking_id)


class BudgetService:
    """What a band does with its money."""

    def __init__(self, db: Database, clock: Clock, settings: SettingsService) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings

    async def plan(self, actor: Actor, plan: Plan, project: str | None = None) -> Planned:
        """Add a planned line or change one (producers only); an unknown category becomes the band's own.

        Raises `NoProject`, `ProjectArchived`, `Ambiguous`, `OtherCurrency`, `LineClosed`, or what the plan lacks.
        """
        actor.must_produce()
        async with self._db.write(actor, "budget.plan") as session:
            found = await needed(session, actor, project)
            await plans.lock(session, found)
            target, is_new_category = await plans.place(session, actor, found, plan)
            line = target.line
            assert line is not None  # noqa: S101 - place() always returns one
            is_new = line.id is None
            with session.no_autoflush:
                known = await lines.all_revisions(session, found)
                before = await report(session, found) if lines.counted(known) else None
            plans.fill(line, plan, found.currency)
            await session.flush()
            after = await report(session, found)
            revision = await lines.revise(session, actor, line.item, (before, after), known) if before else None
        now = after.line(line.id).standing
        told = warned(session)
        return Planned(found, target.category, line, is_new_category, is_new, now, after.standing, revision, told)

    async def left(self, actor: Actor, category: str | None, project: str | None) -> Left:
        """Return where a category, a line or the project stands (money roles only).

        A room without a line of its own means the line that its sessions are charged to.
        Raises `NotAllowed`, `NoProject`, `Ambiguous` or `NoSuchCategory`.
        """
        actor.must_see_money()
        async with self._db.read() as session:
            found = await self._shown(session, actor, project)
            whole = await report(session, found)
            if category is None:
                return Left(whole)
            among = targets.targets(
                [each.category for each in whole.categories],
                [line.line for each in whole.categories for line in each.lines],
            )
            try:
                target = targets.find(category, among)
            except targets.NoSuchCategory:
                charged = await plans.line_of_room(session, found, category)
                if charged is None:
                    raise
                target = next(each for each in among if each.line is not None and each.line.id == charged)
        group = next(each for each in whole.categories if each.category is target.category)
        line = next((each for each in group.lines if each.line is target.line), None)
        return Left(whole, group, line)

    async def spend(self, actor: Actor, spending: Spending, project: str | None = None) -> Logged:
        """Log an expense; a member's above the threshold waits for a producer.

        Raises `NoProject`, `ProjectArchived`, `Ambiguous`, `NoSuchCategory`, `LineClosed`, `RateNeeded`,
        `NotAReceipt` or what the amount lacks.
        """
        settings = await self._settings.of(actor.guild_id)
        async with self._db.write(actor, "budget.spend") as session:
            found = await needed(session, actor, project)
            logged = await expenses.log_expense(session, actor, found, spending, settings)
        return replace(logged, warnings=warned(session))

    async def expense(self, actor: Actor, number: int) -> Logged:
        """Return an expense to whoever may see it; raises `NotFound` or `NotAllowed` (R35)."""
        async with self._db.read() as session:
            logged = await expenses.expense_of(session, actor.guild_id, number)
        expenses.must_be_seen(actor, logged.expense)
        return logged

    async def receipt(self, actor: Actor, number: int) -> Receipt:
        """Return the file behind an expense; raises `NotFound`, `NotAllowed` or `NoReceipt`."""
        async with self._db.read() as session:
            expense = (await expenses.expense_of(session, actor.guild_id, number)).expense
            expenses.must_be_seen(actor, expense)
            kept = select(Receipt).where(Receipt.id == expense.receipt_id, Receipt.guild_id == actor.guild_id)
            receipt = await session.scalar(kept)
        if receipt is None:
            raise NoReceipt(number=number)
        return receipt

    async def decide(self, actor: Actor, number: int, *, approve: bool) -> Logged:
        """Approve or reject an expense that waits (producers only); of two at once one wins.

        Raises `NotFound`, `DecidedAlready`, `ProjectArchived` or `LineClosed`.
        """
        actor.must_produce()
        async with self._db.write(actor, "budget.approve" if approve else "budget.reject") as session:
            logged = await expenses.expense_of(session, actor.guild_id, number, lock_it=True)
            await plans.lock(session, logged.project)
            await deciding.decide(session, actor, logged, approve=approve)
        return replace(logged, warnings=warned(session))

    async def void(self, actor: Actor, number: int, reason: str) -> Logged:
        """Take an expense out of the books (producers only); raises `NotFound`, `NoReason` or `DecidedAlready`."""
        actor.must_produce()
        async with self._db.write(actor, "budget.void") as session:
            logged = await expenses.expense_of(session, actor.guild_id, number, lock_it=True)
            await deciding.void(session, actor, logged, reason)
        return logged

    async def asked_in(self, actor: Actor, number: int, channel_id: int, message_id: int) -> None:
        """Remember where the question for approval stands, so that it can show the answer."""
        async with self._db.write() as session:
            expense = (await expenses.expense_of(session, actor.guild_id, number, lock_it=True)).expense
            expense.channel_id, expense.message_id = channel_id, message_id

    async def question(self, expense_id: int) -> Logged | None:
        """Return what a question for approval is about, for showing it again."""
        async with self._db.read() as session:
            expense = await session.get(Expense, expense_id)
            return await expenses.expense_of(session, expense.guild_id, expense.number) if expense else None

    async def listed(
        self, actor: Actor, project: str | None, category: str | None, state: ExpenseState | None, page: int, size: int
    ) -> Entries:
        """Return a page of a project's expenses; without the money role, of one's own.

        Raises `NoProject`, `Ambiguous` or `NoSuchCategory`.
        """
        async with self._db.read() as session:
            found = await self._shown(session, actor, project)
            target = None
            if category is not None:
                target = targets.find(category, await targets.targets_of(session, found))
            return await entries.entries(
                session, actor, found, target=target, state=state, offset=page * size, limit=size
            )

    async def edit(self, actor: Actor, number: int, wish: Edit) -> Logged:
        """Change an expense: a producer any that counts or waits, a member their own while it waits."""
        async with self._db.write(actor, "budget.edit") as session:
            logged = await expenses.expense_of(session, actor.guild_id, number, lock_it=True)
            edited = await entries.edit(session, actor, logged, wish)
        return replace(edited, warnings=warned(session))

    async def refund(self, actor: Actor, number: int, amount: Amount) -> Logged:
        """Log money that came back for an expense (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "budget.refund") as session:
            logged = await expenses.expense_of(session, actor.guild_id, number, lock_it=True)
            return await entries.refund(session, actor, logged, amount)

    async def commit(
        self,
        actor: Actor,
        amount: Amount,
        category: str,
        *,
        what: str | None,
        due_on: date | None,
        project: str | None = None,
    ) -> Promised:
        """Write down a promise to pay that is not yet an invoice (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "budget.commit") as session:
            found = await needed(session, actor, project)
            made = await promises.promise(session, actor, found, amount, category, what=what, due_on=due_on)
        return replace(made, warnings=warned(session))

    async def promise(self, actor: Actor, number: int) -> Promised:
        """Return a promise (money roles only); raises `NotFound`."""
        actor.must_see_money()
        async with self._db.read() as session:
            return await promises.promise_of(session, actor, number)

    async def promises(self, actor: Actor, project: str) -> list[Promised]:
        """Return a project's open promises (money roles only)."""
        actor.must_see_money()
        async with self._db.read() as session:
            return await promises.promises_of(session, await self._shown(session, actor, project))

    async def invoice(self, actor: Actor, number: int, amount: Amount) -> Logged:
        """Log the invoice for a promise (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "budget.invoice") as session:
            promised = await promises.promise_of(session, actor, number, lock_it=True)
            logged = await entries.invoice(session, actor, promised, amount)
        return replace(logged, warnings=warned(session))

    async def take_back(self, actor: Actor, number: int) -> Promised:
        """Cancel a promise (producers only); what was invoiced for it stays."""
        actor.must_produce()
        async with self._db.write(actor, "budget.take_back") as session:
            promised = await promises.promise_of(session, actor, number, lock_it=True)
            await promises.cancel(session, promised)
        return promised

    async def transfer(
        self, actor: Actor, amount: Amount, source: str, target: str, *, reason: str | None, project: str | None = None
    ) -> Moved:
        """Move plan between two lines (producers only); the total stays."""
        actor.must_produce()
        locale = (await self._settings.of(actor.guild_id)).locale
        async with self._db.write(actor, "budget.transfer") as session:
            found = await needed(session, actor, project)
            moved = await lines.transfer(session, actor, found, amount, (source, target), reason=reason, locale=locale)
        return replace(moved, warnings=warned(session))

    async def line(self, actor: Actor, line_id: int) -> Left:
        """Return a line by its key with all it belongs to (money roles only); raises `NotFound`."""
        actor.must_see_money()
        async with self._db.read() as session:
            row = await session.get(BudgetLine, line_id)
            if row is None or row.guild_id != actor.guild_id:
                raise NotFound(kind="line", given=line_id)
            found = await report(session, await get(session, actor.guild_id, row.project_id))
        return Left(found, found.category(row.category_id), found.line(line_id))

    async def close(self, actor: Actor, line_id: int) -> None:
        """Close a line, so that nothing more is expected or booked on it, or open it again (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "budget.close") as session:
            line, _ = await lines.line_of(session, actor, line_id)
            line.is_closed = not line.is_closed

    async def estimate(self, actor: Actor, line_id: int, amount: Amount | None, reason: str) -> None:
        """Set by hand what a line still takes, or with no amount let the plan say it (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "budget.estimate") as session:
            line, project = await lines.line_of(session, actor, line_id)
            money = exact_money(amount, project.currency) if amount else None
            lines.estimate(session, actor, line, money, reason)

    async def count_for_contingency(self, actor: Actor, category_id: int) -> BudgetCategory:
        """Leave a category out of the contingency's percentage, or count it again (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "budget.contingency") as session:
            category, _ = await lines.category_of(session, actor, category_id)
            category.in_contingency = not category.in_contingency
        return category

    async def lock(self, actor: Actor, project: str | None) -> tuple[Project, BudgetRevision]:
        """Lock the approved plan (producers only); later changes are numbered revisions."""
        actor.must_produce()
        async with self._db.write(actor, "budget.lock") as session:
            found = await needed(session, actor, project)
            return found, await lines.approve_plan(session, actor, found)

    async def revisions(self, actor: Actor, project: str) -> tuple[Project, list[BudgetRevision]]:
        """Return the approved plan and its changes (money roles only)."""
        actor.must_see_money()
        async with self._db.read() as session:
            found = await self._shown(session, actor, project)
            return found, await lines.revisions_of(session, found)

    async def what_if(self, actor: Actor, change: str, locale: str, project: str | None = None) -> WhatIf:
        """Return the report as it would be with one more cost (money roles only); nothing is written."""
        actor.must_see_money()
        async with self._db.read() as session:
            found = await needed(session, actor, project)
            rooms = (await session.scalars(select(Room).where(Room.guild_id == actor.guild_id))).all()
            return whatif.imagine(await load(session, found), rooms, change, locale)

    async def exported(self, actor: Actor, project: str | None) -> Export:
        """Return all that goes into the files of a budget (money roles only); `budget_files.written` makes them."""
        actor.must_see_money()
        async with self._db.read() as session:
            found = await self._shown(session, actor, project)
            return await export_of(session, found, actor.zone)

    async def suggest(self, actor: Actor, text: str, *, project: str | None = None) -> list[Choice]:
        """Return the categories and lines a person may mean while typing; names only, no money.

        While it is open which project is meant they are those of the newest, as most names are the chart's.
        """
        async with self._db.read() as session:
            try:
                found = await current(session, actor, project)
            except Ambiguous as several:
                found = await find(session, actor, several.choices[0].value)
            except (NotFound, ProjectArchived):
                return []
            if found is None:
                return []
            return targets.suggestions(text, await targets.targets_of(session, found))

    async def _shown(self, session: AsyncSession, actor: Actor, project: str | None) -> Project:
        """Return the project to look at, an archived one too where it is named."""
        return await find(session, actor, project, archived=True) if project else await needed(session, actor, None)
