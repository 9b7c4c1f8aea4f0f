"""The money part of a digest: what is nearly spent or over its plan, and which expenses wait for a producer."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.budget import Expense, ExpenseState
from bot.models.project import Project
from bot.models.settings import GuildSettings
from bot.money import Money
from bot.services.budget_report import LineReport, Report, report
from bot.text import clip, plain

NEARLY = 80
ALL = 100
SHOWN = 10
MOST_PROJECTS = 25
TITLE_LIMIT = 60


async def money_of(session: AsyncSession, settings: GuildSettings) -> list[tuple[str, list[str], int]]:
    """Return the parts of a digest that only people who see money may read (R35): title, lines, how many in all."""
    running = Project.guild_id == settings.guild_id, Project.archived_at.is_(None)
    projects = list(
        await session.scalars(select(Project).where(*running).order_by(Project.number).limit(MOST_PROJECTS))
    )
    found: list[tuple[int, str]] = []
    for project in projects:
        found += _tight(await report(session, project), settings.locale)
    found.sort(key=lambda each: -each[0])
    over = [line for percent, line in found if percent > ALL]
    near = [line for percent, line in found if percent <= ALL]
    return [
        ("Over the plan", over[:SHOWN], len(over)),
        (f"More than {NEARLY} % spent or promised", near[:SHOWN], len(near)),
        await _waiting(session, settings),
    ]


def _tight(whole: Report, locale: str) -> list[tuple[int, str]]:
    """Return a project's lines that are nearly or more than used up, with the percentage; closed ones are settled."""
    lines = [(category.category.name, line) for category in whole.categories for line in category.lines]
    told = []
    for category, line in lines:
        percent = _percent(line)
        if percent >= NEARLY and not line.line.is_closed:
            told.append((percent, _line(whole.project, category, line, percent, locale)))
    return told


def _percent(line: LineReport) -> int:
    """Return how much of a line's plan is spent or promised; what has no plan is over it as soon as it costs."""
    standing = line.standing
    used = standing.actual + standing.committed
    plan = standing.planned + standing.contingency
    if plan <= 0:
        return ALL + 1 if used > 0 else 0
    # Rounded up above the plan: a cent over it is over it.
    return used * 100 // plan if used <= plan else -(-used * 100 // plan)


def _line(project: Project, category: str, line: LineReport, percent: int, locale: str) -> str:
    standing = line.standing
    used = Money(standing.actual + standing.committed, project.currency).show(locale)
    plan = standing.planned + standing.contingency
    name = f"**{plain(clip(category, TITLE_LIMIT))}: {plain(clip(line.line.item, TITLE_LIMIT))}**"
    of = f"{used} of {Money(plan, project.currency).show(locale)} ({percent} %)" if plan > 0 else f"{used}, unplanned"
    return f"💶 {name} · {of} · {plain(clip(project.name, TITLE_LIMIT))}"


async def _waiting(session: AsyncSession, settings: GuildSettings) -> tuple[str, list[str], int]:
    """Return the expenses that wait for approval, the oldest first, each with a link to its question."""
    pending = Expense.guild_id == settings.guild_id, Expense.state == ExpenseState.PENDING
    found = select(Expense, Project.currency, func.count().over().label("total")).join(
        Project, Project.id == Expense.project_id
    )
    rows = (await session.execute(found.where(*pending).order_by(Expense.number).limit(SHOWN))).all()
    lines = [_expense(row.Expense, row.currency, settings.locale) for row in rows]
    return "Waiting for approval", lines, rows[0].total if rows else 0


def _expense(expense: Expense, currency: str, locale: str) -> str:
    address = f"https://discord.com/channels/{expense.guild_id}/{expense.channel_id}/{expense.message_id}"
    link = f" · [decide]({address})" if expense.channel_id and expense.message_id else ""
    amount = Money(expense.amount_minor, currency).show(locale)
    return (
        f"🧾 {amount} · {plain(clip(expense.what, TITLE_LIMIT))} · #{expense.number} · by <@{expense.created_by}>{link}"
    )
