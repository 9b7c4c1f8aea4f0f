"""Reminders: planning them inside other rules' transactions, and what people do with their own."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.reminder import Reminder, ReminderKind, ReminderState


def plan(session: AsyncSession, reminder: Reminder) -> Reminder:
    """Add a reminder to the transaction and let the scheduler know how early it must wake."""
    session.add(reminder)
    wake_by(session, reminder.due_at)
    return reminder


def wake_by(session: AsyncSession, due_at: datetime) -> None:
    """Ask for the scheduler to wake at this instant at the latest, once the transaction is on disk."""
    session.info["wake_at"] = min(due_at, session.info.get("wake_at") or due_at)


async def planned_for(session: AsyncSession, kinds: Iterable[ReminderKind], subject_id: int) -> list[Reminder]:
    """Return the reminders still to come that speak of a booking or deadline."""
    statement = select(Reminder).where(
        Reminder.kind.in_(list(kinds)),
        Reminder.subject_id == subject_id,
        Reminder.state.in_([ReminderState.PLANNED, ReminderState.PAUSED]),
    )
    return list(await session.scalars(statement))


async def call_off(session: AsyncSession, kinds: Iterable[ReminderKind], subject_id: int) -> None:
    """Cancel the reminders still to come that speak of a booking or deadline."""
    for reminder in await planned_for(session, kinds, subject_id):
        reminder.state = ReminderState.CANCELLED
