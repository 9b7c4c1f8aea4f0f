"""The database: column types, the mapped base class, and the two scopes `read()` and `write()`."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    ColumnElement,
    CursorResult,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    event,
    func,
    select,
)  # fmt: skip
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn

from bot.actor import Actor
from bot.clock import Clock
from bot.drivers import BUSY_SECONDS, Near, Patience, reach
from bot.errors import UserError
from bot.trouble import trouble_of

log = logging.getLogger(__name__)

# How long somebody who writes waits for another program's lock: Discord wants an answer within three seconds.
PERSON_SECONDS = 2.0
CONNECT_SECONDS = 5.0
# A connection that was used so lately need not be asked whether it lives: asking takes as long as a whole transaction.
FRESH_SECONDS = 5.0
THOUSANDTH = Decimal("0.001")
Word = TypeVar("Word", bound=StrEnum)
Done = TypeVar("Done")
TROUBLES = (DBAPIError, sqlite3.Error, ConnectionError)  # what BEGIN says is the SQLite driver's own


class DatabaseUnavailable(UserError):
    """The database file or server can't be used at all."""

    text = "The database at {where} can't be used: {why}. Nothing was changed. Mend that and start again."


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


def has_any(table: type[Base], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a row has any of another table's, looked up row by row.

    For an `EXISTS` beside an `OR` PostgreSQL may read the other table from end to end, every server's rows with it.
    """
    found = select(func.count()).select_from(table).where(*conditions).correlate_except(table).scalar_subquery()
    return found > 0


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
        self._patience = Patience()
        if self.is_sqlite:
            opening = partial(Near.open, self._patience)
            options["connect_args"] = {"timeout": BUSY_SECONDS, "async_creator_fn": opening}
        else:
            options["connect_args"] = {"timeout": CONNECT_SECONDS, "async_creator_fn": reach}
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine.sync_engine, "checkin", _note_use)
            event.listen(self.engine.sync_engine, "checkout", _must_live)
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
        """Open a session for questions; nothing that it changes is kept. `info["at"]` is its instant.

        Raises a `DatabaseTrouble` when the database can't answer.
        """
        try:
            async with self._readers() as session:
                session.info["at"] = self.clock.now()
                yield session
        except TROUBLES as error:
            _tell_of(error, is_committing=False)
            raise

    @asynccontextmanager
    async def write(self, actor: Actor | None = None, verb: str = "") -> AsyncIterator[AsyncSession]:
        """Open the one transaction of a rule: committed at the end, rolled back by any error.

        With an actor, each audited row that is made or changed leaves its before and after under the
        actor's change. `before_commit` is what follows from any rule, in its transaction. What the rule put into
        `session.info` reaches `after_write` once it is on disk.
        Raises a `DatabaseTrouble` when another program keeps the database locked, its server does not answer or
        its disk takes no more.
        """
        state: dict[str, Any] = {"actor": actor, "verb": verb, "at": self.clock.now()}
        async with self._alone(state), self._writers(info=state) as session, session.begin():
            yield session
            for finish in self.before_commit:
                await finish(session)
            state["is_committing"] = True
        self._tell(session.info)

    async def write_at_once(self, actor: Actor, verb: str, work: Callable[[Connection, dict[str, Any]], Done]) -> Done:
        """Do a small rule's whole transaction in one go, and return what `work` does.

        A session costs as much as four statements; this is for the few rules that people use most. `work` leaves
        its trail with `models.audit.trail_of`, nothing follows `before_commit`, and the rest is as with `write`.
        """
        info = {"actor": actor, "verb": verb, "at": self.clock.now()}

        def transaction() -> Done:
            with self._writing.sync_engine.begin() as connection:
                done = work(connection, info)
                info["is_committing"] = True
            return done

        async with self._alone(info):
            done = await greenlet_spawn(transaction)
        self._tell(info)
        return done

    @asynccontextmanager
    async def _alone(self, info: dict[str, Any]) -> AsyncIterator[None]:
        """Keep other writers of this process out, and say what is wrong with the database in a sentence."""
        asked = time.monotonic()
        if self._turn is not None:
            await self._turn.acquire()
            # Who waited for a turn has waited for the lock, too: all who ask while a file is locked are told in time.
            self._patience.until = asked + PERSON_SECONDS
        try:
            yield
        except TROUBLES as error:
            _tell_of(error, is_committing=bool(info.get("is_committing")))
            raise
        finally:
            if self._turn is not None:
                self._patience.until = None
                self._turn.release()
            if self._noted is not None:
                self._noted("transaction", time.monotonic() - asked)

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


class Ready:
    """A statement whose text and types are worked out once: running it costs a third of the engine's own way.

    It is for the few that run most. Its values are given by the names of its parameters.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._known: dict[str, tuple[str, list[tuple[str, Callable[[Any], Any] | None]], dict[str, Any]]] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Run it with the driver's own values, and return the driver's own rows."""
        name = connection.dialect.name
        if name not in self._known:
            self._known[name] = self._worked_out(connection.dialect)
        sql, taken, constants = self._known[name]
        given = {**constants, **values}
        return connection.exec_driver_sql(sql, tuple(to(given[key]) if to else given[key] for key, to in taken))

    def _worked_out(
        self, dialect: Dialect
    ) -> tuple[str, list[tuple[str, Callable[[Any], Any] | None]], dict[str, Any]]:
        """Return the text for a kind of database, what turns each parameter into the driver's value, and constants."""
        compiled: Any = self._statement.compile(dialect=dialect)
        binds = compiled.binds
        taken = [(key, binds[key].type.dialect_impl(dialect).bind_processor(dialect)) for key in compiled.positiontup]
        return compiled.string, taken, {key: bind.value for key, bind in binds.items() if not bind.required}


def _tell_of(error: Exception, *, is_committing: bool) -> None:
    """Raise what an error means to people, if it means anything to them."""
    trouble = trouble_of(error, is_committing=is_committing)
    if trouble is not None:
        log.warning("the database: %s (%s)", type(trouble).__name__, type(error).__name__)
        raise trouble from error


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
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={int(BUSY_SECONDS * 1000)}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("begin_immediate", False)
    cursor = connection.connection.cursor()  # the driver's own: half of what the engine's would cost
    cursor.execute("BEGIN IMMEDIATE" if immediate else "BEGIN")
    cursor.close()


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _must_live(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Let the pool connect anew where a server's connection has ended, or no longer answers after a pause."""
    idle = time.monotonic() - record.info.get("used_at", time.monotonic())
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
    if idle > FRESH_SECONDS:
        try:
            connection.ping()
        except Exception as error:
            raise InvalidatePoolError from error
