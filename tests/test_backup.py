"""Backups of the SQLite file: taken under load, checked, rotated, restored, and never over a running bot."""

import asyncio
import sqlite3
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
