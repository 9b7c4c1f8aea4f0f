"""Projects: making, finding and closing them, and the one a command means when none is named."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound, UserError
from bot.fuzzy import Ambiguous, Choice, likely, number_in, pick
from bot.models.project import Project, ProjectChannel, ProjectKind
from bot.money import Amount, Money, check_currency
from bot.services.memo import next_number
from bot.services.settings import settings_of
from bot.text import clip

NAME_LIMIT = 100


class NoProject(UserError):
    """Nothing to attach a thing to yet."""

    text = "There is no project in this server yet, so nothing was changed. Make one with `/project create`."


class NameTaken(UserError):
    """Two things of a kind with one name could not be told apart."""

    text = "There is already a {kind} called “{name}” here, so nothing was changed. Choose another name."


class NameTooLong(UserError):
    """A name that no list could show."""

    text = "A name has at most {limit} characters, and this one has {length}. Nothing was changed; try a shorter one."


class NoName(UserError):
    """A name of blanks or invisible characters only."""

    text = "A name needs at least one visible character. Nothing was changed."


class OtherCurrency(UserError):
    """An amount in a currency that the project does not use."""

    text = "This is counted in {currency}, and you typed {given}. Nothing was changed; type the amount in {currency}."


class ProjectArchived(UserError):
    """Work on a project that is closed."""

    text = (
        "The project “{name}” is archived, so nothing was changed. "
        "Bring it back with `/project archive`, or pick another."
    )


class ReleaseNotADay(UserError):
    """A release date that can't be one."""

    text = "A release has to lie in the future, and {given} does not. Nothing was changed."


def tidy_name(text: str, limit: int = NAME_LIMIT) -> str:
    """Return a name on one line without invisible characters; raises `NoName` or `NameTooLong`."""
    name = " ".join("".join(sign if sign.isprintable() or sign == "\u200d" else " " for sign in text).split())
    if not name.strip("\u200d\u2800\u3164 "):
        raise NoName
    if len(name) > limit:
        raise NameTooLong(limit=limit, length=len(name))
    return name


def exact_money(amount: Amount, currency: str) -> Money:
    """Return the amount in the given currency; raises `OtherCurrency` where it is in another."""
    money = amount.money(currency)
    if money.currency != currency:
        raise OtherCurrency(currency=currency, given=clip(amount.given, 40))
    return money


async def get(session: AsyncSession, guild_id: int, project_id: int) -> Project:
    """Return a project of this server by its key; raises `NotFound`."""
    project = await session.scalar(select(Project).where(Project.id == project_id, Project.guild_id == guild_id))
    if project is None:
        raise NotFound(kind="project", given=project_id)
    return project


async def find(session: AsyncSession, actor: Actor, text: str, *, archived: bool = False) -> Project:
    """Return the project that the text names, by number or name.

    Raises `NotFound`, `Ambiguous`, or `ProjectArchived` unless `archived` ones may be meant.
    """
    number = number_in(text)
    here = select(Project).where(Project.guild_id == actor.guild_id)
    found = await session.scalar(here.where(Project.number == number)) if number else None
    if found is None:
        rows = (await session.scalars(here.order_by(Project.archived_at.is_not(None), Project.number.desc()))).all()
        live = [row for row in rows if archived or row.archived_at is None]
        closed = [row for row in rows if row not in live]
        found = pick(text, live, option="project", name=_name, value=_value, closed=closed)
    if found.archived_at is not None and not archived:
        raise ProjectArchived(name=found.name)
    return found


# The active projects, the one that a channel is bound to before all others; built once, since every command asks.
_CURRENT = (
    select(Project, ProjectChannel.id)
    .outerjoin(
        ProjectChannel,
        (ProjectChannel.project_id == Project.id)
        & (ProjectChannel.guild_id == bindparam("guild"))
        & (ProjectChannel.channel_id == bindparam("channel")),
    )
    .where(Project.guild_id == bindparam("guild"), Project.archived_at.is_(None))
    .order_by(ProjectChannel.id.is_(None), Project.number.desc())
    .limit(25)
)


async def current(session: AsyncSession, actor: Actor, text: str | None) -> Project | None:
    """Return the project named, else the channel's, else the only active one, else None where there is none.

    Raises `Ambiguous` where several are active and nothing says which.
    """
    if text:
        return await find(session, actor, text)
    found = (await session.execute(_CURRENT, {"guild": actor.guild_id, "channel": actor.channel_id})).all()
    if found and found[0][1] is not None:
        return found[0][0]
    rows = [row for row, _ in found]
    if len(rows) > 1:
        raise Ambiguous(option="project", given="this", choices=[Choice(_name(row), _value(row)) for row in rows])
    return rows[0] if rows else None


async def needed(session: AsyncSession, actor: Actor, text: str | None) -> Project:
    """Like `current`, for what can't do without a project; raises `NoProject`."""
    project = await current(session, actor, text)
    if project is None:
        raise NoProject
    return project


class ProjectService:
    """What a band does with its projects; `begin` gives a new one the budget template of its kind."""

    def __init__(
        self, db: Database, clock: Clock, begin: Callable[[AsyncSession, Actor, Project], Awaitable[None]]
    ) -> None:
        self._db = db
        self._clock = clock
        self._begin = begin

    async def create(
        self,
        actor: Actor,
        name: str,
        *,
        kind: ProjectKind,
        release: date | None,
        currency: str | None,
        budget: Amount | None,
        template: bool = False,
    ) -> Project:
        """Make a project, with the budget template of its kind if asked (producers only).

        Raises `NameTaken`, `UnknownCurrency` or what the name lacks.
        """
        actor.must_produce()
        name = tidy_name(name)
        async with self._db.write(actor, "project.create") as session:
            await _must_be_new(session, actor, name)
            settings = await settings_of(session, actor.guild_id, self._clock.now())
            code = check_currency(currency) if currency else _currency_of(budget) or settings.currency
            project = Project(
                guild_id=actor.guild_id,
                number=await next_number(session, actor.guild_id, "project"),
                name=name,
                kind=kind,
                release_on=self._future(actor, release),
                currency=code,
                budget_minor=exact_money(budget, code).minor if budget else None,
                created_by=actor.user_id,
                created_at=self._clock.now(),
            )
            session.add(project)
            if template:
                await session.flush()
                await self._begin(session, actor, project)
        return project

    async def edit(self, actor: Actor, text: str, **given: Any) -> Project:
        """Change what is given of `name`, `kind`, `release` and `budget` (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "project.edit") as session:
            project = await find(session, actor, text)
            if (name := given.get("name")) and tidy_name(name) != project.name:
                await _must_be_new(session, actor, tidy_name(name), other_than=project.id)
                project.name = tidy_name(name)
                session.info.setdefault("stale", set()).add(("events", actor.guild_id))
            project.kind = given.get("kind") or project.kind
            project.release_on = self._future(actor, given.get("release")) or project.release_on
            if budget := given.get("budget"):
                project.budget_minor = exact_money(budget, project.currency).minor
        return project

    async def archive(self, actor: Actor, text: str) -> Project:
        """Close a project, or bring a closed one back (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "project.archive") as session:
            project = await find(session, actor, text, archived=True)
            project.archived_at = self._clock.now() if project.archived_at is None else None
        return project

    async def bind(self, actor: Actor, text: str | None) -> Project | None:
        """Bind the actor's channel to a project, or to none with no text (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "project.bind") as session:
            project = await find(session, actor, text) if text else None
            here = ProjectChannel.guild_id == actor.guild_id, ProjectChannel.channel_id == actor.channel_id
            bond = await session.scalar(select(ProjectChannel).where(*here))
            if bond is None:
                bond = ProjectChannel(guild_id=actor.guild_id, channel_id=actor.channel_id)
                session.add(bond)
            bond.project_id = project.id if project else None
        return project

    async def current(self, actor: Actor, text: str | None) -> Project | None:
        """Return the project a command means; raises `Ambiguous` or `NotFound`."""
        async with self._db.read() as session:
            return await current(session, actor, text)

    async def shown(self, actor: Actor, text: str | None) -> Project:
        """Return the project to show, closed ones too; raises `NotFound`, `Ambiguous` or `NoProject`."""
        async with self._db.read() as session:
            return await find(session, actor, text, archived=True) if text else await needed(session, actor, None)

    async def listed(self, actor: Actor, *, archived: bool = False) -> list[Project]:
        """Return the server's projects, the newest first; archived ones only when asked for."""
        statement = select(Project).where(Project.guild_id == actor.guild_id).order_by(Project.number.desc())
        async with self._db.read() as session:
            return list(await session.scalars(statement if archived else _active(actor)))

    async def suggest(self, actor: Actor, text: str, *, archived: bool = False) -> list[Choice]:
        """Return the projects a person may mean while typing."""
        rows = await self.listed(actor, archived=archived)
        found = likely(text, rows, name=_name, number=lambda row: row.number)
        return [Choice(_label(row), _value(row)) for row in found]

    def _future(self, actor: Actor, day: date | None) -> date | None:
        if day is not None and day < self._clock.now().astimezone(actor.zone).date():
            raise ReleaseNotADay(given=day.isoformat())
        return day


async def _must_be_new(session: AsyncSession, actor: Actor, name: str, other_than: int | None = None) -> None:
    rows = await session.scalars(_active(actor))
    if any(row.name.casefold() == name.casefold() and row.id != other_than for row in rows):
        raise NameTaken(kind="project", name=name)


def _active(actor: Actor) -> Any:
    mine = select(Project).where(Project.guild_id == actor.guild_id, Project.archived_at.is_(None))
    return mine.order_by(Project.number.desc())


def _currency_of(budget: Amount | None) -> str | None:
    return budget.currency if budget is not None and budget.currency != "$" else None


def _name(project: Project) -> str:
    return project.name


def _value(project: Project) -> str:
    return f"#{project.number}"


def _label(project: Project) -> str:
    return clip(f"#{project.number} {project.name}" + (" (archived)" if project.archived_at else ""), 100)
