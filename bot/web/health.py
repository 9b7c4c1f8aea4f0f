"""`/healthz` and `/metrics`, for whoever watches the bot, on a port of their own that the public does not reach."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.clock import Clock
from bot.metrics import Metrics
from bot.services.reminder_due import Unreachable

DATABASE_SECONDS = 1.0
# Discord asks for a heartbeat every 41 s, and discord.py gives a silent connection up after 60 s.
OLDEST_HEARTBEAT = 120.0
LONGEST_QUEUE = 300.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """One shard's connection: whether it is ready, and how many seconds ago Discord last answered a heartbeat."""

    shard: int
    is_connected: bool
    heartbeat_age: float | None

    @property
    def is_well(self) -> bool:
        return self.is_connected and (self.heartbeat_age is None or self.heartbeat_age <= OLDEST_HEARTBEAT)


@dataclass(frozen=True, slots=True)
class _Database:
    """Whether the database answered in time, how long that took, and how long the oldest due reminder waits."""

    is_up: bool
    seconds: float
    queue_age: float | None


class HealthRoutes:
    """Says how this process does: 200 when it is well, 503 when it should not be relied on."""

    def __init__(
        self,
        metrics: Metrics,
        clock: Clock,
        next_at: Callable[[], Awaitable[datetime | None]],
        pulses: Callable[[], Sequence[Pulse]],
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._next_at = next_at
        self._pulses = pulses

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/healthz", self.health), web.get("/metrics", self.figures)]

    async def health(self, _request: web.Request) -> web.Response:
        """Return what is well and what is not, as JSON."""
        pulses, database = self._pulses(), await self._ask()
        is_gateway_up = bool(pulses) and all(pulse.is_well for pulse in pulses)
        is_queue_short = database.queue_age is not None and database.queue_age <= LONGEST_QUEUE
        is_well = is_gateway_up and database.is_up and is_queue_short
        body: dict[str, Any] = {
            "status": "ok" if is_well else "failing",
            "gateway": {"ok": is_gateway_up, "shards": [_shown(pulse) for pulse in pulses]},
            "database": {"ok": database.is_up, "seconds": round(database.seconds, 4)},
            "reminders": {"ok": is_queue_short, "oldest_due_seconds": database.queue_age},
        }
        return web.json_response(body, status=200 if is_well else 503, headers={"Cache-Control": "no-store"})

    async def figures(self, _request: web.Request) -> web.Response:
        """Return every figure in Prometheus' text form."""
        database = await self._ask()
        self._metrics.database_up.set(database.is_up)
        if database.queue_age is not None:
            self._metrics.queue_age.set(database.queue_age)
        for pulse in self._pulses():
            self._metrics.gateway_up.labels(str(pulse.shard)).set(pulse.is_well)
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        # Off the loop: with some hundred names it takes tens of milliseconds.
        body = await asyncio.to_thread(generate_latest, self._metrics.registry)
        return web.Response(body=body, headers=headers)

    async def _ask(self) -> _Database:
        """Ask the database for the next reminder; it has a second for that."""
        began = time.perf_counter()
        try:
            first = await asyncio.wait_for(self._next_at(), DATABASE_SECONDS)
        except (Unreachable, TimeoutError):
            return _Database(is_up=False, seconds=time.perf_counter() - began, queue_age=None)
        age = 0.0 if first is None else max(0.0, (self._clock.now() - first).total_seconds())
        return _Database(is_up=True, seconds=time.perf_counter() - began, queue_age=round(age, 3))


def _shown(pulse: Pulse) -> dict[str, Any]:
    age = None if pulse.heartbeat_age is None else round(pulse.heartbeat_age, 1)
    return {"shard": pulse.shard, "connected": pulse.is_connected, "heartbeat_seconds_ago": age}
