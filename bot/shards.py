"""Several processes of one bot: which shards each has, and taking turns at what must be done once."""

import asyncio
import logging
import re
import zlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ARRAY, BigInteger, Connection, bindparam, column, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.db import Database
from bot.errors import UserError
from bot.trouble import trouble_of

log = logging.getLogger(__name__)

FORM = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?/(\d{1,5})", re.ASCII)
MOST_SHARDS = 16_384
# Another number than that of migrations: all turns of one database share it, and differ by their name.
SPACE = 0x6261636C
PATIENCE = timedelta(seconds=60)
# Discord counts identifies in windows of 5 s; the rest is for the way there.
IDENTIFY_PAUSE = timedelta(seconds=5.25)
# Discord takes no first answer after 3 seconds.
HELD_SECONDS, CLAIM_SECONDS = 5.0, 1.0


class ShardsUnreadable(UserError):
    """A wish for shards that can't be."""

    text = (
        "`--shards {given}` can't be used: {why}. Write it as 0-3/16 (the first four of sixteen) or 2/4 (one of four, "
        "counted from 0). Nothing was started."
    )
    made_here = frozenset({"given", "why"})


class OneFileOneProcess(UserError):
    """A second process on one SQLite file."""

    text = (
        "Another process uses the data folder {folder}, and an SQLite file serves only one. Several processes share a "
        "PostgreSQL database: set BACKLINE_DATABASE_URL. Nothing was started."
    )


@dataclass(frozen=True, slots=True)
class Shards:
    """The part of Discord's servers that a process has: some of `count` shards."""

    ids: tuple[int, ...]
    count: int

    @classmethod
    def parse(cls, given: str) -> "Shards":
        """Read `0-3/16` or `2/4`; raises `ShardsUnreadable`."""
        match = FORM.fullmatch(given.strip())
        if match is None:
            raise ShardsUnreadable(given=given, why="it has another form")
        first, count = int(match[1]), int(match[3])
        last = first if match[2] is None else int(match[2])
        if not 1 <= count <= MOST_SHARDS:
            raise ShardsUnreadable(given=given, why=f"there can be 1 to {MOST_SHARDS} shards")
        if last < first:
            raise ShardsUnreadable(given=given, why="the last one comes before the first")
        if last >= count:
            raise ShardsUnreadable(given=given, why=f"the last one of {count} is {count - 1}")
        return cls(tuple(range(first, last + 1)), count)

    def __str__(self) -> str:
        first, last = self.ids[0], self.ids[-1]
        return f"{first}/{self.count}" if first == last else f"{first}-{last}/{self.count}"

    def share_of(self, most: int) -> int:
        """Return this process's part of something that all of them together may do so often."""
        return max(1, most * len(self.ids) // self.count)


class Turns:
    """Lets one process of a PostgreSQL at a time do something; an SQLite file has one process anyway.

    The lock belongs to a connection, not to a transaction: none stays open while Discord is asked. A process that
    dies lets go of it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._identified: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[AsyncConnection | None]:
        """Wait for the turn, a minute at most: whoever hangs must not keep all others from starting."""
        if self._db.is_sqlite:
            yield None
            return
        async with self._connected() as connection:
            await _lock(connection, name)
            yield connection

    @asynccontextmanager
    async def try_turn(self, name: str) -> AsyncIterator[bool]:
        """Take the turn unless another process has it: then False, without waiting. Raises a `DatabaseTrouble`."""
        if self._db.is_sqlite:
            yield True
            return
        async with self._connected() as connection:
            yield bool(await connection.scalar(select(func.pg_try_advisory_lock(SPACE, _number(name)))))

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection of its own: without a pool it ends with the turn, and with it the lock."""
        engine = _apart(self._db)
        try:
            async with engine.connect() as connection:
                yield connection
        except (DBAPIError, ConnectionError) as error:
            raise trouble_of(error) or error from error
        finally:
            await engine.dispose()

    async def once(self, name: str, is_due: Callable[[], Awaitable[bool]], work: Callable[[], Awaitable[None]]) -> None:
        """Do what is due once among all processes; `is_due` also notes that it is done now."""
        async with self.turn(name):
            if await is_due():
                await work()

    async def identify(self, shard: int, concurrency: int) -> None:
        """Wait until a shard may identify: so many at once, one of each bucket every 5 seconds (Discord's rule)."""
        bucket = f"identify:{shard % concurrency}"
        async with self.turn(bucket) as connection:
            if connection is None:
                await self._identify_here(bucket)
                return
            wait = await connection.run_sync(_wait_for, bucket)
            if wait > timedelta(0):
                log.info("shard %s waits %.1f s to identify", shard, wait.total_seconds())
                await asyncio.sleep(wait.total_seconds())
            await connection.run_sync(_note, bucket)

    async def _identify_here(self, bucket: str) -> None:
        """Keep the pauses of the only process there is."""
        loop, pause = asyncio.get_running_loop(), IDENTIFY_PAUSE.total_seconds()
        await asyncio.sleep(self._identified.get(bucket, loop.time() - pause) + pause - loop.time())
        self._identified[bucket] = loop.time()


class Claims:
    """Lets one process answer, also while two have the same shard and Discord tells both, as in a rolling restart.

    Who takes an interaction's lock first answers it. Locks belong to one connection, which nothing else uses, and are
    let go of some seconds later, when nobody may answer any more; those of a process that dies go with it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._opening: asyncio.Task[AsyncConnection] | None = None
        self._one_question = asyncio.Lock()
        self._held: deque[tuple[float, int]] = deque()

    def open(self) -> None:
        """Begin to connect, so that the first who ask need not wait for it. An SQLite file has one process."""
        if not self._db.is_sqlite:
            self._opening = asyncio.create_task(self._open(), name="claims connect")

    async def is_first(self, key: int) -> bool:
        """Tell whether this process is to answer; where the server can't say, it does: rather twice than never."""
        if self._db.is_sqlite:
            return True
        try:
            async with asyncio.timeout(CLAIM_SECONDS), self._one_question:
                return await self._take(await self._connected(), key)
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("interaction %s could not be claimed: %s", key, type(error).__name__)
            return True

    async def _open(self) -> AsyncConnection:
        return await _apart(self._db).connect()

    async def _connected(self) -> AsyncConnection:
        """Connect once for all who wait: whoever gives up does not break that off."""
        opening = self._opening
        if opening is None or (opening.done() and opening.exception() is not None):
            opening = self._opening = asyncio.create_task(self._open(), name="claims connect")
        return await asyncio.shield(opening)

    async def _take(self, connection: AsyncConnection, key: int) -> bool:
        """Take one lock and let go of those that are over, in one question."""
        now = asyncio.get_running_loop().time()
        over = []
        while self._held and self._held[0][0] <= now:
            over.append(self._held.popleft()[1])
        try:
            is_mine = bool(await connection.scalar(_CLAIM, {"key": key, "over": over}))
        except BaseException:  # also given up half-way: nobody knows what the connection is at
            self._opening = None
            self._held.clear()
            await connection.invalidate()
            raise
        if is_mine:
            self._held.append((now + HELD_SECONDS, key))
        return is_mine

    async def close(self) -> None:
        """Let go of everything."""
        opening, self._opening = self._opening, None
        self._held.clear()
        if opening is None:
            return
        try:
            async with asyncio.timeout(CLAIM_SECONDS):
                await (await opening).close()
        except (DBAPIError, OSError, TimeoutError) as error:
            log.info("the claims' connection ended by itself: %s", type(error).__name__)


_CLAIM = select(
    func.pg_try_advisory_lock(bindparam("key", type_=BigInteger)),
    select(func.count(func.pg_advisory_unlock(column("key"))))
    .select_from(func.unnest(bindparam("over", type_=ARRAY(BigInteger))).alias("key"))
    .scalar_subquery(),
)


def _apart(db: Database) -> AsyncEngine:
    """Return what opens connections that are nobody else's: without a pool one ends when it is left, and its locks."""
    return create_async_engine(db.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True)


async def _lock(connection: AsyncConnection, name: str) -> None:
    await connection.execute(text(f"SET lock_timeout = {int(PATIENCE.total_seconds() * 1000)}"))
    try:
        await connection.execute(select(func.pg_advisory_lock(SPACE, _number(name))))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
            raise
        log.warning("another process takes its turn at %s for over a minute; going on without", name)


def _number(name: str) -> int:
    """Return a name as the signed 32 bits that a lock takes."""
    number = zlib.crc32(name.encode())
    return number - (1 << 32) if number >= 1 << 31 else number


def _wait_for(connection: Connection, bucket: str) -> timedelta:
    """Return how long since the last identify is still too short, by the server's own clock."""
    at = connection.scalar(text("SELECT value FROM fact WHERE name = :name"), {"name": bucket})
    now = connection.scalar(select(func.clock_timestamp()))
    if at is None or now is None:
        return timedelta(0)
    passed: timedelta = now.astimezone(UTC) - datetime.fromisoformat(at)
    return min(max(IDENTIFY_PAUSE - passed, timedelta(0)), IDENTIFY_PAUSE)


def _note(connection: Connection, bucket: str) -> None:
    now = connection.scalar(select(func.clock_timestamp()))
    assert now is not None  # noqa: S101 - a clock always says something
    connection.execute(
        text("INSERT INTO fact VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
        {"name": bucket, "value": now.astimezone(UTC).isoformat()},
    )
