"""The alarm clock, while the system's clock is set under it."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import discord
import pytest

from bot import scheduler as alarms
from bot.clock import utc_now
from bot.scheduler import Scheduler
from rehearsal.alarm import apscheduler_follows

HOUR = timedelta(hours=1)


class Wall:
    """The system's clock, which somebody sets."""

    def __init__(self) -> None:
        self.off = timedelta()

    def now(self) -> datetime:
        return utc_now() + self.off


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    wall = Wall()
    monkeypatch.setattr(discord.utils, "utcnow", wall.now)
    monkeypatch.setattr(alarms, "LOOK_SECONDS", 0.02)
    with apscheduler_follows():
        yield wall


@pytest.mark.parametrize("to", [(HOUR,), (-HOUR,), (HOUR, timedelta()), (-HOUR, timedelta())])
async def test_however_the_clock_is_set_what_is_regular_rings_at_once(wall: Wall, to: tuple[timedelta, ...]) -> None:
    """Also when it is back before anybody looked: an alarm was set by it meanwhile."""
    rung = asyncio.Event()

    async def sweep() -> None:
        rung.set()

    async def wake() -> None:
        pass

    scheduler = Scheduler()
    scheduler.start()
    scheduler.every("sweep", 4 * HOUR, sweep)
    scheduler.watch(wall.now)
    for off in to:
        wall.off = off
        scheduler.at("wake", wall.now() + timedelta(minutes=59), wake)
    await asyncio.wait_for(rung.wait(), 5)
    scheduler.stop()
