"""When a promise has to be paid: its reminder follows the day, and says nothing once there is nothing left to pay."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.models.budget import BudgetCommitment, BudgetLine, CommitmentState, Expense, ExpenseState
from bot.models.project import Project
from bot.models.reminder import Mention, Reminder, ReminderKind
from bot.money import Money
from bot.services import reminder
from bot.services.budget_notice import money_channels
from bot.services.reminder_said import Said
from bot.text import plain

KINDS = (ReminderKind.PROMISE,)
MORNING = time(9)
AT_LEAST = timedelta(hours=1)


async def plan(session: AsyncSession, actor: Actor, commitment: BudgetCommitment) -> None:
    """Plan the reminder of a promise at 9:00 of its day in the actor's zone, in place of any other."""
    await call_off(session, commitment)
    await plan_first(session, actor, commitment)


async def plan_first(session: AsyncSession, actor: Actor, commitment: BudgetCommitment) -> None:
    """Plan the reminder of a promise that has none yet; one without a day gets none.

    A day that has begun is reminded of an hour from now, one that is over not at all.
    """
    now = session.info["at"]
    if commitment.due_on is not None and commitment.due_on >= now.astimezone(actor.zone).date():
        await plan_at(session, actor, commitment, max(morning_of(commitment.due_on, actor), now + AT_LEAST))


async def plan_at(session: AsyncSession, actor: Actor, commitment: BudgetCommitment, at: datetime) -> None:
    row = Reminder(
        guild_id=commitment.guild_id,
        kind=ReminderKind.PROMISE,
        what=f"Promise #{commitment.number}",
        channel_id=actor.channel_id,
        mention=Mention.NONE,
        subject_id=commitment.id,
        due_at=at,
        zone=actor.zone.key,
        created_by=commitment.created_by,
        created_at=session.info["at"],
    )
    reminder.plan(session, row)


def morning_of(day: date, actor: Actor) -> datetime:
    return datetime.combine(day, MORNING, actor.zone)


async def call_off(session: AsyncSession, commitment: BudgetCommitment) -> None:
    """Cancel what is still to be said about a promise."""
    await reminder.call_off(session, KINDS, commitment.id)


async def invoiced(session: AsyncSession, commitments: Sequence[int]) -> dict[int, int]:
    """Return what was invoiced for promises, by their keys, in minor units."""
    rows = await session.execute(
        select(Expense.commitment_id, func.sum(Expense.amount_minor))
        .where(Expense.commitment_id.in_(commitments), Expense.state == ExpenseState.APPROVED)
        .group_by(Expense.commitment_id)
    )
    return {key: int(minor) for key, minor in rows if key is not None}


async def describe(session: AsyncSession, rows: Sequence[Any]) -> Mapping[int, Said]:
    """Word the reminders of promises that are due; one that was cancelled or paid in full has none."""
    keys = {row.subject_id for row in rows}
    wanted = (
        select(BudgetCommitment, BudgetLine.item, Project)
        .join(BudgetLine, BudgetLine.id == BudgetCommitment.line_id)
        .join(Project, Project.id == BudgetCommitment.project_id)
        .where(BudgetCommitment.id.in_(keys))
    )
    known = {found[0].id: found for found in await session.execute(wanted)}
    paid = await invoiced(session, list(keys))
    places = await money_channels(session, {row.guild_id for row in rows})
    return {
        row.id: _said(*known[row.subject_id], paid.get(row.subject_id, 0), row, places.get(row.guild_id, (None, "")))
        for row in rows
    }


def _said(
    commitment: BudgetCommitment, item: str, project: Project, paid: int, row: Any, place: tuple[int | None, str]
) -> Said:
    """Return the words with amounts for the money channel, and without them for any other place (R35)."""
    still_open = commitment.amount_minor - paid
    if commitment.state is not CommitmentState.OPEN or still_open <= 0:
        return Said(pointless="the promise is cancelled or paid")
    channel_id, locale = place
    title = f"🤝 **{plain(commitment.what)}** · promise #{commitment.number}"
    due = f"due {commitment.due_on.day} {commitment.due_on:%b %Y}" if commitment.due_on else "still open"
    where = f"{plain(item)} · {plain(project.name)}"
    aside = f"{title} · {due}\n{where}"
    amount = Money(still_open, project.currency).show(locale or "en-US")
    return Said(
        f"{title} · {due}\n**{amount}** to pay · {where}" if channel_id else aside,
        elsewhere=aside,
        channel_id=channel_id or row.channel_id,
        user_ids=(row.created_by,),
        number=commitment.number,
    )
