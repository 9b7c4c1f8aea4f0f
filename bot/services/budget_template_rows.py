"""What a budget template holds, where it comes from, and how its lines get into a project's plan (fact 2.2)."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import NotFound, UserError
from bot.fuzzy import pick
from bot.models.budget import BudgetCategory, BudgetLine, BudgetTemplate, Unit
from bot.models.project import Project, ProjectKind
from bot.money import times
from bot.services.budget_chart import CHART, CONTINGENCY, OWN, begin, lines_of
from bot.services.budget_lines import revisions_of
from bot.services.budget_plan import lock, new_line, own_category
from bot.services.budget_report import Report

SHIPPED = Path(__file__).with_name("budget_templates.toml")
MOST_LINES = 400


class PlanLocked(UserError):
    """A template for a plan that was approved."""

    text = (
        "The plan of “{name}” is locked, so no template was loaded. "
        "Add single lines with `/budget plan`; each is kept as a numbered revision."
    )


class NothingToLoad(UserError):
    """A template whose lines are all there."""

    text = "Every line of the template “{template}” is in the plan of “{name}” already, so nothing was changed."


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """One line of a template; `rate_minor` is 0 where the rate is still to be filled in."""

    code: int
    category: str
    item: str
    quantity: Decimal
    unit: Unit
    rate_minor: int = 0

    @property
    def is_reserve(self) -> bool:
        return self.code == CONTINGENCY


@dataclass(frozen=True, slots=True)
class Template:
    """A template that came along, or a band's own; `key` stands for it in a button."""

    key: str
    name: str
    lines: tuple[TemplateLine, ...]
    left_out: frozenset[str]
    currency: str | None = None

    @property
    def is_own(self) -> bool:
        return self.currency is not None

    @property
    def reserve(self) -> TemplateLine | None:
        """The line of the contingency."""
        return next((line for line in self.lines if line.is_reserve), None)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a template did to a plan, or would do: the lines that are new, and how many were there already."""

    project: Project
    template: Template
    new: tuple[TemplateLine, ...]
    kept: int
    is_locked: bool = False

    @property
    def lacks_rates(self) -> bool:
        """Tell whether the template's own rates are of no use here, because they are in another currency."""
        return self.template.is_own and self.template.currency != self.project.currency


def kind_name(kind: ProjectKind) -> str:
    return "EP" if kind is ProjectKind.EP else kind.value.capitalize()


@cache
def shipped() -> dict[ProjectKind, Template]:
    """Return the templates that come along, by kind of project."""
    names = {chapter.code: chapter.name for chapter in CHART}
    read = tomllib.loads(SHIPPED.read_text("utf-8"))
    return {
        ProjectKind(kind): Template(
            kind,
            kind_name(ProjectKind(kind)),
            tuple(
                TemplateLine(code, names[code], item, Decimal(str(quantity)), Unit(unit))
                for code, item, quantity, unit in table["lines"]
            ),
            frozenset(names[code] for code in table["leave_out"]),
        )
        for kind, table in read.items()
    }


def template_of(row: BudgetTemplate) -> Template:
    """Return a band's own template as it was saved."""
    lines = tuple(
        TemplateLine(
            each["code"], each["category"], each["item"], Decimal(each["quantity"]), Unit(each["unit"]), each["rate"]
        )
        for each in row.plan["lines"]
    )
    return Template(f"own-{row.id}", row.name, lines, frozenset(row.plan["left_out"]), row.currency)


def plan_of(report: Report) -> dict[str, Any]:
    """Return a project's plan as a template keeps it: its lines without what was spent or moved."""
    lines = [
        {
            "code": category.category.code,
            "category": category.category.name,
            "item": line.line.item,
            "quantity": f"{line.line.quantity.normalize():f}",
            "unit": line.line.unit.value,
            "rate": line.line.rate_minor,
        }
        for category in report.categories
        for line in category.lines
        if line.line.quantity
    ]
    out = [each.category.name for each in report.categories if not each.category.in_contingency]
    return {"lines": lines[:MOST_LINES], "left_out": out}


async def own_templates(session: AsyncSession, actor: Actor) -> list[BudgetTemplate]:
    """Return the server's own templates by name."""
    mine = select(BudgetTemplate).where(
        BudgetTemplate.guild_id == actor.guild_id, BudgetTemplate.is_archived.is_(False)
    )
    return list(await session.scalars(mine.order_by(BudgetTemplate.name)))


async def for_kind(session: AsyncSession, actor: Actor, kind: ProjectKind) -> Template:
    """Return the template of a kind of project: the band's own of that name, else the one that comes along."""
    wanted = kind_name(kind).casefold()
    own = next((row for row in await own_templates(session, actor) if row.name.casefold() == wanted), None)
    return template_of(own) if own else shipped()[kind]


async def by_key(session: AsyncSession, actor: Actor, key: str) -> Template:
    """Return the template that a button stands for; raises `NotFound`."""
    found = [*shipped().values(), *map(template_of, await own_templates(session, actor))]
    for template in found:
        if template.key == key:
            return template
    raise NotFound(kind="template", given=key)


async def by_name(session: AsyncSession, actor: Actor, text: str) -> Template:
    """Return the template that a person named: the band's own before those that come along.

    Raises `NotFound` or `Ambiguous`.
    """
    found = [template_of(row) for row in await own_templates(session, actor)]
    names = {each.name.casefold() for each in found}
    found += [each for each in shipped().values() if each.name.casefold() not in names]
    return pick(text, found, option="template", name=lambda each: each.name, value=lambda each: each.name)


async def preview(session: AsyncSession, project: Project, template: Template) -> Loaded:
    """Return what loading the template would do; writes nothing."""
    here = await _lines_here(session, project)
    new = tuple(line for line in template.lines if not _is_planned(here.get(_place(line))))
    is_locked = bool(await revisions_of(session, project))
    return Loaded(project, template, new, len(template.lines) - len(new), is_locked=is_locked)


async def load(
    session: AsyncSession, actor: Actor, project: Project, template: Template, *, reserve: bool = True
) -> Loaded:
    """Add the template's lines to the plan; a line that is planned already stays as it is.

    Without `reserve`, nothing is set aside yet, so that no sum changes before a rate is filled in.
    Raises `PlanLocked`, `NothingToLoad` or `ProjectArchived`.
    """
    await lock(session, project)
    found = await preview(session, project, template)
    if found.is_locked:
        raise PlanLocked(name=project.name)
    new = tuple(line for line in found.new if reserve or not line.is_reserve)
    if not new:
        raise NothingToLoad(template=template.name, name=project.name)
    await begin(session, project)
    categories = await _categories(session, project, new)
    here = await _lines_here(session, project)
    for line in new:
        row = here.get(_place(line)) or new_line(session, actor, categories[_group(line)], line.item)
        row.quantity, row.unit = line.quantity, line.unit
        row.rate_minor = 0 if found.lacks_rates else line.rate_minor
        row.planned_minor = 0 if line.unit is Unit.PERCENT else times(row.rate_minor, line.quantity)
    if any(line.is_reserve for line in new):
        _leave_out(categories.values(), template)
    await session.flush()
    return Loaded(project, template, new, found.kept)


async def begin_with(session: AsyncSession, actor: Actor, project: Project) -> None:
    """Give a new project the template of its kind.

    One that comes along sets nothing aside by itself: only what a producer decides changes a sum.
    """
    template = await for_kind(session, actor, project.kind)
    if any(not line.is_reserve or template.is_own for line in template.lines):
        await load(session, actor, project, template, reserve=template.is_own)


def _leave_out(categories: Any, template: Template) -> None:
    for category in categories:
        if category.code != CONTINGENCY:
            category.in_contingency = category.name not in template.left_out


def _group(line: TemplateLine) -> str:
    """Return what tells a line's category from all others: its name, since the chart's are never renamed."""
    return line.category.casefold()


def _place(line: TemplateLine) -> tuple[str, str]:
    return _group(line), line.item.casefold()


def _is_planned(row: BudgetLine | None) -> bool:
    return row is not None and (bool(row.quantity) or bool(row.moved_minor) or row.is_closed)


async def _lines_here(session: AsyncSession, project: Project) -> dict[tuple[str, str], BudgetLine]:
    mine = select(BudgetCategory).where(BudgetCategory.project_id == project.id)
    names = {row.id: row.name.casefold() for row in await session.scalars(mine)}
    return {(names[row.category_id], row.item.casefold()): row for row in await lines_of(session, project)}


async def _categories(
    session: AsyncSession, project: Project, lines: Sequence[TemplateLine]
) -> dict[str, BudgetCategory]:
    """Return the project's categories by name, with the band's own ones of the template made where they lack."""
    mine = select(BudgetCategory).where(BudgetCategory.project_id == project.id)
    found = {row.name.casefold(): row for row in await session.scalars(mine)}
    for line in lines:
        if _group(line) not in found:
            found[_group(line)] = await own_category(session, project, line.category)
        if found[_group(line)].code == OWN:
            found[_group(line)].is_archived = False
    return found
