"""Reads a repeat as an RFC 5545 rule with its first occurrence."""

from calendar import monthrange
from datetime import datetime, time, timedelta

from dateutil.rrule import rrulestr

from bot.when.bounds import Rule, read_bounds
from bot.when.chunk import items_of
from bot.when.errors import AmbiguousTime, NoSuchTime, NotARepeat, OpenRange, PastTime, UnclearTime
from bot.when.frequency import read_frequency
from bot.when.instant import read_instant
from bot.when.interval import paired
from bot.when.items import Clock, Clocks, Context, Item, Length, Token, Word, ZoneWord
from bot.when.lexicon import Table
from bot.when.parts import clock_of, parts_of
from bot.when.ranges import with_ranges
from bot.when.reading import Reading
from bot.when.repeat import valid_instant
from bot.when.resolve import checked, midnight, wall_time
from bot.when.settle import name, settled
from bot.when.tokens import Tokens

_DAY = timedelta(days=1)
_LEAP_YEAR = 2028
_AHEAD = timedelta(days=366 * 5)
_LEADS = {"at", "from", "dual", "of", "and", "between", "in"}


def read_recurrence(tokens: list[Token], table: Table, context: Context) -> Reading:
    """Return the reading of a repeat; raise UnclearTime for anything else."""
    rule = Rule()
    rest = read_bounds(tokens, rule, table, context)
    rest = read_frequency(rest, rule, table, context)
    if not rule.freq:
        raise _single(tokens, table, context)
    items = items_of(Tokens(rest), table, context)
    zone = next((item for item in items if isinstance(item, ZoneWord)), ZoneWord(context.zone))
    first, last, length = _times([item for item in items if not isinstance(item, ZoneWord)], table)
    _complete(rule, first)
    at = _first(rule, first, zone, context)
    _count(rule, at, zone, context)
    seconds = _seconds(at, last, length, zone)
    return Reading(
        "recurrence",
        rrule=rule.text(),
        first=at,
        seconds=seconds,
        precision="minute" if first is not None else "day",
    )


def _single(tokens: list[Token], table: Table, context: Context) -> UnclearTime:
    """Return the refusal of a phrase that does not say how often."""
    try:
        read_instant(items_of(Tokens(tokens), table, context), table, context)
    except UnclearTime:
        return UnclearTime()
    return NotARepeat()


def _times(items: list[Item], table: Table) -> tuple[Clock | None, Clock | None, Length | None]:
    """Return the start, the end and the length that stand beside a repeat."""
    items = settled(with_ranges(items, table), table)
    length = next((item for item in items if isinstance(item, Length)), None)
    if length is not None:
        place = items.index(length)
        led = name(items, place - 1) == "for"
        if not led or length.days or length.months:
            raise UnclearTime
        items = items[: place - 1] + items[place + 1 :]
    items = [item for item in items if not (isinstance(item, Word) and item.name in _LEADS)]
    clocks = [item for item in items if isinstance(item, Clocks)]
    parts = parts_of([item for item in items if not isinstance(item, Clocks)])
    if parts.words or parts.days or parts.spans or parts.moments or len(clocks) > 1 or (clocks and length):
        raise UnclearTime
    if clocks:
        if parts.clocks or len(parts.parts) > 1:
            raise UnclearTime
        first, last = paired(clocks[0], parts.parts[0] if parts.parts else None)
        return first, last, None
    return clock_of(parts, day=True), None, length


def _complete(rule: Rule, clock: Clock | None) -> None:
    """Fill in the day that a start date gives; refuse a repeat without any."""
    named = rule.weekdays or rule.nths or rule.monthdays
    if rule.freq in {"MONTHLY", "YEARLY"} and not named:
        if rule.start is None:
            raise AmbiguousTime
        rule.monthdays = [rule.start.day]
        rule.month = rule.start.month if rule.freq == "YEARLY" else None
    elif rule.freq == "WEEKLY" and not named and rule.start is None and clock is None:
        raise AmbiguousTime
    elif rule.freq == "DAILY" and (rule.weekdays or rule.nths or rule.monthdays):
        raise UnclearTime


def _first(rule: Rule, clock: Clock | None, zone: ZoneWord, context: Context) -> datetime:
    """Return the first occurrence (UTC) that is still ahead and that the clock has."""
    if rule.month is not None and min(rule.monthdays, default=1) > monthrange(_LEAP_YEAR, rule.month)[1]:
        raise NoSuchTime
    today = context.now.astimezone(zone.zone).date()
    start = max(today, rule.start or today)
    days = rrulestr(rule.days_text(), dtstart=datetime.combine(start, time()))
    for day in days.xafter(datetime.combine(start, time()), inc=True):
        if day - datetime.combine(today, time()) > _AHEAD:
            break
        if clock is None:
            at = midnight(day.date(), zone)
            if day.date() > today or rule.start == today:
                return checked(at, context, day=True)
            continue
        wall = wall_time(day.date(), clock)
        at = valid_instant(wall, zone.zone)
        if at > context.now and at.astimezone(zone.zone).replace(tzinfo=None) == wall:
            return checked(at, context)
    raise NoSuchTime


def _count(rule: Rule, first: datetime, zone: ZoneWord, context: Context) -> None:
    """Turn "for 6 weeks" into a number of times, and check that the end comes after the start."""
    if rule.until is not None and rule.until < first:
        raise PastTime
    if rule.length is None:
        return
    each = max(1, len(rule.weekdays) + len(rule.nths) + len(rule.monthdays))
    per = {"DAILY": rule.length.days, "WEEKLY": rule.length.days // 7, "MONTHLY": rule.length.months}.get(rule.freq, 0)
    if rule.length.seconds or per // rule.interval < 1:
        raise UnclearTime
    rule.count = per // rule.interval * each


def _seconds(first: datetime, last: Clock | None, length: Length | None, zone: ZoneWord) -> int | None:
    """Return how long each occurrence lasts, if the phrase says so."""
    if length is not None:
        return length.seconds
    if last is None:
        return None
    local = first.astimezone(zone.zone).replace(tzinfo=None)
    end = wall_time(local.date(), last)
    lasting = (end - local) if end > local else (end + _DAY - local)
    if lasting > timedelta(hours=16):
        raise OpenRange
    return int(lasting.total_seconds())
