"""The options of a budget as people type them: the day something was paid, who paid it, a category."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import discord
from discord import app_commands

from bot.errors import UserError
from bot.money import Amount
from bot.text import clip
from bot.ui.context import actor_of
from bot.ui.params import Sum, Typed, as_choices
from bot.when import UnclearTime, read

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# A date names the same day wherever it is read from; "friday" or "in 3 days" moves along. So two readings, each
# from somewhere in the last year, tell a date from the rest.
VANTAGES = (timedelta(days=350), timedelta(days=360))
DAY_LIMIT = 40
BAND = ("band", "the band", "us", "we")


class NotAPastDay(UserError):
    """A day of payment that can't be read, or is still to come."""

    text = (
        "I can't read “{given}” as a day up to today, so nothing was logged. "
        "Type it like `yesterday`, `14 Nov` or `2026-11-14`."
    )


class NotAPayer(UserError):
    """Words where one member belongs."""

    text = (
        "“{given}” is no member who could have paid, so nothing was logged. "
        "Mention one with @, or leave it out if the band paid."
    )


def read_past_day(text: str, *, now: datetime, zone: ZoneInfo, locale: str = "en-US") -> date:
    """Return the day up to today that the text names, in the typist's zone; raises `NotAPastDay`."""
    today = now.astimezone(zone).date()
    low = text.strip().lower()
    found = _spoken(low, today) or _written(low, now=now, zone=zone, locale=locale) if len(low) <= DAY_LIMIT else None
    if found is None or found > today:
        raise NotAPastDay(given=clip(text, DAY_LIMIT))
    return found


def read_day(text: str, *, now: datetime, zone: ZoneInfo, locale: str) -> date | None:
    """Return the day that a form names, in the typist's zone, None where it names none; raises `UnclearTime`."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        at = read(text, want="instant", now=now, zone=zone, locale=locale).at
    return at.astimezone(zone).date() if at else None


def _spoken(low: str, today: date) -> date | None:
    """Read what counts back from today."""
    if ago := re.fullmatch(r"([0-9]{1,3}) days? ago", low):
        return today - timedelta(days=int(ago[1]))
    if low in ("today", "yesterday"):
        return today - timedelta(days=low == "yesterday")
    if (day := low.removeprefix("last ")) in WEEKDAYS:
        back = (today.weekday() - WEEKDAYS.index(day)) % 7
        return today - timedelta(days=back or 7)
    return None


def _written(low: str, *, now: datetime, zone: ZoneInfo, locale: str) -> date | None:
    """Read a date; without a year it is the last one."""
    try:
        return date.fromisoformat(low)
    except ValueError:
        pass
    try:
        readings = [read(low, want="instant", now=now - back, zone=zone, locale=locale).at for back in VANTAGES]
    except UnclearTime:
        return None
    days = {at.astimezone(zone).date() for at in readings if at is not None}
    return days.pop() if len(days) == 1 else None


class PastDay(app_commands.Transformer):
    """The day something was paid, up to today."""

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> date:
        actor = await actor_of(interaction)
        return read_past_day(value, now=interaction.client.clock.now(), zone=actor.zone, locale=actor.locale)

    async def autocomplete(
        self, interaction: discord.Interaction[Any], typed: Typed, /
    ) -> list[app_commands.Choice[Typed]]:
        """Echo the day that is read, or why none is."""
        value = str(typed)
        if not value.strip():
            return []
        try:
            day = await self.transform(interaction, value)
        except NotAPastDay as unread:
            return [app_commands.Choice(name=clip(f"⚠ {unread}".replace("`", ""), 100), value=clip(value, 100))]
        return [app_commands.Choice(name=f"{day:%a} {day.day} {day:%b %Y}", value=day.isoformat())]


class Rate(Sum):
    """What one costs, or a percentage, whose text it returns."""

    async def transform(  # type: ignore[override]
        self, interaction: discord.Interaction[Any], value: str, /
    ) -> Amount | str:
        return value if value.rstrip().endswith("%") else await super().transform(interaction, value)


class Payer(app_commands.Transformer):
    """The member who paid out of their own pocket; 0 for the band."""

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> int:
        given = value.strip()
        if given.lower() in BAND:
            return 0
        if given.lower() in ("me", "myself"):
            return interaction.user.id
        mention = re.fullmatch(r"<@!?([0-9]{15,20})>", given)
        if mention is None:
            raise NotAPayer(given=clip(given, DAY_LIMIT))
        return int(mention[1])


async def suggest_category(interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
    """Suggest the categories and lines of the project that the command means so far."""
    actor = await actor_of(interaction)
    project = getattr(interaction.namespace, "project", None)
    return as_choices(await interaction.client.services.budget.suggest(actor, current, project=project))
