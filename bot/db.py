"""The database: column types, the mapped base class, and the two scopes `read()` and `write()`."""

import asyncio
import logging
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache, partial
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
# What may run on the loop itself: statements of so many values, and reading for so long, looked at every so many steps.
FEW_VALUES = 400
LONGEST_HERE = 0.002
STEPS = 500
ONE_ROW = re.compile(r" WHERE [a-z_.]*\bid = \?(?: RETURNING [^?]*)?$")
THOUSANDTH = Decimal("0.001")
Word = TypeVar("Word", bound=StrEnum)
Done = TypeVar("Done")


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


class _Near(aiosqlite.Connection):
    """A connection that answers short statements on the spot, and takes one trip to its thread for any other.

    A trip switches threads twice, which takes as long as twenty look-ups by key. So what touches a row or two runs
    right here, and so does whatever only reads: a progress handler breaks that off when it takes too long, and it
    begins anew in the thread. What waits for the disk or for another program is done by the thread.
    """

    @classmethod
    def open(cls, database: str, **options: Any) -> "_Near":
        """Return a connection that waits to be awaited, as `aiosqlite.connect` does."""
        connect = partial(sqlite3.connect, database, **{**options, "check_same_thread": False})
        connection = cls(connect, iter_chunk_size=64)
        connection._thread.daemon = True
        return connection

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Each is counted by one side only, so that neither needs a lock.
        self._asked = self._answered = 0
        self._is_patient = True
        self._break_off_at = 0.0

    def cursor(self) -> "_Cursor":  # type: ignore[override]
        return _Cursor(self)

    async def run(self, sql: str, count: int, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do a statement's work; `count` is how many values it has."""
        if self._is_free and count <= FEW_VALUES and _is_short(sql) and self._here(sql, work):
            return
        await self._there(work)

    async def commit(self) -> None:
        """Wait for the disk."""
        await self._there(sqlite3.Connection.commit)

    async def rollback(self) -> None:
        """Forget a transaction; nothing of it has reached the disk."""
        if self._is_free:
            self._conn.rollback()
        else:
            await self._there(sqlite3.Connection.rollback)

    @property
    def _is_free(self) -> bool:
        """Tell whether the thread is idle: after a cancelled wait it may still be at work."""
        return self._asked == self._answered and self._running and self._connection is not None

    def _here(self, sql: str, work: Callable[[sqlite3.Connection], None]) -> bool:
        """Do it on the spot; tell whether that was possible."""
        connection = self._conn
        self._be(connection, is_patient=False)
        if sql.startswith("SELECT"):
            self._break_off_at = time.perf_counter() + LONGEST_HERE
            connection.set_progress_handler(self._is_long, STEPS)
        try:
            work(connection)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY):
                raise
            return False
        finally:
            connection.set_progress_handler(None, STEPS)
        return True

    async def _there(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do it in the thread."""

        def do() -> None:
            try:
                self._be(self._conn, is_patient=True)
                work(self._conn)
            finally:
                self._answered += 1

        self._asked += 1
        await cast("Any", self)._execute(do)  # noqa: SLF001 - the one way into its thread

    def _be(self, connection: sqlite3.Connection, *, is_patient: bool) -> None:
        """Set how long to wait for another program's lock: in the thread for a while, here not at all."""
        if self._is_patient is not is_patient:
            connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000 if is_patient else 0}")
            self._is_patient = is_patient

    def _is_long(self) -> bool:
        return time.perf_counter() > self._break_off_at


@lru_cache(maxsize=4096)
def _is_short(sql: str) -> bool:
    """Tell whether a statement touches few rows for sure, or only reads, so that it can be broken off."""
    if sql.startswith(("SELECT", "BEGIN")):
        return True
    if sql.startswith("INSERT"):
        return " VALUES " in sql
    return sql.startswith(("UPDATE", "DELETE")) and ONE_ROW.search(sql) is not None


class _Cursor:
    """What SQLAlchemy needs of a cursor: it runs, reads every row and closes in one go."""

    def __init__(self, connection: _Near) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> "_Cursor":
        await self._connection.run(sql, len(parameters), partial(self._run, "execute", sql, parameters))
        return self

    async def executemany(self, sql: str, parameters: Any) -> "_Cursor":
        count = len(parameters) * len(parameters[0]) if parameters else 0
        await self._connection.run(sql, count, partial(self._run, "executemany", sql, parameters))
        return self

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        """Nothing is left open."""

    def _run(self, verb: str, sql: str, parameters: Any, connection: sqlite3.Connection) -> None:
        cursor = getattr(connection, verb)(sql, parameters)
        self._rows = cursor.fetchall() if cursor.description else []
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        cursor.close()


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
        # What people wrote is in the parameters; without this it would stand in the text of an error.
        options: dict[str, Any] = {"pool_size": pool_size, "hide_parameters": True}
        self._noted: Callable[[str, float], None] | None = None
        if self.is_sqlite:
            options["connect_args"] = {"timeout": BUSY_SECONDS, "async_creator_fn": _Near.open}
        else:
            options["pool_pre_ping"] = True
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        # models/audit.py listens to this session class and writes the trail at commit.
        self._writing = self.engine.execution_options(begin_immediate=True)
        self._readers = async_sessionmaker(self.engine, expire_on_commit=False)
        self._writers = async_sessionmaker(self._writing, expire_on_commit=False, sync_session_class=WritingSession)
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
        async with self._alone():
            async with self._writers() as session, session.begin():
                session.info.update(actor=actor, verb=verb, at=self.clock.now())
                yield session
                for finish in self.before_commit:
                    await finish(session)
            info = session.info
        self._tell(info)

    async def write_at_once(self, actor: Actor, verb: str, work: Callable[[Connection, dict[str, Any]], Done]) -> Done:
        """Do a small rule's whole transaction in one go, and return what `work` does.

        A session costs as much as four statements; this is for the few rules that people use most. `work` leaves
        its trail with `models.audit.note_new`, nothing follows `before_commit`, and the rest is as with `write`.
        """
        info = {"actor": actor, "verb": verb, "at": self.clock.now()}
        async with self._alone(), self._writing.begin() as connection:
            done = await connection.run_sync(work, info)
        self._tell(info)
        return done

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Keep other writers of this process out, and turn a lock that another program holds into `Busy`."""
        began = time.perf_counter()
        if self._turn is not None:
            await self._turn.acquire()
        try:
            yield
        except (OperationalError, sqlite3.OperationalError) as error:  # BEGIN's is the driver's own
            if "locked" in str(error) or "busy" in str(error):
                raise Busy from error
            raise
        finally:
            if self._turn is not None:
                self._turn.release()
            if self._noted is not None:
                self._noted("transaction", time.perf_counter() - began)

    def _tell(self, info: dict[str, Any]) -> None:
        for listener in self.after_write:
            listener(info)

    def measure(self, noted: Callable[[str, float], None]) -> None:
        """From now on tell how many seconds each statement and each writing transaction took."""
        self._noted = noted

        def before(_conn: Any, _cursor: Any, _sql: str, _values: Any, context: Any, _many: bool) -> None:  # noqa: FBT001
            context.began = time.perf_counter()

        def after(_conn: Any, _cursor: Any, sql: str, _values: Any, context: Any, _many: bool) -> None:  # noqa: FBT001
            noted(sql, time.perf_counter() - context.began)

        event.listen(self.engine.sync_engine, "before_cursor_execute", before)
        event.listen(self.engine.sync_engine, "after_cursor_execute", after)

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
    cursor = connection.connection.cursor()  # the driver's own: half of what the engine's would cost
    cursor.execute("BEGIN IMMEDIATE" if immediate else "BEGIN")
    cursor.close()
