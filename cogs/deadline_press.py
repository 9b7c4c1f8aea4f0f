"""The answers to deadlines by button and form, on cards, in lists and in direct messages, and *Make a deadline*."""

from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.services.deadline_read import DeadlineGone
from bot.services.deadline_rules import DoneAlready
from bot.text import clip
from bot.ui.components import undo
from bot.ui.context import Interaction, actor_of
from bot.ui.deadline_board import BOARDS, finish, show, warning
from bot.ui.deadline_card import deadline_card, finished_card, moved_card, shift, shifted_card
from bot.ui.deadline_news import tell_channel
from bot.ui.press import Press, modal, press, text_field
from bot.ui.respond import reply, update
from bot.ui.typed import quoted
from bot.when import Reading, read

WHAT_LIMIT = 200
MOST_CHOSEN = 10


class DeadlinePressCog(commands.Cog):
    """What people press on deadlines."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name="Make a deadline", callback=self.make)

    async def cog_load(self) -> None:
        self.bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @press("deadline:done")
    async def press_done(self, pressed: Press) -> None:
        """Answer **Done** on a card or a ping, also in a direct message; the message becomes the finished card."""
        actor = await self._actor(pressed)
        try:
            finished = await finish(self.bot, actor, pressed.number())
        except DoneAlready:
            entry = await self.bot.services.deadline.show(actor, pressed.number())
            await update(pressed.interaction, deadline_card(entry, self.bot.clock.now()))
            raise
        now = self.bot.clock.now()
        self._spare(pressed)
        await update(pressed.interaction, finished_card(finished, now, undo(actor.change_id, actor.guild_id)))
        await tell_channel(pressed.interaction, finished.entry, finished_card(finished, now))

    @press("deadline:tick")
    async def press_tick(self, pressed: Press) -> None:
        """Answer **Done** in a list: the list is drawn again, and the finished card follows."""
        actor = await actor_of(pressed.interaction)
        try:
            finished = await finish(self.bot, actor, pressed.number())
        except (DoneAlready, DeadlineGone):
            await self.bot.lists.redraw(pressed)
            raise
        await self.bot.lists.redraw(pressed)
        view = finished_card(finished, self.bot.clock.now(), undo(actor.change_id, actor.guild_id))
        await show(pressed.interaction, finished.entry, view, public=finished.entry.is_shared)

    @press("deadline:onit")
    async def press_on_it(self, pressed: Press) -> None:
        """Answer **On it**: the message says who, and the mornings stop."""
        actor = await self._actor(pressed)
        entry = await self.bot.services.deadline.on_it(actor, pressed.number())
        undoing = undo(actor.change_id, actor.guild_id)
        self._spare(pressed)
        await update(pressed.interaction, deadline_card(entry, self.bot.clock.now(), "", undoing, asks=True))
        await tell_channel(pressed.interaction, entry, deadline_card(entry, self.bot.clock.now(), asks=True))

    @press("deadline:more")
    async def press_more(self, pressed: Press) -> None:
        """Answer **Need more time** with a form, for those who may move it."""
        actor = await self._actor(pressed)
        entry = await self.bot.services.deadline.theirs(actor, pressed.number())
        due = text_field("By when now?", "due", hint="such as next fri 7pm", needed=True)
        form = modal(clip(f"More time for {entry.deadline.what}", 45), f"deadline:later:{entry.deadline.id}", due)
        await pressed.interaction.response.send_modal(form)

    @press("deadline:later")
    async def press_later(self, pressed: Press) -> None:
        """Answer the form of **Need more time**."""
        actor = await self._actor(pressed)
        due = self._read(actor, pressed.fields.get("due", ""))
        if due.at is None:
            raise TypeError("a reading without an instant")
        is_all_day = due.precision == "day"
        moved = await self.bot.services.deadline.move(actor, pressed.number(), due.at, is_all_day=is_all_day)
        now = self.bot.clock.now()
        view = moved_card(moved, now, *shift(moved), undo(actor.change_id, actor.guild_id))
        self._spare(pressed)
        await update(pressed.interaction, view)
        await tell_channel(pressed.interaction, moved.entry, moved_card(moved, now))

    @press("deadline:shift")
    async def press_shift(self, pressed: Press) -> None:
        """Answer **Shift them too** under a move, for whoever moved."""
        actor = await actor_of(pressed.interaction, pressed.number(1))
        shifted = await self.bot.services.deadline.shift(actor, pressed.number())
        view = shifted_card(shifted, undo(actor.change_id, actor.guild_id))
        await reply(pressed.interaction, view, public=any(entry.is_shared for entry in shifted))

    async def make(self, interaction: Interaction, message: discord.Message) -> None:
        """Offer a form that makes a deadline of a message."""
        what = quoted(message.content, WHAT_LIMIT)
        people: ui.UserSelect[Any] = ui.UserSelect(
            custom_id="who", required=False, min_values=0, max_values=MOST_CHOSEN
        )
        form = modal(
            "Make a deadline",
            f"deadline:make:{message.channel.id}:{message.id}",
            text_field("What must be done", "what", value=what, needed=True),
            text_field("By when?", "due", hint="such as fri 7pm", needed=True, limit=100),
            ui.Label(text="For whom? Nobody chosen means you", component=people),
        )
        await interaction.response.send_modal(form)

    @press("deadline:make")
    async def press_make(self, pressed: Press) -> None:
        """Answer the form of *Make a deadline*."""
        actor = await actor_of(pressed.interaction)
        due = self._read(actor, pressed.fields.get("due", ""))
        if due.at is None:
            raise TypeError("a reading without an instant")
        link = f"https://discord.com/channels/{actor.guild_id}/{pressed.number()}/{pressed.number(1)}"
        entry = await self.bot.services.deadline.add(
            actor,
            pressed.fields.get("what", ""),
            due_at=due.at,
            is_all_day=due.precision == "day",
            user_ids=[int(user) for user in pressed.fields.get("who", "").split(",") if user],
            link=link,
            must_pick=False,
        )
        news = warning(pressed.interaction)
        view = deadline_card(entry, self.bot.clock.now(), "Added", undo(actor.change_id), news=news)
        await show(pressed.interaction, entry, view, public=entry.is_shared)

    def _spare(self, pressed: Press) -> None:
        """Let the pressed message keep its answer, while the others are drawn again."""
        BOARDS[self.bot].spare(pressed.interaction.message)

    def _read(self, actor: Actor, text: str) -> Reading:
        now = self.bot.clock.now()
        return read(text, want="instant", now=now, zone=actor.zone, locale=actor.locale)

    async def _actor(self, pressed: Press) -> Actor:
        """Return who pressed; in a direct message the deadline says for which server."""
        if pressed.interaction.guild_id is not None:
            return await actor_of(pressed.interaction)
        return await actor_of(pressed.interaction, await self.bot.services.deadline.guild_of(pressed.number()))


async def setup(bot: Backline) -> None:
    await bot.add_cog(DeadlinePressCog(bot))
