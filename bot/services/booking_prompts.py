"""What a session asks of its maker by itself: the last free cancel before the ladder bites, and then its close-out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.booking import Booking, BookingState
from bot.models.reminder import ReminderKind
from bot.models.room import Room
from bot.services import booking_facts as known
from bot.services.booking_facts import BookingFacts
from bot.services.reminder_said import Said
from bot.services.room import last_free
from bot.text import clip, plain, stamp, stamp_range

CLOSE_AFTER = timedelta(minutes=15)
# How long before the last free moment, the longest that is still ahead.
FREE_LEADS = (timedelta(hours=24), timedelta(hours=2))


def times_of(booking: Booking, room: Room | None, now: datetime) -> list[tuple[ReminderKind, datetime]]:
    """Return when a confirmed booking asks its maker; never in the past."""
    times = [(ReminderKind.CLOSE, booking.end_at + CLOSE_AFTER)]
    edge = last_free(room, booking.start_at) if room is not None and booking.agreed_minor else None
    leads = [lead for lead in FREE_LEADS if edge is not None and edge - lead > now]
    return [*times, (ReminderKind.FREE_CANCEL, edge - leads[0])] if edge is not None and leads else times


async def ask_to_close(session: AsyncSession, rows: Sequence[Any]) -> Mapping[int, Said]:
    """Word the prompts after the end of sessions, by the rows' keys; one that is settled has none."""
    facts = await known.describe(session, {row.subject_id for row in rows})
    return {row.id: _close(row, facts.get(row.subject_id)) for row in rows}


def _close(row: Any, facts: BookingFacts | None) -> Said:
    if facts is None or facts.state is not BookingState.CONFIRMED:
        return Said(pointless="the session did not take place")
    if facts.is_closed:
        return Said(pointless="it is closed already")
    text = (
        f"🏁 {_title(facts)} is over: {stamp_range(facts.start, facts.end)}\n"
        "Did it go as planned? Then close it out; else say who came, the real times and what it cost."
    )
    return Said(text, channel_id=row.channel_id, user_ids=(facts.booking.created_by,))


async def warn_of_fee(session: AsyncSession, rows: Sequence[Any]) -> Mapping[int, Said]:
    """Word the last free cancels, by the rows' keys; what it would cost then is asked by a button (R35)."""
    facts = await known.describe(session, {row.subject_id for row in rows})
    rooms = {found.booking.room_id for found in facts.values() if found.booking.room_id}
    places = {place.id: place for place in await session.scalars(select(Room).where(Room.id.in_(rooms)))}
    now = session.info["at"]
    said = {}
    for row in rows:
        found = facts.get(row.subject_id)
        place = places.get(found.booking.room_id or 0) if found else None
        said[row.id] = _free(row, found, place, now)
    return said


def _free(row: Any, facts: BookingFacts | None, place: Room | None, now: datetime) -> Said:
    if facts is None or place is None or facts.state is not BookingState.CONFIRMED or facts.is_closed:
        return Said(pointless="there is nothing to cancel any more")
    edge = last_free(place, facts.start)
    if edge is None or edge <= now:
        return Said(pointless="the free time is over")
    text = (
        f"⏳ Last free cancel: {_title(facts)}\n{stamp_range(facts.start, facts.end)}\n"
        f"It can be cancelled for nothing until {stamp(edge)}. After that it costs money by the terms of "
        f"{plain(place.name)}."
    )
    return Said(text, channel_id=row.channel_id, user_ids=(facts.booking.created_by,))


def _title(facts: BookingFacts) -> str:
    return f"**{plain(clip(facts.what, 120))}** · #{facts.number}"
