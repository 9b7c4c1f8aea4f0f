"""The times of a call sheet: what is worked out where nothing was typed, breaks, and times typed into its forms."""

import re
from datetime import datetime, timedelta

from bot.actor import Actor
from bot.errors import UserError
from bot.models.booking import Booking, BookingKind
from bot.text import clip
from bot.when import read

Spot = tuple[datetime, str]

HALF_DAY = timedelta(hours=12)
MINUTE = timedelta(minutes=1)
# Arrive at least this long before the downbeat (fact 4.11).
AHEAD = timedelta(minutes=30)
SETUP = timedelta(minutes=30)
DRUM_SETUP = timedelta(hours=1)
DRUM_SETUP_FROM = timedelta(hours=3)
SHORT = timedelta(minutes=90)
# Fact 4.2: 15 minutes every two hours, and a meal of 30 minutes every six, on the clock.
BREAK_EVERY, BREAK = timedelta(hours=2), timedelta(minutes=15)
MEAL_EVERY, MEAL = timedelta(hours=6), timedelta(minutes=30)
BREAKS_UP_TO = timedelta(hours=24)
# Sessions without a first note that everybody plays together.
QUIET = frozenset({BookingKind.WRITING, BookingKind.MIX, BookingKind.MASTER, BookingKind.LISTENING, BookingKind.PHOTO})
AROUND = re.compile(r"(?:([+-])\s*(.+?)|(.+?)\s+(before|after)(?:\s+(?:the\s+)?(?:start|end))?)", re.IGNORECASE)


class CallOutside(UserError):
    """A call at a time that has nothing to do with its session."""

    text = (
        "“{given}” is not near that session, so nothing was changed. A time on its sheet lies between 12 hours before "
        "its start and 12 hours after its end: say `18:30`, or `30 min before`."
    )


def downbeat_of(booking: Booking, parts: str) -> datetime | None:
    """Return when the first note is played if nobody says: after the set-up; None where nobody plays together.

    Setting up takes 30 minutes, an hour where drums are miked up; `parts` is what people play and what is needed.
    """
    if booking.kind in QUIET:
        return None
    setup = min(SETUP, booking.length / 4) if booking.length < SHORT else SETUP
    has_drums = booking.kind in (BookingKind.TRACKING, BookingKind.VIDEO) or "drum" in parts.casefold()
    if has_drums and booking.length >= DRUM_SETUP_FROM:
        setup = DRUM_SETUP
    return booking.start_at + setup - setup % MINUTE


def call_of(start: datetime, downbeat: datetime | None) -> datetime:
    """Return the general call if nobody says: the start, and never less than 30 minutes before the downbeat."""
    return start if downbeat is None else min(start, downbeat - AHEAD)


def breaks_of(start: datetime, end: datetime) -> list[Spot]:
    """Return the breaks of a session by elapsed time (fact 4.2); none is at its very end, none in one over a day."""
    found: list[Spot] = []
    if end - start > BREAKS_UP_TO:
        return found
    since = BREAK_EVERY
    while start + since < end:
        is_meal = not since % MEAL_EVERY
        lasts = MEAL if is_meal else BREAK
        if start + since + lasts < end:
            found.append((start + since, f"{'Meal' if is_meal else 'Break'}, {lasts // MINUTE} min"))
        since += BREAK_EVERY
    return found


def minutes_from(actor: Actor, text: str | None, booking: Booking, *, to_end: bool = False) -> int | None:
    """Return what a form's time says in minutes after the session's start, or end; None for an empty one.

    `18:30` is read in the typist's zone near the session, `30 min before` counts from its start or end. Raises
    `CallOutside`, or what the reading of times raises.
    """
    typed = (text or "").strip()
    if not typed:
        return None
    anchor = booking.end_at if to_end else booking.start_at
    at = _around(typed, anchor, actor) or _near(typed, anchor, actor)
    if not booking.start_at - HALF_DAY <= at <= booking.end_at + HALF_DAY:
        raise CallOutside(given=clip(typed, 60))
    return (at - anchor) // MINUTE


def _around(typed: str, anchor: datetime, actor: Actor) -> datetime | None:
    """Return a time counted from the anchor, such as `30 min before`; None for other texts."""
    found = AROUND.fullmatch(typed)
    if found is None:
        return None
    sign, signed, length, side = found.groups()
    amount = signed or length
    amount = f"{amount} min" if amount.isascii() and amount.isdigit() else amount
    seconds = read(amount, want="duration", now=anchor, zone=actor.zone, locale=actor.locale).seconds or 0
    is_before = sign == "-" or (side or "").casefold() == "before"
    return anchor + timedelta(seconds=-seconds if is_before else seconds)


def _near(typed: str, anchor: datetime, actor: Actor) -> datetime:
    """Return the instant that a text means around a session: a time of day is the one of that day or night."""

    def at(now: datetime) -> datetime:
        reading = read(typed, want="instant", now=now, zone=actor.zone, locale=actor.locale)
        return reading.at or now

    since = anchor - HALF_DAY - MINUTE
    first = at(since)
    # What moves with the clock, such as "in 2 hours", says nothing about the session.
    if at(since + MINUTE) - first == MINUTE and first != since:
        raise CallOutside(given=clip(typed, 60))
    return first
