"""Pings that mind each person's way: quiet hours wait, the rest goes where it is wanted; once, also after a crash."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.models.booking import Answer
from bot.models.reminder import Reminder, ReminderState
from bot.services import Services
from bot.services.reminder_due import LEASE, Ending, Outcome
from bot.services.reminder_quiet import EITHER_WAY
from bot.services.reminder_times import Times
from bot.services.reminder_words import Due
from tests.conftest import FixedClock
from tests.support.cast import STUDIO, Cast
from tests.support.sessions import Taken

DUE = datetime(2027, 3, 10, 23, 0, tzinfo=UTC)  # midnight in Berlin
BAND_ROLE = 200_000_000_000_000_009
EIGHT = datetime(2027, 3, 10, 7, 0, tzinfo=UTC)


async def leaving(services: Services, clock: FixedClock, at: datetime, by: str = "a") -> list[Due]:
    """Go to an instant, claim what is due and mark it as sent; return those of sessions and deadlines."""
    clock.at = at
    dues = await services.due.claim(by, at)
    await services.due.mark(by, [Outcome(due, Ending.SENT, at, channel_id=1, message_id=due.id) for due in dues])
    return [due for due in dues if due.kind in EITHER_WAY and due.kind.value != "nudge"]


async def test_a_ping_waits_for_the_end_of_quiet_hours(services: Services, cast: Cast, clock: FixedClock) -> None:
    await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE, remind="20h")
    await services.pings.set_mine(cast.act(cast.member), quiet_hours="22-8")
    assert await leaving(services, clock, DUE - timedelta(hours=20)) == []
    assert await services.due.next_at() == EIGHT
    (due,) = await leaving(services, clock, EIGHT)
    assert (due.user_id, due.due_at) == (cast.member.user_id, EIGHT)


async def test_one_whose_deadline_falls_within_comes_at_its_time(
    services: Services, cast: Cast, clock: FixedClock
) -> None:
    await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE, remind="1h")
    await services.pings.set_mine(cast.act(cast.member), quiet_hours="22-8")
    (due,) = await leaving(services, clock, DUE - timedelta(hours=1))
    assert due.user_id == cast.member.user_id


async def test_what_a_person_planned_comes_when_they_said(services: Services, cast: Cast, clock: FixedClock) -> None:
    at = DUE - timedelta(minutes=30)
    await services.pings.set_mine(cast.act(cast.member), quiet_hours="22-8")
    await services.reminder.me(cast.act(cast.member), "stems", Times(at))
    await services.reminder.channel(cast.act(cast.member), "load in", Times(at), channel_id=STUDIO)
    clock.at = at
    assert len(await services.due.claim("a", at)) == 2


async def test_quiet_hours_are_those_of_the_person_s_own_zone(
    services: Services, cast: Cast, clock: FixedClock
) -> None:
    await services.settings.set_zone(cast.act(cast.member), "New York")
    await services.pings.set_mine(cast.act(cast.member), quiet_hours="22-8")
    await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE, remind="15h")
    assert await leaving(services, clock, DUE - timedelta(hours=15)) == []  # 9:00 in Berlin, 3:00 in New York
    assert await services.due.next_at() == datetime(2027, 3, 10, 13, 0, tzinfo=UTC)


async def test_several_that_waited_come_as_one(services: Services, cast: Cast, clock: FixedClock) -> None:
    await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE, remind="20h, 19h, 18h")
    await services.pings.set_mine(cast.act(cast.member), quiet_hours="22-8")
    for hours in (20, 19, 18):
        assert await leaving(services, clock, DUE - timedelta(hours=hours)) == []
    dues = await leaving(services, clock, EIGHT)
    assert [due.pointless for due in dues] == ["folded into the next one"] * 2 + [""]


async def test_in_a_channel_the_quiet_one_is_called_later(services: Services, cast: Cast, clock: FixedClock) -> None:
    people: dict[str, Any] = {"user_ids": [cast.member.user_id, cast.other.user_id], "role_ids": [BAND_ROLE]}
    await services.deadline.add(cast.act(cast.producer), "Master", due_at=DUE, remind="20h", **people)
    await services.pings.set_mine(cast.act(cast.member), quiet_hours="22-8")
    (due,) = await leaving(services, clock, DUE - timedelta(hours=20))
    assert (due.user_id, due.channel_id, due.user_ids) == (None, STUDIO, (cast.other.user_id,))
    assert await leaving(services, clock, EIGHT - timedelta(seconds=1)) == []
    (due,) = await leaving(services, clock, EIGHT)
    assert due.user_id == cast.member.user_id and "is due" in due.text
    (due,) = await leaving(services, clock, DUE)
    assert due.user_ids == (cast.member.user_id, cast.other.user_id)


@pytest.mark.parametrize("seconds", [0, 7, 3 * 3600])
async def test_at_the_due_time_it_comes_at_once(
    services: Services, cast: Cast, clock: FixedClock, seconds: int
) -> None:
    """Also where it leaves a little later than it was due, or after a stop within the same quiet hours."""
    await services.pings.set_server(cast.act(cast.producer), quiet_hours="22-8", lead_times="default")
    await services.pings.set_mine(cast.act(cast.member), quiet_hours="22-8", is_by_message=True)
    await services.deadline.add(cast.act(cast.other), "Master", due_at=DUE, remind="none")
    await services.deadline.add(
        cast.act(cast.producer), "Mix", due_at=DUE, user_ids=[cast.member.user_id], remind="none"
    )
    dues = await leaving(services, clock, DUE + timedelta(seconds=seconds))
    assert [due.user_ids for due in dues] == [(cast.other.user_id,), ()]
    (own,) = await leaving(services, clock, clock.at)
    assert own.user_id == cast.member.user_id


async def test_what_was_due_before_quiet_hours_waits_for_their_end(
    services: Services, cast: Cast, clock: FixedClock
) -> None:
    await services.pings.set_server(cast.act(cast.producer), quiet_hours="22-8", lead_times="default")
    early = DUE - timedelta(hours=3)
    await services.deadline.add(cast.act(cast.member), "Master", due_at=early, remind="none")
    assert await leaving(services, clock, DUE) == []
    assert await services.due.next_at() == EIGHT + timedelta(days=1)


async def test_dm_or_channel_is_minded_for_sessions_and_deadlines(
    services: Services, cast: Cast, clock: FixedClock, booked: Taken
) -> None:
    users = (cast.member.user_id, cast.other.user_id)
    taken = await booked(cast.producer, user_ids=users)
    start = taken.facts.start
    await services.pings.set_mine(cast.act(cast.member), is_by_message=True)
    await services.pings.set_mine(cast.act(cast.other), is_by_message=False)
    (post,) = await leaving(services, clock, start - timedelta(hours=1))
    assert (post.user_id, post.user_ids) == (None, (cast.other.user_id,))
    (own,) = await leaving(services, clock, clock.at)
    assert (own.user_id, own.text) == (cast.member.user_id, post.text)
    await services.deadline.add(cast.act(cast.other), "Lyrics", due_at=start + timedelta(hours=2), remind="1h")
    (ping,) = await leaving(services, clock, start + timedelta(hours=1))
    assert (ping.user_id, ping.channel_id, ping.user_ids) == (None, STUDIO, (cast.other.user_id,))


async def test_somebody_who_cant_come_is_not_told_by_themselves(
    services: Services, cast: Cast, clock: FixedClock, booked: Taken
) -> None:
    taken = await booked(cast.producer, user_ids=(cast.member.user_id,))
    await services.pings.set_mine(cast.act(cast.member), quiet_hours="17:30-18:30")
    start = taken.facts.start  # 19:00 in Berlin
    (post,) = await leaving(services, clock, start - timedelta(hours=1))
    assert post.user_ids == ()
    await services.booking.answer(cast.act(cast.member), taken.facts.booking.id, Answer.CANT)
    (own,) = await leaving(services, clock, start - timedelta(minutes=30))
    assert own.pointless == "its person is not asked any more"


async def test_the_server_s_quiet_hours_hold_a_channel_s_pings(
    services: Services, cast: Cast, clock: FixedClock, db: Database
) -> None:
    await services.pings.set_server(cast.act(cast.producer), quiet_hours="8-10", lead_times="default")
    await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE, remind="none")
    assert len(await leaving(services, clock, DUE)) == 1
    morning = datetime(2027, 3, 11, 8, 0, tzinfo=UTC)  # 9:00: overdue, and quiet
    assert await leaving(services, clock, morning) == []
    (late,) = await leaving(services, clock, morning + timedelta(hours=1))
    assert late.is_repeating
    assert await services.due.next_at() == morning + timedelta(days=1)


async def test_a_crash_between_claim_and_mark_tells_nobody_twice(
    services: Services, cast: Cast, clock: FixedClock, db: Database
) -> None:
    await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE, remind="none")
    await services.pings.set_mine(cast.act(cast.member), is_by_message=True)
    clock.at = DUE
    await services.due.claim("gone", DUE)
    clock.at = DUE + LEASE
    claimed = [due for due in await services.due.claim("b", clock.at) if not due.pointless]
    assert sorted((due.user_id or 0, due.user_ids) for due in claimed) == [
        (0, ()), (cast.member.user_id, (cast.member.user_id,)),
    ]  # fmt: skip
    async with db.read() as session:
        own = await session.scalars(select(Reminder).where(Reminder.origin_id.is_not(None)))
        assert [row.state for row in own] == [ReminderState.CLAIMED]


async def test_who_is_told_apart_is_told_once_also_after_a_crash(
    services: Services, cast: Cast, clock: FixedClock, db: Database
) -> None:
    people: dict[str, Any] = {"user_ids": [cast.member.user_id, cast.other.user_id], "role_ids": [BAND_ROLE]}
    await services.deadline.add(cast.act(cast.producer), "Master", due_at=DUE, remind="none", **people)
    await services.pings.set_mine(cast.act(cast.member), is_by_message=False)
    clock.at = DUE
    (due,) = await services.due.claim("gone", DUE)
    left = await services.due.apart(due)
    assert (left.user_ids, left.role_ids, left.nonce) == ((), (BAND_ROLE,), due.nonce)
    clock.at = DUE + LEASE
    again, *own = await services.due.claim("b", clock.at)
    assert (again.nonce, again.user_ids, again.role_ids) == (due.nonce, (), (BAND_ROLE,))
    assert sorted((each.user_id or 0, each.channel_id) for each in own) == [
        (cast.member.user_id, None),
        (cast.other.user_id, None),
    ]
    assert (await services.due.apart(due)).user_ids == ()
    assert await services.due.claim("c", clock.at) == []


async def test_what_was_called_off_meanwhile_calls_nobody(services: Services, cast: Cast, clock: FixedClock) -> None:
    entry = await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE, remind="none")
    clock.at = DUE
    (due,) = await services.due.claim("a", DUE)
    await services.deadline.finish(cast.act(cast.member), entry.deadline.id)
    assert (await services.due.apart(due)).mentions == ""
    assert await services.due.claim("b", clock.at) == []
