"""The database: column types, the mapped base class, and the two scopes `read()` and `write()`."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import aiosqlite
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, TypeDecorator, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from bot.actor import Actor
from bot.clock import Clock
from bot.errors import UserError

log = logging.getLogger(__name__)

BUSY_SECONDS = 15
THOUSANDTH = Decimal("0.001")
Word = TypeVar("Word", bound=StrEnum)


class DatabaseUnavailable(UserError):
    """The database file or server can't be used at all."""

    text = "The database at {where} can't be used: {why}. Nothing was changed. Mend that and start again."


class Busy(UserError):
    """Another program holds the database."""

    text = "The desk is busy writing something else right now, so nothing was changed. Try again in a few seconds."


BigId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored and returned in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a naive datetime can't be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[Any]):
    """A `StrEnum` stored as its lower-case word."""

    impl = String(24)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | str | None, _dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


class Thousandths(TypeDecorator[Decimal]):
    """A decimal with up to three places, stored as whole thousandths so that both databases are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> int | None:
        return None if value is None else int(value / THOUSANDTH)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) * THOUSANDTH


class Base(DeclarativeBase):
    """Every table; `audited` ones leave a row in `audit` with each change."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime}
    audited: ClassVar[bool] = False


class _OneTrip(aiosqlite.Connection):
    """A connection whose statements cost one trip to its thread each, where aiosqlite makes three or four."""

    @classmethod
    def open(cls, database: str, **options: Any) -> "_OneTrip":
        """Return a connection that waits to be awaited, as `aiosqlite.connect` does."""
        connection = cls(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
        connection._thread.daemon = True
        return connection

    def cursor(self) -> "_Cursor":  # type: ignore[override]
        return _Cursor(self)


class _Cursor:
    """What SQLAlchemy needs of a cursor: it runs, reads every row and closes in one go."""

    def __init__(self, connection: _OneTrip) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> "_Cursor":
        return await self._run("execute", sql, parameters)

    async def executemany(self, sql: str, parameters: Any) -> "_Cursor":
        return await self._run("executemany", sql, parameters)

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        """Nothing is left open."""

    async def _run(self, verb: str, sql: str, parameters: Any) -> "_Cursor":
        def run() -> None:
            cursor = getattr(self._connection._conn, verb)(sql, parameters)  # noqa: SLF001 - runs in its thread
            self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
            self._rows = cursor.fetchall() if cursor.description else []
            cursor.close()

        await cast("Any", self._connection)._execute(run)  # noqa: SLF001 - the one way into its thread
        return self


class WritingSession(Session):
    """The session of a rule that writes; `info` says who acts and with which verb."""


class Database:
    """One engine and its two transaction scopes; SQLite by default, PostgreSQL by URL."""

    def __init__(self, url: str | URL, clock: Clock, *, pool_size: int = 5) -> None:
        self.url = make_url(url)
        self.clock = clock
        self.before_commit: list[Callable[[AsyncSession], Awaitable[None]]] = []
        self.after_write: list[Callable[[dict[str, Any]], None]] = []
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"pool_size": pool_size}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": BUSY_SECONDS, "async_creator_fn": _OneTrip.open}
        else:
            options["pool_pre_ping"] = True
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        # models/audit.py listens to this session class and writes the trail at commit.
        writing = self.engine.execution_options(begin_immediate=True)
        self._readers = async_sessionmaker(self.engine, expire_on_commit=False)
        self._writers = async_sessionmaker(writing, expire_on_commit=False, sync_session_class=WritingSession)
        # One writer at a time inside this process: waiting here is free, waiting in SQLite's busy handler polls.
        self._turn = asyncio.Lock() if self.is_sqlite else None

    @property
    def where(self) -> str:
        """The database's address, without its password."""
        return self.url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Open a session for questions; nothing that it changes is kept. `info["at"]` is its instant."""
        async with self._readers() as session:
            session.info["at"] = self.clock.now()
            yield session

    @asynccontextmanager
    async def write(self, actor: Actor | None = None, verb: str = "") -> AsyncIterator[AsyncSession]:
        """Open the one transaction of a rule: committed at the end, rolled back by any error.

        With an actor, each audited row that is made or changed leaves its before and after under the
        actor's change. `before_commit` is what follows from any rule, in its transaction. What the rule put into
        `session.info` reaches `after_write` once it is on disk.
        Raises `Busy` when another program keeps the database locked.
        """
        if self._turn is not None:
            await self._turn.acquire()
        try:
            async with self._writers() as session, session.begin():
                session.info.update(actor=actor, verb=verb, at=self.clock.now())
                yield session
                for finish in self.before_commit:
                    await finish(session)
            info = session.info
        except OperationalError as error:
            if "locked" in str(error.orig) or "busy" in str(error.orig):
                raise Busy from error
            raise
        finally:
            if self._turn is not None:
                self._turn.release()
        for listener in self.after_write:
            listener(info)

    async def close(self) -> None:
        await self.engine.dispose()


def sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database, None for a server's or one in memory."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or parts.database in (None, "", ":memory:"):
        return None
    return Path(str(parts.database)).absolute()


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("begin_immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
