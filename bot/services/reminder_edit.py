"""Changing reminders that wait: words, time and repeat, a pause, and single occurrences of a series."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import UserError
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services import reminder as rules
from bot.services.memo import next_number
from bot.services.reminder_new import ACTIVE
from bot.services.reminder_times import Times, check_ahead, following, next_after, times

STATUS_DAYS = 7
# After a longer time without the bot, what it caught up on is not looked for.
LATEST = timedelta(days=90)
SETTLED = (ReminderState.SENT, ReminderState.FAILED)
MOST_TIMES = 500


class NothingToChange(UserError):
    """An edit without anything to edit."""

    text = "Nothing was given to change, so #{number} stays as it is."


class NotRepeating(UserError):
    """Something only a series can do."""

    text = "#{number} does not repeat, so nothing was changed. Use `/remind edit` to move it, or `/remind cancel`."


class PausedAlready(UserError):
    """The second pause."""

    text = "#{number} is paused already. Bring it back with `/remind resume`."


class NotPaused(UserError):
    """Resuming what runs."""

    text = "#{number} is not paused, so there is nothing to resume."


class PassedMeanwhile(UserError):
    """A single reminder whose time went by during its pause."""

    text = "The time of #{number} went by while it was paused. Give it a new one with `/remind edit`."


class NotACount(UserError):
    """An end of a series that is no number."""

    text = "Say after how many more times it stops, from 1 to {most}. Nothing was changed."


class LeavesNow(UserError):
    """A change to a reminder that is being sent at this moment."""

    text = "#{number} is being sent right now, so it was not changed. Try again in a minute if it comes again."


@dataclass(frozen=True, slots=True)
class Status:
    """What was delivered lately: a page of it, how many in all, how many failed, and the median lateness in seconds."""

    rows: list[Reminder]
    total: int
    failed: int
    median_late: float | None


class ReminderEditService:
    """What people change about reminders that they have planned."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def show(self, actor: Actor, text: str) -> Reminder:
        """Return one that the actor may change; raises `NotFound`, `Ambiguous`, `NotYourReminder` or `OverAlready`."""
        async with self._db.read() as session:
            return await _changing(session, actor, text)

    async def series(self, actor: Actor, text: str) -> Reminder:
        """Return a series that the actor may change; raises as `show` does, `NotRepeating` or `LeavesNow`."""
        async with self._db.read() as session:
            return await _series(session, actor, text)

    async def edit(
        self, actor: Actor, text: str, *, what: str | None = None, at: datetime | None = None,
        rrule: str | None = None, first: datetime | None = None,
    ) -> Reminder:  # fmt: skip
        """Change what is given; an empty `rrule` ends the repeat, and a series moves as a whole.

        Raises `NothingToChange`, `LeavesNow`, and what planning raises.
        """
        now = self._clock.now()
        async with self._db.write(actor, "remind.edit") as session:
            row = await _changing(session, actor, text)
            if what is None and at is None and rrule is None:
                raise NothingToChange(number=row.number)
            _must_wait(row)
            if what is not None:
                row.what = rules.tidy_text(what)
            if at is not None or rrule is not None:
                wanted = row.rrule if rrule is None else rrule or None
                changed = times(now, actor.zone, at or _anchor(row, first), wanted, first)
                changed.check(now, actor.zone)
                _set(session, row, changed, actor)
        return row

    async def pause(self, actor: Actor, text: str) -> Reminder:
        """Stop a reminder from coming until it is resumed; raises `PausedAlready` or `LeavesNow`."""
        async with self._db.write(actor, "remind.pause") as session:
            row = await _changing(session, actor, text)
            if row.state is ReminderState.PAUSED:
                raise PausedAlready(number=row.number)
            _must_wait(row)
            row.state = ReminderState.PAUSED
        return row

    async def resume(self, actor: Actor, text: str) -> Reminder:
        """Let a paused reminder come again, a series at its next time; raises `NotPaused` or `PassedMeanwhile`."""
        now = self._clock.now()
        async with self._db.write(actor, "remind.resume") as session:
            row = await _changing(session, actor, text)
            if row.state is not ReminderState.PAUSED:
                raise NotPaused(number=row.number)
            if row.due_at <= now:
                comes = _next(row, now) if row.rrule else None
                if comes is None:
                    raise PassedMeanwhile(number=row.number)
                row.due_at, row.occurrence = comes, row.occurrence + 1
            row.state = ReminderState.PLANNED
            rules.wake_by(session, row.due_at)
        return row

    async def skip(self, actor: Actor, text: str) -> Reminder:
        """Leave the next occurrence of a series out; the last one ends it. Raises `NotRepeating` or `LeavesNow`."""
        async with self._db.write(actor, "remind.skip") as session:
            row = await _series(session, actor, text)
            _skip(session, row)
        return row

    async def move_one(self, actor: Actor, text: str, at: datetime) -> tuple[Reminder, Reminder]:
        """Move only the next occurrence of a series; return the series and the single reminder in its place.

        Raises `NotRepeating`, `LeavesNow`, `DueInPast` or `DueTooFar`.
        """
        now = self._clock.now()
        check_ahead(at, now)
        async with self._db.write(actor, "remind.move") as session:
            row = await _series(session, actor, text)
            moved = Reminder(
                guild_id=row.guild_id,
                number=await next_number(session, actor.guild_id, "reminder"),
                kind=row.kind,
                what=row.what,
                user_id=row.user_id,
                channel_id=row.channel_id,
                mention=row.mention,
                due_at=at,
                zone=row.zone,
                origin_id=row.id,
                created_by=row.created_by,
                created_at=now,
            )
            rules.plan(session, moved)
            _skip(session, row)
        return row, moved

    async def stop_after(self, actor: Actor, text: str, count: str) -> Reminder:
        """End a series after so many more times; raises `NotACount` or `NotRepeating`."""
        async with self._db.write(actor, "remind.stop_after") as session:
            row = await _series(session, actor, text)
            if not count.strip().isascii() or not count.strip().isdigit() or not 1 <= int(count) <= MOST_TIMES:
                raise NotACount(most=MOST_TIMES)
            rule = ";".join(part for part in str(row.rrule).split(";") if not part.startswith(("UNTIL", "COUNT")))
            comes = [row.due_at, *following(rule, row.first_at or row.due_at, ZoneInfo(row.zone), row.due_at,
                                            count=int(count) - 1)]  # fmt: skip
            row.rrule = f"{rule};UNTIL={comes[-1]:%Y%m%dT%H%M%SZ}"
        return row

    async def status(self, actor: Actor, *, skip: int = 0, limit: int = 8) -> Status:
        """Return what was sent or failed in the last days, however late: one's own and the channel's.

        For producers all but what others planned for themselves.
        """
        since = self._clock.now() - timedelta(days=STATUS_DAYS)
        settled = func.coalesce(Reminder.sent_at, Reminder.due_at)
        here = [Reminder.guild_id == actor.guild_id, Reminder.state.in_(SETTLED), settled >= since]
        here.append(Reminder.due_at >= since - LATEST)  # or every row there ever was would be read
        here.append(_may_know(actor))
        async with self._db.read() as session:
            total = await session.scalar(select(func.count()).select_from(Reminder).where(*here)) or 0
            is_failed = Reminder.state == ReminderState.FAILED
            failed = await session.scalar(select(func.count()).select_from(Reminder).where(*here, is_failed)) or 0
            newest = select(Reminder).where(*here).order_by(settled.desc(), Reminder.id.desc())
            rows = list(await session.scalars(newest.offset(skip).limit(limit)))
            sent = Reminder.state == ReminderState.SENT
            latest = select(Reminder.sent_at, Reminder.due_at).where(*here, sent).order_by(settled.desc())
            late = sorted(
                (at - due).total_seconds() for at, due in await session.execute(latest.limit(MOST_TIMES)) if at
            )
        return Status(rows, total, failed, late[len(late) // 2] if late else None)


async def _changing(session: AsyncSession, actor: Actor, text: str) -> Reminder:
    row = await rules.find(session, actor, text)
    rules.must_be_theirs(actor, row)
    if row.state not in ACTIVE:
        raise rules.OverAlready(state=row.state.value)
    return row


async def _series(session: AsyncSession, actor: Actor, text: str) -> Reminder:
    row = await _changing(session, actor, text)
    if row.rrule is None:
        raise NotRepeating(number=row.number)
    _must_wait(row)
    return row


def _must_wait(row: Reminder) -> None:
    """Raise `LeavesNow` for what the delivery holds at this moment."""
    if row.state is ReminderState.CLAIMED:
        raise LeavesNow(number=row.number)


def _anchor(row: Reminder, first: datetime | None) -> datetime | None:
    """Return where a new repeat begins without a time beside it: at its own, else at the reminder's."""
    return first or row.due_at


def _set(session: AsyncSession, row: Reminder, changed: Times, actor: Actor) -> None:
    row.due_at, row.rrule, row.first_at = changed.due_at, changed.rrule, changed.first_at
    row.zone = actor.zone.key
    rules.wake_by(session, row.due_at)


def _next(row: Reminder, after: datetime) -> datetime | None:
    return next_after(str(row.rrule), row.first_at or row.due_at, ZoneInfo(row.zone), after)


def _skip(session: AsyncSession, row: Reminder) -> None:
    comes = _next(row, row.due_at)
    if comes is None:
        rules.stop(session, row)
        return
    row.due_at, row.occurrence = comes, row.occurrence + 1
    rules.wake_by(session, row.due_at)


def _may_know(actor: Actor) -> Any:
    """Return what limits the status to what a person may read: nobody reads others' personal reminders."""
    mine = (Reminder.created_by == actor.user_id) | (Reminder.user_id == actor.user_id)
    if actor.is_producer:
        return mine | (Reminder.kind != ReminderKind.PERSONAL)
    for_all = (
        Reminder.kind.in_([ReminderKind.CHANNEL, ReminderKind.DEADLINE, ReminderKind.FREED]),
        Reminder.user_id.is_(None),
    )
    return mine | and_(*for_all, Reminder.channel_id == actor.channel_id)
