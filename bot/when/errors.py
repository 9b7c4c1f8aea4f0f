"""Refusals of `read`: each says what is unclear, that nothing was changed, and what would work."""

from typing import ClassVar, Literal

from bot.errors import UserError
from bot.when.reading import Reading

Reason = Literal["past", "ambiguous", "nonexistent", "unparseable", "empty", "too_far"]

SHOWN = 60


def shown(text: str) -> str:
    """Return user text short enough for an error: one line, 60 characters at most."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


class UnclearTime(UserError):
    """A time that can't be read with certainty; `reason` says why, `suggestions` are readings to offer."""

    reason: ClassVar[Reason] = "unparseable"
    text = (
        "I can't read “{given}” as a time, and nothing was changed. "
        "Try something like `fri 7pm`, `dec 5 18:00-21:00` or `in 2 hours`."
    )

    def __init__(self, given: str = "", suggestions: tuple[Reading, ...] = (), **values: object) -> None:
        self.suggestions = list(suggestions)
        super().__init__(given=shown(given), **values)


class EmptyTime(UnclearTime):
    """Nothing was typed."""

    reason = "empty"
    text = "There is no time in what you typed, so nothing was changed. Try something like `fri 7pm` or `in 2 hours`."


class LongTime(UnclearTime):
    """More text than a time needs."""

    text = (
        "That is too long for a time, and nothing was changed. "
        "Send only the time, in 200 characters or less, like `fri 7pm-10pm`."
    )


class UnreadableLength(UnclearTime):
    """A duration that can't be read."""

    text = (
        "I can't read “{given}” as a length of time, and nothing was changed. "
        "Try something like `90 min`, `2h 30m` or `3 days`."
    )


class UnreadableRange(UnclearTime):
    """A start with an end that can't be read."""

    text = (
        "I can't read “{given}” as a start and an end, and nothing was changed. "
        "Try something like `fri 7-10pm`, `tomorrow noon for 3h` or `dec 5-7`."
    )


class UnreadableRepeat(UnclearTime):
    """A repeat that can't be read."""

    text = (
        "I can't read “{given}” as a repeat, and nothing was changed. "
        "Try something like `every tuesday 8pm` or `first friday of every month 8pm`."
    )


class PastTime(UnclearTime):
    """A time that is already over."""

    reason = "past"
    text = "“{given}” is already over, so nothing was changed. Name a time that is still ahead, like `tomorrow 7pm`."


class FarTime(UnclearTime):
    """A time, or a length, beyond what can be planned."""

    reason = "too_far"
    text = (
        "“{given}” is more than five years away, so nothing was changed. "
        "Name a nearer time with its year, like `5 dec 18:00`."
    )


class NoSuchTime(UnclearTime):
    """A date or clock time that the calendar does not have."""

    reason = "nonexistent"
    text = (
        "“{given}” names a date or a time that does not exist, so nothing was changed. "
        "Check the day and the hour, like `28 feb 18:00`."
    )


class SkippedTime(NoSuchTime):
    """A clock time that a clock change leaves out."""

    text = (
        "“{given}” does not exist: the clocks go forward over it that day. Nothing was changed. "
        "Take an hour earlier or later, or give the time in UTC, like `dec 5 14:00 UTC`."
    )


class AmbiguousTime(UnclearTime):
    """A phrase with several good readings."""

    reason = "ambiguous"
    text = (
        "“{given}” can be read in more than one way, so nothing was changed. "
        "Say the date and both hours in full, like `5 dec 18:00-21:00`."
    )


class TwiceTime(AmbiguousTime):
    """A clock time that a clock change repeats."""

    text = (
        "“{given}” comes twice: the clocks go back over it that day. Nothing was changed. "
        "Add the zone's short name to say which one, or give it in UTC, like `dec 5 14:00 UTC`."
    )


class WrongWeekday(AmbiguousTime):
    """A weekday that contradicts the date beside it."""

    text = (
        "The weekday and the date in “{given}” do not agree, so nothing was changed. "
        "Leave one of them out, like `5 dec 18:00` or `fri 18:00`."
    )


class SeveralTimes(AmbiguousTime):
    """More than one time where one is wanted."""

    text = (
        "“{given}” names more than one time, and I need exactly one, so nothing was changed. "
        "Send just one of them, like `sat 7pm`."
    )


class LongRange(AmbiguousTime):
    """Two clock times that are more than 16 hours apart."""

    text = (
        "“{given}” would last more than 16 hours, so nothing was changed. "
        "Add am or pm, or the day of the end, like `fri 10am-6pm` or `fri 6pm - sat 2pm`."
    )


class BackwardRange(AmbiguousTime):
    """A range whose end is written before its start."""

    text = (
        "The end of “{given}” comes before its start, so nothing was changed. "
        "Say the earlier day first, and the year if it crosses into another one, like `28 dec - 3 jan`."
    )


class OpenRange(AmbiguousTime):
    """A start without an end."""

    text = (
        "“{given}” has no end, or no start, so nothing was changed. "
        "Say both, like `fri 7-10pm`, or a start and a length, like `fri 7pm for 3h`."
    )


class OddZone(AmbiguousTime):
    """A zone word that stands for several zones."""

    text = (
        "The time zone in “{given}” stands for several places, so nothing was changed. "
        "Name a city or an offset, like `fri 15:00 Dublin time` or `fri 15:00 UTC+2`."
    )


class NotARepeat(AmbiguousTime):
    """A single time where a repeat is wanted."""

    text = (
        "“{given}” does not say how often, so nothing was changed. "
        "Say how it repeats, like `every friday 7pm` or `every two weeks on monday`."
    )
