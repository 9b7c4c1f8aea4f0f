"""Draws a plan: a bar per deadline, today, what is done or late, and the path that has no room."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.services.deadline_timeline import Bar, Timeline
from bot.ui.drawing import AMBER, BLUE, BRIGHT, FAINT, GREEN, GRID, INK, RED, SMALL_SIZE, TITLE_SIZE, Pen, length

WIDTH = 1200
LABELS = 380
RIGHT = 24
TOP = 84
ROW = 34
BAR = 18
FOOT = 52
MOST_TICKS = 8  # a date is about 90 pixels wide
SHORTEST_SPAN = timedelta(days=3)
STEPS = (1, 2, 7, 14, 28, 91, 182, 364)


def picture(plan: Timeline, zone: ZoneInfo) -> bytes:
    """Return the plan as a PNG, its days those of the zone. Takes some milliseconds: call it off the loop."""
    pen = Pen(WIDTH, TOP + ROW * len(plan.bars) + FOOT)
    _Sheet(plan, zone, pen).draw()
    return pen.png()


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

    def __init__(self, plan: Timeline, zone: ZoneInfo, pen: Pen) -> None:
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

    def _head(self) -> None:
        title = self._plan.project.name if self._plan.project else "All deadlines"
        self._pen.text((20, 26), title, size=TITLE_SIZE, width=WIDTH - 60)

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
            self._pen.line((x, TOP - 8), (x, self._bottom()), GRID)
            self._pen.text((x, TOP - 20), _short(day, self._start), size=SMALL_SIZE, ink=FAINT, align="m")

    def _bar(self, row: int, bar: Bar) -> None:
        y = self._y(row)
        ink = AMBER if bar.is_critical else FAINT if bar.is_done else INK
        self._pen.text((20, y), f"#{bar.number} {bar.what}", ink=ink, width=LABELS - 36)
        box = (self._x(bar.start), y - BAR // 2, max(self._x(bar.end), self._x(bar.start) + 6), y + BAR // 2)
        colour = GREEN if bar.is_done else RED if bar.is_late else BLUE
        edge = AMBER if bar.is_critical else colour
        self._pen.box(box, colour, outline=edge, line=3 if bar.is_critical else 1)
        if bar.is_late:
            self._pen.line((box[2], y), (self._x(self._plan.now), y), RED, width=2)
        if bar.is_done:
            x = box[2] - 12
            self._pen.draw.line([(x - 4, y), (x - 1, y + 4), (x + 5, y - 4)], fill=BRIGHT, width=2)

    def _links(self) -> None:
        """Draw from the end of each deadline down or up to the row of what comes after it."""
        for row, bar in enumerate(self._plan.bars):
            for number in bar.after:
                if number in self._rows:
                    before = self._plan.bars[self._rows[number]]
                    x = self._x(before.end)
                    ends = sorted((self._y(self._rows[number]), self._y(row)))
                    both = bar.is_critical and before.is_critical
                    top, bottom = (x, ends[0] + BAR // 2), (x, ends[1] - BAR // 2)
                    self._pen.line(top, bottom, AMBER if both else FAINT, width=2 if both else 1)

    def _today(self) -> None:
        x = self._x(self._plan.now)
        self._pen.line((x, TOP - 8), (x, self._bottom()), BRIGHT, width=2)
        self._pen.text((x, self._bottom() + 10), "today", size=SMALL_SIZE, ink=BRIGHT, align="m")

    def _legend(self) -> None:
        x = 20.0
        y = self._bottom() + FOOT - 16
        for words, colour in (("open", BLUE), ("done", GREEN), ("late", RED), ("critical path", AMBER)):
            self._pen.box((x, y - 6, x + 12, y + 6), colour)
            self._pen.text((x + 18, y), words, size=SMALL_SIZE, ink=FAINT)
            x += 44 + length(words, size=SMALL_SIZE)
        if self._plan.more:
            more = f"and {self._plan.more} more"
            self._pen.text((WIDTH - RIGHT, y), more, size=SMALL_SIZE, ink=FAINT, align="r")


def _short(day: date, start: datetime) -> str:
    year = "" if day.year == start.year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"
