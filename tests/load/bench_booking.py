"""Prints how the clash check, the list, suggestions and finding a time grow from 1,000 to 1,000,000 bookings.

Run it with `python -m tests.load.bench_booking [sizes ...] [--database sqlite|postgres]`; each line has its ratio to
the first size, and on a busy machine the least of some turns says more than their median. A time is sought for 8
people with hours of their own in 5 rooms, within 60 days.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import insert, text

from bot import migrate
from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.models.booking import Answer, Booking, BookingKind, BookingPerson, BookingState
from bot.services import Services
from bot.services.booking import Wish
from bot.services.booking_clash import Wanted, check
from tests.support.postgres import require_postgres

SIZES = (1_000, 1_000_000)
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
ACTOR = Actor(1, 2, manages_server=True, is_producer=True, sees_money=True)
BATCH, TURNS, ROOMS = 20_000, 30, 5
EVERY = timedelta(hours=8)
PEOPLE = tuple(range(100, 108))


async def fill(db: Database, count: int) -> None:
    """Book five rooms every eight hours, half before now and half after, each session with one of fifty people."""
    first = NOW - EVERY * (count // ROOMS // 2)
    for low in range(0, count, BATCH):
        numbers = range(low, min(count, low + BATCH))
        rows = [
            {
                "guild_id": 1, "number": number + 1, "what": f"Session {number}", "kind": BookingKind.OTHER,
                "state": BookingState.CONFIRMED, "room_id": 1 + number % ROOMS,
                "start_at": first + number // ROOMS * EVERY,
                "end_at": first + number // ROOMS * EVERY + timedelta(hours=3),
                "zone": "UTC", "version": 1, "shown_version": 1,
                "created_by": 2, "created_at": NOW,
            }
            for number in numbers
        ]  # fmt: skip
        people = [
            {"guild_id": 1, "booking_id": key + 1, "user_id": 100 + key % 50, "is_asked": True, "answer": Answer.NONE}
            for key in numbers
        ]
        async with db.engine.begin() as connection:
            await connection.execute(insert(Booking), rows)
            await connection.execute(insert(BookingPerson), people)


async def make_tables(url: str) -> None:
    db = Database(url, Clock())
    await migrate.upgrade(db)
    await db.close()


async def measured(count: int, url: str) -> dict[str, float]:
    """Return the median milliseconds of each question with so many bookings in the database."""
    db = Database(url, Clock(lambda: NOW))
    services = Services(db, db.clock)
    for number in range(ROOMS):
        await services.room.add(replace(ACTOR, change_id=number + 1), f"Room {number + 1}", buffer="30")
    room = await services.room.show(ACTOR, "#1")
    for user in PEOPLE:
        hours = "mon-fri 17-23, sat-sun 10-22"
        await services.availability.set_hours(replace(ACTOR, user_id=user, change_id=user), hours)
    await fill(db, count)
    async with db.engine.begin() as connection:
        await connection.execute(text("ANALYZE"))
    start = NOW + timedelta(hours=20)
    wanted = Wanted(1, room, start, start + timedelta(hours=2), frozenset({100, 101}))

    async def clash() -> object:
        async with db.read() as session:
            return await check(session, wanted)

    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "clash check": clash,
        "list": lambda: services.booking.listed(ACTOR, Wish(), 0, 8),
        "suggestions": lambda: services.booking.suggest(ACTOR, "session"),
        "find": lambda: services.booking.find(
            ACTOR,
            length=timedelta(hours=3),
            within=(NOW, NOW + timedelta(days=60)),
            user_ids=PEOPLE,
            role_ids=(),
            room=None,
        ),
    }
    found = {}
    for name, ask in questions.items():
        for _ in range(7):  # from the sixth on PostgreSQL may keep one plan for all
            await ask()
        times = []
        for _ in range(TURNS):
            began = time.perf_counter()
            await ask()
            times.append(time.perf_counter() - began)
        found[f"{name}, median"] = median(times) * 1000
        found[f"{name}, least"] = min(times) * 1000
    await db.close()
    return found


async def show(sizes: list[int], urls: Iterator[str]) -> None:
    floor: dict[str, float] = {}
    for count, url in zip(sizes, urls, strict=False):
        for name, lasted in (await measured(count, url)).items():
            ratio = lasted / floor.setdefault(name, lasted)
            print(f"{count:>9,} bookings  {name:<20} {lasted:7.2f} ms  {ratio:.2f}x", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how questions about bookings grow.")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    wish = parser.parse_args()
    if wish.database == "postgres":
        server = require_postgres()
        try:
            server.template(make_tables)
            asyncio.run(show(wish.sizes, (server.copy() for _ in wish.sizes)))
        finally:
            server.stop()
        return
    with tempfile.TemporaryDirectory() as folder:
        files = [sqlite_url(Path(folder) / f"{count}.sqlite3") for count in wish.sizes]
        for url in files:
            asyncio.run(make_tables(url))
        asyncio.run(show(wish.sizes, iter(files)))


if __name__ == "__main__":
    main()
