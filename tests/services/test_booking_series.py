"""Repeating sessions: wall-clock time, clashes per date, and changing one or it and those after it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.models.booking import Answer, Booking, BookingState
from bot.money import read_amount
from bot.services import Services
from bot.services.booking import Ask, Outcome
from bot.services.booking_clash import ReasonNeeded, RoomTaken
from bot.services.booking_price import FeeAsked
from bot.services.booking_series import NoDates, SeriesAsked
from bot.services.budget import standing
from tests.conftest import FixedClock
from tests.support.cast import Cast
from tests.support.sessions import ANN, planned

CHICAGO, LONDON = ZoneInfo("America/Chicago"), ZoneInfo("Europe/London")
FIRST = datetime(2027, 3, 9, 18, 0, tzinfo=CHICAGO).astimezone(UTC)
HOUR = timedelta(hours=1)
FOUR = "FREQ=WEEKLY;BYDAY=TU;COUNT=4"


@pytest.fixture
async def studio(services: Services, cast: Cast) -> str:
    ladder = "48h 50%"
    await services.room.add(
        cast.act(cast.producer), "Studio A", rate=read_amount("60"), timezone="America/Chicago", cancellation=ladder
    )
    return "Studio A"


async def take(services: Services, cast: Cast, *, rrule: str = FOUR, hold: bool = False, **more: Any) -> Outcome:
    ask = Ask("Vocals", FIRST, FIRST + 3 * HOUR, room="Studio A", rrule=rrule, **more)
    draft = await services.booking.preview(cast.act(cast.member), ask)
    key = draft.facts.booking.id
    act = cast.act(cast.member)
    return await (services.booking.hold(act, key) if hold else services.booking.book(act, key))


async def starts(services: Services, state: BookingState = BookingState.CONFIRMED) -> list[tuple[int | None, str]]:
    """Return number and local start of each stored booking, by start."""
    async with services.db.read() as session:
        rows = await session.scalars(select(Booking).where(Booking.state == state).order_by(Booking.start_at))
        return [(row.number, f"{row.start_at.astimezone(CHICAGO):%d %b %H:%M}") for row in rows]


async def test_a_repeat_keeps_its_time_on_the_wall_and_counts_each_date(
    services: Services, cast: Cast, studio: str, project: str
) -> None:
    outcome = await take(services, cast, user_ids=(ANN,))
    assert outcome.more == 3 and outcome.facts.number == 1
    assert await starts(services) == [
        (1, "09 Mar 18:00"),
        (2, "16 Mar 18:00"),
        (3, "23 Mar 18:00"),
        (4, "30 Mar 18:00"),
    ]
    found = await services.project.current(cast.member, project)
    assert found is not None
    async with services.db.read() as session:
        assert (await standing(session, found)).committed == 4 * 18_000
    last, _ = await services.booking.show(cast.member, "#4")
    assert last.asked_users == (ANN,) and last.end - last.start == 3 * HOUR
    kinds = ["card", "callsheet", "booking"]
    assert [kind.value for kind, _ in await planned(services, Outcome(last))] == kinds
    assert await services.booking.unshown() == [outcome.facts.booking.id]


async def test_c3_a_singer_busy_in_london_clashes_on_two_of_four_dates(
    services: Services, cast: Cast, studio: str
) -> None:
    for day in (9, 16, 23, 30):
        start = datetime(2027, 3, day, 22, 30, tzinfo=LONDON)
        busy = await services.booking.preview(cast.act(cast.other), Ask("Radio", start, start + HOUR, user_ids=(ANN,)))
        await services.booking.book(cast.act(cast.other), busy.facts.booking.id)
    ask = Ask("Vocals", FIRST, FIRST + 3 * HOUR, room=studio, user_ids=(ANN,), rrule=FOUR)
    draft = await services.booking.preview(cast.act(cast.member), ask)
    london = [f"{date.start.astimezone(LONDON):%a %d %b %H:%M}" for date in draft.dates]
    assert london == ["Wed 10 Mar 00:00", "Tue 16 Mar 23:00", "Tue 23 Mar 23:00", "Wed 31 Mar 00:00"]
    assert [bool(date.clashes) for date in draft.dates] == [False, True, True, False]
    with pytest.raises(ReasonNeeded):
        await services.booking.book(cast.act(cast.member), draft.facts.booking.id)
    outcome = await services.booking.book(cast.act(cast.member), draft.facts.booking.id, "she leaves early")
    assert outcome.more == 3


async def test_taken_dates_are_left_out_and_all_taken_is_refused(services: Services, cast: Cast, studio: str) -> None:
    for week in (1, 2):
        start = FIRST + timedelta(days=7 * week, hours=-1 if week == 1 else 0) + timedelta(hours=-1)
        other = await services.booking.preview(cast.act(cast.other), Ask("Drums", start, start + 3 * HOUR, room=studio))
        await services.booking.book(cast.act(cast.other), other.facts.booking.id)
    draft = await services.booking.preview(
        cast.act(cast.member), Ask("Vocals", FIRST, FIRST + 3 * HOUR, room=studio, rrule=FOUR)
    )
    assert [date.is_free for date in draft.dates] == [True, False, False, True]
    outcome = await services.booking.book(cast.act(cast.member), draft.facts.booking.id)
    assert outcome.more == 1
    with pytest.raises(RoomTaken):
        await take(services, cast)


async def test_a_repeat_that_clashes_only_in_the_third_month_says_so(
    services: Services, cast: Cast, studio: str
) -> None:
    late = FIRST + timedelta(days=70, hours=-1)  # the clocks have changed in between
    other = await services.booking.preview(cast.act(cast.other), Ask("Drums", late, late + HOUR, room=studio))
    await services.booking.book(cast.act(cast.other), other.facts.booking.id)
    ask = Ask("Vocals", FIRST, FIRST + HOUR, room=studio, rrule="FREQ=WEEKLY;BYDAY=TU")
    dates = (await services.booking.preview(cast.act(cast.member), ask)).dates
    assert len(dates) == 14 and [date.is_free for date in dates].index(False) == 10


async def test_a_change_asks_for_which_sessions_it_goes(services: Services, cast: Cast, studio: str) -> None:
    await take(services, cast)
    new = FIRST + timedelta(days=8)
    with pytest.raises(SeriesAsked, match="the 2 after it"):
        await services.booking.move(cast.act(cast.member), "#2", new, new + 2 * HOUR)
    with pytest.raises(SeriesAsked, match="the 3 after it"):
        await services.booking.cancel(cast.act(cast.member), "#1")
    last = FIRST + timedelta(days=22)
    await services.booking.move(cast.act(cast.member), "#4", last, last + HOUR)


async def test_one_session_moves_or_ends_alone(services: Services, cast: Cast, studio: str) -> None:
    await take(services, cast)
    new = FIRST + timedelta(days=8, hours=-1)
    await services.booking.move(cast.act(cast.member), "#2", new, new + 3 * HOUR, following=False)
    await services.booking.cancel(cast.act(cast.member), "#3", following=False)
    assert await starts(services) == [(1, "09 Mar 18:00"), (2, "17 Mar 18:00"), (4, "30 Mar 18:00")]


@pytest.mark.parametrize("by", [7, -1, 1])
async def test_this_and_following_move_by_as_much_on_the_wall(
    services: Services, cast: Cast, studio: str, by: int
) -> None:
    await take(services, cast, rrule="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
    second = datetime(2027, 3, 16, 18, 0, tzinfo=CHICAGO) + timedelta(days=by, hours=1)
    act = cast.act(cast.member)
    outcome = await services.booking.move(act, "#2", second, second + 3 * HOUR, following=True)
    assert outcome.more == 2 and outcome.notice is not None and "2 sessions after it" in outcome.notice.text
    days = [day + by for day in (16, 23, 30)]
    expected = [f"{datetime(2027, 3, 1) + timedelta(days=day - 1):%d %b} 19:00" for day in days]  # noqa: DTZ001
    assert [at for _, at in await starts(services)] == ["09 Mar 18:00", *expected]
    await services.undo.undo(cast.act(cast.member), act.change_id)
    assert [at for _, at in await starts(services)] == ["09 Mar 18:00", "16 Mar 18:00", "23 Mar 18:00", "30 Mar 18:00"]


async def test_where_one_of_the_following_can_not_move_none_does(services: Services, cast: Cast, studio: str) -> None:
    await take(services, cast)
    busy = datetime(2027, 3, 24, 18, 0, tzinfo=CHICAGO)
    other = await services.booking.preview(cast.act(cast.other), Ask("Drums", busy, busy + HOUR, room=studio))
    await services.booking.book(cast.act(cast.other), other.facts.booking.id)
    before = await starts(services)
    to = datetime(2027, 3, 17, 18, 0, tzinfo=CHICAGO)
    with pytest.raises(RoomTaken, match="#5"):
        await services.booking.move(cast.act(cast.member), "#2", to, to + 3 * HOUR, following=True)
    assert await starts(services) == before


async def test_this_and_following_are_cancelled_with_the_fee_of_each(
    services: Services, cast: Cast, studio: str, project: str, clock: FixedClock
) -> None:
    await take(services, cast)
    clock.at = FIRST - timedelta(hours=2)
    with pytest.raises(FeeAsked) as asked:
        await services.booking.cancel(cast.act(cast.member), "#1", following=True)
    assert (asked.value.fee.minor, asked.value.percent) == (9_000, 50)
    done = await services.booking.cancel(cast.act(cast.member), "#1", following=True, accepted=50)
    assert done.more == 3 and done.fee is not None and done.fee.minor == 9_000
    assert await starts(services) == []


async def test_a_repeat_is_held_undone_and_answered_date_by_date(services: Services, cast: Cast, studio: str) -> None:
    outcome = await take(services, cast, hold=True, user_ids=(ANN,))
    assert len(await starts(services, BookingState.HELD)) == 4
    ann = cast.act(cast.member, user_id=ANN)
    facts, _ = await services.booking.show(cast.member, "#2")
    await services.booking.answer(ann, facts.booking.id, Answer.COMING)
    assert (await services.booking.show(cast.member, "#1"))[0].coming == ()
    assert outcome.facts.waiting == (ANN,)


async def test_undoing_takes_the_whole_repeat_back(services: Services, cast: Cast, studio: str) -> None:
    ask = Ask("Vocals", FIRST, FIRST + HOUR, room=studio, rrule=FOUR)
    draft = await services.booking.preview(cast.act(cast.member), ask)
    act = cast.act(cast.member)
    await services.booking.book(act, draft.facts.booking.id)
    await services.undo.undo(cast.act(cast.member), act.change_id)
    assert await starts(services) == []


async def test_a_repeat_without_dates_is_refused(services: Services, cast: Cast, studio: str) -> None:
    with pytest.raises(NoDates):
        await take(services, cast, rrule="FREQ=WEEKLY;BYDAY=TU;UNTIL=20270301T000000Z")
    daily = await services.booking.preview(
        cast.act(cast.member), Ask("Vocals", FIRST, FIRST + HOUR, room=studio, rrule="FREQ=DAILY;COUNT=400")
    )
    assert len(daily.dates) == 52
