"""What would be if: a cost read from `4h Room A` or `600 mixing`, held against the books without writing it."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from bot.errors import UserError
from bot.models.budget import BudgetLine, Unit
from bot.models.room import Room
from bot.money import Amount, read_amount, times
from bot.services.budget_report import Books, Promise, Standing, compute
from bot.services.budget_target import Target, find, targets
from bot.services.project import exact_money
from bot.services.room_price import price
from bot.text import clip

UNITS = {
    "h": Unit.HOUR, "hour": Unit.HOUR, "hours": Unit.HOUR, "hr": Unit.HOUR, "hrs": Unit.HOUR, "d": Unit.DAY,
    "day": Unit.DAY, "days": Unit.DAY, "song": Unit.SONG, "songs": Unit.SONG, "week": Unit.WEEK, "weeks": Unit.WEEK,
    "session": Unit.SESSION, "sessions": Unit.SESSION, "month": Unit.MONTH, "months": Unit.MONTH, "km": Unit.KM,
}  # fmt: skip
HOURS = {Unit.HOUR: 1, Unit.DAY: 12}
NEW_LINE = -1
MIN_WORDS = 2


class NotAChange(UserError):
    """A change that can't be read."""

    text = (
        "I can't read “{given}” as a change, and nothing was saved. "
        "Type what it is and where, like `4h Room A` or `600 mixing`."
    )


class NoRate(UserError):
    """A quantity of what has no price in that unit."""

    text = (
        "“{name}” has no rate per {unit}, so I can't say what that costs, and nothing was saved. "
        "Type the amount, like `600 {name}`."
    )


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One line and the whole project, as they are and as they would be."""

    name: str
    cost_minor: int
    line: tuple[Standing, Standing]
    whole: tuple[Standing, Standing]
    project: str


def imagine(books: Books, rooms: Sequence[Room], change: str, locale: str) -> WhatIf:
    """Return the report as it would be with one more cost that was promised; writes nothing.

    Raises `NotAChange`, `NoRate`, `NoSuchCategory`, `Ambiguous` or what the amount lacks.
    """
    given = change.strip()
    quantity = re.fullmatch(r"([0-9]{1,5}(?:[.,][0-9]{1,2})?)\s*([a-z]{1,8})\s+(.+)", given, re.IGNORECASE)
    unit = UNITS.get(quantity[2].lower()) if quantity else None
    if quantity and unit:
        target = _target(quantity[3], books)
        cost = _cost(target, rooms, Decimal(quantity[1].replace(",", ".")), unit)
    else:
        amount, name = _apart(given, locale)
        target = _target(name, books)
        cost = exact_money(amount, books.project.currency).minor
    if cost <= 0:
        raise NotAChange(given=clip(given, 60))
    return _compared(books, target, cost)


def _apart(given: str, locale: str) -> tuple[Amount, str]:
    """Return the amount and the name of `600 mixing`, `600 EUR mixing` or `mixing 600`; raises `NotAChange`."""
    words = given.split()
    # A bare unit names nothing: “4 hours” lacks what they are spent on.
    if len(words) < MIN_WORDS or (len(words) == MIN_WORDS and words[1].lower() in UNITS):
        raise NotAChange(given=clip(given, 60))
    try:
        amount = read_amount(words[0], locale)
    except UserError:
        with suppress(UserError):
            return read_amount(words[-1], locale), " ".join(words[:-1])
        raise
    if len(words) > MIN_WORDS:
        with suppress(UserError):
            return read_amount(" ".join(words[:2]), locale), " ".join(words[2:])
    return amount, " ".join(words[1:])


def _target(name: str, books: Books) -> Target:
    return find(name, targets(books.categories, books.lines), option="change")


def _cost(target: Target, rooms: Sequence[Room], quantity: Decimal, unit: Unit) -> int:
    """Return what a quantity costs: by the line's own rate, else by the rate of the room of that name."""
    line = target.line
    if line is not None and line.unit is unit and line.rate_minor:
        return times(line.rate_minor, quantity)
    room = next((room for room in rooms if room.name.casefold() == target.name.casefold()), None)
    if room is not None and unit in HOURS:
        cost = price(room, timedelta(hours=float(quantity * HOURS[unit])))
        if cost is not None:
            return cost
    raise NoRate(name=target.name, unit=unit.value)


def _compared(books: Books, target: Target, cost: int) -> WhatIf:
    line = target.line or BudgetLine(
        id=NEW_LINE, category_id=target.category.id, item=target.name, quantity=Decimal(0), unit=Unit.FLAT,
        planned_minor=0, moved_minor=0, is_closed=False,
    )  # fmt: skip
    lines = books.lines if target.line is not None else [*books.lines, line]
    imagined = Promise(line.id, ("what-if", 0), is_firm=True, minor=cost)
    now = compute(replace(books, lines=lines))
    then = compute(replace(books, lines=lines, promised=[*books.promised, imagined]))
    sides = (now.line(line.id).standing, then.line(line.id).standing)
    return WhatIf(target.path, cost, sides, (now.standing, then.standing), books.project.name)
