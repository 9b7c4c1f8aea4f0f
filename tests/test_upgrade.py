"""Upgrading a database that holds a band's data: from every released revision, nothing of it changes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table

from bot import migrate
from bot.clock import Clock
from bot.db import Database, Thousandths, UtcDateTime, Words, sqlite_url

RELEASED = sorted(script.revision for script in ScriptDirectory.from_config(migrate.alembic_config()).walk_revisions())[
    :-1
]
WHEN = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
Rows = dict[str, list[dict[str, Any]]]


# What fits a column of each type in a row of this number; the first that matches counts.
FITTING: tuple[tuple[type, Callable[[Any, int], object]], ...] = (
    (Words, lambda kind, _: next(iter(kind.words))),
    (Thousandths, lambda _, row: Decimal(row)),
    (UtcDateTime, lambda _, row: WHEN.replace(day=row)),
    (sa.DateTime, lambda kind, row: WHEN.replace(day=row, tzinfo=UTC if kind.timezone else None)),
    (sa.Date, lambda _, row: WHEN.date() + timedelta(days=row)),
    (sa.Boolean, lambda _, row: row == 1),
    (sa.String, lambda kind, row: f"{row} and more"[: kind.length]),
    (sa.LargeBinary, lambda _, row: b"\x00\xff" + bytes([row])),
    (sa.JSON, lambda _, row: {"row": row}),
    (sa.Integer, lambda _, row: row),
)


def value(column: Column[Any], row: int) -> object:
    """Return something that fits the column. Keys are numbers of the same row, so references hold."""
    return next(fit(column.type, row) for kind, fit in FITTING if isinstance(column.type, kind))


def tables(connection: Connection) -> list[Table]:
    known = MetaData()
    known.reflect(connection)
    return [table for table in known.sorted_tables if table.name != "alembic_version"]


def fill(connection: Connection, made: Sequence[Table] | None = None) -> Rows:
    """Put two rows with every column set into every table and return what is there then."""
    made = tables(connection) if made is None else made
    for table in made:
        for row in (1, 2):
            connection.execute(table.insert().values({column.name: value(column, row) for column in table.columns}))
    return read(connection, made)


def read(connection: Connection, of: Sequence[Table]) -> Rows:
    return {table.name: [dict(row) for row in connection.execute(table.select()).mappings()] for table in of}


@pytest.mark.parametrize("revision", RELEASED)
async def test_an_upgrade_keeps_every_row(revision: str, database_url: str, tmp_path: Path) -> None:
    is_sqlite = database_url.startswith("sqlite")
    db = Database(sqlite_url(tmp_path / "old.sqlite3") if is_sqlite else database_url, Clock())
    if not is_sqlite:
        async with db.engine.begin() as connection:
            await connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            await connection.exec_driver_sql("CREATE SCHEMA public")
    await migrate.upgrade(db, revision)
    async with db.engine.execution_options(begin_immediate=True).begin() as connection:
        before = await connection.run_sync(fill)
    assert sum(map(len, before.values())) >= 20
    await migrate.upgrade(db)
    async with db.engine.begin() as connection:
        after = await connection.run_sync(lambda sync: read(sync, tables(sync)))
        if is_sqlite:
            assert (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all() == []
    for name, rows in before.items():
        kept = [{column: new[column] for column in old} for old, new in zip(rows, after[name], strict=True)]
        assert kept == rows, name
    await db.close()
