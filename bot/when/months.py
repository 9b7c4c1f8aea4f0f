"""Month names that no table lists, from the language data of dateparser.

Only its data is asked, not its parser: parsing a word that is not a date compiles every time zone of the world
first, which takes half a second, and reads more into a word than is there.
"""

from functools import lru_cache

from dateparser.languages.loader import default_loader  # type: ignore[import-untyped] # it has no types

from bot.when.clean import fold

_SHORTEST = 3
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def month_named(word: str, languages: tuple[str, ...]) -> int | None:
    """Return the month (1 to 12) that a folded word names in one of the languages (ISO 639 codes), or None."""
    if len(word) < _SHORTEST:
        return None
    return next((month for language in languages if (month := _names(language).get(word))), None)


@lru_cache(maxsize=64)
def _names(language: str) -> dict[str, int]:
    """Return the folded month names of a language; a name of two months is none."""
    info = default_loader.get_locale(language).info
    names: dict[str, int] = {}
    for month, key in enumerate(_MONTHS, 1):
        for name in info.get(key, ()):
            plain = fold(str(name)).strip(".")
            names[plain] = month if names.get(plain, month) == month else 0
    return names


def warm(languages: tuple[tuple[str, ...], ...]) -> None:
    """Load the names of the languages, so that the first phrase does not wait for them."""
    for language in {code for codes in languages for code in codes}:
        _names(language)
