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
    for character, written in _FRACTIONS.items():
        text = text.replace(character, written)
    line = _SPACES.sub(" ", _without_symbols(_INVISIBLE.sub("", text)))
    line = _QUOTES.sub("'", unicodedata.normalize("NFKC", line))
    line = _DASHES.sub("-", line)
    line = _SPACES.sub(" ", _EMPHASIS.sub(" ", line)).strip()
    if len(line) > LIMIT:
        raise LongTime
    if not line:
        raise EmptyTime
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} for character in line):
        raise UnclearTime
    return line


def _without_symbols(text: str) -> str:
    """Drop pictures: emoji say nothing about a time."""
    return "".join(
        " " if unicodedata.category(character) == "So" or "\U0001f3fb" <= character <= "\U0001f3ff" else character
        for character in text
    )


def fold(text: str, *, marks: bool = False) -> str:
    """Return text for comparison: no case and, unless `marks` carry meaning, no accents."""
    folded = text.casefold()
    if marks:
        return unicodedata.normalize("NFKC", folded)
    bare = unicodedata.normalize("NFD", folded)
    return unicodedata.normalize("NFC", "".join(c for c in bare if unicodedata.category(c) != "Mn"))
