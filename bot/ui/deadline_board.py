"""Where the band sees its deadlines: cards and pings kept up to date, wherever somebody answered."""

import logging
import weakref
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.actor import Actor
from bot.services.deadline import Entry, Finished
from bot.services.deadline_cards import Place
from bot.ui import theme
from bot.ui.context import lacking_to_write
from bot.ui.deadline_card import deadline_card, deleted_card
from bot.ui.respond import reply

if TYPE_CHECKING:
    from bot.app import Backline

log = logging.getLogger(__name__)
# How long the message that somebody just pressed keeps its own answer, with its **Undo**.
SPARED_FOR = timedelta(seconds=5)
CAN_BEGIN = "Everything before it is done, so this can begin"
BOARDS: weakref.WeakKeyDictionary[discord.Client, "DeadlineBoard"] = weakref.WeakKeyDictionary()


class DeadlineBoard:
    """Redraws what shows the deadlines of one client."""

    def __init__(self, bot: "Backline") -> None:
        self._bot: Backline = weakref.proxy(bot)  # or the board would keep its client alive in `BOARDS`
        self._spared: dict[int, datetime] = {}
        bot.redraws["deadline"] = self.redraw
        BOARDS[bot] = self

    def spare(self, message: Any) -> None:
        """Leave a message that was drawn just now as it is."""
        now = self._bot.clock.now()
        self._spared = {key: until for key, until in self._spared.items() if until > now}
        if message is not None:
            self._spared[message.id] = now + SPARED_FOR

    async def keep(self, entry: Entry, message: Any) -> None:
        """Remember a message that shows a deadline to everybody."""
        self.spare(message)
        if message is not None:
            await self._bot.services.deadline_cards.shown(entry.deadline, message.channel.id, message.id)

    async def redraw(self, deadline_id: int) -> None:
        """Show a deadline as it is now in every message that speaks of it."""
        found = await self._bot.services.deadline_cards.places(deadline_id)
        if found is None:
            return
        entry, places = found
        now = self._bot.clock.now()
        for place in places:
            if self._spared.get(place.message_id, now) <= now:
                await self._edit(entry, place, now)

    async def _edit(self, entry: Entry, place: Place, now: datetime) -> None:
        verb = CAN_BEGIN if place.is_news and entry.is_open and not entry.blocked_by else ""
        view = deleted_card(entry) if entry.is_deleted else deadline_card(entry, now, verb, asks=place.is_ping)
        channel = self._bot.get_partial_messageable(place.channel_id)
        try:
            await channel.get_partial_message(place.message_id).edit(view=view)
        except (discord.NotFound, discord.Forbidden) as gone:
            log.info("deadline %s: a message can't be drawn again: %s", entry.deadline.id, gone.code)


async def finish(bot: "Backline", actor: Actor, key: int | str) -> Finished:
    """Mark a deadline as done; a next one is not handed on to who is known to have left. Raises what `finish` does."""
    service = bot.services.deadline
    left = await bot.people.left(actor.guild_id, await service.handed_on(actor, key))
    return await service.finish(actor, key, left=left)


def warning(interaction: discord.Interaction[Any]) -> str:
    """Say where a deadline is added already that its reminders can't be posted there, not at their time."""
    missing = lacking_to_write(interaction.channel, interaction.app_permissions)
    if not missing:
        return ""
    return (
        f"{theme.WARNING} I lack **{', '.join(missing)}** here, so what belongs in this channel will go to the "
        "announcements channel or to you. Give it to my role (Edit channel → Permissions)."
    )


async def show(interaction: discord.Interaction[Any], entry: Entry, view: ui.LayoutView, *, public: bool) -> None:
    """Answer with a deadline's card; one that everybody sees is kept up to date."""
    message = await reply(interaction, view, public=public)
    if public:
        await BOARDS[interaction.client].keep(entry, message)
