"""The `date` of `/booking week`: any day or week, ahead or past."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import discord
from discord import app_commands

from bot.text import clip
from bot.ui.context import actor_of
from bot.ui.data_options import NotAPastSpan, read_past_span
from bot.ui.params import near
from bot.when import UnclearTime, Want, read

WANTS: tuple[Want, ...] = ("interval", "instant")
USUAL = ("this week", "next week", "last week")
SHOWN = 100


def read_day(text: str, *, now: datetime, zone: ZoneInfo, locale: str) -> date:
    """Return the first day that the text names, on the wall clock of the zone; raises `UnclearTime`."""
    refusal: UnclearTime | None = None
    for want in WANTS:
        try:
            reading = read(text, want=want, now=now, zone=zone, locale=locale)
        except UnclearTime as unclear:
            refusal = refusal or unclear
            continue
        at = reading.start or reading.at
        if at is not None:
            return at.astimezone(zone).date()
    try:
        return read_past_span(text, now=now, zone=zone, locale=locale)[0].astimezone(zone).date()
    except NotAPastSpan:
        raise refusal or UnclearTime(text) from None


class WeekOf(app_commands.Transformer):
    """A day in free text, of whose week the picture is."""

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> date:
        actor, now = await actor_of(interaction), interaction.client.clock.now()
        try:
            return read_day(value, now=now, zone=actor.zone, locale=actor.locale)
        except UnclearTime as unclear:
            raise near(unclear, "date", actor, now) from unclear

    async def autocomplete(
        self, interaction: discord.Interaction[Any], typed: str | int | float, /
    ) -> list[app_commands.Choice[str | int | float]]:
        """Echo the day that is read, or why none is; usual weeks while nothing is typed."""
        value = str(typed).strip()
        if not value:
            return [app_commands.Choice(name=item, value=item) for item in USUAL]
        actor, now = await actor_of(interaction), interaction.client.clock.now()
        try:
            day = read_day(value, now=now, zone=actor.zone, locale=actor.locale)
        except UnclearTime as unclear:
            warning = f"⚠ {unclear}".replace("`", "").replace(", so nothing was changed", "")
            return [app_commands.Choice(name=clip(warning, SHOWN), value=clip(value, SHOWN))]
        return [app_commands.Choice(name=f"The week of {day:%a} {day.day} {day:%b %Y}", value=day.isoformat())]
