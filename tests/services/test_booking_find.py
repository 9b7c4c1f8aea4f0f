"""Finding a time: everybody and a room free, good hours first, and who blocks when nothing fits."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.models.booking import Answer
from bot.services import Services
from bot.services.booking import Ask, Outcome
from bot.services.booking_find import Finding, NotALength, SearchOver, TooWide
from bot.services.room import RoomArchived
from tests.conftest import FixedClock
from tests.support.cast import Cast

ANN, BEN, BAND = 100_000_000_000_000_011, 100_000_000_000_000_012, 800_000_000_000_000_009
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
DAY = datetime(2027, 3, 5, tzinfo=BERLIN)


async def find(services: Services, cast: Cast, *, hours: float = 3, **more: Any) -> Finding:
    search = {"within": (DAY, DAY + timedelta(days=2)), "user_ids": (), "role_ids": (), "room": None, **more}
    return await services.booking.find(cast.act(cast.member), length=hours * HOUR, **search)


async def book(services: Services, cast: Cast, start: datetime, hours: float, **more: Any) -> Outcome:
    draft = await services.booking.preview(cast.act(cast.producer), Ask("Busy", start, start + hours * HOUR, **more))
    return await services.booking.book(cast.act(cast.producer), draft.facts.booking.id, "agreed")


def local(finding: Finding) -> list[str]:
    return [f"{offer.start.astimezone(BERLIN):%d %H:%M}" for offer in finding.offers]


async def test_with_nothing_in_the_way_daytime_comes_first(services: Services, cast: Cast) -> None:
    assert local(await find(services, cast)) == ["05 09:00", "05 12:00", "06 09:00", "06 12:00"]


async def test_usual_hours_away_times_and_bookings_of_all_are_kept(services: Services, cast: Cast) -> None:
    ann, ben = cast.act(cast.member, user_id=ANN), cast.act(cast.member, user_id=BEN)
    await services.availability.set_hours(ann, "fri 14-22, sat 10-18")
    await services.availability.go_away(ben, DAY + 14 * HOUR, DAY + 16 * HOUR, "dentist")
    busy = await book(services, cast, DAY + timedelta(days=1, hours=10), 1, user_ids=(BEN,))
    both = (ANN, BEN)
    # Friday from 16, when Ben is back; Saturday half an hour after Ben's session.
    assert local(await find(services, cast, user_ids=both)) == ["05 16:00", "06 11:30", "06 12:00"]
    await services.booking.answer(ben, busy.facts.booking.id, Answer.CANT)
    assert local(await find(services, cast, user_ids=both)) == ["05 16:00", "06 10:00", "06 12:00"]


async def test_people_in_two_zones_meet_where_both_can(services: Services, cast: Cast) -> None:
    tokyo = cast.act(cast.member, user_id=ANN, zone=ZoneInfo("Asia/Tokyo"))
    await services.availability.set_hours(tokyo, "daily 17-22")
    await services.availability.set_hours(cast.act(cast.member, user_id=BEN), "daily 8-12")
    finding = await find(services, cast, user_ids=(ANN, BEN))
    assert local(finding) == ["05 09:00", "06 09:00"]  # 17:00-20:00 in Tokyo


async def test_a_room_is_found_with_its_gap_and_any_room_will_do(services: Services, cast: Cast) -> None:
    for name in ("Room A", "Room B"):
        await services.room.add(cast.act(cast.producer), name, buffer="30")
    await book(services, cast, DAY + 9 * HOUR, 2, room="Room A")
    in_a = await find(services, cast, room="Room A")
    assert local(in_a)[0] == "05 11:30" and {offer.room_name for offer in in_a.offers} == {"Room A"}
    anywhere = await find(services, cast)
    assert local(anywhere)[0] == "05 09:00" and anywhere.offers[0].room_name == "Room B"
    await services.room.archive(cast.act(cast.producer), "Room A")
    with pytest.raises(RoomArchived):
        await find(services, cast, room="#1")


async def test_it_says_whose_absence_blocks(services: Services, cast: Cast) -> None:
    ann, ben = cast.act(cast.member, user_id=ANN), cast.act(cast.member, user_id=BEN)
    away = DAY - 24 * HOUR, DAY + timedelta(days=3)
    await services.availability.go_away(ann, *away, "secret")
    blocked = await find(services, cast, user_ids=(ANN, BEN))
    assert (blocked.offers, blocked.user_ids, blocked.rooms) == ((), (ANN,), ())
    await services.availability.go_away(ben, *away, None)
    assert (await find(services, cast, user_ids=(ANN, BEN))).user_ids == ()
    await services.room.add(cast.act(cast.producer), "Room A")
    await book(services, cast, DAY, 24 * 3, room="Room A", role_ids=(BAND,))
    assert (await find(services, cast, room="Room A")).rooms == ("Room A",)
    await services.room.add(cast.act(cast.producer), "Room B")
    assert (await find(services, cast, role_ids=(BAND,))).role_ids == (BAND,)


async def test_searches_that_make_no_sense_are_refused(services: Services, cast: Cast, clock: FixedClock) -> None:
    with pytest.raises(NotALength):
        await find(services, cast, hours=0)
    with pytest.raises(NotALength):
        await find(services, cast, hours=31 * 24)
    with pytest.raises(TooWide):
        await find(services, cast, within=(DAY, DAY + timedelta(days=61)))
    with pytest.raises(SearchOver):
        await find(services, cast, within=(clock.now() - 2 * HOUR, clock.now() - HOUR))
    default = await find(services, cast, within=None)
    assert len(default.offers) == 5 and default.offers[0].start >= clock.now()


async def test_eight_people_and_five_rooms_over_sixty_days(services: Services, cast: Cast) -> None:
    people = tuple(range(ANN, ANN + 8))
    for number in range(5):
        await services.room.add(cast.act(cast.producer), f"Room {number}", buffer="30")
    for key in people:
        await services.availability.set_hours(cast.act(cast.member, user_id=key), "mon-fri 17-23, sat 10-20")
    for day in range(30):
        await book(services, cast, DAY + timedelta(days=day, hours=18), 2, room=f"Room {day % 5}", user_ids=people[:1])
    finding = await find(services, cast, within=(DAY, DAY + timedelta(days=60)), user_ids=people)
    assert local(finding) == ["06 10:00", "06 12:00", "13 10:00", "13 12:00", "20 10:00"]
