"""Call sheets in channels: the PDF that goes out with them, and what is shown and said when something changes."""

import asyncio
import logging
import zlib
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import discord

from bot.services.callsheet import Posted
from bot.services.callsheet_words import changed
from bot.services.reminder_words import Due
from bot.ui.callsheet_card import calling, posted_view
from bot.ui.callsheet_flow import Desk
from bot.ui.components import notice

if TYPE_CHECKING:
    from bot.app import Backline

log = logging.getLogger(__name__)


class SheetBoard:
    """Keeps the posted sheets of one client up to date, one drawing per booking at a time."""

    def __init__(self, bot: "Backline", desk: Desk) -> None:
        self._bot = bot
        self._desk = desk
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def enclose(self, due: Due, channel_id: int) -> list[discord.File]:
        """Return the PDF that a sheet is posted with, without contacts; none where no file may be sent."""
        if not self._may_attach(due.guild_id, channel_id):
            return []
        sheets = await self._bot.services.callsheet.prints([due.subject_id or 0])
        return [await self._desk.pdf(sheet) for sheet in sheets]

    async def redraw(self, booking_id: int) -> None:
        """Show a posted sheet as it is now, and tell those whom a change concerns."""
        turn = self._turns.setdefault(booking_id, asyncio.Lock())
        async with turn:
            posted = await self._bot.services.callsheet.posted(booking_id)
            if posted is None:
                return
            if await self._edit(posted) and posted.said:
                await self._tell(posted)
            await self._bot.services.callsheet.shown(posted)

    async def redraw_room(self, room_id: int) -> None:
        """Look again at the posted sheets of a room that has changed."""
        for booking_id in await self._bot.services.callsheet.standing(room_id=room_id):
            await self.redraw(booking_id)

    async def redraw_all(self) -> None:
        """Look again at every posted sheet: after a crash one may be behind."""
        for booking_id in await self._bot.services.callsheet.standing():
            await self.redraw(booking_id)

    async def _edit(self, posted: Posted) -> bool:
        """Redraw a sheet where it stands; False where it was deleted, or the channel is closed by now."""
        may_attach = posted.is_on and self._may_attach(posted.sheet.booking.guild_id, posted.channel_id)
        files = [await self._desk.pdf(posted.sheet)] if may_attach else []
        view = posted_view(posted, files[0].filename if files else None)
        channel = self._bot.get_partial_messageable(posted.channel_id, guild_id=posted.sheet.booking.guild_id)
        try:
            await channel.get_partial_message(posted.message_id).edit(view=view, attachments=files)
        except (discord.NotFound, discord.Forbidden) as gone:
            log.warning("the sheet of booking %s can't be redrawn: %s", posted.sheet.facts.number, gone.code)
            return False
        return True

    def _may_attach(self, guild_id: int, channel_id: int) -> bool:
        """Tell whether a channel takes files; one that is not known, such as a person's own, is tried."""
        guild = self._bot.get_guild(guild_id)
        channel = guild.get_channel_or_thread(channel_id) if guild else None
        return guild is None or channel is None or channel.permissions_for(guild.me).attach_files

    async def _tell(self, posted: Posted) -> None:
        """Say what has changed where the sheet stands, calling exactly those whom it concerns."""
        guild_id = posted.sheet.booking.guild_id
        link = f"https://discord.com/channels/{guild_id}/{posted.channel_id}/{posted.message_id}"
        text = changed(posted.said, posted.sheet, f"[Call sheet]({link})")
        called = [*(f"<@&{key}>" for key in posted.role_ids), *(f"<@{key}>" for key in posted.user_ids)]
        channel = self._bot.get_partial_messageable(posted.channel_id, guild_id=guild_id)
        mark = zlib.crc32(f"{posted.message_id} {sorted(posted.shown.items(), key=str)}".encode())
        allowed = calling(posted.user_ids, posted.role_ids)
        lacking = [each for each in called if each not in text]
        view = notice("\n".join(filter(None, [" ".join(lacking), text])))
        try:
            await channel.send(view=view, nonce=f"c{posted.sheet.booking.id}-{mark}"[:25], allowed_mentions=allowed)
        except (discord.NotFound, discord.Forbidden) as closed:
            log.warning("nobody could be told of booking %s: %s", posted.sheet.facts.number, closed.code)
