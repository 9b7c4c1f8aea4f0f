"""What happens when a person changes a reminder, by options or in a form; a text that is too long is kept."""

from datetime import UTC, datetime

import discord
from discord import ui

from bot.actor import Actor
from bot.services.reminder import TextTooLong
from bot.ui import theme
from bot.ui.components import buttons, card, main, undo
from bot.ui.context import Interaction
from bot.ui.remind_card import reminder_card
from bot.ui.respond import reply, update

KIND = "remind"


async def change(
    interaction: Interaction, actor: Actor, name: str, what: str | None, wanted: dict[str, str | None]
) -> None:
    """Change what is given and show the reminder; raises what the service refuses but a text that is too long.

    `wanted` holds the `at`, `rrule` and `first` of the change in a form that a button can remember.
    """
    at, first = read_at(wanted["at"]), read_at(wanted["first"])
    service = interaction.client.services.reminder_edit
    try:
        row = await service.edit(actor, name, what=what, at=at, rrule=wanted["rrule"], first=first)
    except TextTooLong as refusal:
        await keep(interaction, actor, refusal, {**wanted, "what": what, "changes": name})
        return
    await answer(interaction, reminder_card(row, "Changed", undo(actor.change_id)))


async def keep(interaction: Interaction, actor: Actor, refusal: TextTooLong, kept: dict[str, str | None]) -> None:
    """Keep what was typed, and offer to shorten it."""
    memo = await interaction.client.services.memo.keep(actor, KIND, kept)
    actions = buttons(main("Shorten it", f"remind:shorten:{memo}", emoji="✂️"))
    await answer(interaction, card(f"{theme.WARNING} {refusal}", actions, accent=theme.WARN))


async def answer(interaction: Interaction, view: ui.LayoutView, *, public: bool = False) -> None:
    """Answer a command with a new message, and a form in the place of the message that opened it."""
    if interaction.type is discord.InteractionType.modal_submit:
        await update(interaction, view)
    else:
        await reply(interaction, view, public=public)


def iso(at: datetime | None) -> str | None:
    """Return an instant in a form that a button can remember."""
    return at.isoformat() if at is not None else None


def read_at(text: str | None) -> datetime | None:
    """Return an instant that was remembered."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
