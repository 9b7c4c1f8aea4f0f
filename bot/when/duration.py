"""Reads a length of time in seconds."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from bot.when.errors import AmbiguousTime, FarTime, UnclearTime
from bot.when.items import Context, Length
from bot.when.lengths import LARGEST, read_length
from bot.when.lexicon import Table
from bot.when.reading import Reading
from bot.when.resolve import YEARS
from bot.when.tokens import Tokens

_DAY = 86400
_LEADS = ("for", "the", "in")
_LIMIT = timedelta(days=366 * YEARS)


def read_duration(tokens: Tokens, table: Table, context: Context) -> Reading:
    """Return the reading of a length; a day is 24 hours, a month as long as the coming ones are."""
    start = tokens.skip(0, *_LEADS)
    end = len(tokens)
    found = _colon(tokens, start) or _counted_days(tokens, start, table) or read_length(tokens, start, table)
    if found is None or tokens.skip(found[1], "comma") < end:
        raise AmbiguousTime if _several(tokens, start, table) else UnclearTime
    seconds = _seconds(found[0], context)
    if seconds <= 0:
        raise UnclearTime
    return Reading("duration", seconds=seconds)


def _colon(tokens: Tokens, i: int) -> tuple[Length, int] | None:
    """Read "1:30" as hours and minutes."""
    match tokens.at(i).value:
        case (int(hours), int(minutes), int(seconds)) if tokens.kind(i) == "time":
            if minutes >= 60 or seconds >= 60:  # noqa: PLR2004
                raise UnclearTime
            after = (tokens.kind(i + 1), tokens.at(i + 1).value) == ("unit", "h")
            return Length(seconds=hours * 3600 + minutes * 60 + seconds), i + 1 + after
    return None


def _counted_days(tokens: Tokens, i: int, table: Table) -> tuple[Length, int] | None:
    """Read "3日", which is a day of the month everywhere but here."""
    if table.spaceless and tokens.kind(i) == "ord":
        return Length(days=tokens.number(i)), i + 1
    return None


def _several(tokens: Tokens, start: int, table: Table) -> bool:
    """Whether a phrase names two lengths, as in "2-3 hours" and "an hour or two"."""
    joins = [i for i in range(start, len(tokens)) if tokens.word(i) in {"or", "dash", "to", "dual"}]
    if len(joins) != 1 or joins[0] == start:
        return False
    left, right = joins[0] - 1, joins[0] + 1
    whole = read_length(tokens, right, table) is not None or tokens.kind(right) == "num"
    return whole and tokens.kind(left) in {"num", "unit", "dec", "dot", "hours"}


def _seconds(length: Length, context: Context) -> int:
    if max(length.months, length.days) >= LARGEST or length.seconds > _LIMIT.total_seconds():
        raise FarTime
    today = context.today
    if length.months > 12 * (YEARS + 1) or length.days > _LIMIT.days:
        raise FarTime
    days = (today + relativedelta(months=length.months) - today).days + length.days
    whole = timedelta(days=days, seconds=length.seconds)
    if whole > _LIMIT:
        raise FarTime
    return days * _DAY + length.seconds
