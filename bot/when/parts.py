"""What a phrase says, sorted by kind: at most one of each, or it is refused."""

from dataclasses import dataclass, field, replace

from bot.when.errors import SeveralTimes, UnclearTime
from bot.when.items import (
    Calendar,
    Clock,
    Day,
    Item,
    Length,
    Moment,
    Nth,
    Offset,
    Part,
    Span,
    Weekday,
    Word,
    ZoneWord,
)

PART_HOURS = {"morning": 9, "noon": 12, "afternoon": 15, "evening": 19, "night": 20, "dawn": 5}
_HALF = 12
_NIGHT_STARTS = 5
_AFTERNOON = {"afternoon", "evening", "night"}
_KINDS: dict[type, str] = {
    Weekday: "days",
    Offset: "days",
    Calendar: "days",
    Nth: "days",
    Clock: "clocks",
    Part: "parts",
    Span: "spans",
    Moment: "moments",
    Length: "lengths",
    ZoneWord: "zones",
    Word: "words",
}


@dataclass(slots=True)
class Parts:
    """The items of a phrase by kind; `words` are the joining words that still have to be accounted for."""

    days: list[Day] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    lengths: list[Length] = field(default_factory=list)
    zones: list[ZoneWord] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def take(self, *words: str) -> bool:
        """Remove all of the given words; return whether there were any."""
        kept = [word for word in self.words if word not in words]
        found = len(kept) < len(self.words)
        self.words = kept
        return found

    @property
    def zone(self) -> ZoneWord | None:
        return self.zones[0] if self.zones else None


def parts_of(items: list[Item]) -> Parts:
    """Sort the items; raise UnclearTime for what can't stand alone and SeveralTimes for two times."""
    parts = Parts()
    for item in items:
        _add(parts, item)
    if len(parts.zones) > 1 or len(parts.lengths) > 1 or len(parts.spans) > 1:
        raise UnclearTime
    if len(parts.clocks) > 1 or len(parts.moments) > 1:
        raise SeveralTimes
    return parts


def _add(parts: Parts, item: Item) -> None:
    kind = _KINDS.get(type(item))
    if kind is None or (isinstance(item, Weekday) and item.plural):
        raise UnclearTime
    value = item.name if isinstance(item, Part | Word) else item
    found = getattr(parts, kind)
    # "today tonight" names one day, but two clock times are two even when they agree.
    if kind not in {"days", "parts"} or value not in found:
        found.append(value)
    elif not isinstance(item, Offset | Part):
        raise UnclearTime


def clock_of(parts: Parts, *, day: bool) -> Clock | None:
    """Return the clock time that clock and part of the day make together; None when neither is named."""
    clock = parts.clocks[0] if parts.clocks else None
    names = list(parts.parts)
    if set(names) == {"night", "midnight"}:
        names = ["midnight"]
    if len(names) > 1:
        raise UnclearTime
    if not names:
        return clock
    if clock is None:
        if names[0] == "midnight":
            return Clock(0, days=1) if day else Clock(0)
        return Clock(PART_HOURS[names[0]])
    return in_part(clock, names[0])


def in_part(clock: Clock, part: str) -> Clock:
    """Return a clock time in the half of the day that a part of the day names; raise when they contradict."""
    if part in {"noon", "midnight"}:
        if clock.hour % _HALF or clock.minute:
            raise SeveralTimes
        return Clock(12) if part == "noon" else Clock(0, days=1)
    if clock.style in {"am", "pm"} or clock.hour > _HALF:
        return _agreeing(clock, part)
    hour = clock.hour % _HALF
    if part in {"morning", "dawn"}:
        return replace(clock, hour=hour if clock.hour == _HALF and part == "dawn" else clock.hour, style="24")
    if part == "night" and (hour < _NIGHT_STARTS):
        later = 1 if clock.style == "bare" or hour == 0 else 0
        return replace(clock, hour=hour, style="24", days=clock.days + later)
    return replace(clock, hour=hour + _HALF, style="24")


def _agreeing(clock: Clock, part: str) -> Clock:
    """Return a clock time whose half is already named, if the part of the day allows it."""
    late = clock.hour >= _HALF
    if part == "night" and not late and clock.hour < _NIGHT_STARTS:
        raise SeveralTimes
    if late != (part in _AFTERNOON):
        raise SeveralTimes
    return clock
