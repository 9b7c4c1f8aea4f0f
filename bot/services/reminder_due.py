"""Claiming what is due and marking what became of it: the schedule's side of delivery."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, func, insert, literal_column, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services.reminder_quiet import considerate, set_apart
from bot.services.reminder_times import next_after
from bot.services.reminder_words import Due, Sources, worded
from bot.trouble import DatabaseTrouble

LEASE = timedelta(seconds=60)
# Small enough that its words hold up nothing else for long.
BATCH = 200
MOST_TELLING = 2
RETRY_AFTER = tuple(timedelta(seconds=wait) for wait in (5, 15, 60, 300, 900, 1800, 3600, 3600, 7200, 14400))
ERROR_LIMIT = 200
# The states stand in the text of the statement: with a bound value neither database would use its partial index.
PLANNED = Reminder.state == literal_column("'planned'")
CLAIMED = Reminder.state == literal_column("'claimed'")
Listener = Callable[[dict[str, Any]], None]
TABLE = cast("Table", Reminder.__table__)
NEEDED = (
    Reminder.id, Reminder.guild_id, Reminder.kind, Reminder.what, Reminder.occurrence, Reminder.due_at,
    Reminder.attempts, Reminder.user_id, Reminder.channel_id, Reminder.mention, Reminder.created_by,
    Reminder.subject_id, Reminder.origin_id, Reminder.rrule, Reminder.lease_by, Reminder.lease_until, Reminder.zone,
    Reminder.number,
)  # fmt: skip


class Unreachable(Exception):
    """The database did not answer in time; whoever asked tries again later."""


class Ending(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt to deliver ended; `is_doubtful` where Discord may have taken a message it did not confirm."""

    due: Due
    ending: Ending
    at: datetime
    channel_id: int | None = None
    message_id: int | None = None
    error: str | None = None
    is_doubtful: bool = False


class DueService:
    """Hands out what is due under a lease, and takes back how it went; neither has an actor."""

    def __init__(self, db: Database, clock: Clock, sources: Sources | None = None, *, lease: timedelta = LEASE) -> None:
        self._db = db
        self._clock = clock
        self._sources = sources or Sources()
        self.lease = lease
        self._telling = asyncio.Semaphore(MOST_TELLING)
        # SQLite serves one process only: whatever is claimed at the start was claimed by one that is gone.
        self.is_alone = db.is_sqlite

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener what each commit leaves behind; return what stops that."""
        self._db.after_write.append(listener)
        return partial(self._db.after_write.remove, listener)

    async def next_at(self) -> datetime | None:
        """Return when the next reminder is due or the next lease lapses; the pending ones are not read."""
        due = select(func.min(Reminder.due_at)).where(PLANNED).scalar_subquery()
        lapse = select(func.min(Reminder.lease_until)).where(CLAIMED).scalar_subquery()
        async with _reaching(), self._db.read() as session:
            found = (await session.execute(select(due, lapse))).one()
        return min((at for at in found if at is not None), default=None)

    async def claim(self, by: str, until: datetime, *, limit: int = BATCH, take_over: bool = False) -> list[Due]:
        """Claim up to `limit` reminders due by `until`, in order, and those whose lease has lapsed.

        `take_over` claims what others hold, too: for the start of the only process there is.
        """
        now = self._clock.now()
        async with _reaching(), self._db.write() as session:
            rows = [*await self._lapsed(session, now, by if take_over else None, limit)]
            rows += await self._planned(session, until, limit - len(rows))
            if not rows:
                return []
            await asyncio.sleep(0)  # on SQLite nothing else here waits: a batch would be one long turn of the loop
            found = zip(await worded(session, rows, now, self._sources), rows, strict=True)
            await asyncio.sleep(0)
            ready = await considerate(session, [(due, row) for due, row in found if not due.is_busy], now)
            # After the words: a hold that they let go calls its own reminder off, and that one is to be sent.
            await session.flush()
            lease = {"state": ReminderState.CLAIMED, "lease_by": by, "lease_until": now + self.lease}
            await session.execute(update(TABLE).where(TABLE.c.id.in_([due.id for due, _ in ready])).values(**lease))
        claimed = [replace(due, doubted_since=self._doubted(row)) if row.lease_by else due for due, row in ready]
        return sorted(claimed, key=lambda due: (due.due_at, due.id))

    def _doubted(self, row: Any) -> datetime:
        """Return since when it may have left: not only the last attempt is in doubt, but any since it was due."""
        since: datetime = min(row.due_at, row.lease_until - self.lease)
        return since

    async def _planned(self, session: AsyncSession, until: datetime, limit: int) -> Sequence[Any]:
        due = select(*NEEDED).where(PLANNED, Reminder.due_at <= until).order_by(Reminder.due_at, Reminder.id)
        return (await session.execute(due.limit(limit).with_for_update(skip_locked=True))).all()

    async def _lapsed(self, session: AsyncSession, now: datetime, by: str | None, limit: int) -> Sequence[Any]:
        """Return what nobody holds any more, and with `by` what anybody else holds."""
        free: Any = Reminder.lease_until <= now
        if by is not None:
            free |= Reminder.lease_by.is_not(None) & (Reminder.lease_by != by)
        lapsed = select(*NEEDED).where(CLAIMED, free).order_by(Reminder.lease_until).limit(limit)
        return (await session.execute(lapsed.with_for_update(skip_locked=True))).all()

    async def told(self, due: Due) -> Due:
        """Return a reminder that is about to leave, with its words if those were left for now; a few at a time."""
        if not due.is_told_later or self._sources.digest is None:
            return due
        async with self._telling, _reaching(), self._db.read() as session:
            return await self._sources.digest(session, due)

    async def apart(self, due: Due) -> Due:
        """Let the people of a ping be told by themselves, each once; return it for its roles alone."""
        async with _reaching(), self._db.write() as session:
            return await set_apart(session, due, self._clock.now())

    async def renew(self, by: str, ids: Sequence[int]) -> datetime:
        """Hold on to what is still waiting to leave; return until when."""
        until = self._clock.now() + self.lease
        async with _reaching(), self._db.write() as session:
            held = TABLE.c.id.in_(ids), TABLE.c.state == ReminderState.CLAIMED, TABLE.c.lease_by == by
            await session.execute(update(TABLE).where(*held).values(lease_until=until))
        return until

    async def release(self, by: str, ids: Sequence[int]) -> None:
        """Give back what was claimed and certainly not sent."""
        async with _reaching(), self._db.write() as session:
            held = TABLE.c.id.in_(ids), TABLE.c.state == ReminderState.CLAIMED, TABLE.c.lease_by == by
            free = {"state": ReminderState.PLANNED, "lease_by": None, "lease_until": None}
            await session.execute(update(TABLE).where(*held).values(**free))

    async def mark(self, by: str, outcomes: Sequence[Outcome]) -> None:
        """Write down how a batch of attempts ended; what was cancelled meanwhile stays cancelled."""
        once = [outcome for outcome in outcomes if not outcome.due.is_repeating or outcome.ending is Ending.RETRY]
        again = [outcome for outcome in outcomes if outcome.due.is_repeating and outcome.ending is not Ending.RETRY]
        sent = [outcome.due for outcome in outcomes if outcome.ending is Ending.SENT]
        async with _reaching(), self._db.write() as session:
            # What changed while one was leaving is shown now that it is known where it stands.
            sheets = {("callsheet", due.subject_id) for due in sent if due.kind is ReminderKind.CALL_SHEET}
            session.info["stale"] = sheets
            if once:
                await session.execute(_MARK, [_marked(outcome, by) for outcome in once])
            if again:
                await self._advance(session, by, again)

    async def _advance(self, session: AsyncSession, by: str, outcomes: Sequence[Outcome]) -> None:
        """Move repeating rows to their next occurrence and leave a record of this one; the last one becomes it."""
        held = Reminder.id.in_([outcome.due.id for outcome in outcomes]), CLAIMED, Reminder.lease_by == by
        rows = {row.id: row for row in await session.execute(select(TABLE).where(*held).with_for_update())}
        now = self._clock.now()
        records, moves, ends = [], [], []
        for outcome in outcomes:
            row = rows.get(outcome.due.id)
            if row is None or row.occurrence != outcome.due.occurrence:
                continue
            after = max(now, row.due_at)
            comes = next_after(row.rrule, row.first_at or row.due_at, ZoneInfo(row.zone), after)
            if comes is None:
                ends.append(_marked(outcome, by))
                continue
            records.append(_record(row, outcome))
            moves.append({"key": row.id, "due_at": comes, "occurrence": row.occurrence + 1})
        for statement, values in ((_MARK, ends), (_MOVE, moves), (insert(TABLE), records)):
            if values:
                await session.execute(statement, values)


_MARK = (
    update(TABLE)
    .where(
        TABLE.c.id == bindparam("key"),
        TABLE.c.state == ReminderState.CLAIMED,
        TABLE.c.lease_by == bindparam("by"),
        TABLE.c.occurrence == bindparam("which"),
    )
    .values(
        state=bindparam("state"),
        sent_at=bindparam("sent_at"),
        message_id=bindparam("message_id"),
        sent_channel_id=bindparam("sent_channel_id"),
        error=bindparam("error"),
        attempts=bindparam("attempts"),
        lease_until=bindparam("lease_until"),
        lease_by=bindparam("lease_by_now"),
    )
)
_MOVE = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("key"))
    .values(
        due_at=bindparam("due_at"),
        occurrence=bindparam("occurrence"),
        state=ReminderState.PLANNED,
        attempts=0,
        lease_by=None,
        lease_until=None,
        done_at=None,
        done_by=None,
        error=None,
    )
)
_STATES = {
    Ending.SENT: ReminderState.SENT,
    Ending.RETRY: ReminderState.CLAIMED,
    Ending.FAILED: ReminderState.FAILED,
    Ending.DROPPED: ReminderState.CANCELLED,
}
DOUBTFUL = "?"


@asynccontextmanager
async def _reaching() -> AsyncIterator[None]:
    """Turn every way in which a database can fail to answer into `Unreachable`."""
    try:
        yield
    except (DatabaseTrouble, DBAPIError, OSError, TimeoutError) as error:
        raise Unreachable(type(error).__name__) from error


def _marked(outcome: Outcome, by: str) -> dict[str, Any]:
    is_retry = outcome.ending is Ending.RETRY
    wait = RETRY_AFTER[min(outcome.due.attempts, len(RETRY_AFTER) - 1)]
    return {
        "key": outcome.due.id,
        "by": by,
        "which": outcome.due.occurrence,
        "attempts": outcome.due.attempts + 1,
        "lease_until": outcome.at + wait if is_retry else None,
        "lease_by_now": DOUBTFUL if is_retry and outcome.is_doubtful else None,
        **_ended(outcome),
    }


def _ended(outcome: Outcome) -> dict[str, Any]:
    return {
        "state": _STATES[outcome.ending],
        "sent_at": outcome.at if outcome.ending is Ending.SENT else None,
        "message_id": outcome.message_id,
        "sent_channel_id": outcome.channel_id,
        "error": outcome.error[:ERROR_LIMIT] if outcome.error else None,
    }


def _record(row: Any, outcome: Outcome) -> dict[str, Any]:
    """Return the row that remembers one occurrence of a repeating reminder."""
    kept = dict(row._mapping)  # noqa: SLF001 - a row's documented mapping
    del kept["id"]
    attempts = outcome.due.attempts + 1
    gone = {"number": None, "rrule": None, "first_at": None, "lease_by": None, "lease_until": None}
    return {**kept, **gone, "origin_id": row.id, "attempts": attempts, **_ended(outcome)}
