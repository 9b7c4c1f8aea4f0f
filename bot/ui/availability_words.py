"""Who can when in words: when all of them can, and all of the picture for those who can't see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.services.availability_hours import Span
from bot.services.booking_who import PersonTimes, Who
from bot.text import former
from bot.ui.week_layout import NAMES, hours

MOST_WORDS = 1000  # Discord keeps 1,024 characters of what a picture shows
MOST_LINES = 8
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Run:
    """The same hours on one day, or on several days in a row."""

    first: Span
    last: date
    clock: tuple[time, time]
    count: int = 1


def when_lines(spans: Sequence[Span], zone: ZoneInfo) -> list[str]:
    """Return stretches as lines with Discord's times, the same hours on days in a row as one."""
    runs = _runs(spans, zone)
    lines = [_line(run) for run in runs[:MOST_LINES]]
    return lines + ([f"-# and {len(runs) - MOST_LINES} more"] if len(runs) > MOST_LINES else [])


def _runs(spans: Sequence[Span], zone: ZoneInfo) -> list[Run]:
    runs: list[Run] = []
    for start, end in spans:
        first, last = start.astimezone(zone), end.astimezone(zone)
        clock = first.time(), last.time()
        before = [run for run in runs if run.clock == clock and first.date() - run.last == ONE_DAY]
        if before and end - start < ONE_DAY:
            before[0].last, before[0].count = first.date(), before[0].count + 1
        else:
            runs.append(Run((start, end), first.date(), clock))
    return runs


def _line(run: Run) -> str:
    start, end = (int(at.timestamp()) for at in run.first)
    if run.first[1] - run.first[0] >= ONE_DAY:
        return f"- <t:{start}:f> - <t:{end}:f>"
    more = run.count - 1
    days = f" and the {f'{more} days' if more > 1 else 'day'} after" if more else ""
    return f"- <t:{start}:D>{days}: <t:{start}:t>-<t:{end}:t>"


def in_words(who: Who, names: dict[int, str], zone: ZoneInfo) -> str:
    """Return what the picture shows, for those who can't see it."""
    parts = [f"Who can when, times in {zone.key.replace('_', ' ')}"]
    if len(who.people) > 1:
        parts.append(f"All {len(who.people)}: {_spoken(who.common, zone) or 'never'}")
    parts += [f"{person_name(names, each.user_id)}: {_person(each, zone)}" for each in who.people]
    words = ". ".join(parts)
    return words if len(words) <= MOST_WORDS else words[:MOST_WORDS].rpartition(", ")[0] + ", and more"


def _person(person: PersonTimes, zone: ZoneInfo) -> str:
    taken = (("away", person.away), ("booked", person.booked))
    said = [f"{word} {_spoken(spans, zone)}" for word, spans in taken if spans]
    return "; ".join([_spoken(person.free, zone) or "never", *said])


def _spoken(spans: Sequence[Span], zone: ZoneInfo) -> str:
    return ", ".join(_stretch(start, end, zone) for start, end in spans)


def _stretch(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    first, last = start.astimezone(zone), end.astimezone(zone)
    if end - start < ONE_DAY:
        return f"{NAMES[first.weekday()]} {first.day} {hours(start, end, zone)}"
    return f"{NAMES[first.weekday()]} {first.day} {first:%H:%M} to {NAMES[last.weekday()]} {last.day} {last:%H:%M}"


def person_name(names: dict[int, str], user_id: int) -> str:
    """Return what a member is called; whom Discord does not name is somebody still."""
    return names.get(user_id) or (former(user_id) if user_id < 0 else "a member")


def dates(first: date, last: date) -> str:
    """Return the days between two dates, both included, as short as they can be said."""
    end = f"{last.day} {MONTHS[last.month - 1]} {last.year}"
    if first == last:
        return f"{NAMES[first.weekday()]} {end}"
    if first.year != last.year:
        return f"{first.day} {MONTHS[first.month - 1]} {first.year} - {end}"
    month = "" if first.month == last.month else f" {MONTHS[first.month - 1]}"
    return f"{first.day}{month} - {end}"
