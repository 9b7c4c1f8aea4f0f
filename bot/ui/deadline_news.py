"""What the band hears of a deadline that somebody answered in a direct message."""

from typing import Any

import discord
from discord import ui

from bot.services.deadline import Entry
from bot.ui.deadline_board import BOARDS

CLOSED = (discord.Forbidden, discord.NotFound)


async def tell_channel(interaction: discord.Interaction[Any], entry: Entry, view: ui.LayoutView) -> None:
    """Show the band what was done in a direct message; in the server everybody has seen it already.

    What fails here changes nothing of what was done, so whoever pressed never hears of it.
    """
    client: Any = interaction.client
    if interaction.guild_id is None and entry.is_shared:
        await client.detours.beside(f"the news of deadline {entry.deadline.id}", _post(client, entry, view))


async def _post(client: Any, entry: Entry, view: ui.LayoutView) -> None:
    """Send into the deadline's channel, else into the announcements where its words were for everybody."""
    row = entry.deadline
    places = [row.channel_id]
    if client.detours.is_for_all(row.guild_id, row.channel_id):
        places.append((await client.services.settings.of(row.guild_id)).announcements_id)
    for channel_id in filter(None, places):
        channel = client.get_partial_messageable(channel_id, guild_id=row.guild_id)
        try:
            message = await channel.send(view=view, allowed_mentions=discord.AllowedMentions.none())
        except CLOSED:
            continue
        await BOARDS[client].keep(entry, message)
        return
