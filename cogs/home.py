"""`/help` and `/today`: where to begin, and what is on."""

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

TOPICS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "setup": (
        "Setting up",
        [
            ("setup start", "time zone, currency, roles, announcements"),
            ("setup check", "what I am missing, and how to mend it"),
            ("setup show", "the settings as they are"),
            ("me timezone", "your own time zone"),
        ],
    ),
    "projects": (
        "Projects and rooms",
        [
            ("project create", "start a record or production"),
            ("project show", "one project at a glance"),
            ("project bind", "make this channel mean a project"),
            ("room add", "a studio or rehearsal room, with its price and rules"),
            ("room list", "the rooms you can book"),
        ],
    ),
    "bookings": (
        "Bookings",
        [
            ("booking new", "book or hold a session: price, budget and clashes first"),
            ("booking list", "what is coming up"),
            ("booking show", "one session, and who comes"),
            ("booking move", "another time, with every check again"),
            ("booking confirm", "make a booking out of a hold"),
            ("booking cancel", "let a session go"),
        ],
    ),
    "budget": (
        "Budget",
        [
            ("budget plan", "what something may cost"),
            ("budget spend", "log what was paid, with its receipt"),
            ("budget left", "what is left, in one line"),
            ("budget show", "the cost report"),
        ],
    ),
    "deadlines": (
        "Deadlines",
        [
            ("deadline add", "what must be done by when, and by whom; I remind of it"),
            ("deadline list", "what is open, late or done, with Done beside each"),
            ("deadline done", "finish one"),
            ("today", "what you have today and in the next 7 days"),
        ],
    ),
    "reminders": (
        "Reminders",
        [
            ("remind me", "a message to you at a time you name"),
            ("remind channel", "a message to a channel"),
            ("remind list", "what will still come"),
            ("remind cancel", "call one off"),
            ("remind edit", "change its words, time or repeat"),
            ("remind pause", "silence one until you resume it"),
            ("remind status", "what was sent, how late, and what failed"),
        ],
    ),
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
        blocks = ["### What I do"]
        for key, (title, entries) in TOPICS.items():
            if topic in (None, key):
                lines = [f"{self.bot.mention(name)} · {words}" for name, words in entries]
                blocks.append("\n".join([f"**{title}**", *lines]))
        if topic is None:
            blocks.append("-# Times are free text: `fri 7pm-10pm`, `tomorrow noon for 3h`. Every write has an Undo.")
        await reply(interaction, card(*blocks))

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
