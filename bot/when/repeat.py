"""Expands repeats in local wall-clock time, so that a weekly 19:00 stays 19:00 over both clock changes."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from dateutil.rrule import rrulestr

_UNTIL = re.compile(r"UNTIL=([0-9]{8}T[0-9]{6}Z)")
_MARGIN = timedelta(days=1)


def expand(rrule: str, first: datetime, zone: tzinfo, *, after: datetime, count: int) -> list[datetime]:
    """Return up to `count` occurrences (UTC) later than `after` of an RFC 5545 rule.

    The rule is anchored at `first` (aware) and keeps its wall-clock time in `zone`. An occurrence that a clock
    change skips comes at the first instant after the gap; one that comes twice comes once, the first time.
    Raises ValueError for a rule that is not RFC 5545.
    """
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
