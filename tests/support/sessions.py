"""Sessions for tests of rules: what is stored and planned for a booking."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.models.booking import Booking
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services import Services
from bot.services.booking import Outcome, Preview

ANN, BEN = 100_000_000_000_000_011, 100_000_000_000_000_012
BAND = 800_000_000_000_000_009
START = datetime(2027, 3, 5, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


Previewed = Callable[..., Awaitable[Preview]]
Taken = Callable[..., Awaitable[Outcome]]


async def stored(services: Services, outcome: Outcome) -> Booking:
    async with services.db.read() as session:
        return await session.get_one(Booking, outcome.facts.booking.id)


ASKING = (ReminderKind.FREE_CANCEL, ReminderKind.CLOSE, ReminderKind.NUDGE, ReminderKind.QUORUM)


async def planned(services: Services, outcome: Outcome, *, every: bool = False) -> list[tuple[ReminderKind, datetime]]:
    """Return what is planned for a booking; without `every` not what people are asked."""
    about = Reminder.subject_id == outcome.facts.booking.id, Reminder.state == ReminderState.PLANNED
    async with services.db.read() as session:
        rows = await session.scalars(select(Reminder).where(*about).order_by(Reminder.due_at))
        return [(row.kind, row.due_at) for row in rows if every or row.kind not in ASKING]
