"""Two real processes that share four shards and one PostgreSQL: right answers, each reminder once, deaths survived."""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.models.booking import Booking, BookingState
from bot.models.deadline import Deadline
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.models.room import Room
from bot.news import News
from bot.services import reminder
from bot.shards import Shards
from tests.support.standin import StandIn, standing_in, until, words
from tests.test_run import ROOT, environment

pytestmark = pytest.mark.postgres
SERVERS = 8
PER_SERVER = 3
PLANNED = {ReminderKind.CHANNEL: 2 * SERVERS * PER_SERVER, ReminderKind.DIGEST: 1, ReminderKind.CLOSE: 1}
LEASE = 3
LOW, HIGH = "0-1/4", "2-3/4"


class Fleet:
    """The processes, and what they work with."""

    def __init__(self, standin: StandIn, db: Database, folder: Path) -> None:
        self.standin = standin
        self.db = db
        self._folder = folder
        url = db.url.render_as_string(hide_password=False)
        self._env = environment(folder, BACKLINE_DATABASE_URL=url, LEASE_SECONDS=str(LEASE))
        self._running: list[Process] = []

    async def start(self, shards: str) -> Process:
        program = ("-m", "tests.support.run_against", self.standin.base, "run", "--shards", shards)
        with (self._folder / f"log-{len(self._running)}").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *program, cwd=ROOT, env=self._env, stdout=DEVNULL, stderr=log
            )
        self._running.append(process)
        return process

    async def stop(self) -> None:
        for process in self._running:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def troubles(self) -> list[str]:
        """Return what the processes complain of in their logs."""
        lines = [line for log in self._folder.glob("log-*") for line in log.read_text().splitlines()]
        # A heartbeat that is answered at once may be taken for one that was answered after the whole pause.
        return [line for line in lines if " INFO " not in line and "Can't keep up" not in line]

    async def plan(self, *, more: bool = False) -> None:
        """Put reminders of every server on the schedule for a second from now, and wake everybody.

        With `more` the first server's digest and the question after a session are among them.
        """
        now = self.db.clock.now()
        due_at = now + timedelta(seconds=1)
        rows = [
            Reminder(guild_id=guild, kind=ReminderKind.CHANNEL, what=f"r{index}", channel_id=channel, due_at=due_at,
                     zone="Europe/Berlin", created_by=7, created_at=now)
            for guild, channel in self.standin.channels.items() for index in range(PER_SERVER)
        ]  # fmt: skip
        async with self.db.write() as session:
            session.add_all([*rows, *(await self._digest_and_prompt(session, due_at) if more else [])])
            reminder.wake_by(session, due_at)

    async def _digest_and_prompt(self, session: AsyncSession, due_at: datetime) -> list[Reminder]:
        guild, channel = next(iter(self.standin.channels.items()))
        over, soon = due_at - timedelta(hours=1), due_at + timedelta(hours=3)
        common: dict[str, Any] = {"guild_id": guild, "zone": "UTC", "created_by": 7, "created_at": due_at}
        booking = Booking(**common, number=1, what="Take", state=BookingState.CONFIRMED, shown_version=1,
                          event_version=1, start_at=over, end_at=over + timedelta(minutes=30))  # fmt: skip
        session.add_all([booking, Deadline(**common, number=1, what="Mix", due_at=soon, leads=[])])
        await session.flush()
        places: dict[str, Any] = {**common, "channel_id": channel, "due_at": due_at}
        return [
            Reminder(**places, kind=ReminderKind.DIGEST, what="Today", rrule="FREQ=DAILY", first_at=due_at),
            Reminder(**places, kind=ReminderKind.CLOSE, what="Take", subject_id=booking.id),
        ]

    async def is_all_sent(self) -> bool:
        is_due = Reminder.due_at <= self.db.clock.now() + timedelta(minutes=1)
        async with self.db.read() as session:
            waiting = select(func.count()).select_from(Reminder).where(Reminder.state != ReminderState.SENT, is_due)
            return await session.scalar(waiting) == 0

    def copies(self) -> Counter[str]:
        """Return how often people saw each reminder."""
        seen = [message for channel in self.standin.channels.values() for message in self.standin.posted(channel)]
        return Counter(message["nonce"].partition("-")[0] for message in seen)


class Typist:
    """Somebody in each server who asks all the time, and now and then adds a room."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._typing: list[asyncio.Task[None]] = []
        self._had_enough = False
        self.answered = Counter[int]()
        self.added: dict[int, list[str]] = {guild: [] for guild in standin.channels}

    async def __aenter__(self) -> Self:
        self._typing = [asyncio.create_task(self._type(guild)) for guild in self._standin.channels]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._had_enough = True
        await asyncio.gather(*self._typing)

    async def _type(self, guild: int) -> None:
        """Ask until it is enough; each question must be answered within Discord's three seconds."""
        while not self._had_enough:
            await asyncio.sleep(0.2)
            number = self.answered[guild]
            if number % 10:
                answer = words(await self._standin.command("room list", guild))
            else:
                answer = words(await self._standin.command("room add", guild, name=f"Zone {number}"))
                self.added[guild].append(f"Zone {number}")
            assert "Room" in answer or "Zone" in answer, answer
            self.answered[guild] += 1


@asynccontextmanager
async def fleet(url: str, folder: Path) -> AsyncIterator[Fleet]:
    db = Database(url, Clock())
    news = News(db)
    news.start()
    async with standing_in() as standin:
        standin.open(4, SERVERS)
        standin.max_concurrency = 2
        found = Fleet(standin, db, folder)
        try:
            yield found
        finally:
            await found.stop()
            await news.stop()
            await db.close()


async def test_two_processes_share_the_servers_and_one_may_die(postgres_url: str, tmp_path: Path) -> None:
    async with fleet(postgres_url, tmp_path) as all_:
        standin = all_.standin
        low, high = await all_.start(LOW), await all_.start(HIGH)
        await standin.connected(0, 1, 2, 3)
        assert standin.publications == 1
        # Two may identify at once, one of each bucket every five seconds; how late each is seen here is not its own.
        for shard in (0, 1):
            times = [at for each, at in standin.identified if each % 2 == shard]
            assert [later - sooner > 4.8 for sooner, later in pairwise(times)] == [True]

        for number, guild in enumerate(standin.channels):
            assert f"Room {number}" in words(await standin.command("room add", guild, name=f"Room {number}"))
        await all_.plan()
        await until(all_.is_all_sent)

        await all_.plan(more=True)
        await asyncio.sleep(0.9)  # some are claimed by now
        low.send_signal(signal.SIGKILL)
        await low.wait()
        await standin.connected(2, 3)
        for guild in standin.channels:
            if standin.shard_of(guild) in (2, 3):
                assert "Room" in words(await standin.command("room list", guild))
        low = await all_.start(LOW)
        await standin.connected(0, 1, 2, 3)
        await until(all_.is_all_sent)

        async with Typist(standin) as typist:
            for shards, running in ((HIGH, high), (LOW, low)):
                await all_.start(shards)
                await until(lambda shards=shards: standin.is_doubled(*Shards.parse(shards).ids), within=90)
                await asyncio.sleep(0.5)
                running.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(running.wait(), 11) == 0
        assert min(typist.answered[guild] for guild in standin.channels) > 10
        assert standin.acknowledged_again == 0
        async with all_.db.read() as session:
            for guild, names in typist.added.items():
                rooms = await session.scalars(select(Room.name).where(Room.guild_id == guild, Room.name.like("Zone%")))
                assert sorted(rooms) == sorted(names)
        for number, guild in enumerate(standin.channels):
            assert f"Room {number}" in words(await standin.command("room list", guild))
        assert standin.publications == 1
        assert all_.troubles() == []
        copies, own = all_.copies(), Reminder.origin_id.is_(None)  # a record of what a series sent is no other one
        async with all_.db.read() as session:
            stored = dict((await session.execute(select(Reminder.id, Reminder.kind).where(own))).all())
        assert copies == {f"r{key}": 1 for key in stored}
        assert Counter(stored.values()) == PLANNED
