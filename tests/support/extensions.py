"""The features' modules, loaded once for all bots of a process."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest import mock

from discord.ext import commands

KNOWN: dict[str, ModuleType] = {}


@contextmanager
def loaded_once() -> Iterator[None]:
    """Let bots share the features' modules; discord.py would run each of them anew for each bot.

    A module keeps nothing of a bot: what a bot has are its own cogs, which its `setup` makes for every one of them.
    """

    async def load_extension(self: commands.Bot, name: str, *, package: str | None = None) -> None:
        assert package is None
        extensions: dict[str, Any] = self._BotBase__extensions  # type: ignore[attr-defined]
        if name in extensions:
            raise commands.ExtensionAlreadyLoaded(name)
        module = KNOWN.get(name)
        if module is None:
            module = KNOWN[name] = importlib.import_module(name)
        sys.modules[name] = module
        await module.setup(self)
        extensions[name] = module

    with mock.patch.object(commands.Bot, "load_extension", load_extension):
        yield
