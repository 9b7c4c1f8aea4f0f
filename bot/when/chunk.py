"""From tokens to items: every token becomes part of one item, in the order in which they stand."""

from bot.when.clocks import read_clock
from bot.when.dates import read_day
from bot.when.errors import UnclearTime
from bot.when.items import Context, Hours, Item, Moment, Number, Part, Span, Word, ZoneWord
from bot.when.lengths import read_length
from bot.when.lexicon import Table
from bot.when.tokens import Tokens

_SILENT = {"the", "comma"}


def items_of(tokens: Tokens, table: Table, context: Context) -> list[Item]:
    """Return the items of a line; raise UnclearTime when a number or a word fits nowhere."""
    items: list[Item] = []
    i = 0
    while i < len(tokens):
        item, i = _next(tokens, i, table, context)
        if item is not None:
            items.append(item)
    return items


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


def _rest(tokens: Tokens, i: int, context: Context) -> tuple[Item | None, int]:
    token = tokens.at(i)
    if token.kind == "num":
        return Number(tokens.number(i), token.raw), i + 1
    if token.kind == "unit" and token.value in {"w", "mo", "y", "d"}:
        return Span(token.value), i + 1
    if token.kind == "word":
        name = tokens.word(i)
        if name == "now":
            return Moment(context.now), i + 1
        return (None if name in _SILENT else Word(name)), i + 1
    raise UnclearTime
