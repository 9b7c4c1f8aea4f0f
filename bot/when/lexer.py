"""From a clean line to tokens: numbers by their shape, words by the tables; an unknown word is refused."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.when import foreign, zones
from bot.when.clean import fold
from bot.when.errors import FarTime, NoSuchTime, UnclearTime
from bot.when.items import Context, Length, Moment, Token
from bot.when.lexicon import Lexicon

# The longest phrases that mean one time have some thirty words and numbers.
_MOST_PIECES = 40
_MOST_UNKNOWN = 2
MOST_BEHIND = 12  # hours: no zone is further behind UTC
_DAY_SHAPES = {"number", "ordinal", "dotted"}
_LABEL = (Token("word", "label", "label"),)
GLUE = "\N{NON-BREAKING HYPHEN}"

_STAMP = re.compile(r"<t:(-?[0-9]+)(?::[a-z])?>")
_ISO = re.compile(
    r"(?<![0-9])([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:t| (?=[0-9]{2}:))([0-9]{2}):?([0-9]{2})"
    r"(?::?([0-9]{2})(?:\.[0-9]+)?)?"
    r"(z|[+-][0-9]{2}(?::?[0-9]{2})?)?(?![0-9:a-z])"
)
_ISO_LENGTH = re.compile(
    r"(?<![^\W_])p(?=[0-9t])(?:([0-9]+)w)?(?:([0-9]+)d)?(?:t(?=[0-9])(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?)?(?![^\W_])"
)
_MERIDIEM = re.compile(r"(?<=[0-9])( ?)([ap])(?:\. ?m\b\.?|m\b\.?)")
_PIECE = re.compile(
    r"""(?P<special>\x02[0-9]+\x03)
    |(?P<ymd>[0-9]{4}([-/.])[0-9]{1,2}\3[0-9]{1,2}(?![0-9]))
    |(?P<dmy>[0-9]{1,2}([./-])[0-9]{1,2}\5(?:[0-9]{4}|[0-9]{2})(?![0-9:]|[./-][0-9]))
    |(?P<monthday>m[0-9]{1,2}d[0-9]{1,2}(?![^\W_]))
    |(?P<clock>[0-9]{1,2}(?::[0-9]{2}){1,2}(?![0-9:]))
    |(?P<slash>[0-9]{1,2}/[0-9]{1,2}(?![0-9/:]))
    |(?P<decimal>[0-9]{1,3},[0-9]{1,2}(?![0-9,]))
    |(?P<dot>[0-9]{1,2}\.[0-9]{1,2}(?![0-9])\.?)
    |(?P<hours>[0-9]{1,2}\ ?h(?:\ ?[0-5][0-9])?(?![^\W_]))
    |(?P<ordinal>[0-9]{1,2}(?:st|nd|rd|th|er|ere|re|eme|e|o|a)(?![^\W_]))
    |(?P<dotted>[0-9]{1,2}\.(?![0-9]))
    |(?P<number>[0-9]+)
    |(?P<word>[^\W0-9_]+)
    |(?P<mark>[-/@&+%])
    |(?P<skip>[\s!?()"';_=]|[:.](?![0-9]))
    |(?P<comma>,)""",
    re.VERBOSE,
)

_MARKS = {"-": "dash", "/": "slash", "@": "at", "&": "and", "+": "plus"}


class Scanner:
    """Turns one line into tokens with one language's lexicon."""

    def __init__(self, lexicon: Lexicon, context: Context) -> None:
        self.lexicon, self.context = lexicon, context
        self.specials: list[Token] = []
        self.asked = 0

    def tokens(self, line: str) -> list[Token]:
        """Return the tokens of a clean line; raise UnclearTime if any part of it has no meaning."""
        text = fold(line, marks=self.lexicon.table.marks)
        text = self._without_specials(text)
        for pattern, new in self.lexicon.rewrites:
            text = pattern.sub(new, text)
        return self._joined(self._pieces(text.replace("'", " ")))

    def _keep(self, kind: str, value: object) -> str:
        self.specials.append(Token(kind, value))
        return f" \x02{len(self.specials) - 1}\x03 "

    def _without_specials(self, text: str) -> str:
        """Put a placeholder for what must not be cut into words: stamps, ISO, zones, anchors."""
        for name in sorted(self.context.anchors, key=len, reverse=True):
            key = fold(name, marks=self.lexicon.table.marks).strip()
            # A name that is also a time word, or only digits, would change what other phrases mean.
            known = self.lexicon.phrases.get(key, _LABEL) != _LABEL
            if key and key in text and not known and not key.replace(" ", "").isdigit():
                text = self._anchored(text, name, key)
        for pattern, change in (
            (_STAMP, self._stamp),
            (_ISO, self._iso),
            (_ISO_LENGTH, self._iso_length),
            (zones.OFFSET, self._offset),
            (zones.IANA, self._iana),
            (_MERIDIEM, self._meridiem),
        ):
            text = pattern.sub(change, text)
        return text

    def _anchored(self, text: str, name: str, key: str) -> str:
        at = self.context.anchors[name].astimezone(UTC)
        local = at.astimezone(self.context.zone)
        moment = Moment(at, day=(local.hour, local.minute, local.second) == (0, 0, 0))
        edge = "" if self.lexicon.table.spaceless else r"(?<![^\W_])"
        end = "" if self.lexicon.table.spaceless else r"(?![^\W_])"
        return re.sub(edge + re.escape(key) + end, lambda _: self._keep("anchor", moment), text)

    def _stamp(self, found: re.Match[str]) -> str:
        try:
            at = datetime.fromtimestamp(int(found[1]), UTC)
        except (OverflowError, ValueError, OSError):
            raise FarTime from None
        return self._keep("moment", Moment(at))

    def _iso(self, found: re.Match[str]) -> str:
        year, month, day, hour, minute = (int(found[i]) for i in range(1, 6))
        try:
            wall = datetime(year, month, day, hour, minute, int(found[6] or 0))  # noqa: DTZ001 - the zone comes below
        except ValueError:
            raise NoSuchTime from None
        # After a space, `-21:00` is when it ends: nobody types an offset there, and none is more than 12 hours behind.
        ends = found[7] and found[7][0] == "-" and (" " in found[0] or int(found[7][1:3]) > MOST_BEHIND)
        if not found[7] or ends:
            written = self._keep("ymd", (year, month, day)) + self._keep("time", (hour, minute, int(found[6] or 0)))
            return written + (found[7] or "")
        ahead = timedelta()
        if found[7] != "z":
            sign = -1 if found[7][0] == "-" else 1
            ahead = sign * timedelta(hours=int(found[7][1:3]), minutes=int(found[7][3:].lstrip(":") or 0))
        try:
            return self._keep("moment", Moment((wall - ahead).replace(tzinfo=UTC)))
        except OverflowError:
            raise FarTime from None

    def _iso_length(self, found: re.Match[str]) -> str:
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return self._keep("length", Length(0, weeks * 7 + days, hours * 3600 + minutes * 60 + seconds))

    def _offset(self, found: re.Match[str]) -> str:
        zone = zones.offset(found[1], found[2], found[3])
        if zone is None:
            raise NoSuchTime
        return self._keep("zone", zone)

    def _iana(self, found: re.Match[str]) -> str:
        zone = zones.named(found[0])
        return found[0] if zone is None else self._keep("zone", zone)

    def _meridiem(self, found: re.Match[str]) -> str:
        # German "7 am Freitag" is "on Friday", so there only the glued form is a half of the day.
        if found[1] and "am" in self.lexicon.phrases:
            return found[0]
        return " " + self._keep("mer", f"{found[2]}m")

    def _pieces(self, text: str) -> list[tuple[str, str]]:
        pieces: list[tuple[str, str]] = []
        position = 0
        forms = re.compile(self.lexicon.forms) if self.lexicon.forms else None
        while position < len(text):
            if len(pieces) > _MOST_PIECES:
                raise UnclearTime
            if forms is not None and (form := forms.match(text, position)):
                pieces.append(("word", form[0]))
                position = form.end()
                continue
            found = _PIECE.match(text, position)
            if found is None or found.lastgroup is None:
                raise UnclearTime
            position = self._add(pieces, found, text)
        return pieces

    def _add(self, pieces: list[tuple[str, str]], found: re.Match[str], text: str) -> int:
        """Append the piece that was found and return where it ends."""
        kind, raw = str(found.lastgroup), found[0]
        if kind == "mark" and raw == "-" and _between_letters(text, found.start()):
            pieces.append(("glue", GLUE))
        elif kind == "dotted" and not self.lexicon.table.dotted_days:
            pieces.append(("number", raw[:-1]))
        elif kind == "decimal" and "," in raw and not self.lexicon.table.comma_decimals:
            digits = raw.index(",")
            pieces.append(("number", raw[:digits]))
            return found.start() + digits
        elif kind == "word" and self.lexicon.table.spaceless and not raw.isascii():
            raise UnclearTime
        elif kind != "skip":
            pieces.append((kind, raw))
        return found.end()

    def _joined(self, pieces: list[tuple[str, str]]) -> list[Token]:
        """Give every piece its meaning, the longest phrase first."""
        tokens: list[Token] = []
        i = 0
        while i < len(pieces):
            kind, raw = pieces[i]
            if kind == "word":
                found, i = self._phrase(pieces, i) or self._foreign(pieces, i, tokens)
                tokens += found
                continue
            tokens.append(self._shape(kind, raw))
            i += 1
        return tokens

    def _phrase(self, pieces: list[tuple[str, str]], start: int) -> tuple[tuple[Token, ...], int] | None:
        words: list[tuple[str, int]] = []
        for i in range(start, min(len(pieces), start + 2 * self.lexicon.longest)):
            if pieces[i][0] == "word":
                words.append((pieces[i][1], i + 1))
            elif pieces[i][0] != "glue":
                break
        for count in range(min(len(words), self.lexicon.longest), 0, -1):
            key = " ".join(word for word, _ in words[:count])
            if (meaning := self.lexicon.phrases.get(key)) is not None:
                return meaning, words[count - 1][1]
        return self._other_words(words)

    def _other_words(self, words: list[tuple[str, int]]) -> tuple[tuple[Token, ...], int] | None:
        """Return the meaning of words that no table lists, if they are a zone or a city."""
        known = [word for word, _ in words]
        for count in range(min(len(words), 4), 0, -1):
            name = " ".join(known[:count])
            if (place := self._place(name)) is not None:
                return (place,), words[count - 1][1]
        return None

    def _foreign(self, pieces: list[tuple[str, str]], i: int, tokens: list[Token]) -> tuple[tuple[Token, ...], int]:
        """Return the month that an unknown word names beside a day, or the day that it makes of two numbers."""
        self.asked += 1
        languages = self.lexicon.table.months_from
        before, word, after = (pieces[k] if 0 <= k < len(pieces) else ("", "") for k in (i - 1, i, i + 1))
        if self.asked > _MOST_UNKNOWN or (before[0] not in _DAY_SHAPES and after[0] not in _DAY_SHAPES):
            raise UnclearTime
        month = foreign.month_named(word[1], languages)
        if month is not None:
            return (Token("month", month),), i + 1
        if before[0] == after[0] == "number":
            unit = pieces[i + 2] if i + 2 < len(pieces) else ("", "")
            last = unit[1] if unit[0] == "word" else ""
            date = foreign.month_and_day(int(before[1]), word[1], int(after[1]), last, languages[0])
            if date is not None:
                tokens.pop()
                return (Token("monthday", date),), i + 2 + bool(last)
        raise UnclearTime

    def _place(self, name: str) -> Token | None:
        zone = zones.abbreviation(name, self.context.zone, self.context.now)
        if zone is not None:
            return Token("zone", zone)
        place = zones.city(name)
        return None if place is None else Token("region" if zones.region(name) else "city", place)

    def _shape(self, kind: str, raw: str) -> Token:
        if kind == "special":
            return self.specials[int(raw[1:-1])]
        if kind == "mark":
            if raw not in _MARKS:
                raise UnclearTime
            return Token("word", _MARKS[raw], raw)
        return _SHAPES[kind](raw)


def _between_letters(text: str, position: int) -> bool:
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    return before.isalpha() and after.isalpha()


def _number(raw: str) -> Token:
    return Token("num", int(raw) if len(raw) <= 15 else 10**15, raw)  # noqa: PLR2004 - longer ones are all too far


def _ordinal(raw: str) -> Token:
    return Token("ord", int(re.match(r"[0-9]+", raw)[0]), raw)  # type: ignore[index] # the shape has digits


def _pair(raw: str) -> Token:
    first, second = (int(part) for part in re.findall(r"[0-9]+", raw))
    return Token("slash", (first, second), raw)


def _clock(raw: str) -> Token:
    hour, minute, *rest = (int(part) for part in raw.split(":"))
    return Token("time", (hour, minute, rest[0] if rest else 0), raw)


def _hours(raw: str) -> Token:
    hour, _, minute = raw.replace(" ", "").partition("h")
    return Token("hours", (int(hour), int(minute) if minute else None), raw)


def _date(raw: str) -> Token:
    return Token("date", tuple(int(part) for part in re.split(r"[./-]", raw)), raw)


_SHAPES: dict[str, Callable[[str], Token]] = {
    "ymd": lambda raw: Token("ymd", tuple(int(part) for part in re.split(r"[./-]", raw)), raw),
    "dmy": _date,
    "monthday": lambda raw: Token("monthday", _pair(raw).value, raw),
    "clock": _clock,
    "slash": _pair,
    "decimal": lambda raw: Token("dec", float(raw.replace(",", ".")), raw),
    "dot": lambda raw: Token("dot", _pair(raw).value, raw),
    "hours": _hours,
    "ordinal": _ordinal,
    "dotted": lambda raw: Token("ord", int(raw[:-1]), raw),
    "number": _number,
    "comma": lambda raw: Token("word", "comma", raw),
    "glue": lambda raw: Token("word", "dash", raw),
}
