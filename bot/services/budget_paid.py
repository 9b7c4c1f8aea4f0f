"""Settling up for real: who shares, who has paid whom, and what is still to be paid, to the cent (R19).

A transfer is written down when one side says it was paid or received, or when it is asked for; it counts once both
sides have said so. Until then it is taken out of what is still to be paid, so that later expenses come on top.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound, UserError
from bot.models.budget import BudgetPayment, BudgetSharer, Expense, ExpenseState
from bot.models.project import Project
from bot.models.reminder import ReminderKind
from bot.services import budget_settle as settling
from bot.services.budget_notice import tell, withdraw
from bot.services.budget_paid_words import Side, is_done, standing
from bot.services.budget_plan import keep
from bot.services.budget_settle import Debt, Fronted, Settlement
from bot.services.memo import next_number
from bot.services.project import find, get, needed
from bot.services.reminder_said import Said

MOST_SHARERS = 25
NEWS = "A transfer to settle up"


class NotYourTransfer(UserError):
    """A word on a transfer between others."""

    text = "Only {who} can say that, or a producer for somebody who left, so nothing was changed."
    made_here = frozenset({"who"})


class TransferChanged(UserError):
    """A button for a transfer that the expenses since have changed."""

    text = (
        "What is owed has changed since this was shown, so nothing was noted. "
        "Run `/budget settle` again for the transfers as they are now."
    )


class SaidAlready(UserError):
    """The second press."""

    text = "This transfer is marked as {side} already, so nothing was changed."
    made_here = frozenset({"side"})


class TransferGone(UserError):
    """A transfer that was taken back."""

    text = "This transfer was taken back, so nothing was changed. Run `/budget settle` for what is owed now."


class NobodyToAsk(UserError):
    """Asking when nothing is owed, or everybody was asked."""

    text = "Nobody owes anything that was not asked for yet, so nobody was asked."


@dataclass(frozen=True, slots=True)
class Settling:
    """Where a project's fronted money stands: what counts, what is under way, what is still to be paid, what is done.

    The balances are after the transfers that both sides have confirmed, and always sum to zero.
    """

    project: Project
    settlement: Settlement
    sharers: tuple[int, ...]
    under_way: tuple[BudgetPayment, ...]
    done: tuple[BudgetPayment, ...]

    @property
    def debts(self) -> list[Debt]:
        return self.settlement.debts


class SettleService:
    """What members do about money that some of them have paid for all."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def show(self, actor: Actor, project: str | None) -> Settling:
        """Return who owes whom (money roles only); raises `NotAllowed`, `NoProject` or `Ambiguous`."""
        actor.must_see_money()
        async with self._db.read() as session:
            return await _settling(session, await _named(session, actor, project))

    async def share(self, actor: Actor, project: str, people: Sequence[int]) -> Settling:
        """Set who shares the cost beside those who fronted some of it (money roles only)."""
        actor.must_see_money()
        async with self._db.write(actor, "budget.share") as session:
            found = await _named(session, actor, project)
            await keep(session, found)
            rows = {row.user_id: row for row in await session.scalars(_sharers(found))}
            for user_id, row in rows.items():
                row.is_sharing = user_id in people
            for user_id in dict.fromkeys(people[:MOST_SHARERS]):
                if user_id not in rows:
                    session.add(
                        BudgetSharer(guild_id=found.guild_id, project_id=found.id, user_id=user_id, is_sharing=True)
                    )
            await session.flush()
            return await _settling(session, found)

    async def say(self, actor: Actor, project: str, debt: Debt, side: Side) -> Settling:
        """Note what one side says of a transfer as it was shown.

        Raises `NotYourTransfer`, `SaidAlready` or `TransferChanged`.
        """
        _must_be_side(actor, debt.debtor, debt.creditor, side)
        async with self._db.write(actor, f"budget.{side.value}") as session:
            found = await _named(session, actor, project)
            await keep(session, found)
            now = await _settling(session, found)
            payment = _same(now, debt, side)
            if payment is None and debt not in now.debts:
                if any(_is_of(row, debt) for row in now.under_way):
                    raise SaidAlready(side=side.value)
                raise TransferChanged
            if payment is None:
                payment = await _write_down(session, actor, found, debt)
            await _note(session, actor, payment, side)
            return await _settling(session, found)

    async def confirm(self, actor: Actor, number: int, side: Side) -> Said:
        """Note what one side says of a transfer that was written down; return how it stands, in words for them.

        Raises `NotFound`, `NotYourTransfer`, `SaidAlready` or `TransferGone`.
        """
        async with self._db.write(actor, f"budget.{side.value}") as session:
            payment = await _of(session, actor, number)
            _must_be_side(actor, payment.debtor_id, payment.creditor_id, side)
            await _note(session, actor, payment, side)
            return await standing(session, payment, actor.user_id)

    async def take_back(self, actor: Actor, number: int) -> Settling:
        """Take a transfer back, whoever has confirmed it: a producer, or one of the two until both have.

        Raises `NotFound`, `NotYourTransfer` or `TransferGone`.
        """
        async with self._db.write(actor, "budget.take_back") as session:
            payment = await _of(session, actor, number)
            is_theirs = actor.user_id in (payment.debtor_id, payment.creditor_id) and not is_done(payment)
            if not (actor.is_producer or is_theirs):
                raise NotYourTransfer(who="a producer")
            if payment.is_undone:
                raise TransferGone
            payment.is_undone = True
            await _tell(session, actor, payment)
            return await _settling(session, await get(session, actor.guild_id, payment.project_id))

    async def ask(self, actor: Actor, project: str) -> Settling:
        """Ask everybody who owes something, by direct message, once (money roles only); raises `NobodyToAsk`."""
        actor.must_see_money()
        async with self._db.write(actor, "budget.ask") as session:
            found = await _named(session, actor, project)
            await keep(session, found)
            debts = (await _settling(session, found)).debts
            if not debts:
                raise NobodyToAsk
            for debt in debts:
                payment = await _write_down(session, actor, found, debt)
                await tell(session, ReminderKind.PAYMENT, payment, NEWS, user_id=debt.debtor)
            return await _settling(session, found)


async def _named(session: AsyncSession, actor: Actor, project: str | None) -> Project:
    """Return the project to settle, an archived one too where it is named."""
    return await find(session, actor, project, archived=True) if project else await needed(session, actor, None)


def _sharers(project: Project) -> Any:
    mine = BudgetSharer.guild_id == project.guild_id, BudgetSharer.project_id == project.id
    return select(BudgetSharer).where(*mine).order_by(BudgetSharer.id)


async def _settling(session: AsyncSession, project: Project) -> Settling:
    """Work out where a project's fronted money stands; the search for the fewest transfers runs off the loop."""
    bills = await session.execute(
        select(Expense.paid_by, Expense.amount_minor)
        .where(
            Expense.guild_id == project.guild_id,
            Expense.project_id == project.id,
            Expense.state == ExpenseState.APPROVED,
            Expense.paid_by.is_not(None),
        )
        .order_by(Expense.number)
    )
    fronted = [Fronted(payer or 0, minor) for payer, minor in bills]
    people = [row.user_id for row in await session.scalars(_sharers(project)) if row.is_sharing]
    mine = BudgetPayment.guild_id == project.guild_id, BudgetPayment.project_id == project.id
    live = select(BudgetPayment).where(*mine, BudgetPayment.is_undone.is_(False)).order_by(BudgetPayment.id)
    payments = list(await session.scalars(live))
    settlement = await asyncio.to_thread(_reckon, fronted, people, payments)
    done = tuple(row for row in payments if is_done(row))
    under_way = tuple(row for row in payments if not is_done(row))
    return Settling(project, settlement, tuple(people), under_way, done)


def _reckon(fronted: Sequence[Fronted], people: Sequence[int], payments: Sequence[BudgetPayment]) -> Settlement:
    """Share the bills, count what was paid, and clear what is left beside what is under way."""
    found = settling.shared(fronted, people)
    balances, rest = dict(found.balances), dict(found.balances)
    for row in payments:
        for counted in (balances, rest) if is_done(row) else (rest,):
            counted[row.debtor_id] = counted.get(row.debtor_id, 0) + row.amount_minor
            counted[row.creditor_id] = counted.get(row.creditor_id, 0) - row.amount_minor
    return replace(found, balances=balances, debts=settling.clear(rest))


def _is_of(payment: BudgetPayment, debt: Debt) -> bool:
    return (payment.debtor_id, payment.creditor_id, payment.amount_minor) == (debt.debtor, debt.creditor, debt.minor)


def _same(now: Settling, debt: Debt, side: Side) -> BudgetPayment | None:
    """Return the transfer under way that was shown, if this side has not spoken of it yet."""
    return next((row for row in now.under_way if _is_of(row, debt) and _said_at(row, side) is None), None)


def _said_at(payment: BudgetPayment, side: Side) -> datetime | None:
    return payment.paid_at if side is Side.PAID else payment.received_at


def _must_be_side(actor: Actor, debtor: int, creditor: int, side: Side) -> None:
    speaker = debtor if side is Side.PAID else creditor
    if actor.user_id != speaker and not actor.is_producer:
        raise NotYourTransfer(who=f"<@{speaker}>")


async def _of(session: AsyncSession, actor: Actor, number: int) -> BudgetPayment:
    """Return a transfer of this server, locked behind its project's books."""
    here = select(BudgetPayment).where(BudgetPayment.guild_id == actor.guild_id, BudgetPayment.number == number)
    payment: BudgetPayment | None = await session.scalar(here)
    if payment is None:
        raise NotFound(kind="transfer", given=f"#{number}")
    await keep(session, await get(session, actor.guild_id, payment.project_id))
    await session.refresh(payment, with_for_update=True)
    return payment


async def _write_down(session: AsyncSession, actor: Actor, project: Project, debt: Debt) -> BudgetPayment:
    payment = BudgetPayment(
        guild_id=project.guild_id,
        number=await next_number(session, project.guild_id, "payment"),
        project_id=project.id,
        debtor_id=debt.debtor,
        creditor_id=debt.creditor,
        amount_minor=debt.minor,
        is_undone=False,
        created_by=actor.user_id,
        created_at=session.info["at"],
    )
    session.add(payment)
    await session.flush()
    return payment


async def _note(session: AsyncSession, actor: Actor, payment: BudgetPayment, side: Side) -> None:
    """Write down what one side says and let the other know; both, where somebody else says it for them."""
    if payment.is_undone:
        raise TransferGone
    if _said_at(payment, side) is not None:
        raise SaidAlready(side=side.value)
    if side is Side.PAID:
        payment.paid_by, payment.paid_at = actor.user_id, session.info["at"]
    else:
        payment.received_by, payment.received_at = actor.user_id, session.info["at"]
    await session.flush()
    await _tell(session, actor, payment)


async def _tell(session: AsyncSession, actor: Actor, payment: BudgetPayment) -> None:
    await withdraw(session, ReminderKind.PAYMENT, payment.id)
    for user_id in (payment.debtor_id, payment.creditor_id):
        if user_id != actor.user_id:
            await tell(session, ReminderKind.PAYMENT, payment, NEWS, user_id=user_id, channel_id=actor.channel_id)


async def recheck(session: AsyncSession, payment: BudgetPayment) -> None:
    """Withdraw the news of what was undone, or tell both that it was."""
    actor: Actor = session.info["actor"]
    if not await withdraw(session, ReminderKind.PAYMENT, payment.id):
        await _tell(session, actor, payment)
