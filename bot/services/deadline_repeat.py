"""Deadlines that come again: checking a repeat, and when its next one is due."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.models.deadline import Deadline
from bot.services.reminder_times import next_after
from bot.when import expand

SHORTEST_GAP = timedelta(hours=20)
LOOKED_AT = 30


class RepeatsTooOften(UserError):
    """A deadline several times a day."""

    text = "A deadline can repeat once a day at the most, and this one is faster. Nothing was changed."


class RepeatsNever(UserError):
    """A repeat that is over with its first time."""

    text = "This repeat has no time after the first one, so nothing was changed. Check its end, or leave `repeat` out."


def check(rrule: str, first_at: datetime, zone: ZoneInfo) -> None:
    """Raise `RepeatsTooOften` or `RepeatsNever`."""
    comes = [first_at, *expand(rrule, first_at, zone, after=first_at, count=LOOKED_AT)]
    if len(comes) == 1:
        raise RepeatsNever
    if any(after - before < SHORTEST_GAP for before, after in pairwise(comes)):
        raise RepeatsTooOften


def next_due(row: Deadline, now: datetime) -> datetime | None:
    """Return when a repeating deadline is due next: after its due time and still ahead; None when it has ended."""
    if row.rrule is None:
        return None
    return next_after(row.rrule, row.first_at or row.due_at, ZoneInfo(row.zone), max(row.due_at, now))
