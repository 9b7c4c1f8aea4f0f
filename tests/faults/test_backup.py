"""Backups of a desk at work, restored: every invariant holds in each, and what they deliver again is known already."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot import backup
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.models.reminder import Reminder, ReminderState
from tests.faults.hammer import all_done
from tests.machine.books import Books
from tests.support.discord_stub import Stub
from tests.support.people import ANSWERED, Journal, furnish, reminders_of, tally
from tests.support.standin import until
from tests.support.victim import Nursery

NIGHT = datetime(2027, 3, 1, 4, 30, tzinfo=UTC)
BACKUPS = 3
APART = 0.5
VERBS = ("booking.draft", "booking.book", "budget.spend", "remind.channel")


@dataclass
class Copy:
    """A backup, what people had been answered before it was begun, and what they had been told by then."""

    file: Path
    answered: set[int]
    told: set[str]


def nonces(seen: dict[str, Any]) -> Counter[str]:
    return Counter(nonce for _, _, nonce, _ in seen["log"])


async def taken_at_work(database: Path, folder: Path, journal: Path, nursery: Nursery, stub: Stub) -> list[Copy]:
    """Take backups while another process has people in it who act and are reminded; then kill that one."""
    child = nursery.start(journal=str(journal))
    await until(lambda: journal.exists() and len(Journal.read(journal)[ANSWERED]) >= 2 * len(VERBS))
    copies = []
    for number in range(BACKUPS):
        await asyncio.sleep(APART)
        answered, told = set(Journal.read(journal)[ANSWERED]), set(nonces(stub.seen()))
        file = await asyncio.to_thread(backup.take, database, folder, NIGHT + timedelta(days=number), BACKUPS)
        copies.append(Copy(file, answered, told))
    nursery.kill(child)
    return copies


async def sound(copy: Copy, db: Database, file: Path, journal: Path) -> set[str]:
    """Hold a restored database against itself and the journal; return the nonces of all its reminders."""
    books = Books(file, db)
    assert await books.whole() == []
    books.close()
    kept = await tally(db, journal)
    assert (copy.answered & set(kept.lost), kept.halves, kept.strays) == (set(), [], [])
    return {f"r{key}-0" for key in await reminders_of(db)}


async def waiting(db: Database) -> set[str]:
    """Return the nonces of what is still to be sent, as far as a backup knows."""
    async with db.read() as session:
        keys = await session.scalars(
            select(Reminder.id).where(Reminder.state.in_([ReminderState.PLANNED, ReminderState.CLAIMED]))
        )
    return {f"r{key}-0" for key in keys}


async def test_every_backup_of_a_desk_at_work_is_whole_and_reminds_nobody_twice(
    sqlite_path: Path, tmp_path: Path
) -> None:
    stub, journal = Stub(), tmp_path / "journal"
    nursery = Nursery(sqlite_url(sqlite_path), stub.base)
    restored = [tmp_path / f"restored-{number}" / "backline.sqlite3" for number in range(BACKUPS)]
    databases = [Database(sqlite_url(file), Clock()) for file in restored]
    try:
        desk = Database(sqlite_url(sqlite_path), Clock())
        await furnish(desk)
        await desk.close()
        stub.reset(delay=0.005, jitter=0.02)
        copies = await taken_at_work(sqlite_path, tmp_path / "backups", journal, nursery, stub)
        assert sorted(len(copy.answered) for copy in copies) == [len(copy.answered) for copy in copies]
        assert copies[-1].told, "nobody was reminded before the last backup"
        for copy, db, file in zip(copies, databases, restored, strict=True):
            backup.restore(copy.file, file, NIGHT)
            expected, open_, before = await sound(copy, db, file, journal), await waiting(db), stub.seen()
            child = nursery.start(url=sqlite_url(file))
            assert await all_done(db, within=20), "something still waits"
            nursery.kill(child)
            after = stub.seen()
            assert copy.told <= expected and not expected - set(nonces(after)), "lost"
            assert max(nonces(after).values()) == 1, "doubled"
            assert after["repeated"] - before["repeated"] == len(open_ & set(nonces(before)))
        assert set(Journal.read(journal)["begun"].values()) == set(VERBS)
    finally:
        nursery.close()
        stub.stop()
        for db in databases:
            await db.close()
