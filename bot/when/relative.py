"""Reads a time counted from another: from now, from a day, from a known date such as the release."""

from datetime import timedelta

from bot.when.errors import AmbiguousTime, PastTime, SeveralTimes, UnclearTime
from bot.when.items import Calendar, Clock, Context, Item, Length, Moment, Nth, Offset, Span, Weekday, Word, ZoneWord
from bot.when.lexicon import Table
from bot.when.parts import Parts, clock_of, parts_of
from bot.when.reading import Reading
from bot.when.resolve import at_clock, checked, instant, midnight, moved, next_at, on_day
from bot.when.settle import name

_WEEK = 7
_SIDES = {"before": -1, "after": 1, "from": 1}
_ONE = {"d": Length(days=1), "w": Length(days=7), "mo": Length(months=1), "y": Length(months=12)}


def read_relative(items: list[Item], table: Table, context: Context) -> Reading | None:
    """Return the reading of a relative time, or None when the phrase is not one."""
    items = _with_single_units(items)
    if (weekday := _weekday_beside(items, context)) is not None:
        return weekday
    place = next((i for i, item in enumerate(items) if isinstance(item, Length)), None)
    if place is None:
        return None
    length = items[place]
    side = next((word for word in (name(items, place + 1), name(items, place - 1)) if word in _SIDES), "")
    rest = parts_of([item for i, item in enumerate(items) if i != place])
    if rest.lengths:
        raise SeveralTimes
    if rest.take("ago", "last") or not isinstance(length, Length):
        raise PastTime
    if side and table.spaceless and not (rest.days or rest.moments):
        rest.take(side)
        rest.words.append("fromnow" if side == "after" else "ago")
        side = ""
        if rest.take("ago"):
            raise PastTime
    if side:
        return _from_other(length, _SIDES[side], rest, side, context)
    return _from_now(length, rest, context)


def _with_single_units(items: list[Item]) -> list[Item]:
    """Read "the day before" as one day before."""
    made = list(items)
    for i, item in enumerate(items):
        beside = name(items, i + 1) in {"before", "after"}
        if beside and isinstance(item, Span) and (item.month, item.shift) == (None, 0) and item.unit in _ONE:
            made[i] = _ONE[item.unit]
    return made


def _weekday_beside(items: list[Item], context: Context) -> Reading | None:
    """Read "the friday before release"."""
    match items:
        case [Weekday(index=index), Word(("before" | "after") as side), Moment(at), *rest]:
            zone = ZoneWord(context.zone)
            day = at.astimezone(context.zone).date() + timedelta(days=_SIDES[side])
            while day.weekday() != index:
                day += timedelta(days=_SIDES[side])
            clock = clock_of(_only_clock(rest), day=True)
            if clock is not None:
                return instant(checked(at_clock(day, clock, zone), context))
            return instant(checked(midnight(day, zone), context, day=True), "day")
    return None


def _only_clock(rest: list[Item]) -> Parts:
    parts = parts_of(rest)
    parts.take("at", "dual")
    if parts.words or parts.days or parts.spans or parts.moments or parts.lengths or parts.zones:
        raise UnclearTime
    return parts


def _from_now(length: Length, rest: Parts, context: Context) -> Reading:
    """Read "in 3 days", "2h30m", "in 3 days at 5pm", "in two weeks on friday" and "a week tomorrow"."""
    told = rest.take("in", "fromnow", "at", "dual")
    if rest.words or rest.spans or rest.moments or not (length.months or length.days or length.seconds):
        raise UnclearTime
    zone = rest.zone or ZoneWord(context.zone)
    clock = clock_of(rest, day=True)
    if rest.days:
        return _on_weekday(length, rest, context) if told else _from_other(length, 1, rest, "", context)
    at = moved(context.now, length, zone)
    if clock is None:
        return instant(checked(at, context))
    if length.seconds:
        raise UnclearTime
    return instant(checked(at_clock(at.astimezone(zone.zone).date(), clock, zone), context))


def _on_weekday(length: Length, rest: Parts, context: Context) -> Reading:
    """Read "friday in two weeks", when counting from friday and counting from today agree."""
    day, weeks = rest.days[0], length.days // _WEEK
    if len(rest.days) != 1 or length.months or length.seconds or length.days % _WEEK or not weeks:
        raise UnclearTime
    if isinstance(day, Offset):
        return _from_other(length, 1, rest, "", context)
    if not isinstance(day, Weekday) or day.week is not None:
        raise UnclearTime
    offers = tuple(_day(each, rest, context) for each in (Weekday(day.index, weeks), Weekday(day.index, later=weeks)))
    if offers[0].at != offers[1].at:
        raise AmbiguousTime(suggestions=offers)
    return offers[0]


def _day(day: Weekday | Offset, rest: Parts, context: Context) -> Reading:
    zone = rest.zone or ZoneWord(context.zone)
    clock = clock_of(rest, day=True)
    if clock is not None:
        return instant(checked(next_at(day, clock, zone, context), context))
    return instant(checked(midnight(on_day(day, zone, context), zone), context, day=True), "day")


def _from_other(length: Length, sign: int, rest: Parts, side: str, context: Context) -> Reading:
    """Read "2 days before release" and "a week from friday 8pm"."""
    rest.take(side, "at", "dual", "of", "in")
    zone = rest.zone or ZoneWord(context.zone)
    if not side and length.seconds:
        # "fri 7pm 2 hours" is a start and a length.
        raise UnclearTime
    if rest.take("now") or rest.words or rest.spans or len(rest.days) + len(rest.moments) > 1:
        raise UnclearTime
    clock = clock_of(rest, day=True)
    if rest.moments:
        return _from_moment(rest.moments[0], length, sign, clock, zone, context)
    day = rest.days[0] if rest.days else None
    if length.seconds:
        if clock is None:
            raise UnclearTime
        return instant(checked(moved(next_at(day, clock, zone, context), length, zone, sign), context))
    if not isinstance(day, Weekday | Offset | Calendar | Nth):
        raise UnclearTime
    start = midnight(on_day(day, zone, context), zone)
    date = moved(start + timedelta(hours=12), length, zone, sign).astimezone(zone.zone).date()
    if clock is not None:
        return instant(checked(at_clock(date, clock, zone), context))
    return instant(checked(midnight(date, zone), context, day=True), "day")


def _from_moment(
    moment: Moment, length: Length, sign: int, clock: Clock | None, zone: ZoneWord, context: Context
) -> Reading:
    at = moved(moment.at, length, zone, sign)
    if clock is not None:
        if length.seconds:
            raise UnclearTime
        return instant(checked(at_clock(at.astimezone(zone.zone).date(), clock, zone), context))
    day = moment.day and not length.seconds
    return instant(checked(at, context, day=day), "day" if day else "minute")
