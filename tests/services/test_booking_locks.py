"""Rules that meet: a hold that runs out while somebody changes it never waits for them, nor they for it."""

import asyncio
from datetime import timedelta

import pytest

from bot.clock import Clock
from bot.db import Database
from bot.models.booking import Booking, BookingState
from bot.services import Services
from bot.services import booking_holds as holds
from bot.services import booking_steps as steps
from bot.services.booking import Ask
from tests.conftest import FixedClock
from tests.support.cast import Cast
from tests.support.sessions import HOUR, START, Taken, stored


@pytest.fixture
async def postgres(postgres_url: str, clock: FixedClock) -> Services:
    return Services(Database(postgres_url, clock), clock)


@pytest.mark.postgres
@pytest.mark.parametrize("with_room", [True, False])
async def test_a_hold_that_is_being_cancelled_as_it_runs_out_is_left_alone(
    postgres: Services, clock: FixedClock, *, with_room: bool
) -> None:
    services, cast = postgres, await Cast.of(postgres)
    await services.room.add(cast.act(cast.producer), "Room A")
    ask = Ask("Vocals", START, START + HOUR, room="Room A" if with_room else None, hold_until=clock.now() + HOUR)
    draft = await services.booking.preview(cast.act(cast.member), ask)
    key = (await services.booking.hold(cast.act(cast.member), draft.facts.booking.id)).facts.booking.id
    clock.forward(hours=1)
    async with services.db.write(cast.act(cast.member), "booking.cancel") as session:
        booking, place, _ = await steps.locked(session, await session.get_one(Booking, key))
        assert await asyncio.wait_for(services.due.claim("a", clock.now()), 5) == []
        assert await services.due.next_at() is not None  # it is still there to be looked at again
        await asyncio.wait_for(holds.let_go(session, booking, place, BookingState.CANCELLED), 5)
    assert await services.due.claim("a", clock.now()) == []
    async with services.db.read() as session:
        assert (await session.get_one(Booking, key)).state is BookingState.CANCELLED
    await services.db.close()


@pytest.mark.postgres
async def test_a_hold_that_nobody_changes_any_more_runs_out_at_the_next_look(
    postgres: Services, clock: FixedClock
) -> None:
    services, cast = postgres, await Cast.of(postgres)
    await services.room.add(cast.act(cast.producer), "Room A")
    ask = Ask("Vocals", START, START + HOUR, room="Room A", hold_until=clock.now() + HOUR)
    draft = await services.booking.preview(cast.act(cast.member), ask)
    key = (await services.booking.hold(cast.act(cast.member), draft.facts.booking.id)).facts.booking.id
    clock.forward(hours=1)
    async with services.db.write() as session:
        await steps.locked(session, await session.get_one(Booking, key))
        assert await services.due.claim("a", clock.now()) == []
    (due,) = await services.due.claim("a", clock.now())
    assert "run out" in due.text
    await services.db.close()


async def test_cancels_and_holds_that_run_out_at_the_same_instant_all_end(
    services: Services, cast: Cast, held: Taken, clock: Clock
) -> None:
    assert isinstance(clock, FixedClock)
    until = clock.now() + HOUR
    taken = [await held(cast.member, start=START + timedelta(hours=6 * n), hold_until=until) for n in range(6)]
    clock.forward(hours=1)
    results = await asyncio.gather(
        *(services.booking.cancel(cast.act(cast.member), hold.facts.booking.id) for hold in taken),
        *(services.due.claim(f"p{n}", clock.now()) for n in range(3)),
        return_exceptions=True,
    )
    assert {type(result).__name__ for result in results} <= {"Outcome", "list", "NotActive"}
    await services.due.claim("last", clock.now())
    states = [(await stored(services, hold)).state for hold in taken]
    assert set(states) <= {BookingState.CANCELLED, BookingState.RELEASED}
