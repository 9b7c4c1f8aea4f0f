"""When a reminder comes: once or again and again, checked before it is planned."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.when import elapsed, expand

FARTHEST = timedelta(days=5 * 366)
SHORTEST_GAP = timedelta(minutes=10)
LOOKED_AT = 60
TONIGHT = 20
MORNING = 9


class NoTime(UserError):
    """Neither a time nor a repeat."""

    text = "Say when: fill in `when`, such as `fri 5pm`, or `repeat`, such as `every friday 5pm`. Nothing was planned."


class DueInPast(UserError):
    """A time that is over."""

    text = "That time is over already, so nothing was planned. Name one that is still ahead, such as `tomorrow 9am`."


class DueTooFar(UserError):
    """A time that nobody can plan for."""

    text = "That is more than five years away, so nothing was planned. Name a nearer time."


class TooOften(UserError):
    """A repeat that would be noise."""

    text = "A reminder can repeat every 10 minutes at the most, and this one is faster. Nothing was planned."


class NeverComes(UserError):
    """A repeat without any occurrence left."""

    text = "This repeat has no occurrence ahead, so nothing was planned. Check its end, or leave `repeat` out."


_MONTH_ENDS = re.compile(r";BYMONTHDAY=28[0-9,]*;BYSETPOS=-1")
LAST_COMMON_DAY = 28


@dataclass(frozen=True, slots=True)
class Times:
    """The first instant due, and the rule and anchor of a repeat; `rrule` is None for a single one."""

    due_at: datetime
    rrule: str | None = None
    first_at: datetime | None = None

    def check(self, now: datetime, zone: ZoneInfo) -> None:
        """Raise `DueInPast`, `DueTooFar` or `TooOften` for what can't be planned."""
        check_ahead(self.due_at, now)
        if self.rrule is not None:
            _check_gaps(self.rrule, self.first_at or self.due_at, zone, now)


def times(now: datetime, zone: ZoneInfo, at: datetime | None, rrule: str | None, first: datetime | None) -> Times:
    """Return when a reminder comes, from what was typed for `when` (at) and `repeat` (rrule, first).

    With both, the repeat takes its time of day from `at` and begins there. Raises `NoTime` or `NeverComes`.
    """
    if rrule is None:
        if at is None:
            raise NoTime
        return Times(at)
    pace = elapsed(rrule)
    anchor = at or first or (now + pace.step if pace else None)
    if anchor is None:
        raise NoTime
    rrule = _to_month_ends(_MONTH_ENDS.sub("", rrule), anchor.astimezone(zone).day)
    comes = following(rrule, anchor, zone, max(now, anchor - timedelta(seconds=1)), count=1)
    if not comes:
        raise NeverComes
    return Times(comes[0], rrule, anchor)


def next_after(rrule: str, first: datetime, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the next occurrence of a repeat in local wall-clock time, or None when it has ended."""
    comes = following(rrule, first, zone, after, count=1)
    return comes[0] if comes else None


def following(rrule: str, first: datetime, zone: ZoneInfo, after: datetime, *, count: int = 2) -> list[datetime]:
    """Return the next few occurrences of a repeat."""
    return expand(rrule, first, zone, after=after, count=count)


def _to_month_ends(rrule: str, day: int) -> str:
    """Let a monthly repeat on the 29th to 31st come at the end of shorter months, too."""
    if day <= LAST_COMMON_DAY or not re.fullmatch(r"FREQ=MONTHLY(;INTERVAL=[0-9]+)?", rrule):
        return rrule
    days = ",".join(str(each) for each in range(LAST_COMMON_DAY, day + 1))
    return f"{rrule};BYMONTHDAY={days};BYSETPOS=-1"


def check_ahead(at: datetime, now: datetime) -> None:
    """Raise `DueInPast` or `DueTooFar`."""
    if at <= now:
        raise DueInPast
    if at > now + FARTHEST:
        raise DueTooFar


def later(choice: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant that a preset of **Snooze** stands for; raises `DueInPast` when tonight is over."""
    lengths = {"10m": timedelta(minutes=10), "1h": timedelta(hours=1)}
    if choice in lengths:
        return now + lengths[choice]
    here = now.astimezone(zone)
    if choice == "tonight":
        at = here.replace(hour=TONIGHT, minute=0, second=0, microsecond=0)
    else:
        at = (here + timedelta(days=1)).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    check_ahead(at, now)
    return at


def _check_gaps(rrule: str, first: datetime, zone: ZoneInfo, now: datetime) -> None:
    comes = following(rrule, first, zone, max(now, first - timedelta(seconds=1)), count=LOOKED_AT)
    if any(after - before < SHORTEST_GAP for before, after in pairwise(comes)):
        raise TooOften
