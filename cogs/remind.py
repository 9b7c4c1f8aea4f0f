"""`/remind`: one's own reminders and a channel's, and the buttons under those that arrive."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.errors import UserError
from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.services import reminder_times
from bot.services.reminder import TextTooLong
from bot.services.reminder_times import Times
from bot.text import clip, plain, short, stamp
from bot.ui import theme
from bot.ui.components import bad, button, buttons, card, main, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.letter import letter
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.params import Repeat, When, choices_of, suggest
from bot.ui.press import Press, modal, press, text_field
from bot.ui.respond import reply, update
from bot.when import Reading, read

SHOWN = 300
LONGEST = 4000
KIND = "remind"
LATER = {"10m": "10 min", "1h": "1 h", "tonight": "Tonight", "morning": "Tomorrow 9:00"}
HINTS = {
    "what": "What to remind of",
    "when": "When, such as fri 5pm or in 2 hours",
    "repeat": "How it repeats, such as every friday 5pm",
}
Spot = discord.TextChannel | discord.VoiceChannel | discord.Thread


class CantWriteThere(UserError):
    """A channel where the bot lacks a permission."""

    text = (
        "I lack **{missing}** in {channel}, so nothing was planned. Give it to my role there "
        "(Edit channel → Permissions), or pick another channel."
    )
    made_here = frozenset({"channel"})


class YouCantWriteThere(UserError):
    """A channel where the person may not speak."""

    text = "You may not write in {channel} yourself, so nothing was planned. Pick a channel where you may."
    made_here = frozenset({"channel"})


class MayNotCallEveryone(UserError):
    """Calling everybody without the right to."""

    text = (
        "Only people who may mention everyone in {channel} can plan that, so nothing was planned. "
        "Choose `Me` or `None`, or ask somebody who may."
    )
    made_here = frozenset({"channel"})


class RemindCog(commands.GroupCog, name="remind", description="Reminders, for you or for a channel"):
    """Reminders that people plan, and the buttons of those that have arrived."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="Remind me of something, by direct message")
    @app_commands.describe(**HINTS)
    async def me(
        self,
        interaction: Interaction,
        what: app_commands.Range[str, 1, LONGEST],
        when: app_commands.Transform[Reading, When("instant")] | None = None,
        repeat: app_commands.Transform[Reading, Repeat] | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        wanted = self._wanted(when, repeat)
        await self._plan(interaction, actor, what, wanted)

    @app_commands.command(description="Remind a channel of something")
    @app_commands.describe(**HINTS, channel="Where, if not here", mention="Whom to call")
    @app_commands.choices(mention=choices_of(Mention))
    async def channel(
        self,
        interaction: Interaction,
        what: app_commands.Range[str, 1, LONGEST],
        when: app_commands.Transform[Reading, When("instant")] | None = None,
        repeat: app_commands.Transform[Reading, Repeat] | None = None,
        channel: Spot | None = None,
        mention: str = "none",
    ) -> None:
        actor = await actor_of(interaction)
        where = _checked(interaction, channel, Mention(mention))
        wanted = {**self._wanted(when, repeat), "channel": where, "mention": mention}
        await self._plan(interaction, actor, what, wanted)

    @app_commands.command(description="My reminders and this channel's")
    @app_commands.describe(range="From when to when, such as this week")
    async def list(
        self,
        interaction: Interaction,
        range: app_commands.Transform[Reading, When("interval", "range")] | None = None,
    ) -> None:
        query = {}
        if range is not None and range.start is not None and range.end is not None:
            query = {"start": range.start.isoformat(), "end": range.end.isoformat()}
        await self.bot.lists.show(interaction, "reminder", query)

    @app_commands.command(description="Cancel a reminder")
    @app_commands.describe(reminder="Which reminder")
    @app_commands.autocomplete(reminder=suggest("reminder"))
    async def cancel(self, interaction: Interaction, reminder: str) -> None:
        actor = await actor_of(interaction)
        await reply(interaction, _cancelled(actor, await self.bot.services.reminder.cancel(actor, reminder)))

    def _wanted(self, when: Reading | None, repeat: Reading | None) -> dict[str, Any]:
        """Return what was asked for, in a form that a button can remember."""
        return {
            "at": _iso(when.at if when else None),
            "rrule": repeat.rrule if repeat else None,
            "first": _iso(repeat.first if repeat else None),
        }

    async def _plan(self, interaction: Interaction, actor: Actor, what: str, wanted: dict[str, Any]) -> None:
        """Plan what was asked for and say so; a text that is too long is kept to be shortened."""
        now = self.bot.clock.now()
        times = reminder_times.times(now, actor.zone, _at(wanted["at"]), wanted["rrule"], _at(wanted["first"]))
        try:
            planned = await self._planned(actor, what, times, wanted)
        except TextTooLong as refusal:
            memo = await self.bot.services.memo.keep(actor, KIND, {**wanted, "what": what})
            actions = buttons(main("Shorten it", f"remind:shorten:{memo}", emoji="✂️"))
            await _answer(interaction, card(f"{theme.WARNING} {refusal}", actions, accent=theme.WARN))
            return
        view = _planned_card(actor, planned)
        await _answer(interaction, view, public=planned.channel_id == interaction.channel_id and not planned.user_id)

    async def _planned(self, actor: Actor, what: str, times: Times, wanted: dict[str, Any]) -> Reminder:
        if "channel" not in wanted:
            return await self.bot.services.reminder.me(actor, what, times)
        where, mention = wanted["channel"], Mention(wanted["mention"])
        return await self.bot.services.reminder.channel(actor, what, times, channel_id=where, mention=mention)

    @press("remind:shorten")
    async def shorten(self, pressed: Press) -> None:
        """Open the text that was too long, to be edited."""
        actor = await actor_of(pressed.interaction)
        kept = await self.bot.services.memo.recall(actor, pressed.number(), KIND)
        words = text_field("What to remind of", "what", value=kept["what"], needed=True, limit=LONGEST, long=True)
        form = modal("Shorten the reminder", f"remind:shortened:{pressed.number()}", words)
        await pressed.interaction.response.send_modal(form)

    @press("remind:shortened")
    async def shortened(self, pressed: Press) -> None:
        """Plan the reminder with the text that was edited."""
        actor = await actor_of(pressed.interaction)
        kept = await self.bot.services.memo.recall(actor, pressed.number(), KIND)
        await self._plan(pressed.interaction, actor, pressed.fields["what"], kept)

    @press("remind:done")
    async def done(self, pressed: Press) -> None:
        """Mark a delivered reminder as done, and say so in its place."""
        actor = await actor_of(pressed.interaction, pressed.number(0))
        key, occurrence = pressed.number(1), pressed.number(2)
        done = await self.bot.services.reminder.done(actor, key, occurrence)
        back = f"remind:undone:{actor.guild_id}:{key}:{occurrence}:{actor.change_id}"
        words = f"{theme.DONE} {plain(done.what)}\n-# Done by <@{actor.user_id}> <t:{int(self._now().timestamp())}:R>"
        await update(pressed.interaction, card(words, buttons(button("Undo", back, emoji="↩️")), accent=theme.GOOD))

    @press("remind:undone")
    async def undone(self, pressed: Press) -> None:
        """Take Done back: the reminder stands there again with its buttons."""
        actor = await actor_of(pressed.interaction, pressed.number(0))
        await self.bot.services.undo.undo(actor, pressed.number(3))
        due = await self.bot.services.reminder.again(actor, pressed.number(1), pressed.number(2))
        await update(pressed.interaction, letter(due, due.due_at, called=not due.is_direct))

    @press("remind:snooze")
    async def snooze(self, pressed: Press) -> None:
        """Ask until when."""
        to = ":".join(str(pressed.number(index)) for index in range(3))
        choices = [button(label, f"remind:later:{to}:{key}") for key, label in LATER.items()]
        choices.append(button("Other", f"remind:other:{to}"))
        await reply(pressed.interaction, card("When shall I remind you again?", buttons(*choices)))

    @press("remind:later")
    async def later(self, pressed: Press) -> None:
        """Snooze by one of the presets."""
        actor = await actor_of(pressed.interaction, pressed.number(0))
        if pressed.args[3] not in LATER:
            pressed.number(3)
        await self._snooze(pressed, actor, reminder_times.later(pressed.args[3], self._now(), actor.zone))

    @press("remind:other")
    async def other(self, pressed: Press) -> None:
        """Ask for a time in free text."""
        to = ":".join(str(pressed.number(index)) for index in range(3))
        when = text_field("When", "when", hint="tomorrow noon", needed=True)
        await pressed.interaction.response.send_modal(modal("Remind me again", f"remind:until:{to}", when))

    @press("remind:until")
    async def until(self, pressed: Press) -> None:
        """Snooze until the time that was typed."""
        actor = await actor_of(pressed.interaction, pressed.number(0))
        typed = pressed.fields["when"]
        reading = read(typed, want="instant", now=self._now(), zone=actor.zone, locale=actor.locale)
        if reading.at is not None:
            await self._snooze(pressed, actor, reading.at)

    async def _snooze(self, pressed: Press, actor: Actor, at: datetime) -> None:
        again = await self.bot.services.reminder.snooze(actor, pressed.number(1), pressed.number(2), at)
        words = f"💤 I'll remind you again {stamp(again.due_at)} · #{again.number}"
        await update(pressed.interaction, card(words, buttons(undo(actor.change_id, actor.guild_id))))

    @press("remind:too")
    async def notify_me_too(self, pressed: Press) -> None:
        """Call the presser as well whenever this reminder comes again; a second press stops that."""
        actor = await actor_of(pressed.interaction, pressed.number(0))
        follows = await self.bot.services.reminder.follow(actor, pressed.number(1))
        words = "🔔 I'll call you too when it comes again." if follows else "🔕 I won't call you for this one any more."
        await reply(pressed.interaction, card(words, buttons(undo(actor.change_id))))

    @press("remind:stop")
    async def stop(self, pressed: Press) -> None:
        """Cancel from the list: it is drawn again, and what was cancelled follows."""
        actor = await actor_of(pressed.interaction)
        cancelled = await self.bot.services.reminder.cancel(actor, f"#{pressed.number()}")
        await self.bot.lists.redraw(pressed)
        await reply(pressed.interaction, _cancelled(actor, cancelled))

    @listing("reminder")
    async def reminders(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        start, end = _at(query.get("start")), _at(query.get("end"))
        found = await self.bot.services.reminder.listed(actor, start=start, end=end, skip=page * PAGE, limit=PAGE)
        rows = [Row(_line(row), _stop(actor, row)) for row in found.rows]
        empty = "No reminders ahead. Make one with `/remind me` or `/remind channel`."
        return Listing("Reminders", rows, found.total, empty)

    def _now(self) -> datetime:
        return self.bot.clock.now()


def _checked(interaction: Interaction, channel: Spot | None, mention: Mention) -> int:
    """Return the channel's id where the bot and the person may do what is asked.

    Raises `CantWriteThere`, `YouCantWriteThere` or `MayNotCallEveryone`.
    """
    where: Any = channel or interaction.channel
    if channel is None:
        mine, theirs = interaction.app_permissions, interaction.permissions
    else:
        mine = channel.permissions_for(channel.guild.me)
        theirs = channel.permissions_for(interaction.user) if isinstance(interaction.user, discord.Member) else mine
    sending = "send_messages_in_threads" if isinstance(where, discord.Thread) else "send_messages"
    needed = ["view_channel", sending]
    named = f"<#{where.id}>"
    if not all(getattr(theirs, name) for name in needed):
        raise YouCantWriteThere(channel=named)
    if mention in (Mention.HERE, Mention.EVERYONE):
        needed.append("mention_everyone")
        if not theirs.mention_everyone:
            raise MayNotCallEveryone(channel=named)
    missing = [name.replace("_", " ").title() for name in needed if not getattr(mine, name)]
    if missing:
        raise CantWriteThere(missing=", ".join(missing), channel=named)
    return int(where.id)


async def _answer(interaction: Interaction, view: ui.LayoutView, *, public: bool = False) -> None:
    """Answer a command with a new message, and a form in the place of the message that opened it."""
    if interaction.type is discord.InteractionType.modal_submit:
        await update(interaction, view)
    else:
        await reply(interaction, view, public=public)


def _planned_card(actor: Actor, row: Reminder) -> ui.LayoutView:
    where = f"in <#{row.channel_id}>" if row.kind is ReminderKind.CHANNEL else "by direct message"
    called = {Mention.ME: ", calling you", Mention.HERE: ", calling everybody here"}.get(row.mention, "")
    called = ", calling everyone" if row.mention is Mention.EVERYONE else called
    return card(
        f"{theme.OK} I'll remind you {where}{called} · #{row.number}",
        f"**{plain(clip(row.what, SHOWN))}**\n{stamp(row.due_at)}",
        _repeats(row),
        buttons(undo(actor.change_id)),
        accent=theme.GOOD,
    )


def _repeats(row: Reminder) -> str | None:
    """Return when a repeating reminder comes after its next time."""
    if row.rrule is None:
        return None
    comes = reminder_times.following(row.rrule, row.first_at or row.due_at, ZoneInfo(row.zone), row.due_at)
    return f"🔁 Then {' and '.join(short(at) for at in comes)}" if comes else "🔁 That is the last time."


def _cancelled(actor: Actor, row: Reminder) -> ui.LayoutView:
    words = f"{theme.CANCELLED} Cancelled: #{row.number} **{plain(clip(row.what, SHOWN))}**, due {short(row.due_at)}"
    return card(words, buttons(undo(actor.change_id)), accent=theme.QUIET)


def _line(row: Reminder) -> str:
    where = f"<#{row.channel_id}>" if row.kind is ReminderKind.CHANNEL else "direct message"
    marks = "".join([" · 🔁" if row.rrule else "", " · paused" if row.state is ReminderState.PAUSED else ""])
    words = " ".join(clip(row.what, 120).split())
    return (
        f"**#{row.number}** {short(row.due_at)} (<t:{int(row.due_at.timestamp())}:R>) · {where}{marks}\n{plain(words)}"
    )


def _stop(actor: Actor, row: Reminder) -> ui.Button[Any] | None:
    """Return the button that cancels a row, for those who may."""
    if row.created_by != actor.user_id and not actor.is_producer:
        return None
    return bad("Cancel", f"remind:stop:{row.number}")


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


async def setup(bot: Backline) -> None:
    await bot.add_cog(RemindCog(bot))
