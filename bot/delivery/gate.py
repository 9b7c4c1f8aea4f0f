"""Pacing: no more requests in any second than Discord allows, so that it never has to refuse one."""

import asyncio
from collections import deque
from types import SimpleNamespace

import aiohttp

STARTS = 50
# A little more than a second: what leaves evenly may still arrive closer together.
WINDOW = 1.01
FREE_PATHS = ("/interactions/", "/webhooks/")


class Gate:
    """A sliding window of starts; whoever comes first goes first."""

    def __init__(self, starts: int = STARTS, window: float = WINDOW) -> None:
        self._window = window
        self._starts: deque[float] = deque(maxlen=starts)

    async def wait(self) -> None:
        """Wait until one more may start. The place is taken at once, so nobody is overtaken."""
        now = asyncio.get_running_loop().time()
        starts = self._starts
        at = max(now, starts[0] + self._window) if len(starts) == starts.maxlen else now
        starts.append(at)
        if at > now:
            await asyncio.sleep(at - now)

    def trace(self) -> aiohttp.TraceConfig:
        """Return what makes an HTTP session wait here before each request, retries included.

        The session asks after the channel's own bucket is free, so a throttled channel takes nobody's place.
        Answers to people pass at once: Discord does not count them.
        """
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._before)
        return config

    async def _before(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        if not any(path in params.url.path for path in FREE_PATHS):
            await self.wait()
