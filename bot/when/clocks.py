"""Clock times: what stands for an hour, with its minutes and the half of the day it names."""

from dataclasses import replace

from bot.when.errors import NoSuchTime, UnclearTime
from bot.when.items import Clock, Hours, Length, Style, Token
from bot.when.lexicon import SPELLED, Table
from bot.when.tokens import Tokens

HALF_DAY = 12
LAST_HOUR = 24
STUDIO_HOURS = 30
_FIRST_MORNING_HOUR = 8
# 2027 is a year before it is 20:27.
_YEAR_LIKE = 20
_FRACTIONS = {"half": 30, "quarter": 15, "threequarter": 45}
_LEADS = {"at", "cue", "from", "dash", "to", "until", "between", "dual", "by"}
_NAMED_HOURS = {"noon": 12, "midnight": 24}
Found = tuple[Clock | Hours, int] | None


def read_clock(tokens: Tokens, i: int, table: Table) -> Found:
    """Read a clock time that starts at position i and can't be anything else; return it and where it ends."""
    kind = tokens.kind(i)
    if kind == "word":
        return _spoken(tokens, i, table)
    reader = {"time": _colon, "num": _number, "dot": _dotted, "hours": _hours}.get(kind)
    return reader(tokens, i, table) if reader is not None else None


def bare(value: int, raw: str, table: Table) -> Clock:
    """Return the clock time of a lone hour, or of four digits such as 1930."""
    if len(raw) == 4 and value % 100 < 60:  # noqa: PLR2004 - hours and minutes in one number
        if value // 100 == _YEAR_LIKE and value % 5:
            raise UnclearTime
        return timed(value // 100, value % 100, "24")
    return timed(value, 0, loose(value, raw, table))


def loose(hour: int, raw: str, table: Table) -> Style:
    """Return how an hour without am, pm or a word for the hour is meant."""
    if hour > HALF_DAY or hour == 0 or raw.startswith("0"):
        return "24"
    return "bare" if table.half_day_hours else "loose"


def likely(clock: Clock) -> Clock:
    """Return a clock time with the half of the day that a bare hour most likely means."""
    if clock.style != "bare":
        return clock
    return replace(clock, hour=clock.hour + HALF_DAY if clock.hour < _FIRST_MORNING_HOUR else clock.hour, style="24")


def other_half(clock: Clock) -> Clock | None:
    """Return the same hour of the other half of the day, if the phrase leaves the half open."""
    if clock.style not in {"bare", "loose"}:
        return None
    hour = likely(clock).hour
    if hour == HALF_DAY:
        return replace(clock, hour=0, style="24", days=clock.days + 1)
    return replace(clock, hour=(hour + HALF_DAY) % LAST_HOUR, style="24")


def timed(hour: int, minute: int, style: Style, second: int = 0, *, most: int = LAST_HOUR) -> Clock:
    """Return a clock time; raise NoSuchTime for an hour or minute that no clock has."""
    if style in {"am", "pm"}:
        if style == "pm" and HALF_DAY < hour < LAST_HOUR:
            return timed(hour, minute, "24", second)
        if hour > HALF_DAY or (hour == 0 and style == "pm"):
            raise NoSuchTime
        hour = hour % HALF_DAY + (HALF_DAY if style == "pm" else 0)
    over = hour * 60 + minute > most * 60
    if over or minute >= 60 or second >= 60:  # noqa: PLR2004 - a clock
        raise NoSuchTime
    return Clock(hour % LAST_HOUR, minute, second, style, hour // LAST_HOUR)


def _marked(tokens: Tokens, i: int, hour: int, minute: int, second: int = 0) -> Found:
    """Read the am, pm or word for the hour after a number, if there is one."""
    token = tokens.at(i)
    if token.kind == "mer":
        return timed(hour, minute, "am" if token.value == "am" else "pm", second), i + 1
    if tokens.word(i) == "oclock24":
        return timed(hour, minute, "24", second), i + 1
    return None


def _colon(tokens: Tokens, i: int, table: Table) -> Found:
    match tokens.at(i):
        case Token(value=(int(hour), int(minute), int(second)), raw=raw):
            if (marked := _marked(tokens, i + 1, hour, minute, second)) is not None:
                return marked
            style: Style = loose(hour, raw, table) if raw else "24"
            if (tokens.kind(i + 1), tokens.at(i + 1).value) == ("unit", "h") and _shows_hour(hour, raw, table):
                return timed(hour, minute, "24", second), i + 2
            return timed(hour, minute, style, second), tokens.skip(i + 1, "oclock")
    return None


def _shows_hour(hour: int, raw: str, table: Table) -> bool:
    """Whether "20:30h" can be no length."""
    return table.hours_as_clock or hour > HALF_DAY or raw.startswith("0")


def _spaced(tokens: Tokens, i: int, hour: int) -> Found:
    """Read "7 30 pm", where the second number can be no hour and the first no day of a month."""
    minute = tokens.at(i + 1)
    if minute.kind != "num" or len(minute.raw) != 2 or tokens.kind(i + 2) != "mer" or hour > HALF_DAY:  # noqa: PLR2004
        return None
    if tokens.number(i + 1) not in range(15, 60, 5) or tokens.kind(i - 1) not in {"wd", "rel", "end", "word"}:
        return None
    return _marked(tokens, i + 2, hour, tokens.number(i + 1))


def _number(tokens: Tokens, i: int, table: Table) -> Found:
    value, raw = tokens.number(i), tokens.at(i).raw
    if len(raw) > 4:  # noqa: PLR2004 - no clock has five digits
        return None
    hour, minute = (value // 100, value % 100) if len(raw) > 2 else (value, 0)  # noqa: PLR2004
    if tokens.kind(i + 1) == "mer":
        return _marked(tokens, i + 1, hour, minute)
    if len(raw) > 2:  # noqa: PLR2004
        return (timed(hour, minute, "24"), i + 2) if _military(tokens, i) else None
    if tokens.word(i + 1) in {"oclock24", "ji", "oclock"}:
        return _on_the_hour(tokens, i, hour, table)
    if raw == SPELLED and (clock := _spelled_minutes(tokens, i, value, table)) is not None:
        return clock
    return (
        _spaced(tokens, i, value)
        or _minutes_of(tokens, i, value, table)
        or _hour_word(tokens, i, value, table)
        or _and_minutes(tokens, i, value, table)
    )


def _spelled_minutes(tokens: Tokens, i: int, hour: int, table: Table) -> Found:
    """Read "seven thirty"."""
    minute = tokens.at(i + 1)
    if minute.kind != "num" or minute.raw != SPELLED or not table.half_day_hours or hour > HALF_DAY:
        return None
    if tokens.number(i + 1) not in range(10, 60, 5) or tokens.kind(i + 2) in {"unit", "month"}:
        return None
    marked = _marked(tokens, i + 2, hour, tokens.number(i + 1))
    return marked or (timed(hour, tokens.number(i + 1), "bare"), i + 2)


def _military(tokens: Tokens, i: int) -> bool:
    return (tokens.kind(i + 1) == "unit" and tokens.at(i + 1).value == "h") or tokens.word(i + 1) == "oclock24"


def _on_the_hour(tokens: Tokens, i: int, hour: int, table: Table) -> Found:
    """Read "19 Uhr 30", "19時半" and "7 o'clock"."""
    word, j = tokens.word(i + 1), i + 2
    if word == "oclock":
        return timed(hour, 0, loose(hour, tokens.at(i).raw, table)), j
    minute = 0
    if word == "ji" and tokens.word(j) == "half":
        minute, j = 30, j + 1
    elif tokens.kind(j) == "num" and _two_figures(tokens.at(j)) and not _starts_other(tokens, j, word):
        minute, j = tokens.number(j), j + (2 if tokens.kind(j + 1) == "unit" else 1)
    return timed(hour, minute, "24", most=STUDIO_HOURS if word == "ji" else LAST_HOUR), j


def _two_figures(token: Token) -> bool:
    return len(token.raw) == 2 or token.raw == SPELLED  # noqa: PLR2004 - minutes


def _starts_other(tokens: Tokens, j: int, word: str) -> bool:
    """Whether the number after the hour belongs to a date, a range or a length instead."""
    after = tokens.at(j + 1)
    if word == "ji":
        return (after.kind, after.value) != ("unit", "min")
    return after.kind in {"month", "unit", "mer", "ord", "num"} or tokens.word(j + 1) in {
        "dash",
        "to",
        "oclock24",
        "of",
    }


def _minutes_of(tokens: Tokens, i: int, minute: int, table: Table) -> Found:
    """Read "10 past 7" and "twenty to 8"; digits before `to` are more likely a range."""
    j = i + 1
    if tokens.kind(j) == "unit" and tokens.at(j).value == "min":
        j += 1
    word = tokens.word(j)
    spelled = (tokens.at(i).raw == SPELLED or j > i + 1) and tokens.word(i - 1) not in {"from", "between"}
    if word == "past" or ((word == "till" or (word == "to" and spelled)) and minute % 5 == 0):
        return _around(tokens, j, minute, table) if 0 < minute < 30 else None  # noqa: PLR2004
    return None


def _around(tokens: Tokens, i: int, minute: int, table: Table) -> Found:
    """Read the hour after `past` or `to`, and move by the minutes."""
    sign = 1 if tokens.word(i) == "past" else -1
    j = tokens.skip(i + 1, "the")
    if sign < 0 and tokens.kind(j) == "part" and (named := _NAMED_HOURS.get(str(tokens.at(j).value))) is not None:
        total = named * 60 - minute
        return timed(total // 60, total % 60, "24"), j + 1
    half = tokens.word(j) == "halfto"
    j += half
    if tokens.kind(j) != "num" or not 0 <= tokens.number(j) <= LAST_HOUR:
        return None
    hour = tokens.number(j)
    j = tokens.skip(j + 1, "oclock")
    total = hour * 60 - (30 if half else 0) + sign * minute
    if (marked := _marked(tokens, j, total // 60, total % 60)) is not None:
        return marked
    return Clock(total // 60 % LAST_HOUR, total % 60, 0, loose(total // 60, "", table)), j


def _hour_word(tokens: Tokens, i: int, value: int, table: Table) -> Found:
    """Read "20 heures", which is a clock time unless its neighbours make it a length."""
    after = tokens.at(i + 1)
    if (after.kind, after.value) != ("unit", "h") or not table.hours_as_clock or value > LAST_HOUR:
        return None
    minute, j = _added(tokens, i + 2)
    if not minute and tokens.kind(j) == "num" and _two_figures(tokens.at(j)) and tokens.kind(j + 1) != "month":
        minute, j = tokens.number(j), j + 1
        j += tokens.kind(j) == "unit"
    total = value * 60 + minute
    if minute >= 60:  # noqa: PLR2004
        return None
    clock = timed(total // 60, total % 60, "24") if total >= 0 else None
    return Hours(clock, Length(seconds=total * 60)), j


def _hours(tokens: Tokens, i: int, table: Table) -> Found:
    """Read `19h` and `19h30`."""
    match tokens.at(i).value:
        case (int(hour), minutes) if hour <= LAST_HOUR * 4:
            minute, j = (minutes, after_minutes(tokens, i)) if isinstance(minutes, int) else _added(tokens, i + 1)
            if not table.hours_as_clock and not isinstance(minutes, int):
                minute, j = 0, i + 1
            total = hour * 60 + minute
            clock = timed(total // 60, total % 60, "24") if total <= LAST_HOUR * 60 else None
            return Hours(clock, Length(seconds=total * 60)), j
    return None


def after_minutes(tokens: Tokens, i: int) -> int:
    """Return where "2h15" at position i ends, with the word for minutes that may follow it."""
    return i + 1 + ((tokens.kind(i + 1), tokens.at(i + 1).value) == ("unit", "min"))


def _added(tokens: Tokens, i: int) -> tuple[int, int]:
    """Return the minutes of "et demie", "y cuarto", "moins le quart", and where they end."""
    sign = {"and": 1, "minus": -1}.get(tokens.word(i), 0)
    j = tokens.skip(i + 1, "the", "a")
    if sign and (minutes := _FRACTIONS.get(tokens.word(j))) is not None:
        return sign * minutes, j + 1
    if sign and tokens.kind(j) == "num" and tokens.number(j) < 60 and _ends_clock(tokens, j + 1):  # noqa: PLR2004
        return sign * tokens.number(j), j + 1
    return 0, i


def _ends_clock(tokens: Tokens, i: int) -> bool:
    return tokens.kind(i) in {"end", "part", "wd", "rel"} or tokens.word(i) in {"of", "dual", "from", "until", "for"}


def _and_minutes(tokens: Tokens, i: int, hour: int, table: Table) -> Found:
    """Read "8 y media" in the languages that say minutes so."""
    if not table.and_minutes or hour > LAST_HOUR:
        return None
    minute, j = _added(tokens, i + 1)
    if j == i + 1:
        return None
    total = hour * 60 + minute
    if (marked := _marked(tokens, j, total // 60, total % 60)) is not None:
        return marked
    return timed(total // 60, total % 60, loose(total // 60, tokens.at(i).raw, table)), j


def _dotted(tokens: Tokens, i: int, table: Table) -> Found:
    """Read "7.30" where it can only be a clock time."""
    match tokens.at(i):
        case Token(value=(int(hour), int(minute)), raw=raw) if not raw.endswith("."):
            if (marked := _marked(tokens, i + 1, hour, minute)) is not None:
                return marked
            if (tokens.kind(i + 1), tokens.at(i + 1).value) == ("unit", "h") and table.hours_as_clock and hour >= 10:  # noqa: PLR2004
                return timed(hour, minute, "24"), i + 2
            if tokens.kind(i + 1) == "unit" or len(raw.rpartition(".")[2]) != 2:  # noqa: PLR2004
                return None
            led = tokens.word(i - 1) in _LEADS or (
                not table.dotted_days and tokens.kind(i - 1) in {"wd", "rel", "part"}
            )
            if hour <= LAST_HOUR and minute < 60 and (minute > HALF_DAY or minute == 0 or led):  # noqa: PLR2004
                return timed(hour, minute, loose(hour, raw, table)), i + 1
    return None


def _spoken(tokens: Tokens, i: int, table: Table) -> Found:
    """Read "half past seven", "quarter to 8", "half 7" and "halb acht"."""
    word = tokens.word(i)
    if word == "halfto":
        return _before_half(tokens, i)
    minute = _FRACTIONS.get(word)
    if minute is None:
        return None
    if tokens.word(i + 1) in {"past", "to", "till"}:
        return _around(tokens, i + 1, minute, table)
    if word == "half" and tokens.kind(i + 1) == "num" and 0 < tokens.number(i + 1) <= HALF_DAY:
        if tokens.kind(i + 2) == "unit" or not table.half_day_hours:
            return None
        hour = tokens.number(i + 1)
        return _marked(tokens, i + 2, hour, 30) or (timed(hour, 30, "bare"), i + 2)
    return None


def _before_half(tokens: Tokens, i: int) -> Found:
    if tokens.kind(i + 1) != "num" or not 0 < tokens.number(i + 1) <= LAST_HOUR:
        return None
    hour = (tokens.number(i + 1) - 1) % LAST_HOUR
    j = i + 2
    style: Style = "loose" if hour < HALF_DAY else "24"
    return Clock(hour, 30, 0, style), tokens.skip(j, "oclock24")
