"""Text as it comes in from people, freed of what nobody means to write and neither screen nor database can hold.

This happens once, before anything reads an option or a field, so that no command has to think of it. A message that
somebody makes something of is `quoted` instead.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from bot.text import clip

# More marks than this on one letter are no language's spelling.
MOST_MARKS = 6
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# Control characters but line ends, halves of characters and noncharacters; what hides: zero-width spaces and the byte
# order mark; and what turns the words behind it around: bidirectional embeddings, overrides and isolates.
_UNWANTED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]"
)
_INVISIBLE = frozenset("CZM")
# Stands for whatever nobody can see, so that the rules refuse it rather than take it for nothing typed.
_UNSEEN = "\u200b"
_MARKS = frozenset({"Mn", "Me"})


def quoted(text: str, limit: int) -> str:
    """Return a message's text in one line and so many characters at most, for a form that is made of it.

    Messages come from Discord as they were written: a menu is the one place where nothing has made them legible.
    """
    return clip(" ".join(legible(text).split()), limit)


def legible(text: str) -> str:
    """Return text that can be shown and kept: six marks on a letter at most.

    Where nobody could see any of it, that is a sign that the rules refuse.
    """
    seen = _UNWANTED.sub(lambda found: " " if found.group() == "\t" else "", _LINE_ENDS.sub("\n", text))
    if not seen.isascii():
        seen = "".join(_spelled(seen))
    if any(unicodedata.category(letter)[0] not in _INVISIBLE for letter in seen):
        return seen
    return _UNSEEN if text.strip() else seen


def _spelled(text: str) -> Iterator[str]:
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in _MARKS else 0
        if marks <= MOST_MARKS:
            yield letter


def tidy(data: Any) -> None:
    """Make what was typed into the options or fields of an interaction's raw data legible, in place."""
    if isinstance(data, dict):
        typed = data.get("value")
        if isinstance(typed, str):
            data["value"] = legible(typed)
        _each(data.get(key) for key in ("options", "components", "component"))


def _each(parts: Iterable[Any]) -> None:
    for part in parts:
        for inner in part if isinstance(part, list) else [part]:
            tidy(inner)
