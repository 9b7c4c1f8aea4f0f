"""`/deadline`: what must be done by when, and by whom."""

import asyncio
import io
from datetime import UTC, datetime
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.services.deadline import Entry, Status, Wanted
from bot.services.settings_quiet import leads_text
from bot.text import plain
from bot.ui.components import button, buttons, card, good, notice, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.deadline_board import DeadlineBoard, finish, show, warning
from bot.ui.deadline_card import deadline_card, finished_card, line, moved_card, repeat_text, shift, story
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.params import People, Repeat, When, Who, bare_repeat, choices_of, ended_repeat, must_be_here, suggest
from bot.ui.press import Press, modal, press, text_field
from bot.ui.respond import reply
from bot.when import Reading, read

TITLES = {
    Status.OPEN: "Open deadlines",
    Status.LATE: "Late deadlines",
    Status.DONE: "Deadlines done",
    Status.ALL: "All deadlines",
}
PICTURE = "timeline.png"
HINTS = {
    "what": "What must be done",
    "who": "For whom: mention members and roles; empty means you",
    "after": "What must be done first: names or numbers, cut by commas",
    "remind": "When to remind before it, such as 3d, 2h; else as each person and the server have set",
    "repeat": "How often again, such as every friday; the next one opens when this one is done",
}


class DeadlineCog(commands.GroupCog, name="deadline", description="What must be done by when, and by whom"):
    """The deadlines of a server."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.board = DeadlineBoard(bot)

    @app_commands.command(description="Add a deadline; I remind of it")
    @app_commands.describe(
        **HINTS, due="By when, such as fri 7pm; a day alone means its end", project="Which project; else this channel's"
    )
    @app_commands.autocomplete(project=suggest("project"), after=suggest("deadline", several=True))
    async def add(
        self,
        interaction: Interaction,
        what: str,
        due: app_commands.Transform[Reading, When("instant", "due")],
        who: app_commands.Transform[People, Who] | None = None,
        project: str | None = None,
        after: str | None = None,
        remind: str | None = None,
        repeat: app_commands.Transform[Reading, Repeat] | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        people = await must_be_here(interaction, who or People())
        entry = await self.bot.services.deadline.add(
            actor,
            what,
            due_at=_instant(due),
            is_all_day=due.precision == "day",
            user_ids=people.users,
            role_ids=people.roles,
            project_text=project,
            after=after,
            remind=remind,
            rrule=repeat.rrule if repeat else None,
        )
        view = deadline_card(entry, self.bot.clock.now(), "Added", undo(actor.change_id), news=warning(interaction))
        await show(interaction, entry, view, public=entry.is_shared)

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

    @app_commands.command(description="Show a deadline")
    @app_commands.describe(deadline="Which deadline")
    @app_commands.autocomplete(deadline=suggest("deadline", status="all"))
    async def show(self, interaction: Interaction, deadline: str) -> None:
        entry, steps = await self.bot.services.deadline.story(await actor_of(interaction), deadline)
        await reply(interaction, deadline_card(entry, self.bot.clock.now(), news=story(steps), asks=True))

    @app_commands.command(description="Change a deadline; without anything else, in a form")
    @app_commands.describe(
        deadline="Which deadline",
        what=HINTS["what"],
        project="Which project",
        after="What must be done first: names or numbers, cut by commas; none for nothing",
        remind=HINTS["remind"],
        repeat="How often again, such as every friday; none to end it",
    )
    @app_commands.autocomplete(
        deadline=suggest("deadline", status="all"), project=suggest("project"), after=suggest("deadline", several=True)
    )
    async def edit(
        self,
        interaction: Interaction,
        deadline: str,
        what: str | None = None,
        project: str | None = None,
        after: str | None = None,
        remind: str | None = None,
        repeat: app_commands.Transform[Reading, Repeat(can_end=True)] | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        given = {"what": what, "project_text": project, "after": after, "remind": remind,
                 "rrule": repeat.rrule if repeat else None}  # fmt: skip
        if not any(value is not None for value in given.values()):
            await interaction.response.send_modal(self._form(actor, await self._theirs(actor, deadline)))
            return
        entry = await self.bot.services.deadline.edit(actor, deadline, **given)
        await self._answer(interaction, actor, entry, "Changed")

    @press("deadline:edited")
    async def press_edited(self, pressed: Press) -> None:
        """Answer the form of `/deadline edit`; what was left as it was stays."""
        actor = await actor_of(pressed.interaction)
        known = await self.bot.services.deadline.theirs(actor, pressed.number())
        before = self._values(actor, known)
        given = {name: text for name, text in pressed.fields.items() if text.strip() != before.get(name, "")}
        if "repeat" in given:
            given["rrule"] = self._rule(actor, given.pop("repeat"))
        for name in ("after", "remind"):
            if name in given:
                given[name] = given[name].strip() or "none"
        entry = await self.bot.services.deadline.edit(actor, pressed.number(), **given)
        await self._answer(pressed.interaction, actor, entry, "Changed")

    @app_commands.command(description="Give a deadline another due time, and see what slips with it")
    @app_commands.describe(deadline="Which deadline", due="By when now, such as next fri 7pm")
    @app_commands.autocomplete(deadline=suggest("deadline"))
    async def move(
        self,
        interaction: Interaction,
        deadline: str,
        due: app_commands.Transform[Reading, When("instant", "due")],
    ) -> None:
        actor = await actor_of(interaction)
        is_all_day = due.precision == "day"
        moved = await self.bot.services.deadline.move(actor, deadline, _instant(due), is_all_day=is_all_day)
        view = moved_card(moved, self.bot.clock.now(), *shift(moved), undo(actor.change_id, actor.guild_id))
        await show(interaction, moved.entry, view, public=moved.entry.is_shared)

    @app_commands.command(description="Say whom a deadline is for")
    @app_commands.describe(deadline="Which deadline", who=HINTS["who"])
    @app_commands.autocomplete(deadline=suggest("deadline"))
    async def assign(
        self, interaction: Interaction, deadline: str, who: app_commands.Transform[People, Who] | None = None
    ) -> None:
        actor = await actor_of(interaction)
        people = await must_be_here(interaction, who or People())
        entry = await self.bot.services.deadline.assign(actor, deadline, people.users, people.roles)
        await self._answer(interaction, actor, entry, "Assigned")

    @app_commands.command(description="Mark a deadline as done")
    @app_commands.describe(deadline="Which deadline")
    @app_commands.autocomplete(deadline=suggest("deadline"))
    async def done(self, interaction: Interaction, deadline: str) -> None:
        actor = await actor_of(interaction)
        finished = await finish(self.bot, actor, deadline)
        view = finished_card(finished, self.bot.clock.now(), undo(actor.change_id, actor.guild_id))
        await show(interaction, finished.entry, view, public=finished.entry.is_shared)

    @app_commands.command(description="Open a finished deadline again")
    @app_commands.describe(deadline="Which deadline")
    @app_commands.autocomplete(deadline=suggest("deadline", status="done"))
    async def reopen(self, interaction: Interaction, deadline: str) -> None:
        actor = await actor_of(interaction)
        entry = await self.bot.services.deadline.reopen(actor, deadline)
        await self._answer(interaction, actor, entry, "Open again")

    @app_commands.command(description="Delete a deadline and its reminders")
    @app_commands.describe(deadline="Which deadline")
    @app_commands.autocomplete(deadline=suggest("deadline", status="all"))
    async def delete(self, interaction: Interaction, deadline: str) -> None:
        actor = await actor_of(interaction)
        entry = await self.bot.services.deadline.delete(actor, deadline)
        await self._answer(interaction, actor, entry, "Deleted")

    @app_commands.command(description="The plan as a picture: today, done, late and the critical path")
    @app_commands.describe(project="Which project; else this channel's")
    @app_commands.autocomplete(project=suggest("project", archived=True))
    async def timeline(self, interaction: Interaction, project: str | None = None) -> None:
        actor = await actor_of(interaction)
        await interaction.response.defer(ephemeral=True)
        await self._draw(interaction, actor, project, public=False)

    @press("deadline:timeline")
    async def press_timeline(self, pressed: Press) -> None:
        """Answer **Share** under a timeline: everybody sees it as it is now."""
        actor = await actor_of(pressed.interaction)
        await pressed.interaction.response.defer(thinking=True)
        number = pressed.number()
        await self._draw(pressed.interaction, actor, f"#{number}" if number else None, public=True)

    async def _draw(self, interaction: Interaction, actor: Actor, project: str | None, *, public: bool) -> None:
        plan = await self.bot.services.deadline.timeline(actor, project)
        if not plan.bars:
            where = f" in **{plain(plan.project.name)}**" if plan.project else ""
            add = self.bot.mention("deadline add")
            await reply(interaction, notice(f"There are no deadlines{where} yet. Add one with {add}."), public=public)
            return
        # Imported on first use: Pillow is large, and most processes never draw.
        from bot.ui.timeline_picture import in_words, picture  # noqa: PLC0415

        png = discord.File(io.BytesIO(await asyncio.to_thread(picture, plan, actor.zone)), PICTURE)
        shown = discord.MediaGalleryItem(f"attachment://{PICTURE}", description=in_words(plan))
        share = button("Share", f"deadline:timeline:{plan.project.number if plan.project else 0}", emoji="📣")
        view = card(ui.MediaGallery(shown), None if public else buttons(share))
        await reply(interaction, view, public=public, files=[png])

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
        ticks = [good("Done", f"deadline:tick:{item.deadline.id}") if item.is_open else None for item in found]
        everyone = f"deadline:everyone:{wanted.status}:{query.get('start', 0)}:{query.get('end', 0)}"
        empty = "Nothing here. Add one with `/deadline add`"
        return Listing(
            f"Your {TITLES[wanted.status].lower()}" if wanted.mine else TITLES[wanted.status],
            [Row(line(item, now), tick) for item, tick in zip(found, ticks, strict=True)],
            total,
            f"{empty}, or look at everyone's." if wanted.mine else f"{empty}, or try another range, person or status.",
            actions=[button("Everyone's", everyone)] if wanted.mine else [],
        )

    async def _answer(self, interaction: Interaction, actor: Actor, entry: Entry, verb: str) -> None:
        view = deadline_card(entry, self.bot.clock.now(), verb, undo(actor.change_id, actor.guild_id))
        await show(interaction, entry, view, public=entry.is_shared)

    async def _theirs(self, actor: Actor, text: str) -> Entry:
        return await self.bot.services.deadline.theirs(actor, text)

    def _rule(self, actor: Actor, text: str) -> str:
        """Return the rule of a repeat in words, nothing for none; raises what is unclear about it."""
        rrule = bare_repeat(text, actor.locale) if text.strip() else ""
        now = self.bot.clock.now()
        if rrule is None:
            rrule = ended_repeat(text, actor, now)
        if rrule is not None:
            return rrule
        return read(text, want="recurrence", now=now, zone=actor.zone, locale=actor.locale).rrule or ""

    def _values(self, actor: Actor, entry: Entry) -> dict[str, str]:
        """Return what the form of `/deadline edit` is filled with."""
        return {
            "what": entry.deadline.what,
            "after": ", ".join(f"#{row.number}" for row in entry.before),
            "remind": "default" if entry.deadline.has_usual_leads else leads_text(entry.deadline.leads),
            "repeat": repeat_text(entry, self.bot.clock.now(), actor.locale),
        }

    def _form(self, actor: Actor, entry: Entry) -> Any:
        values = self._values(actor, entry)
        return modal(
            f"Deadline #{entry.deadline.number}",
            f"deadline:edited:{entry.deadline.id}",
            text_field("What must be done", "what", value=values["what"], needed=True),
            text_field("What must be done first", "after", value=values["after"], hint="#3, Edits"),
            text_field(
                "When to remind before it", "remind", value=values["remind"], hint="3d, 2h; default for as usual"
            ),
            text_field("How often again", "repeat", value=values["repeat"], hint="every friday"),
        )


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
