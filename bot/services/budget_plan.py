"""Planning: which line a plan goes to, and what quantity x unit x rate it says (R12)."""

import re
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import UserError
from bot.models.booking import Booking
from bot.models.budget import BudgetCategory, BudgetLine, BudgetRevision, Unit
from bot.models.project import Project
from bot.models.room import Room
from bot.money import LARGEST, Amount, AmountOutOfRange, digits_of, times
from bot.services.budget_chart import OWN, STUDIO, begin, forget_charts, usual_unit
from bot.services.budget_report import Standing
from bot.services.budget_target import LineClosed, Target, find_or_none, targets_of
from bot.services.budget_warning import Stand
from bot.services.project import ProjectArchived, exact_money, tidy_name
from bot.text import clip

CATEGORY_LIMIT = 60
ITEM_LIMIT = 100
MOST = Decimal(1_000_000)
WHOLE = Decimal(100)


class NotAQuantity(UserError):
    """A quantity that can't be read."""

    text = (
        "I can't read “{given}” as a quantity, so nothing was changed. "
        "Type a number up to 1,000,000, such as `5`, `2.5` or `4 x 3`."
    )


class NotAPercentage(UserError):
    """A percent line with another number than its percentage."""

    text = (
        "A percentage is one number from 0 to 100, alone: without another `quantity` or `rate`, and with no `unit` but "
        "percent. Nothing was changed; type it like `quantity: 10%`."
    )


class NothingToPlan(UserError):
    """A line that is there already, and nothing to change in it."""

    text = (
        "“{name}” is in the budget already, and you gave nothing to change. "
        "Add a `quantity`, a `unit` or a `rate`, or an `item` for a new line. Nothing was changed."
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person wants a line to say; None leaves a part as it is, and a `rate` of text is a percentage."""

    category: str
    item: str | None = None
    quantity: str | None = None
    unit: Unit | None = None
    rate: Amount | str | None = None

    @property
    def is_percentage(self) -> bool:
        """Tell whether a per cent sign says so."""
        return isinstance(self.rate, str) or (self.quantity is not None and self.quantity.rstrip().endswith("%"))

    @property
    def is_priced(self) -> bool:
        return any(part is not None for part in (self.quantity, self.unit, self.rate))


@dataclass(frozen=True, slots=True)
class Planned:
    """A line as it is planned now, and where it and its project stand."""

    project: Project
    category: BudgetCategory
    line: BudgetLine
    is_new_category: bool
    is_new_line: bool
    standing: Standing
    whole: Standing
    revision: BudgetRevision | None = None
    warnings: tuple[Stand, ...] = ()


def read_quantity(text: str) -> Decimal:
    """Return the number in `5`, `2.5`, `10 %` or `4 x 3`; three decimals at most. Raises `NotAQuantity`."""
    total = Decimal(1)
    for part in re.split(r"[x\u00d7*]", text.strip().lower().removesuffix("%").strip()):
        match = re.fullmatch(r"\s*([0-9]{1,7}(?:[.,][0-9]{1,3})?)\s*", part)
        if match is None:
            raise NotAQuantity(given=clip(text, 40))
        total *= Decimal(match[1].replace(",", "."))
    if total > MOST or total != round(total, 3):
        raise NotAQuantity(given=clip(text, 40))
    return total


async def lock(session: AsyncSession, project: Project) -> None:
    """Let nobody else change this project's books until the end of the transaction; raises `ProjectArchived`."""
    await keep(session, project)
    if project.archived_at is not None:
        raise ProjectArchived(name=project.name)


async def keep(session: AsyncSession, project: Project) -> None:
    """Lock a project's books, once, archived or not; SQLite has one writer at a time anyway."""
    held: set[int] = session.info.setdefault("locked", set())
    if project.id in held or session.get_bind().dialect.name == "sqlite":
        return
    row = select(Project).where(Project.id == project.id, Project.guild_id == project.guild_id)
    await session.scalars(row.with_for_update(key_share=True).execution_options(populate_existing=True))
    forget_charts(session)  # somebody else may have added to them until now
    held.add(project.id)


async def place(session: AsyncSession, actor: Actor, project: Project, plan: Plan) -> tuple[Target, bool]:
    """Return the line that a plan means, new ones added, and whether its category is new too.

    Raises `Ambiguous`, `NameTooLong`, `NoName` or `NothingToPlan`.
    """
    target = find_or_none(plan.category, await targets_of(session, project, stored=True))
    is_new = target is None
    if target is None:
        target = Target(await own_category(session, project, plan.category))
    target.category.is_archived = False
    item = tidy_name(plan.item, ITEM_LIMIT) if plan.item else target.name
    line = target.line if plan.item is None else None
    line = line or await line_called(session, target.category, item)
    if line is not None and not plan.is_priced:
        raise NothingToPlan(name=line.item)
    return Target(target.category, line or new_line(session, actor, target.category, item)), is_new


async def own_category(session: AsyncSession, project: Project, text: str) -> BudgetCategory:
    """Return the band's own category of this name, made where there is none."""
    name = tidy_name(text, CATEGORY_LIMIT)
    mine = select(BudgetCategory).where(BudgetCategory.project_id == project.id)
    known = [row for row in await session.scalars(mine) if row.name.casefold() == name.casefold()]
    if known:
        return known[0]
    category = BudgetCategory(
        guild_id=project.guild_id, project_id=project.id, code=OWN, name=name, in_contingency=True, is_archived=False
    )
    session.add(category)
    await session.flush()
    return category


async def line_called(session: AsyncSession, category: BudgetCategory, item: str) -> BudgetLine | None:
    """Return a category's line of this name, whatever its capitals."""
    rows = await session.scalars(select(BudgetLine).where(BudgetLine.category_id == category.id))
    return next((row for row in rows if row.item.casefold() == item.casefold()), None)


def new_line(session: AsyncSession, actor: Actor, category: BudgetCategory, item: str) -> BudgetLine:
    """Add a line with nothing planned on it yet, in the unit that such an item is usually counted in."""
    line = BudgetLine(
        guild_id=category.guild_id,
        project_id=category.project_id,
        category_id=category.id,
        item=clip(item, ITEM_LIMIT),
        quantity=Decimal(0),
        unit=usual_unit(category.code, item),
        rate_minor=0,
        planned_minor=0,
        moved_minor=0,
        is_closed=False,
        created_by=actor.user_id,
        created_at=session.info["at"],
    )
    session.add(line)
    return line


def fill(line: BudgetLine, plan: Plan, currency: str) -> None:
    """Set what the plan gives of a line; raises `NotAQuantity`, `NotAPercentage`, `OtherCurrency`, `LineClosed`."""
    if line.is_closed:
        raise LineClosed(item=line.item)
    line.unit = plan.unit or (Unit.PERCENT if plan.is_percentage else line.unit)
    if line.unit is Unit.PERCENT:
        _fill_percent(line, plan)
        return
    if isinstance(plan.rate, str) or plan.is_percentage:
        raise NotAPercentage
    line.quantity = read_quantity(plan.quantity) if plan.quantity is not None else line.quantity or Decimal(1)
    if plan.rate is not None:
        line.rate_minor = exact_money(plan.rate, currency).minor
    line.planned_minor = times(line.rate_minor, line.quantity)
    if Decimal(line.planned_minor).scaleb(-digits_of(currency)) > LARGEST:
        raise AmountOutOfRange(given=f"{line.quantity.normalize():f} x {plan.rate.given if plan.rate else line.item}")


def _fill_percent(line: BudgetLine, plan: Plan) -> None:
    """Set a percentage, which may have been typed as the rate; the report says what it comes to."""
    percent = line.quantity
    if plan.quantity is not None:
        percent = read_quantity(plan.quantity)
    elif plan.rate is not None:
        percent = read_quantity(plan.rate) if isinstance(plan.rate, str) else plan.rate.value
    if (plan.quantity is not None and plan.rate is not None) or percent > WHOLE or percent != round(percent, 3):
        raise NotAPercentage
    line.quantity = percent
    line.rate_minor = line.planned_minor = 0


async def studio_line(session: AsyncSession, actor: Actor, project: Project, room: str) -> BudgetLine:
    """Return the studio's line for a room: the one of its name, else the only one, else a new one without a plan."""
    await lock(session, project)
    await begin(session, project)
    studio = (
        await session.scalars(
            select(BudgetCategory)
            .where(BudgetCategory.project_id == project.id, BudgetCategory.code == STUDIO)
            .order_by(BudgetCategory.id)
        )
    ).one()
    named = await line_called(session, studio, clip(room, ITEM_LIMIT))
    if named is not None:
        return named
    rows = await session.scalars(
        select(BudgetLine).where(BudgetLine.category_id == studio.id, BudgetLine.is_closed.is_(False))
    )
    planned = [row for row in rows if row.quantity and not row.is_unpriced]
    if len(planned) == 1:
        return planned[0]
    line = new_line(session, actor, studio, room)
    await session.flush()
    return line


async def line_of_room(session: AsyncSession, project: Project, text: str) -> int | None:
    """Return the key of the line that the sessions of the room called so are charged to, the latest one's."""
    latest = (
        select(Booking.line_id)
        .join(Room, Room.id == Booking.room_id)
        .where(
            Booking.guild_id == project.guild_id,
            Booking.project_id == project.id,
            Booking.line_id.is_not(None),
            func.lower(Room.name) == text.strip().lower(),
        )
    )
    return await session.scalar(latest.order_by(Booking.id.desc()).limit(1))
