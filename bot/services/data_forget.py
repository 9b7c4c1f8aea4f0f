"""Forgetting a person: what is theirs alone goes, and in books and past sessions a nameless number stands for them.

Every table is looked through, so that one that is added later is covered too: Discord's ids are unique, and a number
equal to the person's is the person wherever it stands.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String, Table, Text, and_, cast, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.db import Base
from bot.models.audit import Audit
from bot.models.booking import Booking, BookingPerson
from bot.models.deadline import Deadline, DeadlinePerson, DeadlineState
from bot.models.reminder import Reminder, ReminderFollower, ReminderKind, ReminderState
from bot.services import memo

# A person's own rows, told by `user_id`; nobody else needs them.
OWN = ("member_settings", "usual_hours", "away", "calendar_feed", "memo", "reminder_follower")
UNSENT = (ReminderState.PLANNED, ReminderState.PAUSED, ReminderState.CLAIMED)
KIND = "forgotten"
VERB = "data.forget"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting did: the number that stands for the person now, rows removed, and rows made nameless."""

    number: int
    removed: int
    anonymous: int


async def forget(session: AsyncSession, actor: Actor, user_id: int, at: datetime) -> Forgotten:
    """Remove a person's personal data from this server and keep every sum as it is.

    Their private reminders, settings and times are deleted. They leave sessions and deadlines that are still to come.
    Everywhere else the negative of the number returned stands for them, the trail of changes included.
    """
    number = await memo.next_number(session, actor.guild_id, KIND)
    removed = await _remove_own(session, actor.guild_id, user_id)
    removed += await _leave_what_comes(session, actor.guild_id, user_id, at)
    anonymous = 0
    for table in Base.metadata.sorted_tables:
        if "guild_id" in table.columns:
            anonymous += await _anonymise(session, table, actor.guild_id, user_id, number)
    who = -number if actor.user_id == user_id else actor.user_id
    entry = {"guild_id": actor.guild_id, "change_id": actor.change_id, "actor_id": who, "at": at, "verb": VERB}
    await session.execute(insert(Audit).values(**entry, kind=KIND, record_id=number, before=None, after={}))
    session.info["settings"] = {actor.guild_id}
    return Forgotten(number, removed, anonymous)


async def _remove_own(session: AsyncSession, guild_id: int, user_id: int) -> int:
    """Delete what is the person's alone, with its trail; return the number of rows."""
    private = and_(Reminder.kind == ReminderKind.PERSONAL, Reminder.created_by == user_id)
    coming = and_(Reminder.user_id == user_id, Reminder.state.in_(UNSENT))
    mine = select(Reminder.id).where(Reminder.guild_id == guild_id, or_(private, coming))
    reminders = list(await session.scalars(mine))
    if reminders:
        await session.execute(delete(ReminderFollower).where(ReminderFollower.reminder_id.in_(reminders)))
    count = await _delete(session, Reminder.__table__, guild_id, reminders)
    for name in OWN:
        table = Base.metadata.tables.get(name)
        if table is None:
            continue
        theirs = select(table.c.id).where(table.c.guild_id == guild_id, table.c.user_id == user_id)
        count += await _delete(session, table, guild_id, list(await session.scalars(theirs)))
    return count


async def _leave_what_comes(session: AsyncSession, guild_id: int, user_id: int, at: datetime) -> int:
    """Take the person out of sessions that have not ended and of open deadlines; their cards are drawn again."""
    coming = select(Booking.id).where(Booking.guild_id == guild_id, Booking.end_at > at)
    seats = select(BookingPerson.id, BookingPerson.booking_id).where(
        BookingPerson.guild_id == guild_id, BookingPerson.user_id == user_id, BookingPerson.booking_id.in_(coming)
    )
    open_ = select(Deadline.id).where(Deadline.guild_id == guild_id, Deadline.state == DeadlineState.OPEN)
    tasks = select(DeadlinePerson.id, DeadlinePerson.deadline_id).where(
        DeadlinePerson.guild_id == guild_id, DeadlinePerson.user_id == user_id, DeadlinePerson.deadline_id.in_(open_)
    )
    left, dropped = (await session.execute(seats)).all(), (await session.execute(tasks)).all()
    bookings = {booking for _, booking in left}
    if bookings:
        await session.execute(update(Booking).where(Booking.id.in_(bookings)).values(version=Booking.version + 1))
    stale: set[tuple[str, int]] = session.info.setdefault("stale", set())
    stale.update({("event", guild_id), *((kind, key) for key in bookings for kind in ("booking", "callsheet"))})
    stale.update(("deadline", deadline) for _, deadline in dropped)
    count = await _delete(session, BookingPerson.__table__, guild_id, [seat for seat, _ in left])
    return count + await _delete(session, DeadlinePerson.__table__, guild_id, [task for task, _ in dropped])


async def _delete(session: AsyncSession, table: Any, guild_id: int, keys: list[int]) -> int:
    if keys:
        trail = Audit.guild_id == guild_id, Audit.kind == table.name, Audit.record_id.in_(keys)
        await session.execute(delete(Audit).where(*trail))
        await session.execute(delete(table).where(table.c.id.in_(keys)))
    return len(keys)


async def _anonymise(session: AsyncSession, table: Table, guild_id: int, user_id: int, number: int) -> int:
    """Put the nameless number in the person's place in one table; return how many values changed."""
    count = 0
    for column in table.columns:
        here = table.c.guild_id == guild_id
        if isinstance(column.type, BigInteger):
            changed = await session.execute(update(table).where(here, column == user_id).values({column.name: -number}))
            count += int(getattr(changed, "rowcount", 0))
        elif isinstance(column.type, String | Text | JSON):
            count += await _reword(session, table, column, guild_id, user_id, number)
    return count


async def _reword(session: AsyncSession, table: Table, column: Any, guild_id: int, user_id: int, number: int) -> int:
    """Take the person out of texts and kept values of one column; return how many changed."""
    keys = list(table.primary_key.columns)
    words = cast(column, Text) if isinstance(column.type, JSON) else column
    found = select(*keys, column).where(table.c.guild_id == guild_id, words.contains(str(user_id)))
    count = 0
    for row in (await session.execute(found)).all():
        new = _without(row[-1], user_id, number)
        if new != row[-1]:
            key = [part == value for part, value in zip(keys, row[:-1], strict=True)]
            await session.execute(update(table).where(*key).values({column.name: new}))
            count += 1
    return count


def _without(value: Any, user_id: int, number: int) -> Any:
    """Return a text, or whatever JSON holds, without the person's id."""
    if isinstance(value, str):
        named = re.sub(rf"<@!?{user_id}>", f"former member {number}", value)
        return re.sub(rf"(?<![0-9]){user_id}(?![0-9])", str(-number), named)
    if isinstance(value, dict):
        return {_without(key, user_id, number): _without(inner, user_id, number) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, user_id, number) for inner in value]
    return -number if value == user_id and not isinstance(value, bool) else value
