"""Where the band sees its bookings: cards in channels kept up to date, and lines that call people."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.services import booking_words
from bot.services.booking import BookingFacts, Notice
from bot.ui.booking_card import booking_card
from bot.ui.components import bad, buttons, good, notice

if TYPE_CHECKING:
    from bot.app import Backline

log = logging.getLogger(__name__)
UNKNOWN_MESSAGE = 10008


class Board:
    """Posts and redraws the cards of one client, one drawing per booking at a time."""

    def __init__(self, bot: "Backline") -> None:
        self._bot = bot
        self._busy: set[int] = set()
        self._again: set[int] = set()

    async def post(self, interaction: discord.Interaction[Any], facts: BookingFacts) -> None:
        """Post a new booking's card under the press that made it, calling those who are asked."""
        booking = facts.booking
        async with self._alone(booking.id):
            try:
                message = await interaction.followup.send(
                    view=booking_card(facts),
                    allowed_mentions=calling(facts.asked_users, facts.asked_roles),
                    wait=True,
                )
            except discord.HTTPException as lost:
                log.warning("the card of booking %s could not be posted: %s", booking.number, lost.code)
                self._again.add(booking.id)
            else:
                await self._bot.services.booking.shown(booking.id, booking.version, message.channel.id, message.id)

    async def redraw(self, booking_id: int) -> None:
        """Show a booking as it is now, and tell what happened to it by itself."""
        if booking_id in self._busy:
            self._again.add(booking_id)
            return
        async with self._alone(booking_id):
            await self._draw(booking_id)

    @asynccontextmanager
    async def _alone(self, booking_id: int) -> AsyncIterator[None]:
        """Keep other drawings of a booking out, and make up for those that wanted in."""
        self._busy.add(booking_id)
        try:
            yield
            while booking_id in self._again:
                self._again.discard(booking_id)
                await self._draw(booking_id)
        finally:
            self._again.discard(booking_id)
            self._busy.discard(booking_id)

    async def _draw(self, booking_id: int) -> None:
        facts = await self._bot.services.booking.card(booking_id)
        if facts is None or facts.number is None or facts.booking.shown_version >= facts.booking.version:
            return
        booking = facts.booking
        channel_id, message_id = booking.channel_id, booking.message_id
        if not await self._edit(facts) and booking.is_active:
            # A card that is shown for the first time, such as of a repeat's later session, calls those who are asked.
            call = calling(facts.asked_users, facts.asked_roles) if message_id is None else None
            message = await self._send(booking.guild_id, channel_id, booking_card(facts), call)
            if message is None:
                return
            channel_id, message_id = message.channel.id, message.id
        happened = booking_words.news(facts)
        if happened is not None:
            await self.tell(booking.guild_id, happened)
        await self._bot.services.booking.shown(booking.id, booking.version, channel_id, message_id)

    async def _edit(self, facts: BookingFacts) -> bool:
        """Redraw the card where it stands; False where there is none any more."""
        booking = facts.booking
        if booking.channel_id is None or booking.message_id is None:
            return False
        channel = self._bot.get_partial_messageable(booking.channel_id, guild_id=booking.guild_id)
        try:
            await channel.get_partial_message(booking.message_id).edit(view=booking_card(facts))
        except discord.NotFound:
            return False
        return True

    async def tell(self, guild_id: int, told: Notice) -> bool:
        """Say a line where the card stands, calling exactly whom it names; False where nobody can be reached."""
        call = calling(told.user_ids, told.role_ids)
        choice = None
        if told.decide is not None:
            key = told.decide
            choice = buttons(good("Confirm", f"booking:confirm:{key}"), bad("Release", f"booking:end:{key}"))
        return await self._send(guild_id, told.channel_id, notice(told.text, actions=choice), call) is not None

    async def _send(
        self, guild_id: int, channel_id: int | None, view: ui.LayoutView, call: discord.AllowedMentions | None = None
    ) -> discord.Message | None:
        """Send into the channel, else into the announcements channel; None where neither takes it."""
        settings = await self._bot.services.settings.of(guild_id)
        for key in dict.fromkeys((channel_id, settings.announcements_id)):
            if key is None:
                continue
            channel = self._bot.get_partial_messageable(key, guild_id=guild_id)
            try:
                return await channel.send(view=view, allowed_mentions=call or discord.AllowedMentions.none())
            except (discord.NotFound, discord.Forbidden) as closed:
                log.warning("channel %s of guild %s takes no messages: %s", key, guild_id, closed.code)
        return None


def calling(users: tuple[int, ...], roles: tuple[int, ...]) -> discord.AllowedMentions:
    """Return the permission to notify exactly these members and roles."""
    most = booking_words.MOST_CALLED
    return discord.AllowedMentions(
        everyone=False,
        users=[discord.Object(key) for key in users[:most] if key > 0],
        roles=[discord.Object(key) for key in roles[:most]],
    )
