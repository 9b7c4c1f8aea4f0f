"""The news that a deadline has nothing more to wait for: planned with the Done that freed it, worded as it leaves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.deadline import Deadline, DeadlineLink, DeadlineState
from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.services import deadline_cards, reminder
from bot.services.deadline_read import Entry, entries
from bot.services.reminder_said import Said
from bot.services.reminder_words import LATE_AFTER
from bot.text import plain, stamp

TABLE = cast("Table", Reminder.__table__)


async def plan(session: AsyncSession, freed: Sequence[Entry], now: datetime) -> None:
    """Let those who can begin know, once this is on disk: where their deadline was added, else one by one.

    The news follow from the Done and leave no trail of their own: put off or sent, they never stand in its undo's way.
    """
    rows = []
    for entry in freed:
        row = entry.deadline
        alone = entry.user_ids or (row.created_by,)
        rows += [_row(row, user, now) for user in ([None] if row.channel_id else alone)]
    if rows:
        await session.execute(insert(TABLE), rows)
        reminder.wake_by(session, now)


async def withdraw(session: AsyncSession, row: Deadline) -> None:
    """Call off the news that have not left of those who wait for a deadline that is open again."""
    here = DeadlineLink.guild_id == row.guild_id, DeadlineLink.after_id == row.id, DeadlineLink.is_active.is_(True)
    about = TABLE.c.kind == ReminderKind.FREED, TABLE.c.subject_id.in_(select(DeadlineLink.deadline_id).where(*here))
    waiting = TABLE.c.state.in_([ReminderState.PLANNED, ReminderState.CLAIMED])
    gone = update(TABLE).where(*about, waiting).values(state=ReminderState.CANCELLED).returning(TABLE.c.id)
    session.info.setdefault("called_off", set()).update((await session.execute(gone)).scalars())


async def recheck(session: AsyncSession, row: Deadline) -> None:
    """Show what an undo put back; where that is a Done, nobody is told to begin."""
    await deadline_cards.recheck(session, row)
    if row.state is DeadlineState.OPEN:
        await withdraw(session, row)


async def tell(session: AsyncSession, rows: Sequence[Any]) -> dict[int, Said]:
    """Word the news; what was done meanwhile, or waits again because a Done was taken back, has nothing to say."""
    keys = {row.subject_id for row in rows}
    now = session.info["at"]
    found = (await session.scalars(select(Deadline).where(Deadline.id.in_(keys)))).all()
    known = {item.deadline.id: item for item in await entries(session, found, now)}
    return {row.id: _said(row, known.get(row.subject_id), now) for row in rows}


def _said(row: Any, known: Entry | None, now: datetime) -> Said:
    place: dict[str, Any] = {"user_id": row.user_id, "channel_id": row.channel_id}
    if known is None or not known.is_open:
        return Said(pointless="the deadline is not open any more", **place)
    if known.blocked_by:
        return Said(pointless="it waits for something again", **place)
    deadline = known.deadline
    project = f" · {plain(known.project)}" if known.project else ""
    verb = "was due" if deadline.due_at < now - LATE_AFTER else "is due"
    text = (
        "✅ Everything before it is done, so this can begin:\n"
        f"**{plain(deadline.what)}** · #{deadline.number}{project}\n{verb} {stamp(deadline.due_at)}"
    )
    users, roles = known.user_ids, known.role_ids
    if row.user_id is not None:
        users, roles = (row.user_id,), ()
    place |= {"number": deadline.number, "matters_at": deadline.due_at}
    return Said(text, user_ids=users, role_ids=roles, **place)


def _row(deadline: Deadline, user_id: int | None, now: datetime) -> dict[str, Any]:
    return {
        "guild_id": deadline.guild_id,
        "kind": ReminderKind.FREED,
        "what": deadline.what,
        "channel_id": deadline.channel_id,
        "user_id": user_id,
        "mention": Mention.NONE,
        "subject_id": deadline.id,
        "due_at": now,
        "zone": deadline.zone,
        "occurrence": 0,
        "state": ReminderState.PLANNED,
        "attempts": 0,
        "created_by": deadline.created_by,
        "created_at": now,
    }
