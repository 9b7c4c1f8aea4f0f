"""Changing reminders that wait: rules, on both databases."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.db import Database
from bot.errors import NotFound
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services import Services
from bot.services.reminder import NotYourReminder, OverAlready
from bot.services.reminder_due import Ending, Outcome
from bot.services.reminder_edit import (
    LeavesNow,
    NotACount,
    NothingToChange,
    NotPaused,
    NotRepeating,
    PassedMeanwhile,
    PausedAlready,
)
from bot.services.reminder_times import DueInPast, NeverComes, Times, TooOften, times
from tests.conftest import FixedClock
from tests.support.cast import STUDIO, Cast

BERLIN = ZoneInfo("Europe/Berlin")
WEEKLY = "FREQ=WEEKLY"
HOUR = timedelta(hours=1)


async def series(services: Services, cast: Cast, clock: FixedClock) -> Reminder:
    """A weekly reminder of the member's, first in an hour."""
    first = clock.now() + HOUR
    return await services.reminder.me(cast.act(cast.member), "practise", Times(first, WEEKLY, first))


async def kept(db: Database, row: Reminder) -> Reminder:
    async with db.read() as session:
        found = await session.get(Reminder, row.id)
    assert found is not None
    return found


async def deliver(services: Services, clock: FixedClock, ending: Ending = Ending.SENT, **late: float) -> list[str]:
    """Deliver all that is due as the engine does; return the nonces."""
    claimed = await services.due.claim("me", clock.now())
    at = clock.now() + timedelta(**late)
    await services.due.mark("me", [Outcome(due, ending, at, 5, 6, error="no") for due in claimed])
    return [due.nonce for due in claimed]


class TestEdit:
    async def test_words_and_time(self, services: Services, cast: Cast, clock: FixedClock, db: Database) -> None:
        row = await services.reminder.me(cast.act(cast.member), "x", Times(clock.now() + HOUR))
        await services.reminder_edit.edit(cast.act(cast.member), "#1", what="y", at=clock.now() + 2 * HOUR)
        after = await kept(db, row)
        assert (after.what, after.due_at) == ("y", clock.now() + 2 * HOUR)
        with pytest.raises(NothingToChange):
            await services.reminder_edit.edit(cast.act(cast.member), "#1")
        with pytest.raises(DueInPast):
            await services.reminder_edit.edit(cast.act(cast.member), "#1", at=clock.now())

    async def test_it_wakes_the_scheduler_for_an_earlier_time(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        await services.reminder.me(cast.act(cast.member), "x", Times(clock.now() + HOUR))
        seen: list[object] = []
        db.after_write.append(lambda info: seen.append(info.get("wake_at")))
        soon = clock.now() + timedelta(minutes=1)
        await services.reminder_edit.edit(cast.act(cast.member), "#1", at=soon)
        assert seen == [soon]

    async def test_a_repeat_is_given_moved_and_ended(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        row = await services.reminder.me(cast.act(cast.member), "x", Times(clock.now() + HOUR))
        await services.reminder_edit.edit(cast.act(cast.member), "#1", rrule=WEEKLY)
        after = await kept(db, row)
        assert (after.rrule, after.first_at, after.due_at) == (WEEKLY, row.due_at, row.due_at)
        later = clock.now() + timedelta(days=2)
        await services.reminder_edit.edit(cast.act(cast.member), "#1", at=later)
        after = await kept(db, row)
        assert (after.rrule, after.first_at, after.due_at) == (WEEKLY, later, later)
        with pytest.raises(TooOften):
            await services.reminder_edit.edit(cast.act(cast.member), "#1", rrule="FREQ=MINUTELY")
        with pytest.raises(NeverComes):
            await services.reminder_edit.edit(cast.act(cast.member), "#1", rrule="FREQ=DAILY;UNTIL=20200101T000000Z")
        await services.reminder_edit.edit(cast.act(cast.member), "#1", rrule="")
        after = await kept(db, row)
        assert (after.rrule, after.first_at, after.due_at) == (None, None, later)

    async def test_a_monthly_end_follows_its_new_day(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        row = await services.reminder.me(cast.act(cast.member), "x", Times(datetime(2027, 3, 31, 10, tzinfo=UTC)))
        await services.reminder_edit.edit(cast.act(cast.member), "#1", rrule="FREQ=MONTHLY")
        assert "BYMONTHDAY=28,29,30,31" in str((await kept(db, row)).rrule)
        await services.reminder_edit.edit(cast.act(cast.member), "#1", at=datetime(2027, 4, 15, 10, tzinfo=UTC))
        assert (await kept(db, row)).rrule == "FREQ=MONTHLY"

    async def test_only_ones_own_or_a_channels_for_producers(
        self, services: Services, cast: Cast, clock: FixedClock
    ) -> None:
        await services.reminder.me(cast.act(cast.member), "x", Times(clock.now() + HOUR))
        await services.reminder.channel(cast.act(cast.member), "y", Times(clock.now() + HOUR), channel_id=STUDIO)
        with pytest.raises(NotFound):
            await services.reminder_edit.edit(cast.act(cast.producer), "#1", what="z")
        with pytest.raises(NotYourReminder):
            await services.reminder_edit.edit(cast.act(cast.other), "#2", what="z")
        with pytest.raises(NotFound):
            await services.reminder_edit.pause(cast.act(cast.foreigner), "#2")
        assert (await services.reminder_edit.edit(cast.act(cast.producer), "#2", what="z")).what == "z"

    async def test_not_while_it_leaves_and_not_after(self, services: Services, cast: Cast, clock: FixedClock) -> None:
        await services.reminder.me(cast.act(cast.member), "x", Times(clock.now() + HOUR))
        clock.at += HOUR
        (due,) = await services.due.claim("me", clock.now())
        for change in (services.reminder_edit.edit(cast.act(cast.member), "#1", what="y"),
                       services.reminder_edit.pause(cast.act(cast.member), "#1")):  # fmt: skip
            with pytest.raises(LeavesNow):
                await change
        await services.due.mark("me", [Outcome(due, Ending.SENT, clock.now(), 5, 6)])
        with pytest.raises(OverAlready, match="sent already"):
            await services.reminder_edit.edit(cast.act(cast.member), "#1", what="y")


class TestPause:
    async def test_a_paused_one_stays_silent(self, services: Services, cast: Cast, clock: FixedClock) -> None:
        await series(services, cast, clock)
        await services.reminder_edit.pause(cast.act(cast.member), "#1")
        with pytest.raises(PausedAlready):
            await services.reminder_edit.pause(cast.act(cast.member), "#1")
        clock.forward(days=10)
        assert await services.due.claim("me", clock.now()) == []
        assert await services.due.next_at() is None

    async def test_a_series_comes_again_at_its_next_time_under_a_new_nonce(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        row = await series(services, cast, clock)
        await services.reminder_edit.pause(cast.act(cast.member), "#1")
        clock.forward(days=10)
        await services.reminder_edit.resume(cast.act(cast.member), "#1")
        after = await kept(db, row)
        assert (after.state, after.due_at) == (ReminderState.PLANNED, row.due_at + timedelta(days=14))
        clock.at = after.due_at
        assert await deliver(services, clock) == [f"r{row.id}-1"]

    async def test_a_single_one_in_time_and_too_late(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        row = await services.reminder.me(cast.act(cast.member), "x", Times(clock.now() + HOUR))
        with pytest.raises(NotPaused):
            await services.reminder_edit.resume(cast.act(cast.member), "#1")
        for _ in range(2):
            await services.reminder_edit.pause(cast.act(cast.member), "#1")
            await services.reminder_edit.resume(cast.act(cast.member), "#1")
        assert (await kept(db, row)).due_at == row.due_at
        await services.reminder_edit.pause(cast.act(cast.member), "#1")
        clock.forward(hours=2)
        with pytest.raises(PassedMeanwhile):
            await services.reminder_edit.resume(cast.act(cast.member), "#1")

    async def test_undo_of_a_pause(self, services: Services, cast: Cast, clock: FixedClock, db: Database) -> None:
        row = await series(services, cast, clock)
        pausing = cast.act(cast.member)
        await services.reminder_edit.pause(pausing, "#1")
        await services.undo.undo(cast.act(cast.member), pausing.change_id)
        assert (await kept(db, row)).state is ReminderState.PLANNED


class TestSeries:
    async def test_skip_leaves_one_out(self, services: Services, cast: Cast, clock: FixedClock, db: Database) -> None:
        row = await series(services, cast, clock)
        await services.reminder_edit.skip(cast.act(cast.member), "#1")
        after = await kept(db, row)
        assert (after.due_at, after.occurrence, after.first_at) == (row.due_at + timedelta(days=7), 1, row.due_at)

    async def test_skipping_the_last_one_ends_it(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        row = await series(services, cast, clock)
        await services.reminder_edit.stop_after(cast.act(cast.member), "#1", "1")
        await services.reminder_edit.skip(cast.act(cast.member), "#1")
        assert (await kept(db, row)).state is ReminderState.CANCELLED

    async def test_moving_one_leaves_the_others(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        row = await series(services, cast, clock)
        at = clock.now() + timedelta(hours=5)
        moving = cast.act(cast.member)
        _, moved = await services.reminder_edit.move_one(moving, "#1", at)
        assert (moved.due_at, moved.rrule, moved.what, moved.number) == (at, None, "practise", 2)
        assert (await kept(db, row)).due_at == row.due_at + timedelta(days=7)
        await services.undo.undo(cast.act(cast.member), moving.change_id)
        assert (await kept(db, row)).due_at == row.due_at
        assert (await kept(db, moved)).state is ReminderState.CANCELLED

    async def test_stop_after_so_many(self, services: Services, cast: Cast, clock: FixedClock, db: Database) -> None:
        row = await series(services, cast, clock)
        await services.reminder_edit.stop_after(cast.act(cast.member), "#1", "2")
        for _ in range(2):
            clock.at = (await kept(db, row)).due_at
            assert len(await deliver(services, clock)) == 1
        assert (await kept(db, row)).state is ReminderState.SENT
        assert await services.due.next_at() is None

    async def test_stop_after_so_many_hours(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        clock.at += timedelta(microseconds=7)
        row = await services.reminder.me(
            cast.act(cast.member), "drink", times(clock.now(), BERLIN, None, "FREQ=HOURLY;INTERVAL=2", None)
        )
        await services.reminder_edit.stop_after(cast.act(cast.member), "#1", "3")
        came = []
        while (await kept(db, row)).state is ReminderState.PLANNED:
            clock.at = (await kept(db, row)).due_at
            came += await deliver(services, clock)
        assert len(came) == 3
        assert (await kept(db, row)).state is ReminderState.SENT

    @pytest.mark.parametrize("count", ["0", "-1", "many", "501", "", "1.5", "²"])
    async def test_a_count_that_is_none(self, services: Services, cast: Cast, clock: FixedClock, count: str) -> None:
        await series(services, cast, clock)
        with pytest.raises(NotACount):
            await services.reminder_edit.stop_after(cast.act(cast.member), "#1", count)

    async def test_a_single_one_is_no_series(self, services: Services, cast: Cast, clock: FixedClock) -> None:
        await services.reminder.me(cast.act(cast.member), "x", Times(clock.now() + HOUR))
        later = clock.now() + 2 * HOUR
        for change in (services.reminder_edit.skip(cast.act(cast.member), "#1"),
                       services.reminder_edit.move_one(cast.act(cast.member), "#1", later),
                       services.reminder_edit.stop_after(cast.act(cast.member), "#1", "2")):  # fmt: skip
            with pytest.raises(NotRepeating):
                await change


async def test_status_tells_what_came_late_and_what_deadlines_told_whom(
    services: Services, cast: Cast, clock: FixedClock
) -> None:
    due = clock.now() + HOUR
    asked = {"due_at": due, "user_ids": [cast.other.user_id], "remind": "30m"}
    await services.deadline.add(cast.act(cast.producer), "Master", **asked)
    await services.reminder.me(cast.act(cast.producer), "secret", Times(due))
    clock.at = due + timedelta(days=8)
    await deliver(services, clock)
    for_all, theirs = [("Master", None), ("Master", None)], ("Master", cast.other.user_id)
    for actor, told in ((cast.other, [*for_all, theirs]), (cast.member, for_all)):
        status = await services.reminder_edit.status(actor)
        assert sorted([(row.what, row.user_id) for row in status.rows], key=str, reverse=True) == told
        assert (await services.reminder_edit.status(cast.act(actor, channel_id=77))).total == len(told) - 2
    clock.forward(days=8)
    assert (await services.reminder_edit.status(cast.producer)).total == 0


async def test_status_tells_what_was_sent_and_what_failed(services: Services, cast: Cast, clock: FixedClock) -> None:
    at = clock.now() + HOUR
    await services.reminder.me(cast.act(cast.member), "mine", Times(at))
    await services.reminder.me(cast.act(cast.other), "private", Times(at))
    clock.at = at
    await deliver(services, clock, seconds=2)
    await services.reminder.channel(cast.act(cast.other), "ours", Times(at + HOUR), channel_id=STUDIO)
    clock.at = at + HOUR
    await deliver(services, clock, Ending.FAILED)
    status = await services.reminder_edit.status(cast.member)
    assert [(row.what, row.state.value) for row in status.rows] == [("ours", "failed"), ("mine", "sent")]
    assert (status.total, status.failed, status.median_late) == (2, 1, 2.0)
    seen = await services.reminder_edit.status(cast.producer)
    assert [row.what for row in seen.rows] == ["ours"]
    assert all(row.kind is not ReminderKind.PERSONAL for row in seen.rows)
    assert (await services.reminder_edit.status(cast.foreigner)).total == 0
    clock.forward(days=8)
    assert (await services.reminder_edit.status(cast.member)).total == 0
