"""PostgreSQL under people and reminders: connections cut, the server shut down and started again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot import migrate
from bot.clock import Clock
from bot.db import Database
from bot.services import Services
from bot.trouble import Away, Doubtful
from tests.faults.hammer import all_done, count
from tests.support.discord_stub import Stub
from tests.support.needs import missing
from tests.support.people import Journal, furnish, play, reminders_of, tally
from tests.support.postgres import PostgresServer
from tests.support.postgres_install import Unavailable, installations
from tests.support.victim import Nursery

pytestmark = pytest.mark.postgres
CUTS = 12
OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that no other test uses, so that it can be stopped."""
    try:
        server = PostgresServer(choices=installations()).start()
    except Unavailable as error:
        missing(str(error))
    yield server
    server.stop()


class Studio:
    """People at work in this process, and another one that delivers what they plan."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self.server = server
        self.db = Database(server.url, Clock())
        self.stub = Stub()
        self.nursery = Nursery(server.url, self.stub.base, 3.0)
        self.file = folder / "journal"
        self.sentences: list[str] = []
        self.working: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await migrate.upgrade(self.db)
        await furnish(self.db)
        self.stub.reset(delay=0.005, jitter=0.02)
        self.nursery.start()
        self.working = asyncio.create_task(play(Services(self.db, self.db.clock), Journal(self.file), self.sentences))
        await self.goes_on()

    async def goes_on(self) -> None:
        """Wait until people are answered again."""
        assert self.working is not None
        before = len(Journal.read(self.file)["answered"]) if self.file.exists() else 0
        for _ in range(400):
            await asyncio.sleep(0.05)
            assert not self.working.done(), self.working.exception()
            if self.file.exists() and len(Journal.read(self.file)["answered"]) > before:
                return
        pytest.fail("nobody was answered within twenty seconds")

    async def balance(self) -> None:
        """Nothing is lost, halved or doubled, and every refusal was one of the two sentences for this."""
        assert self.working is not None
        self.working.cancel()
        await asyncio.gather(self.working, return_exceptions=True)
        assert await all_done(self.db, within=60), "something still waits"
        kept = await tally(self.db, self.file)
        assert (kept.lost, kept.halves, kept.strays) == ([], [], [])
        told = count(await reminders_of(self.db), self.stub.seen())
        assert (told.lost, told.doubled) == (0, 0)
        assert told.planned > 0
        expected = {Away.text, Doubtful.text}
        assert {text for text in self.sentences if "Room A" not in text} <= expected

    async def close(self) -> None:
        if self.working is not None:
            self.working.cancel()
            await asyncio.gather(self.working, return_exceptions=True)
        self.nursery.close()
        self.stub.stop()
        await self.db.close()


@pytest.fixture
async def studio(own_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Studio]:
    opened = Studio(own_server, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def test_connections_cut_and_a_restart_lose_and_double_nothing(studio: Studio) -> None:
    for _ in range(CUTS):
        await asyncio.to_thread(studio.server.run, OTHERS)
        await asyncio.sleep(0.2)
    await studio.goes_on()
    assert studio.sentences, "no cut has met anybody"
    await asyncio.to_thread(studio.server.halt)
    refused = len(studio.sentences)
    await asyncio.sleep(2)
    assert Away.text in studio.sentences[refused:]
    await asyncio.to_thread(studio.server.go_on)
    await studio.goes_on()
    await asyncio.sleep(1)
    await studio.balance()
