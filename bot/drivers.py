"""How the drivers are used: SQLite partly without a thread and patient for as long as told, PostgreSQL with reasons."""

import re
import sqlite3
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, cast

import aiosqlite

from bot.trouble import file_code

BUSY_SECONDS = 15.0
# What may run on the loop itself: statements of so many values, and reading for so long, looked at every so many steps.
FEW_VALUES = 400
LONGEST_HERE = 0.002
STEPS = 500
# A statement that took too long goes straight to the thread so many times: as a rule it takes as long again.
RESTS, MOST_RESTING = 10, 200
ONE_ROW = re.compile(r" WHERE [a-z_.]*\bid = \?(?: RETURNING [^?]*)?$")


class Unconnected(ConnectionError):
    """The database's server can't be reached; the text is the driver's reason."""


class Patience:
    """Until when whoever writes at this moment waits for another program's lock, on the monotonic clock."""

    def __init__(self) -> None:
        self.until: float | None = None

    @property
    def seconds(self) -> float:
        return BUSY_SECONDS if self.until is None else max(0.0, self.until - time.monotonic())


class Near(aiosqlite.Connection):
    """A connection that answers short statements on the spot, and takes one trip to its thread for any other.

    A trip switches threads twice, which takes as long as twenty look-ups by key. So what touches a row or two runs
    right here, and so does whatever only reads: a progress handler breaks that off when it takes too long, and it
    begins anew in the thread. What waits for the disk or for another program is done by the thread.
    """

    @classmethod
    def open(cls, patience: Patience, database: str, **options: Any) -> "Near":
        """Return a connection that waits to be awaited, as `aiosqlite.connect` does."""
        connect = partial(sqlite3.connect, database, **{**options, "check_same_thread": False})
        connection = cls(patience, connect, iter_chunk_size=64)
        connection._thread.daemon = True
        return connection

    def __init__(self, patience: Patience, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience = patience
        # Each is counted by one side only, so that neither needs a lock.
        self._asked = self._answered = 0
        self._waits_for = BUSY_SECONDS
        self._break_off_at = 0.0
        self._resting: dict[str, int] = {}

    def cursor(self) -> "_Cursor":  # type: ignore[override]
        return _Cursor(self)

    async def run(self, sql: str, count: int, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do a statement's work; `count` is how many values it has."""
        if self._is_free and count <= FEW_VALUES and self._may_be_short(sql) and self._here(sql, work):
            return
        await self._there(work)

    def _rest(self, sql: str) -> None:
        if len(self._resting) >= MOST_RESTING:
            self._resting.clear()
        self._resting[sql] = RESTS

    def _may_be_short(self, sql: str) -> bool:
        left = self._resting.get(sql)
        if left is None:
            return _is_short(sql)
        if left:
            self._resting[sql] = left - 1
        else:
            del self._resting[sql]
        return False

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
        self._wait_for(connection, 0.0)
        if sql.startswith("SELECT"):
            self._break_off_at = time.perf_counter() + LONGEST_HERE
            connection.set_progress_handler(self._is_long, STEPS)
        try:
            work(connection)
        except sqlite3.OperationalError as error:
            code = file_code(error)
            if code not in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY):
                raise
            if code == sqlite3.SQLITE_INTERRUPT:
                self._rest(sql)
            return False
        finally:
            connection.set_progress_handler(None, STEPS)
        return True

    async def _there(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do it in the thread."""

        def do() -> None:
            try:
                self._wait_for(self._conn, self._patience.seconds)
                work(self._conn)
            finally:
                self._answered += 1

        self._asked += 1
        await cast("Any", self)._execute(do)  # noqa: SLF001 - the one way into its thread

    def _wait_for(self, connection: sqlite3.Connection, seconds: float) -> None:
        """Set how long to wait for another program's lock: in the thread for a while, here not at all."""
        if self._waits_for != seconds:
            connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
            self._waits_for = seconds

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

    def __init__(self, connection: Near) -> None:
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


async def reach(*arguments: Any, **options: Any) -> Any:
    """Connect to PostgreSQL; raises `Unconnected` for whatever keeps it from answering, but for a refused password."""
    import asyncpg  # noqa: PLC0415 - a band on SQLite need not load it

    try:
        return await asyncpg.connect(*arguments, **options)
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
        raise Unconnected(str(error) or type(error).__name__) from error
