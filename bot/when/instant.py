"""Reads one instant: a day and a clock time, a length from now or from another time, or a deadline."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

from bot.when.clocks import other_half
from bot.when.errors import AmbiguousTime, NoSuchTime, PastTime, SeveralTimes, UnclearTime, WrongWeekday
from bot.when.items import Calendar, Clock, Context, Day, Item, Nth, Offset, Span, Weekday, Word, ZoneWord
from bot.when.lexicon import Table
from bot.when.parts import Parts, clock_of, parts_of
from bot.when.reading import Reading
from bot.when.relative import read_relative
from bot.when.resolve import at_clock, candidates, checked, instant, midnight, next_at, on_day, span_days
from bot.when.settle import refuse_loose_words, settled

_DAYS = (Weekday, Offset, Calendar, Nth)
_COMMON_YEAR = 2027
_LAST_MINUTE = Clock(23, 59)


def read_instant(items: list[Item], table: Table, context: Context) -> Reading:
    """Return the reading of one instant; raise UnclearTime for anything else."""
    items = settled(_without_separator(items), table)
    refuse_loose_words(items, table)
    if any(isinstance(item, Word) and item.name == "or" for item in items):
        return _either(items, table, context)
    parts = None
    if (relative := read_relative(items, table, context)) is not None:
        return relative
    parts = parts_of(items)
    if parts.take("ago"):
        raise PastTime
    if parts.lengths:
        raise UnclearTime
    return read_parts(parts, context)


def _without_separator(items: list[Item]) -> list[Item]:
    """Drop the dash of "tue 10.11.2026 - 19:00", where the clock time can be nothing else."""
    for i in range(1, len(items) - 1):
        clock = items[i + 1]
        literal = isinstance(clock, Clock) and clock.style in {"24", "am", "pm"}
        if items[i] == Word("dash") and literal and isinstance(items[i - 1], Calendar):
            return [*items[:i], *items[i + 1 :]]
    return items


def _either(items: list[Item], table: Table, context: Context) -> Reading:
    """Refuse two alternatives, and offer both if both are times."""
    cut = next(i for i, item in enumerate(items) if isinstance(item, Word) and item.name == "or")
    left, right = items[:cut], items[cut + 1 :]
    if not any(isinstance(item, Clock) for item in left):
        left = left + [item for item in right if isinstance(item, Clock | ZoneWord)]
    if not any(isinstance(item, _DAYS) for item in left):
        left = left + [item for item in right if isinstance(item, _DAYS)]
    elif not any(isinstance(item, _DAYS) for item in right):
        right = right + [item for item in left if isinstance(item, _DAYS)]
    raise SeveralTimes(suggestions=tuple(read_instant(side, table, context) for side in (left, right)))


def read_parts(parts: Parts, context: Context) -> Reading:
    """Return the reading of sorted items that name one instant."""
    before = parts.take("before")
    ends = parts.take("eo")
    deadline = parts.take("by", "until") or ends
    starts = parts.take("so")
    parts.take("at", "from", "dual", "of")
    if before and not deadline:
        return _before(parts, context)
    if parts.words:
        raise SeveralTimes if _range(parts) else UnclearTime
    if parts.moments:
        return _moment(parts, context, deadline=deadline)
    if parts.spans == [Span("d")] and not ends:
        raise UnclearTime
    if ends and parts.spans in ([], [Span("d")]) and (parts.clocks or parts.parts):
        # The end of a day has its hour.
        raise SeveralTimes
    if parts.spans:
        return _span(parts, context, deadline=deadline, starts=starts)
    if starts or not (parts.days or parts.clocks or parts.parts):
        raise UnclearTime
    return _day_and_clock(parts, context, deadline=deadline)


def _before(parts: Parts, context: Context) -> Reading:
    """Read "before friday 5pm" as that time; "before friday" may leave friday in or out, so both are offered."""
    if parts.clocks or parts.parts:
        return read_parts(parts, context)
    days = parts.days
    whole = read_parts(replace(parts, words=["by"]), context)
    offers: tuple[Reading, ...] = (whole,)
    if len(days) == 1 and whole.at is not None and whole.at - timedelta(days=1) > context.now:
        offers = (instant(whole.at - timedelta(days=1)), whole)
    raise AmbiguousTime(suggestions=offers)


def _range(parts: Parts) -> bool:
    return set(parts.words) <= {"to", "dash"} and bool(parts.clocks or parts.days)


def _moment(parts: Parts, context: Context, *, deadline: bool) -> Reading:
    moment = parts.moments[0]
    zone = parts.zone or ZoneWord(context.zone)
    if parts.spans == [Span("d")] and moment.day:
        parts.spans = []
    if parts.days or parts.spans:
        raise UnclearTime
    clock = clock_of(parts, day=True)
    if clock is None and not (moment.day and deadline):
        return instant(checked(moment.at, context, day=moment.day), "day" if moment.day else "minute")
    if not moment.day:
        raise SeveralTimes
    local = moment.at.astimezone(context.zone).date()
    return instant(checked(at_clock(local, clock or _LAST_MINUTE, zone), context))


def _span(parts: Parts, context: Context, *, deadline: bool, starts: bool) -> Reading:
    """Read "next week" as its first day and "end of next month" as its last minute."""
    span = parts.spans[0]
    if parts.days and deadline and span == Span("d"):
        parts.spans = []
        return _day_and_clock(parts, context, deadline=True)
    if parts.days or parts.parts or (parts.clocks and not deadline):
        raise UnclearTime
    first, after = span_days(span, context)
    zone = parts.zone or ZoneWord(context.zone)
    if deadline:
        clock = clock_of(parts, day=True) or _LAST_MINUTE
        return instant(checked(at_clock(after - timedelta(days=1), clock, zone), context))
    whole = instant(checked(midnight(first, zone), context, day=True), "day")
    if span.shift == 0 and span.unit != "wend" and span.month is None and not starts:
        raise AmbiguousTime
    return whole


def _day_and_clock(parts: Parts, context: Context, *, deadline: bool) -> Reading:
    day = _one_day(parts, context)
    clock = clock_of(parts, day=day is not None)
    zone = parts.zone or ZoneWord(context.zone)
    if isinstance(day, Calendar) and not any(candidates(day, context.today)):
        raise NoSuchTime(suggestions=_neighbours(day, clock, zone, context))
    if clock is not None:
        return _at(day, clock, zone, context)
    if day is None:
        raise UnclearTime
    found = on_day(day, zone, context)
    if deadline:
        return instant(checked(at_clock(found, _LAST_MINUTE, zone), context))
    at = checked(midnight(found, zone), context, day=True)
    home = at == midnight(found, ZoneWord(context.zone))
    return instant(at, "day" if home else "minute").offering(_other_days(day, None, zone, context))


def _neighbours(day: Calendar, clock: Clock | None, zone: ZoneWord, context: Context) -> tuple[Reading, ...]:
    """Return the last day of a month and the first of the next to offer, for a day that the month does not have."""
    if day.month is None:
        return ()
    last = Calendar(monthrange(day.year or _COMMON_YEAR, day.month)[1], day.month, day.year)
    offers = (_offer(each, clock, zone, context) for each in (last, Calendar(1, day.month % 12 + 1, day.year)))
    return tuple(each for each in offers if each is not None)


def _one_day(parts: Parts, context: Context) -> Day | None:
    """Return the day that is named, also when a weekday and a date name it together."""
    if len(parts.days) <= 1:
        return parts.days[0] if parts.days else None
    weekdays = [day for day in parts.days if isinstance(day, Weekday)]
    dates = [day for day in parts.days if not isinstance(day, Weekday)]
    if len(parts.days) > 2 or len(weekdays) != 1 or weekdays[0].week not in {None, 0, 1}:  # noqa: PLR2004
        raise SeveralTimes if not weekdays or not dates else UnclearTime
    zone = parts.zone or ZoneWord(context.zone)
    clock = clock_of(parts, day=True)
    at = _date_of(dates[0], clock, zone, context)
    if at.weekday() == weekdays[0].index and (weekdays[0].week is None or on_day(weekdays[0], zone, context) == at):
        return dates[0]
    swapped = _swapped(dates[0])
    if swapped is not None and _weekday_of(swapped, clock, zone, context) != weekdays[0].index:
        swapped = None
    days = [dates[0], weekdays[0]] if swapped is None else [dates[0], swapped, weekdays[0]]
    offers = [_offer(each, clock, zone, context) for each in days]
    raise WrongWeekday(suggestions=tuple(each for each in offers if each is not None))


def _date_of(day: Day, clock: Clock | None, zone: ZoneWord, context: Context) -> date:
    if clock is None:
        return on_day(day, zone, context)
    at = next_at(day, clock, zone, context)
    return at.astimezone(zone.zone).date() - timedelta(days=clock.days)


def _weekday_of(day: Day, clock: Clock | None, zone: ZoneWord, context: Context) -> int | None:
    try:
        return _date_of(day, clock, zone, context).weekday()
    except UnclearTime:
        return None


def _swapped(day: Day) -> Calendar | None:
    if isinstance(day, Calendar) and day.swaps and day.month is not None:
        return Calendar(day.month, day.day, day.year)
    return None


def _at(day: Day | None, clock: Clock, zone: ZoneWord, context: Context) -> Reading:
    """Return the next time of a clock on a day, with the other half of the day and other days to offer."""
    offers = _other_halves(day, clock, zone, context) + _other_days(day, clock, zone, context)
    try:
        at = checked(next_at(day, clock, zone, context), context)
    except PastTime:
        offers += tuple(
            each for each in (_offer(Offset(1), clock, zone, context),) if each is not None and day == Offset(0)
        )
        raise PastTime(suggestions=offers) from None
    return instant(at).offering(offers)


def _other_halves(day: Day | None, clock: Clock, zone: ZoneWord, context: Context) -> tuple[Reading, ...]:
    other = other_half(clock)
    offer = None if other is None else _offer(day, other, zone, context)
    return () if offer is None else (offer,)


def _other_days(day: Day | None, clock: Clock | None, zone: ZoneWord, context: Context) -> tuple[Reading, ...]:
    """Return the coming weekday beside `next` weekday, and the date with day and month swapped."""
    other: Day | None = _swapped(day) if day is not None else None
    if isinstance(day, Weekday) and day.week == 1:
        other = Weekday(day.index)
    offer = None if other is None else _offer(other, clock, zone, context)
    return () if offer is None else (offer,)


def _offer(day: Day | None, clock: Clock | None, zone: ZoneWord, context: Context) -> Reading | None:
    """Return the reading of a day and a clock time to offer, if it can be planned."""
    try:
        if clock is None and day is not None:
            return instant(checked(midnight(on_day(day, zone, context), zone), context, day=True), "day")
        if clock is not None:
            return instant(checked(next_at(day, clock, zone, context), context))
    except UnclearTime:
        pass
    return None
