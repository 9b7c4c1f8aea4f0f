"""The way in: cleans the text, tries the typist's language and then English, and names what is unclear."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from threading import Thread
from zoneinfo import ZoneInfo

from bot.when import foreign, zones
from bot.when.chunk import items_of
from bot.when.clean import clean
from bot.when.duration import read_duration
from bot.when.errors import FarTime, UnclearTime, UnreadableLength, UnreadableRange, UnreadableRepeat
from bot.when.instant import read_instant
from bot.when.interval import read_interval
from bot.when.items import Context, Token
from bot.when.languages import MONTHS_ONLY, TABLES, table_for
from bot.when.lexer import Scanner
from bot.when.lexicon import SPELLED, Lexicon, compile_table
from bot.when.reading import Reading, Want
from bot.when.recurrence import read_recurrence
from bot.when.resolve import instant
from bot.when.tokens import Tokens

_MONTH_FIRST = {"en-US", "ja", "zh-CN", "zh-TW", "ko"}
_UNREADABLE = {"duration": UnreadableLength, "interval": UnreadableRange, "recurrence": UnreadableRepeat}


def read(
    text: str,
    *,
    want: Want,
    now: datetime,
    zone: ZoneInfo,
    locale: str = "en-US",
    anchors: Mapping[str, datetime] | None = None,
) -> Reading:
    """Return what a person's text means at the aware instant `now`, in their zone and their Discord locale.

    `anchors` are instants that a phrase may count from, such as the release. All instants of the reading are
    aware and in UTC. Raises UnclearTime, with a reason and suggestions, for whatever can't be read with certainty.
    """
    try:
        line = clean(text)
        context = Context(text, now.astimezone(UTC).replace(microsecond=0), zone, anchors or {}, locale in _MONTH_FIRST)
        return _first_language(line, want, context, locale)
    except UnclearTime as unclear:
        kind = type(unclear)
        if kind is UnclearTime and want in _UNREADABLE:
            kind = _UNREADABLE[want]
        raise kind(text, tuple(each for each in unclear.suggestions if each.kind == want)) from None
    except OverflowError:
        raise FarTime(text) from None


def _first_language(line: str, want: Want, context: Context, locale: str) -> Reading:
    """Return the reading in the first language that has one; keep the clearest refusal."""
    refusal: UnclearTime | None = None
    for lexicon in _lexicons(locale):
        try:
            return _read(line, want, lexicon, context)
        except UnclearTime as unclear:
            if refusal is None or refusal.reason == "unparseable":
                refusal = unclear
            if refusal.reason != "unparseable":
                break
    raise refusal or UnclearTime


def _lexicons(locale: str) -> Iterator[Lexicon]:
    own, english = table_for(locale), table_for("en-US")
    yield compile_table(own)
    if own.code != english.code:
        yield compile_table(english)


def _read(line: str, want: Want, lexicon: Lexicon, context: Context) -> Reading:
    tokens = Scanner(lexicon, context).tokens(line)
    table = lexicon.table
    if not tokens:
        raise UnclearTime
    if want == "duration":
        return read_duration(Tokens(tokens), table, context)
    if want == "recurrence":
        return read_recurrence(tokens, table, context)
    if want == "instant" and _some_day(tokens):
        raise UnclearTime
    items = items_of(Tokens(tokens), table, context)
    return read_instant(items, table, context) if want == "instant" else read_interval(items, table, context)


def _some_day(tokens: list[Token]) -> bool:
    """Whether a phrase begins with "one day", which is any day to come unless it is counted from another."""
    line = Tokens(tokens)
    one = line.word(0) == "a" or (line.kind(0), line.at(0).value, line.at(0).raw) == ("num", 1, SPELLED)
    day = (line.kind(1), line.at(1).value) == ("unit", "d")
    return one and day and line.word(2) not in {"before", "after", "from", "ago", "fromnow"}


def warm() -> Thread:
    """Load everything that the first phrase in each language would wait for, dateparser in the background."""
    zones.warm()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for table in TABLES.values():
        compile_table(table)
        instant(now)
    rest = Thread(target=_warm_rest, name="languages of dateparser", daemon=True)
    rest.start()
    return rest


def _warm_rest() -> None:
    foreign.warm((*TABLES, *MONTHS_ONLY))
    for code in MONTHS_ONLY:
        compile_table(table_for(code))
