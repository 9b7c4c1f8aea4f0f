"""Buttons under reminders that arrive and under those that wait, and *Remind me about this* on messages."""

from datetime import datetime

import discord
from discord import app_commands
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.models.reminder import Reminder
from bot.services import reminder_times
from bot.text import local, plain, short, stamp
from bot.ui import theme
from bot.ui.components import button, buttons, card, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.letter import letter
from bot.ui.params import bare_repeat, begins, ended_repeat
from bot.ui.press import Press, modal, press, text_field
from bot.ui.remind_card import cancelled_card, edit_form, planned_card, reminder_card, repeat_text
from bot.ui.remind_flow import change, iso
from bot.ui.respond import reply, update
from bot.ui.typed import quoted
from bot.when import Reading, Want, read

LATER = {"10m": "10 min", "1h": "1 h", "tonight": "Tonight", "morning": "Tomorrow 9:00"}
QUOTED = 800


class RemindPressCog(commands.Cog):
    """What people press on reminders."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name="Remind me about this", callback=self.about)

    async def cog_load(self) -> None:
        self.bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

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
        to = await self._heard(pressed)
        choices = [button(label, f"remind:later:{to}:{key}") for key, label in LATER.items()]
        choices.append(button("Other", f"remind:other:{to}"))
        await reply(pressed.interaction, card("When shall I remind you again?", buttons(*choices)))

    async def _heard(self, pressed: Press) -> str:
        """Return what names the delivery in custom ids, once it is known that the presser may snooze it."""
        key, occurrence = pressed.number(1), pressed.number(2)
        actor = await actor_of(pressed.interaction, pressed.number(0))
        await self.bot.services.reminder.must_be_heard(actor, key, occurrence)
        return f"{actor.guild_id}:{key}:{occurrence}"

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
        to = await self._heard(pressed)
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
        await reply(pressed.interaction, cancelled_card(actor, cancelled))

    @press("remind:pick")
    async def pick(self, pressed: Press) -> None:
        """Open one of a list's reminders."""
        actor = await actor_of(pressed.interaction)
        row = await self.bot.services.reminder_edit.show(actor, pressed.values[0])
        await reply(pressed.interaction, reminder_card(row))

    @press("remind:edit")
    async def edit(self, pressed: Press) -> None:
        """Open the form with what a reminder says now."""
        actor = await actor_of(pressed.interaction)
        row = await self.bot.services.reminder_edit.show(actor, f"#{pressed.number()}")
        await pressed.interaction.response.send_modal(edit_form(actor, row))

    @press("remind:edited")
    async def edited(self, pressed: Press) -> None:
        """Change what was changed in the form."""
        actor = await actor_of(pressed.interaction)
        name = f"#{pressed.number()}"
        row = await self.bot.services.reminder_edit.show(actor, name)
        what, when, repeat = (pressed.fields.get(key, "") for key in ("what", "when", "repeat"))
        rule, first = None, None
        if repeat.strip() != repeat_text(actor, row):
            rule, first = self._repeat(actor, repeat)
        at = self._read(actor, when).at if when.strip() and when.strip() != _now(row, actor) else None
        words = what if what != row.what else None
        wanted = {"at": iso(at), "rrule": rule, "first": iso(first)}
        await change(pressed.interaction, actor, name, words, wanted)

    def _repeat(self, actor: Actor, text: str) -> tuple[str | None, datetime | None]:
        """Return the rule that was typed, an empty one for none, and when it begins if it says so."""
        rule = bare_repeat(text, actor.locale) if text.strip() else ""
        if rule is None:
            rule = ended_repeat(text, actor, self._now())
        if rule is not None:
            return rule, None
        reading = self._read(actor, text, "recurrence")
        return reading.rrule, begins(reading)

    @press("remind:pause")
    async def pause(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        row = await self.bot.services.reminder_edit.pause(actor, f"#{pressed.number()}")
        await self._changed(pressed, row, "Paused", actor)

    @press("remind:resume")
    async def resume(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        row = await self.bot.services.reminder_edit.resume(actor, f"#{pressed.number()}")
        await self._changed(pressed, row, "Resumed", actor)

    @press("remind:skip")
    async def skip(self, pressed: Press) -> None:
        """Leave the next occurrence out."""
        actor = await actor_of(pressed.interaction)
        row = await self.bot.services.reminder_edit.skip(actor, f"#{pressed.number()}")
        if row.state.value == "cancelled":
            await update(pressed.interaction, cancelled_card(actor, row))
        else:
            await self._changed(pressed, row, f"Skipped; it comes next {short(row.due_at)}", actor)

    @press("remind:move")
    async def move(self, pressed: Press) -> None:
        """Ask when the next occurrence comes instead."""
        row = await self._series(pressed)
        when = text_field("When, only this time", "when", hint="tomorrow noon", needed=True)
        form = modal("Move the next one", f"remind:moved:{row.number}", when)
        await pressed.interaction.response.send_modal(form)

    @press("remind:moved")
    async def moved(self, pressed: Press) -> None:
        """Move the next occurrence, and leave the others where they are."""
        actor = await actor_of(pressed.interaction)
        at = self._read(actor, pressed.fields["when"]).at or self._now()
        row, moved = await self.bot.services.reminder_edit.move_one(actor, f"#{pressed.number()}", at)
        verb = f"Moved: #{moved.number} comes {stamp(moved.due_at)} instead"
        await self._changed(pressed, row, verb, actor)

    async def _series(self, pressed: Press) -> Reminder:
        """Return the series that a button names; raises what changing it would, so that no form opens in vain."""
        actor = await actor_of(pressed.interaction)
        return await self.bot.services.reminder_edit.series(actor, f"#{pressed.number()}")

    @press("remind:end")
    async def end(self, pressed: Press) -> None:
        """Ask after how many more times a series stops."""
        row = await self._series(pressed)
        count = text_field("After how many more times", "count", hint="3", needed=True, limit=4)
        await pressed.interaction.response.send_modal(modal("Stop after", f"remind:ended:{row.number}", count))

    @press("remind:ended")
    async def ended(self, pressed: Press) -> None:
        """End a series after so many more times."""
        actor = await actor_of(pressed.interaction)
        count = pressed.fields["count"]
        row = await self.bot.services.reminder_edit.stop_after(actor, f"#{pressed.number()}", count)
        await self._changed(pressed, row, f"It stops after {int(count)} more", actor)

    async def about(self, interaction: Interaction, message: discord.Message) -> None:
        """Offer a form that makes a reminder of a message."""
        what = quoted(message.content, QUOTED)
        words = text_field("What to remind of", "what", value=f"{what}\n{message.jump_url}".strip(), needed=True,
                           limit=1000, long=True)  # fmt: skip
        when = text_field("When", "when", hint="tomorrow 9am", needed=True)
        await interaction.response.send_modal(modal("Remind me about this", "remind:about", when, words))

    @press("remind:about")
    async def asked_about(self, pressed: Press) -> None:
        """Plan the reminder that the form asks for."""
        actor = await actor_of(pressed.interaction)
        at = self._read(actor, pressed.fields["when"]).at
        times = reminder_times.times(self._now(), actor.zone, at, None, None)
        row = await self.bot.services.reminder.me(actor, pressed.fields["what"], times)
        await reply(pressed.interaction, planned_card(actor, row))

    async def _changed(self, pressed: Press, row: Reminder, verb: str, actor: Actor) -> None:
        """Answer a change where its button was, or anew when it came from a form without a message."""
        await update(pressed.interaction, reminder_card(row, verb, undo(actor.change_id)))

    def _read(self, actor: Actor, text: str, want: Want = "instant") -> Reading:
        return read(text, want=want, now=self._now(), zone=actor.zone, locale=actor.locale)

    def _now(self) -> datetime:
        return self.bot.clock.now()


def _now(row: Reminder, actor: Actor) -> str:
    return local(row.due_at, actor.zone, actor.locale)


async def setup(bot: Backline) -> None:
    await bot.add_cog(RemindPressCog(bot))
