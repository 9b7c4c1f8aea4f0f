"""Prints how the clash check, the list and the suggestions of a room grow from 1,000 to 1,000,000 bookings.

Run it with `python -m tests.load.bench_booking [sizes ...]`; each line is a median and its ratio to the first size.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import insert

from bot import migrate
from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.models.booking import Answer, Booking, BookingKind, BookingPerson, BookingState
from bot.services import Services
from bot.services.booking import Wish
from bot.services.booking_clash import Wanted, check

SIZES = (1_000, 1_000_000)
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
ACTOR = Actor(1, 2, manages_server=True, is_producer=True, sees_money=True)
BATCH, TURNS = 20_000, 30


async def fill(db: Database, count: int) -> None:
    """Book one room every four hours, half before now and half after, each session with one of fifty people."""
    first = NOW - timedelta(hours=2 * count)
    for low in range(0, count, BATCH):
        numbers = range(low, min(count, low + BATCH))
        rows = [
            {
                "guild_id": 1, "number": number + 1, "what": f"Session {number}", "kind": BookingKind.OTHER,
                "state": BookingState.CONFIRMED, "room_id": 1, "start_at": first + timedelta(hours=4 * number),
                "end_at": first + timedelta(hours=4 * number + 3), "zone": "UTC", "version": 1, "shown_version": 1,
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


async def measured(count: int, folder: Path) -> dict[str, float]:
    """Return the median milliseconds of each question with so many bookings in the database."""
    db = Database(sqlite_url(folder / f"{count}.sqlite3"), Clock(lambda: NOW))
    await migrate.upgrade(db)
    services = Services(db, db.clock)
    await services.room.add(ACTOR, "Room A", buffer="30")
    room = await services.room.show(ACTOR, "#1")
    await fill(db, count)
    start = NOW + timedelta(hours=20)
    wanted = Wanted(1, room, start, start + timedelta(hours=2), frozenset({100, 101}))

    async def clash() -> object:
        async with db.read() as session:
            return await check(session, wanted)

    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "clash check": clash,
        "list": lambda: services.booking.listed(ACTOR, Wish(), 0, 8),
        "suggestions": lambda: services.booking.suggest(ACTOR, "session"),
    }
    found = {}
    for name, ask in questions.items():
        await ask()
        times = []
        for _ in range(TURNS):
            began = time.perf_counter()
            await ask()
            times.append(time.perf_counter() - began)
        found[name] = median(times) * 1000
    await db.close()
    return found


async def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        floor: dict[str, float] = {}
        for count in sizes:
            for name, lasted in (await measured(count, Path(folder))).items():
                ratio = lasted / floor.setdefault(name, lasted)
                print(f"{count:>9,} bookings  {name:<12} {lasted:7.2f} ms  {ratio:.2f}x")


if __name__ == "__main__":
    asyncio.run(main([int(size) for size in sys.argv[1:]] or list(SIZES)))
