"""Lanes open gradually, and only while the loop has time for more."""

import asyncio
from datetime import UTC, datetime

from bot.delivery.lanes import LONGEST_SECONDS, MOST_STARTING, STARTING_SECONDS, Lanes
from bot.models.reminder import ReminderKind
from bot.services.reminder_words import Due
from tests.support.jumping import Jumping, in_no_time

MANY = 3 * MOST_STARTING


def due(number: int) -> Due:
    return Due(
        id=number, guild_id=1, kind=ReminderKind.CHANNEL, occurrence=0, due_at=datetime(2027, 1, 1, tzinfo=UTC),
        attempts=0, user_id=None, channel_id=number, created_by=7, subject_id=None, announcements_id=None, text="x",
    )  # fmt: skip


class Silent:
    """Deliveries whose replies do not come before they are let."""

    def __init__(self) -> None:
        self.begun = 0
        self.answer = asyncio.Event()
        self.lanes = Lanes(self._deliver)
        for number in range(1, MANY + 1):
            self.lanes.add(due(number))

    async def _deliver(self, _due: Due) -> None:
        self.begun += 1
        await self.answer.wait()

    async def close(self) -> None:
        self.answer.set()
        await asyncio.gather(*self.lanes.tasks)


async def test_more_open_after_a_while_though_no_reply_has_come() -> None:
    silent = Silent()
    await asyncio.sleep(0)
    assert silent.begun == MOST_STARTING
    for _ in range(200):
        await asyncio.sleep(STARTING_SECONDS)
        if silent.begun == MANY:
            break
    assert silent.begun == MANY
    await silent.close()


def test_none_open_while_the_loop_is_busy_but_not_for_ever() -> None:
    async def play(clock: Jumping) -> None:
        silent = Silent()
        began = clock.jumped
        while clock.jumped - began < LONGEST_SECONDS - 3 * STARTING_SECONDS:
            clock.jumped += 3 * STARTING_SECONDS  # what keeps the loop busy
            await asyncio.sleep(0)
            assert silent.begun == MOST_STARTING
        for _ in range(4):
            clock.jumped += 3 * STARTING_SECONDS
            await asyncio.sleep(0)
        assert silent.begun > MOST_STARTING
        await silent.close()

    in_no_time(play)
