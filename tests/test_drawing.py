"""The pen of the pictures: measures, cuts and wraps words of any script."""

import io

import pytest
from PIL import Image

from bot.ui import drawing
from bot.ui.drawing import BOLD, Pen, fitting, length, wrapped


def drawn(words: str) -> int:
    """Return how many colours there are on a picture of the words."""
    pen = Pen(300, 40)
    pen.text((10, 20), words)
    colours = Image.open(io.BytesIO(pen.png())).convert("RGB").getcolors(1 << 24)
    assert colours is not None
    return len(colours)


@pytest.mark.parametrize("words", ["Tracking", "Ünïcödé", "Ελληνικά", "Привет"])
def test_letters_of_our_own_font_are_drawn_everywhere(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "OTHER_FONTS", ())
    drawing._other.cache_clear()
    drawing._place.cache_clear()
    drawing.length.cache_clear()
    try:
        assert drawn(words) > 1
        assert length(words) == length(words + "日本語\u200d🎵")
    finally:
        drawing._other.cache_clear()
        drawing._place.cache_clear()
        drawing.length.cache_clear()


def test_what_is_too_long_is_cut_with_dots() -> None:
    assert fitting("Drums", 400) == "Drums"
    cut = fitting("Drums and bass and everything else there is", 120)
    assert cut.endswith("...") and length(cut) <= 120
    assert fitting("x" * 50, 1) == "..."
    assert length("Drums", face=BOLD) > length("Drums")


def test_words_wrap_into_the_lines_there_are() -> None:
    lines = wrapped("Tracking drums with a long title that goes on", 150, lines=2)
    assert len(lines) == 2 and lines[1].endswith("...")
    assert all(length(line) <= 150 for line in lines)
    assert wrapped("Mix", 150, lines=2) == ["Mix"]
    assert wrapped("", 150, lines=2) == []


def shown(pen: Pen) -> set[str]:
    image = Image.open(io.BytesIO(pen.png())).convert("RGB")
    return {f"#{red:02x}{green:02x}{blue:02x}" for _, (red, green, blue) in image.getcolors(1 << 24) or ()}


def test_inks_keep_their_colours_to_the_bit_however_little_there_is_of_them() -> None:
    pen = Pen(900, 900)
    for number in range(400):  # shades enough to fill a palette many times over, some beside the inks
        pen.draw.rectangle((number, 10, number, 800), fill=f"#{number % 256:02x}{200 - number % 128:02x}36")
    pen.box((500, 20, 540, 60), "#d64545", outline="#1d5a41")
    pen.line((600, 30), (600, 31), "#f0b232")
    pen.text((620, 40), "Mix", ink="#5865f2")
    assert shown(pen) >= {"#d64545", "#1d5a41", "#f0b232", "#5865f2", drawing.PAPER}


def test_a_picture_of_very_many_colours_keeps_them_all() -> None:
    pen = Pen(600, 600)
    for x in range(200):
        for y in range(100):
            pen.draw.rectangle((3 * x, 3 * y, 3 * x + 2, 3 * y + 2), fill=f"#{x:02x}{y:02x}10")
    assert len(shown(pen)) > drawing.MOST_SHADES
