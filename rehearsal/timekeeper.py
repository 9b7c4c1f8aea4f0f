"""The rehearsal's time: it follows the wall clock, and can be skipped ahead from one due reminder to the next."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.clock import utc_now
from rehearsal.env import RehearsalEnv

log = logging.getLogger(__name__)

NextAt = Callable[[], Awaitable[datetime | None]]
# Jumps longer than this go from due instant to due instant, not through every sweep in between.
SHORT = timedelta(minutes=2)


class Timekeeper:
    """Moves an environment's clock; whoever calls it holds the rehearsal's lock.

    `next_at` tells the first instant at which something is or was due.
    """

    def __init__(self, env: RehearsalEnv, next_at: NextAt) -> None:
        self._env = env
        self._next_at = next_at
        self.ahead = timedelta()

    @property
    def target(self) -> datetime:
        """The instant it should be."""
        return utc_now() + self.ahead

    def begin_before(self, past: timedelta) -> None:
        """Let the story begin some time ago; only before the environment starts."""
        self._env.backend.clock._epoch = utc_now() - past  # noqa: SLF001 - see env.PRIVATE_NAMES

    async def next_due(self) -> datetime | None:
        """Return the next instant at which something is due; what is being sent just now does not count."""
        due = await self._next_at()
        return due if due is None or due > self._env.now() else None

    async def catch_up(self) -> None:
        """Bring the environment to the target, whatever became due on the way happening in order."""
        await self.advance_to(self.target)

    async def skip(self, amount: timedelta) -> None:
        """Put the rehearsal further ahead of the wall clock."""
        self.ahead += max(amount, timedelta())
        await self.catch_up()

    async def skip_to(self, instant: datetime) -> None:
        """Skip to an instant; one that has passed changes nothing."""
        await self.skip(instant - self.target)

    async def advance_to(self, target: datetime) -> None:
        """Go forward to an instant; one that has passed changes nothing."""
        while target - self._env.now() > SHORT:
            due = await self._next_at() or target
            # What stays due (a door that is closed) must not hold up the time.
            step = due if due > self._env.now() else self._env.now() + SHORT
            await self._jump(min(step, target))
        await self._run((target - self._env.now()).total_seconds())

    async def _jump(self, instant: datetime) -> None:
        self._env.backend.advance_clock(max(0.0, (instant - self._env.now()).total_seconds()))
        await self._run(0.0)

    async def _run(self, seconds: float) -> None:
        try:
            await self._env.advance_time(max(0.0, seconds))
        except TimeoutError as error:
            log.warning("the bot is still busy: %s", error)
