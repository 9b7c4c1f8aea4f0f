"""The first gate: what is not a short line of plain text never reaches the grammar."""

import re
import unicodedata

from bot.when.errors import EmptyTime, LongTime, UnclearTime

LIMIT = 200

# Overrides and isolates change what a reader sees, so the text on screen is not the text that is read.
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\ufe0e\ufe0f\u00ad]")
_EMPHASIS = re.compile(r"[*`]+|__|(?<![^\W_])_|_(?![^\W_])")
_DASHES = re.compile("[\u2010-\u2015\u2212\u301c\uff5e\u223c]|->|→|~")
_QUOTES = re.compile("[\u2018\u2019\u02bc\u00b4]")
# NFKC would join them to the number before: 1½ would be 11/2.
_FRACTIONS = {"½": " 1/2", "¼": " 1/4", "¾": " 3/4"}
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return one line of normal text, case kept; raise UnclearTime for what can't be a time."""
    if not text.strip():
        raise EmptyTime
    if len(text) > LIMIT:
        raise LongTime
    if _OVERRIDES.search(text):
        raise UnclearTime
    return _checked(_normal(text))


def _normal(text: str) -> str:
    for character, written in _FRACTIONS.items():
        text = text.replace(character, written)
    if any(map(_hides_digits, text)):
        raise UnclearTime
    line = _SPACES.sub(" ", _without_symbols(_INVISIBLE.sub("", text)))
    line = _QUOTES.sub("'", unicodedata.normalize("NFKC", line))
    line = _DASHES.sub("-", line)
    return _SPACES.sub(" ", _EMPHASIS.sub(" ", line)).strip()


def _checked(line: str) -> str:
    if len(line) > LIMIT:
        raise LongTime
    if not line:
        raise EmptyTime
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in line):
        raise UnclearTime
    return line


def _hides_digits(character: str) -> bool:
    """Whether NFKC would make digits of a character that stands for something else: 7² is not 72.

    Full-width digits are what a Japanese keyboard types, and mean what they show.
    """
    if character.isascii() or "\uff10" <= character <= "\uff19":
        return False
    return any("0" <= each <= "9" for each in unicodedata.normalize("NFKC", character))


def _without_symbols(text: str) -> str:
    """Drop pictures: emoji say nothing about a time, but ㏘ and ㊊ are words in one character."""
    return "".join(" " if _is_picture(character) else character for character in text)


def _is_picture(character: str) -> bool:
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    return unicodedata.category(character) == "So" and unicodedata.normalize("NFKC", character) == character


def fold(text: str, *, marks: bool = False) -> str:
    """Return text for comparison: no case and, unless `marks` carry meaning, no accents."""
    folded = text.casefold()
    if marks:
        return unicodedata.normalize("NFKC", folded)
    bare = unicodedata.normalize("NFD", folded)
    return unicodedata.normalize("NFC", "".join(c for c in bare if unicodedata.category(c) != "Mn"))
