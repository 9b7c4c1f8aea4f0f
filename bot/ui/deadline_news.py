"""What others hear of a deadline: who can begin, and what happened to it in a direct message."""

import logging
from typing import Any

import discord
from discord import ui

from bot.services.deadline import Entry, Finished
from bot.ui.deadline_board import BOARDS
from bot.ui.deadline_card import freed_card

log = logging.getLogger(__name__)
CLOSED = (discord.Forbidden, discord.NotFound)


async def tell_freed(client: Any, finished: Finished) -> None:
    """Call those whose deadline has nothing more to wait for, where it was added."""
    for entry in finished.freed:
        called = discord.AllowedMentions(
            everyone=False,
            users=[discord.Object(user) for user in entry.user_ids if user > 0],
            roles=[discord.Object(role) for role in entry.role_ids],
        )
        await _post(client, entry, freed_card(entry, client.clock.now()), called)


async def tell_channel(interaction: discord.Interaction[Any], entry: Entry, view: ui.LayoutView) -> None:
    """Show the band what was done in a direct message; in the server everybody has seen it already."""
    if interaction.guild_id is None and entry.is_shared:
        await _post(interaction.client, entry, view, discord.AllowedMentions.none())


async def _post(client: Any, entry: Entry, view: ui.LayoutView, called: discord.AllowedMentions) -> None:
    """Send into the deadline's channel, else into the announcements; the deadline itself is on disk either way."""
    settings = await client.services.settings.of(entry.deadline.guild_id)
    for channel_id in filter(None, (entry.deadline.channel_id, settings.announcements_id)):
        channel = client.get_partial_messageable(channel_id, guild_id=entry.deadline.guild_id)
        try:
            message = await channel.send(view=view, allowed_mentions=called)
        except CLOSED:
            continue
        except discord.HTTPException as error:
            log.warning("deadline %s: the news could not be sent: %s", entry.deadline.id, error.code)
        else:
            await BOARDS[client].keep(entry, message)
        return
