"""Keeps discord.py from looking through all its rate limits for each new channel that it writes to."""

import time
from typing import Any

import discord

PAUSE_SECONDS = 30.0


def tidy_less_often(client: discord.Client, pause: float = PAUSE_SECONDS) -> None:
    """Let a client drop idle rate limits now and then only.

    From its 256th channel on, discord.py asks every rate limit it knows whether it is idle, whenever it meets a
    channel it doesn't know: 2,000 reminders for 2,000 people took twice as long (decision 0006). The method is
    private; a release without it is left as it is.
    """
    http: Any = client.http
    tidy = getattr(http, "_try_clear_expired_ratelimits", None)
    if tidy is None:
        return
    due = time.monotonic() + pause

    def now_and_then() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + pause
            tidy()

    http._try_clear_expired_ratelimits = now_and_then  # noqa: SLF001 - decision 0006
