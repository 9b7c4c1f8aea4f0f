"""Opening hours of rooms in every check: on the wall of the room, over midnight and through clock changes (R22)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.models.booking import BookingState
from bot.models.room import Room
from bot.services import Services
from bot.services.availability_hours import read_weekly
from bot.services.booking import Ask
from bot.services.booking_clash import ReasonNeeded, RoomTaken, open_spans
from tests.support.cast import Cast

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def at(day: int, hour: float, month: int = 3) -> datetime:
    return datetime(2027, month, day, tzinfo=BERLIN) + timedelta(hours=hour)


@pytest.fixture
async def cellar(services: Services, cast: Cast) -> str:
    """The Cellar: weekdays from 18 to 2 at night, and Saturday afternoon, in Berlin."""
    await services.room.add(cast.act(cast.producer), "Cellar")
    await services.room.edit(cast.act(cast.producer), "Cellar", hours="mon-fri 18-2, sat 12-20")
    return "Cellar"


async def ask(services: Services, cast: Cast, start: datetime, hours: float = 3) -> int:
    draft = await services.booking.preview(
        cast.act(cast.member), Ask("Session", start.astimezone(UTC), start.astimezone(UTC) + hours * HOUR, "Cellar")
    )
    return len(draft.clashes)


async def test_a_closed_room_is_a_soft_clash_that_a_reason_overcomes(
    services: Services, cast: Cast, cellar: str
) -> None:
    assert [await ask(services, cast, at(5, hour)) for hour in (18, 22, 23, 16)] == [0, 0, 0, 1]
    assert await ask(services, cast, at(6, 12), 8) == 0  # a Saturday, to the minute
    assert await ask(services, cast, at(7, 12)) == 1
    start = at(5, 15).astimezone(UTC)
    draft = await services.booking.preview(cast.act(cast.member), Ask("Early", start, start + HOUR, room=cellar))
    key = draft.facts.booking.id
    with pytest.raises(ReasonNeeded, match=r"Cellar is closed then: it is open Mon .* 18-24.*Europe/Berlin"):
        await services.booking.book(cast.act(cast.member), key)
    done = await services.booking.book(cast.act(cast.member), key, "the owner opens for us")
    assert done.facts.booking.reason == "the owner opens for us"
    held = await services.booking.preview(cast.act(cast.member), Ask("Held", at(4, 10), at(4, 11), room=cellar))
    outcome = await services.booking.hold(cast.act(cast.member), held.facts.booking.id)
    assert outcome.facts.state is BookingState.HELD
    with pytest.raises(ReasonNeeded, match="closed"):
        await services.booking.confirm(cast.act(cast.member), outcome.facts.booking.id)
    moved = at(8, 9).astimezone(UTC)
    with pytest.raises(ReasonNeeded, match="closed"):
        await services.booking.move(cast.act(cast.member), done.facts.booking.id, moved, moved + HOUR)


def test_hours_stay_on_the_wall_through_a_clock_change() -> None:
    room = Room(opening=read_weekly("daily 10-22"), timezone="Europe/Berlin")
    spans = open_spans(room, at(27, 0), at(29, 0))  # the clocks go forward in the night to the 28th
    assert spans == [(at(27, 10), at(27, 22)), (at(28, 10), at(28, 22))]
    assert [span[0].astimezone(UTC).hour for span in spans] == [9, 8]
    night = Room(opening=read_weekly("sat 22-6"), timezone="Europe/Berlin")
    ((start, end),) = open_spans(night, at(27, 12), at(28, 12))
    assert end.astimezone(UTC) - start.astimezone(UTC) == 7 * HOUR


async def test_free_times_that_are_offered_are_within_the_hours(services: Services, cast: Cast, cellar: str) -> None:
    start = at(5, 18).astimezone(UTC)
    draft = await services.booking.preview(
        cast.act(cast.member), Ask("All night", start, start + 8 * HOUR, room=cellar)
    )
    await services.booking.book(cast.act(cast.member), draft.facts.booking.id)
    with pytest.raises(RoomTaken) as taken:
        await ask(services, cast, at(5, 20))
    assert [(s.astimezone(BERLIN).day, s.astimezone(BERLIN).hour) for s, _ in taken.value.slots] == [
        (6, 12), (6, 15), (4, 23),
    ]  # fmt: skip
    with pytest.raises(RoomTaken) as taken:  # too long for any day: the hours can't be kept
        await ask(services, cast, at(5, 20), 30)
    assert len(taken.value.slots) == 3


async def test_find_respects_the_hours_and_says_when_only_the_room_is_in_the_way(
    services: Services, cast: Cast, cellar: str
) -> None:
    within = (at(3, 0).astimezone(UTC), at(8, 0).astimezone(UTC))
    search = {"within": within, "user_ids": (), "role_ids": (), "room": cellar}
    found = await services.booking.find(cast.member, length=4 * HOUR, **search)
    assert len(found.offers) > 2
    assert {await ask(services, cast, offer.start, 4) for offer in found.offers} == {0}
    none = await services.booking.find(cast.member, length=9 * HOUR, **search)
    assert (none.offers, none.rooms) == ((), ("Cellar",))
