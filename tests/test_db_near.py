"""What SQLite answers on the loop itself: short statements only, and never while its thread is at work."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.clock import Clock
from bot.db import Database, sqlite_url

# It begins on the loop, is broken off there, and ends in the thread.
LONG = """SELECT * FROM (
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*) FROM n
)"""


@pytest.fixture
async def near(sqlite_path: Path) -> AsyncIterator[Database]:
    db = Database(sqlite_url(sqlite_path), Clock())
    yield db
    await db.close()


async def heartbeat(longest: list[float]) -> None:
    """Note the longest pause of the loop, in seconds."""
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest[0], last = max(longest[0], now - last), now


async def seconds_of(db: Database, sql: str) -> float:
    async with db.read() as session:
        begun = time.perf_counter()
        await session.scalar(text(sql))
        return time.perf_counter() - begun


async def test_a_long_question_is_broken_off_and_goes_on_in_the_thread(near: Database) -> None:
    longest = [0.0]
    beat = asyncio.create_task(heartbeat(longest))
    await asyncio.sleep(0.01)
    async with near.read() as session:
        begun = time.perf_counter()
        assert await session.scalar(text(LONG)) == 3_000_000
        taken = time.perf_counter() - begun
    beat.cancel()
    assert longest[0] < taken / 2


async def test_a_question_that_was_broken_off_is_not_tried_on_the_loop_at_once_again(near: Database) -> None:
    seen: list[int] = []
    asked = text(
        LONG.replace("SELECT count(*)", "SELECT count(*) + whose() * 0").replace("SELECT 1 ", "SELECT whose() ")
    )
    async with near.read() as session:
        raw = await session.connection()
        driver = (await raw.get_raw_connection()).driver_connection
        driver._conn.create_function("whose", 0, lambda: seen.append(threading.get_ident()) or 1)  # type: ignore[union-attr]
        await session.execute(asked)
        assert seen[0] == threading.get_ident()
        tried = len(seen)
        for _ in range(2):
            await session.execute(asked)
    assert threading.get_ident() not in seen[tried:]


async def test_a_short_question_needs_no_other_thread(near: Database) -> None:
    seen: list[int] = []
    async with near.read() as session:
        raw = await session.connection()
        driver = (await raw.get_raw_connection()).driver_connection
        driver._conn.create_function("whose", 0, lambda: seen.append(threading.get_ident()) or 1)  # type: ignore[union-attr]
        await session.execute(text("SELECT whose()"))
        await session.execute(text("WITH one(i) AS (SELECT 1) SELECT whose() FROM one"))
    assert seen[0] == threading.get_ident() != seen[1]


async def test_an_error_on_the_spot_is_the_same_error(near: Database) -> None:
    async with near.read() as session:
        with pytest.raises(Exception, match="no such table"):
            await session.execute(text("SELECT * FROM nowhere"))
        assert await session.scalar(text("SELECT 1")) == 1


async def test_after_a_cancelled_wait_the_connection_serves_the_next_rule(near: Database) -> None:
    hung = asyncio.create_task(seconds_of(near, LONG))
    await asyncio.sleep(0.05)
    hung.cancel()
    await asyncio.gather(hung, return_exceptions=True)
    for _ in range(8):
        async with near.read() as session:
            assert await session.scalar(text("SELECT 7")) == 7


async def test_a_writer_waits_for_another_program_without_stopping_the_loop(near: Database, sqlite_path: Path) -> None:
    longest = [0.0]
    async with near.write() as session:
        await session.execute(text("INSERT INTO fact (name, value) VALUES ('a', 'b')"))
    other = sqlite3.connect(sqlite_path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    beat = asyncio.create_task(heartbeat(longest))
    asyncio.get_running_loop().call_later(0.5, other.execute, "ROLLBACK")
    async with near.write() as session:
        await session.execute(text("UPDATE fact SET value = 'c'"))
    beat.cancel()
    other.close()
    async with near.read() as session:
        assert await session.scalar(text("SELECT value FROM fact")) == "c"
    assert longest[0] < 0.4
