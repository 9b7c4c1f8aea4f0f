"""Draws a plan: a bar per deadline, today, what is done or late, and the path that has no room."""

import io
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont

from bot.services.deadline_timeline import Bar, Timeline

WIDTH = 1200
LABELS = 380
RIGHT = 24
TOP = 84
ROW = 34
BAR = 18
FOOT = 52
TITLE_SIZE = 24
TEXT_SIZE = 17
SMALL_SIZE = 14
MOST_TICKS = 8  # a date is about 90 pixels wide
SHORTEST_SPAN = timedelta(days=3)
STEPS = (1, 2, 7, 14, 28, 91, 182, 364)
# Looked for in this order; Pillow's own font is plain ASCII.
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")
PAPER = "#1e1f22"
GRID = "#313338"
INK = "#dbdee1"
FAINT = "#949ba4"
OPEN = "#5865f2"
DONE = "#2e9e6b"
LATE = "#d64545"
CRITICAL = "#f0b232"
TODAY = "#f2f3f5"
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def picture(plan: Timeline, zone: ZoneInfo) -> bytes:
    """Return the plan as a PNG, its days those of the zone. Takes some milliseconds: call it off the loop."""
    image = Image.new("RGB", (WIDTH, TOP + ROW * len(plan.bars) + FOOT), PAPER)
    sheet = _Sheet(plan, zone, ImageDraw.Draw(image))
    sheet.draw()
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def in_words(plan: Timeline) -> str:
    """Return what the picture shows, for those who can't see it."""
    kinds = {
        "done": [bar.number for bar in plan.bars if bar.is_done],
        "late": [bar.number for bar in plan.bars if bar.is_late],
        "open": [bar.number for bar in plan.bars if not (bar.is_done or bar.is_late)],
        "on the critical path": [bar.number for bar in plan.bars if bar.is_critical],
    }
    return "; ".join(
        f"{words}: {', '.join(f'#{number}' for number in numbers)}" for words, numbers in kinds.items() if numbers
    )


class _Sheet:
    """One drawing: where instants and rows lie on it, and its strokes."""

    def __init__(self, plan: Timeline, zone: ZoneInfo, pen: ImageDraw.ImageDraw) -> None:
        self._plan = plan
        self._zone = zone
        self._pen = pen
        first = min(bar.start for bar in plan.bars)
        last = max(bar.end for bar in plan.bars)
        self._start = min(first, plan.now)
        span = max(max(last, plan.now) - self._start, SHORTEST_SPAN)
        self._span = span * 1.03
        self._rows = {bar.number: row for row, bar in enumerate(plan.bars)}

    def draw(self) -> None:
        self._head()
        self._days()
        for row, bar in enumerate(self._plan.bars):
            self._bar(row, bar)
        self._links()
        self._today()
        self._legend()

    def _x(self, at: datetime) -> float:
        return LABELS + (at - self._start) / self._span * (WIDTH - LABELS - RIGHT)

    def _y(self, row: int) -> int:
        return TOP + ROW * row + ROW // 2

    def _bottom(self) -> int:
        return TOP + ROW * len(self._plan.bars)

    def _text(
        self, spot: tuple[float, float], words: str, *, size: int = TEXT_SIZE, ink: str = INK, at: str = "lm"
    ) -> None:
        self._pen.text(spot, _drawable(words, size), font=_font(size), fill=ink, anchor=at)

    def _head(self) -> None:
        self._text(
            (20, 26),
            _fitting(self._plan.project.name if self._plan.project else "All deadlines", WIDTH - 60, 24),
            size=24,
        )

    def _days(self) -> None:
        """Draw a line and a date at the midnights of the zone, as many as are readable."""
        first = self._start.astimezone(self._zone).date() + timedelta(days=1)
        days = max(1, self._span // timedelta(days=1))
        step = next((each for each in STEPS if days / each <= MOST_TICKS), STEPS[-1])
        for place in range(0, days + 1, step):
            day = first + timedelta(days=place)
            x = self._x(datetime(day.year, day.month, day.day, tzinfo=self._zone))
            if x > WIDTH - RIGHT:
                break
            self._pen.line([(x, TOP - 8), (x, self._bottom())], fill=GRID)
            self._text((x, TOP - 20), _short(day, self._start), size=SMALL_SIZE, ink=FAINT, at="mm")

    def _bar(self, row: int, bar: Bar) -> None:
        y = self._y(row)
        ink = CRITICAL if bar.is_critical else FAINT if bar.is_done else INK
        self._text((20, y), _fitting(f"#{bar.number} {bar.what}", LABELS - 36, TEXT_SIZE), ink=ink)
        box = [self._x(bar.start), y - BAR // 2, max(self._x(bar.end), self._x(bar.start) + 6), y + BAR // 2]
        colour = DONE if bar.is_done else LATE if bar.is_late else OPEN
        edge = CRITICAL if bar.is_critical else colour
        self._pen.rounded_rectangle(box, radius=5, fill=colour, outline=edge, width=3 if bar.is_critical else 1)
        if bar.is_late:
            late = [(box[2], y), (self._x(self._plan.now), y)]
            self._pen.line(late, fill=LATE, width=2)
        if bar.is_done:
            x = box[2] - 12
            self._pen.line([(x - 4, y), (x - 1, y + 4), (x + 5, y - 4)], fill=TODAY, width=2)

    def _links(self) -> None:
        """Draw from the end of each deadline down or up to the row of what comes after it."""
        for row, bar in enumerate(self._plan.bars):
            for number in bar.after:
                if number in self._rows:
                    before = self._plan.bars[self._rows[number]]
                    x = self._x(before.end)
                    ends = sorted((self._y(self._rows[number]), self._y(row)))
                    both = bar.is_critical and before.is_critical
                    line = [(x, ends[0] + BAR // 2), (x, ends[1] - BAR // 2)]
                    self._pen.line(line, fill=CRITICAL if both else FAINT, width=2 if both else 1)

    def _today(self) -> None:
        x = self._x(self._plan.now)
        self._pen.line([(x, TOP - 8), (x, self._bottom())], fill=TODAY, width=2)
        self._text((x, self._bottom() + 10), "today", size=SMALL_SIZE, ink=TODAY, at="mm")

    def _legend(self) -> None:
        x = 20.0
        y = self._bottom() + FOOT - 16
        for words, colour in (("open", OPEN), ("done", DONE), ("late", LATE), ("critical path", CRITICAL)):
            self._pen.rounded_rectangle([x, y - 6, x + 12, y + 6], radius=3, fill=colour)
            self._text((x + 18, y), words, size=SMALL_SIZE, ink=FAINT)
            x += 44 + _font(SMALL_SIZE).getlength(words)
        if self._plan.more:
            more = f"and {self._plan.more} more"
            self._text((WIDTH - RIGHT, y), more, size=SMALL_SIZE, ink=FAINT, at="rm")


@lru_cache(maxsize=8)
def _font(size: int) -> Font:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _drawable(words: str, size: int) -> str:
    """Return what the font can draw: with Pillow's own, accents fall off, and other scripts leave the number."""
    font = _font(size)
    if isinstance(font, ImageFont.FreeTypeFont) and font.getname()[0] != "Aileron":
        return words
    return unicodedata.normalize("NFKD", words.replace("ß", "ss")).encode("ascii", "ignore").decode()


def _fitting(words: str, width: float, size: int) -> str:
    """Return the words cut to a width."""
    shown = _drawable(words, size)
    font = _font(size)
    if font.getlength(shown) <= width:
        return shown
    while shown and font.getlength(f"{shown}...") > width:
        shown = shown[:-1]
    return f"{shown.rstrip()}..."


def _short(day: date, start: datetime) -> str:
    year = "" if day.year == start.year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"
