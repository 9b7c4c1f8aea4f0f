"""What becomes of a booking: holds and their queue, moves and cancellations, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.errors import NotFound
from bot.models.booking import Answer, BookingState, News
from bot.models.budget import Expense
from bot.models.reminder import ReminderKind
from bot.money import read_amount
from bot.services import Services
from bot.services.booking import release_expired
from bot.services.booking_challenge import ChallengedAlready, FirmAlready, FirstAlready, NoHoldBehind
from bot.services.booking_checks import (
    ConfirmedAlready,
    LongSession,
    NotActive,
    NotYourBooking,
    SameTime,
    StartsInPast,
)
from bot.services.booking_clash import ReasonNeeded, RoomTaken
from bot.services.booking_holds import NotFirst
from bot.services.booking_price import FeeAsked
from bot.services.budget import standing
from tests.conftest import FixedClock
from tests.support.cast import Cast
from tests.support.sessions import ANN, BAND, BEN, HOUR, START, Taken, planned, stored


async def test_a_second_hold_queues_and_moves_up(services: Services, cast: Cast, held: Taken) -> None:
    first, second, third = await held(cast.member), await held(cast.other, start=START + HOUR), await held(cast.other)
    assert [(await stored(services, hold)).rank for hold in (first, second, third)] == [1, 2, 3]
    with pytest.raises(NotFirst, match="#1"):
        await services.booking.confirm(cast.act(cast.other), "#2")
    outcome = await services.booking.cancel(cast.act(cast.member), "#1", "no singer")
    assert outcome.notice is not None and "no singer" in outcome.notice.text
    assert [(await stored(services, hold)).rank for hold in (second, third)] == [1, 2]
    assert (await stored(services, second)).news is News.PROMOTED
    await services.booking.confirm(cast.act(cast.other), "#2")
    loser = await stored(services, third)
    assert (loser.state, loser.news) == (BookingState.RELEASED, News.LOST)
    assert await planned(services, third) == []
    with pytest.raises(NotActive, match="released"):
        await services.booking.confirm(cast.act(cast.other), "#3")
    with pytest.raises(ConfirmedAlready):
        await services.booking.confirm(cast.act(cast.other), "#2")


async def test_booking_over_a_hold_needs_a_reason_and_releases_it(
    services: Services, cast: Cast, held: Taken, previewed: Any
) -> None:
    hold = await held(cast.member)
    draft = await previewed(cast.other, "Drums")
    assert [clash.is_hard for clash in draft.clashes] == [False] and draft.rank == 2
    with pytest.raises(ReasonNeeded, match="hold #1"):
        await services.booking.book(cast.act(cast.other), draft.facts.booking.id)
    outcome = await services.booking.book(cast.act(cast.other), draft.facts.booking.id, "the label pays")
    assert (await stored(services, outcome)).reason == "the label pays"
    assert (await stored(services, hold)).state is BookingState.RELEASED


async def test_an_expired_hold_is_released_and_the_next_one_moves_up(
    services: Services, cast: Cast, held: Taken, clock: FixedClock
) -> None:
    first = await held(cast.member, hold_until=clock.now() + HOUR)
    second = await held(cast.other)
    key = first.facts.booking.id
    async with services.db.write() as session:
        assert not await release_expired(session, key, clock.now())
    clock.forward(hours=1)
    async with services.db.write() as session:
        assert await release_expired(session, key, clock.now())
        assert not await release_expired(session, key, clock.now())
        assert not await release_expired(session, 10**9, clock.now())
    assert (await stored(services, first)).state is BookingState.RELEASED
    assert (await stored(services, second)).rank == 1


async def test_moving_replans_asks_again_and_keeps_the_price(
    services: Services, cast: Cast, booked: Taken, project: str, room: str
) -> None:
    outcome = await booked(cast.member, user_ids=(ANN, BEN), role_ids=(BAND,))
    key = outcome.facts.booking.id
    ann, ben = cast.act(cast.member, user_id=ANN), cast.act(cast.member, user_id=BEN)
    await services.booking.answer(ann, key, Answer.COMING)
    await services.booking.answer(ben, key, Answer.CANT)
    await services.room.edit(cast.act(cast.producer), room, rate=read_amount("100"))
    later = START + timedelta(days=1)
    moved = await services.booking.move(cast.act(cast.member), "#1", later, later + 3 * HOUR)
    assert moved.facts.coming == () and moved.facts.waiting == (ANN, BEN)
    assert moved.notice is not None and set(moved.notice.user_ids) == {ANN} and moved.notice.role_ids == (BAND,)
    assert [at for _, at in await planned(services, moved)] == [later - timedelta(hours=24), later - HOUR]
    assert (await stored(services, moved)).agreed_minor == 18_000
    longer = await services.booking.move(cast.act(cast.member), "#1", later, later + 4 * HOUR)
    assert (await stored(services, longer)).agreed_minor == 40_000


async def test_moves_that_are_refused_change_nothing(services: Services, cast: Cast, booked: Taken) -> None:
    await booked(cast.member, "Drums")
    mine = await booked(cast.member, start=START + timedelta(days=1))
    move, key = services.booking.move, mine.facts.booking.id
    with pytest.raises(SameTime):
        await move(cast.act(cast.member), key, mine.facts.start, mine.facts.end)
    with pytest.raises(RoomTaken):
        await move(cast.act(cast.member), key, START, START + HOUR)
    with pytest.raises(StartsInPast):
        await move(cast.act(cast.member), key, START - timedelta(days=30), START)
    with pytest.raises(LongSession, match="30 hours"):
        await move(cast.act(cast.member), key, START + timedelta(days=2), START + timedelta(days=2, hours=30))
    with pytest.raises(NotYourBooking, match=f"<@{cast.member.user_id}>"):
        await move(cast.act(cast.other), key, START + timedelta(days=3), START + timedelta(days=3, hours=1))
    with pytest.raises(NotFound):
        await move(cast.act(cast.foreigner), key, START + timedelta(days=3), START + timedelta(days=3, hours=1))
    row = await stored(services, mine)
    assert (row.start_at, row.version) == (mine.facts.start, mine.facts.booking.version)
    sure = await move(
        cast.act(cast.producer), key, START + timedelta(days=2), START + timedelta(days=2, hours=30), sure=True
    )
    assert sure.facts.end - sure.facts.start == timedelta(hours=30)


async def test_a_moved_hold_goes_behind_those_that_are_there_and_lets_others_up(
    services: Services, cast: Cast, held: Taken
) -> None:
    first, second = await held(cast.member), await held(cast.other)
    there = await held(cast.other, start=START + timedelta(days=1))
    await services.booking.move(
        cast.act(cast.member), "#1", START + timedelta(days=1), START + timedelta(days=1, hours=2)
    )
    ranks = [(await stored(services, hold)).rank for hold in (first, second, there)]
    assert ranks == [2, 1, 1]
    await services.booking.move(cast.act(cast.other), "#2", START + HOUR, START + 2 * HOUR)
    assert (await stored(services, second)).rank == 1


@pytest.mark.parametrize("ladder", [(49, None), (48, None), (47.9, 9_000), (24, 9_000), (23, 18_000)])
async def test_cancelling_late_costs_what_the_ladder_says(
    services: Services, cast: Cast, booked: Taken, project: str, ladder: tuple[float, int | None]
) -> None:
    hours, fee = ladder
    outcome = await booked(cast.member)
    assert isinstance(services.clock, FixedClock)
    services.clock.at = START - timedelta(hours=hours)
    cancel = services.booking.cancel
    percent = 0
    if fee:
        with pytest.raises(FeeAsked) as asked:
            await cancel(cast.act(cast.member), "#1")
        assert asked.value.fee.minor == fee and str(fee // 100) not in str(asked.value)
        assert (await stored(services, outcome)).state is BookingState.CONFIRMED
        percent = asked.value.percent
    done = await cancel(cast.act(cast.member), "#1", accepted=percent)
    assert (done.fee.minor if done.fee else None) == fee
    assert await planned(services, outcome) == []
    async with services.db.read() as session:
        expenses = (await session.scalars(select(Expense))).all()
        found = await services.project.current(cast.member, project)
        assert found is not None
        whole = await standing(session, found)
    assert [row.amount_minor for row in expenses] == ([fee] if fee else [])
    assert (whole.committed, whole.actual) == (0, fee or 0)
    with pytest.raises(NotActive, match="cancelled"):
        await cancel(cast.act(cast.member), "#1", accepted=100)


async def test_a_fee_that_grew_since_it_was_accepted_is_asked_again(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    await booked(cast.member)
    clock.at = START - timedelta(hours=2)
    with pytest.raises(FeeAsked):
        await services.booking.cancel(cast.act(cast.member), "#1", accepted=50)


async def test_c6_a_challenged_hold_decides_within_a_day_or_lets_go(
    services: Services, cast: Cast, held: Taken, booked: Taken, clock: FixedClock
) -> None:
    clock.at = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)  # a Monday
    first, second = await held(cast.member), await held(cast.other)
    with pytest.raises(NotFirst):
        await services.booking.confirm(cast.act(cast.other), "#2")
    outcome = await services.booking.challenge(cast.act(cast.other), "#2")
    tuesday = datetime(2027, 3, 2, 10, 0, tzinfo=UTC)
    assert outcome.facts.number == 1 and outcome.facts.booking.hold_until_at == tuesday
    assert outcome.notice is not None and outcome.notice.user_ids == (cast.member.user_id,)
    assert outcome.notice.decide == first.facts.booking.id
    assert await planned(services, first) == [(ReminderKind.HOLD, tuesday)]
    with pytest.raises(ChallengedAlready, match="#2"):
        await services.booking.challenge(cast.act(cast.other), "#1")
    async with services.db.write() as session:
        assert not await release_expired(session, first.facts.booking.id, tuesday - timedelta(seconds=1))
    clock.at = tuesday
    async with services.db.write() as session:
        assert await release_expired(session, first.facts.booking.id, tuesday)
    assert ((await stored(services, first)).state, (await stored(services, second)).rank) == (BookingState.RELEASED, 1)
    await services.booking.confirm(cast.act(cast.other), "#2")
    with pytest.raises(FirmAlready):
        await services.booking.challenge(cast.act(cast.member), "#2")


async def test_who_may_challenge_what(services: Services, cast: Cast, held: Taken) -> None:
    await held(cast.member)
    with pytest.raises(FirstAlready):
        await services.booking.challenge(cast.act(cast.member), "#1")
    with pytest.raises(NoHoldBehind):
        await services.booking.challenge(cast.act(cast.other), "#1")
    with pytest.raises(NotFound):
        await services.booking.challenge(cast.act(cast.foreigner), "#1")


async def test_a_challenge_ends_with_the_hold_that_made_it_and_with_an_answer(
    services: Services, cast: Cast, held: Taken
) -> None:
    first, second = await held(cast.member), await held(cast.other)
    before = (await stored(services, first)).hold_until_at
    await services.booking.challenge(cast.act(cast.other), "#1")
    await services.booking.cancel(cast.act(cast.other), "#2")
    again = await stored(services, first)
    assert (again.hold_until_at, again.challenger_id) == (before, None)
    assert await planned(services, first) == [(ReminderKind.HOLD, before)]
    await held(cast.other)
    act = cast.act(cast.other)
    await services.booking.challenge(act, "#3")
    await services.undo.undo(cast.act(cast.other), act.change_id)
    assert (await stored(services, first)).hold_until_at == before
    await services.booking.challenge(cast.act(cast.other), "#3")
    confirmed = await services.booking.confirm(cast.act(cast.member), "#1")
    assert confirmed.facts.booking.challenger_id is None
    assert (await stored(services, second)).state is BookingState.CANCELLED
