"""Digests for tests: set by a producer, claimed when they are due, and let go."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select

from bot.db import Database
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.models.settings import GuildSettings
from bot.services import Services
from bot.services.reminder_due import Ending, Outcome
from bot.services.reminder_words import Due
from tests.conftest import FixedClock
from tests.support.cast import Cast

HALL, VAULT = 42, 43
Setting = Callable[..., Awaitable[GuildSettings]]


def setting_of(services: Services, cast: Cast) -> Setting:
    """Return what changes settings as a producer, with announcements set."""

    async def start(**given: Any) -> GuildSettings:
        return await services.settings.start(cast.act(cast.producer), **{"announcements_id": HALL, **given})

    return start


async def digests(db: Database) -> list[Reminder]:
    async with db.read() as session:
        kinds = Reminder.kind.in_([ReminderKind.DIGEST, ReminderKind.DIGEST_MONEY])
        return list(await session.scalars(select(Reminder).where(kinds).order_by(Reminder.id)))


async def planned(db: Database) -> list[Reminder]:
    return [row for row in await digests(db) if row.state is ReminderState.PLANNED]


async def leaving(services: Services, clock: FixedClock) -> list[Due]:
    """Claim the digests that are due and return them as they would leave."""
    dues: list[Due] = []
    while claimed := await services.due.claim("a", clock.now()):
        dues += claimed
    return [await services.due.told(due) for due in dues if due.is_told_later]


async def send(services: Services, clock: FixedClock) -> list[Due]:
    """Let what is due leave, and write it down."""
    dues = await leaving(services, clock)
    endings = [Ending.DROPPED if due.pointless else Ending.SENT for due in dues]
    await services.due.mark("a", [Outcome(due, end, clock.now()) for due, end in zip(dues, endings, strict=True)])
    return dues
