"""Rooms: their house rules as typed, and what a session costs."""

from datetime import timedelta

import pytest

from bot.errors import NotAllowed, NotFound
from bot.fuzzy import NotQuite
from bot.models.room import Room, RoomUnit
from bot.money import read_amount
from bot.services import Services
from bot.services.project import NameTaken, OtherCurrency
from bot.services.room import (
    NotALadder,
    NotALength,
    RoomArchived,
    cancellation_percent,
    read_ladder,
    read_minutes,
)
from bot.services.room_price import price
from bot.services.settings import NotAZone
from tests.support.cast import Cast


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30", 30), ("90min", 90), ("1h", 60), ("1.5h", 90), ("1,5 h", 90), ("1h30", 90), ("2 hours", 120), ("0", 0)],
)
def test_lengths_of_house_rules(text: str, minutes: int) -> None:
    assert read_minutes(text, "buffer") == minutes


@pytest.mark.parametrize("text", ["", "soon", "-30", "25h", "9999", "1h1h", "NaN"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(NotALength):
        read_minutes(text, "buffer")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("48h 50%, 24h 100%", [[24, 100], [48, 50]]),
        ("<48:50%; <24:100%", [[24, 100], [48, 50]]),
        ("7d 50% and 2 days 100%", [[48, 100], [168, 50]]),
    ],
)
def test_cancellation_ladders(text: str, steps: list[list[int]]) -> None:
    assert read_ladder(text) == steps


@pytest.mark.parametrize("text", ["", "half", "48h", "48h 150%", ",".join(f"{n}h 5%" for n in range(1, 9))])
def test_what_is_no_ladder_is_refused(text: str) -> None:
    with pytest.raises(NotALadder):
        read_ladder(text)


@pytest.mark.parametrize(
    ("hours", "percent"), [(100, 0), (48, 0), (47.9, 50), (24, 50), (23.9, 100), (0, 100), (-1, 100)]
)
def test_what_a_late_cancellation_owes(hours: float, percent: int) -> None:
    assert cancellation_percent(Room(cancellation=[[24, 100], [48, 50]]), timedelta(hours=hours)) == percent


@pytest.mark.parametrize(
    ("unit", "rate", "minimum", "hours", "cost"),
    [
        (RoomUnit.HOUR, 6_000, 0, 3, 18_000),
        (RoomUnit.HOUR, 6_000, 0, 2.5, 15_000),
        (RoomUnit.HOUR, 6_000, 240, 3, 24_000),
        (RoomUnit.HOUR, 5_500, 0, 1 / 3, 1_833),
        (RoomUnit.HALF_DAY, 20_000, 0, 3, 20_000),
        (RoomUnit.HALF_DAY, 20_000, 0, 7, 40_000),
        (RoomUnit.DAY, 65_000, 0, 2, 65_000),
        (RoomUnit.DAY, 65_000, 0, 12, 65_000),
        (RoomUnit.DAY, 65_000, 0, 24, 130_000),
        (RoomUnit.DAY, 65_000, 0, 30, 130_000),
        (RoomUnit.DAY, 65_000, 0, 96, 260_000),
        (RoomUnit.SESSION, 9_000, 0, 9, 9_000),
    ],
)
def test_what_a_session_costs(unit: RoomUnit, rate: int, minimum: int, hours: float, cost: int) -> None:
    room = Room(rate_minor=rate, unit=unit, minimum_minutes=minimum)
    assert price(room, timedelta(hours=hours)) == cost


def test_a_room_without_a_rate_costs_nothing_known() -> None:
    assert price(Room(rate_minor=None, unit=RoomUnit.HOUR, minimum_minutes=0), timedelta(hours=1)) is None


async def test_a_room_keeps_its_rules(services: Services, cast: Cast) -> None:
    room = await services.room.add(
        cast.producer,
        "Room A",
        rate=read_amount("60"),
        unit=RoomUnit.HOUR,
        minimum="2h",
        buffer="30",
        address="Pier 4",
        timezone="chicago",
        cancellation="48h 50%",
    )
    assert (room.number, room.rate_minor, room.currency, room.minimum_minutes) == (1, 6_000, "EUR", 120)
    assert (room.buffer_minutes, room.timezone, room.cancellation) == (30, "America/Chicago", [[48, 50]])


async def test_a_rooms_currency_is_that_of_its_rate(services: Services, cast: Cast) -> None:
    room = await services.room.add(cast.producer, "Room A", rate=read_amount("£60"))
    assert (room.rate_minor, room.currency) == (6_000, "GBP")
    room = await services.room.edit(cast.act(cast.producer), "Room A", rate=read_amount("70"))
    assert (room.rate_minor, room.currency) == (7_000, "GBP")


async def test_a_dollar_sign_means_the_rooms_own_dollars_only_where_it_counts_in_dollars(
    services: Services, cast: Cast
) -> None:
    with pytest.raises(OtherCurrency):
        await services.room.add(cast.producer, "Room A", rate=read_amount("$60"))


async def test_bad_rules_add_no_room(services: Services, cast: Cast) -> None:
    for given, error in (
        ({"buffer": "soon"}, NotALength),
        ({"cancellation": "half"}, NotALadder),
        ({"timezone": "Qwghlm"}, NotAZone),
    ):
        with pytest.raises(error):
            await services.room.add(cast.act(cast.producer), "Room A", **given)
    assert await services.room.listed(cast.producer) == []


async def test_names_are_unique_and_members_may_not_add(services: Services, cast: Cast) -> None:
    await services.room.add(cast.producer, "Room A")
    with pytest.raises(NameTaken):
        await services.room.add(cast.act(cast.producer), "room a")
    with pytest.raises(NotAllowed):
        await services.room.add(cast.member, "Room B")


async def test_foreign_rooms_are_not_found(services: Services, cast: Cast) -> None:
    await services.room.add(cast.producer, "Room A")
    with pytest.raises(NotFound):
        await services.room.show(cast.foreigner, "#1")
    with pytest.raises(NotFound):
        await services.room.edit(cast.foreigner, "Room A", name="Mine")
    assert await services.room.suggest(cast.foreigner, "room") == []


async def test_closed_rooms_can_be_brought_back(services: Services, cast: Cast) -> None:
    await services.room.add(cast.producer, "Room A")
    assert (await services.room.archive(cast.act(cast.producer), "Room A")).archived_at is not None
    with pytest.raises(RoomArchived):
        await services.room.edit(cast.act(cast.producer), "Room A", name="Room B")
    assert await services.room.listed(cast.member) == []
    await services.room.add(cast.act(cast.producer), "Room B")
    with pytest.raises(RoomArchived):  # the whole name means the closed one, however like an open one is
        await services.room.edit(cast.act(cast.producer), "Room A", address="Pier 4")
    with pytest.raises(NotQuite):
        await services.room.edit(cast.act(cast.producer), "Room C", address="Pier 4")
    assert (await services.room.archive(cast.act(cast.producer), "#1")).archived_at is None
