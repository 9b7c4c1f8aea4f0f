"""How somebody is reminded, as a panel: what counts, what of it is theirs, and what changes it."""

from typing import Any

import discord
from discord import ui

from bot.actor import Actor
from bot.services.settings_pings import Pings
from bot.services.settings_quiet import leads_text
from bot.ui import theme
from bot.ui.components import button, buttons, card, main
from bot.ui.press import text_field

NOTE = (
    "-# Quiet hours hold back pings of deadlines and sessions until they are over; what is due before that comes at "
    "its time. What you plan with `/remind me` comes exactly when you said."
)


def pings_card(actor: Actor, pings: Pings, verb: str = "", *actions: ui.Button[Any]) -> ui.LayoutView:
    """Return the panel; its menu saves at once, and its first button opens a form."""
    return card(
        f"{theme.OK} {verb}" if verb else None,
        f"### {theme.REMINDER} How I remind you",
        "\n".join(lines(actor, pings)),
        ui.ActionRow(_places(pings)),
        buttons(
            main("Quiet hours and lead times", "me:words"),
            button("Back to the server's", "me:reset") if pings.own else None,
            *actions,
        ),
        NOTE,
        accent=theme.GOOD if verb else theme.BRAND,
    )


def lines(actor: Actor, pings: Pings) -> list[str]:
    """Return what counts, and where it is the server's."""
    usual = {name: "" if name in pings.own else " · as the server has it" for name in ("quiet_hours", "lead_times")}
    if "is_by_message" not in pings.own:
        place = "by **direct message** for your deadlines, in the **channel** for sessions"
    else:
        place = "by **direct message**" if pings.is_by_message else "in the **channel**, with a mention"
    zone = f" ({actor.zone.key.replace('_', ' ')})" if pings.quiet_hours else ""
    return [
        f"Where: {place}",
        f"Quiet hours: **{pings.quiet_hours or 'off'}**{zone}{usual['quiet_hours']}",
        f"Before a deadline: **{leads_text(pings.lead_times)}**{usual['lead_times']}",
    ]


def quiet_field(quiet_hours: str) -> ui.Label[Any]:
    """Return the form's field for quiet hours."""
    return text_field(
        "Quiet hours",
        "quiet_hours",
        value=quiet_hours or "off",
        hint="22-8, or mon-thu 22-7, fri-sat 1-10; off; default",
    )


def _places(pings: Pings) -> ui.Select[Any]:
    chosen = pings.is_by_message if "is_by_message" in pings.own else None
    options = [
        discord.SelectOption(label="By direct message", value="dm", default=chosen is True),
        discord.SelectOption(label="In the channel, with a mention", value="channel", default=chosen is False),
    ]
    return ui.Select(custom_id="me:where", options=options, placeholder="Where my pings come")
