"""How long pictures take, and how long drawing them in a thread keeps the event loop from anything else.

`python -m tests.load.bench_pictures`. The loop's latest turn is printed beside that of the same loop with nothing to
draw: on a busy machine both are late, and the difference is what the drawing costs. The least of some rounds is what
no other program has added to, and processor time says what a drawing takes whatever else runs.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from statistics import median
from zoneinfo import ZoneInfo

from bot.models.booking import Booking, BookingState
from bot.services.availability_hours import spans_of
from bot.services.booking_facts import BookingFacts
from bot.services.booking_week import Week
from bot.services.booking_who import PersonTimes, Who
from bot.ui import availability_picture, week_picture

ZONE = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2027, 3, 1, tzinfo=ZONE).astimezone(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = ("Rehearsal", "Tracking drums: Harbour Lights", "Overdubs (strings & brass)", "Pre-production")
STATES = (BookingState.CONFIRMED, BookingState.CONFIRMED, BookingState.HELD, BookingState.CANCELLED)
ROUNDS = 20
TICK = 0.001


def week(count: int) -> Week:
    """Return a week of so many sessions, spread over its days."""
    found = []
    for number in range(count):
        start = MONDAY + number % 7 * DAY + (9 + number % 6 * 2.5) * HOUR
        booking = Booking(
            id=number, number=number, what=NAMES[number % 4], state=STATES[number % 4], room_id=1, start_at=start,
            end_at=start + 3 * HOUR, zone=ZONE.key,
        )  # fmt: skip
        found.append(BookingFacts(booking, "Studio North", None, None, (), (), (1, 2), (3,), ()))
    return Week(date(2027, 3, 1), ZONE, MONDAY, None, tuple(sorted(found, key=lambda each: each.start)))


def chart(people: int, days: int) -> availability_picture.Chart:
    """Return so many people's evenings over so many days."""
    within = MONDAY, MONDAY + days * DAY
    free = tuple(spans_of([[day, 17 * 60, 23 * 60] for day in range(7)], ZONE, *within))
    away = ((MONDAY + DAY, MONDAY + 2 * DAY),)
    every = tuple(PersonTimes(key, free, free, away, (), has_said=True) for key in range(people))
    return availability_picture.Chart(Who(within, every), {}, ZONE, MONDAY)


async def latest_turn(work: Callable[[], object]) -> float:
    """Return by how many milliseconds the loop's worst turn was late while the work ran in a thread."""
    task, worst = asyncio.create_task(asyncio.to_thread(work)), 0.0
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(TICK)
        worst = max(worst, time.perf_counter() - before - TICK)
    return worst * 1000


async def main() -> None:
    cases: dict[str, Callable[[], bytes]] = {
        "a week of 7 sessions": partial(week_picture.picture, week(7)),
        "a week of 40 sessions": partial(week_picture.picture, week(40)),
        "8 people, 14 days": partial(availability_picture.picture, chart(8, 14)),
    }
    print(f"ms, least / p50 / most   {'processor':22}{'loop late':22}{'loop late, nothing drawn':26}kB")
    for name, draw in cases.items():
        draw()
        used, late, idle = [], [], []
        for _ in range(ROUNDS):
            began, spent = time.perf_counter(), time.thread_time()
            size = len(draw())
            used.append((time.thread_time() - spent) * 1000)
            took = time.perf_counter() - began
            late.append(await latest_turn(draw))
            idle.append(await latest_turn(partial(time.sleep, took)))
        print(f"{name:25}{said(used):22}{said(late):22}{said(idle):26}{size / 1000:.0f}", flush=True)


def said(times: list[float]) -> str:
    return f"{min(times):.1f} / {median(times):.1f} / {max(times):.1f}"


if __name__ == "__main__":
    asyncio.run(main())
