"""The digest: a server's summary, planned by its settings as repeating reminders, worded as it leaves."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.models.audit import Audit
from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.models.settings import Digest, GuildSettings
from bot.services import reminder
from bot.services.reminder_new import ACTIVE
from bot.services.reminder_times import next_after
from bot.services.settings import settings_of
from bot.when.repeat import valid_instant

KINDS = (ReminderKind.DIGEST, ReminderKind.DIGEST_MONEY)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TABLE = cast("Table", Reminder.__table__)
HELD = ReminderState.CLAIMED
SETTLED = (ReminderState.SENT, ReminderState.FAILED)


@dataclass(frozen=True, slots=True)
class Planned:
    """When a server's digest comes next, and what became of the last one: its instant, or why it failed."""

    settings: GuildSettings
    next_at: datetime | None
    sent_at: datetime | None = None
    error: str | None = None


class DigestService:
    """What a server's people see of the digest; it is set with the server's other settings."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def planned(self, actor: Actor) -> Planned:
        """Return when the digest comes next and how the last one went."""
        async with self._db.read() as session:
            settings = await settings_of(session, actor.guild_id, self._clock.now())
            here = Reminder.guild_id == actor.guild_id, Reminder.kind == ReminderKind.DIGEST
            coming = select(Reminder.due_at).where(*here, Reminder.state.in_(ACTIVE))
            last = select(Reminder.state, Reminder.sent_at, Reminder.error).where(
                *here, Reminder.state.in_(SETTLED), Reminder.due_at <= self._clock.now()
            )
            next_at = await session.scalar(coming.limit(1))
            ended = (await session.execute(last.order_by(Reminder.due_at.desc()).limit(1))).first()
        if ended is None:
            return Planned(settings, next_at)
        failed = ended.state is ReminderState.FAILED
        return Planned(settings, next_at, ended.sent_at, ended.error if failed else None)

    async def mend(self) -> int:
        """Plan the digests that were set but are planned nowhere, such as by an older version; return how many."""
        has_row = exists().where(
            Reminder.guild_id == GuildSettings.guild_id,
            Reminder.kind == ReminderKind.DIGEST,
            Reminder.state.in_(ACTIVE),
        )
        wanted = GuildSettings.digest != Digest.OFF, GuildSettings.announcements_id.is_not(None)
        async with self._db.read() as session:
            lacking = list(await session.scalars(select(GuildSettings.guild_id).where(*wanted, ~has_row)))
        for guild_id in lacking:
            async with self._db.write() as session:
                settings = await settings_of(session, guild_id, self._clock.now(), lock=True)
                await replan(session, settings)
        return len(lacking)


async def replan(session: AsyncSession, settings: GuildSettings) -> None:
    """Make a server's digests follow its settings, which the transaction has locked.

    One that is leaving at this moment leaves; only those after it change. They leave no trail of their own: they
    follow the settings, also when those are undone.
    """
    now: datetime = session.info["at"]
    await session.flush()
    active = TABLE.c.kind.in_(KINDS), TABLE.c.state.in_(ACTIVE)
    found = await session.execute(select(TABLE).where(TABLE.c.guild_id == settings.guild_id, *active).with_for_update())
    rows = {row.kind: row for row in found}
    for kind, channel_id in zip(KINDS, (settings.announcements_id, settings.money_channel_id), strict=True):
        if settings.digest is Digest.OFF or channel_id is None:
            await _stop(session, rows.get(kind))
        else:
            await _set(session, rows.get(kind), settings, {"kind": kind, "channel_id": channel_id}, now)


async def _stop(session: AsyncSession, row: Row[Any] | None) -> None:
    if row is None:
        return
    if row.state is HELD:
        session.info.setdefault("called_off", set()).add(row.id)
    await session.execute(update(TABLE).where(TABLE.c.id == row.id).values(state=ReminderState.CANCELLED))


async def _set(
    session: AsyncSession, row: Row[Any] | None, settings: GuildSettings, place: dict[str, Any], now: datetime
) -> None:
    """Plan a digest, or change the one there is if it is not what the settings say."""
    zone = ZoneInfo(settings.timezone)
    first = first_of(settings, now)
    rrule = f"FREQ={settings.digest.value.upper()}"
    money = "money " if place["kind"] is ReminderKind.DIGEST_MONEY else ""
    what = f"{settings.digest.value.capitalize()} {money}digest"
    wanted = {**place, "what": what, "rrule": rrule, "zone": zone.key}
    if row is not None and _is_same(row, wanted, first, zone):
        return
    due_at = next_after(rrule, first, zone, now)
    assert due_at is not None  # noqa: S101 - a repeat without an end
    if row is None:
        by = {"created_by": await _maker(session, settings), "created_at": now}
        fresh = {**wanted, **by, "due_at": due_at, "first_at": first, "guild_id": settings.guild_id}
        state = {"state": ReminderState.PLANNED, "occurrence": 0, "attempts": 0, "mention": Mention.NONE}
        await session.execute(insert(TABLE).values(**fresh, **state))
    else:
        when = {} if row.state is HELD else {"due_at": due_at}
        by = {"created_by": await _maker(session, settings)}
        await session.execute(update(TABLE).where(TABLE.c.id == row.id).values(**wanted, **by, first_at=first, **when))
    reminder.wake_by(session, due_at)


def _is_same(row: Row[Any], wanted: dict[str, Any], first: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a row comes where, how often and at which hour it should; its first day may be an older one."""
    if any(getattr(row, name) != value for name, value in wanted.items()):
        return False
    was, now = (at.astimezone(zone) for at in (row.first_at, first))
    is_weekly = row.rrule == "FREQ=WEEKLY"
    return was.time() == now.time() and (not is_weekly or was.weekday() == now.weekday())


async def _maker(session: AsyncSession, settings: GuildSettings) -> int:
    """Return who is told where a digest can go nowhere else: whoever sets it, else who changed the settings last."""
    actor: Actor | None = session.info.get("actor")
    if actor is not None:
        return actor.user_id
    about = Audit.guild_id == settings.guild_id, Audit.kind == GuildSettings.__tablename__
    return await session.scalar(select(Audit.actor_id).where(*about).order_by(Audit.id.desc()).limit(1)) or 0


def first_of(settings: GuildSettings, now: datetime) -> datetime:
    """Return the instant that a digest's repeat is anchored at: its last time on the wall that no clock change hits."""
    zone = ZoneInfo(settings.timezone)
    hour, minute = divmod(settings.digest_minute, 60)
    day: date = now.astimezone(zone).date()
    step = timedelta(days=1)
    if settings.digest is Digest.WEEKLY:
        day -= timedelta(days=(day.weekday() - settings.digest_weekday) % 7)
        step = timedelta(days=7)
    while True:
        wall = datetime.combine(day, time(hour, minute))
        at = valid_instant(wall, zone)
        if at.astimezone(zone).replace(tzinfo=None) == wall:
            return at
        day -= step


def schedule(settings: GuildSettings) -> str:
    """Return how often and when a digest comes, in words: `weekly, Monday 9:00`."""
    if settings.digest is Digest.OFF:
        return "off"
    hour, minute = divmod(settings.digest_minute, 60)
    day = f"{WEEKDAYS[settings.digest_weekday]} " if settings.digest is Digest.WEEKLY else ""
    return f"{settings.digest.value}, {day}{hour}:{minute:02}"
