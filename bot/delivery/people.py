"""Who is still in a server and what people are called, asked of Discord sparingly."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime, timedelta

import aiohttp
import discord

from bot.clock import Clock
from bot.services.calendar import Member, Unreachable

# Unknown member, unknown user; unknown server, no access to it: the bot was removed.
GONE = (10007, 10013, 10004, 50001)
NAMED_FOR = timedelta(hours=12)
# So long a look at who is still there counts: whoever left hears of what is due no longer than that.
SEEN_FOR = timedelta(minutes=10)
MOST_ASKED, ASKED_FOR_SECONDS, LOOKED_FOR_SECONDS = 25, 3.0, 1.5
MOST_NAMES = 20_000


class DiscordPeople:
    """Answers for calendars; names are kept for half a day, and at most 25 are asked for at a time."""

    def __init__(self, bot: discord.Client, clock: Clock) -> None:
        self._bot = bot
        self._clock = clock
        self._names: OrderedDict[tuple[int, int], tuple[str | None, datetime]] = OrderedDict()

    async def member(self, guild_id: int, user_id: int) -> Member | None:
        """Return a member as they are now, or None for who left or was forgotten; raises `Unreachable`."""
        if user_id < 1:
            return None
        try:
            guild = self._bot.get_guild(guild_id) or await self._bot.fetch_guild(guild_id, with_counts=False)
            found = await guild.fetch_member(user_id)
        except discord.HTTPException as error:
            if error.code in GONE:
                self._remember(guild_id, user_id, None)
                return None
            raise Unreachable from error
        except (discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unreachable from error
        self._remember(guild_id, user_id, found.display_name)
        return Member(found.display_name, tuple(role.id for role in found.roles if not role.is_default()))

    async def names(self, guild_id: int, user_ids: Collection[int]) -> dict[int, str]:
        """Return the names that are known or found out within three seconds; those who were forgotten have none."""
        user_ids = [key for key in user_ids if key > 0]
        since = self._clock.now() - NAMED_FOR
        await self._ask(guild_id, user_ids, since, ASKED_FOR_SECONDS)
        known = {key: self._names.get((guild_id, key), (None, since))[0] for key in user_ids}
        return {key: name for key, name in known.items() if name}

    async def left(self, guild_id: int, user_ids: Collection[int]) -> set[int]:
        """Return who of these is not in the server any more; whoever can't be asked about in time counts as there."""
        user_ids = [key for key in user_ids if key > 0]
        since = self._clock.now() - SEEN_FOR
        await self._ask(guild_id, user_ids, since, LOOKED_FOR_SECONDS)
        seen = {key: self._names.get((guild_id, key), ("", since)) for key in user_ids}
        return {key for key, (name, at) in seen.items() if name is None and at > since}

    async def _ask(self, guild_id: int, user_ids: Collection[int], since: datetime, seconds: float) -> None:
        """Look up those who were not looked up since then, as far as the time goes."""
        lacking = [key for key in sorted(user_ids) if self._names.get((guild_id, key), ("", since))[1] <= since]
        if not lacking:
            return
        asked = [asyncio.create_task(self._learn(guild_id, key)) for key in lacking[:MOST_ASKED]]
        _, late = await asyncio.wait(asked, timeout=seconds)
        for task in late:
            task.cancel()

    async def _learn(self, guild_id: int, user_id: int) -> None:
        try:
            await self.member(guild_id, user_id)
        except Unreachable:
            return

    def _remember(self, guild_id: int, user_id: int, name: str | None) -> None:
        self._names[guild_id, user_id] = name, self._clock.now()
        self._names.move_to_end((guild_id, user_id))
        while len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)

    def roles(self, guild_id: int, role_ids: Collection[int]) -> dict[int, str]:
        guild = self._bot.get_guild(guild_id)
        found = {key: guild.get_role(key) for key in role_ids} if guild else {}
        return {key: role.name for key, role in found.items() if role is not None}

    def server(self, guild_id: int) -> str:
        guild = self._bot.get_guild(guild_id)
        return guild.name if guild else ""
