"""Asking again: by itself before a session and by its maker, and warning of what is missing."""

from datetime import timedelta

import pytest

from bot.errors import NotAllowed
from bot.models.booking import Answer, Booking
from bot.models.reminder import ReminderKind
from bot.services import Services
from bot.services.booking import Outcome
from bot.services.booking_nudge import NobodyAsked, NobodyToNudge, NudgedAlready
from bot.services.reminder_due import Ending
from bot.services.reminder_due import Outcome as Delivered
from bot.services.reminder_words import Due
from tests.conftest import FixedClock
from tests.support.cast import Cast
from tests.support.sessions import ANN, BAND, BEN, HOUR, START, Taken, planned

NUDGE, QUORUM = ReminderKind.NUDGE, ReminderKind.QUORUM


async def asking(services: Services, outcome: Outcome) -> list[tuple[str, int]]:
    """Return what is planned to be asked, with how many hours before the session."""
    rows = await planned(services, outcome, every=True)
    found = [(kind, at) for kind, at in rows if kind in (NUDGE, QUORUM)]
    return [(kind.value, int((outcome.facts.start - at).total_seconds() // 3600)) for kind, at in found]


async def leaving(services: Services, clock: FixedClock, before: float) -> list[Due]:
    """Go to some hours before the usual session; return the questions that leave then."""
    clock.at = max(clock.at, START - timedelta(hours=before))
    dues = await services.due.claim("a", clock.at)
    sent = [Delivered(due, Ending.DROPPED if due.pointless else Ending.SENT, clock.at) for due in dues]
    await services.due.mark("a", sent)
    return [due for due in dues if due.kind in (NUDGE, QUORUM) and not due.pointless]


async def test_those_who_have_not_answered_are_asked_again_three_days_and_one_before(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    taken = await booked(cast.member, user_ids=(ANN, BEN))
    assert await asking(services, taken) == [("nudge", 72), ("nudge", 24)]
    key = taken.facts.booking.id
    await services.booking.answer(cast.act(cast.member, user_id=ANN), key, Answer.MAYBE)
    (due,) = await leaving(services, clock, 72)
    assert due.user_ids == (BEN,) and "Can you come?" in due.text and due.channel_id == cast.member.channel_id
    await services.booking.answer(cast.act(cast.member, user_id=BEN), key, Answer.CANT)
    assert await asking(services, taken) == []


async def test_nobody_is_asked_about_what_is_cancelled_or_too_near_and_a_move_asks_anew(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    taken = await booked(cast.member, user_ids=(ANN,), needs="drums")
    assert await asking(services, taken) == [("nudge", 72), ("quorum", 48), ("nudge", 24), ("quorum", 12)]
    await services.booking.answer(cast.act(cast.member, user_id=ANN), taken.facts.booking.id, Answer.COMING)
    assert await asking(services, taken) == [("quorum", 48), ("quorum", 12)]
    moved = await services.booking.move(cast.act(cast.member), "#1", START + HOUR, START + 3 * HOUR)
    assert await asking(services, moved) == [("nudge", 72), ("quorum", 48), ("nudge", 24), ("quorum", 12)]
    await services.booking.ask(cast.act(cast.member), "#1", users=[])
    await services.booking.edit(cast.act(cast.member), "#1", what="Vocals", needs="", note=None)
    assert await asking(services, moved) == []
    await services.booking.ask(cast.act(cast.member), "#1", roles=[BAND])
    assert await asking(services, moved) == [("nudge", 72), ("nudge", 24)]
    await services.booking.cancel(cast.act(cast.member), "#1")
    assert await asking(services, moved) == []
    clock.at = START - 29 * HOUR
    near = await booked(cast.member, user_ids=(ANN,))
    assert await asking(services, near) == []


async def test_each_is_asked_in_their_own_way(services: Services, cast: Cast, booked: Taken, clock: FixedClock) -> None:
    taken = await booked(cast.producer, user_ids=(cast.member.user_id, cast.other.user_id))
    await services.pings.set_mine(cast.act(cast.member), is_by_message=True)
    (post,) = await leaving(services, clock, 72)
    assert post.user_ids == (cast.other.user_id,)
    await services.booking.answer(cast.act(cast.other), taken.facts.booking.id, Answer.COMING)
    (own,) = await leaving(services, clock, 72)
    assert own.user_id == cast.member.user_id and own.user_ids == (cast.member.user_id,)
    await leaving(services, clock, 24)
    await services.booking.answer(cast.act(cast.member), taken.facts.booking.id, Answer.COMING)
    assert await leaving(services, clock, 24) == []  # planned for them alone, and answered meanwhile


async def test_after_a_long_silence_people_are_asked_once(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    await booked(cast.member, user_ids=(ANN,), role_ids=(BAND,), needs="drums")
    found = await leaving(services, clock, 3)
    told = {due.kind: (due.user_ids, due.role_ids) for due in found}
    assert len(found) == 2 and told == {QUORUM: ((cast.member.user_id,), ()), NUDGE: ((ANN,), (BAND,))}
    await booked(cast.member, start=START + 200 * HOUR, user_ids=(ANN,))
    assert await leaving(services, clock, -250) == []  # it has begun


async def test_a_maker_nudges_at_most_every_six_hours(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    taken = await booked(cast.member, user_ids=(ANN,))
    key, nudge = taken.facts.booking.id, services.booking_nudge.nudge
    with pytest.raises(NotAllowed):
        await nudge(cast.act(cast.other), key)
    await nudge(cast.act(cast.member), key)
    (due,) = [due for due in await services.due.claim("a", clock.at) if due.kind is NUDGE]
    assert due.user_ids == (ANN,)
    await services.due.mark("a", [Delivered(due, Ending.SENT, clock.at)])
    with pytest.raises(NudgedAlready, match="from <t:"):
        await nudge(cast.act(cast.producer), key)
    clock.forward(hours=6)
    await nudge(cast.act(cast.producer), key)
    await services.due.mark(
        "a", [Delivered(one, Ending.SENT, clock.at) for one in await services.due.claim("a", clock.at)]
    )
    clock.forward(hours=7)
    await services.booking.answer(cast.act(cast.member, user_id=ANN), key, Answer.MAYBE)
    with pytest.raises(NobodyToNudge):
        await nudge(cast.act(cast.member), key)
    await services.booking.ask(cast.act(cast.member), "#1", users=[])
    with pytest.raises(NobodyAsked):
        await nudge(cast.act(cast.member), key)


async def test_right_after_a_nudge_by_hand_nobody_is_asked_by_itself(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    taken = await booked(cast.member, user_ids=(ANN,))
    clock.at = START - 75 * HOUR
    await services.booking_nudge.nudge(cast.act(cast.member), taken.facts.booking.id)
    assert len(await leaving(services, clock, 75)) == 1
    assert await leaving(services, clock, 72) == []
    assert len(await leaving(services, clock, 24)) == 1


async def test_the_maker_hears_what_is_missing_and_who_might_cover_it(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    taken = await booked(cast.member, needs="drums + vocals")
    key, ann = taken.facts.booking.id, cast.act(cast.member, user_id=ANN)
    await services.booking.answer(ann, key, Answer.MAYBE)
    await services.booking_parts.play(ann, key, ["drums"])
    (due,) = await leaving(services, clock, 48)
    assert "lacks **drums, vocals**" in due.text and f"Maybe: <@{ANN}>" in due.text
    assert due.user_ids == (cast.member.user_id,)
    await services.booking.answer(ann, key, Answer.COMING)
    await services.booking_parts.play(ann, key, ["drums", "vocals"])
    assert await leaving(services, clock, 12) == []


async def test_later_sessions_of_a_repeat_have_their_cards_a_week_before(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    taken = await booked(cast.member, rrule="FREQ=WEEKLY;COUNT=3", user_ids=(ANN,))
    first = taken.facts.booking.id
    await services.booking.shown(first, taken.facts.booking.version, 1, 2)
    assert await services.booking.unshown() == []
    await leaving(services, clock, -1)
    assert await services.booking.unshown() == [await key_of(services, "#2", cast)]


async def key_of(services: Services, number: str, cast: Cast) -> int:
    facts, _ = await services.booking.show(cast.member, number)
    booking: Booking = facts.booking
    return booking.id
