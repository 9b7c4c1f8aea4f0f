"""Month names that no table lists, read by dateparser as part of a calendar date."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import dateparser  # type: ignore[import-untyped] # it has no types

_SHORTEST = 3
_DAY, _YEAR = 5, 2024

# A date without a year must not borrow one from today, and nothing may depend on the machine's zone.
_SETTINGS: dict[str, Any] = {
    "TIMEZONE": "UTC",
    "RELATIVE_BASE": datetime(2020, 2, 17),  # noqa: DTZ001 - dateparser wants a naive base
    "DATE_ORDER": "DMY",
    "PARSERS": ["absolute-time"],
    "REQUIRE_PARTS": ["day", "month", "year"],
}


@lru_cache(maxsize=2048)
def month_named(word: str, languages: tuple[str, ...]) -> int | None:
    """Return the month (1 to 12) that the word names in one of dateparser's languages, or None."""
    if len(word) < _SHORTEST or not word.isalpha():
        return None
    found = dateparser.parse(f"{_DAY} {word} {_YEAR}", languages=list(languages), settings=_SETTINGS)
    if found is None or (found.day, found.year) != (_DAY, _YEAR):
        return None
    return int(found.month)


def warm(languages: tuple[tuple[str, ...], ...]) -> None:
    """Load dateparser's data for the languages, which takes tens of milliseconds each."""
    for names in languages:
        month_named("xxxx", names)
