"""Several real processes on one PostgreSQL: each reminder once, a killed one's work taken over, nothing overslept."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from bot.clock import Clock
from bot.db import Database
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.news import News
from bot.services import reminder
from tests.faults.hammer import all_done, count, plan
from tests.support.discord_stub import Stub
from tests.support.victim import Nursery

pytestmark = pytest.mark.postgres
LEASE = 2.0
GRACE = 5.0
# Far below the half minute after which everybody looks by themselves.
AT_ONCE = 2.0
LISTENING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


class Desk:
    """A database, a stand-in of Discord, and processes that deliver from the one to the other."""

    def __init__(self, url: str) -> None:
        self.db = Database(url, Clock())
        self.stub = Stub()
        self.nursery = Nursery(url, self.stub.base, LEASE)
        self.news = News(self.db)
        self.news.start()
        self.running = 1

    async def start(self) -> int:
        """Start a process and wait until it is at work; return its number."""
        self.running += 1
        child = self.nursery.start()
        await self.until(self._all_listen)
        return child

    async def plan(self, number: int) -> list[int]:
        """Plan a round that is due now, and let everybody know at the same instant; return the keys."""
        keys = await plan(self.db, number)
        async with self.db.write() as session:
            reminder.wake_by(session, self.db.clock.now())
        return keys

    async def _all_listen(self) -> bool:
        async with self.db.read() as session:
            return bool(await session.scalar(text(LISTENING)) == self.running)

    async def held(self) -> dict[str, int]:
        """Return who holds how many at this moment."""
        holding = Reminder.state == ReminderState.CLAIMED, Reminder.lease_by.is_not(None)
        found = select(Reminder.lease_by, func.count()).where(*holding).group_by(Reminder.lease_by)
        async with self.db.read() as session:
            return {str(by): many for by, many in await session.execute(found)}

    async def until(self, question: Callable[[], Awaitable[object]]) -> None:
        for _ in range(1000):
            if await question():
                return
            await asyncio.sleep(0.02)
        pytest.fail("it did not happen within twenty seconds")

    async def close(self) -> None:
        self.nursery.close()
        self.stub.stop()
        await self.news.stop()
        await self.db.close()


@pytest.fixture
async def desk(postgres_url: str) -> AsyncIterator[Desk]:
    opened = Desk(postgres_url)
    yield opened
    await opened.close()


async def test_each_is_delivered_once_with_both_at_work(desk: Desk) -> None:
    desk.stub.reset(delay=0.02)
    for _ in range(2):
        await desk.start()
    keys = [key for number in range(12) for key in await desk.plan(number)]
    assert await all_done(desk.db, within=20)
    result = count(keys, desk.stub.seen())
    assert (result.planned, result.lost, result.doubled, result.repeated) == (96, 0, 0, 0)


async def test_one_that_is_killed_with_its_lease_is_taken_over_in_time(desk: Desk) -> None:
    desk.stub.reset(delay=1.0)
    victim, survivor = await desk.start(), await desk.start()
    os.kill(survivor, signal.SIGSTOP)  # so that it is the victim who holds the work
    keys = await desk.plan(0)
    await desk.until(desk.held)
    os.kill(survivor, signal.SIGCONT)
    desk.nursery.kill(victim)
    killed = time.clock_gettime(time.CLOCK_REALTIME)
    assert await all_done(desk.db, within=LEASE + GRACE + 5)
    seen = desk.stub.seen()
    result = count(keys, seen)
    assert (result.lost, result.doubled) == (0, 0)
    assert max(entry[0] for entry in seen["log"]) - killed <= LEASE + GRACE


async def test_what_one_plans_for_soon_wakes_the_other(desk: Desk) -> None:
    desk.stub.reset()
    await desk.start()
    now = desk.db.clock.now()
    row = Reminder(
        guild_id=1, kind=ReminderKind.CHANNEL, what="soon", channel_id=100, due_at=now + timedelta(seconds=1),
        zone="Europe/Berlin", created_by=7, created_at=now,
    )  # fmt: skip
    async with desk.db.write() as session:
        reminder.plan(session, row)
    assert await all_done(desk.db, within=1 + AT_ONCE)
    ((sent, _, nonce, _),) = desk.stub.seen()["log"]
    assert nonce == f"r{row.id}-0"
    assert 0 <= sent - row.due_at.timestamp() <= AT_ONCE
