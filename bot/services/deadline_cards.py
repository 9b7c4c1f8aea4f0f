"""Where a deadline is shown: the messages to draw again when it changes, wherever somebody answered."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.models.deadline import Deadline, DeadlineCard, DeadlinePerson
from bot.models.reminder import Reminder, ReminderKind
from bot.services.deadline_read import Entry, entry

MOST_CARDS = 5
MOST_PINGS = 10
PINGS = (ReminderKind.DEADLINE, ReminderKind.FREED)


@dataclass(frozen=True, slots=True)
class Place:
    """A message that shows a deadline; a ping asks for more than a card does, and news say that it can begin."""

    channel_id: int
    message_id: int
    is_ping: bool = False
    is_news: bool = False


class DeadlineCardService:
    """Remembers where deadlines are shown."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def shown(self, deadline: Deadline, channel_id: int, message_id: int) -> None:
        """Note a message that everybody sees."""
        async with self._db.write() as session:
            place = {"guild_id": deadline.guild_id, "deadline_id": deadline.id, "channel_id": channel_id}
            await session.merge(DeadlineCard(message_id=message_id, **place))

    async def places(self, deadline_id: int) -> tuple[Entry, list[Place]] | None:
        """Return a deadline, also a deleted one, and the newest messages that show it; None where there is none."""
        cards = select(DeadlineCard.channel_id, DeadlineCard.message_id).where(DeadlineCard.deadline_id == deadline_id)
        about = Reminder.kind.in_(PINGS), Reminder.subject_id == deadline_id
        sent = Reminder.message_id.is_not(None), Reminder.sent_channel_id.is_not(None)
        pings = select(Reminder.sent_channel_id, Reminder.message_id, Reminder.kind).where(*about, *sent)
        async with self._db.read() as session:
            row = await session.get(Deadline, deadline_id)
            if row is None:
                return None
            newest = await session.execute(cards.order_by(DeadlineCard.message_id.desc()).limit(MOST_CARDS))
            places = [Place(channel, message) for channel, message in newest]
            left = await session.execute(pings.order_by(Reminder.message_id.desc()).limit(MOST_PINGS))
            places += [
                Place(channel or 0, message or 0, is_ping=True, is_news=kind is ReminderKind.FREED)
                for channel, message, kind in left
            ]
            return await entry(session, row, self._clock.now()), places


def mark(session: AsyncSession, *deadlines: Deadline) -> None:
    """Let these be shown again, once the transaction is on disk."""
    session.info.setdefault("stale", set()).update(("deadline", row.id) for row in deadlines)


async def recheck(session: AsyncSession, row: Deadline | DeadlinePerson) -> None:
    """Show what an undo put back."""
    key = row.id if isinstance(row, Deadline) else row.deadline_id
    session.info.setdefault("stale", set()).add(("deadline", key))
