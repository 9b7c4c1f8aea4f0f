"""A language as data: which words and phrases mean what; `compile_table` makes it ready to scan with."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from bot.when.clean import fold
from bot.when.items import Token

Rewrite = tuple[str, str | Callable[[re.Match[str]], str]]

SHORTEST_TYPO = 6
# What stands for the figures of a number that was written as a word.
SPELLED = "~"
# What stands for the figures of a part of the day: "one night" and "two nights" are no clock times.
ALONE, SEVERAL = "1", "+"
_PARTS = {"part": "", "parts": SEVERAL, "at_part": "@"}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One language.

    `meanings` maps a meaning to the forms that have it, separated by commas: `wd.4` Friday, `wds.4` Fridays,
    `month.12`, `unit.h`, `rel.1` tomorrow, `part.evening` (`parts.evening` for its plural,
    `at_part.evening` for an adverb), `num.2`, `ord.2`, `mer.pm`, `label` for what happens at a time, `cue` for what
    has to be on time, joining words by name (`to`, `until`, `next`, ...), several meanings separated by spaces, and
    `fill` for words that add nothing.
    `rewrites` are patterns on the folded text, for what can't be said word by word. `says` holds the phrases
    that the echo uses.
    """

    code: str
    meanings: Mapping[str, str]
    says: Mapping[str, str]
    rewrites: tuple[Rewrite, ...] = ()
    months_from: tuple[str, ...] = ()
    marks: bool = False
    half_day_hours: bool = False
    dotted_days: bool = False
    comma_decimals: bool = True
    hours_as_clock: bool = False
    and_minutes: bool = False
    spaceless: bool = False
    habitual_article: bool = False
    typos: bool = True


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A table ready for use."""

    table: Table
    phrases: Mapping[str, tuple[Token, ...]]
    longest: int
    rewrites: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]
    forms: str = field(repr=False, default="")


def tokens_of(meaning: str) -> tuple[Token, ...]:
    """Return the tokens that a meaning of a table stands for."""
    return tuple(_token(word) for word in meaning.split() if word != "fill")


def _as_noun(form: str, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Mark a part of the day that is one word, without the preposition that makes it say when."""
    if len(tokens) == 1 and tokens[0].kind == "part" and not tokens[0].raw and " " not in form:
        return (tokens[0]._replace(raw=ALONE),)
    return tokens


def _token(word: str) -> Token:
    kind, dot, value = word.partition(".")
    if not dot:
        return Token("word", kind, kind)
    if kind in _PARTS:
        return Token("part", value, _PARTS[kind])
    number = value.lstrip("-").isdigit()
    return Token(kind, int(value) if number else value, SPELLED if number and kind == "num" else value)


@lru_cache(maxsize=64)
def compile_table(table: Table) -> Lexicon:
    """Return the table with its phrases indexed and its patterns compiled."""
    phrases: dict[str, tuple[Token, ...]] = {}
    for meaning, forms in table.meanings.items():
        for form in _forms(forms, table):
            phrases[form] = _as_noun(form, tokens_of(meaning))
    if table.typos:
        for typo, known in list(_typos(phrases)):
            phrases.setdefault(typo, phrases[known])
    return Lexicon(
        table,
        phrases,
        max(len(form.split()) for form in phrases),
        tuple((re.compile(pattern), new) for pattern, new in table.rewrites),
        _alternation(phrases) if table.spaceless else "",
    )


def _forms(forms: str, table: Table) -> Iterator[str]:
    for form in forms.split(","):
        plain = form.strip().replace("-", " ").replace("'", " ")
        if not plain:
            continue
        yield fold(plain, marks=table.marks)
        if table.code == "de":
            yield fold(plain.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue"))


def _alternation(phrases: Mapping[str, tuple[Token, ...]]) -> str:
    wide = [form for form in phrases if not form.isascii()]
    return "|".join(re.escape(form) for form in sorted(wide, key=len, reverse=True))


def _typos(phrases: Mapping[str, tuple[Token, ...]]) -> Iterator[tuple[str, str]]:
    """Yield one-slip misspellings of weekdays, months and days, except where two words come close."""
    known = [form for form, meaning in phrases.items() if _may_slip(form, meaning)]
    shapes: dict[str, set[str]] = {}
    for form in known:
        for shape in _shapes(form):
            shapes.setdefault(shape, set()).add(form)
    meant: dict[str, str | None] = {}
    for form in known:
        for typo in _slips(form):
            # One changed letter may turn the typo into a different word: "tursday" is no clear thursday.
            near = any(shapes.get(shape, set()) - {form} for shape in _shapes(typo))
            clash = near or typo in phrases or meant.get(typo, form) != form
            meant[typo] = None if clash else form
    for typo, word in meant.items():
        if word is not None:
            yield typo, word


def _may_slip(form: str, meaning: tuple[Token, ...]) -> bool:
    kind = meaning[0].kind if len(meaning) == 1 else ""
    return len(form) >= SHORTEST_TYPO and " " not in form and kind in {"wd", "wds", "month", "rel"}


def _shapes(word: str) -> Iterator[str]:
    """Yield the word with each of its letters left open."""
    return (f"{word[:i]}?{word[i + 1 :]}" for i in range(len(word)))


def _slips(form: str) -> Iterator[str]:
    for i in range(1, len(form)):
        yield form[: i - 1] + form[i] + form[i - 1] + form[i + 1 :]
        yield form[:i] + form[i + 1 :]
        yield form[:i] + form[i] + form[i:]
