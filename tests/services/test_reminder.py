"""Reminders that people plan: rules for one server, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.errors import NotFound
from bot.fuzzy import Ambiguous
from bot.models.audit import Audit
from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.services import Services, reminder_times
from bot.services.reminder import DoneBefore, NoText, NotYourReminder, OverAlready, TextTooLong
from bot.services.reminder_new import TooMany
from bot.services.reminder_times import DueInPast, DueTooFar, NeverComes, NoTime, Times, TooOften
from tests.conftest import FixedClock
from tests.support.cast import STUDIO, Cast

BERLIN = ZoneInfo("Europe/Berlin")
WEEKLY = "FREQ=WEEKLY"


def soon(clock: FixedClock, **ahead: float) -> Times:
    return Times(clock.now() + timedelta(**(ahead or {"hours": 1})))


async def sent(services: Services, clock: FixedClock, reminder: Reminder) -> None:
    """Let a reminder be delivered as the engine does."""
    from bot.services.reminder_due import Ending, Outcome  # noqa: PLC0415

    clock.at = max(clock.at, reminder.due_at)
    claimed = await services.due.claim("me", clock.now())
    await services.due.mark("me", [Outcome(due, Ending.SENT, clock.now(), 5, 6) for due in claimed])


async def row(db: Database, key: int) -> Reminder:
    async with db.read() as session:
        found = await session.get(Reminder, key)
    assert found is not None
    return found


async def test_a_personal_reminder_is_numbered_and_leaves_a_trail(
    services: Services, cast: Cast, clock: FixedClock, db: Database
) -> None:
    first = await services.reminder.me(cast.act(cast.member), "  send\nstems  ", soon(clock))
    second = await services.reminder.me(cast.act(cast.other), "call Ann", soon(clock))
    assert (first.number, second.number) == (1, 2)
    assert (first.what, first.kind, first.user_id) == ("send\nstems", ReminderKind.PERSONAL, cast.member.user_id)
    async with db.read() as session:
        trail = (await session.scalars(select(Audit).where(Audit.kind == "reminder"))).all()
    assert [(entry.verb, entry.actor_id) for entry in trail] == [
        ("remind.me", cast.member.user_id),
        ("remind.me", cast.other.user_id),
    ]


async def test_planning_wakes_the_scheduler(services: Services, cast: Cast, clock: FixedClock, db: Database) -> None:
    seen: list[object] = []
    db.after_write.append(lambda info: seen.append(info.get("wake_at")))
    planned = await services.reminder.me(cast.act(cast.member), "x", soon(clock))
    assert seen == [planned.due_at]


@pytest.mark.parametrize("what", ["", "   ", "\u200d\u200d", "\n\n", "\u3164"])
async def test_a_reminder_of_nothing_is_refused(services: Services, cast: Cast, clock: FixedClock, what: str) -> None:
    with pytest.raises(NoText):
        await services.reminder.me(cast.act(cast.member), what, soon(clock))


async def test_a_thousand_characters_fit_and_one_more_does_not(
    services: Services, cast: Cast, clock: FixedClock
) -> None:
    assert (await services.reminder.me(cast.act(cast.member), "a" * 1000, soon(clock))).number == 1
    with pytest.raises(TextTooLong, match="at most 1000 characters, and this one has 1001"):
        await services.reminder.me(cast.act(cast.member), "a" * 1001, soon(clock))


async def test_past_and_far_times_are_refused(services: Services, cast: Cast, clock: FixedClock) -> None:
    for times, error in ((Times(clock.now()), DueInPast), (soon(clock, days=3660), DueTooFar)):
        with pytest.raises(error):
            await services.reminder.me(cast.act(cast.member), "x", times)


async def test_the_five_hundredth_is_the_last(services: Services, cast: Cast, clock: FixedClock, db: Database) -> None:
    async with db.write() as session:
        session.add_all(
            Reminder(
                guild_id=cast.member.guild_id, number=1000 + index, kind=ReminderKind.PERSONAL, what="x",
                user_id=cast.member.user_id, due_at=clock.now() + timedelta(days=1), zone="UTC",
                created_by=cast.member.user_id, created_at=clock.now(),
            )
            for index in range(499)
        )  # fmt: skip
    last = await services.reminder.me(cast.act(cast.member), "the last", soon(clock))
    with pytest.raises(TooMany, match="500"):
        await services.reminder.me(cast.act(cast.member), "one more", soon(clock))
    assert (await services.reminder.me(cast.act(cast.other), "someone else's", soon(clock))).number
    await services.reminder.cancel(cast.act(cast.member), f"#{last.number}")
    assert (await services.reminder.me(cast.act(cast.member), "fits again", soon(clock))).number


class TestTimes:
    def test_neither_time_nor_repeat(self, clock: FixedClock) -> None:
        with pytest.raises(NoTime):
            reminder_times.times(clock.now(), BERLIN, None, None, None)

    def test_a_repeat_begins_at_the_time_that_was_typed(self, clock: FixedClock) -> None:
        friday = datetime(2027, 3, 5, 18, tzinfo=UTC)
        times = reminder_times.times(clock.now(), BERLIN, friday, WEEKLY, datetime(2027, 3, 1, 19, tzinfo=UTC))
        assert times == Times(friday, WEEKLY, friday)

    def test_a_repeat_that_is_over(self, clock: FixedClock) -> None:
        with pytest.raises(NeverComes):
            reminder_times.times(clock.now(), BERLIN, None, "FREQ=DAILY;COUNT=1", clock.now() - timedelta(days=2))

    def test_a_bare_interval_needs_a_beginning_unless_it_elapses(self, clock: FixedClock) -> None:
        with pytest.raises(NoTime):
            reminder_times.times(clock.now(), BERLIN, None, "FREQ=WEEKLY", None)
        elapsing = reminder_times.times(clock.now(), BERLIN, None, "FREQ=HOURLY;INTERVAL=2", None)
        assert elapsing.due_at == clock.now() + timedelta(hours=2)

    def test_monthly_on_the_last_days_comes_every_month(self, clock: FixedClock) -> None:
        first = datetime(2027, 3, 31, 18, 0, tzinfo=BERLIN)
        times = reminder_times.times(clock.now(), BERLIN, first, "FREQ=MONTHLY", None)
        assert times.due_at == first
        days = reminder_times.following(str(times.rrule), first, BERLIN, first.astimezone(UTC), count=11)
        assert [at.astimezone(BERLIN).day for at in days] == [30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29]
        assert {f"{at.astimezone(BERLIN):%H:%M}" for at in days} == {"18:00"}

    def test_elapsing_repeats_are_computed_not_walked(self) -> None:
        first = datetime(2020, 1, 1, tzinfo=UTC)
        after = datetime(2027, 3, 1, 0, 5, tzinfo=UTC)
        comes = reminder_times.next_after("FREQ=MINUTELY;INTERVAL=10", first, BERLIN, after)
        assert comes == datetime(2027, 3, 1, 0, 10, tzinfo=UTC)
        assert reminder_times.next_after("FREQ=HOURLY", first, BERLIN, comes) == datetime(2027, 3, 1, 1, tzinfo=UTC)
        assert reminder_times.next_after("FREQ=HOURLY", after, BERLIN, first) == after

    def test_elapsing_repeats_elapse_also_when_they_end(self) -> None:
        first = datetime(2027, 3, 27, 23, 0, 0, 5, tzinfo=UTC)  # at 01:00 UTC the clocks in Berlin go forward
        hours = [first + timedelta(hours=2 * index) for index in range(4)]
        until = f"FREQ=HOURLY;INTERVAL=2;UNTIL={hours[-1]:%Y%m%dT%H%M%SZ}"
        for rule in (until, "FREQ=HOURLY;COUNT=4;INTERVAL=2"):
            assert reminder_times.following(rule, first, BERLIN, first, count=9) == hours[1:]
            assert reminder_times.next_after(rule, first, BERLIN, hours[-1]) is None
        assert reminder_times.times(first, BERLIN, None, "FREQ=HOURLY;INTERVAL=2;COUNT=1", None).due_at == hours[1]

    @pytest.mark.parametrize(("rrule", "is_fine"), [
        ("FREQ=MINUTELY;INTERVAL=9", False), ("FREQ=MINUTELY;INTERVAL=10", True), ("FREQ=SECONDLY", False),
        ("FREQ=HOURLY;BYMINUTE=0,5", False), ("FREQ=HOURLY;BYMINUTE=0,30", True), ("FREQ=DAILY", True),
        ("FREQ=MINUTELY;INTERVAL=1;COUNT=1", True),
    ])  # fmt: skip
    def test_every_ten_minutes_at_the_most(self, clock: FixedClock, rrule: str, *, is_fine: bool) -> None:
        times = Times(clock.now() + timedelta(minutes=1), rrule, clock.now() + timedelta(minutes=1))
        if is_fine:
            times.check(clock.now(), BERLIN)
        else:
            with pytest.raises(TooOften):
                times.check(clock.now(), BERLIN)

    @pytest.mark.parametrize(("zone", "change", "local"), [
        ("America/New_York", datetime(2027, 3, 14, tzinfo=UTC), "19:00"),
        ("America/New_York", datetime(2027, 11, 7, tzinfo=UTC), "19:00"),
        ("Europe/London", datetime(2027, 3, 28, tzinfo=UTC), "19:00"),
        ("Europe/London", datetime(2027, 10, 31, tzinfo=UTC), "19:00"),
        ("Australia/Sydney", datetime(2027, 4, 4, tzinfo=UTC), "19:00"),
        ("Australia/Sydney", datetime(2027, 10, 3, tzinfo=UTC), "19:00"),
        ("Australia/Lord_Howe", datetime(2027, 4, 4, tzinfo=UTC), "19:00"),
        ("Australia/Lord_Howe", datetime(2027, 10, 3, tzinfo=UTC), "19:00"),
    ])  # fmt: skip
    def test_seven_in_the_evening_stays_so_over_clock_changes(self, zone: str, change: datetime, local: str) -> None:
        here = ZoneInfo(zone)
        first = (change - timedelta(days=15)).astimezone(here).replace(hour=19, minute=0).astimezone(UTC)
        comes, offsets = first, set()
        for _ in range(5):
            following = reminder_times.next_after(WEEKLY, first, here, comes)
            assert following is not None
            comes = following
            assert f"{comes.astimezone(here):%H:%M}" == local
            offsets.add(comes.astimezone(here).utcoffset())
        assert len(offsets) == 2, "the five weeks lie on both sides of a clock change"

    @pytest.mark.parametrize(("zone", "day", "skipped", "valid"), [
        ("America/New_York", (2027, 3, 14), (2, 30), datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
        ("Europe/London", (2027, 3, 28), (1, 30), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("Australia/Lord_Howe", (2027, 10, 3), (2, 15), datetime(2027, 10, 2, 15, 30, tzinfo=UTC)),
    ])  # fmt: skip
    def test_a_time_that_is_skipped_comes_at_the_first_instant_after(
        self, zone: str, day: tuple[int, int, int], skipped: tuple[int, int], valid: datetime
    ) -> None:
        here = ZoneInfo(zone)
        first = datetime(*day, *skipped, tzinfo=here) - timedelta(days=1)
        assert reminder_times.next_after("FREQ=DAILY", first, here, first.astimezone(UTC)) == valid

    def test_a_time_that_comes_twice_comes_once(self) -> None:
        here = ZoneInfo("America/New_York")
        first = datetime(2027, 11, 6, 1, 30, tzinfo=here).astimezone(UTC)
        second = reminder_times.next_after("FREQ=DAILY", first, here, first)
        assert second == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
        third = reminder_times.next_after("FREQ=DAILY", first, here, second)
        assert third == datetime(2027, 11, 8, 6, 30, tzinfo=UTC)

    def test_snooze_presets(self) -> None:
        now = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
        assert reminder_times.later("10m", now, BERLIN) == now + timedelta(minutes=10)
        assert reminder_times.later("1h", now, BERLIN) == now + timedelta(hours=1)
        assert reminder_times.later("tonight", now, BERLIN) == datetime(2027, 3, 1, 19, tzinfo=UTC)
        assert reminder_times.later("morning", now, BERLIN) == datetime(2027, 3, 2, 8, tzinfo=UTC)
        with pytest.raises(DueInPast):
            reminder_times.later("tonight", datetime(2027, 3, 1, 19, 0, tzinfo=UTC), BERLIN)

    def test_tomorrow_morning_over_the_clock_change(self) -> None:
        eve = datetime(2027, 3, 27, 20, 0, tzinfo=UTC)
        assert reminder_times.later("morning", eve, BERLIN) == datetime(2027, 3, 28, 7, tzinfo=UTC)


class TestWhoseItIs:
    async def test_a_list_holds_mine_and_this_channels(self, services: Services, cast: Cast, clock: FixedClock) -> None:
        await services.reminder.me(cast.act(cast.member), "mine", soon(clock, hours=3))
        await services.reminder.me(cast.act(cast.other), "not mine", soon(clock))
        await services.reminder.channel(cast.act(cast.other), "here", soon(clock, hours=2), channel_id=STUDIO)
        await services.reminder.channel(cast.act(cast.other), "elsewhere", soon(clock), channel_id=7)
        await services.reminder.channel(cast.act(cast.member), "my own elsewhere", soon(clock, hours=4), channel_id=7)
        page = await services.reminder.listed(cast.member)
        assert ([row.what for row in page.rows], page.total) == (["here", "mine", "my own elsewhere"], 3)
        early = await services.reminder.listed(cast.member, end=clock.now() + timedelta(hours=3), limit=1)
        assert ([row.what for row in early.rows], early.total) == (["here"], 1)
        assert (await services.reminder.listed(cast.foreigner)).total == 0

    async def test_only_its_maker_or_a_producer_cancels(
        self, services: Services, cast: Cast, clock: FixedClock
    ) -> None:
        await services.reminder.channel(cast.act(cast.member), "here", soon(clock), channel_id=STUDIO)
        await services.reminder.me(cast.act(cast.member), "private", soon(clock))
        with pytest.raises(NotYourReminder):
            await services.reminder.cancel(cast.act(cast.other), "#1")
        with pytest.raises(NotFound):
            await services.reminder.cancel(cast.act(cast.other), "#2")
        with pytest.raises(NotFound):
            await services.reminder.cancel(cast.act(cast.producer), "#2")
        with pytest.raises(NotFound):
            await services.reminder.cancel(cast.act(cast.foreigner), "#1")
        assert (await services.reminder.cancel(cast.act(cast.producer), "#1")).state is ReminderState.CANCELLED
        assert (await services.reminder.cancel(cast.act(cast.member), "private")).number == 2
        with pytest.raises(OverAlready, match="cancelled already"):
            await services.reminder.cancel(cast.act(cast.member), "#2")

    async def test_names_find_and_several_are_asked_about(
        self, services: Services, cast: Cast, clock: FixedClock
    ) -> None:
        for words in ("send stems to Ann", "send stems to Ben", "call the studio"):
            await services.reminder.me(cast.act(cast.member), words, soon(clock))
        with pytest.raises(Ambiguous) as several:
            await services.reminder.cancel(cast.act(cast.member), "send stems")
        assert [choice.value for choice in several.value.choices] == ["#1", "#2"]
        assert (await services.reminder.cancel(cast.act(cast.member), "call the")).number == 3
        found = await services.reminder.suggest(cast.member, "stems")
        assert [choice.value for choice in found] == ["#1", "#2"]
        assert await services.reminder.suggest(cast.other, "") == []

    async def test_undo_brings_a_cancelled_one_back(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        planned = await services.reminder.me(cast.act(cast.member), "x", soon(clock))
        cancelling = cast.act(cast.member)
        await services.reminder.cancel(cancelling, "#1")
        await services.undo.undo(cast.act(cast.member), cancelling.change_id)
        assert (await row(db, planned.id)).state is ReminderState.PLANNED

    async def test_undo_takes_a_planned_one_back(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        planning = cast.act(cast.member)
        planned = await services.reminder.me(planning, "x", soon(clock))
        await services.undo.undo(cast.act(cast.member), planning.change_id)
        assert (await row(db, planned.id)).state is ReminderState.CANCELLED


class TestAfterDelivery:
    async def test_done_counts_once(self, services: Services, cast: Cast, clock: FixedClock, db: Database) -> None:
        planned = await services.reminder.me(cast.act(cast.member), "x", soon(clock))
        await sent(services, clock, planned)
        presses = [services.reminder.done(cast.act(cast.member), planned.id, 0) for _ in range(2)]
        results = await asyncio.gather(*presses, return_exceptions=True)
        assert {type(result) for result in results} == {Reminder, DoneBefore}
        kept = await row(db, planned.id)
        assert (kept.done_by, kept.state) == (cast.member.user_id, ReminderState.SENT)

    async def test_done_can_be_taken_back(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        planned = await services.reminder.me(cast.act(cast.member), "x", soon(clock))
        await sent(services, clock, planned)
        doing = cast.act(cast.member)
        await services.reminder.done(doing, planned.id, 0)
        await services.undo.undo(cast.act(cast.member), doing.change_id)
        kept = await row(db, planned.id)
        assert (kept.done_at, kept.done_by, kept.state) == (None, None, ReminderState.SENT)

    async def test_somebody_elses_personal_one_is_left_alone(
        self, services: Services, cast: Cast, clock: FixedClock
    ) -> None:
        planned = await services.reminder.me(cast.act(cast.member), "x", soon(clock))
        await sent(services, clock, planned)
        with pytest.raises(NotYourReminder, match=f"<@{cast.member.user_id}>"):
            await services.reminder.done(cast.act(cast.producer), planned.id, 0)
        with pytest.raises(NotYourReminder):
            await services.reminder.snooze(cast.act(cast.other), planned.id, 0, clock.now() + timedelta(hours=1))
        with pytest.raises(NotFound):
            await services.reminder.done(cast.act(cast.foreigner), planned.id, 0)

    async def test_snooze_leaves_the_series_alone(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        first = clock.now() + timedelta(hours=1)
        series = await services.reminder.me(cast.act(cast.member), "practise", Times(first, WEEKLY, first))
        await sent(services, clock, series)
        moved = await row(db, series.id)
        assert (moved.due_at, moved.occurrence, moved.state) == (first + timedelta(days=7), 1, ReminderState.PLANNED)
        until = clock.now() + timedelta(minutes=10)
        again = await services.reminder.snooze(cast.act(cast.member), series.id, 0, until)
        assert (again.due_at, again.rrule, again.what, again.number) == (until, None, "practise", 2)
        assert (await row(db, series.id)).due_at == first + timedelta(days=7)

    async def test_done_marks_one_occurrence_of_a_series(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        first = clock.now() + timedelta(hours=1)
        series = await services.reminder.me(cast.act(cast.member), "practise", Times(first, WEEKLY, first))
        await sent(services, clock, series)
        done = await services.reminder.done(cast.act(cast.member), series.id, 0)
        assert (done.origin_id, done.number, done.state) == (series.id, None, ReminderState.SENT)
        assert (await row(db, series.id)).done_at is None
        with pytest.raises(NotFound):
            await services.reminder.done(cast.act(cast.member), series.id, 5)

    async def test_done_before_the_mark_is_kept_by_the_record(
        self, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        from bot.services.reminder_due import Ending, Outcome  # noqa: PLC0415

        first = clock.now() + timedelta(hours=1)
        series = await services.reminder.me(cast.act(cast.member), "practise", Times(first, WEEKLY, first))
        clock.at = first
        claimed = await services.due.claim("me", clock.now())
        await services.reminder.done(cast.act(cast.member), series.id, 0)
        await services.due.mark("me", [Outcome(claimed[0], Ending.SENT, clock.now(), 5, 6)])
        async with db.read() as session:
            record = (await session.scalars(select(Reminder).where(Reminder.origin_id == series.id))).one()
        assert record.done_by == cast.member.user_id
        assert (await row(db, series.id)).done_by is None

    async def test_followers_are_called_the_next_time(self, services: Services, cast: Cast, clock: FixedClock) -> None:
        first = clock.now() + timedelta(hours=1)
        times = Times(first, WEEKLY, first)
        series = await services.reminder.channel(
            cast.act(cast.member), "x", times, channel_id=STUDIO, mention=Mention.ME
        )
        await sent(services, clock, series)
        assert await services.reminder.follow(cast.act(cast.other), series.id)
        assert await services.reminder.follow(cast.act(cast.producer), series.id)
        assert not await services.reminder.follow(cast.act(cast.producer), series.id)
        clock.at = first + timedelta(days=7)
        (due,) = await services.due.claim("me", clock.now())
        assert due.user_ids == (cast.member.user_id, cast.other.user_id)
        with pytest.raises(NotFound):
            await services.reminder.follow(cast.act(cast.foreigner), series.id)

    async def test_a_personal_one_has_no_followers(self, services: Services, cast: Cast, clock: FixedClock) -> None:
        planned = await services.reminder.me(cast.act(cast.member), "x", soon(clock))
        with pytest.raises(NotFound):
            await services.reminder.follow(cast.act(cast.other), planned.id)
