"""From tokens to items: every token becomes part of one item, in the order in which they stand."""

from dataclasses import replace

from bot.when.clocks import read_clock
from bot.when.dates import read_day
from bot.when.errors import UnclearTime
from bot.when.items import Calendar, Clock, Context, Hours, Item, Moment, Number, Part, Span, Word, ZoneWord
from bot.when.lengths import read_length
from bot.when.lexicon import ALONE, SEVERAL, SPELLED, Table
from bot.when.tokens import Tokens

_SILENT = {"the", "comma"}
_LABEL, _CUE = Word("label"), Word("cue")
_OF = (Word("of"), Word("from"), Word("in"))
_LEADS = {"cue", "at", "dual", "from", "to", "dash", "until", "between", "by", "and"}


def items_of(tokens: Tokens, table: Table, context: Context) -> list[Item]:
    """Return the items of a line; raise UnclearTime when a number or a word fits nowhere."""
    items: list[Item] = []
    i = 0
    while i < len(tokens):
        item, i = _next(tokens, i, table, context)
        if item is not None:
            items.append(item)
    return _with_years(_without_labels(items), context)


def _with_years(items: list[Item], context: Context) -> list[Item]:
    """Join "jan 5" and "next year", in either order."""
    made: list[Item] = []
    for item in items:
        last = len(made) - 1
        joined = last > 0 and made[last] in _OF
        if (dated := _in_year(made[last - joined] if made else None, item, context)) is not None:
            made[last - joined :] = [dated]
        else:
            made.append(item)
    return made


def _in_year(left: Item | None, right: Item, context: Context) -> Item | None:
    for day, year in ((left, right), (right, left)):
        if not isinstance(year, Span) or (year.unit, year.month) != ("y", None) or year.shift < 0:
            continue
        if isinstance(day, Calendar | Span) and day.month is not None and day.year is None:
            return replace(day, year=context.today.year + year.shift)
    return None


def _without_labels(items: list[Item]) -> list[Item]:
    """Drop what the time is for; "doors 7" is a time, "show 2" is not."""
    kept: list[Item] = []
    for item, after in zip(items, [*items[1:], None], strict=False):
        if item == _LABEL and isinstance(after, Number):
            raise UnclearTime
        if item == _CUE and isinstance(after, Number | Hours | Clock):
            kept.append(Word("at"))
        elif item not in {_LABEL, _CUE}:
            kept.append(item)
    return kept


def _next(tokens: Tokens, i: int, table: Table, context: Context) -> tuple[Item | None, int]:
    """Read one item at the position: days before clock times, clock times before lengths."""
    if (zone := _zone(tokens, i)) is not None:
        return zone
    ready = _ready(tokens, i)
    # Two numbers with a dot are a clock time or a length before they are a date.
    if ready is None and tokens.kind(i) == "dot":
        ready = read_clock(tokens, i, table) or read_length(tokens, i, table)
    ready = ready or read_day(tokens, i, table, month_first=context.month_first)
    if ready is not None:
        return ready
    clock, length = read_clock(tokens, i, table), None
    if clock is None or isinstance(clock[0], Hours):
        length = read_length(tokens, i, table)
    if clock is not None and (length is None or length[1] <= clock[1]):
        return clock
    return length or _rest(tokens, i, context)


def _ready(tokens: Tokens, i: int) -> tuple[Item, int] | None:
    """Take what the scanner has already worked out."""
    token = tokens.at(i)
    if token.kind in {"moment", "anchor"} and isinstance(token.value, Moment):
        return token.value, i + 1
    if token.kind == "part":
        return Part(str(token.value)), i + 1
    return None


def _zone(tokens: Tokens, i: int) -> tuple[Item, int] | None:
    """Read `EST`, `London time`, `in Tokyo`, `heure de Paris`."""
    start = i
    led = tokens.word(i) in {"zonetime", "in", "at"}
    if led:
        i = tokens.skip(i + 1, "of", "from", "the")
    zone = tokens.at(i).value
    if not isinstance(zone, ZoneWord) or (led and tokens.word(start) == "at"):
        return None
    told = tokens.word(i + 1) == "zonetime"
    if tokens.kind(i) == "city" and not (led or told):
        raise UnclearTime
    return zone, i + 1 + told


def _refuse_count_of_parts(tokens: Tokens, i: int) -> None:
    """Refuse "one night", "un soir" and "3 nights": a number that counts what follows is no hour."""
    after, led = tokens.at(i + 1), tokens.word(i - 1) in _LEADS
    if after.kind != "part":
        return
    spelled = tokens.at(i).raw == SPELLED or tokens.number(i) == 1
    if after.raw == SEVERAL or (after.raw == ALONE and spelled and not led):
        raise UnclearTime


def _rest(tokens: Tokens, i: int, context: Context) -> tuple[Item | None, int]:
    token = tokens.at(i)
    if token.kind == "num":
        _refuse_count_of_parts(tokens, i)
        return Number(tokens.number(i), token.raw), i + 1
    if token.kind == "unit" and token.value in {"w", "mo", "y", "d"}:
        return Span(token.value), i + 1
    if token.kind == "word":
        name = tokens.word(i)
        if name == "now":
            return Moment(context.now), i + 1
        return (None if name in _SILENT else Word(name)), i + 1
    raise UnclearTime
