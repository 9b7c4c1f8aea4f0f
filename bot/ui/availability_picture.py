"""Draws who can when: a row per person, a column per day, and on top when all of them can."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.services.availability_hours import Span
from bot.services.booking_week import midnight
from bot.services.booking_who import PersonTimes, Who
from bot.text import zone_on
from bot.ui.availability_words import dates, person_name
from bot.ui.drawing import BLUE, BOLD, BRIGHT, FAINT, GRID, INK, PANEL, Pen, length
from bot.ui.week_layout import NAMES

# A phone shows a picture about 370 pixels wide: letters of 26 in a picture of 1,080 are 9 high there, and 18 enlarged.
WIDTH = 1080
LEAST_WIDTH = 760
AXIS = 66
RIGHT = 14
WIDEST_DAY = 340
TITLE = 36
TEXT = 26
SMALL = 21
TOP = 190
NAME = 40
GAP = 16
FOOT = 64
USUAL = (9 * 60, 23 * 60)
DAY = 24 * 60
ALL = "#45e0a0"  # when everybody can
FREE = "#25734f"
AWAY = "#6d3439"
DARK = "#0f2e20"
FULL = 1180  # pixels for all rows together, so that the whole fits on a phone held upright
LEAST_ROW, MOST_ROW = 96, 300


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn: people's times, what they are called, and on which zone's clock."""

    who: Who
    names: dict[int, str]
    zone: ZoneInfo
    now: datetime

    @property
    def days(self) -> list[date]:
        first = self.who.within[0].astimezone(self.zone).date()
        last = (self.who.within[1] - timedelta(microseconds=1)).astimezone(self.zone).date()
        return [first + timedelta(days=place) for place in range((last - first).days + 1)]


def picture(chart: Chart) -> bytes:
    """Return the chart as a PNG. Takes some tens of milliseconds: call it off the loop."""
    return _Sheet(chart).draw()


class _Sheet:
    """One drawing: where days, hours and people lie on it, and its strokes."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._days = chart.days
        inner = min(WIDTH - AXIS - RIGHT, max(WIDEST_DAY * len(self._days), LEAST_WIDTH - AXIS - RIGHT))
        self._cell = inner / len(self._days)
        self._width = int(AXIS + inner + RIGHT)
        self._first, self._last = self._hours()
        rows = len(chart.who.people) + (1 if len(chart.who.people) > 1 else 0)
        self._row = max(LEAST_ROW, min(MOST_ROW, FULL / rows - NAME - GAP))
        self._pen = Pen(self._width, int(TOP + rows * (NAME + self._row + GAP)) + FOOT)

    def _hours(self) -> tuple[int, int]:
        """Return the first and the last minute of a day that matter, whole hours."""
        people = self._chart.who.people
        said = [span for each in people for span in (*(each.usual if each.has_said else ()), *each.booked)]
        pieces = [piece for span in said for piece in self._pieces(span)]
        first = min([USUAL[0], *(top for _, top, _ in pieces)])
        last = max([USUAL[1], *(bottom for _, _, bottom in pieces)])
        if len(self._days) == 1:
            [(_, begin, end)] = self._pieces(self._chart.who.within)
            first, last = max(first, begin), min(last, end)
            if first >= last:
                first, last = begin, end
        return first // 60 * 60, -(-last // 60) * 60

    def _pieces(self, span: Span) -> Iterator[tuple[int, int, int]]:
        """Cut a stretch at midnights: yield each day's place and the minutes on its wall clock."""
        for place, day in enumerate(self._days):
            begin, end = midnight(day, self._chart.zone), midnight(day + timedelta(days=1), self._chart.zone)
            if span[0] < end and begin < span[1]:
                top = 0 if span[0] <= begin else self._minute(span[0])
                yield place, top, DAY if span[1] >= end else max(top + 1, self._minute(span[1]))

    def _minute(self, at: datetime) -> int:
        wall = at.astimezone(self._chart.zone)
        return wall.hour * 60 + wall.minute

    def draw(self) -> bytes:
        self._head()
        top: float = TOP
        people, common = self._chart.who.people, self._chart.who.common
        if len(people) > 1:
            self._name(top, f"All {len(people)}", "" if common else "never together in these days")
            self._strip(top + NAME, [(common, ALL)])
            self._labels(top + NAME, common)
            top += NAME + self._row + GAP
        for person in people:
            note = "" if person.has_said else "usual hours not said"
            self._name(top, person_name(self._chart.names, person.user_id), note)
            self._person(top + NAME, person, common)
            top += NAME + self._row + GAP
        self._legend(top + FOOT / 2 - 6)
        return self._pen.png()

    def _head(self) -> None:
        pen, zone = self._pen, self._chart.zone
        pen.text((20, 38), f"Who can when · {dates(self._days[0], self._days[-1])}", size=TITLE, face=BOLD, ink=BRIGHT,
                 width=self._width - 40)  # fmt: skip
        words = f"{zone.key.replace('_', ' ')} ({zone_on(self._chart.who.within[0], zone)})"
        pen.text((20, 84), words, size=TEXT - 2, width=self._width - 40)
        today = self._chart.now.astimezone(zone).date()
        for place, day in enumerate(self._days):
            x = AXIS + (place + 0.5) * self._cell
            if day == today:
                pen.box((x - min(42, self._cell / 2 - 2), 114, x + min(42, self._cell / 2 - 2), 180), BLUE)
            pen.text((x, 130), NAMES[day.weekday()], size=SMALL, ink=BRIGHT if day == today else FAINT, align="m")
            pen.text((x, 160), f"{day.day}", size=TEXT + 2, ink=BRIGHT, face=BOLD, align="m")

    def _name(self, top: float, name: str, note: str) -> None:
        self._pen.text((20, top + NAME / 2), name, size=TEXT, face=BOLD, ink=BRIGHT, width=self._width * 0.6)
        x = 20 + min(length(name, size=TEXT, face=BOLD), self._width * 0.6) + 16
        if note:
            self._pen.text((x, top + NAME / 2), note, size=SMALL, ink=FAINT, width=self._width - x - 20)

    def _person(self, top: float, person: PersonTimes, common: Sequence[Span]) -> None:
        alone = len(self._chart.who.people) == 1
        free = [(person.free, ALL if alone else FREE), ([] if alone else common, ALL)]
        self._strip(top, [*free, (person.away, AWAY), (person.booked, BLUE)])
        for span in person.away:
            for place, begin, end in self._pieces(span):
                self._hatch(self._box(top, place, begin, end))
        if alone:
            self._labels(top, person.free)

    def _strip(self, top: float, layers: Sequence[tuple[Sequence[Span], str]]) -> None:
        """Draw a row: what was asked about as grey, stretches of each colour over it, and lines of hours."""
        for spans, fill in (([self._chart.who.within], PANEL), *layers):
            for span in spans:
                for place, begin, end in self._pieces(span):
                    box = self._box(top, place, begin, end)
                    if box[3] > box[1]:
                        self._pen.draw.rectangle(box, fill=fill)
        step = next(each for each in (60, 120, 180, 240, 360, 720) if self._y(each) - self._y(0) >= SMALL + 6)
        for minute in range(-(-self._first // step) * step, self._last + 1, step):
            y = top + self._y(minute)
            self._pen.line((AXIS - 6, y), (AXIS + self._cell * len(self._days), y), GRID)
            if minute > self._first:
                self._pen.text((AXIS - 10, y), f"{minute // 60}", size=SMALL - 2, ink=FAINT, align="r")

    def _labels(self, top: float, spans: Sequence[Span]) -> None:
        """Write the hours into the stretches that have room for them."""
        for span in spans:
            for place, begin, end in self._pieces(span):
                left, upper, right, lower = self._box(top, place, begin, end)
                words = "all day" if (begin, end) == (0, DAY) else f"{_clock(begin)}-{_clock(end)}"
                size = next((each for each in (TEXT, SMALL, 18) if length(words, size=each) <= right - left - 4), 0)
                if size and lower - upper >= size + 2:
                    x, y = (left + right) / 2, (upper + lower) / 2
                    self._pen.draw.rectangle((left, y - size / 2, right, y + size / 2), fill=ALL)  # over a line there
                    self._pen.text((x, y), words, size=size, ink=DARK, align="m")

    def _y(self, minute: float) -> float:
        return (minute - self._first) / (self._last - self._first) * self._row

    def _box(self, top: float, place: int, begin: int, end: int) -> tuple[float, float, float, float]:
        left = AXIS + place * self._cell
        upper, lower = (top + min(max(self._y(each), 0), self._row) for each in (begin, end))
        return left + 2, upper, left + self._cell - 2, lower

    def _hatch(self, box: tuple[float, float, float, float]) -> None:
        left, top, right, bottom = box
        x = left - (bottom - top)
        while x < right:
            begin, end = max(x, left), min(x + (bottom - top), right)
            if begin < end:
                self._pen.line((begin, bottom - (begin - x)), (end, bottom - (end - x)), "#a05058", width=2)
            x += 14

    def _legend(self, y: float) -> None:
        x = 20.0
        several = len(self._chart.who.people) > 1
        words = [("all can", ALL), ("free", FREE)] if several else [("free", ALL)]
        for said, fill in (*words, ("unusual hours", PANEL), ("away", AWAY), ("booked", BLUE)):
            self._pen.box((x, y - 11, x + 22, y + 11), fill, outline=FAINT if fill == PANEL else None)
            if fill == AWAY:
                self._hatch((x, y - 10, x + 22, y + 10))
            self._pen.text((x + 30, y), said, size=SMALL, ink=INK)
            x += 56 + length(said, size=SMALL)


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}" if minute % 60 else f"{minute // 60}"
