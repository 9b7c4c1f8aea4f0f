"""Writing a calendar as RFC 5545 has it: one event per session or deadline, and the time zones they are in."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, Timezone, TimezoneDaylight, TimezoneStandard
from icalendar.prop import vCategory, vDate, vDatetime, vDuration, vInt, vText, vUri, vUTCOffset

from bot.services.calendar_events import Item, Span, Standing

PRODUCT = "-//Backline//Production desk//EN"
REFRESH = timedelta(minutes=15)
# Most apps leave out VTODO, and many an event without any length: a deadline lasts some minutes from when it is due.
DUE_LASTS = timedelta(minutes=15)
MOST_WRITTEN = 20_000
MOST_NAMED = 30
_PREFIX = {Standing.HELD: "Hold: ", Standing.DUE: "Due: ", Standing.DONE: "Done: ", Standing.GONE: "Cancelled: "}
_STATUS = {Standing.HELD: "TENTATIVE", Standing.GONE: "CANCELLED"}
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Names:
    """What people, roles and the server are called; whoever is missing is counted only."""

    users: Mapping[int, str]
    roles: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """An item with everything in words: what one event is written from, and known again by."""

    item: Item
    text: str


def entries(items: Sequence[Item], names: Names) -> list[Entry]:
    """Put items into words."""
    return [
        Entry(replace(item, asked=(), roles=(), coming=(), maybe=(), cant=()), _description(item, names))
        for item in items
    ]


def _description(item: Item, names: Names) -> str:
    hold = ""
    if item.hold_until is not None:
        until = item.hold_until.astimezone(ZoneInfo(item.zone))
        hold = f"{_ordinal(item.rank)} hold, until {until:%d %b %Y %H:%M} ({item.zone.replace('_', ' ')})"
    lines = (
        " · ".join(filter(None, ("" if item.kind == "other" else item.kind.capitalize(), item.project))),
        hold,
        f"Needs: {item.needs}" if item.needs else "",
        *_who(item, names),
        f"#{item.number} in Discord{f': {item.link}' if item.link else ''}",
    )
    return "\n".join(filter(None, lines))


def _ordinal(rank: int) -> str:
    return {1: "First", 2: "Second", 3: "Third"}.get(rank, f"{rank}th")


def _who(item: Item, names: Names) -> Iterator[str]:
    """Yield a line for each group of people: names as far as they are known, and how many more."""
    groups = {"Coming": item.coming, "Maybe": item.maybe, "Can't": item.cant}
    roles = [names.roles[key] for key in item.roles if key in names.roles]
    label = "For" if item.kind == "deadline" else "Asked"
    for title, ids, first in ((label, item.asked, roles), *((title, ids, []) for title, ids in groups.items())):
        known = [*first, *(names.users[key] for key in ids if key in names.users)][:MOST_NAMED]
        more = len(ids) + len(first) - len(known)
        if known:
            yield f"{title}: {', '.join(known)}{f' and {more} more' if more else ''}"
        elif more:
            yield f"{title}: {more} {'person' if more == 1 else 'people'}"


def write(title: str, known: Sequence[Entry], span: Span) -> Iterator[bytes]:
    """Yield a calendar in parts that belong together; a part is up to a hundred events long."""
    yield _head(_line(title), tuple(sorted({entry.item.zone for entry in known})), span.start.date(), span.end.date())
    for low in range(0, len(known), 100):
        yield b"".join(map(_event, known[low : low + 100]))
    yield b"END:VCALENDAR\r\n"


def clean(text: str) -> str:
    """Return text that any reader takes: one kind of line end, no control characters, no halves of characters."""
    if text.replace("\n", "").isprintable():  # as nearly every text is
        return text
    text = _LINE_ENDS.sub("\n", text)
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in {"Cc", "Cs", "Cn"})


def _line(text: str) -> str:
    return " ".join(clean(text).split())


@lru_cache(maxsize=256)
def _head(title: str, zones: tuple[str, ...], first: date, last: date) -> bytes:
    """Return a calendar up to its first event: its name, how often to look, and the zones as they are in that time."""
    calendar = Calendar()
    calendar["PRODID"] = vText(PRODUCT)
    calendar["VERSION"] = vText("2.0")
    calendar["CALSCALE"] = vText("GREGORIAN")
    calendar["NAME"] = calendar["X-WR-CALNAME"] = vText(title)
    calendar["REFRESH-INTERVAL"] = vDuration(REFRESH, params={"VALUE": "DURATION"})
    calendar["X-PUBLISHED-TTL"] = vDuration(REFRESH)
    for zone in zones:
        if zone != "UTC":
            calendar.add_component(_zone(zone, first, last))
    written: bytes = calendar.to_ical()
    return written.removesuffix(b"END:VCALENDAR\r\n")


def _zone(name: str, first: date, last: date) -> Timezone:
    """Return a zone as it is between two days, a month more on either side: each change of the clocks by itself."""
    zone = ZoneInfo(name)
    start = datetime(first.year, first.month, 1, tzinfo=UTC) - timedelta(days=62)
    end = datetime(last.year, last.month, 1, tzinfo=UTC) + timedelta(days=62)
    made = Timezone()
    made["TZID"] = vText(name)
    made.add_component(_rule(zone, start, before=start))
    for change in changes(zone, start, end):
        made.add_component(_rule(zone, change, before=change - timedelta(seconds=1)))
    return made


def changes(zone: tzinfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the instants (UTC) from `start` to `end` at which a zone's clocks or its name change."""
    at, day = start, timedelta(days=1)
    while at < end:
        if _state(zone, at) != _state(zone, at + day):
            low, high = at, at + day
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=1) // 2)
                low, high = (middle, high) if _state(zone, middle) == _state(zone, low) else (low, middle)
            yield high
        at += day


def _state(zone: tzinfo, at: datetime) -> tuple[timedelta | None, str | None, timedelta | None]:
    shown = at.astimezone(zone)
    return shown.utcoffset(), shown.tzname(), shown.dst()


def _rule(zone: tzinfo, at: datetime, *, before: datetime) -> Component:
    """Return what holds from an instant on; its start is on the wall clock of the offset before, as RFC 5545 wants."""
    old, _, _ = _state(zone, before)
    new, name, saving = _state(zone, at)
    rule = TimezoneDaylight() if saving else TimezoneStandard()
    rule["DTSTART"] = vDatetime((at + (old or timedelta())).replace(tzinfo=None))
    rule["TZOFFSETFROM"] = vUTCOffset(old or timedelta())
    rule["TZOFFSETTO"] = vUTCOffset(new or timedelta())
    rule["TZNAME"] = vText(name or "")
    return rule


@lru_cache(maxsize=MOST_WRITTEN)
def _event(entry: Entry) -> bytes:
    """Return one event; most of a calendar is the same as the last time it was written, so it is remembered."""
    item = entry.item
    event = Event()
    event["UID"] = vText(f"{item.key}@{item.guild_id}.backline")
    # Without a METHOD the stamp is that of the last revision, which also keeps an unchanged feed the same to the byte.
    event["DTSTAMP"] = event["LAST-MODIFIED"] = vDatetime(item.changed_at.replace(microsecond=0))
    event["SEQUENCE"] = vInt(item.sequence)
    event["SUMMARY"] = vText(_line(_PREFIX.get(item.standing, "") + item.what))
    event["DESCRIPTION"] = vText(clean(entry.text))
    event["STATUS"] = vText(_STATUS.get(item.standing, "CONFIRMED"))
    event["CATEGORIES"] = vCategory([item.kind.capitalize(), *(["Hold"] if item.standing is Standing.HELD else [])])
    is_busy = item.standing in {Standing.CERTAIN, Standing.HELD}
    event["TRANSP"] = vText("OPAQUE" if is_busy else "TRANSPARENT")
    if item.place:
        event["LOCATION"] = vText(_line(item.place))
    if item.link:
        event["URL"] = vUri(clean(item.link))
    _times(event, item)
    written: bytes = event.to_ical()
    return written


def _times(event: Event, item: Item) -> None:
    """Set when it is: on the wall of its zone, or a whole day for a deadline that only has one."""
    zone = ZoneInfo(item.zone)
    start, end = item.start.astimezone(zone), item.end.astimezone(zone)
    if item.is_all_day:
        event["DTSTART"] = vDate(start.date())
        event["DTEND"] = vDate(start.date() + timedelta(days=1))
        event["DTSTART"].params["VALUE"] = event["DTEND"].params["VALUE"] = "DATE"
        return
    if item.end <= item.start:
        end = (item.start + DUE_LASTS).astimezone(zone)
    event["DTSTART"], event["DTEND"] = _on_the_wall(start), _on_the_wall(end)


def _on_the_wall(at: datetime) -> vDatetime:
    return vDatetime(at.astimezone(UTC)) if _is_second_time(at) else vDatetime(at)


def _is_second_time(at: datetime) -> bool:
    """Whether the clocks were turned back and this hour is shown again: a wall time can't say that, so UTC does."""
    return at.fold == 1 and at.replace(fold=0).utcoffset() != at.utcoffset()
