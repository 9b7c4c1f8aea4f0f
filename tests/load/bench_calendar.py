"""Prints what a calendar of 10,000 entries costs, and how a room's feed grows from 1,000 to 1,000,000 bookings.

Run it with `python -m tests.load.bench_calendar [sizes ...]`. A room's feed holds 500 sessions throughout; of the rest
half are the same room's in the past, half are other rooms' at the same time. PostgreSQL is measured where there is one.
On a busy machine the least of some turns says more than their median.
"""

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import aiohttp
from sqlalchemy import insert, text

from bot import migrate
from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.models.audit import Audit
from bot.models.booking import Answer, Booking, BookingKind, BookingPerson, BookingState
from bot.services import Services
from bot.services.calendar import Member
from bot.web import FeedRoutes, Server
from tests.support.postgres import require_postgres

SIZES = (1_000, 1_000_000)
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
ACTOR = Actor(1, 2, manages_server=True, is_producer=True, sees_money=True)
BATCH, TURNS, IN_FEED, MANY = 20_000, 15, 500, 10_000


class Nobody:
    """A server whose people are all called by their numbers."""

    async def member(self, _guild_id: int, user_id: int) -> Member | None:
        return Member(str(user_id), ())

    async def names(self, _guild_id: int, user_ids: Collection[int]) -> dict[int, str]:
        return {key: f"Person {key}" for key in user_ids}

    def roles(self, _guild_id: int, _role_ids: Collection[int]) -> dict[int, str]:
        return {}

    def server(self, _guild_id: int) -> str:
        return "Night Ferry"


async def fill(
    db: Database, first: int, *, guild: int, room: int, start: datetime, count: int, every: timedelta
) -> None:
    """Book a room again and again, each session with one of fifty people and one line in the trail of changes."""
    for low in range(first, first + count, BATCH):
        keys = range(low, min(first + count, low + BATCH))
        rows = [
            {
                "id": key, "guild_id": guild, "number": key, "what": f"Session {key}", "kind": BookingKind.OTHER,
                "state": BookingState.CONFIRMED, "room_id": room, "start_at": start + (key - first) * every,
                "end_at": start + (key - first) * every + every * 0.9, "zone": "Europe/Berlin", "version": 1,
                "shown_version": 1, "created_by": 2, "created_at": NOW,
            }
            for key in keys
        ]  # fmt: skip
        people = [
            {"guild_id": guild, "booking_id": key, "user_id": 100 + key % 50, "is_asked": True, "answer": Answer.NONE}
            for key in keys
        ]
        trail = [
            {"guild_id": guild, "change_id": key, "actor_id": 2, "at": NOW, "verb": "booking.book", "kind": "booking",
             "record_id": key, "before": None, "after": {}}
            for key in keys
        ]  # fmt: skip
        async with db.engine.begin() as connection:
            await connection.execute(insert(Booking), rows)
            await connection.execute(insert(BookingPerson), people)
            await connection.execute(insert(Audit), trail)


async def longest_block(work: Awaitable[object]) -> tuple[float, float, float]:
    """Return how many milliseconds something took, and how long the loop answered nobody at most meanwhile.

    Both by the clock, which on a busy machine counts what other programs take, and by the processor time that the
    loop's own thread used in one go.
    """
    late, used = [0.0], [0.0]

    async def tick() -> None:
        while True:
            began, spent = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - began - 0.001)
            used.append(time.thread_time() - spent)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.01)
    began = time.perf_counter()
    await work
    took = time.perf_counter() - began
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking
    return took * 1000, max(late) * 1000, max(used) * 1000


async def blocking(name: str, work: Awaitable[object]) -> None:
    took, late, used = await longest_block(work)
    print(f"{name:<14} {took:8.1f} ms, loop away for {late:6.1f} ms at most, working for {used:5.1f} ms at most")


async def typical(ask: Callable[[], Awaitable[object]], turns: int = TURNS) -> float:
    return median(await timed(ask, turns))


async def timed(ask: Callable[[], Awaitable[object]], turns: int = TURNS) -> list[float]:
    """Return how many milliseconds each turn took."""
    times = []
    for _ in range(turns):
        began = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - began) * 1000)
    return times


async def prepared(url: str) -> tuple[Database, Services]:
    db = Database(url, Clock(lambda: NOW))
    await migrate.upgrade(db)
    services = Services(db, db.clock)
    for name in ("Room A", "Room B"):
        await services.room.add(ACTOR, name)
    return db, services


async def many(folder: Path) -> None:
    """Print what a feed of 10,000 entries costs: the first time, after a change, unchanged, and over HTTP."""
    db, services = await prepared(sqlite_url(folder / "many.sqlite3"))
    await fill(db, 1, guild=1, room=1, start=NOW - timedelta(days=60), count=MANY, every=timedelta(hours=1.5))
    token = (await services.calendar.link(ACTOR, "room #1")).token
    people = Nobody()

    async def ask() -> object:
        return await services.calendar.feed(token, people)

    async def after_a_change() -> object:
        async with db.write(ACTOR.again(), "bench") as session:
            booking = await session.get_one(Booking, MANY // 2)
            booking.version += 1
        return await ask()

    await blocking("idle", asyncio.sleep(3))
    await blocking("first time", ask())
    feed = await services.calendar.feed(token, people)
    assert feed is not None and feed.count == MANY
    print(f"{feed.count:,} entries, {len(feed.body) / 1e6:.2f} MB, zipped {len(feed.zipped) / 1e6:.2f} MB")
    await blocking("after a change", after_a_change())
    feed = await services.calendar.feed(token, people)
    assert feed is not None
    print(f"unchanged      {await typical(ask, 1000):8.3f} ms")
    server = Server("127.0.0.1", 0, lambda: 0.0)
    server.add(FeedRoutes(services.calendar, people, iter(range(0, 10**9, 60)).__next__))
    await server.start()
    url = f"http://127.0.0.1:{server.port}/calendar/{token}.ics"
    async with aiohttp.ClientSession() as session:

        async def etag() -> None:
            async with session.get(url, headers={"If-None-Match": f'"{feed.etag}"'}) as response:
                assert response.status == 304

        print(f"ETag hit       {await typical(etag, 200):8.3f} ms over HTTP")
    await server.stop()
    await db.close()


async def growth(name: str, url: str, count: int, floor: dict[str, float]) -> None:
    """Print how long a room's feed takes to be made anew, everything the same but the size of the database."""
    db, services = await prepared(url)
    every, rest = timedelta(hours=3), (count - IN_FEED) // 2
    await fill(db, 1, guild=1, room=1, start=NOW - timedelta(days=20), count=IN_FEED, every=every)
    past = NOW - timedelta(days=150) - rest * every
    await fill(db, IN_FEED + 1, guild=1, room=1, start=past, count=rest, every=every)
    beside = timedelta(days=700) / rest
    await fill(db, IN_FEED + rest + 1, guild=1, room=2, start=NOW - timedelta(days=20), count=rest, every=beside)
    if not db.is_sqlite:
        async with db.engine.connect() as connection:
            free = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await free.execute(text("ANALYZE"))
    token = (await services.calendar.link(ACTOR, "room #1")).token

    async def anew() -> None:
        async with db.write(ACTOR.again(), "bench") as session:
            booking = await session.get_one(Booking, 1)
            booking.version += 1
        feed = await services.calendar.feed(token, Nobody())
        assert feed is not None and feed.count == IN_FEED

    await anew()
    lasted = await timed(anew)
    for what, value in {"median": median(lasted), "least": min(lasted)}.items():
        ratio = value / floor.setdefault(f"{name} {what}", value)
        print(f"{name:<10} {count:>9,} bookings  feed made anew, {what:6} {value:7.1f} ms  {ratio:.2f}x", flush=True)
    await db.close()


async def main(sizes: list[int], postgres: Callable[[], str] | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await many(Path(folder))
        floor: dict[str, float] = {}
        for count in sizes:
            await growth("SQLite", sqlite_url(Path(folder) / f"{count}.sqlite3"), count, floor)
            if postgres is not None:
                await growth("PostgreSQL", postgres(), count, floor)


async def _migrate(url: str) -> None:
    db = Database(url, Clock())
    await migrate.upgrade(db)
    await db.close()


if __name__ == "__main__":
    chosen = [int(size) for size in sys.argv[1:]] or list(SIZES)
    gc.collect()
    gc.freeze()  # as the bot does when it starts
    keeper = require_postgres()
    try:
        keeper.template(_migrate)
        asyncio.run(main(chosen, keeper.copy))
    finally:
        keeper.stop()
