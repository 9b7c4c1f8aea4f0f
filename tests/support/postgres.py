"""A PostgreSQL for the suite: the one it is given, or one of its own that goes away with it.

    server = PostgresServer.find().start()
    server.template(migrate)          # once: a database made by `migrate(url)`
    url = server.copy()               # for each test: a copy of it
    server.drop(url)
    server.stop()                     # also at exit, after Ctrl-C, and when the tests are killed

Each worker of pytest-xdist has its own `PostgresServer` and so its own databases; on a server that was given
by `TEST_DATABASE_URL` their names differ by a random token.
"""

import asyncio
import atexit
import inspect
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import asyncpg
from sqlalchemy.engine import URL, make_url

from tests.support.needs import missing
from tests.support.postgres_install import (
    Installation,
    Unavailable,
    account,
    installations,
    keep,
    make_folder,
    prepare,
)

VARIABLE = "TEST_DATABASE_URL"
START_SECONDS = 30.0
SQL_SECONDS = 60.0
COPIES_FILES = 150000

Migrate = Callable[[str], Awaitable[object] | object]


class Admin:
    """One connection in a thread and event loop of its own, so that fixtures of any kind can use it."""

    def __init__(self, url: URL) -> None:
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="postgres-admin", daemon=True)
        self._thread.start()
        self._connection: asyncpg.Connection | None = None

    def connect(self) -> None:
        self._connection = self._wait(asyncpg.connect(self._dsn, timeout=10))

    def run(self, sql: str, *values: object) -> Any:
        """Run one statement outside any transaction, as CREATE DATABASE must be."""
        assert self._connection is not None
        return self._wait(self._connection.fetch(sql, *values))

    def close(self) -> None:
        if self._connection is not None:
            self._wait(self._connection.close(timeout=5))
            self._connection = None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SQL_SECONDS)


class PostgresServer:
    """A server and the databases that were made on it."""

    def __init__(self, given: str | None = None, choices: list[Installation] | None = None) -> None:
        self._given = given
        self._choices = choices or []
        self._token = secrets.token_hex(4)
        self._strategy = ""
        self._count = 0
        self._made: set[str] = set()
        self._url: URL | None = None
        self._admin: Admin | None = None
        self._folder = Path()
        self._keeper: subprocess.Popen[bytes] | None = None

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Look for a server to connect to, or for binaries to start one with; raises Unavailable."""
        given = environ.get(VARIABLE)
        if given:
            return cls(given=given)
        choices = installations()
        if not choices:
            raise Unavailable(f"no PostgreSQL: {VARIABLE} is not set, and neither the machine nor a wheel has binaries")
        return cls(choices=choices)

    @property
    def url(self) -> str:
        """The URL of the database that the server itself is reached by."""
        assert self._url is not None, "the server is not started"
        return self._url.render_as_string(hide_password=False)

    def start(self) -> Self:
        """Connect to the given server, or start the first installation that works; raises Unavailable."""
        if self._admin is not None:
            return self
        atexit.register(self.stop)
        if self._given:
            url = make_url(self._given)
            self._connect(url.set(drivername="postgresql+asyncpg", database=url.database or "postgres"))
            return self
        failures = []
        for choice in self._choices:
            try:
                self._launch(choice)
            except Unavailable as error:
                failures.append(str(error))
            else:
                return self
        raise Unavailable("no PostgreSQL could be started: " + "; ".join(failures))

    def template(self, migrate: Migrate) -> None:
        """Make the database that all others are copies of; `migrate(url)` may be a coroutine function."""
        name = self._create("template0", "template")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_finish, migrate, self._url_of(name)).result()
        self._sql.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)

    def copy(self) -> str:
        """Return the URL of a new copy of the template."""
        self._count += 1
        return self._url_of(self._create(self._name("template"), str(self._count)))

    def drop(self, url: str) -> None:
        """Drop a copy, also under connections that are still open."""
        name = make_url(url).database
        if name not in self._made:
            raise ValueError(f"{name} is no database of these tests")
        self._sql.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._made.discard(name)

    def run(self, sql: str) -> None:
        """Run one statement in the database that the server itself is reached by."""
        self._sql.run(sql)

    def halt(self) -> None:
        """Shut a server of our own down, with its data kept; who is connected is thrown out."""
        assert self._keeper is not None, "a server that was given is not ours to stop"
        self._keeper.send_signal(signal.SIGUSR1)
        pid = self._folder / "data" / "postmaster.pid"
        deadline = time.monotonic() + START_SECONDS
        while pid.exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    def go_on(self) -> None:
        """Start the server again that `halt` has stopped."""
        assert self._keeper is not None
        assert self._url is not None
        assert self._admin is not None
        self._admin.close()
        self._keeper.send_signal(signal.SIGUSR2)
        self._await_start(self._url, self._folder)

    def stop(self) -> None:
        """Drop what was made on a server that was given; stop and remove one of our own."""
        atexit.unregister(self.stop)
        if self._admin is not None:
            for name in sorted(self._made) if self._keeper is None else ():
                self.drop(self._url_of(name))
            self._admin.close()
            self._admin = None
        self._made.clear()
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait(START_SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _sql(self) -> Admin:
        assert self._admin is not None, "the server is not started"
        return self._admin

    def _name(self, part: str) -> str:
        return f"test_{self._token}_{part}"

    def _url_of(self, name: str) -> str:
        assert self._url is not None
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _create(self, source: str, part: str) -> str:
        name = self._name(part)
        self._made.add(name)
        self._sql.run(f'CREATE DATABASE "{name}" TEMPLATE "{source}" {self._strategy}')
        return name

    def _connect(self, url: URL) -> None:
        admin = Admin(url)
        try:
            admin.connect()
        except BaseException:
            admin.close()
            raise
        self._admin, self._url = admin, url
        version = int(admin.run("SELECT current_setting('server_version_num')")[0][0])
        if self._keeper is not None and version >= COPIES_FILES:
            self._strategy = "STRATEGY FILE_COPY"  # twice as fast without fsync; a given server decides itself

    def _launch(self, choice: Installation) -> None:
        user = account()
        folder = self._folder = make_folder(user)
        try:
            self._keeper = keep(folder, user, prepare(choice, folder, user))
            url = URL.create("postgresql+asyncpg", "postgres", database="postgres", query={"host": str(folder)})
            self._await_start(url, folder)
        except BaseException:
            self.stop()
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _await_start(self, url: URL, folder: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._keeper is not None
            if self._keeper.poll() is not None:
                raise Unavailable(f"the server ended at once with code {self._keeper.returncode}")
            try:
                self._connect(url)
            except (OSError, asyncpg.CannotConnectNowError):
                time.sleep(0.02)
            else:
                return
        raise Unavailable(f"the server did not answer in {START_SECONDS:.0f} s: {_tail(folder / 'log')}")


def require_postgres() -> PostgresServer:
    """Return a started server, or skip the test that asks (in CI: fail it)."""
    try:
        return PostgresServer.find().start()
    except Unavailable as error:
        missing(str(error))


def _finish(migrate: Migrate, url: str) -> None:
    result = migrate(url)
    if inspect.isawaitable(result):
        asyncio.run(_settle(result))


async def _settle(work: Awaitable[object]) -> None:
    await work


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-300:].strip() if log.exists() else "no log"
