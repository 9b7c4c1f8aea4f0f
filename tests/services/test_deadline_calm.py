"""*On it* ends a deadline's mornings, whatever the delivery is doing with the next one at that moment."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.db import Database
from bot.models.deadline import Deadline
from bot.services import Services
from bot.services.deadline_read import Entry
from bot.services.reminder_due import RETRY_AFTER, Ending, Outcome
from bot.services.reminder_words import Due
from tests.conftest import FixedClock
from tests.support.cast import Cast

DUE = datetime(2027, 4, 1, 16, 0, tzinfo=UTC)  # a Thursday, 18:00 in Berlin
MORNING = datetime(2027, 4, 2, 7, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
async def late(services: Services, cast: Cast, clock: FixedClock) -> Entry:
    """A deadline that is overdue; its due ping has left."""
    entry = await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE, remind="none")
    clock.at = DUE
    (due,) = await services.due.claim("a", DUE)
    await services.due.mark("a", [Outcome(due, Ending.SENT, DUE, channel_id=1, message_id=2)])
    return entry


async def morning(services: Services, clock: FixedClock) -> Due:
    clock.at = MORNING
    (due,) = await services.due.claim("a", MORNING)
    assert due.is_repeating and due.text
    return due


@pytest.mark.parametrize("is_doubtful", [False, True])
async def test_one_that_waits_for_another_try_does_not_go_on(
    services: Services, cast: Cast, clock: FixedClock, late: Entry, *, is_doubtful: bool
) -> None:
    due = await morning(services, clock)
    failed = Outcome(due, Ending.RETRY, MORNING, error="Discord said 500", is_doubtful=is_doubtful)
    await services.due.mark("a", [failed])
    await services.deadline.on_it(cast.act(cast.member), late.deadline.id)
    clock.at = MORNING + WEEK
    assert await services.due.claim("a", clock.at) == []
    assert await services.due.next_at() is None


@pytest.mark.parametrize("ending", [Ending.SENT, Ending.RETRY])
async def test_one_that_is_leaving_is_the_last(
    services: Services, cast: Cast, clock: FixedClock, late: Entry, ending: Ending
) -> None:
    due = await morning(services, clock)
    await services.deadline.on_it(cast.act(cast.member), late.deadline.id)
    await services.due.mark("a", [Outcome(due, ending, MORNING, channel_id=1, message_id=3)])
    clock.at = MORNING + WEEK
    assert await services.due.claim("a", clock.at) == []


async def test_undoing_it_lets_the_try_be_repeated_in_doubt(
    services: Services, cast: Cast, clock: FixedClock, late: Entry
) -> None:
    due = await morning(services, clock)
    await services.due.mark("a", [Outcome(due, Ending.RETRY, MORNING, error="lost", is_doubtful=True)])
    actor = cast.act(cast.member)
    await services.deadline.on_it(actor, late.deadline.id)
    await services.undo.undo(actor, actor.change_id)
    clock.at = MORNING + RETRY_AFTER[0]
    (again,) = await services.due.claim("a", clock.at)
    assert again.nonce == due.nonce and again.doubted_since is not None


async def test_a_series_that_was_left_over_is_silent(
    services: Services, db: Database, cast: Cast, clock: FixedClock, late: Entry
) -> None:
    async with db.write() as session:
        row = await session.get_one(Deadline, late.deadline.id)
        row.answered_by = cast.member.user_id
    clock.at = MORNING
    (due,) = await services.due.claim("a", MORNING)
    assert due.pointless == "somebody is on it"
