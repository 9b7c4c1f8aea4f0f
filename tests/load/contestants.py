"""What is measured against each other: our engine, APScheduler's own job store, and a bare program of one table.

Each runs in a process of its own: `python -m tests.load.contestants NAME JSON` prints what it measured as JSON.
"""

import asyncio
import gc
import json
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import insert

from bot import migrate
from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.delivery import Delivery, Gate, Post
from bot.delivery.buckets import tidy_less_often
from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.scheduler import Scheduler
from bot.services import Services
from bot.services.reminder_times import Times
from bot.ui.components import card
from bot.ui.letter import letter, mark_of
from bot.ui.remind_card import line

FIRST_CHANNEL = 1_000
TICK = 0.001
ASK_SECONDS = 0.01
Plan = list[tuple[float, int]]  # wall-clock instant due, channel
SEEN_MARKED = 0.3
# When claiming for a burst begins at the earliest; from then on processor time is counted.
EARLIEST = 1.2
STARTS = 6
ASKERS_SERVER, ASKERS_ROWS = 2, 20
ANSWER = "/interactions/{webhook_id}/{webhook_token}/callback"
# Where ours keeps its rows, if not in a file of its own.
DATABASE = "BENCH_DATABASE_URL"
client: discord.Client
delivered = 0


async def connect(base: str, gate: Gate | None = None) -> discord.Client:
    """Log a client in at the stand-in; it is the module's, for the jobs that APScheduler pickles."""
    global client  # noqa: PLW0603
    discord.http.Route.BASE = base
    client = discord.Client(intents=discord.Intents.none(), http_trace=gate.trace() if gate else None)
    await client.login("stub.to.ken")
    inner = client.http.send_message

    async def counted(*arguments: Any, **more: Any) -> Any:
        global delivered  # noqa: PLW0603
        answer = await inner(*arguments, **more)
        delivered += 1
        return answer

    client.http.send_message = counted  # type: ignore[method-assign]
    return client


async def send(key: int, channel: int) -> None:
    """Send one reminder as a plain bot does."""
    await client.get_partial_messageable(channel).send(f"reminder {key}", nonce=f"r{key}-0")


class Heart:
    """Beats each millisecond; the longest pause is how long the loop was blocked."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = 0.0

    def start(self) -> None:
        self._last = time.perf_counter()
        asyncio.get_running_loop().call_later(TICK, self._beat)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last - TICK)
        self._last = now
        asyncio.get_running_loop().call_later(TICK, self._beat)


class Asker:
    """A person who lists their reminders again and again, and how long each answer takes, in ms."""

    def __init__(self, ask: Callable[[], Awaitable[None]] | None) -> None:
        self._ask = ask
        self._taken: list[float] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._ask is not None:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            # From when it was wanted: a blocked loop delays the question itself, too.
            wanted = asyncio.get_running_loop().time() + ASK_SECONDS
            await asyncio.sleep(ASK_SECONDS)
            await self._ask()  # type: ignore[misc]
            self._taken.append((asyncio.get_running_loop().time() - wanted) * 1000)

    async def stop(self) -> list[float]:
        """Return the times in order."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        return sorted(self._taken)


class Ours:
    """The bot's own engine over its own database."""

    def __init__(self, folder: Path, base: str) -> None:
        self.db = Database(os.environ.get(DATABASE) or sqlite_url(folder / "ours.sqlite3"), Clock())
        self._base = base

    async def open(self) -> None:
        await migrate.upgrade(self.db)
        connected = await connect(self._base, Gate())
        tidy_less_often(connected)
        self.services = Services(self.db, self.db.clock)
        post = Post(connected, self.db.clock, letter, mark_of, self.services.due.told)
        self._scheduler = Scheduler()
        self.delivery = Delivery(self.services.due, self.db.clock, self._scheduler, post)

    async def store(self, plan: Plan, guild_id: int = 1) -> None:
        now = self.db.clock.now()
        common = {
            "guild_id": guild_id, "kind": ReminderKind.CHANNEL, "what": "reminder", "zone": "UTC", "created_by": 7,
            "created_at": now, "mention": Mention.NONE, "occurrence": 0, "state": ReminderState.PLANNED, "attempts": 0,
        }  # fmt: skip
        rows = [{**common, "channel_id": channel, "due_at": datetime.fromtimestamp(at, UTC)} for at, channel in plan]
        async with self.db.write() as session:
            for start in range(0, len(rows), 5000):
                await session.execute(insert(Reminder.__table__), rows[start : start + 5000])  # type: ignore[arg-type]

    async def store_one(self, at: float) -> None:
        """Plan one as `/remind me` does: rules, number, audit row."""
        actor = Actor(guild_id=1, user_id=7, channel_id=5)
        await self.services.reminder.me(actor, "reminder", Times(datetime.fromtimestamp(at, UTC)))

    async def before_asking(self) -> None:
        """Give the person who asks something to list."""
        year = time.time() + 365 * 86_400  # noqa: TID251
        await self.store([(year + number, FIRST_CHANNEL) for number in range(ASKERS_ROWS)], ASKERS_SERVER)

    async def ask(self) -> None:
        """Answer `/remind list`: look the reminders up, draw their card, and let Discord have it."""
        page = await self.services.reminder.listed(Actor(guild_id=ASKERS_SERVER, user_id=7, channel_id=5))
        answer = {"type": 4, "data": {"components": card(*map(line, page.rows)).to_components(), "flags": 1 << 15}}
        route = discord.http.Route("POST", ANSWER, webhook_id=7, webhook_token="t")  # noqa: S106 - no secret
        await client.http.request(route, json=answer)

    async def start(self) -> None:
        gc.collect()
        gc.freeze()  # as `python -m bot` does
        self._scheduler.start()
        self.delivery.start()
        await self.delivery._passing  # type: ignore[misc]

    async def close(self) -> None:
        await self.delivery.stop()
        self._scheduler.stop()
        await self.db.close()


class Unpaced(Ours):
    """Our engine without its brake, to see the rest of it."""

    async def open(self) -> None:
        await super().open()
        connected = await connect(self._base)
        tidy_less_often(connected)
        post = Post(connected, self.db.clock, letter, mark_of, self.services.due.told)
        self.delivery = Delivery(self.services.due, self.db.clock, self._scheduler, post)


class Naive:
    """APScheduler with its SQLAlchemy job store: one pickled job per reminder, and a grace time that loses none."""

    def __init__(self, folder: Path, base: str) -> None:
        store = SQLAlchemyJobStore(url=f"sqlite:///{folder / 'naive.sqlite3'}")
        self._scheduler = AsyncIOScheduler(
            jobstores={"default": store}, job_defaults={"misfire_grace_time": None}, timezone=UTC
        )
        self._base = base

    async def open(self) -> None:
        await connect(self._base)
        self._scheduler.start(paused=True)

    async def store(self, plan: Plan) -> None:
        for key, (at, channel) in enumerate(plan):
            self._scheduler.add_job(send, "date", run_date=datetime.fromtimestamp(at, UTC), args=[key, channel])

    async def store_one(self, at: float) -> None:
        await self.store([(at, FIRST_CHANNEL)])

    async def start(self) -> None:
        self._scheduler.resume()

    async def close(self) -> None:
        self._scheduler.shutdown(wait=False)


class Bare:
    """One table, one timer, claims in batches, sends side by side, marks in batches: no rules, no words, no lanes."""

    def __init__(self, folder: Path, base: str) -> None:
        self._base = base
        self._rows = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=FULL")
        self._rows.execute("CREATE TABLE due (id INTEGER PRIMARY KEY, at REAL, channel INTEGER, state TEXT)")
        self._rows.execute("CREATE INDEX due_at ON due (at) WHERE state = 'planned'")
        self._sent: list[tuple[int]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(32)

    async def open(self) -> None:
        await connect(self._base)

    async def store(self, plan: Plan) -> None:
        self._rows.execute("BEGIN IMMEDIATE")
        self._rows.executemany("INSERT INTO due (at, channel, state) VALUES (?, ?, 'planned')", plan)
        self._rows.execute("COMMIT")

    async def store_one(self, at: float) -> None:
        await self.store([(at, FIRST_CHANNEL)])

    async def start(self) -> None:
        self._pass()

    def _pass(self) -> None:
        loop, now = asyncio.get_running_loop(), time.time()  # noqa: TID251
        claim = (
            "UPDATE due SET state = 'claimed' WHERE id IN (SELECT id FROM due WHERE state = 'planned' AND at <= ?"
            " ORDER BY at LIMIT 500) RETURNING at, id, channel"
        )
        rows = self._rows.execute(claim, (now + 1,)).fetchall()
        for at, key, channel in sorted(rows):
            loop.call_later(max(0.0, at - now), self._begin, key, channel)
        loop.call_later(0.001 if len(rows) == 500 else 0.5, self._pass)

    def _begin(self, key: int, channel: int) -> None:
        task = asyncio.create_task(self._send(key, channel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, key: int, channel: int) -> None:
        async with self._slots:
            await send(key, channel)
        if not self._sent:
            asyncio.get_running_loop().call_later(0.02, self._mark)
        self._sent.append((key,))

    def _mark(self) -> None:
        done, self._sent = self._sent, []
        self._rows.execute("BEGIN IMMEDIATE")
        self._rows.executemany("UPDATE due SET state = 'sent' WHERE id = ?", done)
        self._rows.execute("COMMIT")

    async def close(self) -> None:
        self._rows.close()


async def deliver(
    it: Any, *, ahead: float, spread: float, count: int, throttled: int, wait: float, asks: bool
) -> dict[str, Any]:
    """Store reminders, let them come due, and wait until they have had their time; `cpu` is in microseconds each."""
    await it.open()
    if asks:
        await it.before_asking()
    at = time.time() + ahead  # noqa: TID251
    step = spread / count
    plan = [(at + index * step, FIRST_CHANNEL + (0 if index < throttled else index)) for index in range(count)]
    await it.store(plan)
    heart, asked = Heart(), Asker(it.ask if asks else None)
    await it.start()
    await asyncio.sleep(max(0.0, at - EARLIEST - time.time()))  # noqa: TID251
    spent = time.process_time()
    await asyncio.sleep(max(0.0, at - 0.5 - time.time()))  # noqa: TID251
    heart.start()
    asked.start()
    end = time.perf_counter() + 0.5 + spread + wait
    while delivered < count and time.perf_counter() < end:  # noqa: ASYNC110 - an event would cost each message
        await asyncio.sleep(0.1)
    spent = time.process_time() - spent
    answered = await asked.stop()
    await asyncio.sleep(SEEN_MARKED)
    await it.close()
    return {
        "due": [due for due, _ in plan], "blocked": heart.longest * 1000, "answered": answered,
        "cpu": spent / count * 1e6,
    }  # fmt: skip


async def store(it: Any, *, count: int) -> dict[str, Any]:
    """Store reminders one by one and time each."""
    await it.open()
    heart = Heart()
    heart.start()
    taken, spent = [], []
    for index in range(count):
        begun, worked = time.perf_counter(), time.process_time()
        await it.store_one(time.time() + 86_400 + index)  # noqa: TID251
        taken.append((time.perf_counter() - begun) * 1000)
        spent.append((time.process_time() - worked) * 1000)
        await asyncio.sleep(0)
    await it.close()
    return {"taken": sorted(taken), "spent": sorted(spent), "blocked": heart.longest * 1000}


async def begin(it: Any, *, pending: int) -> dict[str, Any]:
    """Start with reminders pending that are not due for a year, and see what that costs at the least."""
    await it.open()
    later = time.time() + 365 * 86_400  # noqa: TID251
    if pending:
        await it.store([(later + index, FIRST_CHANNEL) for index in range(pending)])
    await it.close()
    runs = [await _started(type(it)(it.folder, it.base)) for _ in range(STARTS)]
    return {name: min(run[name] for run in runs) for name in runs[0]}


async def _started(fresh: Any) -> dict[str, Any]:
    """Return how long one start took and worked, in ms, and how much memory it grew by, in MB."""
    await fresh.open()
    before, begun, spent = _resident(), time.perf_counter(), time.process_time()
    await fresh.start()
    taken, worked = (time.perf_counter() - begun) * 1000, (time.process_time() - spent) * 1000
    await fresh.close()
    return {"taken": taken, "worked": worked, "grown": _resident() - before}


async def ceiling(_it: Any, *, base: str, count: int, pretty: bool) -> dict[str, Any]:
    """Send messages as fast as discord.py can, 32 at a time, with nothing behind them.

    It is spared its look through all rate limits, as ours is: without that it takes twice as long.
    """
    tidy_less_often(await connect(base))
    slots = asyncio.Semaphore(32)

    async def one(key: int) -> None:
        async with slots:
            if pretty:
                view = discord.ui.LayoutView(timeout=None)
                view.add_item(discord.ui.TextDisplay(f"reminder {key}"))
                view.stop()
                await client.get_partial_messageable(FIRST_CHANNEL + key).send(view=view)
            else:
                await send(key, FIRST_CHANNEL + key)

    begun, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one(key) for key in range(count)))
    cpu = (time.process_time() - spent) / count * 1e6
    return {"per_second": count / (time.perf_counter() - begun), "cpu": cpu}


def _resident() -> float:
    """Return the process's memory in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1_000_000


CONTESTANTS = {"ours": Ours, "unpaced": Unpaced, "naive": Naive, "bare": Bare}
TRIALS: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
    "deliver": deliver, "store": store, "begin": begin, "ceiling": ceiling,
}  # fmt: skip


async def _main(name: str, options: dict[str, Any]) -> None:
    trial, folder, base = options.pop("trial"), Path(options.pop("folder")), options.pop("base")
    if trial == "ceiling":
        result = await ceiling(None, base=base, **options)
    else:
        it = CONTESTANTS[name](folder, base)
        it.folder, it.base = folder, base  # type: ignore[attr-defined]
        result = await TRIALS[trial](it, **options)
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], json.loads(sys.argv[2])))
