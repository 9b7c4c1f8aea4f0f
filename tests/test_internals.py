"""The private names of discord.py that the bot uses still mean what they meant."""

import inspect

import discord
from discord import app_commands, gateway
from discord.app_commands.namespace import Namespace


def test_a_slash_command_can_be_run_with_a_namespace() -> None:
    run = app_commands.Command._invoke_with_namespace
    assert list(inspect.signature(run).parameters) == ["self", "interaction", "namespace"]
    assert list(inspect.signature(Namespace).parameters) == ["interaction", "resolved", "options"]


def test_the_last_heartbeat_of_a_shard_can_be_seen() -> None:
    for client in (discord.Client, discord.AutoShardedClient):
        assert "shard_id" in inspect.signature(client._get_websocket).parameters
    assert "self._last_ack" in inspect.getsource(gateway.KeepAliveHandler.ack)
    assert "self._keep_alive = KeepAliveHandler(" in inspect.getsource(gateway.DiscordWebSocket)
