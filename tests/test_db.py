"""The database's scopes and types: exact, aware, one writer at a time."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import StatementError

from bot import db as db_module
from bot import migrate
from bot.clock import Clock
from bot.db import Database, DatabaseUnavailable, sqlite_url
from bot.models.memo import Counter, Memo
from bot.services.memo import next_number
from bot.trouble import Busy


def memo(at: datetime) -> Memo:
    return Memo(guild_id=1, user_id=2, kind="test", payload={"a": [1, "ü"]}, made_at=at)


async def test_instants_are_kept_in_utc_to_the_microsecond(db: Database) -> None:
    at = datetime(2027, 3, 14, 3, 30, 15, 123456, tzinfo=timezone(timedelta(hours=-5)))
    async with db.write() as session:
        session.add(memo(at))
    async with db.read() as session:
        kept = (await session.scalars(select(Memo))).one()
    assert kept.made_at == at
    assert kept.made_at.tzinfo is UTC or kept.made_at.utcoffset() == timedelta(0)
    assert kept.payload == {"a": [1, "ü"]}


async def test_a_naive_instant_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        async with db.write() as session:
            session.add(memo(datetime(2027, 3, 1)))  # noqa: DTZ001 - the point of the test


async def test_an_error_keeps_nothing(db: Database) -> None:
    async def fail_halfway() -> None:
        async with db.write() as session:
            session.add(memo(db.clock.now()))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_halfway()
    async with db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Memo)) == 0


async def test_numbers_given_out_at_once_are_all_different(db: Database) -> None:
    async def take() -> int:
        async with db.write() as session:
            return await next_number(session, 1, "booking")

    assert sorted(await asyncio.gather(*[take() for _ in range(20)])) == list(range(1, 21))
    async with db.read() as session:
        assert [row.last for row in await session.scalars(select(Counter))] == [20]


async def test_listeners_hear_of_a_change_only_once_it_is_on_disk(db: Database) -> None:
    heard = []
    db.after_write.append(lambda info: heard.append(info.get("wake_at")))
    async with db.write() as session:
        session.info["wake_at"] = "soon"
        assert heard == []
    assert heard == ["soon"]
    with pytest.raises(RuntimeError):
        async with db.write() as session:
            raise RuntimeError
    assert heard == ["soon"]


async def test_sqlite_is_durable_and_strict(sqlite_path: Path) -> None:
    database = Database(sqlite_url(sqlite_path), Clock())
    async with database.read() as session:
        found = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    await database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_a_file_that_another_program_holds_is_busy_in_a_sentence(
    sqlite_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "PERSON_SECONDS", 0.05)
    database = Database(sqlite_url(sqlite_path), Clock())
    holder = sqlite3.connect(sqlite_path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match="nothing was changed"):
        async with database.write() as session:
            session.add(memo(datetime.now(UTC)))  # noqa: TID251 - any instant
    holder.execute("ROLLBACK")
    async with database.write() as session:
        session.add(memo(datetime.now(UTC)))  # noqa: TID251 - any instant
    holder.close()
    await database.close()


async def test_an_unwritable_folder_or_a_foreign_file_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("I am a file")
    inside = Database(sqlite_url(blocked / "backline.sqlite3"), Clock())
    with pytest.raises(DatabaseUnavailable, match="can't be made"):
        await migrate.upgrade(inside)
    await inside.close()
    foreign = Database(sqlite_url(blocked), Clock())
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        await migrate.upgrade(foreign)
    await foreign.close()


async def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    nowhere = Database("postgresql+asyncpg://user:hidden@127.0.0.1:1/none", Clock())
    with pytest.raises(DatabaseUnavailable) as refused:
        await migrate.upgrade(nowhere)
    await nowhere.close()
    assert "hidden" not in str(refused.value)
