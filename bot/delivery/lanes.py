"""Lanes: one per channel with work due, so that a throttled channel holds up nobody else."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from bot.services.reminder_words import Due

MOST_STARTING = 16
STARTING_SECONDS = 0.008
# A timer that rings so late tells that the loop is busy; then it waits again, but not for longer than this in all.
BUSY_SECONDS = 0.004
LONGEST_SECONDS = 0.1
Lane = tuple[str, int]


def lane_of(due: Due) -> Lane:
    """Return the lane a reminder goes down: its channel's, or its person's direct messages."""
    if due.user_id is not None or due.channel_id is None:
        return "user", due.user_id or due.created_by
    return "channel", due.channel_id


class Lanes:
    """Sends each lane's reminders one after the other, and all lanes side by side.

    Lanes open gradually: opening hundreds at once would block everything else that the bot does. A lane
    counts as opening until its first reply, or for a few milliseconds in which the loop was not busy: while it is,
    more that leave side by side would only make everything else wait longer.
    """

    def __init__(self, deliver: Callable[[Due], Awaitable[None]]) -> None:
        self._deliver = deliver
        self._lanes: dict[Lane, deque[Due]] = {}
        self._closed: deque[Lane] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = 0

    @property
    def is_idle(self) -> bool:
        return not self._lanes

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        """The lanes that are sending."""
        return frozenset(self._tasks)

    def add(self, due: Due) -> None:
        """Line a reminder up behind the others of its channel."""
        lane = lane_of(due)
        if lane in self._lanes:
            self._lanes[lane].append(due)
        else:
            self._lanes[lane] = deque([due])
            self._closed.append(lane)
            self._open()

    def clear(self) -> None:
        """Forget what has not begun to leave."""
        self._closed.clear()
        for waiting in self._lanes.values():
            waiting.clear()

    def _open(self) -> None:
        while self._closed and self._starting < MOST_STARTING:
            lane = self._closed.popleft()
            self._starting += 1
            task = asyncio.create_task(self._run(lane), name=f"lane {lane}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, lane: Lane) -> None:
        start = _Start(self._has_started)
        waiting = self._lanes[lane]
        try:
            while waiting:
                await self._deliver(waiting.popleft())
                start.over()
        finally:
            del self._lanes[lane]
            start.over()

    def _has_started(self) -> None:
        self._starting -= 1
        self._open()


class _Start:
    """The time in which a lane counts as opening."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + LONGEST_SECONDS
        self._wait()

    def over(self) -> None:
        """Call back, the first time only."""
        callback, self._callback = self._callback, None
        if callback is not None:
            self._timer.cancel()
            callback()

    def _wait(self) -> None:
        self._at = self._loop.time() + STARTING_SECONDS
        self._timer = self._loop.call_at(self._at, self._ring)

    def _ring(self) -> None:
        now = self._loop.time()
        if now < self._until and now - self._at > BUSY_SECONDS:
            self._wait()
        else:
            self.over()
