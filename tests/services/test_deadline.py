"""The rules of deadlines: when they count as due, who may finish them, what is planned and what is found."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.errors import NotFound
from bot.fuzzy import Ambiguous
from bot.models.deadline import DeadlineState
from bot.models.project import ProjectKind
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services import Services
from bot.services.deadline import Entry, Status, Wanted, coming_up, count_late, describe
from bot.services.deadline_read import DeadlineGone
from bot.services.deadline_rules import DoneAlready, DueInThePast, NotYourDeadline
from bot.services.project import NameTooLong, NoName, ProjectArchived
from bot.services.undo import ChangedSince
from tests.conftest import FixedClock
from tests.support.cast import STUDIO, Cast

BAND_ROLE = 800_000_000_000_000_009
IN_A_MONTH = datetime(2027, 4, 1, 16, 0, tzinfo=UTC)


async def add(cast: Cast, actor_name: str = "member", what: str = "Master approved", **given: object) -> Entry:
    actor = cast.act(getattr(cast, actor_name))
    given.setdefault("due_at", IN_A_MONTH)
    return await cast.services.deadline.add(actor, what, **given)  # type: ignore[arg-type]


async def planned(db: Database, deadline_id: int) -> list[datetime]:
    async with db.read() as session:
        rows = await session.scalars(
            select(Reminder).where(
                Reminder.kind == ReminderKind.DEADLINE,
                Reminder.subject_id == deadline_id,
                Reminder.state == ReminderState.PLANNED,
                Reminder.rrule.is_(None),
            )
        )
        return sorted(row.due_at for row in rows)


async def numbers(cast: Cast, actor_name: str, **filters: object) -> list[int]:
    found, total = await cast.services.deadline.listed(
        getattr(cast, actor_name),
        Wanted(**filters),  # type: ignore[arg-type]
        offset=0,
        limit=50,
    )
    assert total == len(found)
    return [item.deadline.number for item in found]


async def test_a_deadline_is_numbered_and_for_whoever_adds_it(cast: Cast) -> None:
    first, second = await add(cast), await add(cast, what="Artwork")
    assert [first.deadline.number, second.deadline.number] == [1, 2]
    assert first.user_ids == (cast.member.user_id,)
    assert first.role_ids == () and first.project is None
    assert not first.is_shared
    assert first.deadline.channel_id == STUDIO and first.deadline.zone == "Europe/Berlin"


async def test_people_and_roles_can_be_given(cast: Cast) -> None:
    entry = await add(cast, user_ids=[cast.other.user_id, cast.other.user_id], role_ids=[BAND_ROLE])
    assert entry.user_ids == (cast.other.user_id,) and entry.role_ids == (BAND_ROLE,)
    assert entry.is_shared
    only_role = await add(cast, role_ids=[BAND_ROLE])
    assert only_role.user_ids == ()


async def test_reminders_are_planned_at_the_defaults_and_when_due(cast: Cast, db: Database) -> None:
    entry = await add(cast)
    # Berlin's clocks go forward on 28 March: days keep the hour on the wall, so the week before is an hour later.
    assert await planned(db, entry.deadline.id) == [
        datetime(2027, 3, 25, 17, 0, tzinfo=UTC),
        datetime(2027, 3, 30, 16, 0, tzinfo=UTC),
        datetime(2027, 3, 31, 16, 0, tzinfo=UTC),
        datetime(2027, 4, 1, 14, 0, tzinfo=UTC),
        IN_A_MONTH,
    ]
    assert list(entry.pings) == await planned(db, entry.deadline.id)


async def test_only_reminders_still_ahead_are_planned(cast: Cast, db: Database, clock: FixedClock) -> None:
    due = clock.now() + timedelta(hours=1)
    entry = await add(cast, due_at=due)
    assert await planned(db, entry.deadline.id) == [due]


async def test_lead_times_replace_the_defaults(cast: Cast, db: Database) -> None:
    entry = await add(cast, remind="3d, 2h")
    hours = [(IN_A_MONTH - at) / timedelta(hours=1) for at in await planned(db, entry.deadline.id)]
    assert hours == [72, 2, 0]
    silent = await add(cast, remind="none")
    assert await planned(db, silent.deadline.id) == [IN_A_MONTH]


async def test_the_scheduler_learns_the_earliest_reminder(cast: Cast, db: Database, clock: FixedClock) -> None:
    woken: list[datetime] = []
    db.after_write.append(lambda info: woken.append(info["wake_at"]) if "wake_at" in info else None)
    await add(cast, due_at=clock.now() + timedelta(days=3))
    assert woken == [clock.now() + timedelta(days=1)]


async def test_a_day_is_due_at_its_local_end(cast: Cast, clock: FixedClock) -> None:
    day = datetime(2027, 3, 27, 23, 0, tzinfo=UTC)  # midnight that begins 28 March in Berlin, a day of 23 hours
    entry = await add(cast, due_at=day, is_all_day=True)
    assert entry.deadline.due_at == datetime(2027, 3, 28, 23, 59, tzinfo=ZoneInfo("Europe/Berlin"))
    today = await add(cast, due_at=datetime(2027, 2, 28, 23, 0, tzinfo=UTC), is_all_day=True)
    assert today.deadline.due_at == datetime(2027, 3, 1, 22, 59, tzinfo=UTC) > clock.now()


async def test_what_is_over_can_not_be_due(cast: Cast, clock: FixedClock) -> None:
    with pytest.raises(DueInThePast):
        await add(cast, due_at=clock.now())
    with pytest.raises(DueInThePast):
        await add(cast, due_at=clock.now() - timedelta(days=1), is_all_day=True)


@pytest.mark.parametrize(("what", "error"), [("x" * 5000, NameTooLong), ("\u200b \n", NoName)])
async def test_a_title_must_be_short_and_visible(cast: Cast, what: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await add(cast, what=what)
    assert await numbers(cast, "member", status=Status.ALL) == []


async def test_the_only_project_is_meant_and_an_archived_one_refused(cast: Cast, services: Services) -> None:
    made = await services.project.create(
        cast.act(cast.producer), "Harbour Lights", kind=ProjectKind.ALBUM, release=None, currency=None, budget=None
    )
    entry = await add(cast)
    assert entry.project == "Harbour Lights" and entry.is_shared
    await services.project.archive(cast.act(cast.producer), f"#{made.number}")
    with pytest.raises(ProjectArchived):
        await add(cast, project_text="Harbour Lights")
    assert (await add(cast)).project is None


async def test_finishing_calls_the_reminders_off_and_undo_brings_them_back(
    cast: Cast, db: Database, services: Services, clock: FixedClock
) -> None:
    entry = await add(cast)
    before = await planned(db, entry.deadline.id)
    actor = cast.act(cast.member)
    done = (await services.deadline.finish(actor, entry.deadline.id)).entry
    assert done.deadline.state is DeadlineState.DONE and done.deadline.done_by == actor.user_id
    assert done.deadline.done_at == clock.now() and done.pings == ()
    assert await planned(db, entry.deadline.id) == []
    await services.undo.undo(actor, actor.change_id)
    again = await services.deadline.show(cast.member, entry.deadline.id)
    assert again.deadline.state is DeadlineState.OPEN and again.deadline.done_by is None
    assert await planned(db, entry.deadline.id) == before


async def test_undoing_an_added_deadline_takes_its_reminders_and_people_along(
    cast: Cast, db: Database, services: Services
) -> None:
    actor = cast.act(cast.member)
    entry = await services.deadline.add(actor, "Oops", due_at=IN_A_MONTH, user_ids=[cast.other.user_id])
    await services.undo.undo(actor, actor.change_id)
    assert await planned(db, entry.deadline.id) == []
    assert await numbers(cast, "other", mine=True) == []
    with pytest.raises(DeadlineGone):
        await services.deadline.finish(cast.act(cast.member), entry.deadline.id)


async def test_adding_can_not_be_undone_over_somebody_s_done(cast: Cast, services: Services) -> None:
    actor = cast.act(cast.producer)
    entry = await services.deadline.add(actor, "Mixes", due_at=IN_A_MONTH, user_ids=[cast.member.user_id])
    await services.deadline.finish(cast.act(cast.member), entry.deadline.id)
    with pytest.raises(ChangedSince):
        await services.undo.undo(actor, actor.change_id)


async def test_the_second_done_is_told_who_was_first(cast: Cast, services: Services) -> None:
    entry = await add(cast, "producer", user_ids=[cast.member.user_id, cast.other.user_id])
    await services.deadline.finish(cast.act(cast.member), entry.deadline.id)
    with pytest.raises(DoneAlready, match=f"<@{cast.member.user_id}>"):
        await services.deadline.finish(cast.act(cast.other), entry.deadline.id)
    shown = await services.deadline.show(cast.other, entry.deadline.id)
    assert shown.deadline.done_by == cast.member.user_id


async def test_of_two_at_the_same_time_one_wins(cast: Cast, services: Services) -> None:
    entry = await add(cast, "producer", user_ids=[cast.member.user_id, cast.other.user_id])
    ends = await asyncio.gather(
        *(services.deadline.finish(cast.act(actor), entry.deadline.id) for actor in (cast.member, cast.other)),
        return_exceptions=True,
    )
    assert sorted(type(end).__name__ for end in ends) == ["DoneAlready", "Finished"]
    [lost] = [end for end in ends if isinstance(end, DoneAlready)]
    winner = (await services.deadline.show(cast.member, entry.deadline.id)).deadline.done_by
    assert f"<@{winner}>" in str(lost)


async def test_who_may_finish_a_deadline(cast: Cast, services: Services) -> None:
    async def finish(actor_name: str, **changes: object) -> Entry:
        entry = await add(cast, "treasurer", user_ids=[cast.member.user_id], role_ids=[BAND_ROLE])
        return (await services.deadline.finish(cast.act(getattr(cast, actor_name), **changes), entry.deadline.id)).entry

    with pytest.raises(NotYourDeadline, match=f"<@{cast.member.user_id}> <@&{BAND_ROLE}>"):
        await finish("other")
    for name, changes in (
        ("member", {}),
        ("treasurer", {}),
        ("producer", {}),
        ("other", {"role_ids": frozenset([BAND_ROLE])}),
    ):
        assert (await finish(name, **changes)).deadline.state is DeadlineState.DONE


async def test_another_server_finds_nothing(cast: Cast, db: Database, services: Services) -> None:
    entry = await add(cast)
    with pytest.raises(NotFound):
        await services.deadline.finish(cast.act(cast.foreigner), entry.deadline.id)
    with pytest.raises(NotFound):
        await services.deadline.finish(cast.act(cast.foreigner), "#1")
    with pytest.raises(NotFound):
        await services.deadline.show(cast.foreigner, entry.deadline.id)
    assert await services.deadline.suggest(cast.foreigner, "") == []
    assert await numbers(cast, "foreigner", status=Status.ALL) == []
    async with db.read() as session:
        assert await coming_up(session, cast.foreigner, until=IN_A_MONTH + timedelta(days=1)) == []
    assert await services.deadline.guild_of(entry.deadline.id) == cast.member.guild_id
    with pytest.raises(NotFound):
        await services.deadline.guild_of(entry.deadline.id + 1)


async def test_finishing_by_number_and_by_name(cast: Cast, services: Services) -> None:
    await add(cast, what="Drum edits")
    await add(cast, what="Artwork brief")
    assert (await services.deadline.finish(cast.act(cast.member), "#2")).entry.deadline.what == "Artwork brief"
    assert (await services.deadline.finish(cast.act(cast.member), "drum")).entry.deadline.number == 1
    with pytest.raises(DoneAlready):
        await services.deadline.finish(cast.act(cast.member), "1")
    with pytest.raises(NotFound):
        await services.deadline.finish(cast.act(cast.member), "drum edits")


async def test_one_name_twice_is_asked_back_with_what_tells_them_apart(cast: Cast, services: Services) -> None:
    await add(cast, what="Vocals")
    await add(cast, what="Vocals", due_at=IN_A_MONTH + timedelta(days=2))
    with pytest.raises(Ambiguous) as several:
        await services.deadline.finish(cast.act(cast.member), "vocals")
    assert [choice.value for choice in several.value.choices] == ["#1", "#2"]
    assert several.value.choices[1].label == "#2 Vocals · Sat 3 Apr 2027, 18:00 CEST"


async def test_lists_by_status_people_range_and_project(cast: Cast, services: Services, clock: FixedClock) -> None:
    await services.project.create(
        cast.act(cast.producer), "Harbour Lights", kind=ProjectKind.ALBUM, release=None, currency=None, budget=None
    )
    soon = clock.now() + timedelta(hours=5)
    await add(cast, what="Soon", due_at=soon, user_ids=[cast.other.user_id])
    await add(cast, what="Later", role_ids=[BAND_ROLE])
    await add(cast, "other", what="Finished")
    await services.deadline.finish(cast.act(cast.other), "#3")
    clock.forward(hours=6)
    assert await numbers(cast, "member") == [1, 2]
    assert await numbers(cast, "member", status=Status.LATE) == [1]
    assert await numbers(cast, "member", status=Status.DONE) == [3]
    assert await numbers(cast, "member", status=Status.ALL) == [1, 2, 3]
    assert await numbers(cast, "member", user_ids=(cast.other.user_id,)) == [1]
    assert await numbers(cast, "member", role_ids=(BAND_ROLE,)) == [2]
    assert await numbers(cast, "other", mine=True) == [1]
    assert await numbers(cast, "member", mine=True) == [1, 2]
    assert await numbers(cast, "member", start=soon, end=soon + timedelta(minutes=1)) == [1]
    assert await numbers(cast, "member", end=soon) == []
    assert await numbers(cast, "member", project_id=1) == [1, 2]


async def test_lists_come_in_pages(cast: Cast, services: Services) -> None:
    for day in range(5):
        await add(cast, what=f"Song {day}", due_at=IN_A_MONTH - timedelta(days=day))
    page, total = await services.deadline.listed(cast.member, Wanted(), offset=2, limit=2)
    assert total == 5
    assert [item.deadline.what for item in page] == ["Song 2", "Song 1"]


async def test_suggestions_begin_with_one_s_own(cast: Cast, services: Services) -> None:
    await add(cast, "other", what="Theirs first", due_at=IN_A_MONTH - timedelta(days=9))
    await add(cast, what="Mine later")
    found = await services.deadline.suggest(cast.member, "")
    assert [choice.value for choice in found] == ["#2", "#1"]
    assert found[0].label == "#2 Mine later · Thu 1 Apr 2027, 18:00 CEST"
    assert [choice.value for choice in await services.deadline.suggest(cast.member, "#1")] == ["#1"]
    assert [choice.value for choice in await services.deadline.suggest(cast.member, "thei")] == ["#1"]
    await services.deadline.finish(cast.act(cast.other), "#1")
    assert [choice.value for choice in await services.deadline.suggest(cast.member, "")] == ["#2"]
    assert [choice.label for choice in await services.deadline.suggest(cast.member, "", status="done")] == [
        "#1 Theirs first · done"
    ]
    assert len(await services.deadline.suggest(cast.member, "", status="all")) == 2


async def test_coming_up_puts_late_ones_first(cast: Cast, db: Database, clock: FixedClock) -> None:
    await add(cast, what="Soon", due_at=clock.now() + timedelta(hours=30))
    await add(cast, what="Now late", due_at=clock.now() + timedelta(hours=1), role_ids=[BAND_ROLE])
    await add(cast, what="Far")
    clock.forward(hours=2)
    week = clock.now() + timedelta(days=7)
    async with db.read() as session:
        everything = await coming_up(session, cast.member, until=week)
        mine = await coming_up(session, cast.member, until=week, user_id=cast.member.user_id)
        ours = await coming_up(session, cast.member, until=week, user_id=cast.member.user_id, role_ids=[BAND_ROLE])
        assert await coming_up(session, cast.member, until=week, project_id=77) == []
        assert await count_late(session, cast.member, 77, clock.now()) == 0
        assert len(await coming_up(session, cast.member, until=week, limit=1)) == 1
    assert [row.what for row in everything] == ["Now late", "Soon"]
    assert [row.what for row in mine] == ["Soon"]
    assert [row.what for row in ours] == ["Now late", "Soon"]


async def test_reminders_learn_what_they_speak_of(cast: Cast, db: Database) -> None:
    entry = await add(cast, user_ids=[cast.other.user_id], role_ids=[BAND_ROLE])
    async with db.read() as session:
        facts = await describe(session, [entry.deadline.id, 999])
    assert set(facts) == {entry.deadline.id}
    known = facts[entry.deadline.id]
    assert (known.what, known.number, known.due_at, known.project) == ("Master approved", 1, IN_A_MONTH, None)
    assert (known.user_ids, known.role_ids, known.state) == (
        (cast.other.user_id,),
        (BAND_ROLE,),
        DeadlineState.OPEN,
    )
