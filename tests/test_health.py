"""What watchers are told when something is not well, and that no figure says more than it may."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bot.clock import Clock
from bot.db import Database
from bot.metrics import Metrics
from bot.models.memo import Fact
from bot.services.reminder_due import Unreachable
from bot.web import HealthRoutes, PortTaken, Pulse, Server
from tests.conftest import FixedClock

NextAt = Callable[[], Awaitable[datetime | None]]
WELL = Pulse(0, is_connected=True, heartbeat_age=12.34)


async def nothing() -> None:
    return None


@asynccontextmanager
async def asking(
    clock: Clock, next_at: NextAt = nothing, pulses: tuple[Pulse, ...] = (WELL,), metrics: Metrics | None = None
) -> AsyncIterator[Callable[[str], Awaitable[tuple[int, Any]]]]:
    server = Server("127.0.0.1", 0, lambda: 0.0)
    server.add(HealthRoutes(metrics or Metrics(), clock, next_at, lambda: pulses))
    await server.start()

    async def ask(path: str) -> tuple[int, Any]:
        async with session.get(path) as answer:
            return answer.status, await (answer.json() if "json" in answer.content_type else answer.text())

    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
        yield ask
    await server.stop()


async def test_all_is_well(clock: FixedClock) -> None:
    async with asking(clock) as ask:
        status, found = await ask("/healthz")
    assert (status, found["status"]) == (200, "ok")
    assert found["gateway"] == {
        "ok": True,
        "shards": [{"shard": 0, "connected": True, "heartbeat_seconds_ago": 12.3}],
    }


@pytest.mark.parametrize(
    "pulses",
    [
        (),
        (WELL, Pulse(1, is_connected=False, heartbeat_age=None)),
        (Pulse(0, is_connected=True, heartbeat_age=500.0),),
    ],
)
async def test_a_shard_that_is_not_well(clock: FixedClock, pulses: tuple[Pulse, ...]) -> None:
    async with asking(clock, pulses=pulses) as ask:
        status, found = await ask("/healthz")
    assert (status, found["gateway"]["ok"], found["database"]["ok"]) == (503, False, True)


async def test_a_reminder_that_nobody_takes_on(clock: FixedClock) -> None:
    async def overdue() -> datetime:
        return clock.now() - timedelta(minutes=6)

    async with asking(clock, overdue) as ask:
        status, found = await ask("/healthz")
        _, figures = await ask("/metrics")
    assert (status, found["reminders"]) == (503, {"ok": False, "oldest_due_seconds": 360.0})
    assert "backline_reminder_queue_age_seconds 360.0" in figures


async def test_a_database_that_refuses_or_hangs(clock: FixedClock) -> None:
    async def refuses() -> None:
        raise Unreachable

    async def hangs() -> None:
        await asyncio.sleep(60)

    for next_at in (refuses, hangs):
        async with asking(clock, next_at) as ask:
            status, found = await ask("/healthz")
            _, figures = await ask("/metrics")
        assert (status, found["database"]["ok"], found["reminders"]["oldest_due_seconds"]) == (503, False, None)
        assert "backline_database_up 0.0" in figures and found["database"]["seconds"] < 2


async def test_figures_count_reminders_and_statements_by_fixed_words(db: Database, clock: FixedClock) -> None:
    metrics = Metrics()
    metrics.reminded("sent", 61.0, is_late=True)
    metrics.reminded("sent", -0.2, is_late=False)
    metrics.reminded("failed", 5.0, is_late=False)
    db.measure(metrics.asked)
    async with db.write() as session:
        session.add(Fact(name="typed by somebody", value="secret"))
    async with asking(clock, metrics=metrics) as ask:
        _, figures = await ask("/metrics")
    for line in (
        'backline_reminders_total{outcome="sent"} 2.0',
        'backline_reminders_total{outcome="failed"} 1.0',
        "backline_reminders_late_total 1.0",
        "backline_reminder_delay_seconds_count 2.0",
        'backline_database_seconds_count{kind="insert"} 1.0',
        'backline_database_seconds_count{kind="transaction"} 1.0',
    ):
        assert line in figures
    assert "secret" not in figures and "somebody" not in figures


async def test_a_taken_port_names_its_own_key() -> None:
    first = Server("127.0.0.1", 0, lambda: 0.0)
    await first.start()
    with pytest.raises(PortTaken, match=r"Set another `health\.port`"):
        await Server("127.0.0.1", first.port, lambda: 0.0, key="health.port").start()
    await first.stop()
