"""Kill the delivering process at random instants, over and over, and count what people got.

`python -m tests.faults.hammer 200` is the long run of what the suite does with fewer kills.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot import migrate
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from tests.support.discord_stub import Stub
from tests.support.people import Tally, furnish, reminders_of, tally
from tests.support.victim import Nursery

LONGEST_LIFE = 0.6
LONGEST_PLAY = 1.0
FEW_LINES = 150  # bytes: the first have been answered
# Of those in which people act: short, for PostgreSQL, where the next process takes over only what has lapsed.
LEASE = 3.0
CHANNELS = 6
PER_ROUND = 8


@dataclass(frozen=True)
class Count:
    """What became of all reminders: how many there were, and how many came never or more than once."""

    planned: int
    lost: int
    doubled: int
    repeated: int

    @property
    def is_clean(self) -> bool:
        return not self.lost and not self.doubled


async def plan(db: Database, number: int) -> list[int]:
    """Put reminders on the schedule that are due now, two of them the first of a series; return their keys."""
    now = db.clock.now()
    rows = [
        Reminder(
            guild_id=1, kind=ReminderKind.CHANNEL, what=f"{number}.{index}", channel_id=100 + index % CHANNELS,
            due_at=now, zone="Europe/Berlin", created_by=7, created_at=now, rrule="FREQ=DAILY" if index < 2 else None,
            first_at=now if index < 2 else None,
        )
        for index in range(PER_ROUND)
    ]  # fmt: skip
    async with db.write() as session:
        session.add_all(rows)
    return [row.id for row in rows]


async def all_done(db: Database, *, within: float) -> bool:
    """Wait until nothing that was due waits any more."""
    soon = Reminder.due_at <= db.clock.now() + timedelta(minutes=1)
    due = select(func.count()).select_from(Reminder).where(Reminder.occurrence == 0, soon)
    waiting = due.where(Reminder.state.in_([ReminderState.PLANNED, ReminderState.CLAIMED]))
    for _ in range(int(within / 0.1)):
        async with db.read() as session:
            if not await session.scalar(waiting):
                return True
        await asyncio.sleep(0.1)
    return False


def count(keys: list[int], seen: dict[str, Any]) -> Count:
    """Compare what was planned with the messages that people see."""
    nonces = [entry[2] for entry in seen["log"]]
    expected = {f"r{key}-0" for key in keys}
    doubled = len(nonces) - len(set(nonces)) + len(set(nonces) - expected)
    return Count(len(keys), len(expected - set(nonces)), doubled, seen["repeated"])


async def hammer(url: str, kills: int, *, seed: int = 1) -> Count:
    """Kill the only process of a database at random instants of its life, and count at the end."""
    chance = random.Random(seed)  # noqa: S311 - instants, not secrets
    db, stub = Database(url, Clock()), Stub()
    nursery = Nursery(url, stub.base)
    keys: list[int] = []
    try:
        stub.reset(delay=0.01, jitter=0.04)
        for number in range(kills):
            keys += await plan(db, number)
            child = nursery.start()
            await asyncio.sleep(chance.random() * LONGEST_LIFE)
            nursery.kill(child)
        nursery.start()
        assert await all_done(db, within=30 + len(keys) / 20), "something still waits"
        return count(keys, stub.seen())
    finally:
        nursery.close()
        stub.stop()
        await db.close()


async def _begun(journal: Path) -> None:
    """Wait until the newest process has people in it who act; of starting, `hammer` has every instant."""
    before = _size(journal)
    for _ in range(2000):
        if _size(journal) > before + FEW_LINES:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody acted within twenty seconds")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


async def hammer_people(url: str, kills: int, folder: Path, *, seed: int = 1) -> tuple[Count, Tally]:
    """Kill the process in which people book, spend and are reminded, at random instants, and count at the end."""
    chance = random.Random(seed)  # noqa: S311 - instants, not secrets
    db, stub, journal = Database(url, Clock()), Stub(), folder / "journal"
    nurseries = [Nursery(url, stub.base, LEASE, journal=str(journal)), Nursery(url, stub.base, LEASE)]
    try:
        await furnish(db)
        stub.reset(delay=0.005, jitter=0.02)
        for _ in range(kills):
            child = nurseries[0].start()
            await _begun(journal)
            await asyncio.sleep(chance.random() * LONGEST_PLAY)
            nurseries[0].kill(child)
        nurseries[1].start()
        assert await all_done(db, within=30 + kills), "something still waits"
        return count(await reminders_of(db), stub.seen()), await tally(db, journal)
    finally:
        for nursery in nurseries:
            nursery.close()
        stub.stop()
        await db.close()


async def _main(kills: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("hammer", "people"):
            db = Database(sqlite_url(Path(folder) / f"{name}.sqlite3"), Clock())
            await migrate.upgrade(db)
            await db.close()
        played, kept = await hammer_people(sqlite_url(Path(folder) / "people.sqlite3"), kills, Path(folder))
        result = await hammer(sqlite_url(Path(folder) / "hammer.sqlite3"), kills)
    sys.stdout.write(
        f"{kills} kills while people act: {dict(kept.answered)} answered, {kept.unanswered} unanswered, "
        f"{len(kept.lost)} lost, {len(kept.halves)} halves; {played.planned} reminders, {played.lost} lost, "
        f"{played.doubled} doubled\n"
    )
    sys.stdout.write(
        f"{kills} kills, {result.planned} reminders: {result.lost} lost, {result.doubled} doubled; "
        f"{result.repeated} times a killed process had sent without marking\n"
    )
    is_whole = played.is_clean and not (kept.lost or kept.halves or kept.strays)
    return 0 if result.is_clean and is_whole else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill the delivering process at random instants and count.")
    parser.add_argument("kills", type=int, nargs="?", default=200)
    sys.exit(asyncio.run(_main(parser.parse_args().kills)))
