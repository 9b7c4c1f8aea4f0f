"""What is being answered right now: measured, and finished before the bot stops."""

import asyncio
import logging
import time
from collections.abc import Container
from functools import partial
from typing import Any

import discord
from discord import app_commands

from bot.metrics import Metrics
from bot.ui import respond, theme, typed
from bot.ui.components import notice

log = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 1.0
STOPPING = (
    f"{theme.WARNING} I am being restarted and could not finish this in time. Nothing half-done was kept. "
    "Try again in a minute."
)
KINDS = {
    discord.InteractionType.application_command: "command",
    discord.InteractionType.autocomplete: "autocomplete",
    discord.InteractionType.component: "press",
    discord.InteractionType.modal_submit: "form",
}


class Answers:
    """The tasks that answer somebody; `presses` are the known custom ids, so that no other becomes a name."""

    def __init__(self, metrics: Metrics, presses: Container[str]) -> None:
        self._metrics = metrics
        self._presses = presses
        self._running: dict[asyncio.Task[Any], discord.Interaction[Any]] = {}

    def begin(self, interaction: discord.Interaction[Any]) -> None:
        """Count the task that runs now as the one that answers, and make legible what it was given to read."""
        typed.tidy(interaction.data)
        task = asyncio.current_task()
        if task is not None and task not in self._running:
            self._running[task] = interaction
            task.add_done_callback(partial(self._ended, time.perf_counter()))

    async def finish(self, seconds: float) -> None:
        """Wait for what is being answered; who waits longer is told in a sentence, and the work is rolled back."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._running and (left := until - loop.time()) > 0:
            await asyncio.wait(list(self._running), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        late = dict(self._running)
        if not late:
            return
        log.warning("%s answers took too long and were given up", len(late))
        for task in late:
            task.cancel()
        await asyncio.wait([*late, *[asyncio.create_task(_apologise(each)) for each in late.values()]],
                           timeout=LAST_WORDS_SECONDS)  # fmt: skip

    def _ended(self, began: float, task: asyncio.Task[Any]) -> None:
        interaction = self._running.pop(task)
        outcome = "stopped" if task.cancelled() else interaction.extras.get("outcome", "done")
        kind = KINDS.get(interaction.type, "other")
        self._metrics.answered(kind, self._name(interaction), outcome, time.perf_counter() - began)

    def _name(self, interaction: discord.Interaction[Any]) -> str:
        data: Any = interaction.data or {}
        if "custom_id" in data:
            name = ":".join(str(data["custom_id"]).split(":", maxsplit=2)[:2])
            return name if name in self._presses else "unknown"
        return interaction.command.qualified_name if interaction.command is not None else "unknown"


class Tree(app_commands.CommandTree[Any]):
    """The commands of a client that has `claims` and `answers`, which hear of each before it runs."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Let everybody in whom no other process answers: who may do what is a rule of the services."""
        if not await interaction.client.claims.is_first(interaction.id):
            return False
        interaction.client.answers.begin(interaction)
        return True


async def _apologise(interaction: discord.Interaction[Any]) -> None:
    if interaction.type is discord.InteractionType.autocomplete:
        return
    try:
        await respond.reply(interaction, notice(STOPPING, accent=theme.WARN))
    except discord.HTTPException as lost:
        log.warning("interaction %s: the end could not be told: %s", interaction.id, lost.code)
