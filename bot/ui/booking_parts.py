"""How people say whether they come and what they cover, away from a session's card."""

from typing import Any

import discord
from discord import ui

from bot.services.booking import BookingFacts
from bot.services.booking_quorum import fitting, needs_of, parts_of
from bot.text import clip, plain, stamp_range
from bot.ui import theme
from bot.ui.booking_card import mentions, title
from bot.ui.components import bad, button, card, good
from bot.ui.respond import reply

NONE = "-"
SAID = {"coming": "You are coming", "maybe": "You may come", "cant": "You can't come"}
MOST_PARTS = 24


def answers(key: int, guild_id: int) -> list[ui.Button[Any]]:
    """Return the answers under a question that stands away from the card; they work in direct messages."""
    return [
        good("Coming", f"booking:reply:{key}:{guild_id}:coming"),
        button("Maybe", f"booking:reply:{key}:{guild_id}:maybe"),
        bad("Can't", f"booking:reply:{key}:{guild_id}:cant"),
    ]


def part_menu(facts: BookingFacts, user_id: int) -> ui.ActionRow[Any] | None:
    """Return the menu of what somebody may cover, with what they do cover chosen; None where nothing is needed."""
    needs = needs_of(facts.booking.needs)
    parts = parts_of(needs)[:MOST_PARTS]
    if not parts:
        return None
    said = facts.parts.get(user_id)
    mine = fitting(needs, said)
    options = [discord.SelectOption(label=clip(part, 100), value=part, default=part in mine) for part in parts]
    options.append(discord.SelectOption(label="None of these", value=NONE))
    to = f"booking:part:{facts.booking.id}:{facts.booking.guild_id}"
    return ui.ActionRow(
        ui.Select(custom_id=to, options=options, max_values=len(options), placeholder="What do you cover?")
    )


async def ask_part(interaction: discord.Interaction[Any], facts: BookingFacts, user_id: int) -> None:
    """Ask somebody who comes what they cover, or show what is noted, where anything is needed; to them alone."""
    menu = part_menu(facts, user_id) if user_id in facts.coming else None
    if menu is not None:
        view = card(_asks(facts, user_id), menu)
        await reply(interaction, view)


def answered_card(facts: BookingFacts, user_id: int, answer: str) -> ui.LayoutView:
    """Return what somebody said, with the question what they cover if they come."""
    menu = part_menu(facts, user_id) if answer == "coming" else None
    return card(
        f"{theme.OK} {SAID[answer]}: {title(facts)}\n{stamp_range(facts.start, facts.end)}",
        _asks(facts, user_id) if menu is not None else None,
        menu,
        accent=theme.GOOD,
    )


def covered_card(facts: BookingFacts, user_id: int) -> ui.LayoutView:
    """Return what somebody covers now and what is still missing, with the menu to change it."""
    lacks = f"\nStill missing: {plain(', '.join(facts.lacks))}." if facts.lacks else "\nEverything is covered."
    return card(f"{theme.OK} {_asks(facts, user_id)}{lacks}", part_menu(facts, user_id), accent=theme.GOOD)


def nudged_text(facts: BookingFacts) -> str:
    """Say who is asked again."""
    who = mentions(facts.waiting, facts.asked_roles)
    return f"{theme.OK} Asking again, now: {who}"


def _asks(facts: BookingFacts, user_id: int) -> str:
    mine = fitting(needs_of(facts.booking.needs), facts.parts.get(user_id))
    if mine:
        return f"You cover **{plain(', '.join(mine))}** at {title(facts)}. I keep that in mind for next time."
    if facts.parts.get(user_id) is not None:
        return f"You cover none of what {title(facts)} needs."
    return f"What do you cover at {title(facts)}? I keep it in mind for next time."
