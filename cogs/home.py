"""`/help` and `/today`: where to begin, and what is on."""

from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.errors import UserError
from bot.models.booking import Booking, BookingState
from bot.services.home import Today
from bot.text import clip, plain, stamp_range
from bot.ui import theme
from bot.ui.components import Block, card, good, row, rule
from bot.ui.context import Interaction, actor_of
from bot.ui.deadline_card import line
from bot.ui.params import People, Who, member_of
from bot.ui.respond import reply

Slash = app_commands.Command[Any, ..., Any]
# Title and slash groups of each topic; the guide's words are the commands' own descriptions, so none can be missing.
TOPICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "setup": ("Setting up", ("setup", "me")),
    "projects": ("Projects and rooms", ("project", "room")),
    "bookings": ("Bookings", ("booking", "availability")),
    "budget": ("Budget", ("budget",)),
    "deadlines": ("Deadlines", ("deadline", "today")),
    "reminders": ("Reminders", ("remind",)),
    "data": ("Your data", ("data",)),
}


class OneAtATime(UserError):
    """Several people where the answer is about one."""

    text = "I can show one member or role at a time. Mention just one in `who`, or leave it empty for yourself."


class HomeCog(commands.Cog):
    """The first commands a newcomer tries."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="A short guide to what I do")
    @app_commands.describe(topic="What you want to know about")
    @app_commands.choices(topic=[app_commands.Choice(name=title, value=key) for key, (title, _) in TOPICS.items()])
    async def help(self, interaction: Interaction, topic: str | None = None) -> None:
        await reply(interaction, card("### What I do", *(self._all() if topic is None else self._topic(topic))))

    def _all(self) -> list[str]:
        """Return every topic with its commands, and how to say when."""
        known = {group for _, groups in TOPICS.values() for group in groups}
        rest = tuple(command.name for command in self._roots() if command.name not in {*known, "help"})
        topics = [*TOPICS.values(), ("More", rest)]
        blocks = [(title, self._commands(groups)) for title, groups in topics]
        guide = [f"**{title}**\n" + " ".join(self._click(item) for item in found) for title, found in blocks if found]
        times = (
            "-# Times are free text: `fri 7pm-10pm`, `tomorrow noon for 3h`. Every write has an Undo for 10 minutes."
        )
        return [*guide, f"{times}\n-# Choose a `topic` to read what each one does."]

    def _topic(self, topic: str) -> list[str]:
        title, groups = TOPICS[topic]
        return [f"**{title}**", "\n".join(f"{self._click(one)} · {one.description}" for one in self._commands(groups))]

    def _commands(self, groups: tuple[str, ...]) -> list[Slash]:
        """Return what can be typed of these groups, in their order."""
        roots = {command.name: command for command in self._roots()}
        found: list[Slash] = []
        for command in (roots[name] for name in groups if name in roots):
            inner = command.walk_commands() if isinstance(command, app_commands.Group) else (command,)
            found += [item for item in inner if isinstance(item, app_commands.Command)]
        return found

    def _roots(self) -> list[Slash | app_commands.Group]:
        return self.bot.tree.get_commands(type=discord.AppCommandType.chat_input)

    def _click(self, command: Slash) -> str:
        return self.bot.mention(command.qualified_name)

    @app_commands.command(description="Sessions, deadlines and answers owed: today and the next 7 days")
    @app_commands.describe(who="Whose: mention a member or a role; empty means yours")
    async def today(self, interaction: Interaction, who: app_commands.Transform[People, Who] | None = None) -> None:
        actor = await actor_of(interaction)
        people = who or People((actor.user_id,))
        if len(people.users) + len(people.roles) != 1:
            raise OneAtATime
        user_id, role_ids = await self._whose(interaction, actor, people)
        found = await self.bot.services.home.today(actor, user_id=user_id, role_ids=role_ids)
        await reply(interaction, await self._today_card(actor, people, found))

    async def _whose(self, interaction: Interaction, actor: Actor, people: People) -> tuple[int | None, frozenset[int]]:
        """Return the member with their roles, or the role alone; raises `NotHere` for somebody who left."""
        if people.roles:
            return None, frozenset(people.roles)
        user_id = people.users[0]
        if user_id == actor.user_id:
            return user_id, actor.role_ids
        member = await member_of(interaction, user_id)
        return user_id, frozenset(role.id for role in member.roles) if member else frozenset()

    async def _today_card(self, actor: Actor, people: People, found: Today) -> ui.LayoutView:
        settings = await self.bot.services.settings.of(actor.guild_id)
        now = self.bot.clock.now()
        is_mine = actor.user_id in people.users
        whose = "" if is_mine else " for " + (f"<@{people.users[0]}>" if people.users else f"<@&{people.roles[0]}>")
        blocks: list[Block] = [f"### Today and the next 7 days{whose}", "**Sessions**"]
        blocks.append("\n".join(map(_session, found.sessions)) or self._empty("No session", "booking new", "Book one"))
        blocks += [rule(), "**Deadlines**"]
        blocks += [
            row(line(entry, now), good("Done", f"deadline:tick:{entry.deadline.id}")) for entry in found.deadlines
        ]
        blocks.append("" if found.deadlines else self._empty("Nothing is due", "deadline add", "Add a deadline"))
        if people.users:
            owed = "\n".join(f"{_session(item)}{_link(item)}" for item in found.owed)
            blocks += [rule(), "**Answers owed**", owed or "Every session is answered."]
        if found.waiting is not None:
            waiting = [f"{item.money.show(settings.locale)} · {plain(clip(item.what, 80))} · #{item.number}"
                       for item in found.waiting]  # fmt: skip
            more = found.waiting_total - len(waiting)
            waiting += [f"and {more} more"] if more else []
            blocks += [rule(), "**Money waiting for your approval**", "\n".join(waiting) or "No expense is waiting."]
        return card(*blocks)

    def _empty(self, what: str, command: str, doing: str) -> str:
        return f"{what}. {doing} with {self.bot.mention(command)}."


def _session(booking: Booking) -> str:
    glyph = theme.HELD if booking.state is BookingState.HELD else theme.BOOKED
    return (
        f"{glyph} **{plain(clip(booking.what, 80))}** · #{booking.number} · "
        f"{stamp_range(booking.start_at, booking.end_at)}"
    )


def _link(booking: Booking) -> str:
    """Return a link to the booking's card, whose buttons take the answer."""
    if booking.channel_id is None or booking.message_id is None:
        return ""
    address = f"https://discord.com/channels/{booking.guild_id}/{booking.channel_id}/{booking.message_id}"
    return f" · [answer on its card]({address})"


async def setup(bot: Backline) -> None:
    await bot.add_cog(HomeCog(bot))
