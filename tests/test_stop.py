"""The whole bot as a process: being told to stop, and what watchers see of it."""

import asyncio
import json
import re
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from bot import migrate
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from tests.support.standin import CHANNEL, GUILD, standing_in, until, words
from tests.test_run import environment, finished, running, spawn


@asynccontextmanager
async def stored(folder: Path) -> AsyncIterator[Database]:
    """Make the database that a bot in this folder will find."""
    db = Database(sqlite_url(folder / "backline.sqlite3"), Clock())
    await migrate.upgrade(db)
    yield db
    await db.close()


async def due_now(db: Database) -> int:
    now = db.clock.now()
    row = Reminder(guild_id=GUILD, kind=ReminderKind.CHANNEL, what="Restring", channel_id=CHANNEL, due_at=now,
                   zone="Europe/Berlin", created_by=7, created_at=now)  # fmt: skip
    async with db.write() as session:
        session.add(row)
    return row.id


@asynccontextmanager
async def due(folder: Path) -> AsyncIterator[None]:
    """Have one reminder that is due when the bot starts."""
    async with stored(folder) as db:
        await due_now(db)
    yield


async def counted(session: aiohttp.ClientSession) -> str:
    """Return the figures once a reminder is among them, and see that they are right."""
    figures = ""

    async def has_told() -> bool:
        nonlocal figures
        async with session.get("/metrics") as answer:
            figures = await answer.text()
        return 'backline_reminders_total{outcome="sent"}' in figures

    await until(has_told)
    for line in (
        'backline_commands_total{kind="command",name="room add",outcome="done"} 1.0',
        'backline_commands_total{kind="command",name="room show",outcome="refused"} 1.0',
        'backline_command_seconds_count{kind="command",name="room add"} 1.0',
        'backline_command_seconds_bucket{kind="command",le="+Inf",name="room add"} 1.0',
        'backline_reminders_total{outcome="sent"} 1.0',
        "backline_reminder_delay_seconds_count 1.0",
        "backline_reminders_late_total 0.0",
        "backline_database_up 1.0",
        'backline_gateway_up{shard="0"} 1.0',
        'backline_database_seconds_count{kind="transaction"}',
    ):
        assert line in figures
    took = re.search(r'backline_command_seconds_sum{kind="command",name="room add"} (\S+)', figures)
    assert took is not None
    assert 0 < float(took[1]) < 3
    return figures


def locked(folder: Path) -> sqlite3.Connection:
    """Hold the write lock of the bot's database, so that a command that writes has to wait."""
    connection = sqlite3.connect(folder / "backline.sqlite3", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


async def test_what_is_in_flight_is_finished(tmp_path: Path) -> None:
    async with standing_in() as standin, stored(tmp_path) as db:
        standin.posting.clear()
        key = await due_now(db)
        async with running(standin, tmp_path) as process:
            await until(lambda: standin.posted(CHANNEL))
            other = locked(tmp_path)
            adding = asyncio.create_task(standin.command("room add", name="Room A"))
            await asyncio.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
            assert process.returncode is None and not adding.done()
            other.rollback()
            other.close()
            standin.posting.set()
            assert "Room A" in words(await adding)
            code, log = await finished(process)
        assert code == 0, log
        async with db.read() as session:
            row = await session.get_one(Reminder, key)
        assert (row.state, len(standin.posted(CHANNEL))) == (ReminderState.SENT, 1)


@pytest.mark.postgres
async def test_who_waits_too_long_is_told_and_it_ends_within_ten_seconds(tmp_path: Path, postgres_url: str) -> None:
    async with (
        standing_in() as standin,
        running(standin, tmp_path, BACKLINE_DATABASE_URL=postgres_url) as process,
        connected(postgres_url) as other,
    ):
        async with other.transaction():
            await other.execute("LOCK TABLE room")
            adding = asyncio.create_task(standin.command("room add", name="Room A"))
            await asyncio.sleep(0.5)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert "I am being restarted" in words(await adding)
            await finished(process)
            assert time.monotonic() - began < 11
        assert await other.fetchval("SELECT count(*) FROM room") == 0


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Be another program at the same PostgreSQL."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    yield connection
    await connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_watchers_see_how_it_does(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "config.yaml"
    config.write_text(f"health: {{port: {port}}}\nlog: {{format: json}}\n")
    async with (
        standing_in() as standin,
        due(tmp_path / "data"),
        running(standin, tmp_path / "data", BACKLINE_CONFIG=str(config)) as process,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        await standin.command("room add", name="Secret Room")
        await standin.command("room show", room="Nowhere")

        async def is_well() -> bool:
            async with session.get("/healthz") as answer:
                found.update(await answer.json())
                assert (answer.status == 200) is (found["status"] == "ok")
                return answer.status == 200

        async def is_failing() -> bool:
            return not await is_well()

        found: dict[str, Any] = {}
        await until(is_well)
        figures = await counted(session)
        await until(is_well)
        assert found["gateway"]["shards"][0]["heartbeat_seconds_ago"] < 60
        assert found["database"]["ok"] and found["reminders"] == {"ok": True, "oldest_due_seconds": 0.0}
        assert "Secret" not in figures and "Restring" not in figures and str(GUILD) not in figures
        await standin.sockets[-1].close(code=4000)
        await until(is_failing)
        assert not found["gateway"]["ok"] and found["database"]["ok"]
        process.send_signal(signal.SIGTERM)
        _, log = await finished(process)
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"at", "level", "logger", "message"} <= set(lines[0])


async def test_shards_that_cannot_be_are_one_sentence(tmp_path: Path) -> None:
    code, said = await finished(await spawn("-m", "bot", "run", "--shards", "0-4/4", env=environment(tmp_path)))
    assert (code, "the last one of 4 is 3" in said, "Traceback" in said) == (2, True, False), said


async def test_a_second_process_on_one_file_is_refused(tmp_path: Path) -> None:
    async with standing_in() as standin:
        standin.open(4, 4)
        arguments = ("-m", "tests.support.run_against", standin.base, "run", "--shards")
        first = await spawn(*arguments, "0-1/4", env=environment(tmp_path))
        await standin.connected(0, 1)
        (_, sooner), (_, later) = standin.identified
        assert later - sooner > 4.8
        code, said = await finished(await spawn(*arguments, "2-3/4", env=environment(tmp_path)))
        first.kill()
        await first.communicate()
    assert (code, "serves only one" in said) == (2, True), said
