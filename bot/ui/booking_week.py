"""The week as people see it: the picture with its buttons, or the words for one without sessions."""

import asyncio
import io
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.actor import Actor
from bot.services.booking_facts import BookingFacts
from bot.services.booking_week import DAYS, Week
from bot.text import clip, plain
from bot.ui import theme
from bot.ui.components import Block, button, buttons, card, good
from bot.ui.press import UnknownButton
from bot.ui.respond import reply, update
from bot.ui.week_words import in_words

if TYPE_CHECKING:
    from bot.app import Backline

PICTURE = "week.png"
MOST_LISTED = 12
GLYPHS = {"confirmed": theme.BOOKED, "held": theme.HELD, "cancelled": theme.CANCELLED}


class WeekDesk:
    """Shows weeks: as a new answer, in the place of another, or to everybody."""

    def __init__(self, bot: "Backline") -> None:
        self._bot = bot

    async def show(
        self, interaction: discord.Interaction[Any], actor: Actor, day: date | None, room: str | None
    ) -> None:
        """Answer the asker with a week; what the room's name can't mean is refused before anything is drawn."""
        week = await self._bot.services.week.week(actor, day, room)
        await interaction.response.defer(ephemeral=True)
        view, files = await self._drawn(week)
        await reply(interaction, view, files=files)

    async def turn(self, interaction: discord.Interaction[Any], actor: Actor, day: date | None, room_id: int) -> None:
        """Show another week in the place of the one whose button was pressed."""
        week = await self._bot.services.week.week(actor, day, room_id or None)
        await interaction.response.defer()
        view, files = await self._drawn(week)
        await update(interaction, view, files=files)

    async def share(self, interaction: discord.Interaction[Any], actor: Actor, day: date, room_id: int) -> None:
        """Show a week to everybody, without buttons: it is on the clock of whoever shares it, and says so."""
        week = await self._bot.services.week.week(actor, day, room_id or None)
        await interaction.response.defer(thinking=True)
        view, files = await self._drawn(week, shared=True)
        await reply(interaction, view, public=True, files=files)

    async def _drawn(self, week: Week, *, shared: bool = False) -> tuple[ui.LayoutView, list[discord.File]]:
        actions = None if shared else _buttons(week)
        if not week.bookings:
            where = f" in **{plain(week.room.name)}**" if week.room else ""
            text = f"Nothing is booked{where} from {_day(week.days[0])} to {_day(week.days[-1])}."
            return card(f"### {theme.CALENDAR} {text}", actions), []
        png = await asyncio.to_thread(_draw, week)
        shown = discord.MediaGalleryItem(f"attachment://{PICTURE}", description=in_words(week))
        lines = [_line(facts) for facts in week.bookings[:MOST_LISTED]]
        more = len(week.bookings) - MOST_LISTED + week.more
        note = f"-# and {more} more; `/booking list` has them all" if more > 0 else None
        blocks: list[Block] = [ui.MediaGallery(shown), "\n".join(lines), note, actions]
        return card(*blocks), [discord.File(io.BytesIO(png), PICTURE)]


def _draw(week: Week) -> bytes:
    """Draw in a thread, Pillow's first import included: it is large, and most processes never draw."""
    from bot.ui.week_picture import picture  # noqa: PLC0415

    return picture(week)


def _line(facts: BookingFacts) -> str:
    """Return a session in one line."""
    start, end = (int(at.timestamp()) for at in (facts.start, facts.end))
    style = "t" if facts.end - facts.start < timedelta(days=1) else "f"
    name = f"{GLYPHS[facts.state]} #{facts.number} **{plain(clip(facts.what, 60))}**"
    room = f" · {plain(clip(facts.room_name, 30))}" if facts.room_name else ""
    return f"{name} · <t:{start}:f>-<t:{end}:{style}>{room}"


def _buttons(week: Week) -> ui.ActionRow[Any]:
    room = week.room.id if week.room else 0
    earlier, later = (week.first + timedelta(days=step) for step in (-DAYS, DAYS))
    return buttons(
        button("Earlier", f"booking:week:{earlier:%Y%m%d}:{room}", emoji="◀️"),
        button("Today", f"booking:week:0:{room}"),
        button("Later", f"booking:week:{later:%Y%m%d}:{room}", emoji="▶️"),
        button("Share", f"booking:weekshare:{week.first:%Y%m%d}:{room}", emoji="📣") if week.bookings else None,
        good("Book", f"booking:weekbook:{week.first:%Y%m%d}:{room}"),
    )


def day_of(number: int) -> date | None:
    """Return the day that a button names as 20260316, None for 0, which is today; raises `UnknownButton`."""
    if not number:
        return None
    try:
        return date(number // 10000, number // 100 % 100, number % 100)
    except ValueError:
        raise UnknownButton from None


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"
