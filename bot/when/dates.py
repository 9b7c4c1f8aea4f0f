"""Days: weekdays, calendar dates in figures or words, and whole weeks, weekends, months and years."""

from dataclasses import replace

from bot.when.errors import AmbiguousTime, NoSuchTime
from bot.when.items import Calendar, Day, Nth, Offset, Span, Token, Weekday
from bot.when.lexicon import Table
from bot.when.tokens import Tokens

_SPANS = {"w", "wend", "mo", "y", "d"}
_SHIFTS = {"this": 0, "next": 1, "coming": 0, "last": -1}
_LAST_DAY = 31
_MONTHS = 12
_MOST_NTH = 5
Found = tuple[Day | Span, int] | None


def read_day(tokens: Tokens, i: int, table: Table, *, month_first: bool) -> Found:
    """Read a day or a span of days that starts at position i; return it and where it ends."""
    kind = tokens.kind(i)
    if kind == "word":
        return _worded(tokens, i)
    if kind in {"date", "slash", "monthday", "ymd", "dot"}:
        return _figures(tokens, i, table, month_first=month_first)
    reader = {"wd": _weekday, "wds": _weekday, "rel": _offset, "num": _numbered, "ord": _ordinal, "month": _month,
              "unit": _unit_next}.get(kind)  # fmt: skip
    return reader(tokens, i) if reader is not None else None


def _worded(tokens: Tokens, i: int) -> Found:
    """Read what begins with `next`, `this`, `last`, `dom` or `weekend`."""
    word = tokens.word(i)
    if word == "dom" and tokens.kind(i + 1) in {"num", "ord"} and 1 <= tokens.number(i + 1) <= _LAST_DAY:
        found = _numbered(tokens, i + 1) if tokens.kind(i + 1) == "num" else _ordinal(tokens, i + 1)
        return found or (Calendar(tokens.number(i + 1)), i + 2)
    if word == "last" and (nth := _nth(tokens, i + 1, -1)) is not None:
        return nth
    if word not in _SHIFTS:
        return None
    return _shifted(tokens, i + 1, word)


def _shifted(tokens: Tokens, i: int, word: str) -> Found:
    """Read the weekday, week, month or year after `next`, `this` or `last`."""
    shift = _SHIFTS[word]
    token = tokens.at(i)
    if token.kind == "wd":
        week = None if shift == 0 else shift
        return Weekday(tokens.number(i), week), i + 1
    if token.kind == "unit" and token.value in _SPANS and not (token.value == "d" and shift):
        return Span(str(token.value), shift), i + 1  # type: ignore[arg-type] # just checked
    if token.kind == "month" and shift >= 0:
        return Span("mo", month=tokens.number(i)), i + 1
    if word == "this" and token.kind in {"part"}:
        return Offset(0), i
    return None


def _unit_next(tokens: Tokens, i: int) -> Found:
    """Read "semaine prochaine" and "the week after next"."""
    unit = str(tokens.at(i).value)
    if unit not in _SPANS - {"d"}:
        return None
    if (word := tokens.word(i + 1)) in {"next", "coming"}:
        return Span(unit, 1), i + 2  # type: ignore[arg-type] # just checked
    if word == "after" and tokens.word(i + 2) == "next":
        return Span(unit, 2), i + 3  # type: ignore[arg-type] # just checked
    if unit == "wend":
        return Span("wend"), i + 1
    return None


def _weekday(tokens: Tokens, i: int) -> Found:
    index, plural = tokens.number(i), tokens.kind(i) == "wds"
    after, then = tokens.at(i + 1), tokens.at(i + 2)
    if after.kind == "unit" and after.value in {"w", "fn"} and not plural and tokens.word(i + 2) not in _SHIFTS:
        return Weekday(index, later=1 if after.value == "w" else 2), i + 2
    if after == Token("word", "after", "after") and tokens.word(i + 2) == "next":
        return Weekday(index, 2), i + 3
    if tokens.word(i + 1) == "next" and then.kind not in {"unit", "wd", "month", "num"}:
        return Weekday(index, 1), i + 2
    if tokens.word(i + 1) == "coming":
        return Weekday(index), i + 2
    if tokens.word(i + 1) == "last" and then.kind not in {"unit", "wd", "month", "num"} and not plural:
        return Weekday(index, -1), i + 2
    return Weekday(index, plural=plural), i + 1


def _offset(tokens: Tokens, i: int) -> Found:
    if tokens.at(i + 1) == Token("unit", "w", "w"):
        return Offset(tokens.number(i) + 7), i + 2
    return Offset(tokens.number(i)), i + 1


def _numbered(tokens: Tokens, i: int) -> Found:
    """Read a day of the month before the month's name."""
    j = tokens.skip(i + 1, "of", "the", "from", "dash")
    joined = tokens.word(i + 1) in {"", "of", "from"} or tokens.at(i + 1).raw == "dash"
    if tokens.kind(j) == "month" and len(tokens.at(i).raw) <= 2 and joined:  # noqa: PLR2004 - a day has two digits
        return _dated(tokens, tokens.number(i), tokens.number(j), j + 1)
    return None


def _dated(tokens: Tokens, day: int, month: int, i: int) -> Found:
    if not 1 <= day <= _LAST_DAY:
        raise NoSuchTime
    year, end = _year(tokens, i)
    return Calendar(day, month, year), end


def _year(tokens: Tokens, i: int) -> tuple[int | None, int]:
    """Return the year after a month and where it ends; four digits that can't be a year are a clock time."""
    j = tokens.skip(i, "of", "from", "comma")
    token = tokens.at(j)
    if token.kind == "num" and len(token.raw) == 4 and not 100 <= tokens.number(j) < 1900:  # noqa: PLR2004
        clock = tokens.kind(j + 1) == "mer" or tokens.word(j + 1) == "oclock24" or token.raw.startswith("0")
        if not clock:
            return tokens.number(j), j + 1
    return None, i


def _ordinal(tokens: Tokens, i: int) -> Found:
    n = tokens.number(i)
    if (nth := _nth(tokens, i + 1, n)) is not None:
        return nth
    if not 1 <= n <= _LAST_DAY:
        raise NoSuchTime
    j = tokens.skip(i + 1, "of", "the", "from")
    if tokens.kind(j) == "month":
        return _dated(tokens, n, tokens.number(j), j + 1)
    if j > i + 1 and (span := _month_after(tokens, j)) is not None:
        return Calendar(n, shift=span[0]), span[1]
    return Calendar(n), i + 1


def _month_after(tokens: Tokens, j: int) -> tuple[int, int] | None:
    """Return how many months on "this month", "next month" or "every month" is, and where it ends."""
    word = tokens.word(j)
    k = j + (word in {"this", "next", "coming"})
    if (tokens.kind(k), tokens.at(k).value) != ("unit", "mo"):
        return None
    if word == "next" or tokens.word(k + 1) == "next":
        return 1, k + 1 + (tokens.word(k + 1) == "next")
    return 0, k + 1


def _nth(tokens: Tokens, i: int, n: int) -> Found:
    """Read the rest of "first monday of the month" and "last day of october"."""
    token = tokens.at(i)
    index = tokens.number(i) if token.kind in {"wd", "wds"} else None
    if index is None and (token.kind, token.value) != ("unit", "d"):
        return None
    j = tokens.skip(i + 1, "of", "the", "in", "from", "dual")
    if j == i + 1 and tokens.kind(j) not in {"month"}:
        return None
    if tokens.kind(j) == "month":
        year, end = _year(tokens, j + 1)
        return Nth(n, index, tokens.number(j), year), end
    if (span := _month_after(tokens, j)) is not None:
        shift = span[0] if tokens.word(j) or span[0] else None
        return Nth(n, index, shift=shift), span[1]
    return None


def _month(tokens: Tokens, i: int) -> Found:
    """Read a month's name with the day after it, or alone."""
    month = tokens.number(i)
    j = tokens.skip(i + 1, "the")
    token = tokens.at(j)
    if token.kind == "ord" and tokens.kind(j + 1) in {"wd", "wds"} and tokens.number(j) <= _MOST_NTH:
        if tokens.number(j) > 0:
            # "october 2nd friday" may be the second friday, or friday the 2nd.
            raise AmbiguousTime
        return Nth(tokens.number(j), tokens.number(j + 1), month), j + 2
    short = len(token.raw) <= 2 and token.kind == "num" and tokens.kind(j + 1) != "mer"  # noqa: PLR2004
    if short or token.kind == "ord":
        return _dated(tokens, tokens.number(j), month, j + 1)
    year, end = _year(tokens, i + 1)
    return Span("mo", month=month, year=year), end


def _figures(tokens: Tokens, i: int, table: Table, *, month_first: bool) -> Found:
    """Read a date in figures, in the order of the locale; an order that can't be is swapped."""
    token = tokens.at(i)
    match token.value:
        case (int(year), int(month), int(day)) if token.kind == "ymd":
            return _checked(day, month, year), i + 1
        case (int(a), int(b), int(year)):
            full = year if year >= 100 else 2000 + year  # noqa: PLR2004 - two digits
            return _ordered(a, b, full, month_first=month_first and "." not in token.raw), i + 1
        case (int(month), int(day)) if token.kind == "monthday":
            return _checked(day, month, None), i + 1
        case (int(a), int(b)):
            return _day_and_month(tokens, i, a, b, table, month_first=month_first)
    return None


def _day_and_month(tokens: Tokens, i: int, a: int, b: int, table: Table, *, month_first: bool) -> Found:
    token = tokens.at(i)
    if token.kind == "slash":
        if tokens.kind(i + 1) == "unit":
            return None
        return _ordered(a, b, None, month_first=month_first), i + 1
    if not table.dotted_days and not token.raw.endswith("."):
        return None
    year, end = _year(tokens, i + 1)
    return _ordered(a, b, year, month_first=False), end


def _ordered(a: int, b: int, year: int | None, *, month_first: bool) -> Calendar:
    month, day = (a, b) if month_first else (b, a)
    if month > _MONTHS >= day:
        month, day = day, month
    swaps = day <= _MONTHS and day != month
    return replace(_checked(day, month, year), swaps=swaps)


def _checked(day: int, month: int, year: int | None) -> Calendar:
    if not (1 <= day <= _LAST_DAY and 1 <= month <= _MONTHS):
        raise NoSuchTime
    return Calendar(day, month, year)
