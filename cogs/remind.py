"""`/remind`: planning, listing and changing one's own reminders and a channel's."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.errors import UserError
from bot.models.reminder import Mention, Reminder
from bot.services import reminder_times
from bot.services.reminder import TextTooLong
from bot.services.reminder_edit import STATUS_DAYS
from bot.services.reminder_times import Times
from bot.ui.components import undo
from bot.ui.context import Interaction, actor_of, lacking_to_write
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.params import Repeat, When, begins, choices_of, suggest
from bot.ui.press import Press, modal, press, text_field
from bot.ui.remind_card import (
    cancel_button,
    cancelled_card,
    change_menu,
    edit_form,
    line,
    planned_card,
    reminder_card,
    settled_line,
)
from bot.ui.remind_flow import KIND, answer, change, iso, keep, read_at
from bot.ui.respond import reply
from bot.when import Reading

LONGEST = 4000
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
    """Reminders that people plan."""

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
        await reply(interaction, cancelled_card(actor, await self.bot.services.reminder.cancel(actor, reminder)))

    @app_commands.command(description="Change a reminder; without anything else, in a form")
    @app_commands.describe(reminder="Which reminder", **HINTS)
    @app_commands.autocomplete(reminder=suggest("reminder"))
    async def edit(
        self,
        interaction: Interaction,
        reminder: str,
        what: app_commands.Range[str, 1, LONGEST] | None = None,
        when: app_commands.Transform[Reading, When("instant")] | None = None,
        repeat: app_commands.Transform[Reading, Repeat(can_end=True)] | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        if what is None and when is None and repeat is None:
            row = await self.bot.services.reminder_edit.show(actor, reminder)
            await interaction.response.send_modal(edit_form(actor, row))
            return
        await change(interaction, actor, reminder, what, self._wanted(when, repeat))

    @app_commands.command(description="Stop a reminder from coming until you resume it")
    @app_commands.describe(reminder="Which reminder")
    @app_commands.autocomplete(reminder=suggest("reminder"))
    async def pause(self, interaction: Interaction, reminder: str) -> None:
        actor = await actor_of(interaction)
        row = await self.bot.services.reminder_edit.pause(actor, reminder)
        await reply(interaction, reminder_card(row, "Paused", undo(actor.change_id)))

    @app_commands.command(description="Let a paused reminder come again")
    @app_commands.describe(reminder="Which reminder")
    @app_commands.autocomplete(reminder=suggest("reminder"))
    async def resume(self, interaction: Interaction, reminder: str) -> None:
        actor = await actor_of(interaction)
        row = await self.bot.services.reminder_edit.resume(actor, reminder)
        await reply(interaction, reminder_card(row, "Resumed", undo(actor.change_id)))

    @app_commands.command(description="What was sent lately, how late, and what failed and why")
    async def status(self, interaction: Interaction) -> None:
        await self.bot.lists.show(interaction, "reminder_status")

    def _wanted(self, when: Reading | None, repeat: Reading | None) -> dict[str, Any]:
        """Return what was asked for, in a form that a button can remember."""
        return {
            "at": iso(when.at if when else None),
            "rrule": repeat.rrule if repeat else None,
            "first": iso(begins(repeat)),
        }

    async def _plan(self, interaction: Interaction, actor: Actor, what: str, wanted: dict[str, Any]) -> None:
        """Plan what was asked for and say so; a text that is too long is kept to be shortened."""
        now = self.bot.clock.now()
        times = reminder_times.times(now, actor.zone, read_at(wanted["at"]), wanted["rrule"], read_at(wanted["first"]))
        try:
            planned = await self._planned(actor, what, times, wanted)
        except TextTooLong as refusal:
            await keep(interaction, actor, refusal, {**wanted, "what": what})
            return
        view = planned_card(actor, planned)
        await answer(interaction, view, public=planned.channel_id == interaction.channel_id and not planned.user_id)

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
        """Plan or change the reminder with the text that was edited."""
        actor = await actor_of(pressed.interaction)
        kept = await self.bot.services.memo.recall(actor, pressed.number(), KIND)
        if "changes" in kept:
            await change(pressed.interaction, actor, kept["changes"], pressed.fields["what"], kept)
        else:
            await self._plan(pressed.interaction, actor, pressed.fields["what"], kept)

    @listing("reminder")
    async def reminders(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        start, end = read_at(query.get("start")), read_at(query.get("end"))
        found = await self.bot.services.reminder.listed(actor, start=start, end=end, skip=page * PAGE, limit=PAGE)
        rows = [Row(line(row), cancel_button(actor, row)) for row in found.rows]
        empty = "No reminders ahead. Make one with `/remind me` or `/remind channel`."
        return Listing("Reminders", rows, found.total, empty, menu=change_menu(actor, found.rows))

    @listing("reminder_status")
    async def settled(self, actor: Actor, _query: dict[str, Any], page: int) -> Listing:
        status = await self.bot.services.reminder_edit.status(actor, skip=page * PAGE, limit=PAGE)
        rows = [Row(settled_line(row)) for row in status.rows]
        note = f"{status.total - status.failed} sent and {status.failed} failed in the last {STATUS_DAYS} days"
        if status.median_late is not None:
            note += f", half of them within {max(0.0, status.median_late):.1f} s"
        return Listing("What was sent", rows, status.total, "Nothing was due in the last days.", note)


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
    named = f"<#{where.id}>"
    if lacking_to_write(where, theirs):
        raise YouCantWriteThere(channel=named)
    calling = ("mention_everyone",) if mention in (Mention.HERE, Mention.EVERYONE) else ()
    if calling and not theirs.mention_everyone:
        raise MayNotCallEveryone(channel=named)
    if missing := lacking_to_write(where, mine, *calling):
        raise CantWriteThere(missing=", ".join(missing), channel=named)
    return int(where.id)


async def setup(bot: Backline) -> None:
    await bot.add_cog(RemindCog(bot))
