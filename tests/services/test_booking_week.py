"""Which sessions a week shows, and who can when."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import NotFound
from bot.models.booking import Answer, Booking, BookingKind, BookingState
from bot.services import Services
from bot.services.booking_week import MOST_DRAWN, FarWeek, Week
from tests.support.cast import GUILD, Cast
from tests.support.sessions import ANN, BEN, HOUR, Taken
from tests.support.statements import MOST, statements

MONDAY = date(2027, 3, 1)
NIGHT = datetime(2027, 2, 28, 22, 0, tzinfo=UTC)  # Sunday 23:00 in Berlin
DAY = datetime(2027, 3, 5, tzinfo=UTC)


def numbers(week: Week) -> list[int | None]:
    return [facts.number for facts in week.bookings]


def row(number: int | None, state: BookingState, start: datetime, hours: int = 2, guild: int = GUILD) -> Booking:
    return Booking(
        guild_id=guild, number=number, what=f"Take {number}", kind=BookingKind.OTHER, state=state, start_at=start,
        end_at=start + hours * HOUR, zone="Europe/Berlin", created_by=1, created_at=start,
    )  # fmt: skip


async def store(services: Services, *rows: Booking) -> None:
    async with services.db.write() as session:
        session.add_all(rows)


async def test_it_holds_what_touches_its_days_on_the_viewers_clock(services: Services, cast: Cast) -> None:
    confirmed = BookingState.CONFIRMED
    await store(
        services,
        row(1, confirmed, NIGHT - 2 * HOUR, 3),  # to midnight sharp: the week before
        row(2, confirmed, NIGHT, 2),  # over midnight into Monday
        row(3, BookingState.HELD, DAY),
        row(4, BookingState.CANCELLED, DAY + HOUR),
        row(5, BookingState.RELEASED, DAY),
        row(None, BookingState.DRAFT, DAY),
        row(6, confirmed, NIGHT + timedelta(days=7, hours=1)),  # next Monday
        row(7, confirmed, NIGHT - timedelta(days=20), 24 * 25),  # all week, from long before
        row(1, confirmed, DAY, guild=GUILD + 50),
    )
    with statements(services.db) as sent:
        week = await services.week.week(cast.member)
    assert (week.first, numbers(week), week.more) == (MONDAY, [7, 2, 3, 4], 0) and len(sent) <= MOST
    before = await services.week.week(cast.member, MONDAY - timedelta(days=1))
    assert (before.first, numbers(before)) == (MONDAY - timedelta(days=7), [7, 1, 2])
    assert numbers(await services.week.week(cast.foreigner)) == []


async def test_of_many_those_that_take_place_come_first(services: Services, cast: Cast) -> None:
    gone = [row(number, BookingState.CANCELLED, DAY) for number in range(1, 11)]
    on = [row(number, BookingState.CONFIRMED, DAY + HOUR) for number in range(11, 46)]
    await store(services, *gone, *on)
    week = await services.week.week(cast.member)
    assert len(week.bookings) == MOST_DRAWN and week.more == 5
    assert {facts.number for facts in week.bookings} >= set(range(11, 46))


async def test_one_room_alone_and_answers(services: Services, cast: Cast, booked: Taken) -> None:
    await services.room.add(cast.act(cast.producer), "Room B")
    first = await booked(cast.producer, "Vocals", DAY + 9 * HOUR, user_ids=(ANN, BEN))
    await booked(cast.producer, "Drums", DAY + 9 * HOUR, room="Room B")
    await services.booking.answer(cast.act(cast.member, user_id=ANN), first.facts.booking.id, Answer.COMING)
    [vocals] = (await services.week.week(cast.member, MONDAY, "room a")).bookings
    assert (vocals.coming, vocals.waiting, vocals.room_name) == ((ANN,), (BEN,), "Room A")
    assert numbers(await services.week.week(cast.member, MONDAY, 2)) == [2]
    assert numbers(await services.week.week(cast.member, MONDAY)) == [1, 2]
    with pytest.raises(NotFound):
        await services.week.week(cast.foreigner, MONDAY, 1)
    with pytest.raises(FarWeek):
        await services.week.week(cast.member, date(9999, 12, 31))


async def test_each_persons_time_is_told_apart(services: Services, cast: Cast, booked: Taken) -> None:
    ann, ben = cast.act(cast.member, user_id=ANN), cast.act(cast.member, user_id=BEN)
    await services.availability.set_hours(ann, "fri 14-22")  # 13:00-21:00 UTC
    await services.availability.go_away(ben, DAY + 13 * HOUR, DAY + 15 * HOUR, "dentist")
    taken = await booked(cast.producer, "Vocals", DAY + 18 * HOUR, 2, user_ids=(BEN,))
    within = DAY, DAY + 24 * HOUR
    with statements(services.db) as sent:
        who = await services.week.who(cast.member, (ANN, BEN), *within)
    assert len(sent) == 3
    first, second = who.people
    assert (first.free, first.usual, first.has_said) == (((DAY + 13 * HOUR, DAY + 21 * HOUR),), first.free, True)
    assert second.away == ((DAY + 13 * HOUR, DAY + 15 * HOUR),) and not second.has_said
    assert second.booked == ((DAY + 18 * HOUR, DAY + 20 * HOUR),)
    assert who.common == [(DAY + 15 * HOUR, DAY + 18 * HOUR), (DAY + 20 * HOUR, DAY + 21 * HOUR)]
    await services.booking.answer(ben, taken.facts.booking.id, Answer.CANT)
    assert (await services.week.who(cast.member, (ANN, BEN), *within)).common[0][1] == DAY + 21 * HOUR


async def test_who_is_in_the_way_is_named_where_it_is_one(services: Services, cast: Cast) -> None:
    people = [cast.act(cast.member, user_id=key) for key in (ANN, BEN, BEN + 1)]
    await services.availability.set_hours(people[0], "fri 10-12")
    await services.availability.set_hours(people[1], "fri 14-16")
    who = await services.week.who(cast.member, [each.user_id for each in people], DAY, DAY + 24 * HOUR)
    assert who.common == [] and who.in_the_way == [ANN, BEN]
    alone = await services.week.who(cast.member, [ANN], DAY + 24 * HOUR, DAY + 48 * HOUR)
    assert alone.common == [] and alone.in_the_way == []
