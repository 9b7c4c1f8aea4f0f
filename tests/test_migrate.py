"""Migrations: they make what the models say, can be run twice and at once, and never touch a newer database."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from bot import migrate
from bot.clock import Clock
from bot.db import Base, Database, sqlite_url


async def differences(db: Database) -> list[object]:
    def compare(connection: object) -> list[object]:
        context = MigrationContext.configure(connection)  # type: ignore[arg-type]
        return list(compare_metadata(context, Base.metadata))

    async with db.engine.connect() as connection:
        return await connection.run_sync(compare)


async def test_models_and_migrations_agree(db: Database) -> None:
    assert await differences(db) == []
    assert await migrate.current(db) == migrate.newest()


async def test_migrating_again_changes_nothing(db: Database) -> None:
    await migrate.upgrade(db)
    assert await differences(db) == []


async def test_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    databases = [Database(sqlite_url(tmp_path / "new.sqlite3"), Clock()) for _ in range(4)]
    await asyncio.gather(*[migrate.upgrade(db) for db in databases])
    assert await differences(databases[0]) == []
    for db in databases:
        await db.close()


@pytest.mark.postgres
async def test_processes_that_start_at_once_on_an_empty_server_migrate_once(postgres_url: str) -> None:
    """Without the lock all but one fail, on a table that another has made meanwhile."""
    databases = [Database(postgres_url, Clock()) for _ in range(4)]
    async with databases[0].engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
    await asyncio.gather(*[migrate.upgrade(db) for db in databases])
    assert await differences(databases[0]) == []
    assert {await migrate.current(db) for db in databases} == {migrate.newest()}
    for db in databases:
        await db.close()


async def test_a_newer_database_is_left_alone(db: Database) -> None:
    async with db.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrate.DatabaseNewer, match="9999"):
        await migrate.upgrade(db)
    assert await migrate.current(db) == "9999"
