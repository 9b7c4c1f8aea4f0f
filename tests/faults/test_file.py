"""The SQLite file under a running bot: locked by another program, and on a disk that is full."""

import asyncio
import os
import resource
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.db import PERSON_SECONDS
from tests.support.standin import StandIn, standing_in, words
from tests.test_run import running

ANSWER_SECONDS = 3.0
NAMES = [f"Room {letter}" for letter in "CDEFGH"]
BUSY, FULL = "busy writing something else", "disk is full or failing"


def kept(file: Path) -> Counter[str]:
    """Return the rooms that a database has, and how many changes its trail has of each."""
    with sqlite3.connect(file) as connection:
        rooms = connection.execute("SELECT name FROM room").fetchall()
        trail = connection.execute("SELECT record_id FROM audit WHERE kind = 'room' AND before IS NULL").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    assert len(trail) == len(rooms)
    return Counter(name for (name,) in rooms)


async def sent(standin: StandIn, *, within: float) -> list[str]:
    """Wait for reminders to arrive; return their nonces."""
    for _ in range(int(within / 0.1)):
        if found := nonces(standin):
            return found
        await asyncio.sleep(0.1)
    pytest.fail("no reminder came")


def nonces(standin: StandIn) -> list[str]:
    return [body["nonce"] for method, path, body in standin.requests if method == "POST" and path.endswith("/messages")]


async def answered(standin: StandIn, names: Sequence[str] = NAMES) -> list[str]:
    """Let several people add a room in the same instant; each is answered as soon as Discord demands it."""
    begun = time.monotonic()
    said = await asyncio.gather(*[standin.command("room add", name=name) for name in names])
    assert time.monotonic() - begun < ANSWER_SECONDS
    return [words(answer) for answer in said]


async def test_a_file_that_another_program_locks_is_told_in_time(tmp_path: Path) -> None:
    async with standing_in() as standin, running(standin, tmp_path):
        await standin.command("room add", name="Room A")
        file = tmp_path / "backline.sqlite3"
        await standin.command("remind channel", what="tea", when="in 10 seconds")
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        assert all(BUSY in text for text in await answered(standin))
        assert "Room A" in words(await standin.command("room list"))
        await asyncio.sleep(10)
        assert nonces(standin) == []
        holder.execute("ROLLBACK")
        holder.close()
        (nonce,) = await sent(standin, within=PERSON_SECONDS + 8)
        assert not any(BUSY in text for text in await answered(standin))
        await asyncio.sleep(1)
        assert nonces(standin) == [nonce]
    assert kept(file) == Counter(["Room A", *NAMES])


@contextmanager
def filling(folder: Path) -> Iterator[tuple[Callable[[int], None], Callable[[int], None]]]:
    """Yield what fills a small disk of its own, and what makes room on it; it takes root to mount one."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", str(folder)], check=True)  # noqa: S603, S607
    filler = folder / "filler"

    def fill(_pid: int) -> None:
        with filler.open("wb", buffering=0) as file:
            while True:
                try:
                    file.write(bytes(1024))
                except OSError:
                    return

    try:
        yield fill, lambda _pid: filler.unlink()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


@contextmanager
def limiting(folder: Path) -> Iterator[tuple[Callable[[int], None], Callable[[int], None]]]:
    """Yield what lets the system take no longer files from a process, and what takes that limit off: for anybody."""

    def limit(pid: int) -> None:
        size = (folder / "backline.sqlite3-wal").stat().st_size
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def lift(pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    yield limit, lift


@pytest.mark.parametrize("disk", [limiting, *([filling] if os.geteuid() == 0 else [])])
async def test_a_full_disk_is_told_keeps_no_halves_and_is_forgotten_once_there_is_room(
    tmp_path: Path, disk: Callable[[Path], Iterator[tuple[Callable[[int], None], Callable[[int], None]]]]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with disk(folder) as (fill, empty):  # type: ignore[attr-defined]
        async with standing_in() as standin, running(standin, folder) as process:
            await standin.command("room add", name="Room A")
            await standin.command("remind channel", what="tea", when="in 10 seconds")
            fill(process.pid)
            said: list[tuple[str, str]] = []
            for attempt in range(8):
                names = [f"{name} {attempt}" for name in NAMES]
                said += zip(names, await answered(standin, names), strict=True)
            done = [name for name, text in said if FULL not in text]
            assert all(name in text for name, text in said if name in done)
            assert len(said) - len(done) >= len(NAMES)
            assert "Room A" in words(await standin.command("room list"))
            await asyncio.sleep(10)
            empty(process.pid)
            (nonce,) = await sent(standin, within=10)
            added = words(await standin.command("room add", name="Room Z"))
            assert "Room Z" in added
            assert FULL not in added
            await asyncio.sleep(1)
            assert nonces(standin) == [nonce]
        assert kept(folder / "backline.sqlite3") == Counter(["Room A", *done, "Room Z"])
