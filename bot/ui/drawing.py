"""Shared by every picture: the colours, the fonts that come along, and a pen that draws any script."""

import io
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, groupby, islice, product
from pathlib import Path
from typing import Any

from PIL import Image, ImageColor, ImageDraw, ImageFont

PAPER = "#1e1f22"
PANEL = "#2b2d31"
GRID = "#3a3c43"
INK = "#dbdee1"
BRIGHT = "#f2f3f5"
FAINT = "#a5abb4"
BLUE = "#5865f2"
GREEN = "#2e9e6b"
RED = "#d64545"
AMBER = "#f0b232"
TITLE_SIZE = 24
TEXT_SIZE = 17
SMALL_SIZE = 14
FONTS = Path(__file__).parent / "fonts"
REGULAR = "DejaVuSans.ttf"
BOLD = "DejaVuSans-Bold.ttf"
# For scripts that ours lacks, the first of these that the machine has. Without any, such letters are left out.
OTHER_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansJP-Regular.otf",
    "NotoSansThai-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "Arial Unicode.ttf",
    "YuGothR.ttc",
    "Hiragino Sans GB.ttc",
)
# Of a picture every third pixel each way says which colours it uses.
STEP = 3
COLOURS, MOST_SHADES = 256, 4096
WHOLE = 12  # of them are shapes rather than the edges of letters
CELL = 8  # Pillow compares in steps of four: what is two steps apart is never taken for the other
Spot = tuple[float, float]


class Pen:
    """Draws words and shapes on one picture; letters are measured and cut by what they really take."""

    def __init__(self, width: int, height: int, paper: str = PAPER) -> None:
        self._image = Image.new("RGB", (width, height), paper)
        self.draw = ImageDraw.Draw(self._image)
        self._inks: set[str] = set()

    def png(self) -> bytes:
        """Return the picture as a PNG."""
        out = io.BytesIO()
        _few_colours(self._image, self._inks).save(out, "PNG", compress_level=1)
        return out.getvalue()

    def text(
        self,
        spot: Spot,
        words: str,
        *,
        size: int = TEXT_SIZE,
        ink: str = INK,
        align: str = "l",
        face: str = REGULAR,
        width: float | None = None,
    ) -> None:
        """Draw one line about the middle of its height, to the right (`l`), centre (`m`) or left (`r`) of the spot.

        With a width in pixels, what is longer is cut with three dots.
        """
        if width is not None:
            words = fitting(words, width, size=size, face=face)
        x, y = spot
        if align != "l":
            x -= length(words, size=size, face=face) / (2 if align == "m" else 1)
        ascent, descent = _own(size, face).getmetrics()
        base = y + (ascent - descent) / 2
        self._inks.add(ink)
        for font, run in _runs(words, size, face):
            self.draw.text((x, base), run, font=font, fill=ink, anchor="ls")
            x += font.getlength(run)

    def box(
        self, edges: tuple[float, float, float, float], fill: str, *, outline: str | None = None, line: int = 1
    ) -> None:
        """Draw a rectangle with round corners."""
        self._inks.update((fill, outline or fill))
        self.draw.rounded_rectangle(edges, radius=5, fill=fill, outline=outline or fill, width=line)

    def line(self, start: Spot, end: Spot, ink: str, *, width: int = 1) -> None:
        """Draw a straight line."""
        self._inks.add(ink)
        self.draw.line([start, end], fill=ink, width=width)


def _few_colours(image: Image.Image, inks: Iterable[str]) -> Image.Image:
    """Return a picture in its inks and the colours it uses most: packed in a quarter of the time, and half as large.

    Shapes and letters keep their colours to the bit; what changes is some rare shade at the edge of a letter.
    """
    sample = image.resize((image.width // STEP, image.height // STEP), Image.Resampling.NEAREST)
    counted: Any = sample.getcolors(MOST_SHADES)
    if counted is None:
        return image
    often = [colour for _, colour in sorted(counted, reverse=True)]
    whole = [*map(ImageColor.getrgb, sorted(inks)), *often[:WHOLE]]
    near = {
        cell for colour in whole for cell in product(*(range(part // CELL - 1, part // CELL + 2) for part in colour))
    }
    shades = (shade for shade in often if tuple(part // CELL for part in shade) not in near)
    used = [*dict.fromkeys(whole), *islice(shades, COLOURS)][:COLOURS]
    colours = Image.new("P", (1, 1))
    colours.putpalette(bytes(chain.from_iterable([*used, *used[:1] * (COLOURS - len(used))])))
    return image.quantize(palette=colours, dither=Image.Dither.NONE)


@lru_cache(maxsize=8192)
def length(words: str, *, size: int = TEXT_SIZE, face: str = REGULAR) -> float:
    """Return how many pixels one line of words takes."""
    return sum(font.getlength(run) for font, run in _runs(words, size, face))


def fitting(words: str, width: float, *, size: int = TEXT_SIZE, face: str = REGULAR) -> str:
    """Return the words, cut to a width in pixels with three dots."""
    words = " ".join(words.split())
    if length(words, size=size, face=face) <= width:
        return words
    while words and length(f"{words}...", size=size, face=face) > width:
        words = words[:-1]
    return f"{words.rstrip()}..."


def wrapped(words: str, width: float, *, lines: int, size: int = TEXT_SIZE, face: str = REGULAR) -> list[str]:
    """Return the words in at most so many lines of a width in pixels; what is left over is cut in the last one."""
    done: list[str] = []
    rest = words.split()
    while rest and len(done) < lines - 1:
        count = 1
        while count < len(rest) and length(" ".join(rest[: count + 1]), size=size, face=face) <= width:
            count += 1
        done.append(fitting(" ".join(rest[:count]), width, size=size, face=face))
        rest = rest[count:]
    if rest:
        done.append(fitting(" ".join(rest), width, size=size, face=face))
    return done


def _runs(words: str, size: int, face: str) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
    """Yield the words in pieces that one font can draw; letters that none can are left out."""
    for place, letters in groupby(words, lambda letter: _place(letter, face)):
        if place is not None:
            yield (_own(size, face) if place == 0 else _other(size)[place - 1]), "".join(letters)


@lru_cache(maxsize=4096)
def _place(letter: str, face: str) -> int | None:
    """Return 0 for our own font, 1 and more for those of the machine, None where no font has the letter."""
    fonts = [_own(TEXT_SIZE, face), *_other(TEXT_SIZE)]
    return next((place for place, font in enumerate(fonts) if _has(font, letter)), None)


def _has(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    if letter.isspace():
        return True
    return letter.isprintable() and bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


@lru_cache(maxsize=32)
def _own(size: int, face: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / face, size)


@lru_cache(maxsize=32)
def _other(size: int) -> tuple[ImageFont.FreeTypeFont, ...]:
    found = []
    for name in OTHER_FONTS:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:
            continue
    return tuple(found)
