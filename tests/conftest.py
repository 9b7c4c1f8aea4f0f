"""Fixtures: migrated databases of both kinds, a fixed clock, and a band's server driven through simcord."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
import pytest
import simcord

from bot import migrate
from bot.actor import Actor
from bot.app import Backline
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.delivery import events
from bot.services import Services
from tests.support.band import Band
from tests.support.cast import Cast
from tests.support.contract import Contract
from tests.support.extensions import loaded_once
from tests.support.postgres import PostgresServer, require_postgres
from tests.support.simtime import VirtualEnv, apscheduler_follows


class FixedClock(Clock):
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        super().__init__(lambda: self.at)
        self.at = at

    def forward(self, **amount: float) -> None:
        self.at += timedelta(**amount)


@pytest.fixture(scope="session", autouse=True)
def extensions() -> Iterator[None]:
    """The features' modules, loaded once instead of for each of a thousand bots."""
    with loaded_once():
        yield


async def _migrated(url: str) -> None:
    db = Database(url, Clock())
    await migrate.upgrade(db)
    await db.close()


@pytest.fixture
def clock() -> FixedClock:
    """Monday 1 March 2027, 09:00 UTC."""
    return FixedClock(datetime(2027, 3, 1, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    asyncio.run(_migrated(sqlite_url(path)))
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = require_postgres()
    try:
        server.template(_migrated)
        yield server
    finally:
        server.stop()


@pytest.fixture
def sqlite_path(sqlite_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sqlite_template, tmp_path / "backline.sqlite3"))


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.copy()
    yield url
    postgres_server.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return sqlite_url(request.getfixturevalue("sqlite_path"))
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def db(database_url: str, clock: FixedClock) -> AsyncIterator[Database]:
    """A migrated, empty database; a test that asks for it runs on SQLite and on PostgreSQL."""
    database = Database(database_url, clock)
    yield database
    await database.close()


@pytest.fixture
def services(db: Database, clock: FixedClock) -> Services:
    return Services(db, clock)


@pytest.fixture
async def cast(services: Services) -> Cast:
    """Actors of one server that is set up (Berlin, EUR), and of another one."""
    return await Cast.of(services)


@pytest.fixture
def producer(cast: Cast) -> Actor:
    return cast.producer


@pytest.fixture
def member(cast: Cast) -> Actor:
    return cast.member


@pytest.fixture
async def band_db(sqlite_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url(sqlite_path), Clock(discord.utils.utcnow))
    yield database
    await database.close()


@pytest.fixture
def events_every() -> timedelta:
    """How often all events are looked at; hardly ever, because weeks pass in tests that are not about them."""
    return timedelta(days=365)


@pytest.fixture
async def simcord_env(
    band_db: Database, events_every: timedelta, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[simcord.Env]:
    """Discord, offline; time stands still but for `advance_time`."""
    monkeypatch.setattr(events, "EVERY", events_every)
    env = VirtualEnv(Backline(band_db, band_db.clock))
    with apscheduler_follows():
        await env.start()
        try:
            yield env
        finally:
            await env.shutdown()


@pytest.fixture
async def empty_band(simcord_env: simcord.Env, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Band]:
    """A band's server where nothing is set up yet.

    At the end no error was unexpected, and every request is one that Discord's own description allows.
    """
    band = Band(simcord_env)
    yield band
    # By now `caplog.records` holds the teardown's alone.
    records = [*caplog.get_records("setup"), *caplog.get_records("call"), *caplog.records]
    unexpected = [record.getMessage() for record in records if record.levelno >= logging.ERROR]
    assert unexpected == band.expected_errors
    assert Contract.load().check_log(simcord_env.http_requests) == []


@pytest.fixture
async def band(empty_band: Band) -> Band:
    """A band's server that is set up: Berlin, EUR, roles and announcements."""
    return await empty_band.set_up()
