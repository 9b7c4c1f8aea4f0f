"""Answers: one way to reply, one way to update, and the one place where errors become messages."""

import logging
import secrets
from collections.abc import Sequence
from typing import Any

import aiohttp
import discord
from discord import app_commands, ui

from bot.errors import UserError
from bot.fuzzy import Ambiguous, Choice
from bot.text import plain
from bot.ui import rerun, theme
from bot.ui.components import buttons, card, inert, main, notice, select

log = logging.getLogger(__name__)
MOST_BUTTONS = 3
GONE = (10062, 40060, 10015)
TOO_MANY, SERVER_FAULT = 429, 500
LOST = (discord.RateLimited, aiohttp.ClientError, ConnectionError, TimeoutError)
UNHEARD = (
    "Discord did not take my answer just now, so you can't see whether this was done. "
    "Look whether it is there before you try again."
)
REFUSALS = (
    UserError,
    app_commands.CheckFailure,
    app_commands.CommandNotFound,
    app_commands.CommandSignatureMismatch,
)

__all__ = ["Offer", "inert", "notice", "reply", "report", "update"]


class Offer(UserError):
    """A refusal with other good values of an option, offered as buttons that run the command again."""

    text = "{sentence}"
    made_here = frozenset({"sentence"})

    def __init__(self, sentence: str, *, option: str, choices: Sequence[Choice]) -> None:
        super().__init__(sentence=sentence)
        self.option = option
        self.choices = list(choices)


async def reply(
    interaction: discord.Interaction[Any],
    view: ui.LayoutView,
    *,
    public: bool = False,
    files: Sequence[discord.File] = (),
) -> discord.Message | None:
    """Answer with a new message, seen by everybody or by the asker alone; works before and after a defer."""
    if interaction.response.is_done():
        return await interaction.followup.send(view=view, ephemeral=not public, files=list(files), wait=True)
    answered = await interaction.response.send_message(view=view, ephemeral=not public, files=list(files))
    message = answered.resource
    return message if isinstance(message, discord.Message) else None


async def update(
    interaction: discord.Interaction[Any], view: ui.LayoutView, *, files: Sequence[discord.File] | None = None
) -> None:
    """Redraw the message whose button was pressed; with `files`, even none, they take the place of those it had."""
    kept = discord.utils.MISSING if files is None else list(files)
    if interaction.response.is_done():
        await interaction.edit_original_response(view=view, attachments=kept)
    elif interaction.message is None:
        await reply(interaction, view, files=files or ())
    else:
        await interaction.response.edit_message(view=view, attachments=kept)


async def report(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the person what went wrong: a `UserError` in its own words, anything else by a reference.

    An unexpected error is logged with its trace under the same six characters; what people typed is not. What it
    came to is noted on the interaction, for whoever counts.
    """
    cause = _cause(error)
    interaction.extras["outcome"] = _outcome(cause)
    if isinstance(cause, discord.NotFound | discord.HTTPException) and cause.code in GONE:
        log.warning("interaction %s could not be answered any more: %s", interaction.id, cause.code)
        return
    if interaction.type is discord.InteractionType.autocomplete:
        log.error("autocomplete failed", exc_info=cause, extra=_about(interaction))
        return
    try:
        view = await _as_message(interaction, cause)
    except Exception as error_of_ours:  # noqa: BLE001 - what an offer stands for is kept in the database, if it is there
        interaction.extras["outcome"] = _outcome(error_of_ours)
        view = await _as_message(interaction, error_of_ours)
    try:
        await reply(interaction, view)
    except discord.HTTPException as lost:
        log.warning("interaction %s: the error could not be shown: %s", interaction.id, lost.code)
    except LOST as lost:
        log.warning("interaction %s: the error could not be shown: %s", interaction.id, type(lost).__name__)


def _cause(error: BaseException) -> BaseException:
    if isinstance(error, app_commands.CommandInvokeError):
        return error.original
    if isinstance(error, app_commands.TransformerError) and error.__cause__ is not None:
        return error.__cause__
    return error


def _outcome(cause: BaseException) -> str:
    """Return what an error comes to: a refusal, an answer that nobody waits for any more, or a fault of ours."""
    if isinstance(cause, REFUSALS):
        return "refused"
    return "lost" if isinstance(cause, discord.HTTPException) and cause.code in GONE else "failed"


def _is_discords(cause: BaseException) -> bool:
    """Tell whether it is Discord that is in trouble; what was to be done may have been done before."""
    if isinstance(cause, discord.HTTPException):
        return cause.status >= SERVER_FAULT or cause.status == TOO_MANY
    return isinstance(cause, LOST)


def _about(interaction: discord.Interaction[Any]) -> dict[str, int | None]:
    """Return the ids that a log line in JSON has as fields of their own."""
    guild = interaction.guild
    shard = guild.shard_id if guild is not None else None
    return {"guild": interaction.guild_id, "user": interaction.user.id, "shard": shard}


async def _as_message(interaction: discord.Interaction[Any], cause: BaseException) -> ui.LayoutView:
    if isinstance(cause, Ambiguous | Offer) and cause.choices:
        return await _offer(interaction, cause)
    if isinstance(cause, UserError):
        return notice(f"{theme.WARNING} {cause}", accent=theme.WARN)
    if isinstance(cause, app_commands.CommandSignatureMismatch | app_commands.CommandNotFound):
        return notice(
            "This command has changed. Wait a minute, reload Discord (Ctrl+R) and try again.", accent=theme.WARN
        )
    if isinstance(cause, app_commands.CheckFailure):
        return notice("You can't use that here, so nothing was changed.", accent=theme.WARN)
    if _is_discords(cause):
        log.warning("interaction %s: Discord did not take the answer: %s", interaction.id, type(cause).__name__)
        return notice(f"{theme.WARNING} {UNHEARD}", accent=theme.WARN)
    reference = secrets.token_hex(3)
    about = {**_about(interaction), "reference": reference}
    log.error(
        "unexpected error %s guild=%s user=%s",
        reference,
        interaction.guild_id,
        interaction.user.id,
        exc_info=cause,
        extra=about,
    )
    return notice(
        f"{theme.WARNING} Something went wrong on my side, and nothing half-done was kept. "
        f"Try again; if it stays, tell whoever runs me this reference: `{reference}`.",
        accent=theme.BAD,
    )


async def _offer(interaction: discord.Interaction[Any], cause: Ambiguous | Offer) -> ui.LayoutView:
    """Show the refusal with choices that run the same command again with the option filled in."""
    text = f"{theme.WARNING} {cause}"
    memo = await rerun.keep(interaction, cause.option)
    if memo is None:  # a form or a button, which can't be run again by a menu: name the choices
        texts = (choice.value if isinstance(cause, Offer) else choice.label for choice in cause.choices)
        named = ", ".join(f"**{plain(text)}**" for text in texts)
        return notice(f"{text}\n{named}\nNothing was changed; try again with one of these.", accent=theme.WARN)
    to = f"rerun:with:{memo}"
    values = [choice for choice in cause.choices if len(choice.value) <= rerun.VALUE_LIMIT]
    if isinstance(cause, Offer) and len(values) <= MOST_BUTTONS:
        return card(text, buttons(*[main(item.label, f"{to}:{item.value}") for item in values]), accent=theme.WARN)
    options = [discord.SelectOption(label=item.label[:100], value=item.value) for item in _unique(values)]
    return card(text, select(to, options, "Pick one"), accent=theme.WARN)


def _unique(choices: Sequence[Choice]) -> list[Choice]:
    return list({choice.value: choice for choice in choices}.values())
