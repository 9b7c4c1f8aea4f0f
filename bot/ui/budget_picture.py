"""Draws a cost report: per category what is spent, promised and still to come, held against the plan."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.money import Money, digits_of
from bot.services.budget_report import CategoryReport, Report, Standing
from bot.ui.drawing import BLUE, BOLD, BRIGHT, FAINT, GRID, INK, PAPER, RED, REGULAR, Pen, length

# A phone shows a picture about 370 pixels wide, so that the smallest words are still some 10 pixels high there.
WIDTH = 800
EDGE = 28
TITLE = 34
TEXT = 27
SMALL = 22
BAR = 26
TOP = 150
LINE = 30
GAP = 30
LEGEND = 64
MOST_ROWS = 14
MOST_WORDED = 6  # of more rows only the bars are drawn: a tall picture is shown small, and the list has the figures
TO_COME = "#585b64"
TROUGH = "#26272b"
OVER = "#ff7b72"
UNDER = "#6fd19c"
MOST_WORDS = 1000  # Discord keeps 1,024 characters of what a picture shows
DARKEST, LIGHTEST = 0.2, 0.7  # of 1, which is white


@dataclass(frozen=True, slots=True)
class _Row:
    """A category or a line: its name and where it stands."""

    name: str
    now: Standing

    @property
    def plan(self) -> int:
        """What it may cost; of a reserve, what is set aside."""
        return self.now.planned + self.now.contingency

    @property
    def is_reserve(self) -> bool:
        return bool(self.now.contingency) and not self.now.planned

    @property
    def variance(self) -> int:
        """How far the final cost stays under the plan; negative is over it."""
        return self.plan - self.now.efc


def picture(report: Report, category: CategoryReport | None, locale: str, accent: int = 0) -> bytes:
    """Return the report as a PNG, by category or by the lines of one. Takes some milliseconds: call it off the loop.

    `accent` is the colour that the bot wears in the server; one that can't be read on the paper is not taken.
    """
    rows = _rows(report, category)
    sheet = _Sheet(rows, locale, _legible(accent))
    name = report.project.name if category is None else f"{category.category.name} · {report.project.name}"
    return sheet.draw(name, (report if category is None else category).standing)


def in_words(report: Report, category: CategoryReport | None, locale: str) -> str:
    """Return what the picture shows, for those who can't see it."""
    parts = [
        f"{row.name}: {'; '.join([*_figures(row, locale), _verdict(row, locale)])}" for row in _rows(report, category)
    ]
    words = ". ".join(parts)
    return words if len(words) <= MOST_WORDS else words[:MOST_WORDS].rpartition(". ")[0] + ". And more"


def _rows(report: Report, category: CategoryReport | None) -> list[_Row]:
    if category is None:
        rows = [_Row(each.category.name, each.standing) for each in report.shown]
    else:
        rows = [_Row(each.line.item, each.standing) for each in category.lines if not each.standing.is_empty]
    if len(rows) <= MOST_ROWS:
        return rows
    rest = rows[MOST_ROWS - 1 :]
    return [*rows[: MOST_ROWS - 1], _Row(f"{len(rest)} others", _together([row.now for row in rest]))]


def _together(parts: Sequence[Standing]) -> Standing:
    return Standing(
        parts[0].currency,
        planned=sum(each.planned for each in parts),
        actual=sum(each.actual for each in parts),
        committed=sum(each.committed for each in parts),
        exposure=sum(each.exposure for each in parts),
        etc=sum(each.etc for each in parts),
        contingency=sum(each.contingency for each in parts),
    )


class _Sheet:
    """One drawing: the scale that all bars share, and its strokes."""

    def __init__(self, rows: Sequence[_Row], locale: str, accent: str) -> None:
        self._rows = rows
        self._locale = locale
        self._accent = accent
        self._light = _mixed(accent)
        worded = [_figures(row, locale) if len(rows) <= MOST_WORDED else [] for row in rows]
        self._figures = [list(_flowed(each, WIDTH - 2 * EDGE)) for each in worded]
        self._most = max((max(row.plan, row.now.efc) for row in rows), default=0) or 1
        self._pen = Pen(WIDTH, 1)

    def draw(self, name: str, whole: Standing) -> bytes:
        heights = [self._height(place) for place in range(len(self._rows))]
        self._pen = Pen(WIDTH, TOP + sum(heights) + LEGEND)
        self._head(name, whole)
        y = TOP
        for place, row in enumerate(self._rows):
            self._row(y, row, self._figures[place])
            y += heights[place]
        self._legend(y + LEGEND / 2 - 10)
        return self._pen.png()

    def _height(self, place: int) -> int:
        bar = 0 if self._is_bare(self._rows[place]) else BAR + 14
        return LINE + bar + LINE * len(self._figures[place]) + GAP

    def _is_bare(self, row: _Row) -> bool:
        """Tell whether the row is money put aside that nobody has touched, which needs no bar."""
        return row.is_reserve and not row.now.efc

    def _head(self, name: str, whole: Standing) -> None:
        self._pen.text((EDGE, 38), name, size=TITLE, face=BOLD, ink=BRIGHT, width=WIDTH - 2 * EDGE)
        left = _short(abs(whole.left), whole.currency, self._locale)
        total = _short(whole.total, whole.currency, self._locale)
        words = f"{left} left of {total}" if whole.left >= 0 else f"{left} more than {total}"
        ink = OVER if whole.left < 0 else INK
        self._pen.text((EDGE, 84), words, size=TEXT, ink=ink, width=WIDTH - 2 * EDGE)
        self._pen.line((EDGE, TOP - 36), (WIDTH - EDGE, TOP - 36), GRID, width=2)

    def _row(self, y: float, row: _Row, figures: Sequence[str]) -> None:
        verdict = _verdict(row, self._locale)
        ink = OVER if row.variance < 0 else UNDER if row.variance > 0 and not row.is_reserve else FAINT
        self._pen.text((WIDTH - EDGE, y), verdict, size=TEXT, ink=ink, face=BOLD if row.variance < 0 else REGULAR,
                       align="r")  # fmt: skip
        room = WIDTH - 2 * EDGE - length(verdict, size=TEXT, face=BOLD) - 24
        self._pen.text((EDGE, y), row.name, size=TEXT, face=BOLD, ink=BRIGHT, width=room)
        y += LINE
        if not self._is_bare(row):
            self._bar(y - 4, row)
            y += BAR + 14
        for words in figures:
            self._pen.text((EDGE, y), words, size=SMALL, ink=FAINT)
            y += LINE

    def _bar(self, top: float, row: _Row) -> None:
        """Draw what is spent, promised and to come end to end, what is over the plan hatched, and the plan's mark."""
        now, bottom = row.now, top + BAR
        self._pen.box((EDGE, top, WIDTH - EDGE, bottom), TROUGH)
        ends = (now.actual, now.actual + now.committed, now.efc)
        pieces = zip((0, *ends), ends, (self._accent, self._light, TO_COME), strict=False)
        for first, last, fill in reversed(list(pieces)):  # so that a sliver lies on top of what comes after it
            if last > max(first, 0):
                x = self._x(first)
                self._pen.draw.rectangle((x, top, max(self._x(last), x + 3), bottom), fill=fill)
        if row.variance < 0:
            start = self._x(row.plan)
            self._hatch(start, min(max(self._x(now.efc), start + 8), WIDTH - EDGE), top)
        if row.plan > 0:
            x = self._x(row.plan)
            self._pen.draw.rectangle((x - 2, top - 5, x + 1, bottom + 5), fill=BRIGHT)

    def _hatch(self, start: float, end: float, top: float) -> None:
        self._pen.draw.rectangle((start, top, end, top + BAR), fill=RED)
        x = start - BAR
        while x < end:
            first, last = max(x, start), min(x + BAR, end)
            self._pen.line((first, top + BAR - (first - x)), (last, top + BAR - (last - x)), PAPER, width=3)
            x += 14

    def _x(self, minor: int) -> float:
        return EDGE + (WIDTH - 2 * EDGE - 4) * max(minor, 0) / self._most

    def _legend(self, y: float) -> None:
        x: float = EDGE
        for words, fill in (("spent", self._accent), ("committed", self._light), ("to come", TO_COME)):
            self._pen.box((x, y - 9, x + 18, y + 9), fill)
            x = self._word(x + 26, y, words)
        self._hatch_key(x, y)
        x = self._word(x + 26, y, "over plan")
        self._pen.draw.rectangle((x, y - 12, x + 3, y + 12), fill=BRIGHT)
        self._word(x + 12, y, "plan")

    def _hatch_key(self, x: float, y: float) -> None:
        self._pen.draw.rectangle((x, y - 9, x + 18, y + 9), fill=RED)
        self._pen.line((x, y + 9), (x + 18, y - 9), PAPER, width=3)

    def _word(self, x: float, y: float, words: str) -> float:
        self._pen.text((x, y), words, size=SMALL, ink=INK)
        return x + length(words, size=SMALL) + 26


def _figures(row: _Row, locale: str) -> list[str]:
    """Return the figures of a row in words, those that say something."""
    now = row.now
    named = [("spent", now.actual), ("committed", now.committed), ("to come", now.etc), ("on hold", now.exposure)]
    said = [f"{word} {_short(minor, now.currency, locale)}" for word, minor in named if minor]
    if row.is_reserve and not now.efc:
        return said
    final, plan = (_short(minor, now.currency, locale) for minor in (now.efc, row.plan))
    return [*said, f"final {final} of {plan}"]


def _verdict(row: _Row, locale: str) -> str:
    if row.is_reserve and row.variance >= 0:
        return f"{_short(row.variance, row.now.currency, locale)} set aside"
    if not row.variance:
        return "on plan"
    amount = _short(abs(row.variance), row.now.currency, locale)
    return f"{amount} {'over' if row.variance < 0 else 'under'}"


def _flowed(parts: Sequence[str], width: float) -> Iterator[str]:
    """Yield the parts in as few lines as they fit in; an amount is never cut."""
    line = ""
    for part in parts:
        longer = f"{line} · {part}" if line else part
        if line and length(longer, size=SMALL) > width:
            yield line
            longer = part
        line = longer
    if line:
        yield line


def _short(minor: int, currency: str, locale: str) -> str:
    """Return an amount without decimals, unless it is small; the report beside the picture has them all."""
    one = 10 ** digits_of(currency)
    if abs(minor) < 100 * one and minor % one:
        return Money(minor, currency).show(locale)
    whole = Money(round(minor / one) * one, currency).show(locale)
    return re.sub(r"[.,\u066b]0+(?=\D*$)", "", whole) if one > 1 else whole


def _legible(accent: int) -> str:
    """Return the server's colour where it stands out from the paper, else our own."""
    red, green, blue = accent >> 16 & 255, accent >> 8 & 255, accent & 255
    light = (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
    is_red = red > 2 * max(green, blue)  # which means over the plan
    return f"#{accent:06x}" if DARKEST < light < LIGHTEST and not is_red else BLUE


def _mixed(colour: str) -> str:
    """Return the colour half way to white."""
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{(part + 255) // 2:02x}" for part in parts)
