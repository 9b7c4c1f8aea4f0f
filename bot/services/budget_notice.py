"""News of the budget that leave at once: who is told what, and what is withdrawn before it has left.

They are reminders that are due now, so they are delivered once, with retries, after a restart too. They are nobody's
act: they leave no trail, and undoing what caused one never trips over it.
"""

from collections.abc import Sequence
from typing import Protocol, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.models.settings import GuildSettings
from bot.services.reminder import wake_by

REMINDERS = cast("Table", Reminder.__table__)


class Subject(Protocol):
    """What news can speak of."""

    id: int
    guild_id: int
    created_by: int


async def tell(
    session: AsyncSession,
    kind: ReminderKind,
    subject: Subject,
    what: str,
    *,
    user_id: int | None = None,
    channel_id: int | None = None,
) -> None:
    """Let a person or the money channel know, once this is on disk; `what` is for lists and says nothing of money."""
    at, actor = session.info["at"], session.info["actor"]
    values = {
        "guild_id": subject.guild_id, "kind": kind, "what": what, "mention": Mention.NONE, "subject_id": subject.id,
        "user_id": user_id, "channel_id": channel_id, "due_at": at, "zone": "UTC", "created_at": at,
        "created_by": actor.user_id if actor else subject.created_by,
    }  # fmt: skip
    await session.execute(insert(REMINDERS).values(**values))
    wake_by(session, at)


async def withdraw(
    session: AsyncSession, kind: ReminderKind, subject_id: int, named: Sequence[str] | None = None
) -> bool:
    """Call off news that have not left; tell whether there were any."""
    about = [REMINDERS.c.kind == kind, REMINDERS.c.subject_id == subject_id]
    about.append(REMINDERS.c.state.in_([ReminderState.PLANNED, ReminderState.CLAIMED]))
    if named is not None:
        about.append(REMINDERS.c.what.in_(named))
    gone = update(REMINDERS).where(*about).values(state=ReminderState.CANCELLED).returning(REMINDERS.c.id)
    keys = set((await session.execute(gone)).scalars())
    session.info.setdefault("called_off", set()).update(keys)
    return bool(keys)


async def money_channels(session: AsyncSession, guilds: set[int]) -> dict[int, tuple[int | None, str]]:
    """Return the money channel, if any, and the language of each server that has settings."""
    asked = select(GuildSettings.guild_id, GuildSettings.money_channel_id, GuildSettings.locale)
    rows = await session.execute(asked.where(GuildSettings.guild_id.in_(guilds)))
    return {guild: (channel, locale) for guild, channel, locale in rows}
