"""A span of time that is over, for looking back: `yesterday`, `last 7 days`, `this month`, `1 mar - 5 mar`."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import discord
from dateutil.relativedelta import relativedelta
from discord import app_commands

from bot.errors import UserError
from bot.text import clip
from bot.ui.budget_options import NotAPastDay, read_past_day
from bot.ui.context import actor_of

Span = tuple[datetime, datetime]
Typed = str | int | float
BACK = re.compile(r"(?:last|past)\s+([0-9]{1,3})\s+(hour|day|week|month|year)s?")
WHOLE = re.compile(r"(this|last)\s+(week|month|year)")
BETWEEN = re.compile(r"\s+(?:-|\u2013|to|until)\s+")
USUAL = ("today", "yesterday", "last 7 days", "this month", "last month")
SHOWN = 100


class NotAPastSpan(UserError):
    """A text that names no days of the past."""

    text = (
        "I can't read “{given}” as days that are over. Try `yesterday`, `last 7 days`, `last month` or `1 mar - 5 mar`."
    )


def read_past_span(text: str, *, now: datetime, zone: ZoneInfo, locale: str) -> Span:
    """Return the span in UTC, whole days of the zone; raises `NotAPastSpan`."""
    low = " ".join(text.casefold().split())
    today = now.astimezone(zone).date()
    back, whole = BACK.fullmatch(low), WHOLE.fullmatch(low)
    if back:
        return now - _length(back[2], int(back[1])), now
    if whole:
        first = _begin(today, whole[2])
        if whole[1] == "last":
            return _days(first - _length(whole[2], 1), first - timedelta(days=1), zone)
        return _days(first, today, zone)
    try:
        ends = [read_past_day(each, now=now, zone=zone, locale=locale) for each in BETWEEN.split(low)[:2]]
    except NotAPastDay:
        raise NotAPastSpan(given=clip(text, 60)) from None
    return _days(min(ends), max(ends), zone)


def _length(unit: str, count: int) -> relativedelta:
    return relativedelta(**{f"{unit}s": count})  # type: ignore[arg-type]


def _begin(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def _days(first: date, last: date, zone: ZoneInfo) -> Span:
    """Return from the first midnight to the one after the last day."""
    start, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    return start, end


class PastSpan(app_commands.Transformer):
    """An option that looks back."""

    async def transform(self, interaction: discord.Interaction[Any], value: str, /) -> Span:
        actor = await actor_of(interaction)
        return read_past_span(value, now=interaction.client.clock.now(), zone=actor.zone, locale=actor.locale)

    async def autocomplete(
        self, interaction: discord.Interaction[Any], typed: Typed, /
    ) -> list[app_commands.Choice[Typed]]:
        """Suggest usual spans, or say how the text is read."""
        value = str(typed)
        if not value.strip():
            return [app_commands.Choice(name=usual.capitalize(), value=usual) for usual in USUAL]
        try:
            start, end = await self.transform(interaction, value)
        except NotAPastSpan as unread:
            return [app_commands.Choice(name=clip(f"⚠ {unread}".replace("`", ""), SHOWN), value=clip(value, SHOWN))]
        last = end - timedelta(seconds=1)
        return [app_commands.Choice(name=f"{start:%a} {start.day} {start:%b %Y} to {last:%a} {last.day} {last:%b %Y}",
                                    value=clip(value, SHOWN))]  # fmt: skip
