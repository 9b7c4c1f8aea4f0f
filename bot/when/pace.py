"""Reads how often alone: "every 2 weeks", "alle 30 Minuten", "2時間ごと", without any day or hour."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from bot.when.bounds import Rule
from bot.when.clean import clean
from bot.when.errors import UnclearTime
from bot.when.frequency import read_frequency
from bot.when.items import Context, Token
from bot.when.languages import table_for
from bot.when.lexer import Scanner
from bot.when.lexicon import compile_table
from bot.when.reader import read
from bot.when.repeat import elapsed

_ELAPSED = {"h": "HOURLY", "min": "MINUTELY"}
_HOURLY = frozenset(["hourly", "stündlich"])
_MOST = 999
_ENDED = re.compile(r"(.+?)\s+(?:until\s+(.+)|([1-9][0-9]{0,2})\s+times)\s*", re.I | re.S)
# Nothing here depends on the day.
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def read_pace(text: str, locale: str = "en-US") -> str | None:
    """Return the rule of a bare interval in the locale's language or in English, None for anything else."""
    if text.strip().casefold() in _HOURLY:
        return "FREQ=HOURLY"
    context = Context(text, _SOME_DAY, ZoneInfo("UTC"), {}, month_first=False)
    for table in {table.code: table for table in (table_for(locale), table_for("en-US"))}.values():
        try:
            tokens = Scanner(compile_table(table), context).tokens(clean(text))
            rule = Rule()
            found = _elapsed(tokens)
            rest = [] if found else read_frequency(tokens, rule, table, context)
        except UnclearTime:
            continue
        if found or (rule.freq and not rest and not _has_days(rule)):
            return found or rule.text()
    return None


def read_ended_pace(text: str, locale: str, *, now: datetime, zone: ZoneInfo) -> str | None:
    """Return the rule of so many hours or minutes with an end: "every 2 hours until friday", "every 20 min 5 times".

    A day alone counts to its end in `zone`. None for anything else, also where the end can't be read.
    """
    found = _ENDED.fullmatch(text)
    rule = read_pace(found[1], locale) if found else None
    if found is None or rule is None or elapsed(rule) is None:
        return None
    if found[3]:
        return f"{rule};COUNT={found[3]}"
    try:
        end = read(found[2], want="instant", now=now, zone=zone, locale=locale)
    except UnclearTime:
        return None
    if end.at is None:
        return None
    at = end.at
    if end.precision == "day":
        at = datetime.combine(at.astimezone(zone), time(23, 59, 59), zone).astimezone(UTC)
    return f"{rule};UNTIL={at:%Y%m%dT%H%M%SZ}"


def _elapsed(tokens: Sequence[Token]) -> str | None:
    """Return the rule of so many hours or minutes, which go by without a calendar."""
    words = [token for token in tokens if (token.kind, token.value) != ("word", "every")]
    unit = words[-1] if words else None
    if len(words) == len(tokens) or unit is None or unit.kind != "unit" or str(unit.value) not in _ELAPSED:
        return None
    every = _count(words[:-1])
    if every is None:
        return None
    return f"FREQ={_ELAPSED[str(unit.value)]}" + (f";INTERVAL={every}" if every > 1 else "")


def _count(words: Sequence[Token]) -> int | None:
    if not words:
        return 1
    first = words[0]
    if len(words) > 1:
        return None
    if (first.kind, first.value) == ("word", "other"):
        return 2
    return first.value if first.kind == "num" and isinstance(first.value, int) and 1 <= first.value <= _MOST else None


def _has_days(rule: Rule) -> bool:
    named: Iterable[object] = (rule.weekdays, rule.nths, rule.monthdays, rule.month)
    return any(named)
