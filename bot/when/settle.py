"""Numbers and hours take their role from their neighbours; weekdays join the week that is named beside them."""

from dataclasses import replace

from bot.when.clocks import bare
from bot.when.errors import AmbiguousTime, UnclearTime
from bot.when.items import (
    Calendar,
    Clock,
    Days,
    Hours,
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

_TO_CLOCK = {"at", "by", "until", "from", "between", "dual", "to", "dash"}
_RANGE = {"to", "dash", "until", "dual"}
_LENGTH_BEFORE = {"for", "in", "plus", "next"}
_LENGTH_AFTER = {"ago", "before", "after", "fromnow"}
_DAYS = (Weekday, Offset, Calendar, Nth, Days)
_LEADING = {"at", "dual", "of", "in", "for"}
_LEADING_FAR = {"until", "eo", "so", "before", "between", "to", "dash", "slash"}
_SMALL_HOUR = 7
_LATE_HOUR = 13
_LAST_DAY = 31
_SATURDAY = 5
_LAST_HOUR = 24


def settled(items: list[Item], table: Table) -> list[Item]:
    """Return the items with every number and every `19h` made a clock time, a length or a day."""
    items = _with_weeks(_words_dropped(items))
    for i, item in enumerate(items):
        if isinstance(item, Hours):
            items[i] = _hours(items, i, item, table)
        elif isinstance(item, Number):
            items[i] = _number(items, i, item, table)
    return items


def name(items: list[Item], i: int) -> str:
    """Return the joining word at a position, or nothing."""
    item = items[i] if 0 <= i < len(items) else None
    return item.name if isinstance(item, Word) else ""


def refuse_loose_words(items: list[Item], table: Table) -> None:
    """Refuse words that lead to nothing: "march on", "at from three", "friday until"."""
    for i in range(len(items)):
        if name(items, i) in _LEADING and (i + 1 == len(items) or name(items, i + 1) in _LEADING):
            raise UnclearTime
    # In Japanese "until" comes last.
    if not table.spaceless and name(items, len(items) - 1) in _LEADING_FAR:
        raise UnclearTime


def _words_dropped(items: list[Item]) -> list[Item]:
    """Drop the joining words that only lead to a day or a part of the day."""
    kept: list[Item] = []
    for i, item in enumerate(items):
        after = items[i + 1] if i + 1 < len(items) else None
        if name(items, i) == "starting":
            item = Word("from")  # noqa: PLW2901 - without a repeat it only leads to the start
        leads = isinstance(after, (*_DAYS, Part, Span, Moment)) and name(items, i) in {"at", "in", "of", "for", "dual"}
        # "du lundi 21 au mercredi 23": between two dates the word joins them.
        joins = name(items, i) == "dual" and isinstance(after, _DAYS) and _ends_time(items, i - 1)
        if not leads or joins or (isinstance(after, Span) and name(items, i - 1) in {"eo", "so"}):
            kept.append(item)
    return kept


def _ends_time(items: list[Item], i: int) -> bool:
    """Whether a day, or a clock time beside its day, ends at a position."""
    last = items[i] if i >= 0 else None
    if isinstance(last, Clock | Hours):
        return any(isinstance(item, _DAYS) for item in items[:i])
    return isinstance(last, Calendar)


def _with_weeks(items: list[Item]) -> list[Item]:
    """Join "friday" and "next week", in either order."""
    joined: list[Item] = []
    for item in items:
        last = joined[-1] if joined else None
        if name(joined, len(joined) - 1) in {"of", "from"} and len(joined) > 1:
            last = joined[-2]
        if (day := _of_span(last, item) or _of_span(item, last)) is not None:
            if isinstance(joined[-1], Word):
                joined.pop()
            joined[-1] = day
        else:
            joined.append(item)
    return joined


def _of_week(day: Item | None, span: Item | None) -> Weekday | None:
    if not isinstance(day, Weekday) or not isinstance(span, Span) or day.week is not None or day.plural:
        return None
    if span.unit == "w" or (span.unit == "wend" and day.index >= _SATURDAY):
        return replace(day, week=span.shift)
    return None


def _of_span(day: Item | None, span: Item | None) -> Weekday | Calendar | None:
    """Return the weekday of a week, or the day of a month, that two items name together."""
    if isinstance(day, Calendar) and isinstance(span, Span) and (day.month, day.shift, span.unit) == (None, None, "mo"):
        named = span.month is not None
        return replace(day, month=span.month, year=span.year) if named else replace(day, shift=span.shift)
    return _of_week(day, span)


def _hours(items: list[Item], i: int, item: Hours, table: Table) -> Clock | Length:
    before, after = name(items, i - 1), name(items, i + 1)
    if item.clock is None or before in _LENGTH_BEFORE or after in _LENGTH_AFTER:
        return item.length
    if after == "from" and before not in _TO_CLOCK and _clockish(items, i + 2):
        return item.length
    if before in _TO_CLOCK or (after in _RANGE and isinstance(items[i + 2 : i + 3], list) and _clockish(items, i + 2)):
        return item.clock
    beside = _same_side(items, i)
    clocks = any(isinstance(other, Clock) for other in beside)
    if not clocks and "or" in {before, after} and _clockish(items, i + 2 if after == "or" else i - 2):
        return item.clock
    days = any(isinstance(other, (*_DAYS, Part)) for other in beside)
    if clocks or (not days and not table.hours_as_clock and item.clock.hour < _LATE_HOUR):
        if clocks and item.clock.hour >= _LATE_HOUR:
            # "7:30 19h30": two clock times, or a very long one?
            raise AmbiguousTime
        return item.length
    alone = all(isinstance(other, (ZoneWord, Hours)) for other in items)
    if alone and item.clock.hour < _SMALL_HOUR and item.clock.days == 0:
        raise AmbiguousTime
    return item.clock


def _same_side(items: list[Item], i: int) -> list[Item]:
    """Return the items on the same side of a range as position i."""
    cuts = [k for k in range(len(items)) if name(items, k) in {"to", "dash", "until", "or"} or _joins_days(items, k)]
    start = max((k + 1 for k in cuts if k < i), default=0)
    end = min((k for k in cuts if k > i), default=len(items))
    return items[start:end]


def _joins_days(items: list[Item], k: int) -> bool:
    """Whether a word that also means "at" stands before a day, where it can only join."""
    return name(items, k) == "dual" and any(isinstance(item, _DAYS) for item in items[k + 1 : k + 2])


def _clockish(items: list[Item], i: int) -> bool:
    return i < len(items) and isinstance(items[i], Clock | Hours | Number)


def _number(items: list[Item], i: int, item: Number, table: Table) -> Clock | Calendar:
    """Return the hour that a number is, or the day of the month after a weekday."""
    before = items[i - 1] if i else None
    after = items[i + 1] if i + 1 < len(items) else None
    # "wed 6" is an hour in English, "dimanche 20" a date in French, Spanish and Portuguese.
    dated = table.and_minutes or item.value > _LAST_HOUR
    if isinstance(before, Weekday) and dated and 0 < item.value <= _LAST_DAY and not isinstance(after, Part):
        return Calendar(item.value)
    led = isinstance(before, (*_DAYS, Part)) or name(items, i - 1) in _TO_CLOCK
    followed = isinstance(after, (*_DAYS, Part, ZoneWord)) or name(items, i + 1) in _RANGE
    if led or followed:
        return bare(item.value, item.raw, table)
    if item.value <= _LAST_HOUR and len(items) == 1:
        raise AmbiguousTime
    raise UnclearTime
