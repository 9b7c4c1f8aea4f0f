"""Running a command again with one option changed: what a menu of choices or a better time stands for."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.app_commands.namespace import Namespace

from bot.services.memo import Forgotten
from bot.ui.context import actor_of
from bot.ui.press import Press

if TYPE_CHECKING:
    from bot.app import Backline

VALUE_LIMIT = 70
KIND = "rerun"


async def keep(interaction: discord.Interaction[Any], option: str) -> int | None:
    """Remember the command of this interaction and which option to fill; None where it was no command."""
    data: Any = interaction.data or {}
    again = interaction.extras.get(KIND)
    if again is None:
        if interaction.type is not discord.InteractionType.application_command or data.get("type", 1) != 1:
            return None
        path, options = _leaf(data)
        again = {"path": path, "options": options, "resolved": data.get("resolved", {})}
    actor = await actor_of(interaction)
    memo: int = await interaction.client.services.memo.keep(actor, KIND, {**again, "option": option})
    return memo


async def run(press: Press) -> None:
    """Run the remembered command with the chosen value; raises what the command raises."""
    interaction: discord.Interaction[Backline] = press.interaction
    actor = await actor_of(interaction)
    kept = await interaction.client.services.memo.recall(actor, press.number(), KIND)
    value = press.values[0] if press.values else ":".join(press.args[1:])
    options = [item for item in kept["options"] if item["name"] != kept["option"]]
    options.append({"name": kept["option"], "type": discord.AppCommandOptionType.string.value, "value": value})
    command = _command(interaction.client.tree, kept["path"])
    interaction.extras[KIND] = {"path": kept["path"], "options": options, "resolved": kept["resolved"]}
    namespace = Namespace(interaction, kept["resolved"], options)
    # discord.py has no public way to run a slash command from a button; tests/test_internals.py guards the name.
    await command._invoke_with_namespace(interaction, namespace)  # noqa: SLF001


def _leaf(data: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the command's path and its own options from an interaction's nested data."""
    path, options = [data["name"]], data.get("options", [])
    nested = (discord.AppCommandOptionType.subcommand.value, discord.AppCommandOptionType.subcommand_group.value)
    while options and options[0]["type"] in nested:
        path.append(options[0]["name"])
        options = options[0].get("options", [])
    return path, options


def _command(tree: app_commands.CommandTree[Any], path: list[str]) -> app_commands.Command[Any, ..., Any]:
    found: Any = tree.get_command(path[0])
    for name in path[1:]:
        found = found.get_command(name) if isinstance(found, app_commands.Group) else None
    if not isinstance(found, app_commands.Command):
        raise Forgotten
    return found
