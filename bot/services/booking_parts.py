"""What people cover of a session's needs, said with their answer and remembered for next time."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import UserError
from bot.models.booking import Answer, Booking, BookingPerson
from bot.models.settings import MemberSettings
from bot.services import booking_checks as checks
from bot.services import booking_facts as known
from bot.services import booking_holds as holds
from bot.services import booking_quorum as quorum
from bot.services.booking_facts import BookingFacts

PLAYS_LIMIT = 200
PLAYING = (Answer.COMING, Answer.MAYBE)


class NotNeeded(UserError):
    """A part that was taken out of the needs while its menu was open."""

    text = "#{number} does not need that any more, so nothing was changed. Press **Coming** again for what it needs."


class NotComing(UserError):
    """Saying what one plays without coming."""

    text = "You have not said that you come to #{number}, so nothing was changed. Press **Coming** first."


class BookingPartService:
    """What somebody who comes says they cover."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def play(self, actor: Actor, booking_id: int, chosen: Sequence[str]) -> BookingFacts:
        """Note which of the needed parts the actor covers, none of them for an empty choice, and remember them.

        Raises `NotActive`, `Over`, `NotComing` or `NotNeeded`.
        """
        async with self._db.write(actor, "booking.part") as session:
            booking = await known.get(session, actor.guild_id, booking_id)
            await session.refresh(booking, with_for_update=True)
            checks.must_be_live(booking, self._clock.now())
            mine = BookingPerson.booking_id == booking.id, BookingPerson.user_id == actor.user_id
            person = await session.scalar(select(BookingPerson).where(*mine))
            if person is None or person.answer not in PLAYING:
                raise NotComing(number=booking.number)
            needed = quorum.parts_of(quorum.needs_of(booking.needs))
            if not set(chosen) <= set(needed):
                raise NotNeeded(number=booking.number)
            said = ", ".join(chosen)
            if person.part != said:
                person.part = said
                holds.mark(session, booking)
            if chosen:
                await _remember(session, actor, needed, chosen)
            return await known.facts_of(session, booking)


async def recall(session: AsyncSession, booking: Booking, person: BookingPerson) -> None:
    """Fill in what somebody covers by what they said last time, where they said nothing for this session."""
    needs = quorum.needs_of(booking.needs)
    if person.part is not None or person.answer not in PLAYING or not needs:
        return
    own = MemberSettings.guild_id == booking.guild_id, MemberSettings.user_id == person.user_id
    plays = await session.scalar(select(MemberSettings.plays).where(*own))
    person.part = ", ".join(quorum.fitting(needs, plays)) or None


async def _remember(session: AsyncSession, actor: Actor, needed: Sequence[str], chosen: Sequence[str]) -> None:
    """Keep what somebody plays: what they chose now, then what they play elsewhere, as far as there is room."""
    own = MemberSettings.guild_id == actor.guild_id, MemberSettings.user_id == actor.user_id
    row = await session.scalar(select(MemberSettings).where(*own).with_for_update())
    if row is None:
        row = MemberSettings(guild_id=actor.guild_id, user_id=actor.user_id)
        session.add(row)
    before = [part.strip() for part in (row.plays or "").split(",") if part.strip()]
    elsewhere = [part for part in before if not any(quorum.is_played(one, part) for one in needed)]
    plays = ""
    for part in [*chosen, *elsewhere]:
        longer = f"{plays}, {part}" if plays else part
        plays = longer if len(longer) <= PLAYS_LIMIT else plays
    if row.plays != plays:
        row.plays = plays
