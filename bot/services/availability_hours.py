"""Usual hours as people type them, and arithmetic with stretches of time."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.text import clip
from bot.when.repeat import valid_instant

NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY = 24 * 60
GROUPS = {"daily": range(7), "everyday": range(7), "weekdays": range(5), "weekends": (5, 6), "weekend": (5, 6)}
ANY_TIME = frozenset(["always", "any time", "anytime", "none", "clear"])
LIMIT = 300
_TOKEN = re.compile(r"[a-z]+|[0-9][0-9:.]*(?:am|pm)?|[-,;&+]|[^ ]")
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(am|pm)?")

Span = tuple[datetime, datetime]


class NotHours(UserError):
    """Usual hours that can't be read."""

    text = (
        "I can't read “{given}” as hours of the week, so nothing was changed. "
        "Type them like `mon-fri 18-23, sat 12-20`, or `any time`."
    )


def read_weekly(text: str) -> list[list[int]]:
    """Return [weekday, first minute, last minute] of what is typed, in order; none for `any time`.

    Hours over midnight are two stretches. Raises `NotHours`.
    """
    low = " ".join(text.casefold().replace("\N{EN DASH}", "-").replace("every day", "daily").split())
    if low in ANY_TIME:
        return []
    tokens = _TOKEN.findall(re.sub(r"(?<=[0-9]) (?=(?:am|pm)\b)", "", low)) if len(low) <= LIMIT else []
    found: list[list[int]] = []
    at = 0
    while at < len(tokens):
        clock = next((i for i in range(at, len(tokens)) if tokens[i][0].isdigit()), len(tokens))
        if clock + 2 >= len(tokens) or tokens[clock + 1] not in ("-", "to"):
            raise NotHours(given=clip(text, 60))
        start, end = _minutes(tokens[clock], text), _minutes(tokens[clock + 2], text)
        for day in _weekdays(tokens[at:clock], text):
            found += _stretches(day, start, end)
        at = clock + 3
    if not found:
        raise NotHours(given=clip(text, 60))
    return _merged_week(found)


def in_words(weekly: Sequence[Sequence[int]]) -> str:
    """Return usual hours as they could be typed."""
    if not weekly:
        return "any time"
    by_hours: dict[str, list[str]] = {}
    for day, start, end in weekly:
        by_hours.setdefault(f"{_clock(start)}-{_clock(end)}", []).append(NAMES[day])
    return ", ".join(f"{' '.join(days)} {hours}" for hours, days in by_hours.items())


def spans_of(weekly: Sequence[Sequence[int]], zone: ZoneInfo, start: datetime, end: datetime) -> list[Span]:
    """Return the usual hours that touch an interval as instants; an hour that a clock change skips is not there."""
    first, last = start.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
    spans = [
        (_at(day, begin, zone), _at(day, finish, zone))
        for day in (first + timedelta(days=index) for index in range((last - first).days + 1))
        for weekday, begin, finish in weekly
        if weekday == day.weekday()
    ]
    return union(spans)


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the same time as stretches that do not touch, in order."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return merged


def without(spans: Sequence[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what is left of stretches when others are cut out."""
    cuts = union(taken)
    left: list[Span] = []
    first = 0
    for begin, finish in union(spans):
        while first < len(cuts) and cuts[first][1] <= begin:
            first += 1
        at, index = begin, first
        while index < len(cuts) and cuts[index][0] < finish:
            if at < cuts[index][0]:
                left.append((at, cuts[index][0]))
            at = cuts[index][1]
            index += 1
        if at < finish:
            left.append((at, finish))
    return left


def both(ones: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return the time that lies in both."""
    ours, theirs = union(ones), union(others)
    common: list[Span] = []
    one = other = 0
    while one < len(ours) and other < len(theirs):
        start, end = max(ours[one][0], theirs[other][0]), min(ours[one][1], theirs[other][1])
        if start < end:
            common.append((start, end))
        if ours[one][1] <= theirs[other][1]:
            one += 1
        else:
            other += 1
    return common


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(minute, DAY)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60))
    return valid_instant(wall, zone).astimezone(UTC)


def _weekdays(tokens: Sequence[str], given: str) -> list[int]:
    words = [token for token in tokens if token not in (",", ";", "&", "+", "and")]
    days: list[int] = []
    while words:
        if words[0] in GROUPS:
            days += GROUPS[words.pop(0)]
            continue
        first = last = _weekday(words.pop(0), given)
        if words[:1] == ["-"]:
            last = _weekday(words[1] if len(words) > 1 else "", given)
            del words[:2]
        days += [day % 7 for day in range(first, last + (7 if last < first else 0) + 1)]
    return days


def _weekday(word: str, given: str) -> int:
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    index = next((at for at, name in enumerate(full) if len(word) > 1 and name.startswith(word)), None)
    if index is None:
        raise NotHours(given=clip(given, 60))
    return index


def _minutes(text: str, given: str) -> int:
    match = _CLOCK.fullmatch(text)
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if match and match[3]:
        hour = hour % 12 + (12 if match[3] == "pm" else 0) if hour <= 12 else 99  # noqa: PLR2004 - a clock face
    if hour * 60 + minute > DAY or minute >= 60:  # noqa: PLR2004 - minutes
        raise NotHours(given=clip(given, 60))
    return hour * 60 + minute


def _stretches(day: int, start: int, end: int) -> list[list[int]]:
    if start < end:
        return [[day, start, end]]
    return [[day, start, DAY], *([[(day + 1) % 7, 0, end]] if end else [])]


def _merged_week(found: list[list[int]]) -> list[list[int]]:
    merged: list[list[int]] = []
    for day, start, end in sorted(found):
        if merged and merged[-1][0] == day and start <= merged[-1][2]:
            merged[-1][2] = max(end, merged[-1][2])
        else:
            merged.append([day, start, end])
    return merged


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}" if minute % 60 else f"{minute // 60}"
