"""The pieces that a phrase is made of, from words (tokens) to days, clock times and lengths (items)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo


class Token(NamedTuple):
    """A word or number with its meaning; `raw` keeps how a number was written."""

    kind: str
    value: object = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class ZoneWord:
    """A typed zone; `dst` is which half of a repeated hour its name points at, if it does."""

    zone: tzinfo
    dst: bool | None = None


Style = Literal["bare", "loose", "24", "am", "pm"]


@dataclass(frozen=True, slots=True)
class Clock:
    """A wall-clock time; a bare hour may mean either half of the day, `days` counts hours past midnight."""

    hour: int
    minute: int = 0
    second: int = 0
    style: Style = "24"
    days: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day, such as the evening."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number whose role depends on its neighbours."""

    value: int
    raw: str


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week (0 is Monday) in the coming days, or of a named week, some weeks on."""

    index: int
    week: int | None = None
    later: int = 0
    plural: bool = False


@dataclass(frozen=True, slots=True)
class Offset:
    """A day counted from today."""

    days: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar date whose year, or month, may be the next that fits; `swaps` if day and month may change places."""

    day: int
    month: int | None = None
    year: int | None = None
    shift: int | None = None
    swaps: bool = False


@dataclass(frozen=True, slots=True)
class Nth:
    """The nth weekday, or nth day when `index` is None, of a month; -1 is the last one."""

    n: int
    index: int | None
    month: int | None = None
    year: int | None = None
    shift: int | None = None


Day = Weekday | Offset | Calendar | Nth


@dataclass(frozen=True, slots=True)
class Days:
    """Several days on end, both named."""

    first: Day
    last: Day


@dataclass(frozen=True, slots=True)
class Span:
    """A calendar week, weekend, month or year, counted from the present one, or a month by name."""

    unit: Literal["w", "wend", "mo", "y", "d"]
    shift: int = 0
    month: int | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: calendar months and days keep the wall clock, seconds are elapsed."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    def __add__(self, other: "Length") -> "Length":
        return Length(self.months + other.months, self.days + other.days, self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class Hours:
    """`19h`, which is a clock time or a length depending on its neighbours."""

    clock: Clock | None
    length: Length


@dataclass(frozen=True, slots=True)
class Clocks:
    """Two clock times with a dash between."""

    first: Clock
    last: Clock


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that needs no working out; `day` when only its date is known."""

    at: datetime
    day: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A word that joins the others, such as `until`."""

    name: str


Item = (
    Clock | Clocks | Part | Number | Weekday | Offset | Calendar | Nth | Days | Span | Length | Hours | Moment | Word
) | ZoneWord


@dataclass(frozen=True, slots=True)
class Context:
    """Everything around a phrase that its meaning depends on; `now` is aware and without microseconds."""

    text: str
    now: datetime
    zone: ZoneInfo
    anchors: Mapping[str, datetime]
    month_first: bool

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()
