"""`/project`: the records and productions that everything else belongs to."""

from datetime import date
from typing import Any

from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.models.project import Project, ProjectKind
from bot.money import Amount, Money
from bot.text import plain
from bot.ui import theme
from bot.ui.components import button, buttons, card, notice, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.params import Sum, When, choices_of, suggest, suggest_currency
from bot.ui.press import Press, press
from bot.ui.respond import reply
from bot.when import Reading

HINTS = {
    "name": "What it is called",
    "kind": "What is being made",
    "release": "When it comes out, such as 9 April 2027",
    "budget": "What there is to spend in all, such as 12000 or €8k",
}


class ProjectCog(commands.GroupCog, name="project", description="Records and productions"):
    """The projects of a server."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="Start a project")
    @app_commands.describe(**HINTS, currency="The currency it is counted in, if it is not the server's")
    @app_commands.choices(kind=choices_of(ProjectKind))
    @app_commands.autocomplete(currency=suggest_currency)
    async def create(
        self,
        interaction: Interaction,
        name: str,
        kind: str | None = None,
        release: app_commands.Transform[Reading, When("instant", "release")] | None = None,
        currency: str | None = None,
        budget: app_commands.Transform[Amount, Sum] | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        project = await self.bot.services.project.create(
            actor,
            name,
            kind=ProjectKind(kind or "other"),
            release=_day(actor, release),
            currency=currency,
            budget=budget,
            template=kind is not None,
        )
        actions = [undo(actor.change_id)]
        if kind is not None:
            actions.append(button("Fill in rates", f"budget:unpriced:{project.number}", emoji="✏️"))
        verb = f"Project started with the budget template {_kind(project)}" if kind else "Project started"
        await reply(interaction, await self._card(actor, project, verb, *actions))

    @app_commands.command(description="List the projects")
    async def list(self, interaction: Interaction) -> None:
        await self.bot.lists.show(interaction, "project")

    @app_commands.command(description="The whole project at a glance")
    @app_commands.describe(project="Which project; else this channel's")
    @app_commands.autocomplete(project=suggest("project", archived=True))
    async def show(self, interaction: Interaction, project: str | None = None) -> None:
        actor = await actor_of(interaction)
        await reply(interaction, await self._card(actor, await self.bot.services.project.shown(actor, project)))

    @app_commands.command(description="Change a project")
    @app_commands.describe(project="Which project", **HINTS)
    @app_commands.choices(kind=choices_of(ProjectKind))
    @app_commands.autocomplete(project=suggest("project"))
    async def edit(
        self,
        interaction: Interaction,
        project: str,
        name: str | None = None,
        kind: str | None = None,
        release: app_commands.Transform[Reading, When("instant", "release")] | None = None,
        budget: app_commands.Transform[Amount, Sum] | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        given = {
            "name": name,
            "kind": ProjectKind(kind) if kind else None,
            "release": _day(actor, release),
            "budget": budget,
        }
        changed = await self.bot.services.project.edit(actor, project, **given)
        await reply(interaction, await self._card(actor, changed, "Changed", undo(actor.change_id)))

    @app_commands.command(description="Close a project, or bring a closed one back")
    @app_commands.describe(project="Which project")
    @app_commands.autocomplete(project=suggest("project", archived=True))
    async def archive(self, interaction: Interaction, project: str) -> None:
        actor = await actor_of(interaction)
        changed = await self.bot.services.project.archive(actor, project)
        verb = "Archived" if changed.archived_at else "Brought back"
        await reply(interaction, await self._card(actor, changed, verb, undo(actor.change_id)))

    @app_commands.command(
        description="Bind this channel to a project, so that commands here mean it; without one, unbind"
    )
    @app_commands.describe(project="Which project")
    @app_commands.autocomplete(project=suggest("project"))
    async def bind(self, interaction: Interaction, project: str | None = None) -> None:
        actor = await actor_of(interaction)
        bound = await self.bot.services.project.bind(actor, project)
        text = (
            f"{theme.OK} This channel now means **{plain(bound.name)}**."
            if bound
            else f"{theme.OK} This channel is bound to no project now."
        )
        await reply(interaction, notice(text, accent=theme.GOOD, actions=buttons(undo(actor.change_id))))

    @press("project:show")
    async def press_show(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        project = await self.bot.services.project.shown(actor, f"#{pressed.number()}")
        await reply(pressed.interaction, await self._card(actor, project))

    @listing("project")
    async def projects(self, actor: Actor, _query: dict[str, Any], page: int) -> Listing:
        projects = await self.bot.services.project.listed(actor, archived=True)
        rows = [
            Row(f"**{plain(row.name)}** · #{row.number} · {_kind(row)}{_release(row)}{_closed(row)}",
                button("Show", f"project:show:{row.number}"))
            for row in projects[page * PAGE : (page + 1) * PAGE]
        ]  # fmt: skip
        return Listing("Projects", rows, len(projects), "No projects yet. Start one with `/project create`.")

    async def _card(self, actor: Actor, project: Project, verb: str = "", *actions: ui.Button[Any]) -> ui.LayoutView:
        settings = await self.bot.services.settings.of(actor.guild_id)
        glance = await self.bot.services.home.glance(actor, project, settings.locale)
        title = f"### {theme.PROJECT} {plain(project.name)} · #{project.number}{_closed(project)}"
        facts = [f"{_kind(project)} in {project.currency}{_release(project)}"]
        if project.budget_minor is not None and actor.sees_money:
            facts.append(f"Budget: {Money(project.budget_minor, project.currency).show(settings.locale)}")
        return card(
            f"{theme.OK} {verb}" if verb else None,
            title,
            "\n".join([*facts, *glance]),
            buttons(*actions) if actions else None,
            accent=theme.GOOD if verb else theme.BRAND,
        )


def _day(actor: Actor, release: Reading | None) -> date | None:
    return release.at.astimezone(actor.zone).date() if release and release.at else None


def _closed(project: Project) -> str:
    return " · archived" if project.archived_at else ""


def _kind(project: Project) -> str:
    return "EP" if project.kind is ProjectKind.EP else project.kind.value.capitalize()


def _release(project: Project) -> str:
    return f" · out on {project.release_on:%d %b %Y}" if project.release_on else ""


async def setup(bot: Backline) -> None:
    await bot.add_cog(ProjectCog(bot))
