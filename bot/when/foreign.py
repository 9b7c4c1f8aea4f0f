"""Days in words that no table lists, such as "5 dicembre" and "12월 5일", read by dateparser.

Only a number and the unknown words beside it are handed over, with everything pinned, and only a day and a month are
taken back, and only when other numbers in the same place give the same answer: then dateparser knows the words and
has not guessed. Clock times, years, ranges and weekdays stay with the grammar.
"""

from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any

# dateparser fills its tables as it reads, and they are filled in the background at the start.
_LOCK = Lock()
_SHORTEST = 3
_MONTH, _DAY = 11, 20
# Days and months that could change places, so that only the words between them say which is which.
_PAIRS = ((11, 12), (10, 9))
_LAST_DAY = 31
_MONTHS = 12
_SETTINGS = {
    "TIMEZONE": "UTC",
    "RELATIVE_BASE": datetime(2028, 1, 1, 12),  # noqa: DTZ001 - naive as dateparser needs it; a leap year
    "DATE_ORDER": "DMY",
    "PARSERS": ["absolute-time"],
    "REQUIRE_PARTS": ["day", "month"],
}


def month_named(word: str, languages: tuple[str, ...]) -> int | None:
    """Return the month (1 to 12) that a folded word beside a day names in one of the languages (ISO 639), or None."""
    if len(word) < (_SHORTEST if word.isascii() else 2):
        return None
    return next((month for language in languages if (month := _month(word, language)) is not None), None)


@lru_cache(maxsize=1024)
def _month(word: str, language: str) -> int | None:
    found = _day_and_month(f"{_DAY} {word}", language)
    if found is None or found[0] != _DAY or _day_and_month(f"{_MONTH} {word}", language) != (_MONTH, found[1]):
        return None
    return found[1]


def month_and_day(first: int, word: str, second: int, after: str, language: str) -> tuple[int, int] | None:
    """Return the month and the day of two numbers with a word between and perhaps one after them, or None."""
    order = _month_comes_first(word, after, language)
    if order is None:
        return None
    month, day = (first, second) if order else (second, first)
    return (month, day) if 1 <= month <= _MONTHS and 1 <= day <= _LAST_DAY else None


@lru_cache(maxsize=1024)
def _month_comes_first(word: str, after: str, language: str) -> bool | None:
    """Whether the first of two numbers is the month; None when the words between them name no date."""
    orders = {_order(a, b, word, after, language) for a, b in _PAIRS}
    return orders.pop() if len(orders) == 1 else None


def _order(first: int, second: int, word: str, after: str, language: str) -> bool | None:
    # "5 tháng 12", but "12월 5일".
    text = f"{first} {word} {second} {after}" if word.isascii() else f"{first}{word} {second}{after}"
    found = _day_and_month(text.strip(), language)
    return {(second, first): True, (first, second): False}.get(found or (0, 0))


def _day_and_month(text: str, language: str) -> tuple[int, int] | None:
    with _LOCK:
        found = _parser(language).get_date_data(text).date_obj
    return None if found is None else (found.day, found.month)


@lru_cache(maxsize=64)
def _parser(language: str) -> Any:
    # Importing it takes a third of a cold start, and most phrases never need it.
    from dateparser.date import DateDataParser  # type: ignore[import-untyped] # noqa: PLC0415

    return DateDataParser(languages=[language], settings=_SETTINGS)


def warm(languages: tuple[str, ...]) -> None:
    """Load the languages (ISO 639), some 60 ms each the first time."""
    for language in languages:
        _month("0", language)
