"""The one exit: wall-clock days and hours become instants, with every check that the calendar asks for."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from bot.when.clocks import likely
from bot.when.errors import FarTime, NoSuchTime, PastTime, SkippedTime, TwiceTime
from bot.when.items import Calendar, Clock, Context, Day, Length, Nth, Offset, Span, Weekday, ZoneWord
from bot.when.reading import Precision, Reading

YEARS = 5
_MONTHS_AHEAD = 14
_YEARS_AHEAD = 9
_SATURDAY = 5
_WEEK = 7


def instant(at: datetime, precision: Precision = "minute") -> Reading:
    """Return the reading of an aware instant."""
    return Reading("instant", at=at.astimezone(UTC), precision=precision)


def at_wall(wall: datetime, zone: ZoneWord) -> datetime:
    """Return the instant (UTC) of a naive wall-clock time; raise if it is skipped or comes twice."""
    first, second = (wall.replace(tzinfo=zone.zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    early = first.astimezone(UTC)
    if early.astimezone(zone.zone).replace(tzinfo=None) != wall:
        # The hour before the gap and the hour after it.
        raise SkippedTime(suggestions=(instant(second), instant(early)))
    if zone.dst is None:
        raise TwiceTime(suggestions=(instant(early), instant(second)))
    return early if bool(first.dst()) == zone.dst else second.astimezone(UTC)


def midnight(day: date, zone: ZoneWord) -> datetime:
    """Return the first instant (UTC) of a day, also where the clocks skip or repeat midnight."""
    return datetime.combine(day, time(), zone.zone).astimezone(UTC)


def at_clock(day: date, clock: Clock, zone: ZoneWord) -> datetime:
    """Return the instant (UTC) of a clock time on a day."""
    return at_wall(wall_time(day, clock), zone)


def wall_time(day: date, clock: Clock) -> datetime:
    """Return the naive wall-clock time of a clock on a day, a bare hour in its likely half."""
    clock = likely(clock)
    return datetime.combine(day, time(clock.hour, clock.minute, clock.second)) + timedelta(days=clock.days)


def checked(at: datetime, context: Context, *, day: bool = False) -> datetime:
    """Return the instant if it can be planned; raise PastTime or FarTime."""
    edge = midnight(context.today, ZoneWord(context.zone)) if day else context.now
    # A day in a zone west of the typist's begins later, so today there may have begun after it did here.
    if at < edge - (timedelta(days=1) if day and at.astimezone(context.zone).time() != time() else timedelta()):
        raise PastTime
    if at > context.now + relativedelta(years=YEARS):
        raise FarTime
    return at


def moved(at: datetime, length: Length, zone: ZoneWord, sign: int = 1) -> datetime:
    """Return the instant that is a length later: months and days by the wall clock, seconds elapsed."""
    if max(length.months, length.days // 28, length.seconds // 2_000_000) > 12 * 400:
        raise FarTime if sign > 0 else PastTime
    local = at.astimezone(zone.zone)
    wall = local.replace(tzinfo=None)
    if length.months or length.days:
        wall += relativedelta(months=sign * length.months, days=sign * length.days)
        at = at_wall(wall, zone) if wall != local.replace(tzinfo=None) else at
    return at + timedelta(seconds=sign * length.seconds)


def today_in(day: Day | None, zone: ZoneWord, context: Context) -> date:
    """Return today where the phrase counts from: `tomorrow` is the typist's, `friday 8pm ET` is Eastern."""
    if isinstance(day, Offset):
        return context.today
    return context.now.astimezone(zone.zone).date()


def candidates(day: Day | None, today: date) -> Iterator[date]:
    """Yield the dates that a day may mean, the nearest first."""
    match day:
        case None:
            yield from (today, today + timedelta(days=1))
        case Offset(days):
            yield today + timedelta(days=days)
        case Weekday():
            yield from _weekdays(day, today)
        case Calendar(number, None, _, shift):
            yield from _days_of_months(number, shift, today)
        case Calendar(number, month, year, _):
            yield from _dates(number, month or 1, year, today)
        case Nth():
            yield from _nths(day, today)


def rolls(day: Day | None) -> bool:
    """Whether a day that is over means its next occurrence instead of being refused."""
    match day:
        case None | Weekday(week=None) | Calendar(year=None, shift=None) | Nth(year=None, shift=None):
            return True
    return False


def _weekdays(day: Weekday, today: date) -> Iterator[date]:
    ahead = (day.index - today.weekday()) % _WEEK
    if day.week is not None:
        monday = today - timedelta(days=today.weekday())
        yield monday + timedelta(days=_WEEK * day.week + day.index)
    elif day.later:
        yield today + timedelta(days=(ahead or _WEEK) + _WEEK * day.later)
    else:
        yield from (today + timedelta(days=ahead + _WEEK * week) for week in range(3))


def _months(today: date, shift: int | None) -> Iterator[date]:
    first = today.replace(day=1)
    months = range(_MONTHS_AHEAD) if shift is None else (shift,)
    return (first + relativedelta(months=n) for n in months)


def _days_of_months(number: int, shift: int | None, today: date) -> Iterator[date]:
    for first in _months(today, shift):
        if number <= monthrange(first.year, first.month)[1]:
            yield first.replace(day=number)


def _dates(number: int, month: int, year: int | None, today: date) -> Iterator[date]:
    for each in range(today.year, today.year + _YEARS_AHEAD) if year is None else (year,):
        if not date.min.year <= each <= date.max.year:
            raise NoSuchTime
        if number <= monthrange(each, month)[1]:
            yield date(each, month, number)


def _nths(day: Nth, today: date) -> Iterator[date]:
    if day.month is None:
        months = list(_months(today, day.shift))
    else:
        years = (day.year,) if day.year is not None else range(today.year, today.year + _YEARS_AHEAD)
        months = [date(each, day.month, 1) for each in years]
    for first in months:
        if (found := nth_of_month(day.n, day.index, first)) is not None:
            yield found


def nth_of_month(n: int, index: int | None, first: date) -> date | None:
    """Return the nth weekday (or day) of the month that starts on `first`; None if it has fewer."""
    days = monthrange(first.year, first.month)[1]
    fits = [first.replace(day=d) for d in range(1, days + 1)]
    if index is not None:
        fits = [each for each in fits if each.weekday() == index]
    place = n if n < 0 else n - 1
    return fits[place] if -len(fits) <= place < len(fits) else None


def on_day(day: Day | None, zone: ZoneWord, context: Context) -> date:
    """Return the date of a day without a clock time; a weekday is never today."""
    today = today_in(day, zone, context)
    found = list(candidates(day, today))
    if not found:
        raise NoSuchTime
    later = isinstance(day, Weekday) and day.week is None
    for each in found:
        if each > today or (each == today and not later):
            return each
    if rolls(day):
        raise NoSuchTime
    raise PastTime


def next_at(day: Day | None, clock: Clock, zone: ZoneWord, context: Context) -> datetime:
    """Return the next instant (UTC) of a clock time on a day; raise PastTime when a named day is over."""
    found = list(candidates(day, today_in(day, zone, context)))
    if not found:
        raise NoSuchTime
    if day is None:
        found.insert(0, found[0] - timedelta(days=1))
    for each in found:
        if _may_come(each, clock, zone, context.now):
            at = at_clock(each, clock, zone)
            # A named day may be right now; what comes again means the next time.
            if at > context.now or (at == context.now and not rolls(day)):
                return at
    raise PastTime


def _may_come(day: date, clock: Clock, zone: ZoneWord, now: datetime) -> bool:
    """Whether a clock time is not surely over, so that a past clock change does not matter."""
    return wall_time(day, clock).replace(tzinfo=zone.zone, fold=1).astimezone(UTC) >= now


def span_days(span: Span, context: Context) -> tuple[date, date]:
    """Return the first day of a span and the day after its last one; days that are over are left out."""
    today = context.today
    first, last = _whole(span, today)
    if last <= today:
        raise PastTime
    return max(first, today), last


def _whole(span: Span, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    if span.month is not None:
        return _named_month(span, today)
    if span.unit == "w":
        first = monday + timedelta(days=_WEEK * span.shift)
        return first, first + timedelta(days=_WEEK)
    if span.unit == "wend":
        first = monday + timedelta(days=_WEEK * span.shift + _SATURDAY)
        return first, first + timedelta(days=2)
    if span.unit == "d":
        first = today + timedelta(days=span.shift)
        return first, first + timedelta(days=1)
    step = relativedelta(months=1) if span.unit == "mo" else relativedelta(years=1)
    start = today.replace(day=1) if span.unit == "mo" else today.replace(month=1, day=1)
    return start + span.shift * step, start + (span.shift + 1) * step


def _named_month(span: Span, today: date) -> tuple[date, date]:
    month = span.month or 1
    year = span.year
    if year is None:
        year = today.year if month >= today.month else today.year + 1
    first = date(year, month, 1)
    return first, first + relativedelta(months=1)
