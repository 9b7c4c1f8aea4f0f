"""Draws a week of sessions: seven days, the hours that matter, a block per session, and a second zone's hours."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.services.booking_week import DAYS, Week
from bot.text import zone_on
from bot.ui.drawing import AMBER, BLUE, BOLD, BRIGHT, FAINT, GRID, INK, PANEL, Pen, fitting, length
from bot.ui.week_block import FILLS, LINE, PAD, SMALL, TEXT, answers, draw_block, inner_width, wanted_lines
from bot.ui.week_layout import NAMES, Piece, Scale, bands_of, clock_change, lanes_of, pieces_of, skipped
from bot.ui.week_words import STATES, city, counted, other_zone, title

# A phone shows a picture about 370 pixels wide: letters of 24 in a picture of 1,080 are 8 high there, and 16 enlarged.
WIDTH = 1080
WIDEST = 1900
AXIS = 62
SECOND_AXIS = 104
RIGHT = 14
TITLE = 36
TOP = 106
DATES = 92
FOOT = 70
LEAST_LANE = 128
EMPTY_DAY = 0.62  # of a lane, where other days need several
QUIET_DAY = 0.9
MOST_ABREAST = 9.5  # lanes; of more the week is drawn in two rows, which a phone shows in larger letters
ROWS = (range(4), range(4, DAYS))
LEAST_HOUR, MOST_HOUR = 42, 100
HIGHEST = 1250  # pixels for the hours of one row, and of one of two
HIGHEST_OF_TWO = 1000
FOLD = 34
HOUR = timedelta(hours=1)


def picture(week: Week) -> bytes:
    """Return the week as a PNG. Takes some tens of milliseconds: call it off the loop."""
    pieces = pieces_of(week)
    weights = _weights(pieces)
    rows = [range(DAYS)] if sum(weights) <= MOST_ABREAST else ROWS
    other = other_zone(week)
    sides = AXIS + (SECOND_AXIS if other else RIGHT)
    wanted = max(sum(weights[place] for place in days) for days in rows) * LEAST_LANE
    width = int(sides + min(max(WIDTH - sides, wanted), WIDEST - sides))
    strips: list[_Strip] = []
    for days in rows:
        top = strips[-1].bottom + 24 if strips else TOP
        here = [piece for piece in pieces if piece.day in days]
        strips.append(_Strip(week, here, other, days, [weights[place] for place in days], (width - sides, top + DATES)))
    pen = Pen(width, int(strips[-1].bottom) + FOOT)
    _head(pen, week, width)
    for strip in strips:
        strip.draw(pen)
    _legend(pen, week, strips[-1].bottom + FOOT - 26, width)
    return pen.png()


def _weights(pieces: Sequence[Piece]) -> list[float]:
    """Return how wide each day is, in lanes: busy days take the room that empty ones don't need."""
    lanes = lanes_of(pieces)
    least = EMPTY_DAY if max(lanes) > 1 else QUIET_DAY
    return [max(float(count), least) for count in lanes]


def _head(pen: Pen, week: Week, width: int) -> None:
    pen.text((20, 38), title(week), size=TITLE, face=BOLD, ink=BRIGHT, width=width - 40)
    pen.text((20, 82), " · ".join(counted(week)), size=TEXT, width=width - 40)


def _legend(pen: Pen, week: Week, y: float, width: int) -> None:
    x = 20.0
    for state, words in STATES.items():
        fill, edge = FILLS[state]
        pen.box((x, y - 10, x + 20, y + 10), fill, outline=edge, line=2)
        pen.text((x + 28, y), words, size=SMALL, ink=INK)
        x += 54 + length(words, size=SMALL)
    if any(answers(facts) for facts in week.bookings):
        signs = "\u2713 coming  ? maybe  \u2717 can't  \u2026 not yet answered"
        pen.text((x + 6, y), fitting(signs, width - x - 20, size=SMALL), size=SMALL, ink=FAINT)


class _Strip:
    """Some days of the week side by side: where they and their hours lie, and their strokes."""

    def __init__(
        self,
        week: Week,
        pieces: Sequence[Piece],
        other: tuple[datetime, ZoneInfo] | None,
        days: Sequence[int],
        weights: Sequence[float],
        place: tuple[float, float],
    ) -> None:
        """Lay the days out; `place` is the width for all of them and where their hours begin."""
        self._week = week
        self._pieces = pieces
        self._other = other
        self._days = days
        width, top = place
        self._edges = {days[0]: float(AXIS)}
        for day, weight in zip(days, weights, strict=True):
            self._edges[day + 1] = self._edges[day] + weight * width / sum(weights)
        bands = bands_of(pieces)
        self._scale = Scale(bands, top, self._hour(bands), FOLD)
        self.bottom = self._scale.bottom

    def _hour(self, bands: Sequence[tuple[int, int]]) -> float:
        """Return how high an hour is: as high as the fullest block needs, within what a phone can show."""
        total = sum(last - first for first, last in bands)
        highest = HIGHEST if len(self._days) == DAYS else HIGHEST_OF_TWO
        most = max(LEAST_HOUR, min(MOST_HOUR, highest / total))
        need = [
            (wanted_lines(piece, self._inner(piece), self._week.zone) * LINE + PAD + 6)
            * 60
            / (piece.least_bottom - piece.top)
            for piece in self._pieces
            if not piece.is_long
        ]
        return min(max([LEAST_HOUR, *need]), most)

    def _inner(self, piece: Piece) -> float:
        left, right = self._edges[piece.day], self._edges[piece.day + 1]
        return inner_width((right - left - 4) / piece.lanes - 3)

    def draw(self, pen: Pen) -> None:
        for place in self._days:
            self._day(pen, place)
        self._hours(pen)
        self._now(pen)
        for piece in self._pieces:
            self._block(pen, piece)

    def _day(self, pen: Pen, place: int) -> None:
        """Draw a day's column and its date, today's on blue; what the clocks skip is hatched."""
        left, right, top = self._edges[place], self._edges[place + 1], self._scale.top
        middle, day = (left + right) / 2, self._week.days[place]
        is_today = self._week.midnight(place) <= self._week.now < self._week.midnight(place + 1)
        if is_today:
            pen.draw.rectangle((left, top, right, self.bottom), fill=PANEL)
            pen.box((middle - 42, top - 84, middle + 42, top - 20), BLUE)
        pen.text((middle, top - 70), NAMES[place], size=SMALL, ink=BRIGHT if is_today else FAINT, align="m")
        pen.text((middle, top - 40), f"{day.day}", size=TITLE - 4, ink=BRIGHT, face=BOLD, align="m")
        pen.line((left, top - 10), (left, self.bottom), GRID)
        zones = [(self._week.zone, "")] + ([(self._other[1], f"{city(self._other[1])} ")] if self._other else [])
        changes = [(where, clock_change(day, zone)) for zone, where in zones]
        said = ", ".join(f"{where}{change / HOUR:+g} h" for where, change in changes if change)
        pen.text((middle, top - 9), said, size=SMALL - 3, ink=AMBER, align="m", width=right - left)
        gone = skipped(day, self._week.zone)
        if gone and self._scale.shows(gone[0]):
            _hatch(pen, (left, self._scale.y(gone[0]), right, self._scale.y(gone[1])))

    def _hours(self, pen: Pen) -> None:
        """Draw the lines of the hours with their names in the viewer's zone, and in the rooms' on the other edge."""
        right = self._edges[self._days[-1] + 1]
        for first, last in self._scale.bands:
            for hour in range(first, last + 1):
                y = self._scale.y(hour * 60)
                pen.line((AXIS - 8, y), (right, y), GRID)
                pen.text((AXIS - 12, y), f"{hour % 24}", size=SMALL, ink=INK, align="r")
                if self._other:
                    pen.text((right + 10, y), self._there(hour, *self._other), size=SMALL, ink=AMBER)
        for before, after in pairwise(self._scale.bands):
            middle = (self._scale.y(before[1] * 60) + self._scale.y(after[0] * 60)) / 2
            for x in range(AXIS, int(right), 14):
                pen.line((x, middle), (x + 6, middle), FAINT, width=2)
        noon = self._week.midnight(self._days[0]) + 12 * HOUR
        top = self._scale.top
        pen.text((8, top - 36), zone_on(noon, self._week.zone), size=SMALL - 3, ink=FAINT, width=AXIS - 8)
        if self._other:
            at, zone = self._other
            pen.text((right + 8, top - 62), city(zone), size=SMALL - 3, ink=AMBER, width=SECOND_AXIS - 10)
            pen.text((right + 8, top - 36), zone_on(at, zone), size=SMALL - 3, ink=AMBER, width=SECOND_AXIS - 10)

    def _there(self, hour: int, at: datetime, zone: ZoneInfo) -> str:
        """Return an hour of the viewer's as it is on the rooms' clock, on the day of their first session."""
        apart = at.astimezone(zone).replace(tzinfo=None) - at.astimezone(self._week.zone).replace(tzinfo=None)
        minutes = (hour * 60 + int(apart.total_seconds()) // 60) % (24 * 60)
        return f"{minutes // 60}:{minutes % 60:02}" if minutes % 60 else f"{minutes // 60}"

    def _block(self, pen: Pen, piece: Piece) -> None:
        left, right = self._edges[piece.day] + 2, self._edges[piece.day + 1] - 2
        wide = (right - left) / piece.lanes
        top = min(self._scale.y(piece.top), self.bottom - LINE - PAD)
        bottom = max(self._scale.y(piece.bottom) - 2, top + LINE + PAD)
        box = (left + wide * piece.lane, top + 1, left + wide * (piece.lane + 1) - 3, bottom)
        draw_block(pen, piece, box, self._week.zone)

    def _now(self, pen: Pen) -> None:
        wall = self._week.now.astimezone(self._week.zone)
        minute = wall.hour * 60 + wall.minute
        days = [self._week.days[place] for place in self._days]
        if wall.date() not in days or not self._scale.shows(minute):
            return
        place, y = self._days[days.index(wall.date())], self._scale.y(minute)
        left, right = self._edges[place], self._edges[place + 1]
        pen.line((left, y), (right, y), BRIGHT, width=3)
        pen.draw.ellipse((left - 6, y - 6, left + 6, y + 6), fill=BRIGHT)


def _hatch(pen: Pen, box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = box
    x = left
    while x < right:
        end = min(x + (bottom - top), right)
        pen.line((x, bottom), (end, bottom - (end - x)), FAINT)
        x += 12
