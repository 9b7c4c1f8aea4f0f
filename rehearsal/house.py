"""Runs the rehearsal: one operation on the offline Discord at a time, the clock moving, the page current."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import simcord

from rehearsal.env import RehearsalEnv
from rehearsal.screen import Answer, Screen, Seat
from rehearsal.timekeeper import Timekeeper
from rehearsal.world import Place, World

log = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
T = TypeVar("T")


class House:
    """A world, its time and the screen that shows it. `session` counts the screens: a closed one is replaced."""

    def __init__(self, env: RehearsalEnv, world: World, time: Timekeeper) -> None:
        self.env = env
        self.world = world
        self.time = time
        self.seat = Seat.first(world)
        self.session = 0
        self._lock = asyncio.Lock()
        self._framed_by = ""
        self._port = 0

    async def open(self, port: int, framed_by: str) -> None:
        """Show the world at a port (0: any free one), in frames of one other page; raises `PortTaken`."""
        screen = Screen(self.env, self.seat, framed_by, port, self._act)
        await screen.open()
        self.screen = screen
        self._framed_by = framed_by
        self._port = int(self.chat.rsplit(":", 1)[1])
        self.session += 1

    async def close(self) -> None:
        await self.screen.close()

    @property
    def chat(self) -> str:
        """The address of the page without its token."""
        return self.screen.url.partition("/#")[0]

    async def beat_forever(self) -> None:
        """Keep time and page moving until cancelled."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.beat()
            except Exception:
                log.exception("a beat of the rehearsal failed")

    async def beat(self) -> None:
        """Catch up with the wall clock, draw what is new, and open again what a visitor has closed."""
        async with self._lock:
            if self.screen.is_closed:
                await self.screen.wait_closed()
                await self.open(self._port, self._framed_by)
            await self.time.catch_up()
            self.screen.redraw_if_stale()

    async def _act(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        async with self._lock:
            await self.time.catch_up()
            return await work()

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run one operation on the environment and draw what it changed."""
        async with self._lock:
            await self.time.catch_up()
            try:
                return await work()
            finally:
                self.screen.redraw()

    async def show(self, place: Place, actor: simcord.MemberActor) -> None:
        """Turn to a place, as a member; a direct message is always its owner's."""
        actor = place.owner or actor
        async with self._lock:
            await self.time.catch_up()
            if (place, actor) != (self.seat.place, self.seat.acting):
                self.seat.place, self.seat.acting = place, actor
                self.screen.take_seat()
