"""discord.py's rate limits: idle ones still go, but not by a look through all for each new channel."""

from typing import Any

import discord
import pytest
from discord.http import Ratelimit

from bot.delivery.buckets import tidy_less_often

CHANNELS = 600


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often a rate limit is asked whether it is idle; each says that it is."""
    asked: list[int] = []
    monkeypatch.setattr(Ratelimit, "is_inactive", lambda _self: not asked.append(1))
    return asked


async def meet(client: discord.Client) -> int:
    """Meet many channels; return how many rate limits are kept."""
    http: Any = client.http
    for channel in range(CHANNELS):
        http.get_ratelimit(f"POST /channels/{channel}")
    return len(http._buckets)


async def test_meeting_many_channels_asks_none_of_them(looks: list[int]) -> None:
    client = discord.Client(intents=discord.Intents.none())
    tidy_less_often(client)
    assert await meet(client) == CHANNELS
    assert not looks


async def test_idle_ones_go_once_the_pause_is_over(looks: list[int]) -> None:
    client = discord.Client(intents=discord.Intents.none())
    tidy_less_often(client, pause=0.0)
    assert await meet(client) < CHANNELS
    assert looks


async def test_discord_py_still_has_what_is_replaced(looks: list[int]) -> None:
    client: Any = discord.Client(intents=discord.Intents.none())
    await meet(client)
    assert looks, "discord.py has changed: bot/delivery/buckets.py may go"
