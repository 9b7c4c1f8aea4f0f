"""Moving a whole database, as from SQLite to PostgreSQL: every row is copied, then both sides are read and compared."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from sqlalchemy import RowMapping, String, Table, collate, func, insert, select, text, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import migrate
from bot import models as models  # noqa: PLC0414 - importing it is what registers the tables
from bot.db import Base, Database
from bot.errors import UserError

BATCH = 1_000
Told = Callable[[str], object]


class TargetInUse(UserError):
    """A target that holds data already."""

    text = (
        "The database {where} holds data already ({table}), so nothing was copied. Name an empty one: "
        "copying into it would mix two desks."
    )


class Differs(UserError):
    """A copy that does not hold the rows of the original."""

    text = (
        "The copy differs from the original in {table} at row {row}, so it was taken back: the target is empty again. "
        "The original is as it was. Stop everything that writes into it and try again."
    )


class CopyFailed(UserError):
    """A row that the target refused."""

    text = "The copy failed in {table}: {why}. The target is empty again and the original is as it was."


@dataclass(frozen=True)
class Copied:
    """What one table's copy holds, equal on both sides."""

    table: str
    rows: int
    sums: dict[str, int]

    def __str__(self) -> str:
        sums = "".join(f", {name} {total}" for name, total in self.sums.items())
        return f"{self.table}: {self.rows} rows{sums}"


async def copy(source: Database, target: Database, told: Told) -> list[Copied]:
    """Copy every table of `source` into the empty `target`, then read both sides and compare them.

    Both are migrated first. The copy is one transaction: any difference or error leaves the target empty.
    Raises `TargetInUse`, `Differs`, `CopyFailed` and `DatabaseUnavailable`. Nothing may write to the source meanwhile.
    """
    await migrate.upgrade(source)
    await migrate.upgrade(target)
    tables = Base.metadata.sorted_tables
    async with source.engine.connect() as old, target.engine.begin() as new:
        for table in tables:
            if (await new.execute(select(table).limit(1))).first() is not None:
                raise TargetInUse(where=target.where, table=table.name)
        done = []
        for table in tables:
            try:
                await _fill(old, new, table)
            except DBAPIError as error:
                raise CopyFailed(table=table.name, why=str(error.orig).splitlines()[0]) from error
            done.append(await _same(old, new, table))
            told(f"{done[-1]}\n")
        if not target.is_sqlite:
            await _continue_numbers(new, tables)
    return done


async def _fill(old: AsyncConnection, new: AsyncConnection, table: Table) -> None:
    async for page in _pages(old, table):
        await new.execute(insert(table), [dict(row) for row in page])


async def _same(old: AsyncConnection, new: AsyncConnection, table: Table) -> Copied:
    """Read both sides again and return what they hold; raises `Differs` at the first row that is not the same."""
    rows, sums = 0, {column.name: 0 for column in table.columns if column.name.endswith("_minor")}
    theirs = _pages(new, table)
    async for page in _pages(old, table):
        for row, copy_of in zip_longest(page, await anext(theirs, [])):
            rows += 1
            if row is None or row != copy_of:
                raise Differs(table=table.name, row=rows)
            for name in sums:
                sums[name] += row[name] or 0
    if await anext(theirs, None):
        raise Differs(table=table.name, row=rows + 1)
    return Copied(table.name, rows, sums)


async def _pages(side: AsyncConnection, table: Table) -> AsyncIterator[Sequence[RowMapping]]:
    """Yield all rows by key, words in the order of their bytes on both kinds of server."""
    bytewise = side.dialect.name == "postgresql"
    keys = [
        collate(column, "C") if bytewise and isinstance(column.type, String) else column
        for column in table.primary_key.columns
    ]
    question = select(table).order_by(*keys).limit(BATCH)
    page = (await side.execute(question)).mappings().all()
    while page:
        yield page
        last = [page[-1][column.name] for column in table.primary_key.columns]
        page = (await side.execute(question.where(tuple_(*keys) > tuple_(*last)))).mappings().all()


async def _continue_numbers(new: AsyncConnection, tables: list[Table]) -> None:
    """Let the server's own counters go on after the highest key that was copied."""
    for table in tables:
        for column in table.primary_key.columns:
            sequence = await new.scalar(
                text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
            )
            if sequence is not None:
                highest = await new.scalar(select(func.max(column)))
                await new.execute(
                    text("SELECT setval(:sequence, :value, :used)"),
                    {"sequence": sequence, "value": highest or 1, "used": highest is not None},
                )
