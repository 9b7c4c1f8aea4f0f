"""A start costs the same however many reminders wait: no pending one is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from bot.db import Database
from bot.delivery import Delivery
from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.scheduler import Scheduler
from bot.services import Services
from tests.conftest import FixedClock
from tests.support.band import Band

MANY = 20_000


class Read:
    """How many statements were asked, and how many rows came back."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.rows = 0

    def note(self, *given: Any) -> None:
        _, cursor, statement, *_ = given
        self.statements.append(statement)
        self.rows += len(cursor._rows)


@contextmanager
def counted(db: Database) -> Iterator[Read]:
    read = Read()
    event.listen(db.engine.sync_engine, "after_cursor_execute", read.note)
    yield read
    event.remove(db.engine.sync_engine, "after_cursor_execute", read.note)


async def fill(db: Database, guild_id: int = 1, channel_id: int = 2) -> None:
    """Put many reminders on the schedule, the first one in an hour and then one a minute."""
    now = db.clock.now()
    common: dict[str, Any] = {
        "kind": ReminderKind.CHANNEL, "what": "x", "mention": Mention.NONE, "zone": "UTC", "occurrence": 0,
        "state": ReminderState.PLANNED, "attempts": 0, "created_by": 7, "created_at": now,
    }  # fmt: skip
    rows = [
        {"guild_id": guild_id, "channel_id": channel_id, "due_at": now + timedelta(hours=1, minutes=index), **common}
        for index in range(MANY)
    ]
    async with db.write() as session:
        await session.execute(insert(Reminder.__table__), rows)  # type: ignore[arg-type]


@pytest.fixture
def unused() -> Any:
    """What would deliver, if anything were due."""
    return object()


async def test_the_engine_asks_only_when_the_first_one_is_due(
    db: Database, services: Services, clock: FixedClock, unused: Any
) -> None:
    async def started() -> Read:
        scheduler = Scheduler()
        delivery = Delivery(services.due, clock, scheduler, unused)
        scheduler.start()
        with counted(db) as read:
            delivery.start()
            assert delivery._passing is not None
            await delivery._passing
            await delivery.stop()
        scheduler.stop()
        return read

    empty = await started()
    await fill(db)
    full = await started()
    assert (full.statements, full.rows) == (empty.statements, empty.rows)
    assert full.rows <= 2


async def test_the_whole_bot_starts_with_as_many_statements_and_rows(band: Band) -> None:
    db = band.bot.db
    with counted(db) as empty:
        await band.restart()
    await fill(db, band.guild.id, band.studio.id)
    with counted(db) as full:
        await band.restart()
    assert full.statements
    assert (full.statements, full.rows) == (empty.statements, empty.rows)
    await band.env.advance_time(3601)
    assert "⏰ x" in band.last_in(band.studio).text, "what waits is not forgotten"
