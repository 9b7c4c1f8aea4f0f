"""News between processes of one PostgreSQL: each here is a `Database` of its own, as in a process of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.news import News
from bot.services import Services
from bot.services.reminder_times import Times

pytestmark = pytest.mark.postgres
ACTOR = Actor(1, 2, channel_id=3, manages_server=True, is_producer=True)


class Process:
    """One process as far as news go: a database, its rules, and what it heard of commits of others."""

    def __init__(self, url: str) -> None:
        self.db = Database(url, Clock())
        self.services = Services(self.db, self.db.clock)
        self.news = News(self.db)
        self.heard: list[dict[str, Any]] = []
        self.db.after_write.append(self._hear)

    def _hear(self, info: dict[str, Any]) -> None:
        if info.get("is_from_others"):
            self.heard.append(info)

    async def open(self) -> "Process":
        self.news.start()
        await self.until(lambda: any(info.get("lost_touch") for info in self.heard))
        self.heard.clear()
        return self

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait a moment for what comes by the network."""
        for _ in range(1000):
            if done():
                return
            await asyncio.sleep(0.01)  # the server and the socket take real time
        pytest.fail("it did not come within ten seconds")

    async def close(self) -> None:
        await self.news.stop()
        await self.db.close()


@pytest.fixture
async def two(postgres_url: str) -> AsyncIterator[tuple[Process, Process]]:
    processes = await Process(postgres_url).open(), await Process(postgres_url).open()
    processes[0].heard.clear()
    yield processes
    for process in processes:
        await process.close()


async def test_settings_changed_in_one_are_forgotten_in_the_other(two: tuple[Process, Process]) -> None:
    here, there = two
    assert (await there.services.settings.of(1)).timezone == "UTC"
    member = Actor(1, 9)
    assert str((await there.services.settings.complete(member)).zone) == "UTC"
    await here.services.settings.start(ACTOR, timezone="Berlin")
    await there.until(lambda: bool(there.heard))
    assert (await there.services.settings.of(1)).timezone == "Europe/Berlin"
    await here.services.settings.set_zone(member.again(), "tokyo")
    await there.until(lambda: len(there.heard) == 2)
    assert str((await there.services.settings.complete(member)).zone) == "Asia/Tokyo"
    assert here.heard == [], "nobody hears themselves"


async def test_what_was_rolled_back_is_not_told(two: tuple[Process, Process]) -> None:
    here, there = two
    with suppress(RuntimeError):
        async with here.db.write() as session:
            session.info["settings"] = {1}
            raise RuntimeError
    async with here.db.write() as session:
        session.info["settings"] = {2}
    await there.until(lambda: bool(there.heard))
    assert [info["settings"] for info in there.heard] == [{2}]


async def test_a_reminder_that_is_due_soon_is_told_and_a_far_one_is_not(two: tuple[Process, Process]) -> None:
    here, there = two
    now = here.db.clock.now()
    await here.services.reminder.me(ACTOR.again(), "far", Times(now + timedelta(hours=1)))
    await here.services.reminder.me(ACTOR.again(), "near", Times(now + timedelta(seconds=20)))
    await there.until(lambda: bool(there.heard))
    assert [info.get("wake_at") for info in there.heard] == [now + timedelta(seconds=20)]


async def test_more_servers_than_a_message_holds_are_all_news(two: tuple[Process, Process]) -> None:
    here, there = two
    async with here.db.write() as session:
        session.info["settings"] = set(range(10**18, 10**18 + 5_000))
    await there.until(lambda: bool(there.heard))
    assert there.heard[0]["lost_touch"]


async def test_a_lost_connection_is_made_again_and_nothing_old_is_kept(two: tuple[Process, Process]) -> None:
    here, there = two
    assert (await there.services.settings.of(1)).timezone == "UTC"
    # As when the server restarts: every connection but the one that asks is ended.
    async with here.db.engine.connect() as connection:
        found = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
        await connection.execute(text(f"{found}current_database()"))
    await there.until(lambda: not there.news.is_heard)
    await here.services.settings.start(ACTOR, timezone="Berlin")
    await there.until(lambda: there.news.is_heard)
    assert (await there.services.settings.of(1)).timezone == "Europe/Berlin"
    await here.until(lambda: here.news.is_heard)
    there.heard.clear()
    await here.services.settings.start(ACTOR.again(), currency="USD")
    await there.until(lambda: bool(there.heard))


async def test_words_that_are_no_news_are_passed_over(
    two: tuple[Process, Process], caplog: pytest.LogCaptureFixture
) -> None:
    here, there = two
    for words in ("{", "[]", '{"wake_at": "soon"}', '{"settings": 4}'):
        async with here.db.write() as session:
            await session.execute(text("SELECT pg_notify('backline', :words)"), {"words": words})
    async with here.db.write() as session:
        session.info["settings"] = {5}
    await there.until(lambda: bool(there.heard))
    assert [info["settings"] for info in there.heard] == [{5}]
    assert caplog.text.count("news that can't be read") == 2 * 4


async def test_an_sqlite_file_has_nobody_to_tell(sqlite_path: Path) -> None:
    db = Database(sqlite_url(sqlite_path), Clock())
    news = News(db)
    news.start()
    assert (db.before_commit, db.after_write, news.is_heard) == ([], [], False)
    await news.stop()
    await db.close()
