"""The one place that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current instant, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one allowed call


class Clock:
    """Tells the time to everything in the bot; a test or the rehearsal hands in its own source."""

    def __init__(self, source: Callable[[], datetime] = utc_now) -> None:
        self._source = source

    def now(self) -> datetime:
        return self._source()
