"""The nightly backup of a running bot: night after night, the oldest go, and a night that was missed is made up for."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
import pytest

from bot import scheduler as alarms
from bot.__main__ import _back_up_nightly
from bot.app import Backline
from bot.clock import Clock, utc_now
from bot.config import Config
from bot.db import Database, sqlite_url
from rehearsal.alarm import apscheduler_follows
from tests.support.standin import until

EVENING = datetime(2027, 3, 1, 20, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Wall:
    """The system's clock, which a test sets; in between it goes on."""

    def __init__(self) -> None:
        self.set(EVENING)

    def now(self) -> datetime:
        return utc_now() + self._off

    def set(self, at: datetime) -> None:
        self._off = at - utc_now()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    wall = Wall()
    monkeypatch.setattr(discord.utils, "utcnow", wall.now)
    monkeypatch.setattr(alarms, "LOOK_SECONDS", 0.02)
    with apscheduler_follows():
        yield wall


async def started(path: Path, wall: Wall, settings: Config) -> Backline:
    """Start what a running bot has for its backups, as `run` does."""
    db = Database(sqlite_url(path), Clock(wall.now))
    bot = Backline(db, db.clock)
    bot.scheduler.start()
    bot.scheduler.watch(bot.clock.now)
    await _back_up_nightly(bot, settings)
    return bot


async def stopped(bot: Backline) -> None:
    bot.scheduler.stop()
    await bot.db.close()


async def test_each_night_has_a_copy_and_one_that_was_missed_is_made_up_for(sqlite_path: Path, wall: Wall) -> None:
    settings = Config.model_validate({"data_dir": str(sqlite_path.parent), "backup": {"at": "04:30", "keep": 2}})

    async def nights(*expected: str) -> None:
        """Wait for the copies of these minutes, and for no other one."""

        def taken() -> list[str]:
            return sorted(file.name[9:22] for file in settings.backup_folder.glob("*.sqlite3"))

        await until(lambda: taken() == list(expected), within=10)
        await asyncio.sleep(0.1)
        assert taken() == list(expected)

    bot = await started(sqlite_path, wall, settings)
    wall.set(EVENING + timedelta(minutes=1))
    await nights("20270301-2001")  # there was none at all
    wall.set(EVENING.replace(hour=4, minute=29) + DAY)
    await nights("20270301-2001")
    wall.set(EVENING.replace(hour=4, minute=30) + DAY)
    await nights("20270301-2001", "20270302-0430")
    wall.set(EVENING.replace(hour=4, minute=30) + 2 * DAY)
    await nights("20270302-0430", "20270303-0430")
    await stopped(bot)
    wall.set(EVENING + 2 * DAY)
    bot = await started(sqlite_path, wall, settings)  # no night was missed
    wall.set(EVENING + 2 * DAY + timedelta(minutes=5))
    await nights("20270302-0430", "20270303-0430")
    await stopped(bot)
    wall.set(EVENING + 4 * DAY)
    bot = await started(sqlite_path, wall, settings)
    await nights("20270302-0430", "20270303-0430")
    wall.set(EVENING + 4 * DAY + timedelta(minutes=1))
    await nights("20270303-0430", "20270305-2001")
    wall.set(EVENING.replace(hour=4, minute=30) + 5 * DAY)
    await nights("20270305-2001", "20270306-0430")
    await stopped(bot)
