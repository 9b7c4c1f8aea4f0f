"""Who can begin is told by the engine: once, minding quiet hours, and not where the Done was taken back before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.actor import Actor
from bot.db import Database
from bot.models.reminder import ReminderKind
from bot.services import Services
from bot.services.deadline_read import Entry
from bot.services.reminder_due import LEASE, Ending, Outcome
from bot.services.reminder_words import Due
from tests.conftest import FixedClock
from tests.support.cast import STUDIO, Cast
from tests.support.statements import statements

DUE = datetime(2027, 4, 1, 16, 0, tzinfo=UTC)
NIGHT = datetime(2027, 3, 20, 23, 0, tzinfo=UTC)  # midnight in Berlin
EIGHT = datetime(2027, 3, 21, 7, 0, tzinfo=UTC)


class Plan:
    """Edits, and a mix by somebody else that waits for them."""

    def __init__(self, services: Services, cast: Cast, clock: FixedClock) -> None:
        self.services, self.cast, self.clock = services, cast, clock

    async def add(self, what: str, **more: Any) -> Entry:
        actor = self.cast.act(self.cast.producer)
        given: dict[str, Any] = {"due_at": DUE, "remind": "none", "user_ids": [self.cast.other.user_id], **more}
        return await self.services.deadline.add(actor, what, **given)

    async def done(self) -> Actor:
        actor = self.cast.act(self.cast.producer)
        finished = await self.services.deadline.finish(actor, "#1")
        assert [entry.deadline.what for entry in finished.freed] == ["Mix"]
        return actor

    async def leaving(self) -> list[Due]:
        dues = await self.services.due.claim("a", self.clock.now())
        return [due for due in dues if due.kind is ReminderKind.FREED]


@pytest.fixture
async def plan(services: Services, cast: Cast, clock: FixedClock) -> Plan:
    clock.at = NIGHT
    plan = Plan(services, cast, clock)
    await plan.add("Edits")
    await plan.add("Mix", after="#1")
    return plan


async def test_it_is_planned_with_the_done(plan: Plan) -> None:
    await plan.done()
    (due,) = await plan.leaving()
    assert "so this can begin:\n**Mix** · #2\nis due" in due.text
    assert (due.channel_id, due.user_ids, due.due_at) == (STUDIO, (plan.cast.other.user_id,), NIGHT)
    plan.clock.at += LEASE  # whoever claimed it is gone
    (again,) = await plan.leaving()
    assert (again.nonce, again.text) == (due.nonce, due.text)


async def test_taking_the_done_back_calls_it_off(plan: Plan) -> None:
    actor = await plan.done()
    await plan.services.undo.undo(actor, actor.change_id)
    assert await plan.leaving() == []
    await plan.done()
    assert len(await plan.leaving()) == 1


async def test_taking_it_back_while_it_is_tried_again_silences_it(plan: Plan) -> None:
    actor = await plan.done()
    (due,) = await plan.leaving()
    await plan.services.due.mark("a", [Outcome(due, Ending.RETRY, NIGHT, error="Discord said 500")])
    await plan.services.undo.undo(actor, actor.change_id)
    plan.clock.at += LEASE
    assert await plan.leaving() == []


async def test_what_waits_again_has_no_news(plan: Plan) -> None:
    await plan.add("Guitars")
    await plan.done()
    await plan.services.deadline.edit(plan.cast.act(plan.cast.producer), "#2", after="#1, #3")
    assert [(due.text, due.pointless) for due in await plan.leaving()] == [("", "it waits for something again")]


async def test_opening_it_again_calls_it_off(plan: Plan) -> None:
    actor = await plan.done()
    await plan.services.deadline.reopen(actor, "#1")
    assert await plan.leaving() == []


async def test_what_was_put_off_for_quiet_hours_does_not_keep_the_done(plan: Plan) -> None:
    await plan.services.pings.set_server(plan.cast.act(plan.cast.producer), quiet_hours="22-8", lead_times="default")
    actor = await plan.done()
    assert await plan.leaving() == []
    await plan.services.undo.undo(actor, actor.change_id)
    await plan.done()
    plan.clock.at = EIGHT
    assert len(await plan.leaving()) == 1


async def test_without_a_channel_each_is_told_directly(plan: Plan) -> None:
    nowhere = replace(plan.cast.act(plan.cast.producer), channel_id=None)
    users = [plan.cast.other.user_id, plan.cast.member.user_id]
    await plan.services.deadline.add(nowhere, "Master", due_at=DUE, remind="none", user_ids=users, after="#1")
    await plan.services.deadline.finish(nowhere, "#1")
    assert {due.user_id for due in await plan.leaving()} == {None, *users}


async def test_what_is_done_meanwhile_needs_no_news(plan: Plan) -> None:
    await plan.done()
    await plan.services.deadline.finish(plan.cast.act(plan.cast.producer), "#2")
    assert [due.pointless for due in await plan.leaving()] == ["the deadline is not open any more"]


async def test_quiet_hours_and_direct_messages_are_minded(plan: Plan) -> None:
    me = plan.cast.act(plan.cast.other)
    await plan.services.pings.set_mine(me, quiet_hours="22-8", is_by_message=True)
    await plan.done()
    (post,) = await plan.leaving()
    assert post.user_ids == ()
    assert await plan.services.due.next_at() == min(EIGHT, NIGHT + LEASE)
    await plan.services.due.mark("a", [Outcome(post, Ending.SENT, NIGHT, channel_id=STUDIO, message_id=1)])
    plan.clock.at = EIGHT - timedelta(seconds=2)
    assert await plan.leaving() == []
    plan.clock.at = EIGHT
    (own,) = await plan.leaving()
    assert (own.user_id, own.text) == (me.user_id, post.text)


async def test_one_that_is_due_within_quiet_hours_is_told_at_once(plan: Plan) -> None:
    await plan.services.pings.set_server(plan.cast.act(plan.cast.producer), quiet_hours="22-8", lead_times="default")
    await plan.services.deadline.move(plan.cast.act(plan.cast.producer), "#2", NIGHT + timedelta(hours=2))
    await plan.done()
    assert len(await plan.leaving()) == 1


async def test_it_takes_one_statement_however_many_can_begin(plan: Plan, db: Database) -> None:
    for number in range(3):
        await plan.add(f"Master {number}", after="#1")
    with statements(db) as sent:
        finished = await plan.services.deadline.finish(plan.cast.act(plan.cast.producer), "#1")
    assert len(finished.freed) == 4
    assert len([sql for sql in sent if sql.startswith("INSERT INTO reminder")]) == 1
