"""The alarm clock: the only file that knows APScheduler. It keeps no job on disk; rows say what is due."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

Work = Callable[[], Awaitable[None]]


class Scheduler:
    """Named alarms; setting one again replaces it, and one that comes late still rings."""

    def __init__(self) -> None:
        # Without a grace time of None, APScheduler drops what is more than a second late.
        self._inner = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def start(self) -> None:
        """Begin on the running loop; alarms that were set before count from now on."""
        self._inner.start()

    def stop(self) -> None:
        if self._inner.running:
            self._inner.shutdown(wait=False)

    def at(self, name: str, instant: datetime, work: Work) -> None:
        """Ring once at an instant, at once for one that is over."""
        self._set(name, work, DateTrigger(run_date=instant))

    def every(self, name: str, pause: timedelta, work: Work) -> None:
        """Ring again and again, first after one pause."""
        self._set(name, work, IntervalTrigger(seconds=pause.total_seconds(), timezone=UTC))

    def daily(self, name: str, hour: int, minute: int, zone: ZoneInfo, work: Work) -> None:
        """Ring each day at a time on the wall."""
        self._set(name, work, CronTrigger(hour=hour, minute=minute, timezone=zone))

    def cancel(self, name: str) -> None:
        """Forget an alarm, if there is one of this name."""
        if self._inner.get_job(name) is not None:
            self._inner.remove_job(name)

    def _set(self, name: str, work: Work, trigger: object) -> None:
        self._inner.add_job(work, trigger, id=name, name=name, replace_existing=True)
