"""The channel for money: choosing it, showing it, and checking that it is what it should be."""

from typing import Any

import discord
from discord import ui

from bot.ui import theme
from bot.ui.components import Block

NEEDED = ("view_channel", "send_messages")
HOW = "pick one with `/setup start` (without options)"


def money_menu(channel_id: int | None) -> list[Block]:
    """Return the part of the panel where the channel is chosen."""
    chosen = []
    if channel_id is not None:
        chosen = [discord.SelectDefaultValue(id=channel_id, type=discord.SelectDefaultValueType.channel)]
    menu: ui.ChannelSelect[Any] = ui.ChannelSelect(
        custom_id="setup:pick:money_channel",
        channel_types=[discord.ChannelType.text],
        placeholder="Pick the money channel",
        default_values=chosen,
    )
    return ["**Money channel** gets budget warnings and what waits for approval.", ui.ActionRow(menu)]


def money_line(guild: discord.Guild | None, channel_id: int | None) -> str:
    if channel_id is None:
        return "Money channel: not set"
    known = guild and guild.get_channel(channel_id)
    return f"Money channel: <#{channel_id}>" if known else f"Money channel: deleted {theme.WARNING}"


def money_faults(guild: discord.Guild, channel_id: int | None) -> list[str]:
    """Return what keeps warnings from the channel, or money from staying among those who may see it."""
    if channel_id is None:
        return []
    channel = guild.get_channel(channel_id)
    if channel is None:
        return [f"{theme.MISSING} The money channel was deleted: {HOW}."]
    granted = channel.permissions_for(guild.me)
    missing = [name.replace("_", " ").title() for name in NEEDED if not getattr(granted, name)]
    faults = []
    if missing:
        faults.append(
            f"{theme.MISSING} I can't write in the money channel {channel.mention}: I lack **{', '.join(missing)}**."
        )
    if channel.permissions_for(guild.default_role).view_channel:
        faults.append(
            f"{theme.WARNING} Everybody can read the money channel {channel.mention}, amounts included. "
            "Edit channel → Permissions → make it private."
        )
    return faults


def money_hint(channel_id: int | None) -> str:
    """Return what a server without the channel goes without."""
    if channel_id is not None:
        return ""
    return (
        "💡 No money channel is set, so only whoever causes a budget warning is told of it, "
        f"and approvals are asked for where the expense is logged: {HOW}."
    )
