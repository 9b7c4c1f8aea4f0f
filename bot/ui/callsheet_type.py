"""Type for PDFs: fonts that come along, others for scripts they lack, and text of users made safe to set."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

from bot.ui.drawing import BOLD, FONTS, REGULAR

SANS, SANS_BOLD = "BacklineSans", "BacklineSans-Bold"
# Fonts that every reader of PDFs brings along, each for the letters of a script that ours lacks.
ASIAN = (
    ("HeiseiKakuGo-W5", "cp932"),
    ("HYGothic-Medium", "cp949"),
    ("STSong-Light", "gbk"),
    ("MSung-Light", "big5hkscs"),
)
MISSING = "\ufffd"
# Hebrew and Arabic words, with the spaces between them.
RIGHT_TO_LEFT = re.compile(
    r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+(?:[ \u00a0][\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+)*"
)
JOINING = frozenset("\u200b\u200c\u200d\ufe0e\ufe0f")


@lru_cache(maxsize=1)
def prepare() -> None:
    """Read the fonts, once; whatever sets type calls this first."""
    for name, file in ((SANS, REGULAR), (SANS_BOLD, BOLD)):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))
    pdfmetrics.registerFontFamily(SANS, normal=SANS, bold=SANS_BOLD, italic=SANS, boldItalic=SANS_BOLD)
    for name, _ in ASIAN:
        pdfmetrics.registerFont(UnicodeCIDFont(name))


@lru_cache(maxsize=1)
def _own_letters() -> frozenset[int]:
    return frozenset(TTFont("letters", str(FONTS / REGULAR)).face.charToGlyph)


def typeset(text: str) -> str:
    """Return plain text as the markup of a paragraph: nothing in it is read as markup, and no letter is lost.

    What no font has is shown as a replacement sign if it is a letter, and left out if it is a picture.
    """
    prepare()
    parts = []
    for font, letters in groupby(_ordered("".join(_shown(text))), key=_font):
        run = escape("".join(letters)).replace("\n", "<br/>")
        parts.append(f'<font name="{font}">{run}</font>' if font else run)
    return "".join(parts)


def _ordered(text: str) -> str:
    """Return a text with what is read from right to left turned round, for the type is set from left to right."""
    return RIGHT_TO_LEFT.sub(lambda found: found.group()[::-1], text)


def _shown(text: str) -> Iterator[str]:
    for letter in text:
        if letter == "\n" or (letter not in JOINING and _font(letter) is not None):
            yield letter
        elif unicodedata.category(letter)[0] in "LMN":
            yield MISSING


@lru_cache(maxsize=4096)
def _font(letter: str) -> str | None:
    """Return "" for a letter of our own font, another's name, or None where no font has it."""
    if letter == "\n" or ord(letter) in _own_letters():
        return ""
    if not letter.isprintable() or ord(letter) > 0xFFFF:  # noqa: PLR2004 - the Asian fonts end there
        return None
    for font, encoding in ASIAN:
        try:
            letter.encode(encoding)
        except UnicodeEncodeError:
            continue
        return font
    return None
