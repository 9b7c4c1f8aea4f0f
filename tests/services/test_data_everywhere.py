"""Forgetting somebody reaches every column of every table, also one that is added later."""

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Table

from bot.db import Base, Database, Words, sqlite_url
from bot.services import Services
from tests.conftest import FixedClock
from tests.support.cast import Cast
from tests.test_upgrade import value

LONG = 4000
WHO = 123_456_789_012_345_678
# Numbers and marks of the whole desk, which no person ever types or is part of.
OF_NO_SERVER = {"fact"}


def traced(column: Column[object], guild_id: int) -> object:
    """Return what fits the column and is or names the person, wherever a person could stand."""
    if column.name == "guild_id":
        return guild_id
    if column.primary_key or column.foreign_keys or isinstance(column.type, Words):
        return value(column, 1)
    if isinstance(column.type, BigInteger):
        return WHO
    if isinstance(column.type, sa.JSON):
        return {"who": [WHO], str(WHO): f"with <@{WHO}>"}
    if isinstance(column.type, sa.String):
        room = column.type.length or LONG
        return next((named for named in (f"with <@!{WHO}>", str(WHO)) if len(named) <= room), value(column, 1))
    return value(column, 1)


async def kept(database: Database, tables: list[Table]) -> dict[str, str]:
    """Return the rows of each table that still name the person, as text."""
    async with database.read() as session:
        rows = {table.name: str((await session.execute(sa.select(table))).all()) for table in tables}
    return {name: found for name, found in rows.items() if str(WHO) in found}


async def test_no_column_of_any_table_still_names_somebody_forgotten(sqlite_path: Path) -> None:
    database = Database(sqlite_url(sqlite_path), FixedClock(datetime(2027, 3, 1, 9, 0, tzinfo=UTC)))
    services = Services(database, database.clock)
    cast = await Cast.of(services)
    tables = [table for table in Base.metadata.sorted_tables if "guild_id" in table.columns]
    assert {table.name for table in Base.metadata.sorted_tables} - {table.name for table in tables} == OF_NO_SERVER
    async with database.engine.execution_options(begin_immediate=True).begin() as connection:
        # What the columns mean together does not matter here, only that each of them is looked at.
        await connection.execute(sa.text("PRAGMA ignore_check_constraints = ON"))
        for table in tables:
            row = {column.name: traced(column, cast.producer.guild_id) for column in table.columns}
            await connection.execute(table.delete())
            await connection.execute(table.insert().values(row))
    before = await kept(database, tables)
    assert {"audit", "booking", "booking_person", "expense", "reminder", "call_sheet", "memo"} <= set(before)
    await services.data.forget(cast.act(cast.producer), WHO)
    assert await kept(database, tables) == {}
    await database.close()
