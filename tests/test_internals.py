"""The one private name of discord.py that the bot calls still means what it meant."""

import inspect

from discord import app_commands
from discord.app_commands.namespace import Namespace


def test_a_slash_command_can_be_run_with_a_namespace() -> None:
    run = app_commands.Command._invoke_with_namespace
    assert list(inspect.signature(run).parameters) == ["self", "interaction", "namespace"]
    assert list(inspect.signature(Namespace).parameters) == ["interaction", "resolved", "options"]
