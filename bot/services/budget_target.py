"""What a typed category means: a category, one of its lines, or something it usually holds."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import UserError
from bot.fuzzy import Ambiguous, Choice, likeness, rank
from bot.models.budget import BudgetCategory, BudgetLine
from bot.models.project import Project
from bot.services.budget_chart import USUAL, Usual, begin, chart_of
from bot.text import clip

SHORTEST_BEGINNING = 3
MISTYPED = 0.85
VALUE_LIMIT = 70


class NoSuchCategory(Ambiguous):
    """A category that is none, with the nearest ones."""

    text = "I know no budget category or line “{given}” in this project, so nothing was changed. Pick one of these."


class LineClosed(UserError):
    """Money on a line that is done."""

    text = "The line “{item}” is closed, so nothing was booked on it. Pick another line."


@dataclass(frozen=True, slots=True)
class Target:
    """One thing a category can mean; at most one of `line` and `usual` is set."""

    category: BudgetCategory
    line: BudgetLine | None = None
    usual: Usual | None = None

    @property
    def name(self) -> str:
        """The name of the innermost thing."""
        if self.line is not None:
            return self.line.item
        return self.usual.item if self.usual else self.category.name

    @property
    def path(self) -> str:
        """The name that tells it from all others."""
        return self.category.name if self.name_is_category else f"{self.category.name} / {self.name}"

    @property
    def name_is_category(self) -> bool:
        return self.line is None and self.usual is None

    @property
    def is_usual(self) -> bool:
        """Tell whether it is only what a category usually holds, or a template's line that nobody has priced yet."""
        return self.usual is not None or (self.line is not None and self.line.is_unpriced)

    @property
    def value(self) -> str:
        """What stands for it in a menu, whose values are short."""
        return self.path if len(self.path) <= VALUE_LIMIT else self.key

    @property
    def key(self) -> str:
        return f"line:{self.line.id}" if self.line is not None else f"category:{self.category.id}"

    def is_called(self, low: str) -> bool:
        return low in (self.name.casefold(), self.path.casefold()) or (self.usual is None and low == self.key)


async def targets_of(
    session: AsyncSession, project: Project, *, usual: bool = True, stored: bool = False
) -> list[Target]:
    """Return everything a category can mean in a project: categories, then lines, then what is usual in each.

    With `stored`, a project that has no categories yet is given the chart's; the caller holds its lock.
    """
    categories, lines = await chart_of(session, project)
    if stored and categories[0].id < 0:
        await begin(session, project)
        categories, lines = await chart_of(session, project)
    return targets(categories, lines, usual=usual)


def targets(categories: Sequence[BudgetCategory], lines: Sequence[BudgetLine], *, usual: bool = True) -> list[Target]:
    by_id = {category.id: category for category in categories}
    used = {line.category_id for line in lines if line.quantity or line.planned_minor}
    found = [Target(each) for each in categories if not each.is_archived or each.id in used]
    found += [Target(by_id[line.category_id], line) for line in lines]
    if usual:
        known = {(line.category_id, line.item.casefold()) for line in lines}
        found += [
            Target(category, usual=item)
            for category in categories
            for item in USUAL.get(category.code, ())
            if (category.id, item.item.casefold()) not in known and not category.is_archived
        ]
    return found


def find(text: str, among: Sequence[Target], *, option: str = "category") -> Target:
    """Return the one target that the text names or comes close to.

    Raises `Ambiguous`, or `NoSuchCategory` with the nearest.
    """
    found = named(text, among)
    for group in () if found else _by_nearness(among):
        found = found or [each for each in rank(text.strip(), group, _name) if _same_digits(text, each)]
    if not found or not text.strip():
        near = sorted(among, key=lambda each: -_likeness(text, each))[:10]
        raise NoSuchCategory(option=option, given=text, choices=choices(near))
    return _only(text, found, option)


def find_or_none(text: str, among: Sequence[Target]) -> Target | None:
    """Return the target that the text names or mistypes, or None where it must be something new.

    Raises `Ambiguous`.
    """
    found = named(text, among) or [
        each for each in among if _likeness(text, each) >= MISTYPED and _same_digits(text, each)
    ]
    return _only(text, found, "category") if found else None


def named(text: str, among: Sequence[Target]) -> list[Target]:
    """Return the targets that are called so, else those whose name begins so: the band's own before the usual."""
    low = text.strip().casefold()
    tests: list[Callable[[Target], bool]] = [lambda each: each.is_called(low)]
    if len(low) >= SHORTEST_BEGINNING:
        tests.append(lambda each: each.name.casefold().startswith(low))
    groups = _by_nearness(among)
    for test in tests:
        for group in groups:
            if found := [each for each in group if test(each)]:
                return found
    return []


def choices(found: Sequence[Target]) -> list[Choice]:
    return [Choice(clip(each.path, 100), each.value) for each in found]


def suggestions(text: str, among: Sequence[Target]) -> list[Choice]:
    """Return what a person may mean while typing: the band's own before the usual, 25 at most."""
    low = text.strip().casefold()
    found = [each for each in among if any(word.startswith(low) for word in each.path.casefold().split())]
    found.sort(key=lambda each: each.is_usual)
    found += rank(text, [each for each in among if each not in found], lambda each: each.path)
    return choices(found[:25])


def _by_nearness(among: Sequence[Target]) -> tuple[list[Target], list[Target]]:
    groups: tuple[list[Target], list[Target]] = ([], [])
    for each in among:
        groups[each.is_usual].append(each)
    return groups


def _only(text: str, found: Sequence[Target], option: str) -> Target:
    """Return the one found; a category stands before its own lines of the same name. Raises `Ambiguous`."""
    whole = [each for each in found if each.name_is_category]
    names = {each.name.casefold() for each in found}
    if len(whole) == 1 and len(names) == 1 and all(each.category is whole[0].category for each in found):
        return whole[0]
    if len(found) > 1:
        raise Ambiguous(option=option, given=text, choices=choices(found))
    return found[0]


def _name(target: Target) -> str:
    return target.name


def _same_digits(text: str, target: Target) -> bool:
    """Tell whether the numbers agree: Song 2 is no slip of the hand for Song 1."""
    return re.findall("[0-9]+", text) == re.findall("[0-9]+", target.name)


def _likeness(text: str, target: Target) -> float:
    return likeness(text, target.name)
