"""The alarm clock: the only file that knows APScheduler. It keeps no job on disk; rows say what is due."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

log = logging.getLogger(__name__)

# How often a running process looks at the system's clock, and how far it may have moved by itself meanwhile (seconds).
LOOK_SECONDS = 5.0
DRIFT_SECONDS = 2.0
Work = Callable[[], Awaitable[None]]


class Scheduler:
    """Named alarms; setting one again replaces it, and one that comes late still rings."""

    def __init__(self) -> None:
        # Without a grace time of None, APScheduler drops what is more than a second late.
        self._inner = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._watching: asyncio.TimerHandle | None = None
        self._pauses: dict[str, tuple[timedelta, Work]] = {}
        self._now: Callable[[], datetime] | None = None
        self._ahead = 0.0

    def start(self) -> None:
        """Begin on the running loop; alarms that were set before count from now on."""
        self._inner.start()

    def watch(self, now: Callable[[], datetime]) -> None:
        """Set every alarm anew whenever the system's clock is set, or the machine has slept.

        A timer that waits knows nothing of that: after an hour forward, alarms would ring an hour late.
        """
        loop = asyncio.get_running_loop()
        self._now = now
        self._ahead = now().timestamp() - loop.time()

        def look() -> None:
            self._look()
            self._watching = loop.call_later(LOOK_SECONDS, look)

        look()

    def _look(self) -> None:
        """Compare the system's clock with the loop's, which nobody can set.

        Also as an alarm is set or rings: one that is set while the clock is wrong for a moment would otherwise keep
        its wrong time, for the two jumps together look like none.
        """
        if self._now is None:
            return
        at = self._now()
        moved = at.timestamp() - asyncio.get_running_loop().time() - self._ahead
        self._ahead += moved
        if abs(moved) > DRIFT_SECONDS:
            log.warning("the system's clock was set by %.0f s", moved)
            self._set_anew(at)

    def _set_anew(self, at: datetime) -> None:
        for name, (pause, work) in self._pauses.items():
            self.every(name, pause, work)
            self._inner.modify_job(name, next_run_time=at)
        self._inner.wakeup()

    def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        if self._inner.running:
            self._inner.shutdown(wait=False)

    def at(self, name: str, instant: datetime, work: Work) -> None:
        """Ring once at an instant, at once for one that is over."""
        self._set(name, work, DateTrigger(run_date=instant))

    def every(self, name: str, pause: timedelta, work: Work) -> None:
        """Ring again and again, first after one pause."""
        self._pauses[name] = pause, work
        self._set(name, work, IntervalTrigger(seconds=pause.total_seconds(), timezone=UTC))

    def daily(self, name: str, hour: int, minute: int, zone: ZoneInfo, work: Work) -> None:
        """Ring each day at a time on the wall."""
        self._set(name, work, CronTrigger(hour=hour, minute=minute, timezone=zone))

    def cancel(self, name: str) -> None:
        """Forget an alarm, if there is one of this name."""
        self._pauses.pop(name, None)
        if self._inner.get_job(name) is not None:
            self._inner.remove_job(name)

    def _set(self, name: str, work: Work, trigger: object) -> None:
        async def ring() -> None:
            self._look()
            await work()

        self._inner.add_job(ring, trigger, id=name, name=name, replace_existing=True)
        self._look()
