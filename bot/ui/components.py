"""Cards of Discord's Components V2, kept within its limits for any data."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.text import clip, named
from bot.ui import theme

TEXT_LIMIT = 4000
COMPONENT_LIMIT = 40
LABEL_LIMIT = 80
BUTTONS_IN_ROW = 5

Block = str | ui.Item[Any] | None


def button(
    label: str,
    to: str,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    *,
    emoji: str | None = None,
    disabled: bool = False,
) -> ui.Button[Any]:
    """Return a button that the press registered for `to` answers (see `bot.ui.press`)."""
    return ui.Button(label=clip(label, LABEL_LIMIT), custom_id=to, style=style, emoji=emoji, disabled=disabled)


def good(label: str, to: str, **more: Any) -> ui.Button[Any]:
    return button(label, to, discord.ButtonStyle.success, **more)


def bad(label: str, to: str, **more: Any) -> ui.Button[Any]:
    return button(label, to, discord.ButtonStyle.danger, **more)


def main(label: str, to: str, **more: Any) -> ui.Button[Any]:
    return button(label, to, discord.ButtonStyle.primary, **more)


def undo(change_id: int, guild_id: int | None = None) -> ui.Button[Any]:
    """Return the button that takes a change back, for ten minutes and for whoever made it.

    With its server it works in a direct message too.
    """
    server = f":{guild_id}" if guild_id else ""
    return button("Undo", f"undo:change:{change_id}{server}", emoji="↩️")


def row(text: str, accessory: ui.Button[Any]) -> ui.Section[Any]:
    """Return a line of text with a button beside it."""
    return ui.Section(ui.TextDisplay(text), accessory=accessory)


def buttons(*items: ui.Button[Any] | None) -> ui.ActionRow[Any]:
    """Return up to five buttons side by side."""
    return ui.ActionRow(*[item for item in items if item is not None][:BUTTONS_IN_ROW])


def rule() -> ui.Separator[Any]:
    return ui.Separator()


def select(to: str, options: Sequence[discord.SelectOption], placeholder: str) -> ui.ActionRow[Any]:
    """Return a menu of up to 25 options that the press registered for `to` answers."""
    return ui.ActionRow(ui.Select(custom_id=to, options=list(options)[:25], placeholder=clip(placeholder, 150)))


def select_option(label: str, value: str) -> discord.SelectOption:
    """Return one entry of a menu, its label cut to what fits."""
    return discord.SelectOption(label=clip(label, 100), value=value)


def card(*blocks: Block, accent: int = theme.BRAND) -> ui.LayoutView:
    """Return a message of one framed card; long text is cut so that the whole stays sendable.

    The view is inert: presses find their handlers by custom id, so nothing is kept in memory for it.
    """
    container: ui.Container[Any] = ui.Container(accent_colour=accent)
    for block in blocks:
        if block is not None and block != "":
            container.add_item(ui.TextDisplay(block) if isinstance(block, str) else block)
    return inert(container)


def inert(*items: ui.Item[Any]) -> ui.LayoutView:
    """Return a message of the items whose buttons are answered by the press registry alone."""
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    _fit(view)
    view.stop()
    return view


def _fit(view: ui.LayoutView) -> None:
    """Cut the longest texts until the message's texts fit together."""
    texts = [item for item in view.walk_children() if isinstance(item, ui.TextDisplay)]
    for text in texts:
        text.content = named(text.content) or "\u200b"
    while (spare := TEXT_LIMIT - sum(len(text.content) for text in texts)) < 0:
        longest = max(texts, key=lambda text: len(text.content))
        longest.content = clip(longest.content, max(1, len(longest.content) + min(spare, -1)))


def notice(text: str, *, accent: int = theme.QUIET, actions: ui.ActionRow[Any] | None = None) -> ui.LayoutView:
    """Return a short answer: a sentence or two and perhaps some buttons."""
    return card(text, actions, accent=accent)
