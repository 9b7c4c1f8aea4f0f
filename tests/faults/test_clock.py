"""The system's clock set forward and back by an hour under real processes: nothing lost, nothing doubled, no pause."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import Clock, utc_now
from bot.db import Database, sqlite_url
from bot.models.reminder import Reminder, ReminderKind
from bot.scheduler import LOOK_SECONDS
from tests.faults.hammer import count, plan
from tests.support.discord_stub import Stub
from tests.support.victim import Nursery

HOUR = 3600.0
SOON = LOOK_SECONDS + 8


class Machine:
    """A database, a process that delivers from it, and the clock that both go by."""

    def __init__(self, path: Path) -> None:
        self._file = path.with_name("shift")
        self.set_off(0)
        url = sqlite_url(path)
        self.db = Database(url, Clock(lambda: utc_now() + timedelta(seconds=float(self._file.read_text()))))
        self.stub = Stub()
        self.nursery = Nursery(url, self.stub.base, shift=str(self._file))
        self.keys: list[int] = []

    def set_off(self, seconds: float) -> None:
        """Set the clock, at once and for everybody."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._file)

    async def plan(self, **ahead: float) -> str:
        """Plan a reminder so far ahead without telling anybody; return its nonce."""
        now = self.db.clock.now()
        row = Reminder(
            guild_id=1, kind=ReminderKind.CHANNEL, what="tea", channel_id=100, due_at=now + timedelta(**ahead),
            zone="Europe/Berlin", created_by=7, created_at=now,
        )  # fmt: skip
        async with self.db.write() as session:
            session.add(row)
        self.keys.append(row.id)
        return f"r{row.id}-0"

    async def told(self, nonces: set[str]) -> None:
        """Wait until exactly these have arrived, each once."""
        for _ in range(int(SOON / 0.1)):
            if self.nonces() == sorted(nonces):
                return
            await asyncio.sleep(0.1)
        pytest.fail(f"{self.nonces()} arrived, not {sorted(nonces)}")

    def nonces(self) -> list[str]:
        return sorted(entry[2] for entry in self.stub.seen()["log"])

    async def close(self) -> None:
        self.nursery.close()
        self.stub.stop()
        await self.db.close()


@pytest.fixture
async def machine(sqlite_path: Path) -> AsyncIterator[Machine]:
    opened = Machine(sqlite_path)
    yield opened
    await opened.close()


async def test_set_forward_under_a_running_process(machine: Machine) -> None:
    first, second = [await machine.plan(**ahead) for ahead in ({}, {"minutes": 40})]
    machine.nursery.start()
    await machine.told({first})
    machine.set_off(HOUR)
    await machine.told({first, second})
    assert count(machine.keys, machine.stub.seen()).is_clean


async def test_set_forward_and_back_under_a_running_process(machine: Machine) -> None:
    first, second, third = [await machine.plan(**ahead) for ahead in ({}, {"minutes": 40}, {"minutes": 90})]
    machine.nursery.start()
    await machine.told({first})
    machine.set_off(HOUR)
    await machine.told({first, second})
    machine.set_off(0)
    fourth = await machine.plan(seconds=1)
    await machine.told({first, second, fourth})
    machine.set_off(2 * HOUR)
    await machine.told({first, second, third, fourth})
    assert count(machine.keys, machine.stub.seen()).is_clean


async def test_killed_and_set_again_and_again_nothing_is_lost_or_doubled(machine: Machine) -> None:
    """With each jump of an hour Discord forgets what it was sent: only the channels' own words can tell."""
    machine.stub.reset(delay=1.0)
    keys: list[int] = []
    for number in range(4):
        keys += await plan(machine.db, number)
        before = len(machine.nonces())
        child = machine.nursery.start()
        for _ in range(1000):
            if len(machine.nonces()) > before:
                break
            await asyncio.sleep(0.02)
        machine.nursery.kill(child)  # what has just arrived is not marked
        machine.set_off((HOUR, 0, -HOUR, 0)[number % 4])
        machine.stub.forget()
    machine.set_off(2 * HOUR)
    machine.nursery.start()
    expected = {f"r{key}-0" for key in keys}
    for _ in range(300):
        if set(machine.nonces()) >= expected:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    result = count(keys, machine.stub.seen())
    assert (result.planned, result.lost, result.doubled) == (32, 0, 0)
