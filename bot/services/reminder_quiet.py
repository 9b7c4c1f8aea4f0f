"""Each person's way to be reminded, minded at the moment a ping is to leave: quiet hours, direct message or channel."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.models.settings import GuildSettings, MemberSettings
from bot.services.reminder_words import Due
from bot.services.settings_quiet import quiet_until

# Comes at the time that a person chose, is a post for all rather than a ping, or is too late after quiet hours.
AT_ITS_TIME = frozenset(
    [
        *(ReminderKind.PERSONAL, ReminderKind.CHANNEL, ReminderKind.HOLD, ReminderKind.CALL_SHEET),
        *(ReminderKind.FREE_CANCEL, ReminderKind.CARD, ReminderKind.DIGEST, ReminderKind.DIGEST_MONEY),
    ]
)
# May go to the band's channel or to a person alike: what it says is no secret between them.
EITHER_WAY = frozenset([ReminderKind.BOOKING, ReminderKind.NUDGE, ReminderKind.DEADLINE, ReminderKind.FREED])
MOST_ASKED_FOR = 5000
Person = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Way:
    """How one person, or a server's channels, want to be reminded."""

    quiet: str
    zone: ZoneInfo
    is_by_message: bool | None = None

    def until(self, due: Due, at: datetime) -> datetime | None:
        """Return when a ping may come instead, or None where it comes at its time.

        That is so outside quiet hours, and where what it speaks of happens within these, be it at this very instant.
        One that comes after it, such as the mornings of what is overdue, waits like any other.
        """
        later = quiet_until(self.quiet, at, self.zone) if self.quiet else None
        if later is None or due.matters_at is None or due.due_at > due.matters_at:
            return later
        return None if quiet_until(self.quiet, due.matters_at, self.zone) == later else later


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways of the servers and people of a batch."""

    guilds: Mapping[int, Way]
    people: Mapping[Person, Way]

    def of_person(self, guild_id: int, user_id: int) -> Way:
        return self.people.get((guild_id, user_id)) or self.of_guild(guild_id)

    def of(self, due: Due) -> Way:
        """Return the way of the person whom a ping is for, or of the server for one in a channel."""
        return self.of_guild(due.guild_id) if due.user_id is None else self.of_person(due.guild_id, due.user_id)

    def of_guild(self, guild_id: int) -> Way:
        return self.guilds.get(guild_id) or Way("", ZoneInfo("UTC"))


async def considerate(
    session: AsyncSession, found: Sequence[tuple[Due, Any]], now: datetime
) -> Sequence[tuple[Due, Any]]:
    """Return what may leave now with its row, each to where its person wants it; the rest is put off right here.

    A ping for one person waits for the end of their quiet hours, and one in a channel for the end of the server's.
    Whoever has quiet hours of their own then, or wants direct messages, is not called in the channel but by a ping
    of their own. What may have been sent before is never put off: it must come out as it began.
    """
    asked = [due for due, _ in found if _minds(due)]
    if not asked:
        return found
    ways = await _ways(session, asked)
    told = await _told_apart(session, [due for due in asked if due.kind in EITHER_WAY and due.user_id is None])
    kept: list[tuple[Due, Any]] = []
    own: list[dict[str, Any]] = []
    put_off: list[dict[str, Any]] = []
    for due, row in found:
        at = max(now, due.due_at)
        is_fresh = row.lease_by is None and not row.attempts
        way = ways.of(due)
        later = way.until(due, at) if is_fresh and _minds(due) else None
        if later is not None:
            put_off.append({"id": due.id, "due_at": later})
            continue
        gone = told.get((due.id, due.occurrence), frozenset())
        new = _apart(due, ways, at) if is_fresh else {}
        own += [_own(row, due, user, when) for user, when in new.items() if user not in gone]
        kept.append((_placed(due, way, gone | new.keys()), row))
    if put_off:
        await session.execute(update(Reminder), put_off)
    if own:
        await session.execute(insert(Reminder), own)
    return kept


async def set_apart(session: AsyncSession, due: Due, now: datetime) -> Due:
    """Plan a ping by direct message for each person of one whose channel is closed; return it for its roles alone.

    Whoever has one of this occurrence gets no other, so that a crash after this tells nobody twice; what was called
    off meanwhile calls nobody. These never go to the channel, whatever their person prefers.
    """
    held = select(Reminder.what, Reminder.zone).where(Reminder.id == due.id, Reminder.state == ReminderState.CLAIMED)
    row = (await session.execute(held.with_for_update())).one_or_none()
    if row is None:
        return replace(due, user_ids=(), role_ids=())
    gone = (await _told_apart(session, [due])).get((due.id, due.occurrence), frozenset())
    own = [_own(row, due, user, due.due_at) for user in due.user_ids if user not in gone]
    if own:
        await session.execute(insert(Reminder), [{**each, "channel_id": None} for each in own])
        session.info["wake_at"] = now
    return replace(due, user_ids=())


def _minds(due: Due) -> bool:
    return due.kind not in AT_ITS_TIME and bool(due.text)


def _apart(due: Due, ways: Ways, at: datetime) -> dict[int, datetime]:
    """Return those whom a channel's ping does not call, and when they are told by themselves."""
    if due.kind not in EITHER_WAY or due.user_id is not None or not due.text:
        return {}
    found = {}
    for user in due.user_ids:
        way = ways.of_person(due.guild_id, user)
        later = way.until(due, at)
        if later is not None or way.is_by_message:
            found[user] = later or due.due_at  # not the look's instant: what is due at its deadline is not after it
    return found


def _placed(due: Due, way: Way, apart: Collection[int]) -> Due:
    """Return a ping without those who are told by themselves, and in the channel where its person wants it there."""
    if due.user_id is None:
        return replace(due, user_ids=tuple(user for user in due.user_ids if user not in apart)) if apart else due
    if due.kind in EITHER_WAY and way.is_by_message is False and due.channel_id is not None:
        return replace(due, user_id=None, user_ids=(due.user_id,))
    return due


def _own(row: Any, due: Due, user_id: int, at: datetime) -> dict[str, Any]:
    """Return the ping of somebody who is not called in the channel; it remembers which one it stands for."""
    return {
        "guild_id": due.guild_id,
        "kind": due.kind,
        "what": row.what,
        "channel_id": due.channel_id,
        "user_id": user_id,
        "mention": Mention.NONE,
        "subject_id": due.subject_id,
        "due_at": at,
        "zone": row.zone,
        "occurrence": due.occurrence,
        "origin_id": due.id,
        "state": ReminderState.PLANNED,
        "attempts": 0,
        "created_by": due.created_by,
        "created_at": at,
    }


async def _told_apart(session: AsyncSession, dues: Sequence[Due]) -> dict[tuple[int, int], frozenset[int]]:
    """Return whom an earlier claim of these pings has told, or will tell, by themselves."""
    again = [due.id for due in dues if due.user_ids]
    found: dict[tuple[int, int], frozenset[int]] = {}
    if again:
        about = Reminder.origin_id.in_(again), Reminder.user_id.is_not(None)
        of = select(Reminder.origin_id, Reminder.occurrence, Reminder.user_id).where(*about)
        for origin, occurrence, user in await session.execute(of):
            if origin is not None and user is not None:
                found[origin, occurrence] = found.get((origin, occurrence), frozenset()) | {user}
    return found


async def _ways(session: AsyncSession, dues: Sequence[Due]) -> Ways:
    """Return how everybody in these pings wants to be reminded."""
    guilds = {due.guild_id for due in dues}
    users = {user for due in dues for user in (*due.user_ids, *([due.user_id] if due.user_id else []))}
    servers = select(GuildSettings.guild_id, GuildSettings.timezone, GuildSettings.quiet_hours)
    zones: dict[int, str] = {}
    quiet: dict[int, str] = {}
    for guild, zone, hours in await session.execute(servers.where(GuildSettings.guild_id.in_(guilds))):
        zones[guild], quiet[guild] = zone, hours or ""
    mine = MemberSettings
    own = or_(mine.quiet_hours.is_not(None), mine.is_by_message.is_not(None), mine.timezone.is_not(None))
    found = select(mine.guild_id, mine.user_id, mine.timezone, mine.quiet_hours, mine.is_by_message).where(
        mine.guild_id.in_(guilds), own
    )
    if len(users) <= MOST_ASKED_FOR:
        found = found.where(mine.user_id.in_(users))
    people = {}
    for guild, user, own_zone, own_hours, is_by_message in await session.execute(found):
        hours = quiet.get(guild, "") if own_hours is None else own_hours
        people[guild, user] = Way(hours, ZoneInfo(own_zone or zones.get(guild, "UTC")), is_by_message)
    return Ways({guild: Way(quiet[guild], ZoneInfo(zone)) for guild, zone in zones.items()}, people)
