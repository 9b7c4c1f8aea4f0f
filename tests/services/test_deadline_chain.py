"""What comes after what: links, circles, who can begin, and what slips with a move."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.actor import Actor
from bot.errors import NotFound
from bot.fuzzy import Ambiguous
from bot.models.deadline import DeadlineState
from bot.services import Services
from bot.services.deadline import Entry, Finished
from bot.services.deadline_chain import Blocked, Circle, TooManyBefore
from bot.services.deadline_rules import NotOpen, NotYourDeadline, ShiftedAlready
from bot.services.memo import Forgotten, NotYours
from tests.conftest import FixedClock
from tests.support.cast import Cast

DUE = datetime(2027, 3, 20, 17, 0, tzinfo=UTC)  # 18:00 in Berlin, a week before its clocks change
DAY = timedelta(days=1)


class Plan:
    """Adds deadlines by one person."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.deadline = cast.services.deadline

    async def add(self, what: str, after: str | None = None, *, days: int = 0) -> Entry:
        return await self.deadline.add(self.act(), what, due_at=DUE + days * DAY, after=after)

    async def chain(self, *names: str) -> list[Entry]:
        """Add deadlines a day apart, each after the one before."""
        made: list[Entry] = []
        for place, name in enumerate(names):
            made.append(await self.add(name, f"#{place}" if place else None, days=place))
        return made

    def act(self, name: str = "member") -> Actor:
        return self.cast.act(getattr(self.cast, name))

    async def finish(self, number: int) -> Finished:
        return await self.deadline.finish(self.act(), f"#{number}")

    async def due(self, number: int) -> datetime:
        return (await self.deadline.show(self.cast.member, f"#{number}")).deadline.due_at


@pytest.fixture
def plan(cast: Cast) -> Plan:
    return Plan(cast)


async def test_a_deadline_waits_for_those_it_comes_after(plan: Plan) -> None:
    await plan.add("Edits")
    await plan.add("Vocals")
    mix = await plan.add("Mix", "edits, #2")
    assert [row.what for row in mix.before] == ["Edits", "Vocals"] == [row.what for row in mix.blocked_by]
    with pytest.raises(Blocked, match=r"\*\*Edits\*\* \(#1\) and \*\*Vocals\*\* \(#2\) must be done first"):
        await plan.finish(3)
    assert (await plan.finish(1)).freed == []
    assert [item.deadline.what for item in (await plan.finish(2)).freed] == ["Mix"]
    assert (await plan.finish(3)).entry.deadline.state is DeadlineState.DONE


async def test_undoing_a_done_blocks_again(plan: Plan, services: Services) -> None:
    await plan.chain("Edits", "Mix")
    actor = plan.act()
    await plan.deadline.finish(actor, "#1")
    await services.undo.undo(actor, actor.change_id)
    with pytest.raises(Blocked):
        await plan.finish(2)


async def test_a_deleted_one_holds_nobody_up(plan: Plan) -> None:
    await plan.chain("Edits", "Mix")
    await plan.deadline.delete(plan.act(), "#1")
    assert (await plan.deadline.show(plan.cast.member, "#2")).before == ()
    assert (await plan.finish(2)).entry.deadline.state is DeadlineState.DONE


async def test_links_can_be_changed_and_taken_out(plan: Plan) -> None:
    await plan.chain("Edits", "Mix")
    await plan.add("Vocals")
    changed = await plan.deadline.edit(plan.act(), "#2", after="vocals")
    assert [row.number for row in changed.before] == [3]
    assert [row.number for row in (await plan.deadline.edit(plan.act(), "#2", after="#1,#3")).before] == [1, 3]
    assert (await plan.deadline.edit(plan.act(), "#2", after="none")).before == ()


async def test_no_deadline_waits_for_itself_or_in_a_circle(plan: Plan) -> None:
    await plan.chain("Edits", "Mix", "Master")
    with pytest.raises(Circle, match=r"\*\*Edits\*\* \(#1\) before \*\*Edits\*\* \(#1\): that is a circle"):
        await plan.deadline.edit(plan.act(), "#1", after="#1")
    circle = r"\*\*Edits\*\* \(#1\) before \*\*Mix\*\* \(#2\) before \*\*Master\*\* \(#3\) before \*\*Edits\*\* \(#1\)"
    with pytest.raises(Circle, match=circle):
        await plan.deadline.edit(plan.act(), "#1", after="#3")
    assert (await plan.deadline.show(plan.cast.member, "#1")).before == ()


async def test_two_links_at_the_same_time_do_not_close_a_circle(plan: Plan) -> None:
    await plan.add("Edits")
    await plan.add("Mix")
    ends = await asyncio.gather(
        plan.deadline.edit(plan.act(), "#1", after="#2"),
        plan.deadline.edit(plan.act(), "#2", after="#1"),
        return_exceptions=True,
    )
    assert sorted(type(end).__name__ for end in ends) == ["Circle", "Entry"]


async def test_a_circle_through_a_link_that_was_taken_out_is_none(plan: Plan) -> None:
    await plan.chain("Edits", "Mix")
    await plan.deadline.edit(plan.act(), "#2", after="none")
    assert [row.number for row in (await plan.deadline.edit(plan.act(), "#1", after="#2")).before] == [2]


async def test_after_must_name_what_there_is(plan: Plan) -> None:
    await plan.add("Edits")
    with pytest.raises(NotFound):
        await plan.add("Mix", "#1, nothing like it")
    with pytest.raises(TooManyBefore):
        await plan.add("Mix", ",".join(f"#{number}" for number in range(1, 22)))
    assert (await plan.deadline.show(plan.cast.member, "#1")).deadline.what == "Edits"
    with pytest.raises(NotFound):
        await plan.deadline.show(plan.cast.member, "#2")


async def test_an_unclear_part_is_asked_back_and_the_others_kept(plan: Plan) -> None:
    await plan.add("Edits")
    await plan.add("Vocals")
    await plan.add("Vocals")
    with pytest.raises(Ambiguous) as several:
        await plan.add("Mix", "Edits, Vocals")
    assert several.value.option == "after"
    assert [choice.value for choice in several.value.choices] == ["Edits, #2", "Edits, #3"]


async def test_a_move_to_later_names_what_slips_and_shifts_it_with_its_gaps(plan: Plan) -> None:
    made = await plan.chain("Edits", "Mix", "Master")
    await plan.add("Artwork", days=1)
    moved = await plan.deadline.move(plan.act(), "#1", DUE + 8 * DAY - timedelta(hours=1))  # 18:00 summer time
    assert moved.was == DUE
    later = DUE + 9 * DAY - timedelta(hours=1)
    assert [(slip.deadline.number, slip.due_at) for slip in moved.slips] == [(2, later), (3, later + DAY)]
    assert await plan.due(2) == made[1].deadline.due_at
    assert moved.shift_id is not None
    shifted = await plan.deadline.shift(plan.act(), moved.shift_id)
    assert [item.deadline.number for item in shifted] == [2, 3]
    assert await plan.due(3) == later + DAY
    assert await plan.due(4) == DUE + DAY
    with pytest.raises(ShiftedAlready):
        await plan.deadline.shift(plan.act(), moved.shift_id)


async def test_a_shift_can_be_undone_as_a_whole(plan: Plan, services: Services) -> None:
    await plan.chain("Edits", "Mix", "Master")
    moved = await plan.deadline.move(plan.act(), "#1", DUE + 2 * DAY)
    actor = plan.act()
    assert moved.shift_id is not None
    await plan.deadline.shift(actor, moved.shift_id)
    await services.undo.undo(actor, actor.change_id)
    assert (await plan.due(1), await plan.due(2), await plan.due(3)) == (DUE + 2 * DAY, DUE + DAY, DUE + 2 * DAY)


async def test_nothing_slips_when_moved_to_earlier_or_done(plan: Plan) -> None:
    await plan.chain("Edits", "Mix", "Master")
    earlier = await plan.deadline.move(plan.act(), "#1", DUE - DAY)
    assert (earlier.slips, earlier.shift_id) == ([], None)
    await plan.deadline.edit(plan.act(), "#2", after="none")
    await plan.finish(2)
    await plan.deadline.edit(plan.act(), "#3", after="#1")
    assert [slip.deadline.number for slip in (await plan.deadline.move(plan.act(), "#1", DUE)).slips] == [3]


async def test_a_done_one_is_not_moved(plan: Plan) -> None:
    await plan.add("Edits")
    await plan.finish(1)
    with pytest.raises(NotOpen):
        await plan.deadline.move(plan.act(), "#1", DUE + DAY)


async def test_other_people_s_are_not_moved_or_shifted(plan: Plan, clock: FixedClock) -> None:
    edits = await plan.add("Edits")
    with pytest.raises(NotYourDeadline):
        await plan.deadline.move(plan.act("other"), "#1", DUE + DAY)
    with pytest.raises(NotFound):
        await plan.deadline.move(plan.act("foreigner"), edits.deadline.id, DUE + DAY)
    assert await plan.due(1) == DUE > clock.now()


async def test_a_shift_is_the_mover_s_and_stops_at_other_people_s(plan: Plan) -> None:
    await plan.add("Edits")
    await plan.deadline.add(plan.act("other"), "Mix", due_at=DUE + DAY, after="#1")
    moved = await plan.deadline.move(plan.act(), "#1", DUE + 2 * DAY)
    assert moved.shift_id is not None
    with pytest.raises(NotYourDeadline):
        await plan.deadline.shift(plan.act(), moved.shift_id)
    with pytest.raises(NotYours):
        await plan.deadline.shift(plan.act("producer"), moved.shift_id)
    with pytest.raises(Forgotten):
        await plan.deadline.shift(plan.act("foreigner"), moved.shift_id)
    assert await plan.due(2) == DUE + DAY


async def test_what_was_moved_meanwhile_is_not_shifted(plan: Plan) -> None:
    await plan.chain("Edits", "Mix", "Master")
    moved = await plan.deadline.move(plan.act(), "#1", DUE + 2 * DAY)
    await plan.deadline.move(plan.act(), "#2", DUE + 5 * DAY)
    assert moved.shift_id is not None
    assert [item.deadline.number for item in await plan.deadline.shift(plan.act(), moved.shift_id)] == [3]
    assert await plan.due(2) == DUE + 5 * DAY


async def test_an_undo_does_not_close_a_circle(plan: Plan, services: Services) -> None:
    await plan.chain("Edits", "Mix")
    actor = plan.act()
    await plan.deadline.edit(actor, "#2", after="none")
    await plan.deadline.edit(plan.act(), "#1", after="#2")
    with pytest.raises(Circle):
        await services.undo.undo(actor, actor.change_id)
    assert (await plan.deadline.show(plan.cast.member, "#2")).before == ()
