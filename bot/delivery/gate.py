"""Pacing: no more requests in any second than Discord allows, so that it never has to refuse one."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp

STARTS = 50
# A little more than Discord's second, for what the measuring itself takes.
WINDOW = 1.005
LONGEST_ANSWER = 10.0
FREE_PATHS = ("/interactions/", "/webhooks/")
# How long Discord may leave one request without an answer; aiohttp's own limit is five minutes.
SILENT_SECONDS = 30.0
_patience: ContextVar[tuple[asyncio.Timeout, asyncio.Task[Any] | None] | None] = ContextVar("patience", default=None)


@asynccontextmanager
async def patience() -> AsyncIterator[None]:
    """Wait for the answer to each request made in here only so long; raises TimeoutError.

    Waiting for a place, for a channel's bucket or between two tries takes as long as it takes. It holds for sessions
    that a gate watches.
    """
    async with asyncio.timeout(None) as limit:
        token = _patience.set((limit, asyncio.current_task()))
        try:
            yield
        finally:
            _patience.reset(token)


def _expect_answer(within: float | None) -> None:
    """Begin to wait for an answer, or with None end it, for the task that has `patience`, not for what it began."""
    limit, task = _patience.get() or (None, None)
    if limit is not None and task is asyncio.current_task() and not limit.expired():
        limit.reschedule(None if within is None else asyncio.get_running_loop().time() + within)


class Gate:
    """So many places, each free again a second after its request has reached Discord; first come, first served.

    When a request arrived is not known, only when it left and when its answer came. What it took longer than the
    quickest ever may have been spent on the way there, so its place stays taken for that much longer. Then no
    delay, neither on the way nor in this process, can bring two requests closer together than they may be.
    """

    def __init__(self, starts: int = STARTS, window: float = WINDOW) -> None:
        self._free = starts
        self._window = window
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._quickest = LONGEST_ANSWER

    async def enter(self) -> "Place":
        """Wait for a place and take it."""
        if not self._free or self._waiting:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():  # the turn came in the same moment
                    self.let_in()
                raise
        else:
            self._free -= 1
        return Place(self)

    def leave_at(self, started: float, answered: float) -> float:
        """Return when a place is free again, for a request that left and was answered at these instants."""
        self._quickest = min(self._quickest, answered - started)
        return answered - self._quickest + self._window

    def let_in(self) -> None:
        """Give a place that became free to whoever has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def trace(self) -> aiohttp.TraceConfig:
        """Return what makes an HTTP session wait here before each request, retries included.

        The session asks after the channel's own bucket is free, so a throttled channel takes nobody's place.
        Answers to people pass at once: Discord does not count them.
        """
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._before)
        config.on_request_end.append(self._after)
        config.on_request_exception.append(self._after)
        return config

    async def _before(
        self, _session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        if not any(path in params.url.path for path in FREE_PATHS):
            context.place = await self.enter()
        _expect_answer(SILENT_SECONDS)

    async def _after(self, _session: aiohttp.ClientSession, context: SimpleNamespace, _params: Any) -> None:
        _expect_answer(None)
        place: Place | None = getattr(context, "place", None)
        if place is not None:
            place.answered()


class Place:
    """One request's place; without an answer it is given up after a while."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(LONGEST_ANSWER, self._give_up)

    def answered(self) -> None:
        """Free the place as soon as another request may leave."""
        if self._timer is not None:
            self._timer.cancel()
            at = self._gate.leave_at(self._started, self._loop.time())
            self._timer = self._loop.call_at(at, self._give_up)

    def _give_up(self) -> None:
        self._timer = None
        self._gate.let_in()
