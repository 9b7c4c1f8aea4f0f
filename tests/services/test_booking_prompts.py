"""What a session asks of its maker by itself: before cancelling begins to cost, and after its end."""

from datetime import timedelta

from bot.models.reminder import ReminderKind
from bot.services import Services
from bot.services.booking_close import Wish
from tests.conftest import FixedClock
from tests.support.cast import Cast
from tests.support.sessions import HOUR, START, Taken, planned

FREE, CLOSE = ReminderKind.FREE_CANCEL, ReminderKind.CLOSE
EDGE, END = START - 48 * HOUR, START + 3 * HOUR
DAY = timedelta(days=1)


async def asked(services: Services, outcome: object) -> list[tuple[ReminderKind, object]]:
    return [(kind, at) for kind, at in await planned(services, outcome, every=True) if kind in (FREE, CLOSE)]  # type: ignore[arg-type]


async def test_the_maker_is_asked_a_day_before_the_ladder_bites_and_after_the_end(
    services: Services, cast: Cast, booked: Taken, held: Taken, clock: FixedClock
) -> None:
    outcome = await booked(cast.member)
    after = (CLOSE, END + timedelta(minutes=15))
    assert await asked(services, outcome) == [(FREE, EDGE - DAY), after]
    moved = await services.booking.move(cast.act(cast.member), "#1", START + DAY, END + DAY)
    assert await asked(services, moved) == [(FREE, EDGE), (CLOSE, after[1] + DAY)]
    await services.booking.cancel(cast.act(cast.member), "#1")
    assert await asked(services, moved) == []
    hold = await held(cast.member)
    assert await asked(services, hold) == []
    clock.at = EDGE - 3 * HOUR
    near = await services.booking.confirm(cast.act(cast.member), "#2")
    assert await asked(services, near) == [(FREE, EDGE - 2 * HOUR), after]
    clock.at = EDGE
    late = await booked(cast.member, start=START + 4 * HOUR)
    assert [kind for kind, _ in await asked(services, late)] == [FREE, CLOSE]
    later = await booked(cast.member, start=START - 24 * HOUR)
    assert [kind for kind, _ in await asked(services, later)] == [CLOSE]


async def test_without_terms_or_a_price_nothing_is_warned_of(services: Services, cast: Cast, booked: Taken) -> None:
    await services.room.add(cast.act(cast.producer), "Room B")
    free = await booked(cast.member, room="Room B")
    assert [kind for kind, _ in await asked(services, free)] == [CLOSE]


async def test_the_words_name_the_moment_and_no_money(
    services: Services, cast: Cast, project: str, booked: Taken, clock: FixedClock
) -> None:
    await booked(cast.member)
    clock.at = EDGE - DAY
    (due,) = [due for due in await services.due.claim("a", clock.now()) if due.kind is FREE]
    assert f"<t:{int(EDGE.timestamp())}:F>" in due.text and due.user_ids == (cast.member.user_id,)
    assert "90" not in due.text and "%" not in due.text and due.channel_id == cast.member.channel_id
    terms = await services.booking.terms(cast.producer, 1)
    assert [(at, fee.minor, percent) for at, fee, percent in terms] == [
        (EDGE, 9_000, 50), (START - 24 * HOUR, 18_000, 100),
    ]  # fmt: skip


async def test_what_is_settled_meanwhile_asks_nothing(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    outcome = await booked(cast.member)
    clock.at = EDGE + HOUR  # nothing was delivered for a day
    late = {due.kind: due for due in await services.due.claim("a", clock.now())}
    assert late[FREE].pointless == "the free time is over"
    clock.at = END + HOUR
    claimed = await services.due.claim("a", clock.now())
    (due,) = [due for due in claimed if due.kind is CLOSE]
    assert "is over" in due.text and due.user_ids == (cast.member.user_id,)
    await services.booking_close.close(cast.act(cast.member), outcome.facts.booking.id, Wish())
    assert await asked(services, outcome) == []
    assert [due for due in await services.due.claim("b", clock.now() + DAY) if due.kind is CLOSE] == []
