"""Holds and their queue, and the reminders that follow a booking (R24, R25)."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import UserError
from bot.models.booking import Booking, BookingPerson, BookingState, News
from bot.models.reminder import Reminder, ReminderKind
from bot.models.room import Room
from bot.services import booking_nudge as nudges
from bot.services import booking_prompts as prompts
from bot.services import reminder
from bot.services.booking_clash import Wanted, holds_near, on_it

HOLD_FOR = timedelta(days=7)
LEADS = (timedelta(hours=1),)
SHEET_LEAD = timedelta(hours=24)
SHEET_AGAIN = timedelta(hours=48)
REPLANNED = (ReminderKind.BOOKING, ReminderKind.HOLD, ReminderKind.FREE_CANCEL, ReminderKind.CLOSE, *nudges.KINDS)
KINDS = (*REPLANNED, ReminderKind.CALL_SHEET, ReminderKind.CARD)


class NotFirst(UserError):
    """Confirming a hold that others are ahead of (R24)."""

    text = (
        "#{number} is hold number {rank} for that time, so it can't be confirmed and nothing was changed. "
        "Ahead of it is #{ahead} “{what}”. It moves up by itself when that one is cancelled or runs out."
    )


class HoldInThePast(UserError):
    """A hold that would be over before it begins."""

    text = "A hold has to last until some time ahead, so nothing was changed. Say until when, like `fri 18:00`."


def hold_until(wish: datetime | None, start: datetime, now: datetime) -> datetime:
    """Return until when a hold lasts: as wished, else 7 days, and never after the start; raises `HoldInThePast`."""
    until = min(wish or now + HOLD_FOR, start)
    if until <= now:
        raise HoldInThePast
    return until


# Built once: building a statement takes longer than running it.
_BOUND = select(BookingPerson.user_id, BookingPerson.role_id).where(
    BookingPerson.booking_id == bindparam("booking"), on_it()
)


async def wanted_by(session: AsyncSession, booking: Booking, room: Room | None) -> Wanted:
    """Return what a booking asks for: its room and time, and those it binds."""
    bound = (await session.execute(_BOUND, {"booking": booking.id})).all()
    return Wanted(
        booking.guild_id,
        room,
        booking.start_at,
        booking.end_at,
        frozenset(user for user, _ in bound if user),
        frozenset(role for _, role in bound if role),
        but=booking.id,
    )


def mark(session: AsyncSession, booking: Booking) -> None:
    """Note that a booking changed, so that its card and its event are shown again once this is on disk."""
    booking.version += 1
    follow(session, booking)


def follow(session: AsyncSession, booking: Booking) -> None:
    """Let everything that shows a booking be looked at again once this is on disk."""
    stale: set[tuple[str, int]] = session.info.setdefault("stale", set())
    stale.update({("booking", booking.id), ("callsheet", booking.id), ("event", booking.guild_id)})


async def let_go(
    session: AsyncSession, booking: Booking, room: Room | None, state: BookingState, news: News | None = None
) -> None:
    """Cancel or release a booking: its reminders are called off, and the holds behind it move up (R24)."""
    was_held = booking.state is BookingState.HELD
    booking.state = state
    await drop_challenges(session, booking)
    booking.news = news
    await reminder.call_off(session, KINDS, booking.id)
    mark(session, booking)
    if was_held:
        await move_up(session, slot_of(booking, room), booking.rank)


async def drop_challenges(session: AsyncSession, booking: Booking) -> None:
    """Forget the challenge against a booking, and give back their time to those it challenged itself."""
    booking.challenger_id = booking.unchallenged_until_at = None
    mine = select(Booking).where(Booking.guild_id == booking.guild_id, Booking.challenger_id == booking.id)
    for other in await session.scalars(mine.where(Booking.state == BookingState.HELD)):
        other.hold_until_at = other.unchallenged_until_at
        other.challenger_id = other.unchallenged_until_at = None
        await replan(session, other, session.info["at"])
        mark(session, other)


def slot_of(booking: Booking, room: Room | None) -> Wanted:
    """Return a booking's room and time alone."""
    return Wanted(booking.guild_id, room, booking.start_at, booking.end_at, but=booking.id)


async def move_up(session: AsyncSession, left: Wanted, rank: int | None) -> None:
    """Let the holds behind a slot that was left move up, and tell those that are first now."""
    await session.flush()
    for hold in await holds_near(session, left):
        if (hold.rank or 0) <= (rank or 0):
            continue
        others = await holds_near(session, slot_of(hold, left.room))
        ahead = [other.rank or 0 for other in others if (other.rank or 0) < (hold.rank or 0)]
        before, hold.rank = hold.rank, max(ahead, default=0) + 1
        if hold.rank != before:
            hold.news = News.PROMOTED if hold.rank == 1 else hold.news
            mark(session, hold)
            await session.flush()


async def rank_of(session: AsyncSession, wanted: Wanted) -> int:
    """Return the rank of a new hold: behind every other one of its slot."""
    return max((hold.rank or 0 for hold in await holds_near(session, wanted)), default=0) + 1


async def must_be_first(session: AsyncSession, booking: Booking, wanted: Wanted) -> None:
    """Raise `NotFirst` for a hold with another one ahead (R24)."""
    if (booking.rank or 1) > 1:
        ahead = next(
            (hold for hold in await holds_near(session, wanted) if (hold.rank or 0) < (booking.rank or 0)), None
        )
        if ahead is not None:
            raise NotFirst(number=booking.number, rank=booking.rank, ahead=ahead.number, what=ahead.what)


async def release_losers(session: AsyncSession, wanted: Wanted) -> None:
    """Release every hold that a confirmed booking leaves no room for (R25); their people are told."""
    losers = await holds_near(session, wanted)
    for hold in losers:
        hold.state = BookingState.RELEASED
    for hold in losers:
        await let_go(session, hold, wanted.room, BookingState.RELEASED, News.LOST)
        await move_up(session, slot_of(hold, wanted.room), hold.rank)


async def replan(session: AsyncSession, booking: Booking, now: datetime) -> None:
    """Plan what is to be said ahead of a booking as it stands now, in place of what was planned before.

    A confirmed one posts its call sheet a day before and is reminded of an hour before; a hold has an end of its own.
    Those who have not answered are asked again. Its maker hears what is missing, when cancelling begins to cost, and
    after the end how it went.
    """
    await reminder.call_off(session, REPLANNED, booking.id)
    await _plan_sheet(session, booking, now)
    await nudges.plan(session, booking, now)
    if booking.state is BookingState.CONFIRMED:
        room = await session.get(Room, booking.room_id) if booking.room_id else None
        times = [(ReminderKind.BOOKING, booking.start_at - lead) for lead in LEADS]
        times += prompts.times_of(booking, room, now)
    else:
        times = [(ReminderKind.HOLD, booking.hold_until_at)] if booking.hold_until_at else []
    for kind, due_at in times:
        if due_at > now:
            reminder.plan(session, _reminder(booking, kind, due_at, now))


async def _plan_sheet(session: AsyncSession, booking: Booking, now: datetime) -> None:
    """Plan the call sheet of a confirmed booking for the day before, or for now where that has gone by.

    One that is posted or just leaving is not posted again for a time within two days: it is brought up to date.
    """
    kind, due_at = ReminderKind.CALL_SHEET, booking.start_at - SHEET_LEAD
    for row in await reminder.planned_for(session, (kind,), booking.id):
        reminder.stop(session, row)
    is_certain = booking.state is BookingState.CONFIRMED
    if is_certain and booking.start_at - now <= SHEET_AGAIN and await reminder.has_left(session, kind, booking.id):
        return
    await reminder.call_off(session, (kind,), booking.id)
    if is_certain:
        reminder.plan(session, _reminder(booking, kind, max(due_at, now), now))


def _reminder(booking: Booking, kind: ReminderKind, due_at: datetime, now: datetime) -> Reminder:
    return Reminder(
        guild_id=booking.guild_id,
        kind=kind,
        what=booking.what,
        channel_id=booking.channel_id,
        subject_id=booking.id,
        due_at=due_at,
        zone=booking.zone,
        created_by=booking.created_by,
        created_at=now,
    )
