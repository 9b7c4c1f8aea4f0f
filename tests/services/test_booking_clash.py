"""What clashes and what does not: the worked cases of the domain, races, and the search for free times."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import when
from bot.actor import Actor
from bot.db import Database
from bot.models.booking import Answer, Booking, BookingState
from bot.money import read_amount
from bot.services import Services, booking_clash
from bot.services.booking import Ask, Outcome
from bot.services.booking_clash import JustTaken, ReasonNeeded, RoomTaken, nearest
from bot.text import local
from tests.conftest import FixedClock
from tests.support.cast import Cast

CHICAGO, LONDON = ZoneInfo("America/Chicago"), ZoneInfo("Europe/London")
ANN, BAND = 100_000_000_000_000_011, 800_000_000_000_000_009
START = datetime(2027, 3, 5, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MANY = 200
Take = Callable[..., Awaitable[Outcome]]


@pytest.fixture
async def studio(services: Services, producer: Actor) -> str:
    """Studio A in Nashville: 60 dollars an hour by elapsed time, half an hour between bookings."""
    await services.room.add(producer, "Studio A", rate=read_amount("60 USD"), buffer="30", timezone="America/Chicago")
    return "Studio A"


@pytest.fixture
def book(services: Services, cast: Cast) -> Take:
    async def take(
        start: datetime,
        end: datetime,
        room: str | None,
        *,
        by: Actor = cast.member,
        reason: str | None = None,
        **more: Any,
    ) -> Outcome:
        draft = await services.booking.preview(cast.act(by), Ask("Session", start, end, room=room, **more))
        return await services.booking.book(cast.act(by), draft.facts.booking.id, reason)

    return take


def in_chicago(text: str, now: datetime) -> tuple[datetime, datetime]:
    reading = when.read(text, want="interval", now=now, zone=CHICAGO)
    assert reading.start is not None and reading.end is not None
    return reading.start, reading.end


async def test_c1_a_night_over_the_clock_change_costs_its_elapsed_hours(
    services: Services, book: Take, studio: str, clock: FixedClock
) -> None:
    start, end = in_chicago("2027-03-13 22:00 to 2027-03-14 04:00", clock.now())
    assert (start, end) == (datetime(2027, 3, 14, 4, tzinfo=UTC), datetime(2027, 3, 14, 9, tzinfo=UTC))
    booking = (await book(start, end, studio)).facts.booking
    assert (booking.length, booking.agreed_minor, booking.zone) == (5 * HOUR, 30_000, "America/Chicago")


async def test_c2_a_gap_below_the_buffer_is_refused_and_the_first_free_start_is_offered(
    book: Take, studio: str
) -> None:
    await book(datetime(2027, 3, 14, 4, tzinfo=UTC), datetime(2027, 3, 14, 9, tzinfo=UTC), studio)
    start = datetime(2027, 3, 14, 9, 15, tzinfo=LONDON)
    with pytest.raises(RoomTaken, match="too close") as refused:
        await book(start, start + 2 * HOUR, studio)
    first = refused.value.slots[0][0]
    assert local(first, LONDON, "en-GB") == "Sun 14 Mar 2027, 09:30 GMT"
    assert local(first, CHICAGO, "en-US") == "Sun 14 Mar 2027, 04:30 CDT"
    await book(first, first + 2 * HOUR, studio)


@pytest.mark.parametrize(
    ("typed", "reason"), [("2027-03-14 02:30 to 05:00", "nonexistent"), ("2027-11-07 01:30 to 05:00", "ambiguous")]
)
async def test_c4_c5_a_start_that_the_clocks_skip_or_repeat_is_not_guessed(
    clock: FixedClock, typed: str, reason: str
) -> None:
    with pytest.raises(when.UnclearTime) as refused:
        when.read(typed, want="interval", now=clock.now(), zone=CHICAGO)
    assert refused.value.reason == reason


async def test_c5_a_night_over_the_other_clock_change_costs_its_elapsed_hours(
    book: Take, studio: str, clock: FixedClock
) -> None:
    start, end = in_chicago("2027-11-07 00:30 to 02:30", clock.now())
    booking = (await book(start, end, studio)).facts.booking
    assert (booking.length, booking.agreed_minor) == (3 * HOUR, 18_000)


async def test_c7_without_a_buffer_one_may_begin_when_the_other_ends(
    services: Services, cast: Cast, book: Take
) -> None:
    await services.room.add(cast.act(cast.producer), "Room B")
    await book(START, START + HOUR, "Room B")
    await book(START + HOUR, START + 2 * HOUR, "Room B")
    await book(START - HOUR, START, "Room B")
    with pytest.raises(RoomTaken):
        await book(START - timedelta(seconds=1), START + timedelta(seconds=1), "Room B")


@pytest.mark.parametrize(("gap", "fits"), [(30, True), (29, False), (0, False)])
async def test_the_gap_between_bookings_is_the_buffer_on_both_sides(
    book: Take, studio: str, gap: int, *, fits: bool
) -> None:
    await book(START, START + HOUR, studio)
    apart = timedelta(minutes=gap)
    for start in (START + HOUR + apart, START - HOUR - apart):
        if fits:
            await book(start, start + HOUR, studio)
        else:
            with pytest.raises(RoomTaken):
                await book(start, start + HOUR, studio)


async def at_once(services: Services, cast: Cast, apart: timedelta) -> list[Outcome | BaseException]:
    """Let 200 people book previews of one room and time at once; each begins a bit later than the one before."""
    async with services.db.write() as session:
        drafts = [
            Booking(
                guild_id=cast.member.guild_id, what=f"Band {number}", state=BookingState.DRAFT, room_id=1,
                start_at=START + number * apart, end_at=START + 5 * HOUR, zone="UTC", created_by=1_000 + number,
                created_at=services.clock.now(),
            )
            for number in range(MANY)
        ]  # fmt: skip
        session.add_all(drafts)
        await session.flush()
        keys = [draft.id for draft in drafts]
    return await asyncio.gather(
        *(services.booking.book(cast.act(cast.member, user_id=1_000 + n), key) for n, key in enumerate(keys)),
        return_exceptions=True,
    )


async def test_c8_of_200_confirms_at_once_exactly_one_wins(services: Services, cast: Cast, studio: str) -> None:
    results = await at_once(services, cast, timedelta(minutes=1))
    won = [result for result in results if isinstance(result, Outcome)]
    lost = [result for result in results if isinstance(result, RoomTaken)]
    assert (len(won), len(lost)) == (1, MANY - 1)
    assert all(f"#{won[0].facts.number} " in str(refusal) for refusal in lost)


async def test_the_database_alone_lets_one_of_200_confirms_win(
    services: Services, cast: Cast, studio: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.is_sqlite:
        pytest.skip("SQLite has no exclusion constraints; its writers come one at a time")

    async def nothing(*_given: object) -> list[object]:
        return []

    monkeypatch.setattr(booking_clash, "_of_room", nothing)
    results = await at_once(services, cast, timedelta(0))
    assert sum(isinstance(result, Outcome) for result in results) == 1
    assert sum(isinstance(result, JustTaken) for result in results) == MANY - 1


@pytest.mark.parametrize(("gap", "clashes"), [(20, True), (30, False), (-30, True)])
async def test_c9_a_person_without_a_break_is_a_soft_clash_booked_over_with_a_reason(
    services: Services, cast: Cast, book: Take, studio: str, gap: int, *, clashes: bool
) -> None:
    await book(START, START + HOUR, None, user_ids=(ANN,))
    start = START + HOUR + timedelta(minutes=gap)
    ask = Ask("Vocals", start, start + HOUR, room=studio, user_ids=(ANN, ANN + 1))
    draft = await services.booking.preview(cast.act(cast.member), ask)
    assert [clash.user_ids for clash in draft.clashes] == ([(ANN,)] if clashes else [])
    if clashes:
        with pytest.raises(ReasonNeeded, match=f"<@{ANN}>"):
            await services.booking.book(cast.act(cast.member), draft.facts.booking.id)
    outcome = await services.booking.book(cast.act(cast.member), draft.facts.booking.id, "she agreed")
    assert outcome.facts.state is BookingState.CONFIRMED
    assert outcome.facts.booking.reason == "she agreed"


async def test_a_role_on_two_sessions_is_a_soft_clash_and_one_who_declined_is_none(
    services: Services, cast: Cast, book: Take
) -> None:
    other = await book(START, START + HOUR, None, user_ids=(ANN,), role_ids=(BAND,))
    ask = Ask("Vocals", START, START + HOUR, user_ids=(ANN,), role_ids=(BAND,))
    (clash,) = (await services.booking.preview(cast.act(cast.member), ask)).clashes
    assert (clash.user_ids, clash.role_ids) == ((ANN,), (BAND,))
    await services.booking.answer(cast.act(cast.member, user_id=ANN), other.facts.booking.id, Answer.CANT)
    (clash,) = (await services.booking.preview(cast.act(cast.member), ask)).clashes
    assert (clash.user_ids, clash.role_ids) == ((), (BAND,))


async def test_a_hold_may_not_stand_on_a_confirmed_booking(
    services: Services, cast: Cast, book: Take, studio: str
) -> None:
    draft = await services.booking.preview(cast.act(cast.other), Ask("Drums", START, START + HOUR, room=studio))
    await book(START, START + HOUR, studio)
    with pytest.raises(RoomTaken):
        await services.booking.hold(cast.act(cast.other), draft.facts.booking.id)


async def test_other_rooms_and_other_servers_do_not_clash(
    services: Services, cast: Cast, book: Take, studio: str
) -> None:
    await services.room.add(cast.act(cast.producer), "Room B")
    await services.room.add(cast.act(cast.foreigner), "Studio A")
    await book(START, START + HOUR, studio, user_ids=(ANN,))
    await book(START, START + HOUR, "Room B")
    theirs = Ask("Theirs", START, START + HOUR, room="Studio A", user_ids=(ANN,))
    assert (await services.booking.preview(cast.act(cast.foreigner), theirs)).clashes == ()


async def test_a_month_long_booking_is_seen_from_its_last_minute(book: Take, studio: str) -> None:
    await book(START, START + timedelta(days=30), studio)
    last = START + timedelta(days=30)
    with pytest.raises(RoomTaken):
        await book(last - timedelta(minutes=1), last + HOUR, studio)
    await book(last + timedelta(minutes=30), last + 2 * HOUR, studio)


minutes = st.integers(0, 3 * 24 * 60).map(lambda count: START + timedelta(minutes=count))
lengths = st.integers(1, 600).map(lambda count: timedelta(minutes=count))


@given(st.lists(st.tuples(minutes, lengths), max_size=12), minutes, lengths)
def test_the_nearest_free_times_are_free_apart_and_none_is_nearer(
    busy: list[tuple[datetime, timedelta]], start: datetime, length: timedelta
) -> None:
    taken = [(at, at + lasting) for at, lasting in busy]
    bounds = START - timedelta(days=2), START + timedelta(days=8)
    found = nearest(taken, start, length, bounds, 3)
    assert len(found) == 3

    def is_free(at: datetime) -> bool:
        inside = bounds[0] <= at and at + length <= bounds[1]
        return inside and all(end <= at or at + length <= begin for begin, end in taken)

    assert all(end - begin == length and is_free(begin) for begin, end in found)
    ordered = sorted(found)
    assert all(before[1] <= after[0] for before, after in pairwise(ordered))
    nearest_by = abs(found[0][0] - start)
    step = timedelta(minutes=1)
    away = timedelta(0)
    while away < nearest_by:
        assert not is_free(start + away) and not is_free(start - away)
        away += step


def test_where_nothing_is_free_nothing_is_offered() -> None:
    bounds = START, START + timedelta(days=1)
    assert nearest([bounds], START, HOUR, bounds, 3) == []
