"""Quiet hours and lead times as people type them: reading, showing, and when a quiet time is over."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.text import clip
from bot.when.repeat import valid_instant

HOUR, DAY = 60, 24 * 60
DEFAULT_LEADS = (7 * DAY, 2 * DAY, DAY, 2 * HOUR)
LONGEST_LEAD = 366 * DAY
MOST_LEADS = 10
MOST_SPANS = 6
WEEK = 7
NOON = 12
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(WEEK))
NONE = frozenset(["none", "off", "no", "never"])
USUAL = frozenset(["default", "server", "reset"])

_MINUTES = {"w": 7 * DAY, "d": DAY, "h": HOUR, "m": 1}
_LEAD = re.compile(
    r"([0-9]{1,4})\s*(w|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?)(?:\s+(?:before|ahead|earlier))?", re.IGNORECASE
)
_CLOCK = r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?\s*(am|pm|uhr|h)?"
_SPAN = re.compile(rf"(?:(?P<days>[a-z][a-z\s/&-]*?)\s+)?{_CLOCK}\s*(?:-|\u2013|\u2014|to|until|till)\s*{_CLOCK}")
# Each weekday as people write it: `tu`, `tue`, `tues`, `tuesday`, `tuesdays`.
_NAMES = tuple(
    frozenset([*(name[:length] for length in range(2, len(name) + 1)), f"{name}s"])
    for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
)
_GROUPS = {
    "daily": EVERY_DAY, "every day": EVERY_DAY, "all days": EVERY_DAY, "weekdays": frozenset(range(5)),
    "workdays": frozenset(range(5)), "weekends": frozenset([5, 6]), "weekend": frozenset([5, 6]),
}  # fmt: skip


class NotQuietHours(UserError):
    """Quiet hours that can't be read."""

    text = (
        "I can't read “{given}” as quiet hours, so nothing was changed. Type them like `22-8`, `22:30-07:00` or "
        "`mon-thu 22-7, fri-sat 1-10`, or `off` for none."
    )


class AlwaysQuiet(UserError):
    """Quiet hours without an end."""

    text = "With “{given}” there would be no time left to remind of anything, so nothing was changed."


class NotLeadTimes(UserError):
    """Lead times that can't be read."""

    text = (
        "I can't read “{given}” as times before the deadline, so nothing was changed. "
        "Type them like `3d, 2h`, up to {most} of them and a year at most, or `none` for the due time only."
    )


@dataclass(frozen=True, slots=True)
class Span:
    """Quiet from one minute of these days to another one, on the next day where it is not later."""

    days: frozenset[int]
    start: int
    end: int

    @property
    def minutes(self) -> int:
        return (self.end - self.start) % DAY or DAY


@lru_cache(maxsize=1024)
def read_quiet(text: str) -> tuple[Span, ...]:
    """Return the quiet times that a text names, none for `off`; raises `NotQuietHours` or `AlwaysQuiet`."""
    words = " ".join(text.casefold().split())
    if not words or words in NONE:
        return ()
    parts = re.split(r"\s*[,;]\s*", words)
    if len(parts) > MOST_SPANS:
        raise NotQuietHours(given=clip(text, 60))
    spans = tuple(_span(part, text) for part in parts)
    week = {(day * DAY + span.start + minute) % (WEEK * DAY)
            for span in spans for day in span.days for minute in range(span.minutes)}  # fmt: skip
    if len(week) == WEEK * DAY:
        raise AlwaysQuiet(given=clip(text, 60))
    return spans


def quiet_text(text: str) -> str:
    """Return quiet hours in the one form in which they are stored and shown; raises as `read_quiet` does."""
    return ", ".join(f"{_days_text(span.days)}{_clock(span.start)}-{_clock(span.end)}" for span in read_quiet(text))


def quiet_until(text: str, at: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the quiet time that an instant lies in is over (UTC), or None where it is not quiet.

    The hours are those of the wall in `zone`, so over a clock change a quiet night is an hour longer or shorter.
    """
    spans = read_quiet(text)
    end = at
    # Spans may follow on one another, each at most a day long: a week of them is the longest there can be.
    for _ in range(WEEK * MOST_SPANS):
        later = max((until for span in spans for until in _around(span, end, zone)), default=end)
        if later <= end:
            break
        end = later
    return end.astimezone(UTC) if end > at else None


def read_leads(text: str) -> list[int]:
    """Return minutes before the deadline from `3d, 2h`, the longest first, none for `none`; raises `NotLeadTimes`."""
    if text.strip().casefold() in NONE:
        return []
    minutes = set()
    for part in re.split(r"[,;+&]|\band\b", text):
        match = _LEAD.fullmatch(part.strip())
        if match is None:
            raise NotLeadTimes(given=clip(text, 60), most=MOST_LEADS)
        minutes.add(int(match[1]) * _MINUTES[match[2][0].lower()])
    if len(minutes) > MOST_LEADS or not all(0 < lead <= LONGEST_LEAD for lead in minutes):
        raise NotLeadTimes(given=clip(text, 60), most=MOST_LEADS)
    return sorted(minutes, reverse=True)


def leads_text(leads: Sequence[int]) -> str:
    """Return lead times as they are typed."""
    units = ((DAY, "d"), (HOUR, "h"), (1, "m"))
    return ", ".join(next(f"{lead // size}{sign}" for size, sign in units if lead % size == 0) for lead in leads) or (
        "none"
    )


def _around(span: Span, at: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the ends of the span's occurrences that an instant lies in."""
    today = at.astimezone(zone).date()
    ends = []
    for day in (today - timedelta(days=1), today):
        if day.weekday() in span.days:
            begin = datetime.combine(day, time()) + timedelta(minutes=span.start)
            start = valid_instant(begin, zone)
            end = valid_instant(begin + timedelta(minutes=span.minutes), zone)
            if start <= at < end:
                ends.append(end)
    return ends


def _span(part: str, whole: str) -> Span:
    match = _SPAN.fullmatch(part)
    if match is None:
        raise NotQuietHours(given=clip(whole, 60))
    days = _days(match["days"]) if match["days"] else EVERY_DAY
    start, end = _minute(*match.groups()[1:4]), _minute(*match.groups()[4:7])
    if days is None or start is None or end is None:
        raise NotQuietHours(given=clip(whole, 60))
    return Span(days, start % DAY, end % DAY)


def _minute(hour: str, minute: str | None, half: str | None) -> int | None:
    hours, minutes = int(hour), int(minute or 0)
    if half in ("am", "pm"):
        if not 1 <= hours <= NOON:
            return None
        hours = hours % NOON + (NOON if half == "pm" else 0)
    if minutes >= HOUR or hours * HOUR + minutes > DAY:
        return None
    return hours * HOUR + minutes


def _days(words: str) -> frozenset[int] | None:
    """Return the weekdays that words such as `mon-thu` or `sat & sun` name, or None where they name none."""
    if words in _GROUPS:
        return _GROUPS[words]
    days: set[int] = set()
    for part in re.split(r"\s*[/&]\s*|\s+(?:and\s+)?", re.sub(r"\s*-\s*", "-", words)):
        begin, dash, end = part.partition("-")
        first = _day(begin)
        last = _day(end) if dash else first
        if first is None or last is None:
            return None
        days |= {(first + step) % WEEK for step in range((last - first) % WEEK + 1)}
    return frozenset(days)


def _day(word: str) -> int | None:
    return next((day for day, names in enumerate(_NAMES) if word in names), None)


def _days_text(days: frozenset[int]) -> str:
    """Return weekdays as they are typed, in a run where they follow on one another; nothing for every day."""
    if days == EVERY_DAY:
        return ""
    for first in sorted(days):
        run = [(first + step) % WEEK for step in range(len(days))]
        if days == frozenset(run) and len(run) > 1:
            return f"{DAYS[run[0]]}-{DAYS[run[-1]]} "
    return f"{'/'.join(DAYS[day] for day in sorted(days))} "


def _clock(minute: int) -> str:
    return f"{minute // HOUR:02}:{minute % HOUR:02}"
