"""Lets APScheduler, which asks the system what time it is, follow the offline Discord's clock."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, tzinfo
from unittest import mock

import discord

APSCHEDULER_MODULES = ("schedulers.base", "executors.base", "triggers.interval", "triggers.date", "triggers.cron")


class _AnyDatetime(type):
    """Lets `isinstance(x, datetime)` in APScheduler stay true for plain datetimes."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class UtcNow(datetime, metaclass=_AnyDatetime):
    """A `datetime` whose now is simcord's inside simcord, and the real one outside."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        instant = discord.utils.utcnow()
        return instant.astimezone(tz) if tz else instant.astimezone().replace(tzinfo=None)


@contextmanager
def apscheduler_follows() -> Iterator[None]:
    """Let APScheduler read the time from simcord, so that its jobs fire when that clock is moved."""
    with ExitStack() as stack:
        for module in APSCHEDULER_MODULES:
            stack.enter_context(mock.patch(f"apscheduler.{module}.datetime", UtcNow))
        yield
