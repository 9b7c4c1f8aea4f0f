"""Budget templates as a band uses them: look at one, load it, save its own, put one away."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound, UserError
from bot.fuzzy import Choice, rank
from bot.models.budget import BudgetTemplate
from bot.models.project import Project, ProjectKind
from bot.services import budget_template_rows as rows
from bot.services.budget_report import Report, report
from bot.services.budget_template_rows import Loaded, Template, kind_name, template_of
from bot.services.project import find, needed, tidy_name

NAME_LIMIT = 60
MOST_TEMPLATES = 19  # with those that come along, a menu is full


class NothingToSave(UserError):
    """A template of an empty plan."""

    text = "Nothing is planned in “{name}” yet, so there is nothing to save. Begin with `/budget plan`."


class TooManyTemplates(UserError):
    """More templates than a menu holds."""

    text = "This server keeps {limit} templates already, so nothing was saved. Put one away, or save under its name."


@dataclass(frozen=True, slots=True)
class Shelf:
    """What loading a template would do, and the names and keys of all that there are."""

    loaded: Loaded
    templates: tuple[Template, ...]


class BudgetTemplateService:
    """What a band does with its budget templates (producers only)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def preview(
        self, actor: Actor, *, kind: ProjectKind | None = None, name: str | None = None, project: str | None = None
    ) -> Shelf:
        """Return what the named template, else the kind's, else the one of the project's kind would add.

        Raises `NotAllowed`, `NoProject`, `Ambiguous` or `NotFound`; writes nothing.
        """
        actor.must_produce()
        async with self._db.read() as session:
            found = await needed(session, actor, project)
            if name:
                template = await rows.by_name(session, actor, name)
            else:
                template = await rows.for_kind(session, actor, kind or found.kind)
            return await self._shelf(session, actor, found, template)

    async def look(self, actor: Actor, project: int, key: str) -> Shelf:
        """Return what the template of a menu would add to a project; raises `NotFound`."""
        actor.must_produce()
        async with self._db.read() as session:
            found = await find(session, actor, f"#{project}")
            return await self._shelf(session, actor, found, await rows.by_key(session, actor, key))

    async def load(self, actor: Actor, project: int, key: str) -> tuple[Loaded, Report]:
        """Add a template's lines to a project's plan and return it as it is then.

        Raises `PlanLocked`, `NothingToLoad`, `ProjectArchived` or `NotFound`.
        """
        actor.must_produce()
        async with self._db.write(actor, "budget.template") as session:
            found = await find(session, actor, f"#{project}")
            loaded = await rows.load(session, actor, found, await rows.by_key(session, actor, key))
            return loaded, await report(session, found)

    async def save(self, actor: Actor, project: int, name: str) -> Template:
        """Keep a project's plan as the band's own template; one of the same name is replaced.

        Raises `NothingToSave`, `TooManyTemplates` or what the name lacks.
        """
        actor.must_produce()
        name = tidy_name(name, NAME_LIMIT)
        async with self._db.write(actor, "budget.template_save") as session:
            found = await find(session, actor, f"#{project}", archived=True)
            plan = rows.plan_of(await report(session, found))
            if not plan["lines"]:
                raise NothingToSave(name=found.name)
            row = await self._slot(session, actor, found, name)
            row.plan, row.currency, row.is_archived = plan, found.currency, False
            await session.flush()
        return template_of(row)

    async def put_away(self, actor: Actor, key: str) -> Template:
        """Take one of the band's own templates off the shelf; raises `NotFound`."""
        actor.must_produce()
        async with self._db.write(actor, "budget.template_away") as session:
            row = next((row for row in await rows.own_templates(session, actor) if template_of(row).key == key), None)
            if row is None:
                raise NotFound(kind="template", given=key)
            row.is_archived = True
        return template_of(row)

    async def suggest(self, actor: Actor, text: str) -> list[Choice]:
        """Return the templates a person may mean while typing."""
        async with self._db.read() as session:
            names = [row.name for row in await rows.own_templates(session, actor)]
        known = {name.casefold() for name in names}
        names += [kind_name(kind) for kind in rows.shipped() if kind_name(kind).casefold() not in known]
        return [Choice(name, name) for name in rank(text, names, str)]

    async def _shelf(self, session: AsyncSession, actor: Actor, project: Project, template: Template) -> Shelf:
        own = [template_of(row) for row in await rows.own_templates(session, actor)]
        return Shelf(await rows.preview(session, project, template), (*own, *rows.shipped().values()))

    async def _slot(self, session: AsyncSession, actor: Actor, project: Project, name: str) -> BudgetTemplate:
        """Return the row of this name, put away or not, else a new one."""
        mine = select(BudgetTemplate).where(BudgetTemplate.guild_id == actor.guild_id)
        known = [row for row in await session.scalars(mine) if row.name.casefold() == name.casefold()]
        if known:
            return known[0]
        if len(await rows.own_templates(session, actor)) >= MOST_TEMPLATES:
            raise TooManyTemplates(limit=MOST_TEMPLATES)
        row = BudgetTemplate(
            guild_id=actor.guild_id,
            name=name,
            currency=project.currency,
            plan={},
            is_archived=True,
            created_by=actor.user_id,
            created_at=self._clock.now(),
        )
        session.add(row)
        return row
