"""Real processes, real kill -9: no reminder is lost and none comes twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.db import Database, sqlite_url
from tests.faults.hammer import all_done, count, hammer, plan
from tests.support.discord_stub import Stub
from tests.support.victim import Nursery

LEASE = 3.0


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    process = Stub()
    yield process
    process.stop()


async def test_killed_at_random_instants_nothing_is_lost_or_doubled(sqlite_path: Path) -> None:
    result = await hammer(sqlite_url(sqlite_path), kills=25)
    assert (result.planned, result.lost, result.doubled) == (200, 0, 0)


@pytest.mark.postgres
async def test_two_processes_on_one_postgres_deliver_each_once(postgres_url: str, stub: Stub) -> None:
    db = Database(postgres_url, Clock())
    nursery = Nursery(postgres_url, stub.base, LEASE)
    try:
        stub.reset(delay=0.005)
        keys = [key for number in range(10) for key in await plan(db, number)]
        for _ in range(2):
            nursery.start()
        assert await all_done(db, within=30)
        result = count(keys, stub.seen())
        assert (result.lost, result.doubled, result.repeated) == (0, 0, 0)
    finally:
        nursery.close()
        await db.close()


@pytest.mark.postgres
async def test_a_killed_process_is_taken_over_within_its_lease(postgres_url: str, stub: Stub) -> None:
    db = Database(postgres_url, Clock())
    nursery = Nursery(postgres_url, stub.base, LEASE)
    try:
        stub.reset(delay=0.6)
        keys = await plan(db, 0) + await plan(db, 1)
        first = nursery.start()
        for _ in range(200):
            await asyncio.sleep(0.05)
            if stub.seen()["log"]:
                break
        nursery.kill(first)
        nursery.start()
        assert await all_done(db, within=LEASE + 5)
        result = count(keys, stub.seen())
        assert (result.lost, result.doubled) == (0, 0)
    finally:
        nursery.close()
        await db.close()
