"""The server's own events in `/setup`: switching them on and off, and what keeps them away."""

import discord

from bot.ui import theme
from bot.ui.components import Block, button, buttons

SWITCH = "setup:events"


def event_switch(*, is_on: bool) -> list[Block]:
    """Return the part of the panel where events are switched; the button says what it does, so twice does no harm."""
    said = "show every confirmed session" if is_on else "are switched off"
    return [
        f"**Server events** {said}, with who comes and the link to its card.",
        buttons(button("Switch events off" if is_on else "Switch events on", f"{SWITCH}:{int(not is_on)}")),
    ]


def event_line(*, is_on: bool) -> str:
    return f"Server events: **{'on' if is_on else 'off'}**"


def event_faults(guild: discord.Guild | None, *, is_on: bool) -> list[str]:
    """Return what keeps sessions from being shown as events, and how to mend it."""
    if guild is None or not is_on or guild.me.guild_permissions.create_events:
        return []
    return [
        f"{theme.MISSING} I lack **Create Events**, so sessions are not among the server's events. "
        "Server Settings → Roles → my role; I catch up within the hour."
    ]
