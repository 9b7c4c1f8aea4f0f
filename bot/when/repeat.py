"""Expands repeats: in local wall-clock time, so that a weekly 19:00 stays 19:00; hours and minutes just elapse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from dateutil.rrule import rrulestr

_UNTIL = re.compile(r"UNTIL=([0-9]{8}T[0-9]{6}Z)")
_MARGIN = timedelta(days=1)
_UNITS = {"MINUTELY": timedelta(minutes=1), "HOURLY": timedelta(hours=1)}
_ELAPSED_PARTS = frozenset(["FREQ", "INTERVAL", "COUNT", "UNTIL"])


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A repeat after so much time, whatever the clocks on the wall do; it may end at an instant or after a count."""

    step: timedelta
    until: datetime | None = None
    count: int | None = None

    def after(self, first: datetime, after: datetime, count: int) -> list[datetime]:
        """Return up to `count` occurrences later than `after` without walking through those before."""
        gone = max((after - first) // self.step + 1, 0)
        last = gone + count if self.count is None else min(gone + count, self.count)
        found = [first + self.step * index for index in range(gone, last)]
        return [at for at in found if self.until is None or at.replace(microsecond=0) <= self.until]


def elapsed(rrule: str) -> Elapsed | None:
    """Return a repeat by plain hours or minutes, None for one that needs a calendar."""
    parts = dict(part.partition("=")[::2] for part in rrule.split(";"))
    unit = _UNITS.get(parts.get("FREQ", ""))
    until = parts.get("UNTIL")
    if unit is None or not parts.keys() <= _ELAPSED_PARTS or (until and not _UNTIL.fullmatch(f"UNTIL={until}")):
        return None
    end = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if until else None
    return Elapsed(unit * int(parts.get("INTERVAL", 1)), end, int(parts["COUNT"]) if "COUNT" in parts else None)


def expand(rrule: str, first: datetime, zone: tzinfo, *, after: datetime, count: int) -> list[datetime]:
    """Return up to `count` occurrences (UTC) later than `after` of an RFC 5545 rule.

    The rule is anchored at `first` (aware) and keeps its wall-clock time in `zone`. An occurrence that a clock
    change skips comes at the first instant after the gap; one that comes twice comes once, the first time.
    Plain hours and minutes elapse instead, whatever the clock on the wall does.
    Raises ValueError for a rule that is not RFC 5545.
    """
    if (plain := elapsed(rrule)) is not None:
        return plain.after(first, after, count)
    found: list[datetime] = []
    for wall in _walls(rrule, first, zone, after):
        if len(found) >= count:
            break
        at = valid_instant(wall, zone)
        if at > after:
            found.append(at)
    return found


def valid_instant(wall: datetime, zone: tzinfo) -> datetime:
    """Return the instant (UTC) of a naive wall-clock time, moved out of a gap to the first valid one."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    shown = at.astimezone(zone).replace(tzinfo=None)
    if shown == wall:
        return at
    # In a gap the later offset gives the same distance before its end as the time asked for is into it.
    before, behind = (wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return _end_of_gap(at - (behind - before), at, zone)


def _end_of_gap(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """Return the instant between two at which the zone's offset changes, to the second."""
    start = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        if middle.astimezone(zone).utcoffset() == start:
            low = middle
        else:
            high = middle
    return high


def _walls(rrule: str, first: datetime, zone: tzinfo, after: datetime) -> Iterator[datetime]:
    """Yield naive wall-clock occurrences, from a day before `after` on."""

    def local(found: re.Match[str]) -> str:
        until = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return f"UNTIL={until.astimezone(zone):%Y%m%dT%H%M%S}"

    start = first.astimezone(zone).replace(tzinfo=None)
    rule = rrulestr(_UNTIL.sub(local, rrule), dtstart=start)
    since = after.astimezone(zone).replace(tzinfo=None) - _MARGIN
    yield from rule.xafter(since, inc=True)
