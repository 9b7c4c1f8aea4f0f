"""Matching what people type against names: exactly, by number, by beginning, by likeness."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from rapidfuzz import fuzz, process, utils

from bot.errors import NotFound, UserError

T = TypeVar("T")
LIKE = 72
MOST = 25


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to pick: what the person sees, and the text that names it without doubt."""

    label: str
    value: str


class Ambiguous(UserError):
    """A name that fits several; the face offers them in a select menu for the `option`."""

    text = "“{given}” fits more than one {option} here. Which one do you mean?"

    def __init__(self, *, option: str, given: str, choices: Sequence[Choice]) -> None:
        super().__init__(option=option, given=given[:60])
        self.option = option
        self.choices = list(choices)[:MOST]


class NotQuite(Ambiguous):
    """A name that nothing here has, but some are like it."""

    text = "I can't find {option} “{given}” here. Do you mean one of these?"


def number_in(text: str) -> int | None:
    """Return the public number in `#12` or `12`, or None."""
    match = re.fullmatch(r"#?\s?([0-9]{1,9})", text.strip())
    return int(match[1]) if match else None


def likeness(text: str, name: str) -> float:
    """Return from 0 to 1 how alike a text and a name are, whatever their capitals."""
    return fuzz.ratio(text.strip().casefold(), name.casefold()) / 100


def rank(text: str, rows: Sequence[T], name: Callable[[T], str]) -> list[T]:
    """Return the rows whose name is like the text, best first; all of them, in order, for an empty text."""
    wanted = text.strip()
    if not wanted:
        return list(rows)
    names = {index: name(row) for index, row in enumerate(rows)}
    found = process.extract(
        wanted, names, scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=LIKE, limit=MOST
    )
    low = wanted.casefold()
    best = sorted(found, key=lambda hit: (not hit[0].casefold().startswith(low), low not in hit[0].casefold(), -hit[1]))
    return [rows[index] for _, _, index in best]


def likely(text: str, rows: Sequence[T], *, name: Callable[[T], str], number: Callable[[T], int]) -> list[T]:
    """Return the rows to suggest while somebody types: those whose number begins so, then those named like it."""
    wanted = number_in(text)
    by_number = [row for row in rows if wanted is not None and str(number(row)).startswith(str(wanted))]
    by_name = [row for row in rank(text.lstrip("#"), rows, name) if row not in by_number]
    return [*by_number, *by_name][:MOST]


def pick(
    text: str,
    rows: Sequence[T],
    *,
    option: str,
    name: Callable[[T], str],
    value: Callable[[T], str],
    closed: Sequence[T] = (),
) -> T:
    """Return the one row that the text names: wholly, by its beginning, or by a word in it.

    `closed` rows are meant only by their whole name. Raises `NotFound` where no name is like the text, `Ambiguous`
    where several do, and `NotQuite` where names are only alike: “Room A” is never taken for “Room B”.
    """
    low = text.strip().casefold()
    if not low:
        raise NotFound(kind=option, given=text[:60])

    def choices(found: Sequence[T]) -> list[Choice]:
        return [Choice(name(row)[:100], value(row)) for row in found]

    exact = [row for row in (*rows, *closed) if name(row).casefold() == low]
    if exact:
        return exact[0] if len(exact) == 1 else _several(option, text, choices(exact))
    begun = [row for row in rows if name(row).casefold().startswith(low)]
    within = begun or [row for row in rows if re.search(rf"\b{re.escape(low)}\b", name(row).casefold())]
    if within:
        return within[0] if len(within) == 1 else _several(option, text, choices(within))
    alike = rank(text, [*rows, *closed], name)
    if not alike:
        raise NotFound(kind=option, given=text[:60])
    raise NotQuite(option=option, given=text, choices=choices(alike))


def _several(option: str, text: str, choices: Sequence[Choice]) -> NoReturn:
    raise Ambiguous(option=option, given=text, choices=choices)
