"""`/deadline`: what must be done by when, and by whom."""

from datetime import UTC, datetime
from typing import Any

from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.services.deadline import Entry, Status, Wanted
from bot.services.deadline_rules import DoneAlready
from bot.ui.components import button, good, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.deadline_card import deadline_card, line
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.params import People, When, Who, choices_of, suggest
from bot.ui.press import Press, press
from bot.ui.respond import reply, update
from bot.when import Reading

TITLES = {
    Status.OPEN: "Open deadlines",
    Status.LATE: "Late deadlines",
    Status.DONE: "Deadlines done",
    Status.ALL: "All deadlines",
}


class DeadlineCog(commands.GroupCog, name="deadline", description="What must be done by when, and by whom"):
    """The deadlines of a server."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="Add a deadline; I remind of it in this channel")
    @app_commands.describe(
        what="What must be done",
        due="By when, such as fri 7pm; a day alone means its end",
        who="For whom: mention members and roles; empty means you",
        project="Which project; else this channel's",
        remind="When to remind before it, such as 3d, 2h; else 7 days, 2 days, 1 day and 2 hours",
    )
    @app_commands.autocomplete(project=suggest("project"))
    async def add(
        self,
        interaction: Interaction,
        what: str,
        due: app_commands.Transform[Reading, When("instant", "due")],
        who: app_commands.Transform[People, Who] | None = None,
        project: str | None = None,
        remind: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        people = who or People()
        entry = await self.bot.services.deadline.add(
            actor,
            what,
            due_at=_instant(due),
            is_all_day=due.precision == "day",
            user_ids=people.users,
            role_ids=people.roles,
            project_text=project,
            remind=remind,
        )
        view = deadline_card(entry, self.bot.clock.now(), "Added", undo(actor.change_id))
        await reply(interaction, view, public=entry.is_shared)

    @app_commands.command(description="List deadlines: yours, or somebody's, or a project's")
    @app_commands.describe(
        range="Due when, such as this week or december",
        who="Whose: mention members and roles; empty means yours",
        project="Which project; without who, everybody's",
        status="Which ones; else the open ones",
    )
    @app_commands.choices(status=choices_of(Status))
    @app_commands.autocomplete(project=suggest("project", archived=True))
    async def list(
        self,
        interaction: Interaction,
        range: app_commands.Transform[Reading, When("interval", "range")] | None = None,
        who: app_commands.Transform[People, Who] | None = None,
        project: str | None = None,
        status: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        named = await self.bot.services.project.shown(actor, project) if project else None
        query = {
            "status": status,
            "start": _unix(range.start) if range else None,
            "end": _unix(range.end) if range else None,
            "users": [*who.users] if who else None,
            "roles": [*who.roles] if who else None,
            "project": named.id if named else None,
            "everyone": bool(named) or None,
        }
        await self.bot.lists.show(interaction, "deadline", query)

    @app_commands.command(description="Mark a deadline as done")
    @app_commands.describe(deadline="Which deadline")
    @app_commands.autocomplete(deadline=suggest("deadline"))
    async def done(self, interaction: Interaction, deadline: str) -> None:
        actor = await actor_of(interaction)
        entry = (await self.bot.services.deadline.finish(actor, deadline)).entry
        await reply(interaction, self._done(entry, actor), public=entry.is_shared)

    @press("deadline:done")
    async def press_done(self, pressed: Press) -> None:
        """Answer **Done** on a card or a ping, also in a direct message; the message becomes the finished card."""
        deadline_id = pressed.number()
        actor = await self._actor(pressed, deadline_id)
        try:
            entry = (await self.bot.services.deadline.finish(actor, deadline_id)).entry
        except DoneAlready:
            entry = await self.bot.services.deadline.show(actor, deadline_id)
            await update(pressed.interaction, deadline_card(entry, self.bot.clock.now()))
            raise
        await update(pressed.interaction, self._done(entry, actor))

    @press("deadline:tick")
    async def press_tick(self, pressed: Press) -> None:
        """Answer **Done** in a list: the list is drawn again, and the finished card follows."""
        actor = await actor_of(pressed.interaction)
        entry = (await self.bot.services.deadline.finish(actor, pressed.number())).entry
        await self.bot.lists.redraw(pressed)
        await reply(pressed.interaction, self._done(entry, actor), public=entry.is_shared)

    @press("deadline:everyone")
    async def press_everyone(self, pressed: Press) -> None:
        status, start, end = pressed.args
        query = {"status": status, "start": int(start) or None, "end": int(end) or None, "everyone": True}
        await self.bot.lists.show(pressed.interaction, "deadline", query)

    @listing("deadline")
    async def deadlines(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        wanted = _wanted(query)
        found, total = await self.bot.services.deadline.listed(actor, wanted, offset=page * PAGE, limit=PAGE)
        now = self.bot.clock.now()
        rows = [Row(line(entry, now), self._tick(entry)) for entry in found]
        everyone = f"deadline:everyone:{wanted.status}:{query.get('start', 0)}:{query.get('end', 0)}"
        empty = "Nothing here. Add one with `/deadline add`"
        return Listing(
            f"Your {TITLES[wanted.status].lower()}" if wanted.mine else TITLES[wanted.status],
            rows,
            total,
            f"{empty}, or look at everyone's." if wanted.mine else f"{empty}, or try another range, person or status.",
            actions=[button("Everyone's", everyone)] if wanted.mine else [],
        )

    def _tick(self, entry: Entry) -> ui.Button[Any] | None:
        row = entry.deadline
        return good("Done", f"deadline:tick:{row.id}") if entry.is_open else None

    def _done(self, entry: Entry, actor: Actor) -> ui.LayoutView:
        return deadline_card(entry, self.bot.clock.now(), "Done", undo(actor.change_id, actor.guild_id))

    async def _actor(self, pressed: Press, deadline_id: int) -> Actor:
        """Return who pressed; in a direct message the deadline says for which server."""
        if pressed.interaction.guild_id is not None:
            return await actor_of(pressed.interaction)
        return await actor_of(pressed.interaction, await self.bot.services.deadline.guild_of(deadline_id))


def _wanted(query: dict[str, Any]) -> Wanted:
    """Return the filters that a list remembers."""
    users, roles = tuple(query.get("users", ())), tuple(query.get("roles", ()))
    return Wanted(
        status=Status(query.get("status", "open")),
        start=_from_unix(query.get("start")),
        end=_from_unix(query.get("end")),
        user_ids=users,
        role_ids=roles,
        project_id=query.get("project"),
        mine=not (users or roles or query.get("everyone")),
    )


def _instant(reading: Reading) -> datetime:
    """Return the instant that an option of the kind holds."""
    if reading.at is None:
        raise TypeError("a reading without an instant")
    return reading.at


def _unix(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None


def _from_unix(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


async def setup(bot: Backline) -> None:
    await bot.add_cog(DeadlineCog(bot))
