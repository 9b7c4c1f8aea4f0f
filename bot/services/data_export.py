"""Everything of one server as ZIP files: JSON and CSV of every table, and the receipts as they were uploaded."""

import asyncio
import csv
import io
import json
import threading
import zipfile
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import LargeBinary, RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Base
from bot.errors import UserError
from bot.models.audit import to_json
from bot.services.budget_export import inert

# What buttons stand for, and the keys to calendars, are of no use to anybody else.
LEFT_OUT = frozenset({"memo", "counter"})
SECRET = frozenset({"token_hash"})
PAGE = 5_000
MOST_PARTS = 10
# What a ZIP needs besides its files' bytes: its directory, generously.
SPARE = 64_000


class Shape(StrEnum):
    """Which forms of the tables are wanted."""

    BOTH = "both"
    JSON = "json"
    CSV = "csv"


class TooLarge(UserError):
    """A server with more data than can be sent in a channel."""

    text = (
        "This server's data is more than {size} MB, which is too much to send here. Nothing was made. "
        "Ask whoever runs the bot for a copy of the database."
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One ZIP file."""

    name: str
    body: bytes


async def export(session: AsyncSession, guild_id: int, shape: Shape, at: datetime, most_bytes: int) -> list[Part]:
    """Return the server's rows of every table and its uploads; raises `TooLarge` beyond ten files of the size given."""
    with closing(_Packer(f"backline-{at:%Y-%m-%d}", most_bytes)) as packer:
        for table in sorted(Base.metadata.tables.values(), key=lambda each: each.name):
            if "guild_id" not in table.columns or table.name in LEFT_OUT:
                continue
            number = 0
            async for page in _pages(session, table, guild_id):
                number += 1
                name = table.name if number == 1 else f"{table.name}-{number}"
                await asyncio.to_thread(_add_rows, packer, name, [dict(row) for row in page], shape)
        async for name, body in _files(session, guild_id):
            await asyncio.to_thread(packer.add, name, body)
        return packer.parts()


class _Packer:
    """Fills one ZIP after the other, none larger than can be sent; a thread may still be at it when it is closed."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self._name = name
        self._most = most_bytes
        self._bodies: list[io.BytesIO] = []
        self._zip: zipfile.ZipFile | None = None
        self._at_work = threading.Lock()
        self._is_over = False

    def add(self, name: str, body: bytes) -> None:
        """Add one file, in pieces where it is too large for a whole ZIP even compressed; raises `TooLarge`."""
        try:
            with self._at_work:
                if not self._is_over:
                    self._add(name, body)
        finally:
            self._end_if_over()

    def _add(self, name: str, body: bytes) -> None:
        size = len(zlib.compress(body))
        if size > self._most - SPARE:
            half = len(body) // 2
            self._add(f"{name}.1", body[:half])
            self._add(f"{name}.2", body[half:])
            return
        if self._zip is None or self._bodies[-1].tell() + size + SPARE > self._most:
            self._begin()
        if self._zip is not None:
            self._zip.writestr(name, body)

    def parts(self) -> list[Part]:
        self.close()
        many = len(self._bodies) > 1
        return [
            Part(f"{self._name}-{number}.zip" if many else f"{self._name}.zip", body.getvalue())
            for number, body in enumerate(self._bodies, 1)
        ]

    def close(self) -> None:
        """Take no more files and end the ZIP: now, or without waiting where a thread is still adding to it."""
        self._is_over = True
        self._end_if_over()

    def _end_if_over(self) -> None:
        if self._is_over and self._at_work.acquire(blocking=False):
            try:
                if self._zip is not None:
                    self._zip.close()
            finally:
                self._at_work.release()

    def _begin(self) -> None:
        if len(self._bodies) == MOST_PARTS:
            raise TooLarge(size=MOST_PARTS * self._most // 1_000_000)
        if self._zip is not None:
            self._zip.close()
        self._bodies.append(io.BytesIO())
        self._zip = zipfile.ZipFile(self._bodies[-1], "w", zipfile.ZIP_DEFLATED)


def _add_rows(packer: _Packer, name: str, rows: list[dict[str, Any]], shape: Shape) -> None:
    shown = [{column: _exact(to_json(value)) for column, value in row.items()} for row in rows]
    if shape is not Shape.CSV:
        packer.add(f"json/{name}.json", json.dumps(shown, ensure_ascii=False, indent=1).encode())
    if shape is not Shape.JSON:
        packer.add(f"csv/{name}.csv", _csv(shown))


async def _pages(session: AsyncSession, table: Table, guild_id: int) -> AsyncIterator[Sequence[RowMapping]]:
    columns = [
        column for column in table.columns if not isinstance(column.type, LargeBinary) and column.name not in SECRET
    ]
    key = next(iter(table.primary_key.columns))
    question = select(*columns).where(table.c.guild_id == guild_id).order_by(key).limit(PAGE)
    page = (await session.execute(question)).mappings().all()
    while page:
        yield page
        page = (await session.execute(question.where(key > page[-1][key.name]))).mappings().all()


def _exact(value: Any) -> Any:
    """Return large whole numbers as words: spreadsheets and scripts round Discord's ids."""
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([inert(_cell(value)) for value in row.values()])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


async def _files(session: AsyncSession, guild_id: int) -> AsyncIterator[tuple[str, bytes]]:
    """Yield what people uploaded, named by the key of its row and the ending it came with."""
    for table in Base.metadata.tables.values():
        bodies = [column for column in table.columns if isinstance(column.type, LargeBinary)]
        if not bodies or "guild_id" not in table.columns:
            continue
        keys = (await session.scalars(select(table.c.id).where(table.c.guild_id == guild_id))).all()
        for key in keys:
            row = (await session.execute(select(table).where(table.c.id == key))).mappings().one()
            ending = "".join(letter for letter in PurePosixPath(row["name"]).suffix if letter.isalnum())
            yield f"files/{table.name}-{key}.{ending[:8].lower() or 'bin'}", row[bodies[0].name]
