"""What the two sides of a transfer read about it, each in their own words and to themselves."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.budget import BudgetPayment
from bot.models.project import Project
from bot.money import Money
from bot.services.budget_notice import money_channels
from bot.services.reminder_said import Said
from bot.text import plain


class Side(StrEnum):
    """Which side of a transfer says so."""

    PAID = "paid"
    RECEIVED = "received"


def is_done(payment: BudgetPayment) -> bool:
    """Tell whether both sides have said so."""
    return payment.paid_at is not None and payment.received_at is not None


async def standing(session: AsyncSession, payment: BudgetPayment, reader: int) -> Said:
    """Return how a transfer stands, in words for one of its sides."""
    project = await session.get_one(Project, payment.project_id)
    places = await money_channels(session, {payment.guild_id})
    return _said(payment, project, reader, None, places.get(payment.guild_id, (None, "en-US"))[1])


async def describe(session: AsyncSession, rows: Sequence[Any]) -> Mapping[int, Said]:
    """Word the news of transfers that are due, each for the one of the two who reads it."""
    wanted = select(BudgetPayment, Project).join(Project, Project.id == BudgetPayment.project_id)
    found = await session.execute(wanted.where(BudgetPayment.id.in_({row.subject_id for row in rows})))
    known = {payment.id: (payment, project) for payment, project in found}
    places = await money_channels(session, {row.guild_id for row in rows})
    return {
        row.id: _said(*known[row.subject_id], row.user_id, row.channel_id, places.get(row.guild_id, (None, "en-US"))[1])
        for row in rows
    }


def _said(payment: BudgetPayment, project: Project, reader: int, channel_id: int | None, locale: str) -> Said:
    """Return the words with the amount for the reader alone, and without it for any other place (R35)."""
    amount = f" **{Money(payment.amount_minor, project.currency).show(locale)}**"
    name = f"\n-# {plain(project.name)} · transfer #{payment.number}"
    text, asks = _words(payment, reader, amount)
    aside, _ = _words(payment, reader, "")
    return Said(
        text + name,
        elsewhere=aside + name,
        user_id=reader,
        channel_id=channel_id,
        user_ids=(reader,),
        number=payment.number,
        asks=asks,
    )


def _words(payment: BudgetPayment, reader: int, amount: str) -> tuple[str, str]:
    """Return what a transfer has come to, and what its reader is asked."""
    debtor, creditor = f"<@{payment.debtor_id}>", f"<@{payment.creditor_id}>"
    if payment.is_undone:
        return f"↩️ The transfer{amount and f' of{amount}'} from {debtor} to {creditor} was taken back.", ""
    if is_done(payment):
        return f"✅ Settled: {debtor} paid {creditor}{amount}, and both sides have said so.", ""
    if reader == payment.debtor_id:
        return _for_debtor(payment, creditor, amount)
    return _for_creditor(payment, debtor, amount)


def _for_debtor(payment: BudgetPayment, creditor: str, amount: str) -> tuple[str, str]:
    if payment.paid_at is not None:
        return f"💸 Noted: you paid {creditor}{amount}. It counts once {creditor} has confirmed it.", ""
    if payment.received_at is not None:
        return f"💸 {creditor} has received{amount} from you. Did you pay it?", Side.PAID.value
    return f"💸 You owe {creditor}{amount} for what they paid for all. Press **Paid** once you have sent it.", "paid"


def _for_creditor(payment: BudgetPayment, debtor: str, amount: str) -> tuple[str, str]:
    if payment.received_at is not None:
        return f"💸 Noted: you received{amount} from {debtor}. It counts once {debtor} has confirmed it.", ""
    if payment.paid_at is not None:
        return f"💸 {debtor} has paid you{amount}. Press **Received** once it is there.", Side.RECEIVED.value
    return f"💸 {debtor} was asked to pay you{amount}.", Side.RECEIVED.value
