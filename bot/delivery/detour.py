"""When a place is closed: what may be said elsewhere, who gets the words, and who must mend it."""

import logging
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import aiohttp
import discord
from discord import ui

from bot.delivery.gate import patience
from bot.services import Services
from bot.services.reminder_quiet import EITHER_WAY
from bot.services.reminder_words import Due
from bot.trouble import DatabaseTrouble

log = logging.getLogger(__name__)

WARNED_FOR = timedelta(days=30)
VEILED = (
    "⏰ A reminder of a channel that I can't reach here{number}, by <@{owner}>. They get its words by direct message."
)
ORPHANED = (
    "⏰ A reminder of a channel that I can't reach here{number}, by <@{owner}>, who is not here any more. "
    "Producers see it in `/remind status`."
)
CALLING = "{glyph} {what} calls you, and I can't reach the channel that it belongs in. Look with `{command}`{number}."
CALLED_FOR = {
    "deadline": ("📌", "A deadline", "/deadline show"),
    "freed": ("✅", "A deadline that can begin now", "/deadline show"),
    "booking": ("🎙️", "A session", "/booking show"),
    "nudge": ("🎙️", "A session that waits for an answer", "/booking show"),
}
FAULTS = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, DatabaseTrouble, OSError)
MEND = (
    "⚠️ {why}, so reminders that belong there go elsewhere. Give it to my role (Edit channel → Permissions); "
    "`/setup check` names everything that I lack. {who}"
)
GONE = (
    "⚠️ A channel that reminders belong in was deleted, so they go elsewhere. `/remind status` shows them; cancel them "
    "and plan them again in another channel. {who}"
)
Compose = Callable[..., ui.LayoutView]
Notice = Callable[[str], ui.LayoutView]


@dataclass(frozen=True, slots=True)
class Shut:
    """A channel that did not take a reminder, and why."""

    channel_id: int
    why: str
    is_gone: bool


class Detours:
    """Keeps words where they belong, and tells the producers once what they must mend."""

    def __init__(self, client: discord.Client, services: Services, compose: Compose, notice: Notice) -> None:
        self._client = client
        self._memo = services.memo
        self._settings = services.settings
        self._apart = services.due.apart
        self._compose = compose
        self._notice = notice

    async def apart(self, due: Due) -> Due | None:
        """Let the people of a ping hear it by direct message where its words may not be said in another channel.

        Return it for those who are left, its roles; None where that is nobody.
        """
        if due.is_direct or due.kind not in EITHER_WAY or self._is_for_all(due):
            return due
        left = await self._apart(due)
        return left if left.mentions else None

    def words(self, due: Due, channel_id: int | None) -> Due:
        """Return what is said of a reminder in another channel than its own: the words only if they were for all.

        Whoever a session or a deadline calls is called there all the same.
        """
        if due.elsewhere:
            return replace(due, text=due.elsewhere)
        if channel_id in (None, due.channel_id) or self._is_for_all(due):
            return due
        if due.kind in EITHER_WAY:
            glyph, what, command = CALLED_FOR[due.kind.value]
            number = f" and `#{due.number}`" if due.number else ""
            text = CALLING.format(glyph=glyph, what=what, command=command, number=number)
            return replace(due, text=text, is_veiled=True)
        number, owners = f" · #{due.number}" if due.number else "", (due.created_by,) if due.created_by > 0 else ()
        text = (VEILED if owners else ORPHANED).format(number=number, owner=due.created_by)
        return replace(due, text=text, is_veiled=True, user_ids=owners, role_ids=(), everyone="")

    async def after(self, due: Due, told: Due, shut: Shut | None) -> None:
        """Tell whom a reminder that went elsewhere concerns; what fails here never undoes the delivery."""
        if told.is_veiled and not due.is_direct and due.kind not in EITHER_WAY and due.created_by > 0:
            await self.beside(f"the words of reminder {due.id}", self._to_owner(due, shut))
        if shut is not None:
            await self.beside(f"the warning of reminder {due.id}", self._warn(due, shut))

    async def beside(self, what: str, telling: Awaitable[None]) -> None:
        """Tell what comes beside something that is done and saved: a fault of Discord's is logged, and no more."""
        try:
            async with patience():
                await telling
        except FAULTS as error:
            log.warning("%s could not be told: %s", what, type(error).__name__)

    def _is_for_all(self, due: Due) -> bool:
        """Tell whether everybody in the server could read it in its own channel."""
        return not due.is_direct and self.is_for_all(due.guild_id, due.channel_id)

    def is_for_all(self, guild_id: int, channel_id: int | None) -> bool:
        """Tell whether everybody in a server can read a channel; of one that is gone nobody knows it any more."""
        guild = self._client.get_guild(guild_id)
        channel = guild.get_channel_or_thread(channel_id) if guild and channel_id else None
        if guild is None or channel is None or (isinstance(channel, discord.Thread) and channel.is_private()):
            return False
        return channel.permissions_for(guild.default_role).view_channel

    async def _owner_of(self, guild_id: int) -> int | None:
        """Return who owns a server; one of another process's shards is not in memory here."""
        guild = self._client.get_guild(guild_id) or await self._client.fetch_guild(guild_id, with_counts=False)
        return guild.owner_id

    async def _to_owner(self, due: Due, shut: Shut | None) -> None:
        view = self._compose(due, due.due_at, called=False, troubles=[shut.why] if shut else [])
        direct = await self._client.create_dm(discord.Object(due.created_by))
        await direct.send(view=view, nonce=f"{due.nonce}o", allowed_mentions=discord.AllowedMentions.none())

    async def _warn(self, due: Due, shut: Shut) -> None:
        """Say once what is missing where: in the announcements, else to the server's owner."""
        mark = zlib.crc32(shut.why.encode())
        if not await self._memo.is_news(f"shut:{due.guild_id}:{shut.channel_id}:{mark}", WARNED_FOR):
            return
        settings = await self._settings.of(due.guild_id)
        owner_id = await self._owner_of(due.guild_id)
        role_id = settings.producer_role_id
        who = f"<@&{role_id}>" if role_id else f"<@{owner_id}>"
        view = self._notice((GONE if shut.is_gone else MEND).format(why=shut.why, who=who))
        called = discord.AllowedMentions(
            everyone=False,
            roles=[discord.Object(role_id)] if role_id else False,
            users=[discord.Object(owner_id)] if owner_id and not role_id else False,
        )
        if settings.announcements_id not in (None, shut.channel_id):
            try:
                channel = self._client.get_partial_messageable(settings.announcements_id, guild_id=due.guild_id)
                await channel.send(view=view, allowed_mentions=called)
            except discord.HTTPException as error:
                log.info("guild %s: the announcements take nothing: %s", due.guild_id, error.code)
            else:
                return
        if owner_id is not None:
            direct = await self._client.create_dm(discord.Object(owner_id))
            await direct.send(view=view, allowed_mentions=discord.AllowedMentions.none())
