"""News between the processes of one PostgreSQL: what a commit planned or changed reaches the others at once."""

import asyncio
import json
import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from bot.db import Database

log = logging.getLogger(__name__)

CHANNEL = "backline"
# What is due later than this is found by everybody's own sweep in good time.
NEAR = timedelta(seconds=60)
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
BEAT_SECONDS = 30.0
ANSWER_SECONDS = 10.0
# PostgreSQL takes less than 8,000 bytes; a commit that changes more servers says that everything may have changed.
MOST_SERVERS = 200


class News:
    """Tells the others what a commit leaves behind, and passes what they tell to whoever listens to commits here.

    Settings are told inside the transaction, so that nobody keeps old ones; of a reminder that is due soon the others
    may also hear a moment later, or find it by themselves. After a lost connection everything may be news. An SQLite
    file has one process, and there is nothing to tell.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._me = secrets.token_hex(8)
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._pause = FIRST_PAUSE
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = True
        self._engine = create_async_engine(db.url, poolclass=NullPool) if not db.is_sqlite else None

    @property
    def is_heard(self) -> bool:
        """Tell whether news from others arrive at this moment."""
        return self._driver is not None

    def start(self) -> None:
        """Begin to tell, and to listen as soon as the server answers."""
        if self._engine is None:
            return
        self._stopped = False
        self._db.before_commit.append(self._announce)
        self._db.after_write.append(self._pass_on)
        self._run(self._connect())

    async def stop(self) -> None:
        """Tell and hear no more."""
        if self._stopped or self._engine is None:
            return
        self._stopped = True
        self._db.before_commit.remove(self._announce)
        self._db.after_write.remove(self._pass_on)
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._hang_up()
        await self._engine.dispose()

    async def _announce(self, session: AsyncSession) -> None:
        """Tell what a transaction leaves behind: it is heard when, and only if, it is committed."""
        words = self._words(session.info)
        if words is not None:
            session.info["is_announced"] = True
            await session.execute(select(func.pg_notify(CHANNEL, words)))

    def _pass_on(self, info: dict[str, Any]) -> None:
        """Tell of a commit that was made without a session."""
        words = self._words(info)
        if words is not None and self._driver is not None and not info.get("is_announced"):
            self._run(self._say(words))

    def _words(self, info: dict[str, Any]) -> str | None:
        if info.get("is_from_others"):
            return None
        settings, at = sorted(info.get("settings", ())), info.get("wake_at")
        news: dict[str, Any] = {"settings": settings} if settings else {}
        if len(settings) > MOST_SERVERS:
            news = {"lost_touch": True}
        if at is not None and at - self._db.clock.now() <= NEAR:
            news["wake_at"] = at.isoformat()
        return json.dumps({"by": self._me, **news}) if news else None

    async def _say(self, words: str) -> None:
        try:
            await self._driver.execute("SELECT pg_notify($1, $2)", CHANNEL, words, timeout=ANSWER_SECONDS)
        except Exception as error:  # noqa: BLE001 - the driver's own kinds; the others' sweep finds what was not said
            log.info("news could not be told: %s", type(error).__name__)

    def _hear(self, _connection: Any, _pid: int, _channel: str, words: str) -> None:
        try:
            news = json.loads(words)
            if news.get("by") == self._me:
                return
            info: dict[str, Any] = {"is_from_others": True, "settings": set(news.get("settings", ()))}
            info["lost_touch"] = bool(news.get("lost_touch"))
            if "wake_at" in news:
                info["wake_at"] = datetime.fromisoformat(news["wake_at"])
        except (ValueError, TypeError, AttributeError):
            log.warning("news that can't be read")
            return
        self._spread(info)

    def _spread(self, info: dict[str, Any]) -> None:
        for listener in list(self._db.after_write):
            listener(info)

    async def _connect(self) -> None:
        """Listen on a connection of its own; when that fails, again after a pause that grows."""
        assert self._engine is not None  # noqa: S101 - start() leaves without one
        await self._hang_up()
        try:
            self._connection = await self._engine.connect()
            driver: Any = (await self._connection.get_raw_connection()).driver_connection
            driver.add_termination_listener(self._lost)
            await driver.add_listener(CHANNEL, self._hear)
        except Exception as error:  # noqa: BLE001 - SQLAlchemy's, the driver's and the network's; all mean to try again
            log.warning("news from other processes can't be heard: %s", type(error).__name__)
            await self._hang_up()
            self._again()
            return
        self._driver = driver
        self._pause = FIRST_PAUSE
        self._later(BEAT_SECONDS, self._beat)
        # Whatever was told before is unknown here.
        self._spread({"is_from_others": True, "lost_touch": True, "wake_at": self._db.clock.now()})

    def _lost(self, driver: Any) -> None:
        """Connect again after the server or the network has ended the connection."""
        if driver is self._driver and not self._stopped:
            log.warning("the connection for news from other processes is lost")
            self._driver = None
            self._again()

    def _again(self) -> None:
        self._later(self._pause, self._connect)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _beat(self) -> None:
        """Ask for a sign of life: a network that is gone says nothing by itself."""
        driver = self._driver
        if driver is None:
            return
        try:
            await driver.execute("SELECT 1", timeout=ANSWER_SECONDS)
        except Exception as error:  # noqa: BLE001 - the driver's own kinds; whatever it is, the line is dead
            log.info("no sign of life: %s", type(error).__name__)
            driver.terminate()
            self._lost(driver)
        else:
            self._later(BEAT_SECONDS, self._beat)

    def _later(self, seconds: float, work: Any) -> None:
        """Do one thing later, instead of what was to be done later."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._stopped:
            self._timer = asyncio.get_running_loop().call_later(seconds, lambda: self._run(work()))

    def _run(self, work: Any) -> None:
        task = asyncio.create_task(work, name="news")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hang_up(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()
