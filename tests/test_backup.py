"""Backups of the SQLite file: taken under load, checked, rotated, restored, and never over a running bot."""

import asyncio
import itertools
import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import backup
from bot.backup import BackupFailed, Unrestorable
from bot.clock import Clock
from bot.db import Database, sqlite_file, sqlite_url
from bot.lock import AlreadyRunning, only_one
from bot.services import Services
from tests.support.cast import Cast

NIGHT = datetime(2027, 3, 1, 4, 30, tzinfo=UTC)
DAY = timedelta(days=1)
KILLED = 9
TOUCHES = {"open", "os.link", "os.rename", "os.remove", "shutil.copyfile"}


@pytest.fixture
def files(sqlite_path: Path, tmp_path: Path) -> tuple[Path, Path]:
    return sqlite_path, tmp_path / "backups"


def rooms(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as opened:
        return [name for (name,) in opened.execute("SELECT name FROM room ORDER BY id")]


def add_room(file: Path, name: str) -> None:
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute(
            "INSERT INTO room (guild_id, number, name, currency, unit, minimum_minutes, buffer_minutes, timezone, "
            "cancellation, created_by, created_at) SELECT 1, count(*) + 1, ?, 'EUR', 'hour', 0, 0, 'UTC', '[]', 1, "
            "'2027-03-01 00:00:00' FROM room",
            (name,),
        )


def test_a_copy_opens_by_itself_and_only_the_newest_are_kept(files: tuple[Path, Path]) -> None:
    database, folder = files
    add_room(database, "Room A")
    taken = [backup.take(database, folder, NIGHT + night * DAY, keep=3) for night in range(5)]
    assert sorted(folder.iterdir()) == taken[2:]
    assert rooms(taken[-1]) == ["Room A"]
    assert not list(folder.glob("*-wal"))


def test_a_night_that_was_missed_is_noticed(files: tuple[Path, Path]) -> None:
    database, folder = files
    assert backup.is_due(folder, NIGHT)
    backup.take(database, folder, NIGHT, keep=3)
    assert not backup.is_due(folder, NIGHT + DAY)
    assert backup.is_due(folder, NIGHT + 2 * DAY)


async def test_a_copy_under_load_holds_whole_transactions(files: tuple[Path, Path]) -> None:
    database, folder = files
    db = Database(sqlite_url(database), Clock())
    services = Services(db, db.clock)
    actor = (await Cast.of(services)).producer
    begun, stop = asyncio.Event(), asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        while not stop.is_set():
            await services.room.add(actor, name=f"Room {written}")
            written += 1
            begun.set()

    writing = asyncio.create_task(write())
    await begun.wait()
    taken = [await asyncio.to_thread(backup.take, database, folder, NIGHT + night * DAY, 9) for night in range(4)]
    stop.set()
    await writing
    await db.close()
    counts = []
    for file in taken:
        with closing(sqlite3.connect(file)) as opened:
            counts.append(opened.execute("SELECT count(*) FROM room").fetchone()[0])
            trail = opened.execute("SELECT count(*) FROM audit WHERE kind = 'room'").fetchone()[0]
            numbers = opened.execute("SELECT last FROM counter WHERE kind = 'room'").fetchone()[0]
        assert (trail, numbers) == (counts[-1], counts[-1])
    assert 1 <= counts[0] <= counts[-1] <= written


def test_a_backup_that_can_not_be_written_leaves_nothing_behind(files: tuple[Path, Path]) -> None:
    database, folder = files
    with pytest.raises(BackupFailed):
        backup.take(database.with_name("none.sqlite3"), folder, NIGHT, keep=3)
    database.write_bytes(database.read_bytes()[:5000] + b"\x00" * 5000 + database.read_bytes()[10000:])
    with pytest.raises(BackupFailed):
        backup.take(database, folder, NIGHT, keep=3)
    assert list(folder.iterdir()) == []


def test_restoring_brings_back_that_night_and_keeps_today_aside(files: tuple[Path, Path]) -> None:
    database, folder = files
    add_room(database, "Room A")
    saved = backup.take(database, folder, NIGHT, keep=3)
    add_room(database, "Room B")
    aside = backup.restore(saved, database, NIGHT + DAY)
    assert rooms(database) == ["Room A"]
    assert aside is not None
    assert rooms(aside) == ["Room A", "Room B"]
    assert saved.exists()


@pytest.mark.parametrize("disk", ["with links", "without links"])
def test_where_restoring_fails_half_way_the_old_one_is_back(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, disk: str
) -> None:
    """Also where the new one had its name already."""
    database, folder = files
    add_room(database, "Room A")
    saved = backup.take(database, folder, NIGHT, keep=3)
    add_room(database, "Room B")
    before = sorted(database.parent.glob("*.sqlite3*"))

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if disk == "without links":
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    settle = backup._settle
    for last in (lambda *_: None, settle):  # the new one has not got the name, or has it
        with monkeypatch.context() as broken:
            broken.setattr(backup, "_settle", lambda part, final, last=last: [last(part, final), refuse()])
            with pytest.raises(Unrestorable, match=r"No space left.*Nothing was changed"):
                backup.restore(saved, database, NIGHT)
        assert rooms(database) == ["Room A", "Room B"]
        assert sorted(database.parent.glob("*.sqlite3*")) == before


def killed_at(step: int, saved: Path, database: Path) -> bool:
    """Restore in a process that is gone before its so manieth touch of a file; return whether it lived to the end."""
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, KILLED)
        return code == 0
    steps = itertools.count(1)
    try:
        sys.addaudithook(lambda event, _: os._exit(KILLED) if event in TOUCHES and next(steps) == step else None)
        backup.restore(saved, database, NIGHT)
        os._exit(0)
    finally:
        os._exit(2)


def test_whenever_restoring_is_killed_one_of_both_is_there(files: tuple[Path, Path]) -> None:
    database, folder = files
    add_room(database, "Room A")
    saved = backup.take(database, folder, NIGHT, keep=3)
    add_room(database, "Room B")
    present = database.read_bytes()
    for step in itertools.count(1):
        database.write_bytes(present)
        for left in database.parent.glob("*before-restore*"):
            left.unlink()
        is_done = killed_at(step, saved, database)
        assert rooms(database) == ["Room A"] or (not is_done and rooms(database) == ["Room A", "Room B"])
        if is_done:
            break
    assert step > len(TOUCHES)


def test_restoring_where_there_is_nothing_yet(files: tuple[Path, Path], tmp_path: Path) -> None:
    database, folder = files
    saved = backup.take(database, folder, NIGHT, keep=3)
    assert backup.restore(saved, tmp_path / "new" / "backline.sqlite3", NIGHT) is None
    assert rooms(tmp_path / "new" / "backline.sqlite3") == []


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")


def foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("CREATE TABLE songs (title TEXT)")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (newer, "newer version"),
        (foreign, "another program"),
        (lambda file: file.write_bytes(b"a letter, no database" * 400), "no database"),
        (lambda file: file.write_bytes(b""), "another program"),
        (lambda file: file.unlink(), "not there"),
    ],
)
def test_what_is_no_backup_changes_nothing(files: tuple[Path, Path], spoil: object, words: str) -> None:
    database, folder = files
    add_room(database, "Room A")
    saved = backup.take(database, folder, NIGHT, keep=3)
    spoil(saved)  # type: ignore[operator]
    with pytest.raises(Unrestorable, match=words):
        backup.restore(saved, database, NIGHT)
    assert rooms(database) == ["Room A"]


def test_nothing_is_restored_under_a_running_bot(files: tuple[Path, Path]) -> None:
    database, folder = files
    saved = backup.take(database, folder, NIGHT, keep=3)
    with only_one(database.parent), pytest.raises(AlreadyRunning, match="Stop it first"):
        backup.restore(saved, database, NIGHT)


def test_only_a_file_has_a_path() -> None:
    assert sqlite_file("sqlite+aiosqlite:////srv/backline.sqlite3") == Path("/srv/backline.sqlite3")
    assert sqlite_file("sqlite+aiosqlite://") is None
    assert sqlite_file("postgresql+asyncpg://u:p@h/backline") is None
