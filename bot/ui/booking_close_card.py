"""How closing a session looks: what it would say and cost, and what was said."""

from datetime import timedelta
from typing import Any

import discord
from discord import ui

from bot.actor import Actor
from bot.money import Money
from bot.services.booking_close import Closing
from bot.text import plain, stamp_range
from bot.ui import theme
from bot.ui.booking_card import length, mentions, title
from bot.ui.components import Block, button, buttons, card, good, undo
from bot.ui.press import modal, text_field

MOST_IN_MENU = 25
_MINUTE = timedelta(minutes=1)
MONEY_ASIDE = "What it costs goes into the budget; people with the money role see how much."


def closing_card(actor: Actor, closing: Closing, memo: int, locale: str) -> ui.LayoutView:
    """Return what closing would say, with who came to correct; amounts for those who may see money (R35)."""
    server = actor.guild_id  # the prompt may have come by direct message
    known = [
        discord.SelectDefaultValue(id=key, type=discord.SelectDefaultValueType.user)
        for key in closing.came[:MOST_IN_MENU]
        if key > 0
    ]
    menu: ui.ActionRow[Any] = ui.ActionRow(
        ui.UserSelect(
            custom_id=f"booking:came:{memo}:{server}", placeholder="Who came?", min_values=0, max_values=MOST_IN_MENU,
            default_values=known,
        )
    )  # fmt: skip
    blocks: list[Block] = [f"### 🏁 Close {title(closing.facts)}", "\n".join(_how(closing))]
    blocks += [
        "\n".join(_costs(actor, closing, locale)),
        f"**Who came:** {mentions(closing.came) or 'nobody yet'}",
        menu,
    ]
    blocks.append("-# Nothing is closed yet.")
    choice = (
        good("Close it", f"booking:doclose:{memo}:{server}"),
        button("Change times or cost", f"booking:closeform:{memo}:{server}"),
        button("Not now", "booking:keep"),
    )
    return card(*blocks, buttons(*choice))


def closed_card(actor: Actor, closing: Closing, locale: str) -> ui.LayoutView:
    """Return the answer to a close, with the way to take it back."""
    count = len(closing.came)
    lines = [f"{theme.OK} Closed: {title(closing.facts)}", *_how(closing)]
    lines += [f"{count} came" if count else "Nobody came", *_costs(actor, closing, locale, is_done=True)]
    return card("\n".join(lines), buttons(undo(actor.change_id, actor.guild_id)), accent=theme.GOOD)


def form(actor: Actor, closing: Closing, memo: int, typed: dict[str, str]) -> ui.Modal:
    """Return the form of the real times, the extra cost and a note, filled with what was typed before."""
    return modal(
        f"How did #{closing.facts.number} go?",
        f"booking:closeset:{memo}:{actor.guild_id}",
        text_field("Really in", "start", value=typed.get("start"), hint="19:10; empty: as booked", limit=100),
        text_field("Really out", "end", value=typed.get("end"), hint="22:30; empty: as booked", limit=100),
        text_field("Extra cost", "cost", value=typed.get("cost"), hint="25, on top of price and overtime", limit=40),
        text_field("Note", "note", value=typed.get("note"), limit=300, long=True),
    )


def _how(closing: Closing) -> list[str]:
    booked = stamp_range(closing.facts.start, closing.facts.end)
    if closing.is_as_planned:
        lines = [f"As planned: {booked}"]
    else:
        lasted = length(closing.end - closing.start) or "under a minute"
        lines = [f"Booked: {booked}", f"Really: {stamp_range(closing.start, closing.end)}, {lasted}"]
    lines.append(f"Note: {plain(closing.note)}" if closing.note else "")
    return [line for line in lines if line]


def _costs(actor: Actor, closing: Closing, locale: str, *, is_done: bool = False) -> list[str]:
    """Return price, overtime and extra cost, and what of it goes into the budget."""
    if not actor.sees_money:
        return [MONEY_ASIDE] if closing.booked is not None and closing.booked.minor else []

    def show(money: Money) -> str:
        return f"**{money.show(locale)}**"

    over = length(closing.over.minutes * _MINUTE)
    lines = [f"{theme.MONEY} Price: {show(closing.agreed)}" if closing.agreed is not None else ""]
    if closing.over.minutes and closing.overtime is not None:
        lines.append(f"Overtime: {over}, {show(closing.overtime)}{f' ({plain(closing.rule)})' if closing.rule else ''}")
    elif closing.over.minutes and closing.agreed is not None:
        lines.append(f"{theme.WARNING} {over} over, and I know no overtime rule of the room: add it as extra cost.")
    lines.append(f"Extra cost: {show(closing.extra)}" if closing.extra is not None else "")
    if closing.booked is not None and closing.booked.minor:
        verb = "Booked as spent" if is_done else "Will be booked as spent"
        lines.append(f"{verb}: {show(closing.booked)}")
    elif closing.booked is not None and closing.agreed is not None and closing.agreed.minor:
        lines.append("Nothing more to book: its invoices cover it.")
    return [line for line in [*lines, _waiting(closing)] if line]


def _waiting(closing: Closing) -> str:
    return "What is beyond the price waits for a producer to approve it." if closing.waits else ""
