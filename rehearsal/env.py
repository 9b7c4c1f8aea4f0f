"""simcord's offline Discord made to run by the wall clock, and the private names this package leans on."""

import importlib
import inspect
from typing import Any

import discord
import simcord
from simcord.preview import Preview
from simcord.preview._server import PreviewServer
from simcord.results import to_discord_message

PRIVATE_NAMES = (
    "simcord.env:Env._schedule_timer",
    "simcord.env:Env._capture_errors",
    "simcord._clock:Clock.advance",
    "simcord.backend:Backend.advance_clock",
    "simcord.backend:Backend.snowflake",
    "simcord.preview:Preview._action",
    "simcord.preview:Preview._publish",
    "simcord.preview:Preview._initial_target",
    "simcord.preview:Preview._clear_page_assets",
    "simcord.preview:Preview._redact_page_receipts",
    "simcord.preview:Preview._reset_queries",
    "simcord.preview:Preview._advance_presentation_time",
    "simcord.preview._server:PreviewServer._SECURITY_HEADERS",
    "simcord.preview._server:PreviewServer._index",
    "simcord.preview._server:PreviewServer._static",
    "simcord.results:to_discord_message",
)
PAGE_FIELDS = (
    *("id", "viewer", "channel_id", "target_id", "window_end_id", "generation", "revision", "status"),
    *("modal", "modal_handle"),
)
PREVIEW_FIELDS = ("_server", "_pages", "_closed", "channel", "viewers", "capability")
BACKEND_FIELDS = ("clock", "transcript", "http_requests", "messages", "commands", "bot_user")
SIGNATURES = {
    "simcord.env:Env._schedule_timer": ["self", "record", "callback", "args", "schedule_context"],
    "simcord.preview:Preview._action": ["self", "context_id", "body"],
    "simcord.preview:Preview._publish": ["self", "page", "reason"],
    "simcord.preview:Preview._initial_target": ["self", "viewer", "channel_id"],
}


class RehearsalEnv(simcord.Env):
    """An environment whose timers fire when the rehearsal moves the clock, never by themselves in between."""

    def _schedule_timer(self, record: Any, callback: Any, args: Any, schedule_context: Any) -> None:
        """Leave out simcord's real timer: an answer would wait for every reminder due within the next seconds."""

    def _capture_errors(self) -> None:
        """Leave errors to the bot, which answers and logs them; a recorded one would lock the page."""


def as_message(env: simcord.Env, stored: Any) -> discord.Message:
    """Return a stored message as the bot's library would hand it over."""
    return to_discord_message(env, stored)


def find(name: str) -> Any:
    """Return what `module:attribute.path` names; raises ImportError or AttributeError."""
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _is_lost(name: str) -> bool:
    try:
        return find(name) is None
    except (ImportError, AttributeError):
        return True


def missing_names() -> list[str]:
    """List the private names that the installed simcord does not have, or has with other parameters."""
    lost = [name for name in PRIVATE_NAMES if _is_lost(name)]
    for name, expected in SIGNATURES.items():
        if name not in lost and (given := list(inspect.signature(find(name)).parameters)) != expected:
            lost.append(f"{name}({', '.join(given)})")
    return lost + _missing_fields()


def _missing_fields() -> list[str]:
    """Look at live objects for the fields that no class shows."""
    from simcord.preview._pages import _Page  # noqa: PLC0415 - its loss must be a sentence, not a traceback

    env = simcord.Env(discord.Client(intents=discord.Intents(guilds=True)))
    lost = [f"_Page.{name}" for name in PAGE_FIELDS if name not in _Page.__dataclass_fields__]
    lost += [f"Backend().{name}" for name in BACKEND_FIELDS if not hasattr(env.backend, name)]
    if not hasattr(env.backend.clock, "_epoch"):
        lost.append("Clock()._epoch")
    created = inspect.getsource(Preview.__init__)
    lost += [f"Preview().{name}" for name in PREVIEW_FIELDS if f"self.{name}" not in created]
    if "_FONT_FILES" not in vars(PreviewServer):
        lost.append("PreviewServer._FONT_FILES")
    return lost


def check_private_names() -> None:
    """Raise RuntimeError in one clear sentence when a new simcord has taken something away."""
    if lost := missing_names():
        raise RuntimeError(
            f"The rehearsal leans on names that simcord {simcord.__version__} does not have: {', '.join(lost)}. "
            "Adapt rehearsal/ before anything else."
        )
