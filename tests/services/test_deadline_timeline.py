"""The plan behind the picture: bars, what is late or done, and the path that has no room."""

from datetime import timedelta
from typing import Any

import pytest

from bot.actor import Actor
from bot.fuzzy import Ambiguous
from bot.models.project import ProjectKind
from bot.services import Services
from bot.services.deadline_timeline import MOST_BARS, SHORTEST, Bar
from tests.conftest import FixedClock
from tests.support.cast import Cast

DAY = timedelta(days=1)


async def add(cast: Cast, clock: FixedClock, what: str, days: float, **given: Any) -> None:
    await cast.services.deadline.add(cast.act(cast.member), what, due_at=clock.now() + days * DAY, **given)


async def project(cast: Cast, name: str) -> None:
    await cast.services.project.create(
        cast.act(cast.producer), name, kind=ProjectKind.EP, release=None, currency=None, budget=None
    )


async def bars(services: Services, actor: Actor, text: str | None = None) -> dict[int, Bar]:
    return {bar.number: bar for bar in (await services.deadline.timeline(actor, text)).bars}


async def test_a_bar_begins_when_the_last_before_it_ends(cast: Cast, services: Services, clock: FixedClock) -> None:
    now = clock.now()
    await add(cast, clock, "Edits", 3)
    await add(cast, clock, "Vocals", 5)
    await add(cast, clock, "Mix", 9, after="#1,#2")
    await add(cast, clock, "In an hour", 1 / 24)
    found = await bars(services, cast.member)
    assert list(found) == [4, 1, 2, 3]
    assert (found[1].start, found[1].end) == (now, now + 3 * DAY)
    assert (found[3].start, found[3].end, found[3].after) == (now + 5 * DAY, now + 9 * DAY, (1, 2))
    assert found[4].start == found[4].end - SHORTEST


async def test_done_ends_when_it_was_done_and_late_stays_open(
    cast: Cast, services: Services, clock: FixedClock
) -> None:
    await add(cast, clock, "Edits", 3)
    await add(cast, clock, "Artwork", 2)
    clock.forward(days=1)
    await services.deadline.finish(cast.act(cast.member), "#1")
    done_at = clock.now()
    clock.forward(days=4)
    found = await bars(services, cast.member)
    assert (found[1].is_done, found[1].is_late, found[1].end) == (True, False, done_at)
    assert (found[2].is_done, found[2].is_late) == (False, True)


async def test_the_critical_path_is_the_open_chain_to_the_last_one(
    cast: Cast, services: Services, clock: FixedClock
) -> None:
    await add(cast, clock, "Lyrics", 1)
    await add(cast, clock, "Edits", 3)
    await add(cast, clock, "Vocals", 5, after="#1")
    await add(cast, clock, "Mix", 9, after="#2,#3")
    await add(cast, clock, "Artwork", 8)
    assert {number for number, bar in (await bars(services, cast.member)).items() if bar.is_critical} == {1, 3, 4}
    await services.deadline.finish(cast.act(cast.member), "#1")
    assert {number for number, bar in (await bars(services, cast.member)).items() if bar.is_critical} == {3, 4}
    await services.deadline.delete(cast.act(cast.member), "#4")
    assert not any(bar.is_critical for bar in (await bars(services, cast.member)).values())


async def test_of_many_the_open_ones_are_shown(cast: Cast, services: Services, clock: FixedClock) -> None:
    for number in range(MOST_BARS + 2):
        await add(cast, clock, f"Song {number}", number + 1)
    await services.deadline.finish(cast.act(cast.member), "#1")
    plan = await services.deadline.timeline(cast.member, None)
    assert plan.more == 2 and [bar.number for bar in plan.bars] == list(range(2, MOST_BARS + 2))


async def test_the_critical_path_is_drawn_though_it_ends_behind_the_others(
    cast: Cast, services: Services, clock: FixedClock
) -> None:
    for number in range(MOST_BARS):
        await add(cast, clock, f"Song {number}", number + 1)
    await add(cast, clock, "Mix", 60)
    await add(cast, clock, "Master", 70, after=f"#{MOST_BARS + 1}")
    plan = await services.deadline.timeline(cast.member, None)
    assert plan.more == 2 and len(plan.bars) == MOST_BARS
    assert [bar.number for bar in plan.bars if bar.is_critical] == [MOST_BARS + 1, MOST_BARS + 2]


async def test_it_is_one_project_s_plan(cast: Cast, services: Services, clock: FixedClock) -> None:
    await add(cast, clock, "Nobody's", 1)
    assert list(await bars(services, cast.member)) == [1]
    await project(cast, "Harbour Lights")
    await add(cast, clock, "Edits", 3)
    assert list(await bars(services, cast.member)) == [2]
    await project(cast, "Demos")
    assert list(await bars(services, cast.member, "Harbour Lights")) == [2]
    assert await bars(services, cast.member, "Demos") == {}
    with pytest.raises(Ambiguous):
        await services.deadline.timeline(cast.member, None)
    assert await bars(services, cast.foreigner) == {}
