"""Reads a start and an end: two times, a time and a length, or whole days."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.when.clocks import LAST_HOUR, likely, other_half
from bot.when.errors import (
    AmbiguousTime,
    BackwardRange,
    LongRange,
    NoSuchTime,
    OpenRange,
    PastTime,
    SeveralTimes,
    UnclearTime,
)
from bot.when.instant import read_instant, read_parts
from bot.when.items import (
    Calendar,
    Clock,
    Clocks,
    Context,
    Day,
    Days,
    Item,
    Length,
    Moment,
    Nth,
    Number,
    Offset,
    Part,
    Span,
    Weekday,
    Word,
    ZoneWord,
)
from bot.when.lexicon import Table
from bot.when.parts import Parts, in_part, parts_of
from bot.when.ranges import with_ranges
from bot.when.reading import Precision, Reading
from bot.when.resolve import (
    at_clock,
    candidates,
    checked,
    midnight,
    moved,
    next_at,
    on_day,
    rolls,
    span_days,
    today_in,
    wall_time,
)
from bot.when.settle import name, refuse_loose_words, settled

LONGEST = timedelta(hours=16)
LONGEST_OVER_NEW_YEAR = timedelta(days=183)
_OVER_A_MONTH = timedelta(days=14)
_GUESSES = (1, 2, 3, 4)
_HALF = 12


def between(start: datetime, end: datetime, context: Context, precision: Precision = "minute") -> Reading:
    """Return the reading of an interval; raise when it is over, has begun or is too far."""
    day = precision == "day"
    checked(start, context, day=day)
    checked(end, context, day=day)
    if end <= start:
        raise NoSuchTime
    return Reading("interval", start=start, end=end, precision=precision)


def read_interval(items: list[Item], table: Table, context: Context) -> Reading:
    """Return the reading of one interval; raise UnclearTime for anything else."""
    items = with_ranges(items, table)
    if any(
        isinstance(left, Number) and isinstance(right, Length) for left, right in zip(items, items[2:], strict=False)
    ):
        # "2 to 4 hours" is not a start and a length.
        raise AmbiguousTime
    items = settled(items, table)
    refuse_loose_words(items, table)
    if (cross := _cut(items)) is not None:
        return _from_to(*cross, table, context)
    if (length := _length(items)) is not None:
        return _with_length(items, length, table, context)
    ranges = [item for item in items if isinstance(item, Clocks | Days)]
    rest = parts_of([item for item in items if not isinstance(item, Clocks | Days)])
    clocks = [item for item in ranges if isinstance(item, Clocks)]
    days = [item for item in ranges if isinstance(item, Days)]
    if len(clocks) > 1 or len(days) > 1:
        raise SeveralTimes
    rest.take("from", "at", "dual", "between", "of")
    if clocks:
        return _clocks(clocks[0], days[0] if days else None, rest, context)
    return _whole_days(days[0] if days else None, rest, context)


def _cut(items: list[Item]) -> tuple[list[Item], list[Item]] | None:
    """Split at the one joining word that stands between two full times."""
    cuts = [i for i in range(len(items)) if name(items, i) in {"to", "dash", "until", "dual", "slash"}]
    cuts = [i for i in cuts if name(items, i) != "dual"] or cuts
    if len(cuts) != 1:
        return None
    left, right = items[: cuts[0]], items[cuts[0] + 1 :]
    if name(items, cuts[0]) == "dual" and not any(isinstance(item, Clock | Calendar) for item in left):
        return None
    if not left and name(items, cuts[0]) != "until":
        raise UnclearTime
    return left, right


def _from_to(left: list[Item], right: list[Item], table: Table, context: Context) -> Reading:
    """Read "fri 10pm - sat 2am", "now until 6pm" and two stamps."""
    left = [item for item in left if not (isinstance(item, Word) and item.name in {"from", "between", "at"})]
    if right and isinstance(right[0], Length):
        return _with_length([*left, *right], len(left), table, context)
    zones = [item for item in [*left, *right] if isinstance(item, ZoneWord)][:1]
    started = not left
    begins = None if started else _edge(left, zones, table, context)
    start = context.now if begins is None else begins.at
    end = _edge(right, zones, table, replace(context, now=start or context.now))
    if start is None or end.at is None:
        raise UnclearTime
    _check_end(right, start, end.at)
    if begins is not None and begins.precision == "day" and end.precision == "minute":
        # "dec 5 - 7pm" leaves open when it begins.
        raise OpenRange
    if end.precision == "day":
        zone = zones[0] if zones else ZoneWord(context.zone)
        last = midnight(end.at.astimezone(zone.zone).date() + timedelta(days=1), zone)
        return between(start, last, context, begins.precision if begins is not None else "minute")
    return between(start, end.at, context)


def _check_end(right: list[Item], start: datetime, end: datetime) -> None:
    """Refuse an end that lies before the start as it is written, and would be a week or a year later."""
    weekdays = any(isinstance(item, Weekday) for item in right)
    dates = any(isinstance(item, Calendar | Nth) and item.year is None for item in right)
    most = timedelta(days=6) if weekdays else LONGEST_OVER_NEW_YEAR
    if (weekdays or dates) and end - start > most:
        raise BackwardRange


def _edge(items: list[Item], zones: list[ZoneWord], table: Table, context: Context) -> Reading:
    own = any(isinstance(item, ZoneWord) for item in items)
    return read_instant(items if own else [*items, *zones], table, context)


def _length(items: list[Item]) -> int | None:
    """Return where the length of the interval stands, unless it is part of the start ("in 2 hours")."""
    places = [i for i, item in enumerate(items) if isinstance(item, Length)]
    lasting = [i for i in places if name(items, i - 1) in {"for", "plus", "next"}]
    if lasting:
        return lasting[-1] if len(lasting) == 1 else None
    if len(places) != 1 or name(items, places[0] - 1) == "in":
        return None
    joined = name(items, places[0] + 1) in {"before", "after", "ago", "fromnow"}
    return None if joined or (name(items, places[0] + 1) == "from" and _days_only(items)) else places[0]


def _days_only(items: list[Item]) -> bool:
    return not any(isinstance(item, Clock | Part | Moment) for item in items)


def _with_length(items: list[Item], place: int, table: Table, context: Context) -> Reading:
    """Read "fri 7pm for 3h", "for 2 hours starting friday 6pm" and "next 2 hours"."""
    length = items[place]
    led = name(items, place - 1) in {"for", "plus", "next"}
    rest = items[: place - 1 if led else place] + items[place + 1 :]
    rest = [item for item in rest if not (isinstance(item, Word) and item.name in {"from", "for", "the"})]
    if not isinstance(length, Length) or not (length.months or length.days or length.seconds):
        raise UnclearTime
    if any(isinstance(item, Word) and item.name in {"eo", "so", "by"} for item in rest):
        raise UnclearTime
    zone = next((item for item in rest if isinstance(item, ZoneWord)), ZoneWord(context.zone))
    if name(items, place - 1) == "next":
        if rest:
            raise UnclearTime
        return between(context.now, moved(context.now, length, zone), context)
    if not rest:
        raise OpenRange(suggestions=(between(context.now, moved(context.now, length, zone), context),))
    start = read_instant(rest, table, context)
    if start.at is None:
        raise UnclearTime
    if start.precision == "day" and length.seconds:
        raise OpenRange
    reading = between(start.at, moved(start.at, length, zone), context, start.precision)
    others = (each.at for each in start.alternatives if each.at is not None)
    return reading.offering(tuple(between(at, moved(at, length, zone), context, start.precision) for at in others))


def _whole_days(days: Days | None, rest: Parts, context: Context) -> Reading:
    """Read days without clock times: all of each day, or what the part of the day leaves open."""
    whole = rest.take("allday", "whole")
    zone = rest.zone or ZoneWord(context.zone)
    if rest.take("rest") and not rest.spans:
        raise UnclearTime
    if rest.words or rest.lengths:
        raise UnclearTime
    if rest.clocks or rest.parts or rest.moments:
        return _open(rest, context, whole=whole)
    first, last = _dates(days, rest, context)
    return between(midnight(first, zone), midnight(last + timedelta(days=1), zone), context, "day")


def _dates(days: Days | None, rest: Parts, context: Context) -> tuple[date, date]:
    """Return the first and the last day that a phrase names."""
    zone = rest.zone or ZoneWord(context.zone)
    if rest.spans:
        if days is not None and not rest.days:
            return _in_week(days, rest.spans[0], zone, context)
        if rest.days or len(rest.spans) > 1:
            raise UnclearTime
        first, after = span_days(rest.spans[0], context)
        return first, after - timedelta(days=1)
    if days is not None:
        if rest.days:
            raise UnclearTime
        return day_range(days, zone, context)
    if not rest.days:
        raise OpenRange if rest.clocks or rest.parts else UnclearTime
    alone = Parts(days=list(rest.days), zones=list(rest.zones))
    at = read_parts(alone, context).at
    day = (at or context.now).astimezone(zone.zone).date()
    return day, day


def _in_week(days: Days, span: Span, zone: ZoneWord, context: Context) -> tuple[date, date]:
    """Return the first and the last day of "next week tue-thu"."""
    first, last = days.first, days.last
    if span.unit == "w" and isinstance(first, Weekday) and isinstance(last, Weekday) and first.index < last.index:
        ends = [on_day(replace(day, week=span.shift), zone, context) for day in (first, last) if day.week is None]
        if len(ends) == 2:  # noqa: PLR2004 - neither names another week
            return ends[0], ends[1]
    raise UnclearTime


def day_range(days: Days, zone: ZoneWord, context: Context) -> tuple[date, date]:
    """Return the two days of a range, the last one following the first."""
    first = on_day(days.first, zone, context)
    found = [day for day in candidates(days.last, max(first, today_in(days.last, zone, context))) if day >= first]
    if not found:
        raise NoSuchTime
    _check_order(days, first, found[0], zone, context)
    return first, found[0]


def _check_order(days: Days, first: date, last: date, zone: ZoneWord, context: Context) -> None:
    """Refuse two days that are written backwards, and offer them the other way round.

    "dec 28 - jan 3" crosses the end of a year; what would last longer than half a year does not.
    """
    if days.first == days.last and isinstance(days.first, Weekday):
        # "mon - mon" may be that day or the week after it.
        raise OpenRange
    if not isinstance(days.first, Calendar) or not isinstance(days.last, Calendar) or not rolls(days.last):
        return
    numbers = days.first.month is None and days.last.month is None
    if last - first > (_OVER_A_MONTH if numbers else LONGEST_OVER_NEW_YEAR):
        raise BackwardRange(suggestions=_whole(days.last, days.first, zone, context))
    if rolls(days.first) and on_day(days.last, zone, context) < first:
        # It has begun: this one or the next?
        raise AmbiguousTime(suggestions=_whole(Offset(0), days.last, zone, context))


def _whole(first: Day, last: Day, zone: ZoneWord, context: Context) -> tuple[Reading, ...]:
    """Return the whole days from one to the other to offer, if they can be planned."""
    try:
        start, end = on_day(first, zone, context), on_day(last, zone, context)
        return (between(midnight(start, zone), midnight(end + timedelta(days=1), zone), context, "day"),)
    except UnclearTime:
        return ()


def _open(rest: Parts, context: Context, *, whole: bool) -> Reading:
    """Refuse a start without an end, and offer a few lengths."""
    if whole:
        raise UnclearTime
    start = read_parts(rest, context)
    if start.at is None or start.precision == "day":
        raise OpenRange
    at = start.at
    raise OpenRange(suggestions=tuple(between(at, at + timedelta(hours=each), context) for each in _GUESSES))


def _clocks(clocks: Clocks, days: Days | None, rest: Parts, context: Context) -> Reading:
    """Read two clock times, on one day or from the first of several days to the last."""
    rest.take("whole")
    if rest.words or rest.clocks or rest.lengths or rest.moments or len(rest.parts) > 1 or Span("d") in rest.spans:
        raise UnclearTime
    zone = rest.zone or ZoneWord(context.zone)
    first, last = paired(clocks, rest.parts[0] if rest.parts else None)
    if first.days and first.hour == 0 and (rest.days or days is not None):
        # "midnight to 3am saturday" may begin on either side of that saturday.
        raise AmbiguousTime
    if days is not None or rest.spans:
        return _daily(first, last, days, rest, context)
    day = _named_day(rest, first, zone, context)
    start = next_at(day, first, zone, context)
    reading = _closed(start, last, zone, context)
    return reading.offering(_other_range(clocks, rest, day, zone, context))


def _named_day(rest: Parts, first: Clock, zone: ZoneWord, context: Context) -> Day | None:
    """Return the day beside two clock times, a weekday and a date having to agree."""
    if len(rest.days) <= 1:
        return rest.days[0] if rest.days else None
    read_parts(Parts(days=list(rest.days), clocks=[first], zones=[zone]), context)
    return next(day for day in rest.days if not isinstance(day, Weekday))


def _closed(start: datetime, last: Clock, zone: ZoneWord, context: Context) -> Reading:
    """End an interval at the next time that its second clock shows."""
    local = start.astimezone(zone.zone)
    end_day = local.date()
    if wall_time(end_day, last) <= local.replace(tzinfo=None):
        end_day += timedelta(days=1)
    wall = wall_time(end_day, last) - local.replace(tzinfo=None)
    reading = between(start, at_clock(end_day, last, zone), context)
    if wall > LONGEST:
        raise LongRange(suggestions=(reading,))
    return reading


def _daily(first: Clock, last: Clock, days: Days | None, rest: Parts, context: Context) -> Reading:
    """Read "12.-14.12. 10-18 Uhr": from the first day's start to the last day's end."""
    zone = rest.zone or ZoneWord(context.zone)
    start_day, end_day = _dates(days, Parts(days=rest.days, spans=rest.spans, zones=rest.zones), context)
    if wall_time(start_day, last) <= wall_time(start_day, first):
        end_day += timedelta(days=1)
    reading = between(at_clock(start_day, first, zone), at_clock(end_day, last, zone), context)
    if days is not None and isinstance(days.first, Weekday) and isinstance(days.last, Weekday):
        # "mon to fri 9 to 5" is five days' work, and so a repeat.
        raise AmbiguousTime(suggestions=(reading,))
    return reading


def paired(clocks: Clocks, part: str | None = None) -> tuple[Clock, Clock]:
    """Return both clock times of a range with their halves of the day: they share am and pm."""
    first, last = clocks.first, clocks.last
    open_styles = {"bare", "loose"}
    if part is not None:
        first, last = in_part(first, part), _reopened(last)
    elif first.style == "bare" and last.style in {"am", "pm"}:
        first = _before(first, last)
    elif first.style == "bare" and _literal(last):
        first = replace(first, style="24")
    first = likely(first)
    if last.style in open_styles:
        last = _after(first, last, literal=part is None and (clocks.first.style == "loose" or _literal(clocks.first)))
    return first, last


def _reopened(last: Clock) -> Clock:
    """Return the end of "8 to 10 in the evening" as an hour that the part of the day decides."""
    return replace(last, style="bare") if last.style in {"24", "loose"} and 0 < last.hour <= _HALF else last


def _literal(clock: Clock) -> bool:
    return clock.style == "24" and (clock.hour > _HALF or clock.hour == 0) and clock.days == 0


def _before(first: Clock, last: Clock) -> Clock:
    """Return the start in the half that is named after it, or in the other half if it would come too late."""
    shared = replace(first, hour=first.hour % _HALF + (_HALF if last.style == "pm" else 0), style="24")
    if _minutes(shared) < _minutes(last):
        return shared
    return replace(shared, hour=(shared.hour + _HALF) % LAST_HOUR)


def _after(first: Clock, last: Clock, *, literal: bool) -> Clock:
    """Return the end as the first time after the start that its numbers can mean."""
    if literal:
        return replace(last, style="24")
    hours = (last.hour % _HALF, last.hour % _HALF + _HALF)
    ends = [replace(last, hour=hour, style="24") for hour in hours]
    return min(ends, key=lambda end: (_minutes(end) - _minutes(first) - 1) % (LAST_HOUR * 60))


def _minutes(clock: Clock) -> int:
    return clock.hour * 60 + clock.minute


def _other_range(clocks: Clocks, rest: Parts, day: Day | None, zone: ZoneWord, context: Context) -> tuple[Reading, ...]:
    """Return the same range in the other half of the day, when both ends leave it open."""
    if rest.parts or clocks.last.style not in {"bare", "loose"}:
        return ()
    other = other_half(clocks.first)
    if other is None:
        return ()
    first, last = paired(Clocks(other, clocks.last))
    try:
        return (_closed(next_at(day, first, zone, context), last, zone, context),)
    except (UnclearTime, PastTime):
        return ()
