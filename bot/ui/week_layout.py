"""Where everything in the picture of a week goes: pieces of sessions, lanes side by side, and the hours that matter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.services.booking_facts import BookingFacts
from bot.services.booking_week import DAYS, Week, midnight

NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY = 24 * 60
ONE_DAY = timedelta(days=1)
HOURS = 24
LEAST_SHOWN = 40  # minutes: the least that a piece takes, so that its number can be read
LONG = timedelta(hours=16)  # what lasts longer is no reason to show every hour that it covers
FOLDED = 3  # as many hours without anything are left out
LEAST_HOURS = 6
USUAL = (12, 18)


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a session that lies on one day: minutes on that day's wall clock, and its lane among `lanes`."""

    facts: BookingFacts
    day: int
    top: int
    bottom: int
    begins: bool
    ends: bool
    lane: int = 0
    lanes: int = 1

    @property
    def is_long(self) -> bool:
        return self.facts.end - self.facts.start >= LONG

    @property
    def least_bottom(self) -> int:
        return max(self.bottom, self.top + LEAST_SHOWN)


def pieces_of(week: Week) -> list[Piece]:
    """Return the sessions cut at the midnights of the week's zone, with a lane each where they overlap."""
    found: list[list[Piece]] = [[] for _ in range(DAYS)]
    for facts in week.bookings:
        for place in range(DAYS):
            first, last = week.midnight(place), week.midnight(place + 1)
            if facts.start < last and first < facts.end:
                begins, ends = facts.start >= first, facts.end <= last
                top = _minute(facts.start, week.zone) if begins else 0
                bottom = DAY if facts.end >= last else _minute(facts.end, week.zone)
                # Where an hour comes twice, the end can be earlier on the wall than the start.
                found[place].append(Piece(facts, place, top, max(bottom, top + 1), begins, ends))
    return [piece for day in found for piece in _in_lanes(day)]


def _minute(at: datetime, zone: ZoneInfo) -> int:
    wall = at.astimezone(zone)
    return wall.hour * 60 + wall.minute


def _in_lanes(day: Sequence[Piece]) -> list[Piece]:
    """Give each piece the first lane that is free; pieces that touch through others share their number of lanes."""
    done: list[Piece] = []
    group: list[Piece] = []
    ends: list[int] = []
    for piece in sorted(day, key=lambda each: (each.top, -each.bottom, each.facts.booking.id)):
        if group and piece.top >= max(ends):
            done += [replace(each, lanes=len(ends)) for each in group]
            group, ends = [], []
        lane = next((place for place, end in enumerate(ends) if end <= piece.top), len(ends))
        ends[lane : lane + 1] = [piece.least_bottom]
        group.append(replace(piece, lane=lane))
    return done + [replace(each, lanes=len(ends)) for each in group]


def lanes_of(pieces: Iterable[Piece]) -> list[int]:
    """Return how many lanes each day needs; 0 for one with nothing on it."""
    most = [0] * DAYS
    for piece in pieces:
        most[piece.day] = max(most[piece.day], piece.lanes)
    return most


def bands_of(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Return the hours that matter as [first, last) stretches; three and more without anything are left out."""
    used: set[int] = set()
    for piece in pieces:
        first, last = piece.top // 60, (min(piece.least_bottom, DAY) + 59) // 60
        if not piece.is_long:
            used.update(range(first, last))
            continue
        used.update([first] if piece.begins else [])
        used.update([last - 1] if piece.ends and piece.bottom < DAY else [])
    if not used:
        return [USUAL]
    bands: list[list[int]] = []
    for hour in sorted(used):
        if bands and hour - bands[-1][1] < FOLDED:
            bands[-1][1] = hour + 1
        else:
            bands.append([hour, hour + 1])
    _widen(bands)
    return [(first, last) for first, last in bands]


def _widen(bands: list[list[int]]) -> None:
    """Show at least six hours, so that a single short session still looks like a day."""
    while sum(last - first for first, last in bands) < LEAST_HOURS:
        if bands[-1][1] < HOURS:
            bands[-1][1] += 1
        elif bands[0][0] > 0:
            bands[0][0] -= 1
        else:
            first, last = bands[-1]
            bands[-1] = [first - 1, last]
        for before, after in pairwise(bands):
            if before[1] >= after[0]:
                before[1] = after[1]
                bands.remove(after)
                break


@dataclass(frozen=True, slots=True)
class Scale:
    """Minutes of a day to pixels: the bands one below the other, with a fold between them."""

    bands: Sequence[tuple[int, int]]
    top: float
    hour: float
    fold: float
    segments: list[tuple[float, float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        y = self.top
        for place, (first, last) in enumerate(self.bands):
            if place:
                before = self.bands[place - 1][1]
                self.segments.append((before * 60, first * 60, y, y + self.fold))
                y += self.fold
            self.segments.append((first * 60, last * 60, y, y + (last - first) * self.hour))
            y += (last - first) * self.hour

    @property
    def bottom(self) -> float:
        return self.segments[-1][3]

    def y(self, minute: float) -> float:
        """Return the height of a minute; what lies before or after all bands is at the edge."""
        for first, last, top, bottom in self.segments:
            if minute <= last:
                return top + max(0.0, minute - first) / (last - first) * (bottom - top)
        return self.bottom

    def shows(self, minute: float) -> bool:
        """Tell whether a minute lies in a band, not in a fold or outside."""
        return any(first * 60 <= minute <= last * 60 for first, last in self.bands)


def clock_change(day: date, zone: ZoneInfo) -> timedelta:
    """Return how far the clocks of a zone go forward on a day (negative: back); nothing on most days."""
    lasts = midnight(day + ONE_DAY, zone) - midnight(day, zone)
    return ONE_DAY - lasts


def skipped(day: date, zone: ZoneInfo) -> tuple[int, int] | None:
    """Return the minutes of a day's wall clock that do not exist, if the clocks go forward."""
    change = clock_change(day, zone)
    if change <= timedelta():
        return None
    at, end = midnight(day, zone), midnight(day + ONE_DAY, zone)
    before = at.astimezone(zone).utcoffset()
    while at < end and at.astimezone(zone).utcoffset() == before:
        at += timedelta(minutes=30)
    last = _minute(at, zone)
    return last - int(change.total_seconds()) // 60, last


def hours(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return an interval's hours on the wall, as short as they can be said: `19-22`, `19:30-22`, `Wed 9 - Fri 10`."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if end - start < ONE_DAY:
        return f"{_clock(first)}-{_clock(last) if last.time() > time() else 24}"
    return f"{NAMES[first.weekday()]} {_clock(first)} - {NAMES[last.weekday()]} {_clock(last)}"


def _clock(wall: datetime) -> str:
    return f"{wall.hour}:{wall.minute:02}" if wall.minute else f"{wall.hour}"
