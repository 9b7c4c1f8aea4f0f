"""Words on screen: times echoed to people, and text written by users made safe to show."""

import re
import unicodedata
from datetime import datetime

ELLIPSIS = "…"
ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"

_JOINERS = frozenset("\N{ZERO WIDTH JOINER}\ufe0e\ufe0f\u20e3")
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)

_LINK = re.compile(r"https?://[^\s<>|`*\\]+")
_MARKUP = re.compile(r"([\\*_~`|\[\]<>])")
_LINE_MARKUP = re.compile(r"^(\s*)(#{1,3}(?=\s)|-(?=[\s#])|\+(?=\s))", re.MULTILINE)
_NUMBERED = re.compile(r"^(\s*[0-9]+)\.(?=\s)", re.MULTILINE)


def stamp(at: datetime) -> str:
    """Return Discord markup for an aware instant: its full date and how far away it is, in the reader's zone."""
    unix = int(at.timestamp())
    return f"<t:{unix}:F> (<t:{unix}:R>)"


def stamp_range(start: datetime, end: datetime) -> str:
    """Return Discord markup for the interval between two aware instants, in the reader's zone."""
    style = "t" if (end - start).total_seconds() <= 16 * 3600 else "F"
    first, last = int(start.timestamp()), int(end.timestamp())
    return f"<t:{first}:F> - <t:{last}:{style}> (<t:{first}:R>)"


def short(at: datetime) -> str:
    """Return Discord markup for an aware instant that fits in a list: date and time in the reader's zone."""
    return f"<t:{int(at.timestamp())}:f>"


def clip(text: str, limit: int) -> str:
    """Return the text in at most `limit` code points, cut between whole characters and ended with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = max(limit - len(ELLIPSIS), 0)
    while cut > 0 and _inside_character(text, cut):
        cut -= 1
    return text[:cut].rstrip() + ELLIPSIS if limit > 0 else ""


def _inside_character(text: str, cut: int) -> bool:
    """Whether a cut before position `cut` would split what a reader sees as one character."""
    after, before = text[cut], text[cut - 1]
    if after in _JOINERS or unicodedata.category(after) in {"Mn", "Me", "Mc"}:
        return True
    if before == "\N{ZERO WIDTH JOINER}" or ord(after) in _SKIN_TONES or ord(after) in _TAGS:
        return True
    return ord(after) in _FLAG_LETTERS and _flags_before(text, cut) % 2 == 1


def _flags_before(text: str, cut: int) -> int:
    count = 0
    while count < cut and ord(text[cut - 1 - count]) in _FLAG_LETTERS:
        count += 1
    return count


def plain(text: str) -> str:
    """Return text that a user wrote, escaped so that Discord shows it as typed and it pings nobody."""
    parts, last = [], 0
    for link in _LINK.finditer(text):
        parts += [_escaped(text[last : link.start()]), link.group()]
        last = link.end()
    parts.append(_escaped(text[last:]))
    # Markup at the start of a line is only known on the whole text.
    whole = _LINE_MARKUP.sub(r"\1\\\2", "".join(parts))
    whole = _NUMBERED.sub(r"\1\\.", whole)
    return whole.replace("@", f"@{ZERO_WIDTH}")


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
