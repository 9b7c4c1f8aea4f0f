"""simcord made to serve us: one virtual time for everything, crashes, lost answers, locales and closed doors.

simcord keeps some of what is needed here to itself. Every private name is listed in `PRIVATE_NAMES`, and
`check_private_names()` says in one clear sentence which of them a new version has taken away.
"""

import copy
import importlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from fnmatch import fnmatch
from typing import Any, Self, TypeVar
from unittest import mock
from weakref import WeakKeyDictionary

import aiohttp
import discord
import simcord
from simcord import _runtime
from simcord.http import client as transport
from simcord.http import router
from simcord.types import HttpLogEntry

from rehearsal.alarm import APSCHEDULER_MODULES, UtcNow, apscheduler_follows

__all__ = [
    "UtcNow", "VirtualEnv", "apscheduler_follows", "at_once", "check_private_names", "closed_dms", "crash",
    "dedupe_nonces", "lose_answers", "missing_names", "running", "set_locale",
]  # fmt: skip

T = TypeVar("T")
NONCE_WINDOW = timedelta(minutes=5)
CANNOT_MESSAGE_USER = 50007
SETTLE_SECONDS = 30.0

PRIVATE_NAMES = (
    "simcord.env:Env._schedule_timer",
    "simcord.env:Env._begin_operation",
    "simcord.env:Env._end_operation",
    "simcord.env:Env._detach_bot",
    "simcord.env:Env._raise_errors_since",
    "simcord.env:Env._settle_internal",
    "simcord._runtime:_attach_bot",
    "simcord._runtime:_LIVE_LOOPS",
    "simcord.actors:_dispatch_actor_interaction",
    "simcord.backend.serializers:message_payload",
    "simcord.http.router:dispatch",
    "simcord.http.router:_check_faults",
    "simcord.http.client:_path_of",
    "simcord.http.client:FakeHTTPClient.request",
    "simcord.http.client:FakeWebhookAdapter.request",
    "simcord.backend:Backend.get_dm_channel",
    "simcord.backend:Backend.get_message",
    "discord.utils:utcnow",
    *(f"apscheduler.{module}:datetime" for module in APSCHEDULER_MODULES),
)
ENV_ATTRIBUTES = ("_started", "_loop", "_errors_acknowledged")
BACKEND_ATTRIBUTES = ("subscribers", "faults", "http_requests", "clock")

LOCALES: WeakKeyDictionary[simcord.Env, dict[int, str]] = WeakKeyDictionary()


async def at_once(env: simcord.Env, *acts: Callable[[], Awaitable[T]]) -> list[T]:
    """Let people act in the same instant: the bot begins on the first only when the last has acted, too."""

    async def not_yet(**_: object) -> None:
        """Leave what was done unanswered."""

    with mock.patch.object(env, "_settle_internal", not_yet):
        done = [await act() for act in acts[:-1]]
    return [*done, await acts[-1]()]


def missing_names(names: Iterable[str]) -> list[str]:
    """List those of `module:attribute.path` that do not exist."""
    return [name for name in names if not _exists(name)]


def _exists(name: str) -> bool:
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return False
    return True


def check_private_names() -> None:
    """Raise one clear error when the installed simcord or discord.py lacks something that this module uses."""
    lost = missing_names(PRIVATE_NAMES)
    env = simcord.Env(discord.Client(intents=discord.Intents.none()))
    lost += [f"simcord.env:Env().{name}" for name in ENV_ATTRIBUTES if not hasattr(env, name)]
    lost += [] if hasattr(env.create_user("probe"), "_env") else ["simcord.builders:UserHandle()._env"]
    lost += [f"simcord.backend:Backend().{name}" for name in BACKEND_ATTRIBUTES if not hasattr(env.backend, name)]
    if "simcord.env:Env._schedule_timer" not in lost:
        given = list(inspect.signature(simcord.Env._schedule_timer).parameters)
        if given != ["self", "record", "callback", "args", "schedule_context"]:
            lost.append(f"the parameters of simcord.env:Env._schedule_timer, now {given}")
    if lost:
        raise RuntimeError(
            f"tests/support/simtime.py relies on names that simcord {simcord.__version__} and discord.py "
            f"{discord.__version__} do not have: {', '.join(lost)}. Adapt simtime.py before anything else."
        )


class VirtualEnv(simcord.Env):
    """An environment whose timers fire only through `advance_time`, never because real time passes.

    It waits longer for the bot than simcord does by itself: on a busy machine a step may take some seconds.
    """

    def __init__(self, bot: discord.Client, *, settle_timeout: float = SETTLE_SECONDS, **options: Any) -> None:
        super().__init__(bot, settle_timeout=settle_timeout, **options)

    def _schedule_timer(self, record: Any, callback: Any, args: Any, schedule_context: Any) -> None:
        """Leave out simcord's real timer beside the virtual one."""


@asynccontextmanager
async def running(bot: discord.Client, *, name: str | None = None, **options: Any) -> AsyncIterator[VirtualEnv]:
    """Run a bot in a VirtualEnv within one test function; fixtures start and shut down an Env by themselves."""
    env = VirtualEnv(bot, **options)
    if name is not None:
        env.backend.bot_user.name = name
    await env.start()
    try:
        with env.time_context():
            yield env
    finally:
        await env.shutdown()
    if env.check_errors:
        env._raise_errors_since(env._errors_acknowledged)


async def crash(env: simcord.Env, new_bot: discord.Client) -> None:
    """Kill the bot in the middle of what it does and start a fresh one; `restart_bot` would let it finish."""
    env._begin_operation("crash")
    try:
        await env._detach_bot()
        await _runtime._attach_bot(env, new_bot)
    except BaseException:
        env._started = False
        if env._loop is not None:
            _runtime._LIVE_LOOPS.pop(env._loop, None)
        raise
    finally:
        env._end_operation()


@contextmanager
def lose_answers(
    env: simcord.Env,
    method: str,
    path: str,
    *,
    times: int | None = 1,
    delivered: bool = True,
    error: Callable[[], BaseException] = aiohttp.ServerDisconnectedError,
) -> Iterator[list[str]]:
    """Break the connection of matching requests after Discord has acted on them, or before (`delivered=False`).

    `path` is a pattern as for `inject_error`, `times=None` breaks all. Yields the paths of the broken ones.
    It holds for bots that are started meanwhile, too.
    """
    broken: list[str] = []

    def breaking(original: Callable[..., Any]) -> Callable[..., Any]:
        async def request(self: Any, route: Any, *args: Any, **kwargs: Any) -> Any:
            given = transport._path_of(route.url)
            hit = self.backend is env.backend and method in (route.method, "*") and fnmatch(given, path)
            if not hit or (times is not None and len(broken) >= times):
                return await original(self, route, *args, **kwargs)
            broken.append(given)
            if delivered:
                await original(self, route, *args, **kwargs)
            raise error()

        return request

    with ExitStack() as stack:
        for kind in (transport.FakeHTTPClient, transport.FakeWebhookAdapter):
            stack.enter_context(mock.patch.object(kind, "request", breaking(kind.request)))
        yield broken


@contextmanager
def dedupe_nonces(env: simcord.Env, window: timedelta = NONCE_WINDOW) -> Iterator[list[str]]:
    """Do as Discord does with `enforce_nonce`: a repeated nonce gets the first message back, and sends nothing.

    Where that message has been deleted the answer is 10008. Yields the nonces that came again.
    """
    answers: dict[tuple[str, str], tuple[datetime, Any]] = {}
    repeated: list[str] = []
    original = router.dispatch

    def dispatch(backend: Any, method: str, path: str, *, json: Any = None, **rest: Any) -> Any:
        key = _nonce_of(method, path, json) if backend is env.backend else None
        if key is None:
            return original(backend, method, path, json=json, **rest)
        known = answers.get(key)
        if known is None or backend.clock.now() - known[0] > window:
            answer = original(backend, method, path, json=json, **rest)
            answers[key] = backend.clock.now(), copy.deepcopy(answer)
            return answer
        answer = known[1]
        backend.http_requests.append(HttpLogEntry(method, path, {}, copy.deepcopy(json), rest.get("reason")))
        router._check_faults(backend, method, path)
        repeated.append(key[1])
        backend.get_message(int(answer["channel_id"]), int(answer["id"]))
        return copy.deepcopy(answer)

    with mock.patch.object(router, "dispatch", dispatch):
        yield repeated


def _nonce_of(method: str, path: str, json: Any) -> tuple[str, str] | None:
    if method != "POST" or not fnmatch(path, "/channels/*/messages") or not isinstance(json, dict):
        return None
    if not json.get("enforce_nonce") or json.get("nonce") is None:
        return None
    return path, str(json["nonce"])


def set_locale(env: simcord.Env, user: Any, locale: str) -> None:
    """Let a member's or user's Discord speak another language from now on; simcord's own is always en-US."""
    if env not in LOCALES:
        own = LOCALES[env] = {}
        env.backend.subscribers.insert(0, lambda event, payload: _translate(event, payload, own))
    LOCALES[env][user.id] = locale


def _translate(event: str, payload: Mapping[str, Any], locales: dict[int, str]) -> None:
    if event == "INTERACTION_CREATE" and isinstance(payload, dict):
        person = (payload.get("member") or payload)["user"]
        payload["locale"] = locales.get(int(person["id"]), payload["locale"])


class ClosedDms:
    """Somebody who takes no direct messages, until `open()` or the end of the `with` block."""

    def __init__(self, env: simcord.Env, path: str) -> None:
        self._env = env
        self._path = path
        env.inject_error(
            "POST",
            path,
            status=403,
            code=CANNOT_MESSAGE_USER,
            message="Cannot send messages to this user",
            times=None,
        )

    def open(self) -> None:
        faults = self._env.backend.faults
        faults[:] = [fault for fault in faults if fault["path"] != self._path]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open()


def closed_dms(user: Any) -> ClosedDms:
    """Close the direct messages of a member or user at once: what the bot sends there fails with 50007."""
    channel = user._env.backend.get_dm_channel(user.id)
    return ClosedDms(user._env, f"/channels/{channel.id}/messages")
