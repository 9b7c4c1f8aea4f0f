"""Claiming and marking: what the schedule guarantees, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text

from bot.db import Database
from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.services import Services
from bot.services.deadline_facts import DeadlineFacts
from bot.services.reminder_due import BATCH, LEASE, RETRY_AFTER, DueService, Ending, Outcome
from bot.services.reminder_times import Times
from bot.services.reminder_words import Due, Sources
from tests.conftest import FixedClock
from tests.support.cast import GUILD, STUDIO, Cast

ME = 100_000_000_000_000_004


async def add(db: Database, due_at: datetime, count: int = 1, **more: Any) -> list[Reminder]:
    """Put reminders on the schedule, as many and as they are."""
    values: dict[str, Any] = {
        "guild_id": GUILD, "kind": ReminderKind.CHANNEL, "what": "x", "channel_id": STUDIO, "due_at": due_at,
        "zone": "Europe/Berlin", "created_by": ME, "created_at": due_at, **more,
    }  # fmt: skip
    rows = [Reminder(**values) for _ in range(count)]
    async with db.write() as session:
        session.add_all(rows)
    return rows


async def rows_of(db: Database) -> list[Reminder]:
    async with db.read() as session:
        return list(await session.scalars(select(Reminder).order_by(Reminder.id)))


def sent(due: Due, at: datetime) -> Outcome:
    return Outcome(due, Ending.SENT, at, channel_id=5, message_id=6)


async def test_what_is_due_is_claimed_once_and_in_order(services: Services, db: Database, clock: FixedClock) -> None:
    now = clock.now()
    late = await add(db, now - timedelta(hours=1))
    just = await add(db, now)
    await add(db, now + timedelta(seconds=2))
    claimed = await services.due.claim("a", now + timedelta(seconds=1))
    assert [due.id for due in claimed] == [late[0].id, just[0].id]
    assert await services.due.claim("b", now + timedelta(seconds=1)) == []
    kept = await rows_of(db)
    assert [row.state.value for row in kept] == ["claimed", "claimed", "planned"]
    assert (kept[0].lease_by, kept[0].lease_until) == ("a", now + LEASE)


async def test_claims_side_by_side_never_overlap(services: Services, db: Database, clock: FixedClock) -> None:
    await add(db, clock.now(), count=60)
    claims = await asyncio.gather(*(services.due.claim(str(index), clock.now(), limit=20) for index in range(4)))
    ids = [due.id for claim in claims for due in claim]
    assert len(ids) == len(set(ids)) == 60


async def test_next_at_is_the_earliest_due_or_lapse(services: Services, db: Database, clock: FixedClock) -> None:
    assert await services.due.next_at() is None
    await add(db, clock.now() + timedelta(hours=2))
    assert await services.due.next_at() == clock.now() + timedelta(hours=2)
    await add(db, clock.now())
    await services.due.claim("a", clock.now())
    assert await services.due.next_at() == clock.now() + LEASE


async def test_a_lapsed_lease_is_claimed_again_and_doubted(services: Services, db: Database, clock: FixedClock) -> None:
    (row,) = await add(db, clock.now())
    at = clock.now()
    await services.due.claim("a", at)
    clock.forward(seconds=59)
    assert await services.due.claim("b", clock.now()) == []
    clock.forward(seconds=1)
    (again,) = await services.due.claim("b", clock.now())
    assert (again.id, again.doubted_since, again.nonce) == (row.id, at, f"r{row.id}-0")


async def test_the_only_process_takes_over_at_once(services: Services, db: Database, clock: FixedClock) -> None:
    await add(db, clock.now())
    await services.due.claim("gone", clock.now())
    (again,) = await services.due.claim("fresh", clock.now(), take_over=True)
    assert again.doubted_since == clock.now()
    assert await services.due.claim("fresh", clock.now(), take_over=True) == []


async def test_a_lease_is_held_on_to(services: Services, db: Database, clock: FixedClock) -> None:
    (row,) = await add(db, clock.now())
    await services.due.claim("a", clock.now())
    clock.forward(seconds=50)
    assert await services.due.renew("a", [row.id]) == clock.now() + LEASE
    clock.forward(seconds=30)
    assert await services.due.claim("b", clock.now()) == []


async def test_what_was_given_back_is_nobodys(services: Services, db: Database, clock: FixedClock) -> None:
    (row,) = await add(db, clock.now())
    await services.due.claim("a", clock.now())
    await services.due.release("b", [row.id])
    assert await services.due.claim("c", clock.now()) == []
    await services.due.release("a", [row.id])
    (again,) = await services.due.claim("c", clock.now())
    assert again.doubted_since is None


async def test_a_sent_one_keeps_where_and_when(services: Services, db: Database, clock: FixedClock) -> None:
    await add(db, clock.now())
    claimed = await services.due.claim("a", clock.now())
    clock.forward(seconds=3)
    await services.due.mark("a", [sent(claimed[0], clock.now())])
    (row,) = await rows_of(db)
    assert (row.state, row.sent_at, row.sent_channel_id, row.message_id) == (ReminderState.SENT, clock.now(), 5, 6)
    assert (row.lease_by, row.lease_until, row.attempts) == (None, None, 1)
    assert await services.due.next_at() is None


async def test_what_somebody_else_holds_is_not_marked(services: Services, db: Database, clock: FixedClock) -> None:
    await add(db, clock.now())
    (due,) = await services.due.claim("slow", clock.now())
    clock.forward(seconds=61)
    await services.due.claim("quick", clock.now())
    await services.due.mark("slow", [Outcome(due, Ending.FAILED, clock.now(), error="too slow")])
    (row,) = await rows_of(db)
    assert (row.state, row.lease_by) == (ReminderState.CLAIMED, "quick")


async def test_a_retry_waits_and_is_doubted_only_where_it_may_have_left(
    services: Services, db: Database, clock: FixedClock
) -> None:
    await add(db, clock.now(), count=2)
    surely, maybe = await services.due.claim("a", clock.now())
    await services.due.mark("a", [
        Outcome(surely, Ending.RETRY, clock.now(), error="no connection"),
        Outcome(maybe, Ending.RETRY, clock.now(), error="connection lost", is_doubtful=True),
    ])  # fmt: skip
    assert await services.due.claim("a", clock.now()) == []
    assert await services.due.next_at() == clock.now() + RETRY_AFTER[0]
    clock.at += RETRY_AFTER[0]
    again = await services.due.claim("a", clock.now())
    assert [(due.attempts, due.doubted_since is None) for due in again] == [(1, True), (1, False)]
    assert [due.nonce for due in again] == [surely.nonce, maybe.nonce]


async def test_a_failed_one_stays_with_its_error(services: Services, db: Database, clock: FixedClock) -> None:
    await add(db, clock.now())
    (due,) = await services.due.claim("a", clock.now())
    await services.due.mark("a", [Outcome(due, Ending.FAILED, clock.now(), error="e" * 300)])
    (row,) = await rows_of(db)
    assert (row.state, row.error) == (ReminderState.FAILED, "e" * 200)


async def test_a_cancelled_one_is_not_marked_as_sent(
    services: Services, db: Database, clock: FixedClock, cast: Cast
) -> None:
    planned = await services.reminder.me(cast.act(cast.member), "x", Times(clock.now() + timedelta(seconds=1)))
    clock.forward(seconds=1)
    (due,) = await services.due.claim("a", clock.now())
    seen: list[object] = []
    stop = services.due.listen(lambda info: seen.append(info.get("called_off")))
    await services.reminder.cancel(cast.act(cast.member), f"#{planned.number}")
    stop()
    await services.due.mark("a", [sent(due, clock.now())])
    (row,) = await rows_of(db)
    assert row.state is ReminderState.CANCELLED
    assert seen == [{planned.id}]


class TestRepeats:
    async def test_a_series_moves_on_and_leaves_a_record(
        self, services: Services, db: Database, clock: FixedClock
    ) -> None:
        at = clock.now()
        await add(db, at, rrule="FREQ=WEEKLY", first_at=at, number=7)
        (due,) = await services.due.claim("a", at)
        await services.due.mark("a", [sent(due, at)])
        series, record = await rows_of(db)
        assert (series.due_at, series.occurrence, series.state) == (at + timedelta(days=7), 1, ReminderState.PLANNED)
        assert (series.number, series.lease_by, series.attempts) == (7, None, 0)
        assert (record.state, record.occurrence, record.number, record.origin_id) == (
            ReminderState.SENT, 0, None, series.id,
        )  # fmt: skip
        assert (record.message_id, record.sent_at, record.due_at, record.rrule) == (6, at, at, None)

    async def test_missed_five_times_it_comes_once(self, services: Services, db: Database, clock: FixedClock) -> None:
        first = clock.now() - timedelta(days=4, hours=2)
        await add(db, first, rrule="FREQ=DAILY", first_at=first)
        (due,) = await services.due.claim("a", clock.now())
        await services.due.mark("a", [sent(due, clock.now())])
        assert await services.due.claim("a", clock.now()) == []
        series = (await rows_of(db))[0]
        assert (series.due_at, series.occurrence) == (first + timedelta(days=5), 1)

    async def test_a_weekly_evening_keeps_its_hour_in_its_zone(
        self, services: Services, db: Database, clock: FixedClock
    ) -> None:
        clock.at = first = datetime(2027, 3, 22, 18, tzinfo=UTC)
        await add(db, first, rrule="FREQ=WEEKLY", first_at=first)
        (due,) = await services.due.claim("a", first)
        await services.due.mark("a", [sent(due, first)])
        assert (await rows_of(db))[0].due_at == datetime(2027, 3, 29, 17, tzinfo=UTC)

    async def test_the_last_occurrence_ends_the_series(
        self, services: Services, db: Database, clock: FixedClock
    ) -> None:
        await add(db, clock.now(), rrule="FREQ=DAILY;COUNT=1", first_at=clock.now())
        (due,) = await services.due.claim("a", clock.now())
        await services.due.mark("a", [sent(due, clock.now())])
        (row,) = await rows_of(db)
        assert (row.state, row.message_id) == (ReminderState.SENT, 6)

    async def test_a_failed_occurrence_does_not_end_the_series(
        self, services: Services, db: Database, clock: FixedClock
    ) -> None:
        await add(db, clock.now(), rrule="FREQ=DAILY", first_at=clock.now())
        (due,) = await services.due.claim("a", clock.now())
        await services.due.mark("a", [Outcome(due, Ending.RETRY, clock.now(), error="later")])
        assert len(await rows_of(db)) == 1
        clock.at += RETRY_AFTER[0]
        (due,) = await services.due.claim("a", clock.now())
        await services.due.mark("a", [Outcome(due, Ending.FAILED, clock.now(), error="never")])
        series, record = await rows_of(db)
        assert (series.state, series.occurrence, series.error) == (ReminderState.PLANNED, 1, None)
        assert (record.state, record.error, record.attempts) == (ReminderState.FAILED, "never", 2)

    async def test_marking_twice_moves_on_once(self, services: Services, db: Database, clock: FixedClock) -> None:
        await add(db, clock.now(), rrule="FREQ=DAILY", first_at=clock.now())
        (due,) = await services.due.claim("a", clock.now())
        for _ in range(2):
            await services.due.mark("a", [sent(due, clock.now())])
        assert [row.occurrence for row in await rows_of(db)] == [1, 0]


class TestWords:
    async def test_a_channel_reminder_calls_whom_it_should(
        self, services: Services, db: Database, clock: FixedClock
    ) -> None:
        for mention in Mention:
            await add(db, clock.now(), mention=mention, what="**load** in @everyone <@123456789012345678>")
        dues = await services.due.claim("a", clock.now())
        assert [(due.user_ids, due.everyone) for due in dues] == [
            ((), ""), ((ME,), ""), ((), "@here"), ((), "@everyone"),
        ]  # fmt: skip
        assert dues[0].text.startswith("⏰ \\*\\*load\\*\\* in @\u200beveryone \\<@\u200b123456789012345678\\>")

    async def test_announcements_are_known_for_the_detour(
        self, services: Services, db: Database, clock: FixedClock, cast: Cast
    ) -> None:
        await services.settings.start(cast.act(cast.producer), announcements_id=42)
        await add(db, clock.now())
        await add(db, clock.now(), guild_id=77)
        dues = await services.due.claim("a", clock.now())
        assert [due.announcements_id for due in dues] == [42, None]

    async def test_a_gone_subject_has_nothing_to_say(self, services: Services, db: Database, clock: FixedClock) -> None:
        await add(db, clock.now(), kind=ReminderKind.DEADLINE, subject_id=404)
        (due,) = await services.due.claim("a", clock.now())
        assert due.pointless == "what it spoke of is gone"
        await services.due.mark("a", [Outcome(due, Ending.DROPPED, clock.now(), error=due.pointless)])
        (row,) = await rows_of(db)
        assert (row.state, row.error) == (ReminderState.CANCELLED, due.pointless)


async def test_a_batch_costs_the_same_few_statements_however_many(
    services: Services, db: Database, clock: FixedClock
) -> None:
    async def statements(count: int) -> int:
        await add(db, clock.now(), count=count)
        seen: list[str] = []
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine.sync_engine, "before_cursor_execute", listener)
        dues = await services.due.claim("a", clock.now())
        await services.due.mark("a", [sent(due, clock.now()) for due in dues])
        event.remove(db.engine.sync_engine, "before_cursor_execute", listener)
        assert len(dues) == count
        return len(seen)

    assert await statements(2) == await statements(BATCH)


async def test_finding_what_is_next_reads_no_pending_row(db: Database, clock: FixedClock, services: Services) -> None:
    await add(db, clock.now() + timedelta(days=30), count=300)
    explain = "EXPLAIN QUERY PLAN" if db.is_sqlite else "EXPLAIN"
    async with db.write() as session:
        await session.execute(text("ANALYZE"))
    async with db.read() as session:
        if not db.is_sqlite:
            await session.execute(text("SET enable_seqscan = off"))
        first = "SELECT min(due_at) FROM reminder WHERE state = 'planned'"
        plan = await session.execute(text(f"{explain} {first}"))
        shown = "\n".join(str(row) for row in plan)
    assert "ix_reminder_due" in shown
    assert await services.due.next_at() == clock.now() + timedelta(days=30)


class Facts:
    """A deadline or booking as other stems describe it."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


async def test_a_deadline_calls_its_people(db: Database, clock: FixedClock) -> None:
    due_at = clock.now() + timedelta(days=1)
    facts = DeadlineFacts(
        id=3, guild_id=GUILD, number=12, what="Artwork", due_at=due_at, is_all_day=False, zone="UTC",
        state="open", project="Harbour Lights", user_ids=(1, 2), role_ids=(3,),
    )  # type: ignore[arg-type]  # fmt: skip

    async def describe(_session: Any, _ids: Any) -> dict[int, Any]:
        return {3: facts}

    service = DueService(db, clock, Sources(deadlines=describe))
    await add(db, clock.now(), kind=ReminderKind.DEADLINE, subject_id=3)
    await add(db, clock.now(), kind=ReminderKind.DEADLINE, subject_id=3, user_id=2)
    crowd, one = await service.claim("a", clock.now())
    assert "Artwork" in crowd.text
    assert "#12 · Harbour Lights" in crowd.text
    assert (crowd.user_ids, crowd.role_ids) == ((1, 2), (3,))
    assert (one.user_ids, one.role_ids) == ((2,), ())


class TestBookings:
    def service(self, db: Database, clock: FixedClock, **values: Any) -> DueService:
        start = values.pop("start", clock.now() + timedelta(hours=1))
        facts = Facts(
            **{
                "number": 4, "what": "Vocals", "start": start, "end": start + timedelta(hours=3), "state": "confirmed",
                "room_name": "Room A", "address": "Quay 1", "asked_users": (1, 2, 3), "asked_roles": (9,),
                "coming": (1, 7), "maybe": (2,), "cant": (3,), **values,
            }
        )  # fmt: skip

        async def describe(_session: Any, ids: Any) -> dict[int, Any]:
            return dict.fromkeys(ids, facts)

        async def release(_session: Any, _booking: int, now: datetime) -> bool:
            self.released.append(now)
            return len(self.released) == 1

        self.released: list[datetime] = []
        return DueService(db, clock, Sources(bookings=describe, release=release))

    async def test_it_calls_all_but_those_who_cant(self, db: Database, clock: FixedClock) -> None:
        service = self.service(db, clock)
        await add(db, clock.now(), kind=ReminderKind.BOOKING, subject_id=4)
        (due,) = await service.claim("a", clock.now())
        assert (due.user_ids, due.role_ids) == ((1, 2, 7), (9,))
        assert "Vocals" in due.text
        assert "Room A · Quay 1" in due.text

    async def test_after_downtime_only_the_last_one_speaks(self, db: Database, clock: FixedClock) -> None:
        service = self.service(db, clock)
        for hours in (23, 1, 0):
            await add(db, clock.now() - timedelta(hours=hours), kind=ReminderKind.BOOKING, subject_id=4)
        dues = await service.claim("a", clock.now() + timedelta(seconds=1))
        assert [due.pointless for due in dues] == ["folded into the next one"] * 2 + [""]

    async def test_a_begun_session_is_told_in_short_and_calls_nobody(self, db: Database, clock: FixedClock) -> None:
        service = self.service(db, clock, start=clock.now() - timedelta(hours=1))
        await add(db, clock.now() - timedelta(hours=2), kind=ReminderKind.BOOKING, subject_id=4)
        (due,) = await service.claim("a", clock.now())
        assert "has begun" in due.text
        assert (due.user_ids, due.role_ids) == ((), ())

    @pytest.mark.parametrize("state", ["cancelled", "released", "draft"])
    async def test_a_cancelled_one_is_dropped(self, db: Database, clock: FixedClock, state: str) -> None:
        service = self.service(db, clock, state=state)
        await add(db, clock.now(), kind=ReminderKind.BOOKING, subject_id=4)
        (due,) = await service.claim("a", clock.now())
        assert (due.text, due.pointless) == ("", f"the booking is {state}")

    async def test_a_hold_is_let_go_with_the_claim_and_told_once(self, db: Database, clock: FixedClock) -> None:
        service = self.service(db, clock, state="held")
        at = clock.now() + timedelta(seconds=1)
        await add(db, at, kind=ReminderKind.HOLD, subject_id=4, created_by=ME)
        await add(db, at, kind=ReminderKind.HOLD, subject_id=4)
        first, second = await service.claim("a", at)
        assert self.released == [at, at]
        assert "has run out" in first.text
        assert (first.user_ids, second.pointless) == ((ME,), "the hold was settled")
