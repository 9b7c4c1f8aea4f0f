"""Changing deadlines: editing, assigning, answering, reopening, deleting, repeating, and who is called when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.actor import Actor
from bot.db import Database
from bot.errors import NotFound
from bot.models.deadline import DeadlineState
from bot.models.project import ProjectKind
from bot.models.reminder import Reminder, ReminderState
from bot.services import Services
from bot.services.deadline import DeadlineService, Entry, Status, Wanted, describe
from bot.services.deadline_read import DeadlineGone
from bot.services.deadline_repeat import RepeatsNever, RepeatsTooOften
from bot.services.deadline_rules import NotOpen, NotYourDeadline, OpenAlready
from bot.services.project import NameTooLong, ProjectArchived
from bot.services.reminder_due import Ending, Outcome
from tests.conftest import FixedClock
from tests.support.cast import PRODUCERS, Cast

BAND_ROLE = 800_000_000_000_000_009
DUE = datetime(2027, 4, 1, 16, 0, tzinfo=UTC)  # a Thursday, 18:00 in Berlin
DAY = timedelta(days=1)


class Desk:
    """Deadlines of one server, and the reminders that wait for them."""

    def __init__(self, cast: Cast, db: Database) -> None:
        self.cast = cast
        self.db = db
        self.deadline: DeadlineService = cast.services.deadline

    def act(self, name: str = "member") -> Actor:
        return self.cast.act(getattr(self.cast, name))

    async def add(self, what: str = "Master", name: str = "member", **given: Any) -> Entry:
        return await self.deadline.add(self.act(name), what, **{"due_at": DUE, **given})

    async def waiting(self, entry: Entry) -> list[Reminder]:
        async with self.db.read() as session:
            about = select(Reminder).where(Reminder.subject_id == entry.deadline.id)
            waiting = about.where(Reminder.state == ReminderState.PLANNED).order_by(Reminder.due_at, Reminder.id)
            return list(await session.scalars(waiting))

    async def called(self, entry: Entry, at: datetime) -> tuple[int, ...]:
        """Return the roles that a reminder delivered at an instant calls."""
        async with self.db.write() as session:
            session.info["at"] = at
            return (await describe(session, [entry.deadline.id]))[entry.deadline.id].role_ids


@pytest.fixture
def desk(cast: Cast, db: Database) -> Desk:
    return Desk(cast, db)


async def test_lead_times_go_to_the_person_and_the_due_time_to_the_channel(desk: Desk) -> None:
    entry = await desk.add(user_ids=[desk.cast.member.user_id, desk.cast.other.user_id], remind="1d")
    rows = await desk.waiting(entry)
    assert [(row.user_id, row.due_at) for row in rows[:3]] == [
        (desk.cast.member.user_id, DUE - DAY),
        (desk.cast.other.user_id, DUE - DAY),
        (None, DUE),
    ]
    assert all(row.channel_id == desk.cast.member.channel_id for row in rows)


async def test_a_role_or_a_crowd_is_reminded_in_the_channel(desk: Desk) -> None:
    role = await desk.add(user_ids=[desk.cast.member.user_id], role_ids=[BAND_ROLE])
    crowd = await desk.add(user_ids=range(1, 12))
    for entry in (role, crowd):
        assert {row.user_id for row in await desk.waiting(entry)} == {None}


async def test_every_morning_at_nine_for_two_weeks_while_nobody_answers(desk: Desk) -> None:
    entry = await desk.add()
    morning = (await desk.waiting(entry))[-1]
    assert (morning.due_at, morning.rrule) == (datetime(2027, 4, 2, 7, 0, tzinfo=UTC), "FREQ=DAILY;COUNT=14")
    early = await desk.add(due_at=datetime(2027, 4, 1, 6, 30, tzinfo=UTC))  # 8:30: not again at 9:00 of that day
    assert (await desk.waiting(early))[-1].due_at == datetime(2027, 4, 2, 7, 0, tzinfo=UTC)
    at_six = await desk.add(due_at=datetime(2027, 4, 1, 4, 0, tzinfo=UTC))
    assert (await desk.waiting(at_six))[-1].due_at == datetime(2027, 4, 1, 7, 0, tzinfo=UTC)


async def test_the_mornings_end_after_two_weeks(desk: Desk, services: Services, clock: FixedClock) -> None:
    entry = await desk.add(due_at=clock.now() + timedelta(hours=1), remind="none")
    told = []
    for _ in range(20):
        clock.forward(days=1)
        claimed = await services.due.claim("a", clock.now())
        told += [due.due_at for due in claimed if due.text]
        ends = [Outcome(due, Ending.SENT if due.text else Ending.DROPPED, clock.now(), 5, 6) for due in claimed]
        await services.due.mark("a", ends)
    assert told == [datetime(2027, 3, 2, 8, 0, tzinfo=UTC) + days * DAY for days in range(14)]
    assert await desk.waiting(entry) == []


async def test_edits_do_not_begin_the_mornings_anew(desk: Desk, services: Services, clock: FixedClock) -> None:
    entry = await desk.add(due_at=clock.now() + timedelta(hours=1), remind="none")
    told = []
    for day in range(20):
        clock.forward(days=1)
        claimed = await services.due.claim("a", clock.now())
        told += [due.due_at for due in claimed if due.text]
        ends = [Outcome(due, Ending.SENT if due.text else Ending.DROPPED, clock.now(), 5, 6) for due in claimed]
        await services.due.mark("a", ends)
        if day in (3, 15):
            await desk.deadline.edit(desk.act(), entry.deadline.id, what=f"Master {day}")
            await desk.deadline.assign(desk.act(), entry.deadline.id, [desk.cast.other.user_id], [])
    assert told == [datetime(2027, 3, 2, 8, 0, tzinfo=UTC) + days * DAY for days in range(14)]
    await desk.deadline.move(desk.act(), entry.deadline.id, clock.now() + timedelta(hours=1))
    assert (await desk.waiting(entry))[-1].rrule == "FREQ=DAILY;COUNT=14"


async def test_an_answer_spares_the_mornings_and_a_move_forgets_it(desk: Desk) -> None:
    entry = await desk.add()
    answered = await desk.deadline.on_it(desk.act(), entry.deadline.id)
    assert answered.deadline.answered_by == desk.cast.member.user_id
    assert [row.rrule for row in await desk.waiting(entry)] == [None] * 5
    moved = await desk.deadline.move(desk.act(), "#1", DUE + DAY)
    assert moved.entry.deadline.answered_by is None
    assert (await desk.waiting(entry))[-1].rrule is not None


async def test_on_it_is_for_those_it_is_for_and_while_it_is_open(desk: Desk) -> None:
    entry = await desk.add()
    with pytest.raises(NotYourDeadline):
        await desk.deadline.on_it(desk.act("other"), entry.deadline.id)
    await desk.deadline.finish(desk.act(), entry.deadline.id)
    with pytest.raises(NotOpen):
        await desk.deadline.on_it(desk.act(), entry.deadline.id)


async def test_producers_are_called_last_and_only_for_the_band_s(desk: Desk) -> None:
    shared = await desk.add(user_ids=[desk.cast.other.user_id])
    assert await desk.called(shared, DUE) == ()
    assert await desk.called(shared, DUE + timedelta(hours=1)) == (PRODUCERS,)
    own = await desk.add()
    assert await desk.called(own, DUE + DAY) == ()
    await desk.deadline.on_it(desk.act("other"), shared.deadline.id)
    assert await desk.called(shared, DUE + DAY) == ()
    theirs = await desk.add(role_ids=[PRODUCERS])
    assert await desk.called(theirs, DUE + DAY) == (PRODUCERS,)


async def test_edit_changes_what_is_given_and_plans_anew(desk: Desk) -> None:
    entry = await desk.add()
    changed = await desk.deadline.edit(desk.act(), "#1", what="Master v2", remind="3h")
    assert (changed.deadline.what, changed.deadline.due_at) == ("Master v2", DUE)
    assert [row.due_at for row in await desk.waiting(entry)][:2] == [DUE - timedelta(hours=3), DUE]
    assert {row.what for row in await desk.waiting(entry)} == {"Master v2"}
    with pytest.raises(NameTooLong):
        await desk.deadline.edit(desk.act(), "#1", what="x" * 201)
    with pytest.raises(NotYourDeadline):
        await desk.deadline.edit(desk.act("other"), "#1", what="Mine now")


async def test_undoing_an_edit_brings_the_old_reminders_back(desk: Desk, services: Services) -> None:
    entry = await desk.add()
    before = [row.due_at for row in await desk.waiting(entry)]
    actor = desk.act()
    await desk.deadline.edit(actor, "#1", what="Other", remind="3h")
    await services.undo.undo(actor, actor.change_id)
    assert [row.due_at for row in await desk.waiting(entry)] == before
    assert (await desk.deadline.show(desk.cast.member, "#1")).deadline.what == "Master"


async def test_a_deadline_moves_to_a_project_that_is_open(desk: Desk, services: Services) -> None:
    await desk.add()
    for name in ("Harbour Lights", "Demos"):
        await services.project.create(
            desk.act("producer"), name, kind=ProjectKind.EP, release=None, currency=None, budget=None
        )
    changed = await desk.deadline.edit(desk.act(), "#1", project_text="Demos")
    assert changed.project == "Demos"
    await services.project.archive(desk.act("producer"), "Demos")
    with pytest.raises(ProjectArchived):
        await desk.deadline.move(desk.act(), "#1", DUE + DAY)
    assert (await desk.deadline.finish(desk.act(), "#1")).entry.deadline.state is DeadlineState.DONE
    with pytest.raises(ProjectArchived):
        await desk.deadline.reopen(desk.act(), "#1")


async def test_assign_sets_exactly_these_and_reminds_them(desk: Desk) -> None:
    entry = await desk.add()
    changed = await desk.deadline.assign(desk.act(), "#1", [desk.cast.other.user_id], [])
    assert changed.user_ids == (desk.cast.other.user_id,)
    assert {row.user_id for row in await desk.waiting(entry)} == {desk.cast.other.user_id, None}
    back = await desk.deadline.assign(desk.act(), "#1", [], [])
    assert back.user_ids == (desk.cast.member.user_id,) and back.role_ids == ()
    role = await desk.deadline.assign(desk.act(), "#1", [], [BAND_ROLE])
    assert role.user_ids == () and role.role_ids == (BAND_ROLE,)


async def test_undoing_assign_brings_the_people_back(desk: Desk, services: Services) -> None:
    await desk.add()
    actor = desk.act()
    await desk.deadline.assign(actor, "#1", [desk.cast.other.user_id], [])
    await services.undo.undo(actor, actor.change_id)
    assert (await desk.deadline.show(desk.cast.member, "#1")).user_ids == (desk.cast.member.user_id,)


async def test_reopening_plans_what_is_still_ahead(desk: Desk, clock: FixedClock) -> None:
    entry = await desk.add()
    with pytest.raises(OpenAlready):
        await desk.deadline.reopen(desk.act(), "#1")
    await desk.deadline.finish(desk.act(), "#1")
    with pytest.raises(NotYourDeadline):
        await desk.deadline.reopen(desk.act("other"), "#1")
    clock.at = DUE + timedelta(hours=3)
    again = await desk.deadline.reopen(desk.act(), "master")
    assert again.is_late(clock.now()) and again.deadline.done_by is None
    [morning] = await desk.waiting(entry)
    assert morning.due_at == datetime(2027, 4, 2, 7, 0, tzinfo=UTC)


async def test_deleting_takes_it_away_and_undo_brings_it_back(desk: Desk, services: Services) -> None:
    entry = await desk.add()
    with pytest.raises(NotYourDeadline):
        await desk.deadline.delete(desk.act("other"), "#1")
    actor = desk.act()
    await desk.deadline.delete(actor, "#1")
    assert await desk.waiting(entry) == []
    with pytest.raises(DeadlineGone):
        await desk.deadline.show(desk.cast.member, entry.deadline.id)
    with pytest.raises(NotFound):
        await desk.deadline.show(desk.cast.member, "#1")
    await services.undo.undo(actor, actor.change_id)
    assert len(await desk.waiting(entry)) == 6


async def open_ones(desk: Desk) -> list[tuple[int, datetime]]:
    found, _ = await desk.deadline.listed(desk.cast.member, Wanted(status=Status.OPEN), offset=0, limit=20)
    return [(item.deadline.number, item.deadline.due_at) for item in found]


async def test_a_repeating_one_makes_its_next_when_it_is_done(desk: Desk, clock: FixedClock) -> None:
    before = datetime(2027, 3, 25, 17, 0, tzinfo=UTC)  # Thursday 18:00, before the clocks change
    entry = await desk.add(due_at=before, rrule="FREQ=WEEKLY", user_ids=[desk.cast.other.user_id], remind="1d")
    done = await desk.deadline.finish(desk.act(), "#1")
    assert done.coming is not None and done.entry.deadline.rrule is None
    coming = done.coming
    assert (coming.deadline.number, coming.deadline.due_at, coming.user_ids) == (2, DUE, (desk.cast.other.user_id,))
    assert (await desk.waiting(coming))[0].due_at == DUE - DAY
    assert await desk.waiting(entry) == []
    clock.at = DUE + 16 * DAY  # two were missed: they come once
    done = await desk.deadline.finish(desk.act(), "#2")
    assert await open_ones(desk) == [(3, DUE + 21 * DAY)]


async def test_undoing_a_repeating_done_takes_the_next_away(desk: Desk, services: Services) -> None:
    await desk.add(rrule="FREQ=WEEKLY")
    actor = desk.act()
    await desk.deadline.finish(actor, "#1")
    await services.undo.undo(actor, actor.change_id)
    assert await open_ones(desk) == [(1, DUE)]
    assert (await desk.deadline.finish(desk.act(), "#1")).coming is not None


async def test_a_reopened_one_does_not_repeat_twice(desk: Desk) -> None:
    await desk.add(rrule="FREQ=WEEKLY")
    await desk.deadline.finish(desk.act(), "#1")
    await desk.deadline.reopen(desk.act(), "#1")
    assert (await desk.deadline.finish(desk.act(), "#1")).coming is None


async def test_a_repeat_ends_with_its_rule_or_by_hand(desk: Desk) -> None:
    await desk.add(rrule="FREQ=WEEKLY;COUNT=2")
    done = await desk.deadline.finish(desk.act(), "#1")
    assert done.coming is not None
    assert (await desk.deadline.finish(desk.act(), "#2")).coming is None
    await desk.add(rrule="FREQ=WEEKLY")
    await desk.deadline.edit(desk.act(), "#3", rrule="")
    assert (await desk.deadline.finish(desk.act(), "#3")).coming is None


@pytest.mark.parametrize(("rrule", "error"), [("FREQ=HOURLY", RepeatsTooOften), ("FREQ=WEEKLY;COUNT=1", RepeatsNever)])
async def test_a_repeat_must_be_sensible(desk: Desk, rrule: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await desk.add(rrule=rrule)
    assert await open_ones(desk) == []
