"""Whom a reminder reaches in the end: what only Discord knows about its people when it leaves."""

import logging
from dataclasses import replace

import aiohttp
import discord

from bot.delivery.people import DiscordPeople
from bot.services.reminder_words import Due

log = logging.getLogger(__name__)

LEFT = "{text}\n⚠️ <@{user}> has left this server, so it needs somebody: say who with `/deadline assign`."


class Aim:
    """Turns a deadline's ping to where it is heard: not to who left, and to the owner where producers have no role."""

    def __init__(self, client: discord.Client, people: DiscordPeople) -> None:
        self._client = client
        self._people = people

    async def at(self, due: Due) -> Due:
        """Return the reminder as it is to leave; where Discord can't be asked it stays as it is."""
        if due.kind.value != "deadline":
            return due
        if due.calls_owner:
            return await self._to_owner(due)
        if due.user_id is not None and await self._people.left(due.guild_id, [due.user_id]):
            return self._to_channel(due, due.user_id)
        return due

    def _to_channel(self, due: Due, user_id: int) -> Due:
        """Return what a person who left will not read as the channel is told it, calling whoever added it."""
        maker = (due.created_by,) if due.created_by > 0 and due.created_by != user_id else ()
        return replace(due, user_id=None, user_ids=maker, text=LEFT.format(text=due.text, user=user_id))

    async def _to_owner(self, due: Due) -> Due:
        try:
            guild = self._client.get_guild(due.guild_id)
            guild = guild or await self._client.fetch_guild(due.guild_id, with_counts=False)
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("reminder %s: the server's owner is not known: %s", due.id, type(error).__name__)
            return due
        owner = (guild.owner_id,) if guild.owner_id is not None else ()
        return replace(due, user_ids=tuple(dict.fromkeys([*due.user_ids, *owner])))
