"""The chart of accounts that every project's budget begins with (fact 2.2); each band then makes it its own."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from bot.models.budget import BudgetCategory, BudgetLine, Unit
from bot.models.project import Project

STUDIO = 300
OWN = 980
CONTINGENCY = 990


@dataclass(frozen=True, slots=True)
class Usual:
    """An item that a category usually holds, with the unit it is usually counted in."""

    item: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Chapter:
    """A category of the chart, with its usual items."""

    code: int
    name: str
    usual: tuple[Usual, ...]


def _chapter(code: int, name: str, items: str) -> Chapter:
    pairs = (item.rsplit(" ", 1) for item in items.split(", "))
    return Chapter(code, name, tuple(Usual(item, Unit(unit)) for item, unit in pairs))


CHART = (
    _chapter(
        100,
        "Creative",
        "Producer fee flat, Beat lease song, Arranger song, Programmer song, Writer per diem person-day",
    ),
    _chapter(
        200,
        "Pre-production",
        "Rehearsal room hour, Demo song, Charts part, Click and tempo map song, References flat",
    ),
    _chapter(
        STUDIO,
        "Studio",
        "Tracking room day, Overdub room hour, Room for the mix day, Piano tuning flat, Overtime hour",
    ),
    _chapter(
        400,
        "Engineers",
        "Recording engineer day, Assistant engineer day, Vocal engineer hour, Pro Tools editor hour",
    ),
    _chapter(
        500,
        "Musicians & singers",
        "Side player session, Leader session, Contractor session, Strings song, Horns song, "
        "Backing vocals person-song, Doubling percent, Pension and health percent, Cartage flat",
    ),
    _chapter(
        600,
        "Equipment & media",
        "Rentals day, Backline day, Consumables flat, Drives flat, Cloud storage month, Plug-ins flat",
    ),
    _chapter(
        700,
        "Travel & living",
        "Flights flat, Hotel person-day, Per diem person-day, Food person-day, Mileage km, Parking flat",
    ),
    _chapter(
        800,
        "Post",
        "Editing hour, Tuning hour, Mixing song, Extra revisions hour, Stems song, Mastering song, "
        "Vinyl cut flat, Alternative versions song",
    ),
    _chapter(
        900,
        "Release & legal",
        "Artwork flat, Photos flat, Clearances flat, Distributor flat, ISRC codes flat, Registrations flat, "
        "Contracts flat, Pressing flat",
    ),
    _chapter(
        950,
        "Promotion",
        "Publicist month, Radio month, Ads flat, Video flat, Content flat, Pitching tools month, Launch show flat",
    ),
    _chapter(CONTINGENCY, "Contingency", "Contingency percent"),
)
USUAL = {chapter.code: chapter.usual for chapter in CHART}


def usual_unit(code: int, item: str) -> Unit:
    """Return the unit that an item of a category is usually counted in; flat where it is not usual."""
    return next((each.unit for each in USUAL.get(code, ()) if each.item.casefold() == item.casefold()), Unit.FLAT)


# Built once: whatever asks for a budget asks for its categories and lines.
_CHART = (
    select(BudgetCategory, BudgetLine)
    .outerjoin(BudgetLine, BudgetLine.category_id == BudgetCategory.id)
    .where(BudgetCategory.guild_id == bindparam("guild"), BudgetCategory.project_id == bindparam("project"))
    .order_by(BudgetCategory.code, BudgetCategory.name, BudgetCategory.id, BudgetLine.id)
)


async def chart_of(session: AsyncSession, project: Project) -> tuple[list[BudgetCategory], list[BudgetLine]]:
    """Return a project's categories in order, and its lines in the order they were made.

    Where it has no categories yet they are those of the chart, unsaved, with keys that no saved one can have.
    `info["charts"]` keeps them for what else the transaction does, until a row is added.
    """
    kept = session.info.setdefault("charts", {})
    if project.id not in kept or session.new:
        kept[project.id] = await _chart_of(session, project)
    categories, lines = kept[project.id]
    return list(categories), list(lines)


async def _chart_of(session: AsyncSession, project: Project) -> tuple[list[BudgetCategory], list[BudgetLine]]:
    rows: Any = (await session.execute(_CHART, {"guild": project.guild_id, "project": project.id})).all()
    categories = list({category.id: category for category, _ in rows}.values())
    lines = sorted((line for _, line in rows if line is not None), key=lambda line: line.id)
    return categories or [
        BudgetCategory(**values, id=-int(str(values["code"])), is_archived=False) for values in _rows(project)
    ], lines


async def lines_of(session: AsyncSession, project: Project) -> list[BudgetLine]:
    """Return a project's lines, in the order they were made."""
    return (await chart_of(session, project))[1]


async def begin(session: AsyncSession, project: Project) -> None:
    """Give a project the chart's categories, once; the caller holds the project's lock.

    They are a template and nobody's act, so they leave no trail and no undo takes them away.
    """
    known = select(BudgetCategory.id).where(BudgetCategory.project_id == project.id).limit(1)
    if await session.scalar(known) is None:
        await session.execute(insert(BudgetCategory), _rows(project))
        forget_charts(session)


def forget_charts(session: AsyncSession | Session) -> None:
    """Read categories and lines anew when they are asked for next."""
    session.info.pop("charts", None)


def _rows(project: Project) -> list[dict[str, object]]:
    return [
        {
            "guild_id": project.guild_id,
            "project_id": project.id,
            "code": chapter.code,
            "name": chapter.name,
            "in_contingency": chapter.code != CONTINGENCY,
        }
        for chapter in CHART
    ]
