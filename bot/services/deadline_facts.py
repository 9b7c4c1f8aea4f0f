"""What reminders say about deadlines, and whom they call when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.deadline import Deadline, DeadlineState
from bot.models.settings import GuildSettings
from bot.services.deadline_read import Entry, entries

# How long after the due time a deadline of the band that nobody answered becomes the producers' concern.
CALLS_PRODUCERS_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DeadlineFacts:
    """What a reminder says about a deadline, and whom it calls; `calls_owner` where producers have no role."""

    id: int
    guild_id: int
    number: int
    what: str
    due_at: datetime
    is_all_day: bool
    zone: str
    state: DeadlineState
    project: str | None
    user_ids: tuple[int, ...]
    role_ids: tuple[int, ...]
    is_answered: bool = False
    calls_owner: bool = False


async def describe(session: AsyncSession, ids: Iterable[int]) -> dict[int, DeadlineFacts]:
    """Return what reminders say about these deadlines, whichever server they belong to, and whom they call.

    Those it is for; and the producers too once a deadline of the band is late and nobody has answered. Where they have
    no role, whoever manages the server produces, and its owner is called for them: the delivery knows who that is.
    """
    rows = (await session.scalars(select(Deadline).where(Deadline.id.in_(list(ids))))).all()
    known = await entries(session, rows, datetime.max.replace(tzinfo=UTC))
    producers = await _producers(session, {row.guild_id for row in rows})
    now: datetime | None = session.info.get("at")
    late = {item.deadline.id for item in known if _is_producers_turn(item, now)}
    return {
        item.deadline.id: DeadlineFacts(
            id=item.deadline.id,
            guild_id=item.deadline.guild_id,
            number=item.deadline.number,
            what=item.deadline.what,
            due_at=item.deadline.due_at,
            is_all_day=item.deadline.is_all_day,
            zone=item.deadline.zone,
            state=item.deadline.state,
            project=item.project,
            user_ids=item.user_ids,
            role_ids=_called(item, producers.get(item.deadline.guild_id) if item.deadline.id in late else None),
            is_answered=item.deadline.answered_by is not None,
            calls_owner=item.deadline.id in late and item.deadline.guild_id not in producers,
        )
        for item in known
    }


async def _producers(session: AsyncSession, guild_ids: set[int]) -> dict[int, int]:
    """Return the producers' role of each server that has set one."""
    found = select(GuildSettings.guild_id, GuildSettings.producer_role_id).where(GuildSettings.guild_id.in_(guild_ids))
    return {guild: role for guild, role in await session.execute(found) if role is not None}


def _is_producers_turn(item: Entry, now: datetime | None) -> bool:
    """Tell whether the producers are called: the last step after direct message and channel."""
    is_late = now is not None and now >= item.deadline.due_at + CALLS_PRODUCERS_AFTER
    return is_late and item.is_shared and not item.deadline.answered_by


def _called(item: Entry, producers: int | None) -> tuple[int, ...]:
    """Return the roles that are called, with the producers' once."""
    return tuple(dict.fromkeys([*item.role_ids, *([producers] if producers is not None else [])]))
