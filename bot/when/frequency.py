"""How often: "every other tuesday", "1st and 15th of every month", "weekdays", "biweekly"."""

from bot.when.bounds import Rule
from bot.when.errors import AmbiguousTime, NoSuchTime, UnclearTime
from bot.when.items import Context, Nth, Token
from bot.when.lexicon import Table

_FREQS = {"d": "DAILY", "w": "WEEKLY", "mo": "MONTHLY", "y": "YEARLY"}
_NAMED = {
    "daily": ("DAILY", 1),
    "weekly": ("WEEKLY", 1),
    "biweekly": ("WEEKLY", 2),
    "monthly": ("MONTHLY", 1),
    "bimonthly": ("MONTHLY", 2),
    "quarterly": ("MONTHLY", 3),
    "yearly": ("YEARLY", 1),
}
_WORKDAYS = [0, 1, 2, 3, 4]
_WEEKEND = [5, 6]
_WEEK = 7
_LAST_DAY = 31
_MONTHS = 12
_MOST = 99
_LISTING = {"and", "comma", "slash"}
_TO = {"to", "dash", "until", "dual"}


class _Line:
    """The tokens that are still to be read; what is understood is taken out."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens

    def kind(self, i: int) -> str:
        return self.tokens[i].kind if 0 <= i < len(self.tokens) else "end"

    def word(self, i: int) -> str:
        return str(self.tokens[i].value) if self.kind(i) == "word" else ""

    def number(self, i: int) -> int:
        value = self.tokens[i].value
        return value if isinstance(value, int) else 0

    def unit(self, i: int) -> str:
        return str(self.tokens[i].value) if self.kind(i) == "unit" else ""

    def cut(self, start: int, end: int) -> None:
        del self.tokens[start:end]


def read_frequency(tokens: list[Token], rule: Rule, table: Table, context: Context) -> list[Token]:
    """Take the words that say how often out of the line, and return what is left: clock times."""
    line = _Line(_without_articles(tokens, habitual=table.habitual_article))
    _of_the_month(line, rule)
    every = _every(line, rule)
    _dates(line, rule, every=every, context=context)
    _weekdays(line, rule, every=every)
    return line.tokens


def _without_articles(tokens: list[Token], *, habitual: bool) -> list[Token]:
    """Drop "the"; where it makes a weekday a habit ("le vendredi"), the weekday becomes plural."""
    kept: list[Token] = []
    article = False
    for token in tokens:
        if (token.kind, token.value) == ("word", "the"):
            article = True
            continue
        kept.append(token._replace(kind="wds") if article and habitual and token.kind == "wd" else token)
        article = False
    return kept


def _set(rule: Rule, freq: str, interval: int = 1) -> None:
    """Set how often; a second statement has to agree with the first."""
    if rule.freq and rule.freq != freq:
        raise UnclearTime
    if not 1 <= interval <= _MOST:
        raise UnclearTime
    rule.freq = freq
    if interval > 1:
        rule.interval = interval


def _of_the_month(line: _Line, rule: Rule) -> None:
    """Read "of the month", "of every month", "in each month" and "of every year"."""
    i = 0
    while i < len(line.tokens):
        if line.word(i) in {"of", "in", "dual", "from"}:
            j = i + 1 + (line.word(i + 1) == "every")
            if line.unit(j) == "mo":
                _set(rule, "MONTHLY")
                line.cut(i, j + 1)
                continue
        i += 1


def _every(line: _Line, rule: Rule) -> int | None:
    """Read the one "every ..." of the line; return where it stood if days follow it."""
    found: int | None = None
    i = 0
    while i < len(line.tokens):
        if line.word(i) in _NAMED:
            _set(rule, *_NAMED[line.word(i)])
            line.cut(i, i + 1)
        elif line.word(i) == "every":
            _after_every(line, rule, i)
            found = i if found is None else found
        else:
            i += 1
    return found


def _after_every(line: _Line, rule: Rule, i: int) -> None:
    """Read the count and the unit after "every", and take them out."""
    line.cut(i, i + 1)
    count, j = 1, i
    if line.word(i) == "other":
        count, j = 2, i + 1
    elif (line.kind(i) == "num" and line.kind(i + 1) in {"unit", "wd", "wds"}) or (
        line.kind(i) == "ord" and (line.kind(i + 1) == "unit" or _second_weekday(line, rule, i))
    ):
        count, j = line.number(i), i + 1
    if line.unit(j) in _FREQS and not (line.unit(j) == "d" and line.kind(j - 1) == "ord" and count > 2):  # noqa: PLR2004
        _set(rule, _FREQS[line.unit(j)], count)
        line.cut(i, j + 1)
    elif line.unit(j) == "fn":
        _set(rule, "WEEKLY", 2 * count)
        line.cut(i, j + 1)
    elif j > i:
        _every_other(line, rule, i, j, count)
    elif line.kind(i) == "part":
        _set(rule, "DAILY")


def _second_weekday(line: _Line, rule: Rule, i: int) -> bool:
    """Whether "second" counts weeks: "every second thursday" does, "every second thursday of the month" not."""
    if line.kind(i + 1) not in {"wd", "wds"} or rule.freq == "MONTHLY" or line.number(i) == 1:
        return False
    if line.number(i) > 2:  # noqa: PLR2004 - every third friday is either of two things
        raise AmbiguousTime
    return True


def _every_other(line: _Line, rule: Rule, i: int, j: int, count: int) -> None:
    if line.kind(j) not in {"wd", "wds"}:
        raise UnclearTime
    _set(rule, "WEEKLY", count)
    line.cut(i, j)


def _dates(line: _Line, rule: Rule, *, every: int | None, context: Context) -> None:
    """Read days of the month, nth weekdays and the day of a year."""
    i = 0
    while i < len(line.tokens):
        if line.kind(i) == "ord" or line.word(i) == "last":
            _ordinals(line, rule, i, every=every)
            i = 0
        elif line.word(i) == "dom" and line.kind(i + 1) == "num":
            _month_day(line, rule, i, i + 1)
            i = 0
        elif line.kind(i) == "month":
            _year_day(line, rule, i, every=every)
            i = 0
        elif line.kind(i) in {"slash", "monthday"} or (line.kind(i) == "dot" and rule.freq == "YEARLY"):
            first = {"slash": context.month_first, "monthday": True}.get(line.kind(i), False)
            _year_day_in_figures(line, rule, i, every=every, month_first=first)
            i = 0
        else:
            i += 1


def _ordinals(line: _Line, rule: Rule, i: int, *, every: int | None) -> None:
    """Read "1st and 15th", "2nd and 4th tuesday", "last day" and "last friday"."""
    numbers, j = _list_of_ordinals(line, i)
    if line.kind(j) in {"wd", "wds"}:
        if rule.freq != "MONTHLY" and every is None and line.kind(j) == "wd":
            raise UnclearTime
        if not all(-2 < n <= 5 and n for n in numbers):  # noqa: PLR2004 - a month has five at most
            raise NoSuchTime
        rule.nths += [Nth(n, line.number(j)) for n in numbers]
    elif line.kind(j) == "month" and len(numbers) == 1:
        _yearly(rule, line.number(j), numbers[0], every=every)
    else:
        day = line.unit(j) == "d"
        if (not day and -1 in numbers) or not all(n == -1 or 1 <= n <= _LAST_DAY for n in numbers):
            raise UnclearTime
        _need_every(rule, every)
        rule.monthdays += numbers
        j -= not day
    if rule.freq != "YEARLY":
        _set(rule, "MONTHLY", rule.interval)
    _cut_with_lead(line, i, j + 1)


def _list_of_ordinals(line: _Line, i: int) -> tuple[list[int], int]:
    numbers, j = [], i
    while line.kind(j) == "ord" or line.word(j) == "last":
        numbers.append(-1 if line.word(j) == "last" else line.number(j))
        j += 1
        if line.word(j) in _LISTING and (line.kind(j + 1) == "ord" or line.word(j + 1) == "last"):
            j += 1
    return numbers, j


def _need_every(rule: Rule, every: int | None) -> None:
    if every is None and rule.freq not in {"MONTHLY", "YEARLY"}:
        raise UnclearTime


def _cut_with_lead(line: _Line, start: int, end: int) -> None:
    """Take tokens out, and the "on" or "of" that leads to them or joins them to the next."""
    line.cut(start, end)
    while line.word(start - 1) in {"at", "of", "dual", "comma", "dom", "from"} and start:
        line.cut(start - 1, start)
        start -= 1


def _month_day(line: _Line, rule: Rule, start: int, i: int) -> None:
    if line.kind(i + 1 + (line.word(i + 1) in {"of", "from"})) == "month":
        line.cut(start, i)
        return
    if not 1 <= line.number(i) <= _LAST_DAY or rule.freq != "MONTHLY":
        raise UnclearTime
    rule.monthdays.append(line.number(i))
    _cut_with_lead(line, start, i + 1)


def _year_day(line: _Line, rule: Rule, i: int, *, every: int | None) -> None:
    """Read "dec 5" and "5 de diciembre" of a yearly repeat."""
    before = i - 1 - (line.word(i - 1) in {"of", "from"})
    if line.kind(before) == "num" and before >= 0:
        _yearly(rule, line.number(i), line.number(before), every=every)
        _cut_with_lead(line, before, i + 1)
    elif line.kind(i + 1) in {"num", "ord"}:
        _yearly(rule, line.number(i), line.number(i + 1), every=every)
        _cut_with_lead(line, i, i + 2)
    else:
        raise UnclearTime


def _year_day_in_figures(line: _Line, rule: Rule, i: int, *, every: int | None, month_first: bool) -> None:
    match line.tokens[i].value:
        case (int(a), int(b)):
            month, day = (a, b) if month_first else (b, a)
            if not 1 <= month <= _MONTHS:
                raise NoSuchTime
            _yearly(rule, month, day, every=every)
    _cut_with_lead(line, i, i + 1)


def _yearly(rule: Rule, month: int, day: int, *, every: int | None) -> None:
    if rule.freq not in {"YEARLY", ""} or (every is None and not rule.freq) or not 1 <= day <= _LAST_DAY:
        raise UnclearTime
    if rule.month is not None:
        raise UnclearTime
    rule.freq, rule.month = "YEARLY", month
    rule.monthdays.append(day)


def _weekdays(line: _Line, rule: Rule, *, every: int | None) -> None:
    """Read lists and ranges of weekdays, "weekdays" and "weekends"."""
    i, plural, days = 0, every is not None, list[int]()
    while i < len(line.tokens):
        if (group := {"workdays": _WORKDAYS, "weekends": _WEEKEND}.get(line.word(i))) is not None:
            days += group
            plural = True
            _cut_with_lead(line, i, i + 1)
            i = 0
        elif line.unit(i) == "wend" and every is not None:
            days += _WEEKEND
            _cut_with_lead(line, i, i + 1)
            i = 0
        elif line.kind(i) in {"wd", "wds"}:
            plural = plural or line.kind(i) == "wds"
            days += _weekday_range(line, i)
            i = 0
        else:
            i += 1
    if not days:
        return
    _set_weekdays(line, rule, days, plural=plural)


def _weekday_range(line: _Line, i: int) -> list[int]:
    """Take a weekday, or a range of them, and the joining words before and after it; return the days."""
    days, end = [line.number(i)], i + 1
    if line.word(i + 1) in _TO and line.kind(i + 2) in {"wd", "wds"}:
        length = (line.number(i + 2) - line.number(i)) % _WEEK
        days, end = [(line.number(i) + n) % _WEEK for n in range(length + 1)], i + 3
    if line.word(end) in _LISTING and (line.kind(end + 1) in {"wd", "wds"} or line.word(end + 1) in {"at", "dual"}):
        end += 1
    _cut_with_lead(line, i, end)
    return days


def _set_weekdays(line: _Line, rule: Rule, days: list[int], *, plural: bool) -> None:
    """Add weekdays to a weekly repeat; a single weekday alone does not say that it repeats."""
    if rule.freq == "DAILY" and rule.interval % _WEEK == 0:
        rule.freq, rule.interval = "WEEKLY", rule.interval // _WEEK
    several = len(set(days)) > 1 and not rule.freq
    if not (plural or rule.freq or several) or rule.freq not in {"", "WEEKLY"} or rule.nths:
        if rule.freq == "DAILY" or not (plural or rule.freq):
            return line.tokens.insert(0, Token("wd", days[0], ""))
        raise UnclearTime
    _set(rule, "WEEKLY", rule.interval)
    rule.weekdays += [day for day in days if day not in rule.weekdays]
    return None
