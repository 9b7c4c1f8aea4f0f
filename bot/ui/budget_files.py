"""Sends a budget's files, and finds the names of the people in them."""

import asyncio
import io
from collections.abc import Iterable
from typing import Any

import discord
from discord import ui

from bot.services.budget_files import FileFormat, written
from bot.text import plain
from bot.ui.components import card
from bot.ui.context import actor_of
from bot.ui.respond import reply

MOST_ASKED_ABOUT = 25


async def send_files(interaction: discord.Interaction[Any], project: str | None, kind: FileFormat) -> None:
    """Answer with a project's budget as files, to the asker alone; raises what the service does, or that it is big."""
    actor = await actor_of(interaction)
    await interaction.response.defer(ephemeral=True, thinking=True)
    found = await interaction.client.services.budget.exported(actor, project)
    names = await names_of(interaction, found.people)
    made = await written(found, names, kind, interaction.filesize_limit)
    files = [discord.File(io.BytesIO(each.body), each.name) for each in made]
    shown = [ui.File[Any](f"attachment://{file.filename}") for file in files]
    await reply(interaction, card(f"### Budget of {plain(found.report.project.name)}", *shown), files=files)


async def names_of(interaction: discord.Interaction[Any], people: Iterable[int]) -> dict[int, str]:
    """Return the names that members go by here; whoever left, was forgotten, or can't be asked about, is not in it."""
    guild = interaction.guild
    if guild is None:
        return {}

    async def name(user: int) -> tuple[int, str] | None:
        try:
            member = guild.get_member(user) or await guild.fetch_member(user)
        except discord.HTTPException:
            return None
        return user, member.display_name

    found = await asyncio.gather(
        *(name(user) for user in sorted(user for user in people if user > 0)[:MOST_ASKED_ABOUT])
    )
    return dict(filter(None, found))
