"""Finds the ranges in a line of items: "7-10pm", "mon - fri", "5.-7.12."."""

from dataclasses import replace

from bot.when.clocks import bare
from bot.when.items import Calendar, Clock, Clocks, Day, Days, Hours, Item, Nth, Number, Offset, Part, Weekday, Word
from bot.when.lexicon import Table
from bot.when.settle import name

_JOINS = {"to", "dash", "until", "dual"}
_DAYS = (Weekday, Offset, Calendar, Nth)
_LAST_DAY = 31
_MONTHS = 12
_FEBRUARY, _SURE_IN_FEBRUARY = 2, 28
_MONTH, _FEW_DAYS = 31, 10
_NOON = Clock(12)
_MIDNIGHT = Clock(0, days=1)


def with_ranges(items: list[Item], table: Table) -> list[Item]:
    """Return the items with every pair of days or clock times around a joining word made one."""
    items = _shared_month(_between(items))
    made: list[Item] = []
    i = 0
    while i < len(items):
        found = None
        if name(items, i + 1) == "and":
            found = _two_days(items, i)
        elif name(items, i + 1) in _JOINS:
            found = _pair(items, i, table)
        if found is not None:
            made.append(found[0])
            i += found[1]
        else:
            made.append(items[i])
            i += 1
    return made


def _two_days(items: list[Item], i: int) -> tuple[Item, int] | None:
    """Read "sat and sun" as the days from one to the other, if they are neighbours."""
    match items[i : i + 3]:
        case [Weekday(index=first) as left, Word(), Weekday(index=last) as right] if (last - first) % 7 == 1:
            return Days(left, right), 3
    return None


def _shared_month(items: list[Item]) -> list[Item]:
    """Give "monday 21 to wednesday 23 september" the month in both places."""
    made = list(items)
    for i in range(1, len(items) - 3):
        day, last = items[i], items[i + 3]
        double = isinstance(items[i - 1], Weekday) and isinstance(items[i + 2], Weekday)
        if double and isinstance(day, Number) and isinstance(last, Calendar) and name(items, i + 1) in _JOINS:
            made[i] = _same_month(day.value, last, -1)
    return made


def _between(items: list[Item]) -> list[Item]:
    """Make the "and" of "between 7 and 10" a joining word."""
    if not any(name(items, i) == "between" for i in range(len(items))):
        return items
    place = next((i for i in range(len(items)) if name(items, i) == "and"), None)
    if place is None:
        return items
    return [*items[:place], Word("to"), *items[place + 1 :]]


def _pair(items: list[Item], i: int, table: Table) -> tuple[Item, int] | None:
    """Return the range that starts at a position and how many items it takes."""
    left, join = items[i], name(items, i + 1)
    j = i + 2
    while name(items, j) in {"at", "dual", "the"}:
        j += 1
    right = items[j] if j < len(items) else None
    if right is None:
        return None
    if (days := _days(left, right)) is not None:
        beside = [items[k] for k in (i - 1, j + 1) if 0 <= k < len(items)]
        # A weekday with its date is one day, so the two ends are read each for itself.
        double = isinstance(left, _DAYS) and isinstance(right, _DAYS) and any(isinstance(x, _DAYS) for x in beside)
        return None if double else (days, j + 1 - i)
    first, last = _clock(left, table), _clock(right, table)
    if first is None or last is None or not _joined(items, i, left, join):
        return None
    return Clocks(first, last), j + 1 - i


def _joined(items: list[Item], i: int, left: Item, join: str) -> bool:
    """Whether a word that also means "at" joins here: after "from", or between two plain clock times."""
    if join != "dual":
        return True
    return name(items, i - 1) in {"from", "between", "of"} or not isinstance(left, Number)


def _days(left: Item, right: Item) -> Days | None:
    """Return the two days of a range; a number takes its month from the other side."""
    if isinstance(left, Number) and isinstance(right, Calendar) and 1 <= left.value <= _LAST_DAY:
        return Days(_same_month(left.value, right, -1), right)
    if isinstance(left, Calendar) and isinstance(right, Number) and 1 <= right.value <= _LAST_DAY:
        # "dec 5-7" is days; "the 5th - 7" may be an hour, so it needs the month's name.
        return Days(left, _same_month(right.value, left, 1)) if left.month is not None else None
    if not isinstance(left, _DAYS) or not isinstance(right, _DAYS):
        return None
    return _full_days(left, right)


def _full_days(left: Day, right: Day) -> Days | None:
    if isinstance(left, Weekday) and isinstance(right, Weekday) and (left.plural or right.plural):
        return None
    if isinstance(left, Calendar) and isinstance(right, Calendar):
        if left.month is None and right.month is not None:
            left = _same_month(left.day, right, -1)
        elif left.month is not None and right.month is None:
            right = _same_month(right.day, left, 1)
        if left.year is None and right.year is not None and left.month is not None and right.month is not None:
            late = (left.month, left.day) > (right.month, right.day)
            left = replace(left, year=right.year - late)
    return Days(left, right)


def _same_month(day: int, other: Calendar, step: int) -> Calendar:
    """Return the other end of a range that names its month once: in that month, or over its end for a few days.

    `step` is 1 for the end of the range and -1 for its start: "dec 30-2" ends in January, "30.-2.12." starts in
    November; "oct 22-20" is a slip.
    """
    same = replace(other, day=day, swaps=False)
    days = (other.day - day) * step
    if other.month is None or days < _MONTH - _FEW_DAYS:
        return same
    month = other.month + step
    year = other.year
    if month == _FEBRUARY and day > _SURE_IN_FEBRUARY:
        return same
    if not 1 <= month <= _MONTHS:
        month, year = month - _MONTHS * step, None if year is None else year + step
    return replace(same, month=month, year=year)


def _clock(item: Item, table: Table) -> Clock | None:
    match item:
        case Clock():
            return item
        case Hours(clock, _):
            return clock
        case Number(value, raw):
            return bare(value, raw, table) if value <= 24 or len(raw) == 4 else None  # noqa: PLR2004 - hours
        case Part("noon"):
            return _NOON
        case Part("midnight"):
            return _MIDNIGHT
    return None
