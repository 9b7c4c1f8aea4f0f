"""Overtime as people type it and as it is reckoned; days, lock-outs and billing steps (facts 4.1-4.3, R27)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.errors import UserError
from bot.models.room import Room, RoomUnit
from bot.money import read_amount
from bot.services import Services
from bot.services.project import OtherCurrency
from bot.services.room import NotADay, NotAStep, read_day, read_step
from bot.services.room_overtime import (
    NotOvertime,
    Overtime,
    OvertimeCurrency,
    OvertimeOfOther,
    OvertimeStep,
    in_words,
    must_have_its_rate,
    read_overtime,
    rule_of,
    store,
)
from bot.services.room_price import Overrun, overrun, price
from tests.support.cast import Cast

HOUR = timedelta(hours=1)
DAY, HALF, HOURLY, SESSION = RoomUnit.DAY, RoomUnit.HALF_DAY, RoomUnit.HOUR, RoomUnit.SESSION


def room_of(unit: RoomUnit, rate: int | None, overtime: str = "", **more: object) -> Room:
    room = Room(
        name="Room A", unit=unit, rate_minor=rate, currency="EUR", minimum_minutes=0, is_lockout=False, **more
    )  # fmt: skip
    if overtime:
        room.overtime = overtime
        store(room, read_overtime(overtime, room))
    return room


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1.5x after 10h", Overtime(60, 600, percent=Decimal(150), unit=HOURLY)),
        ("time and a half after 10 hours", Overtime(60, 600, percent=Decimal(150), unit=HOURLY)),
        ("after 10h: x1.5", Overtime(60, 600, percent=Decimal(150), unit=HOURLY)),
        ("50% more after 10h", Overtime(60, 600, percent=Decimal(150), unit=HOURLY)),
        ("150% of the hourly rate after 8h, in 30 min steps", Overtime(30, 480, percent=Decimal(150), unit=HOURLY)),
        ("10% of day rate per started hour after 12h", Overtime(60, 720, percent=Decimal(10), unit=DAY)),
        ("10% after 12h", Overtime(60, 720, percent=Decimal(10), unit=DAY)),
        ("2.5% of the day rate per started 15 min", Overtime(15, None, percent=Decimal(10), unit=DAY)),
        ("30 min steps at 45", Overtime(30, None, rate_minor=9_000)),
        ("45/h in 15 min steps", Overtime(15, None, rate_minor=4_500)),
        ("€45 per hour", Overtime(60, None, rate_minor=4_500)),
        ("12,50 EUR per half hour", Overtime(30, None, rate_minor=2_500)),
        ("45 per started hour after the first 10 hours", Overtime(60, 600, rate_minor=4_500)),
        ("none", Overtime(60, rate_minor=0)),
    ],
)
def test_rules_as_people_type_them(text: str, rule: Overtime) -> None:
    assert read_overtime(text, room_of(DAY, 65_000)) == rule


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", NotOvertime),
        ("ask the desk", NotOvertime),
        ("1.5x after lunch", NotOvertime),
        ("45/h after 22:00", NotOvertime),
        ("1.5x and 45", NotOvertime),
        ("9999%", NotOvertime),
        ("25 min steps at 4", OvertimeStep),
        ("45 per 2h", OvertimeStep),
        ("£45/h", OtherCurrency),
    ],
)
def test_what_is_no_rule_is_refused(text: str, error: type[UserError]) -> None:
    with pytest.raises(error, match="othing was"):
        read_overtime(text, room_of(DAY, 65_000))


def test_a_part_of_a_rate_is_of_one_the_room_has() -> None:
    hourly = room_of(HOURLY, 6_000)
    with pytest.raises(NotOvertime):  # ten per cent of an hour's price, for an hour?
        read_overtime("10% after 12h", hourly)
    for room, text in ((hourly, "10% of day rate after 12h"), (room_of(SESSION, 9_000), "1.5x after 3h")):
        with pytest.raises(OvertimeOfOther):
            must_have_its_rate(room, read_overtime(text, room))


@pytest.mark.parametrize(
    ("unit", "rate", "overtime", "words"),
    [
        (HOURLY, 6_000, "1.5x after 10h", "1.5 x the hourly rate per started hour, €90.00, after 10 h"),
        (DAY, 65_000, "10% of day rate per hour after 12h",
         "10 % of the day rate per started hour, €65.00, after 12 h"),
        (DAY, 65_000, "45/h in 15 min steps", "€11.25 per started 15 min, from the booked end on"),
        (DAY, None, "1.5x", "1.5 x the hourly rate per started hour, from the booked end on"),
        (DAY, 65_000, "none", "none charged"),
    ],
)  # fmt: skip
def test_a_rule_is_said_back(unit: RoomUnit, rate: int | None, overtime: str, words: str) -> None:
    assert in_words(room_of(unit, rate, overtime), "en-US") == words


def test_texts_from_before_are_read_when_they_can_be_and_kept_as_notes_else() -> None:
    readable = room_of(DAY, 65_000)
    readable.overtime = "10% of day rate per hour after 12h"
    assert rule_of(readable) == Overtime(60, 720, percent=Decimal(10), unit=DAY)
    assert price(readable, 14 * HOUR) == 78_000
    note = room_of(DAY, 65_000)
    note.overtime = "ask Joe"
    assert rule_of(note) is None and in_words(note, "en-US") == "“ask Joe”, a note that I can't reckon with"
    assert overrun(note, 12 * HOUR, 14 * HOUR) == Overrun(120, None)
    assert in_words(room_of(DAY, 65_000), "en-US") == ""


@pytest.mark.parametrize(
    ("room", "hours", "cost"),
    [
        (room_of(HOURLY, 6_000, "1.5x after 10h"), 12, 78_000),
        (room_of(HOURLY, 6_000, "1.5x after 10h"), 3, 18_000),
        (room_of(HOURLY, 6_000, billing_minutes=30), 2.1, 15_000),
        (room_of(HOURLY, 6_000, billing_minutes=60), 2.1, 18_000),
        (room_of(DAY, 65_000, "10% of day rate per started hour after 12h"), 14, 78_000),
        (room_of(DAY, 65_000, "10% of day rate per started hour after 12h"), 23.5, 130_000),
        (room_of(DAY, 65_000, "10% of day rate per started hour after 12h"), 36, 130_000),
        (room_of(DAY, 65_000, included_minutes=600), 11, 130_000),
        (room_of(DAY, 65_000, "50/h", included_minutes=600), 11, 70_000),
        (room_of(HALF, 40_000, included_minutes=300), 5, 40_000),
        (room_of(SESSION, 13_000, "15 min steps at 32.50 after 3h"), 3, 13_000),
    ],
)
def test_what_a_session_costs_with_its_rules(room: Room, hours: float, cost: int) -> None:
    assert price(room, hours * HOUR) == cost


def test_a_lock_out_counts_each_day_once() -> None:
    lockout = room_of(DAY, 65_000, included_minutes=1440)
    lockout.is_lockout = True
    assert [price(lockout, hours * HOUR) for hours in (10, 24, 25, 72)] == [65_000, 65_000, 130_000, 195_000]
    lockout.included_minutes = 600
    store(lockout, read_overtime("50/h after 10h", lockout))
    assert [price(lockout, hours * HOUR) for hours in (10, 12, 24, 58)] == [65_000, 65_000, 65_000, 195_000]
    assert overrun(lockout, 58 * HOUR, 60 * HOUR) == Overrun(120, 10_000)


@pytest.mark.parametrize(
    ("room", "booked", "lasted", "over"),
    [
        (room_of(DAY, 65_000, "10% of day rate per started hour after 12h"), 12, 14, Overrun(120, 13_000)),
        (room_of(DAY, 65_000, "10% of day rate per started hour after 12h"), 10, 12, Overrun(120, 0)),
        (room_of(SESSION, 13_000, "15 min steps at 32.50"), 3, 3 + 35 / 60, Overrun(35, 9_750)),
        (room_of(DAY, 65_000, "30 min steps at 45"), 8, 8 + 1 / 60, Overrun(1, 4_500)),
        (room_of(HOURLY, 6_000, "none"), 3, 5, Overrun(120, 0)),
        (room_of(HOURLY, 6_000, billing_minutes=15), 3, 3.1, Overrun(6, 1_500)),
        (room_of(HOURLY, 6_000), 3, 2, Overrun(0, 0)),
        (room_of(HOURLY, None), 3, 4, Overrun(60, None)),
        (room_of(DAY, 65_000), 12, 13, Overrun(60, None)),
    ],
)
def test_what_staying_longer_adds(room: Room, booked: float, lasted: float, over: Overrun) -> None:
    assert overrun(room, booked * HOUR, lasted * HOUR) == over


def test_lengths_of_days_and_billing_steps() -> None:
    assert [read_day(text) for text in ("10", "10h", "24h lock-out", "lockout", "usual")] == [
        (600, False), (600, False), (1440, True), (None, True), (None, False),
    ]  # fmt: skip
    assert [read_step(text) for text in ("15", "30 min", "1h", "none")] == [15, 30, 60, None]
    for text in ("", "long", "0", "30min", "25h"):
        with pytest.raises(NotADay):
            read_day(text)
    for text in ("", "7", "2h"):
        with pytest.raises(NotAStep):
            read_step(text)


async def test_a_room_keeps_its_rule_in_its_columns(services: Services, cast: Cast) -> None:
    rate, overtime = read_amount("650"), "10% of day rate per started hour after 12h"
    await services.room.add(cast.act(cast.producer), "Room A", rate=rate, unit=DAY, overtime=overtime)
    room = await services.room.edit(
        cast.act(cast.producer), "Room A", hours="mon-fri 18-2", included="12h", steps="30"
    )  # fmt: skip
    kept = await services.room.show(cast.member, "Room A")
    assert (kept.overtime, kept.overtime_step_minutes, kept.overtime_after_minutes) == (overtime, 60, 720)
    assert (kept.overtime_percent, kept.overtime_unit, kept.included_minutes) == (Decimal(10), DAY, 720)
    assert (kept.billing_minutes, kept.opening[0], kept.opening[1]) == (30, [0, 1080, 1440], [1, 0, 120])
    with pytest.raises(OvertimeOfOther):
        await services.room.edit(cast.act(cast.producer), "Room A", unit=HOURLY)
    await services.room.edit(cast.act(cast.producer), "Room A", overtime="30 min steps at 45")
    with pytest.raises(OvertimeCurrency):
        await services.room.edit(cast.act(cast.producer), "Room A", rate=read_amount("£600"))
    act = cast.act(cast.producer)
    await services.room.edit(act, "Room A", overtime="unset")
    gone = await services.room.show(cast.member, "Room A")
    assert (gone.overtime, rule_of(gone)) == (None, None)
    await services.undo.undo(act.again() and cast.act(cast.producer), act.change_id)
    assert rule_of(await services.room.show(cast.member, "Room A")) == Overtime(30, rate_minor=9_000)
    assert room.number == 1
