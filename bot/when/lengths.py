"""Lengths of time: a count and a unit, once or several times in a row."""

from fractions import Fraction

from bot.when.clocks import after_minutes
from bot.when.items import Length, Token
from bot.when.lexicon import SPELLED, Table
from bot.when.tokens import Tokens

_SECONDS = {"s": 1, "min": 60, "h": 3600}
_DAYS = {"d": 1, "w": 7, "fn": 14}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_SMALLER = {"y": 6, "q": 5, "mo": 5, "fn": 4, "w": 4, "d": 3, "h": 2, "min": 1, "s": 0}
_HALVES = {"half": Fraction(1, 2), "quarter": Fraction(1, 4), "threequarter": Fraction(3, 4)}
LARGEST = 10**7


def length_of(count: Fraction, unit: str) -> Length | None:
    """Return the length of a count of units; None for part of a month."""
    count = min(count, Fraction(LARGEST))
    if unit in _MONTHS:
        months = count * _MONTHS[unit]
        return Length(months=int(months)) if months.denominator == 1 else None
    if unit in _DAYS:
        days = count * _DAYS[unit]
        return Length(days=int(days)) if days.denominator == 1 else Length(seconds=int(days * 86400))
    return Length(seconds=int(count * _SECONDS[unit]))


def read_length(tokens: Tokens, i: int, table: Table) -> tuple[Length, int] | None:
    """Read a length that starts at position i, as long as it goes on; return it and where it ends."""
    if tokens.kind(i) == "length":
        value = tokens.at(i).value
        return (value, i + 1) if isinstance(value, Length) else None
    total, size = Length(), len(_SMALLER)
    end = i
    while (one := _component(tokens, end if end == i else tokens.skip(end, "and", "comma"))) is not None:
        length, unit, after = one
        if _SMALLER[unit] >= size:
            break
        total, end, size = total + length, after, _SMALLER[unit]
    if end == i:
        return None
    return _trailing_minutes(tokens, total, end, size)


def _component(tokens: Tokens, i: int) -> tuple[Length, str, int] | None:
    """Read one count with its unit, and the half that may follow it."""
    token = tokens.at(i)
    if token.kind == "hours":
        return _glued(tokens, i)
    counted = _count(tokens, i)
    count, j = counted if counted is not None else (Fraction(1), i)
    if tokens.kind(j) != "unit":
        return None
    unit = str(tokens.at(j).value)
    if unit not in _SMALLER:
        return None
    extra, end = _and_half(tokens, j + 1, more=False)
    if counted is None and not extra and unit != "fn":
        return None
    length = length_of(count + extra, unit)
    return None if length is None else (length, unit, end)


def _glued(tokens: Tokens, i: int) -> tuple[Length, str, int] | None:
    match tokens.at(i).value:
        case (int(hours), int(minutes)):
            return Length(seconds=hours * 3600 + minutes * 60), "min", after_minutes(tokens, i)
        case (int(hours), None):
            return Length(seconds=hours * 3600), "h", i + 1
    return None


def _count(tokens: Tokens, i: int) -> tuple[Fraction, int] | None:
    token = tokens.at(i)
    if token.kind in {"dec", "dot"} and not token.raw.endswith("."):
        return Fraction(token.raw.replace(",", ".")), i + 1
    if token.kind == "slash":
        return _fraction(token, i)
    if token.kind == "num":
        return _whole(tokens, i)
    j = i + (tokens.word(i) == "a")
    if (part := _HALVES.get(tokens.word(j))) is not None:
        return part, tokens.skip(j + 1, "a", "of", "the")
    if j == i:
        return None
    return _whole(tokens, j) if tokens.kind(j) == "num" else (Fraction(1), j)


def _fraction(token: Token, i: int) -> tuple[Fraction, int] | None:
    match token.value:
        case (int(top), int(bottom)) if 0 < top < bottom:
            return Fraction(top, bottom), i + 1
    return None


def _whole(tokens: Tokens, i: int) -> tuple[Fraction, int]:
    if tokens.number(i) == 1 and (part := _HALVES.get(tokens.word(i + 1))) is not None:
        return part, tokens.skip(i + 2, "a", "of", "the")
    count = Fraction(tokens.number(i))
    if tokens.kind(i + 1) == "slash" and (top := _fraction(tokens.at(i + 1), i + 1)) is not None:
        return count + top[0], i + 2
    extra, end = _and_half(tokens, i + 1, more=True)
    if extra and tokens.kind(end) == "unit":
        return count + extra, end
    return count, tokens.skip(i + 1, "of", "dash")


def _and_half(tokens: Tokens, i: int, *, more: bool) -> tuple[Fraction, int]:
    """Read the "and a half" after a count or a unit (which `more` may follow); nothing read is zero."""
    j = tokens.skip(i, "and")
    joined = j > i
    j = tokens.skip(j, "a")
    if (joined or (tokens.word(j) == "half" and not more)) and (part := _HALVES.get(tokens.word(j))) is not None:
        after = j + 1
        if tokens.kind(tokens.skip(after, "a", "of")) == "unit" and joined and not more:
            return Fraction(0), i
        return part, after
    return Fraction(0), i


def _trailing_minutes(tokens: Tokens, total: Length, end: int, size: int) -> tuple[Length, int]:
    """Take the bare minutes of "1 hr 15"; anything that may belong to what follows is left."""
    j = tokens.skip(end, "and")
    token = tokens.at(j)
    follows = tokens.kind(j + 1) in {"mer", "month", "unit", "wd", "end"} and tokens.kind(j + 1) != "end"
    if size == _SMALLER["h"] and token.kind == "num" and (len(token.raw) == 2 or token.raw == SPELLED) and not follows:  # noqa: PLR2004
        minutes = tokens.number(j)
        if minutes < 60 and tokens.word(j + 1) in {"", "before", "after", "fromnow"}:  # noqa: PLR2004
            return total + Length(seconds=60 * minutes), j + 1
    return total, end
