"""A repeat while it is put together, and the words that say when it starts and ends."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from bot.when.dates import read_day
from bot.when.errors import UnclearTime
from bot.when.items import Calendar, Context, Length, Nth, Span, Token, Weekday, ZoneWord
from bot.when.lengths import read_length
from bot.when.lexicon import Table
from bot.when.resolve import on_day, span_days
from bot.when.tokens import Tokens

NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(slots=True)
class Rule:
    """The parts of a repeat that have been read so far."""

    freq: str = ""
    interval: int = 1
    weekdays: list[int] = field(default_factory=list)
    nths: list[Nth] = field(default_factory=list)
    monthdays: list[int] = field(default_factory=list)
    month: int | None = None
    until: datetime | None = None
    count: int | None = None
    length: Length | None = None
    start: date | None = None

    def text(self) -> str:
        """Return the rule in RFC 5545 form."""
        parts = [self._freq_text(self.interval), *self._day_parts()]
        parts += [f"COUNT={self.count}"] if self.count is not None else []
        parts += [f"UNTIL={self.until:%Y%m%dT%H%M%SZ}"] if self.until is not None else []
        return ";".join(parts)

    def days_text(self) -> str:
        """Return the rule for the days it may begin on: every one that fits, without an end."""
        return ";".join([self._freq_text(1), *self._day_parts()])

    def _freq_text(self, interval: int) -> str:
        return f"FREQ={self.freq};INTERVAL={interval}" if interval > 1 else f"FREQ={self.freq}"

    def _day_parts(self) -> list[str]:
        days = [f"{nth.n}{NAMES[nth.index]}" for nth in self.nths if nth.index is not None]
        days += [NAMES[index] for index in sorted(set(self.weekdays))]
        parts = [f"BYMONTH={self.month}"] if self.month is not None else []
        parts += [f"BYDAY={','.join(days)}"] if days else []
        return parts + ([f"BYMONTHDAY={','.join(str(day) for day in self.monthdays)}"] if self.monthdays else [])


def read_bounds(tokens: list[Token], rule: Rule, table: Table, context: Context) -> list[Token]:
    """Take "starting oct 4", "until dec 31", "10 times" and "for 6 weeks" out of the line."""
    rest: list[Token] = []
    line = Tokens(tokens)
    i = 0
    while i < len(line):
        end = _times(line, i, rule) or _lasting(line, i, rule, table) or _dated(line, i, rule, table, context)
        if end is None:
            rest.append(line.at(i))
        i = end or i + 1
    return rest


def _times(line: Tokens, i: int, rule: Rule) -> int | None:
    j = line.skip(i, "for")
    if line.kind(j) == "num" and line.word(j + 1) == "times":
        if rule.count is not None or not 1 <= line.number(j) <= 1000:  # noqa: PLR2004 - far more than anyone plans
            raise UnclearTime
        rule.count = line.number(j)
        return j + 2
    return None


def _lasting(line: Tokens, i: int, rule: Rule, table: Table) -> int | None:
    """Read "for 6 weeks"; "for 2 hours" is about each occurrence and stays."""
    if line.word(i) != "for":
        return None
    found = read_length(line, line.skip(i + 1, "the", "next"), table)
    if found is None or not (found[0].days or found[0].months):
        return None
    if rule.length is not None or rule.count is not None:
        raise UnclearTime
    rule.length = found[0]
    return found[1]


def _dated(line: Tokens, i: int, rule: Rule, table: Table, context: Context) -> int | None:
    word = line.word(i)
    if word not in {"until", "from", "starting", "by"}:
        return None
    j = line.skip(i + 1, "the", "at", "dual", "from", "of", "in")
    ends = line.word(j) == "eo"
    found = read_day(line, line.skip(j, "eo", "of", "the"), table, month_first=context.month_first)
    unit = line.at(line.skip(j, "eo", "of", "the"))
    if found is None and unit.kind == "unit" and unit.value in {"mo", "y", "w"} and ends:
        found = Span(unit.value), line.skip(j, "eo", "of", "the") + 1
    if found is None:
        return None
    day, end = found
    if word == "until":
        _set_until(rule, day, context)
    elif not ends and (closed := _from_to(line, day, end, rule, table, context)) is not None:
        return closed
    elif ends or line.word(end) in {"to", "dash", "dual", "until"}:
        return None
    else:
        _set_start(rule, day, context)
    return end


def _from_to(line: Tokens, day: object, i: int, rule: Rule, table: Table, context: Context) -> int | None:
    """Read the second half of "from nov 1 to dec 15"."""
    if not isinstance(day, Calendar) or line.word(i) not in {"to", "dash", "dual", "until"}:
        return None
    found = read_day(line, line.skip(i + 1, "the", "dual"), table, month_first=context.month_first)
    if found is None or not isinstance(found[0], Calendar):
        return None
    _set_start(rule, day, context)
    _set_until(rule, found[0], context)
    return found[1]


def _set_until(rule: Rule, day: object, context: Context) -> None:
    if rule.until is not None:
        raise UnclearTime
    last = _first_and_last(day, context)[1]
    local = datetime.combine(last, time(23, 59, 59), context.zone)
    rule.until = local.astimezone(UTC)


def _set_start(rule: Rule, day: object, context: Context) -> None:
    if rule.start is not None:
        raise UnclearTime
    rule.start = _first_and_last(day, context)[0]
    if isinstance(day, Weekday) and not rule.weekdays:
        rule.weekdays.append(day.index)


def _first_and_last(day: object, context: Context) -> tuple[date, date]:
    if isinstance(day, Span):
        first, after = span_days(day, context)
        return first, after - timedelta(days=1)
    found = on_day(day, ZoneWord(context.zone), context)  # type: ignore[arg-type] # read_day yields days and spans
    return found, found
