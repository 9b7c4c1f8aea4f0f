"""Asking again: those who have not answered, and the maker while a need is not covered."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import UserError
from bot.models.booking import Answer, Booking, BookingPerson, BookingState
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services import booking_checks as checks
from bot.services import booking_facts as known
from bot.services import reminder
from bot.services.booking_facts import BookingFacts
from bot.services.booking_quorum import needs_of
from bot.services.booking_words import title
from bot.services.reminder_said import Said
from bot.text import plain, stamp, stamp_range

NUDGES = (timedelta(hours=72), timedelta(hours=24))
WARNINGS = (timedelta(hours=48), timedelta(hours=12))
# Who was asked a moment ago is left alone for a while, however little time there is.
APART = timedelta(hours=6)
CARD_AHEAD = timedelta(days=7)
KINDS = (ReminderKind.NUDGE, ReminderKind.QUORUM)
GONE = (ReminderState.SENT, ReminderState.CLAIMED, ReminderState.PLANNED)


class NudgedAlready(UserError):
    """A second nudge within hours."""

    text = "Those asked to #{number} were nudged {at}, so nobody was called again. You can nudge them from {again} on."
    made_here = frozenset({"at", "again"})


class NobodyToNudge(UserError):
    """A nudge when everybody has answered."""

    text = "Everybody who was asked to #{number} has answered, so nobody was called."


class NobodyAsked(UserError):
    """A nudge when nobody was asked."""

    text = "Nobody was asked to #{number} by name, so nobody was called. Choose who is asked behind the gear first."


class BookingNudgeService:
    """What the maker of a session and producers do about missing answers."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def nudge(self, actor: Actor, booking_id: int) -> BookingFacts:
        """Ask those who have not answered once more, now.

        Raises `NotYourBooking`, `NotActive`, `Over`, `NobodyAsked`, `NobodyToNudge`, or `NudgedAlready` within six
        hours of the last time.
        """
        now = self._clock.now()
        async with self._db.write(actor, "booking.nudge") as session:
            booking = await known.get(session, actor.guild_id, booking_id)
            await session.refresh(booking, with_for_update=True)
            checks.must_own(actor, booking)
            checks.must_be_live(booking, now)
            facts = await known.facts_of(session, booking)
            if not facts.asked_users and not facts.asked_roles:
                raise NobodyAsked(number=booking.number)
            if not facts.waiting and not facts.asked_roles:
                raise NobodyToNudge(number=booking.number)
            last = (await _last(session, [booking.id], now)).get(booking.id)
            if last is not None:
                raise NudgedAlready(number=booking.number, at=stamp(last), again=stamp(last + APART))
            reminder.plan(session, _row(booking, ReminderKind.NUDGE, now, now))
        return facts


async def replan(session: AsyncSession, booking: Booking) -> None:
    """Plan anew who is asked again and warned, after other people are asked or other things needed."""
    await session.flush()
    await reminder.call_off(session, KINDS, booking.id)
    await plan(session, booking, session.info["at"])


async def plan(session: AsyncSession, booking: Booking, now: datetime) -> None:
    """Plan when those asked are asked again, and when the maker hears what is missing."""
    if not booking.is_active:
        return
    times = [(ReminderKind.NUDGE, lead) for lead in NUDGES] if await _waits(session, booking) else []
    if needs_of(booking.needs) and booking.state is BookingState.CONFIRMED:
        times += [(ReminderKind.QUORUM, lead) for lead in WARNINGS]
    for kind, lead in times:
        if booking.start_at - lead >= now + APART:
            reminder.plan(session, _row(booking, kind, booking.start_at - lead, now))


async def answered(session: AsyncSession, booking: Booking, user_id: int) -> None:
    """Call off asking somebody who has answered, and everything once nobody is left to ask."""
    rows = await reminder.planned_for(session, (ReminderKind.NUDGE,), booking.id)
    if not rows:
        return
    await session.flush()
    waits = await _waits(session, booking)
    for row in rows:
        if row.user_id == user_id or not waits:
            reminder.stop(session, row)


def plan_card(session: AsyncSession, booking: Booking, now: datetime) -> None:
    """Let a later session of a repeat have its card a week before, or now where that has gone by."""
    if booking.start_at - CARD_AHEAD <= now:
        session.info.setdefault("stale", set()).add(("booking", booking.id))
        return
    booking.shown_version = booking.version
    reminder.plan(session, _row(booking, ReminderKind.CARD, booking.start_at - CARD_AHEAD, now))


async def show_cards(session: AsyncSession, rows: Sequence[Any]) -> Mapping[int, Said]:
    """Have the cards of a repeat's sessions posted whose time has come; the rows themselves say nothing."""
    mine = select(Booking).where(Booking.id.in_({row.subject_id for row in rows}))
    # Waiting for who is changing one could be waiting for each other; a change shows its card by itself.
    for booking in await session.scalars(mine.with_for_update(skip_locked=True)):
        if booking.is_active and booking.message_id is None and booking.end_at > session.info["at"]:
            booking.shown_version = booking.version - 1
            session.info.setdefault("stale", set()).add(("booking", booking.id))
    return {row.id: Said(pointless="its card says it") for row in rows}


async def ask_again(session: AsyncSession, rows: Sequence[Any]) -> Mapping[int, Said]:
    """Word the nudges, by the rows' keys; of several that wait for the same people only the last one speaks."""
    now = session.info["at"]
    subjects = {row.subject_id for row in rows}
    facts = await known.describe(session, subjects)
    last = await _last(session, subjects, now, {row.id for row in rows})
    newest = {(row.subject_id, row.user_id): row.id for row in sorted(rows, key=lambda row: (row.due_at, row.id))}
    said = {}
    for row in rows:
        why = _pointless(row, facts.get(row.subject_id), now)
        if not why and newest[row.subject_id, row.user_id] != row.id:
            why = "folded into the next one"
        if not why and row.user_id is None and row.subject_id in last:
            why = "they were asked a moment ago"
        said[row.id] = Said(pointless=why) if why else _ask(row, facts[row.subject_id])
    return said


def _pointless(row: Any, facts: BookingFacts | None, now: datetime) -> str:
    """Return why there is nobody to ask any more, or nothing."""
    if facts is None or not facts.booking.is_active or facts.is_closed:
        return "the session is not going to be"
    if facts.start <= now:
        return "the session has begun"
    if row.user_id is not None:
        return "" if row.user_id in facts.waiting or facts.asked_roles else "they have answered"
    return "" if facts.waiting or facts.asked_roles else "everybody has answered"


def _ask(row: Any, facts: BookingFacts) -> Said:
    room = f" · {plain(facts.room_name)}" if facts.room_name else ""
    held = " (still only held)" if facts.state is BookingState.HELD else ""
    lacks = f"\nStill missing: {plain(', '.join(facts.lacks))}" if facts.lacks else ""
    words = f"🙋 Can you come? {title(facts)}{held}\n{stamp_range(facts.start, facts.end)}{room}{lacks}"
    if row.user_id is not None:
        return Said(words, user_id=row.user_id, channel_id=row.channel_id, user_ids=(row.user_id,))
    return Said(words, channel_id=row.channel_id, user_ids=facts.waiting, role_ids=facts.asked_roles)


async def warn_of_gaps(session: AsyncSession, rows: Sequence[Any]) -> Mapping[int, Said]:
    """Word what is missing from sessions for their makers, by the rows' keys."""
    facts = await known.describe(session, {row.subject_id for row in rows})
    newest = {row.subject_id: row.id for row in sorted(rows, key=lambda row: (row.due_at, row.id))}
    now = session.info["at"]
    return {
        row.id: _gaps(row, facts.get(row.subject_id), now, is_last=newest[row.subject_id] == row.id) for row in rows
    }


def _gaps(row: Any, facts: BookingFacts | None, now: datetime, *, is_last: bool) -> Said:
    if facts is None or facts.state is not BookingState.CONFIRMED or facts.is_closed or facts.start <= now:
        return Said(pointless="the session is not ahead any more")
    if not facts.lacks:
        return Said(pointless="everything it needs is covered")
    if not is_last:
        return Said(pointless="folded into the next one")
    lines = [
        f"⚠️ {title(facts)} lacks **{plain(', '.join(facts.lacks))}**",
        stamp_range(facts.start, facts.end),
        _perhaps(facts),
        f"No answer yet from {len(facts.waiting)} of {len(facts.asked_users)}." if facts.waiting else "",
    ]
    return Said("\n".join(filter(None, lines)), channel_id=row.channel_id, user_ids=(facts.booking.created_by,))


def _perhaps(facts: BookingFacts) -> str:
    """Name those who may come and would cover what is missing."""
    users = dict.fromkeys(user for cover in facts.cover if cover.missing for user in cover.maybe_ids)
    return f"Maybe: {' '.join(f'<@{user}>' for user in users)}" if users else ""


async def _waits(session: AsyncSession, booking: Booking) -> bool:
    """Tell whether anybody asked has not answered; of a role nobody knows."""
    open_ = or_(BookingPerson.role_id.is_not(None), BookingPerson.answer == Answer.NONE)
    asked = BookingPerson.booking_id == booking.id, BookingPerson.is_asked.is_(True), open_
    return await session.scalar(select(BookingPerson.id).where(*asked).limit(1)) is not None


async def _last(
    session: AsyncSession, subjects: Sequence[int] | set[int], now: datetime, but: Sequence[int] | set[int] = ()
) -> dict[int, datetime]:
    """Return when the people of sessions were last asked again in their channel, where that is not long ago."""
    near = Reminder.due_at > now - APART, Reminder.due_at <= now, Reminder.state.in_(GONE)
    about = Reminder.kind == ReminderKind.NUDGE, Reminder.subject_id.in_(subjects), Reminder.user_id.is_(None)
    found = select(Reminder.subject_id, Reminder.due_at).where(*about, *near, Reminder.id.not_in(but))
    return {subject: at for subject, at in await session.execute(found.order_by(Reminder.due_at)) if subject}


def _row(booking: Booking, kind: ReminderKind, due_at: datetime, now: datetime) -> Reminder:
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
