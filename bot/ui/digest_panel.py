"""The panel that sets the digest, and what the settings say about it."""

from typing import Any

import discord
from discord import ui

from bot.services.digest import WEEKDAYS, Planned, schedule
from bot.text import plain, short, stamp
from bot.ui import theme
from bot.ui.components import Block, button, buttons, card

OPEN = "digest:open"
HOURS = range(24)
OFTEN = (("off", "Off"), ("daily", "Every day"), ("weekly", "Every week"))


def digest_button(guild_id: int) -> ui.Button[Any]:
    """Return the button that opens the panel; with its server it works under every message."""
    return button("Digest", f"{OPEN}:{guild_id}", emoji="🗞️")


def digest_panel(planned: Planned, *more: ui.Button[Any]) -> ui.LayoutView:
    """Return the panel, whose menus save at once."""
    settings = planned.settings
    how_often = settings.digest.value
    hour, minute = divmod(settings.digest_minute, 60)
    where = f"<#{settings.announcements_id}>" if settings.announcements_id else "the announcements channel"
    vault = settings.money_channel_id
    money = f" Its money part goes to <#{vault}>." if vault else " Without a money channel it has no money part."
    blocks: list[Block] = [
        "### 🗞️ Digest",
        f"What is due and late, and the next sessions with the answers owed, in {where}.{money} "
        "I stay silent when there is nothing to say.",
        _next(planned),
        _menu("digest:often", "How often", [(label, value, value == how_often) for value, label in OFTEN]),
    ]
    if how_often == "weekly":
        days = [(day, str(index), index == settings.digest_weekday) for index, day in enumerate(WEEKDAYS)]
        blocks.append(_menu("digest:day", "On which day", days))
    if how_often != "off":
        hours = [(f"{each}:00", str(each), (each, 0) == (hour, minute)) for each in HOURS]
        blocks.append(_menu("digest:hour", f"At {hour}:{minute:02}", hours))
    exact = button("Another time", "digest:time", emoji="🕘") if how_often != "off" else None
    actions = [each for each in (exact, *more) if each is not None]
    return card(*blocks, buttons(*actions) if actions else None)


def _menu(to: str, placeholder: str, options: list[tuple[str, str, bool]]) -> ui.ActionRow[Any]:
    chosen = [discord.SelectOption(label=label, value=value, default=is_set) for label, value, is_set in options]
    return ui.ActionRow(ui.Select(custom_id=to, options=chosen, placeholder=placeholder))


def _next(planned: Planned) -> str:
    if planned.next_at is not None:
        return f"Next: {stamp(planned.next_at)}"
    if planned.settings.digest.value != "off":
        return f"{theme.WARNING} It has no place to go: set a channel with `/setup start announcements`."
    return "It is off."


def digest_line(planned: Planned) -> str:
    """Return the digest's line among the settings: how often, the next one, and the last one or why it failed."""
    said = f"Digest: **{schedule(planned.settings)}**"
    if planned.settings.digest.value == "off":
        return said
    if planned.next_at is None:
        return f"{said} {theme.WARNING} needs an announcements channel"
    said += f", next {short(planned.next_at)}"
    if planned.error:
        return f"{said}\n{theme.MISSING} The last digest failed: {plain(planned.error)}"
    return f"{said}, last {short(planned.sent_at)}" if planned.sent_at else said


def digest_faults(planned: Planned) -> list[str]:
    """Return what keeps the digest from arriving, and how to mend it."""
    if planned.settings.digest.value == "off":
        return []
    if planned.next_at is None:
        return [f"{theme.WARNING} The digest has no place to go: `/setup start announcements`."]
    if planned.error:
        mend = "`/remind status` tells more."
        return [f"{theme.MISSING} The last digest could not be posted: {plain(planned.error)}. {mend}"]
    return []
