"""Who can when as people see it: the picture, when all of them can, and who stands in the way."""

import asyncio
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import discord
from discord import ui

from bot.actor import Actor
from bot.errors import UserError
from bot.services.availability_hours import Span
from bot.services.booking_who import Who
from bot.ui import theme
from bot.ui.availability_words import in_words, when_lines
from bot.ui.booking_card import mentions
from bot.ui.components import Block, button, buttons, card
from bot.ui.params import People
from bot.ui.respond import reply

if TYPE_CHECKING:
    from bot.app import Backline

PICTURE = "availability.png"
KIND = "availability-show"
USUAL = timedelta(days=7)
WIDEST = timedelta(days=14)
MOST_PEOPLE = 8


class OnlyRoles(UserError):
    """Roles alone, whose members Discord does not name."""

    text = "I can't see who has a role, so there is nobody to show. Mention the people themselves, up to eight."


class AvailabilityBoard:
    """Shows who can when, to one person or to everybody."""

    def __init__(self, bot: "Backline") -> None:
        self._bot = bot

    async def show(
        self, interaction: discord.Interaction[Any], actor: Actor, people: People | None, within: Span | None
    ) -> None:
        """Answer the asker with the first eight people, themselves if there are none, for up to 14 days.

        Raises `OnlyRoles`.
        """
        if people is not None and people.roles and not people.users:
            raise OnlyRoles
        users = list(people.users) if people and people.users else [actor.user_id]
        start, end = within or self._coming_days(actor.zone)
        notes = [f"Only the first {MOST_PEOPLE} people are shown."] if len(users) > MOST_PEOPLE else []
        if end - start > WIDEST + timedelta(hours=2):  # two weeks in which the clocks change are longer
            end, notes = start + WIDEST, [*notes, f"Only the first {WIDEST.days} days are shown."]
        if people is not None and people.roles:
            notes.append("Roles are left out: I can't see who has them.")
        shown = users[:MOST_PEOPLE]
        kept = {"users": shown, "start": int(start.timestamp()), "end": int(end.timestamp())}
        await interaction.response.defer(ephemeral=True)
        memo = await self._bot.services.memo.keep(actor, KIND, kept)
        share = button("Share", f"availability:share:{memo}", emoji="\N{CHEERING MEGAPHONE}")
        await self._send(interaction, actor, kept, [f"-# {' '.join(notes)}" if notes else None, buttons(share)])

    async def share(self, interaction: discord.Interaction[Any], actor: Actor, memo: int) -> None:
        """Show the same people and days to everybody, as it is now."""
        kept = await self._bot.services.memo.recall(actor, memo, KIND)
        await interaction.response.defer(thinking=True)
        await self._send(interaction, actor, kept, [], public=True)

    def _coming_days(self, zone: ZoneInfo) -> Span:
        """Return the rest of today and the six days after it, on the wall clock of the zone."""
        now = self._bot.clock.now()
        last = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0) + USUAL
        return now, last.astimezone(now.tzinfo)

    async def _send(
        self,
        interaction: discord.Interaction[Any],
        actor: Actor,
        kept: Mapping[str, Any],
        last: list[Block],
        *,
        public: bool = False,
    ) -> None:
        start, end = (datetime.fromtimestamp(kept[name], self._bot.clock.now().tzinfo) for name in ("start", "end"))
        who = await self._bot.services.week.who(actor, kept["users"], start, end)
        names = await self._bot.people.names(actor.guild_id, kept["users"])
        png = await asyncio.to_thread(_draw, who, names, actor.zone, self._bot.clock.now())
        words = in_words(who, names, actor.zone)
        shown = discord.MediaGalleryItem(f"attachment://{PICTURE}", description=words)
        view = card(ui.MediaGallery(shown), _words(who, actor.zone), *last)
        await reply(interaction, view, public=public, files=[discord.File(io.BytesIO(png), PICTURE)])


def _draw(who: Who, names: dict[int, str], zone: ZoneInfo, now: datetime) -> bytes:
    """Draw in a thread, Pillow's first import included: it is large, and most processes never draw."""
    from bot.ui.availability_picture import Chart, picture  # noqa: PLC0415

    return picture(Chart(who, names, zone, now))


def _words(who: Who, zone: ZoneInfo) -> str:
    """Say when all can; where they never can, without whom they could; and who has said nothing yet."""
    every, common = [person.user_id for person in who.people], who.common
    name = f"<@{every[0]}>" if len(every) == 1 else f"All {len(every)}"
    if common == [who.within]:
        text = f"**{name} can at any time** in these days."
    elif common:
        text = "\n".join([f"**{name} can:**", *when_lines(common, zone)])
    else:
        text = f"{theme.MISSING} **{name} never can** in these days."
        text += f"\nWithout one of these they could: {mentions(who.in_the_way)}." if who.in_the_way else ""
    silent = [person.user_id for person in who.people if not person.has_said]
    if silent:
        text += f"\n-# Usual hours not said yet with `/availability hours`: {mentions(silent)}"
    return text
