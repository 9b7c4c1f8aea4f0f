"""Previewing and booking sessions, who is asked and comes, and undoing: the rules, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.errors import NotFound
from bot.models.booking import Answer, Booking, BookingState
from bot.models.reminder import ReminderKind
from bot.money import read_amount
from bot.services import Services, booking_checks
from bot.services.booking import Ask, Wish, coming_up, describe
from bot.services.booking_checks import (
    BookedAlready,
    NoLength,
    NotYourBooking,
    NotYourPreview,
    Over,
    PreviewGone,
    StartsInPast,
    TextTooLong,
    TooLong,
)
from bot.services.booking_clash import RoomTaken
from bot.services.booking_holds import HoldInThePast
from bot.services.booking_price import RoomCurrency
from bot.services.budget import standing
from bot.services.project import NoName, ProjectArchived
from bot.services.room import RoomArchived
from bot.services.undo import ChangedSince, TakenSince
from tests.conftest import FixedClock
from tests.support.cast import Cast
from tests.support.sessions import ANN, BAND, BEN, HOUR, START, Taken, planned, stored


async def test_a_preview_counts_nowhere_until_it_is_booked(
    services: Services, cast: Cast, previewed: Any, project: str
) -> None:
    draft = await previewed(cast.member, user_ids=(ANN,))
    assert draft.facts.number is None and draft.facts.state is BookingState.DRAFT
    assert draft.quote.price is not None and draft.quote.price.minor == 18_000
    assert draft.quote.project is not None and draft.quote.project.minor == 100_000 - 18_000
    again = await previewed(cast.member, "Drums")
    assert again.clashes == () and again.rank == 1
    booked = await services.booking.book(cast.act(cast.member), draft.facts.booking.id)
    assert booked.facts.number == 1 and booked.facts.state is BookingState.CONFIRMED
    assert booked.facts.asked_users == (ANN,)


async def test_a_confirmed_booking_commits_its_cost_and_is_reminded_of(
    services: Services, cast: Cast, booked: Taken, project: str
) -> None:
    outcome = await booked(cast.member)
    row = await stored(services, outcome)
    assert (row.agreed_minor, row.currency, row.zone) == (18_000, "EUR", "Europe/Berlin")
    assert await planned(services, outcome) == [
        (ReminderKind.CALL_SHEET, START - timedelta(hours=24)),
        (ReminderKind.BOOKING, START - timedelta(hours=1)),
    ]
    found = await services.project.current(cast.member, project)
    assert found is not None
    async with services.db.read() as session:
        whole = await standing(session, found)
        line = await standing(session, found, row.line_id)
    assert (whole.committed, whole.exposure, line.committed) == (18_000, 0, 18_000)


async def test_only_reminders_still_ahead_are_planned(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    near = await booked(cast.member, start=clock.now() + timedelta(hours=2))
    assert [at for _, at in await planned(services, near)] == [clock.now(), clock.now() + timedelta(hours=1)]
    nearer = await booked(cast.member, start=clock.now() + timedelta(minutes=5), room=None)
    assert await planned(services, nearer) == [(ReminderKind.CALL_SHEET, clock.now())]


async def test_a_hold_is_exposure_and_runs_out_after_a_week_at_the_latest_at_its_start(
    services: Services, cast: Cast, held: Taken, clock: FixedClock, project: str
) -> None:
    soon = await held(cast.member)
    assert await planned(services, soon) == [(ReminderKind.HOLD, START)]
    late = await held(cast.member, start=START + timedelta(days=30))
    assert await planned(services, late) == [(ReminderKind.HOLD, clock.now() + timedelta(days=7))]
    until = clock.now() + timedelta(days=2)
    wished = await held(cast.member, start=START + timedelta(days=40), hold_until=until)
    assert (await stored(services, wished)).hold_until_at == until
    found = await services.project.current(cast.member, project)
    assert found is not None
    async with services.db.read() as session:
        whole = await standing(session, found)
    assert (whole.committed, whole.exposure) == (0, 3 * 18_000)
    with pytest.raises(HoldInThePast):
        await held(cast.member, start=START + timedelta(days=50), hold_until=clock.now() - HOUR)


@pytest.mark.parametrize(
    ("start", "end", "refusal"),
    [
        (START, START, NoLength),
        (START, START - HOUR, NoLength),
        (datetime(2027, 3, 1, 8, 59, tzinfo=UTC), START, StartsInPast),
        (START, START + timedelta(days=30, seconds=1), TooLong),
    ],
)
async def test_times_that_cannot_be_booked_are_refused(
    services: Services, cast: Cast, start: datetime, end: datetime, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal, match=r"nothing was changed"):
        await services.booking.preview(cast.member, Ask("Vocals", start, end))
    async with services.db.read() as session:
        assert (await session.scalars(select(Booking))).all() == []


async def test_more_than_a_day_is_asked_about_and_a_month_is_the_most(cast: Cast, previewed: Any) -> None:
    assert not (await previewed(cast.member, hours=24)).is_long
    assert (await previewed(cast.member, hours=25)).is_long
    assert (await previewed(cast.member, hours=30 * 24)).is_long


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"what": "x" * 5000}, Exception),
        ({"what": " \u200b "}, NoName),
        ({"note": "n" * 1001}, TextTooLong),
        ({"needs": "n" * 201}, TextTooLong),
        ({"room": "Nowhere"}, NotFound),
        ({"project": "Nothing"}, NotFound),
    ],
)
async def test_what_a_preview_lacks_is_named(cast: Cast, previewed: Any, given: dict[str, Any], refusal: Any) -> None:
    with pytest.raises(refusal):
        await previewed(cast.member, **given)


async def test_a_taken_room_refuses_and_offers_the_three_nearest_free_times(
    services: Services, cast: Cast, booked: Taken, previewed: Any
) -> None:
    await booked(cast.member, "Drums")
    with pytest.raises(RoomTaken) as refused:
        await previewed(cast.other, "Vocals", START + HOUR)
    assert "#1 **Drums**" in str(refused.value) and f"<t:{int(START.timestamp())}:F>" in str(refused.value)
    slots = refused.value.slots
    assert len(slots) == 3
    assert slots[0] == (START + timedelta(hours=3.5), START + timedelta(hours=6.5))
    for start, _ in slots:
        assert (await previewed(cast.other, start=start)).clashes == ()


async def test_a_race_for_a_slot_is_noticed_when_booking(services: Services, cast: Cast, previewed: Any) -> None:
    first, second = await previewed(cast.member), await previewed(cast.other)
    await services.booking.book(cast.act(cast.member), first.facts.booking.id)
    with pytest.raises(RoomTaken):
        await services.booking.book(cast.act(cast.other), second.facts.booking.id)
    with pytest.raises(RoomTaken):
        await services.booking.hold(cast.act(cast.other), second.facts.booking.id)
    moved = await services.booking.repreview(cast.act(cast.other), second.facts.booking.id, START + timedelta(days=1))
    assert moved.facts.start == START + timedelta(days=1)
    await services.booking.book(cast.act(cast.other), second.facts.booking.id)


async def test_a_preview_is_its_makers_and_is_used_once(services: Services, cast: Cast, previewed: Any) -> None:
    draft = (await previewed(cast.member)).facts.booking.id
    with pytest.raises(NotYourPreview):
        await services.booking.book(cast.act(cast.producer), draft)
    with pytest.raises(NotFound):
        await services.booking.book(cast.act(cast.foreigner), draft)
    await services.booking.book(cast.act(cast.member), draft)
    for again in (services.booking.book, services.booking.hold, services.booking.discard):
        with pytest.raises(BookedAlready, match="#1"):
            await again(cast.act(cast.member), draft)
    dropped = (await previewed(cast.member, room=None)).facts.booking.id
    await services.booking.discard(cast.act(cast.member), dropped)
    with pytest.raises(PreviewGone):
        await services.booking.book(cast.act(cast.member), dropped)


async def test_what_was_archived_between_preview_and_press_is_refused(
    services: Services, cast: Cast, previewed: Any, room: str, project: str
) -> None:
    draft = (await previewed(cast.member)).facts.booking.id
    await services.room.archive(cast.act(cast.producer), room)
    with pytest.raises(RoomArchived):
        await services.booking.book(cast.act(cast.member), draft)
    await services.room.archive(cast.act(cast.producer), room)
    await services.project.archive(cast.act(cast.producer), project)
    with pytest.raises(ProjectArchived):
        await services.booking.book(cast.act(cast.member), draft)
    assert (await services.booking.show(cast.member, draft))[0].state is BookingState.DRAFT


async def test_a_room_in_another_currency_than_the_project_is_refused(
    services: Services, cast: Cast, previewed: Any, project: str
) -> None:
    await services.room.add(cast.act(cast.producer), "London", rate=read_amount("£50"))
    with pytest.raises(RoomCurrency, match=r"GBP.*EUR"):
        await previewed(cast.member, room="London")


async def test_answers_are_kept_once_and_end_with_the_booking(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    outcome = await booked(cast.member, user_ids=(ANN,))
    key = outcome.facts.booking.id
    ann = cast.act(cast.member, user_id=ANN)
    once = await services.booking.answer(ann, key, Answer.COMING)
    twice = await services.booking.answer(cast.act(ann), key, Answer.COMING)
    assert twice.coming == (ANN,) and twice.booking.version == once.booking.version
    uninvited = await services.booking.answer(cast.act(cast.other), key, Answer.MAYBE)
    assert uninvited.maybe == (cast.other.user_id,) and uninvited.asked_users == (ANN,)
    assert (await services.booking.answer(cast.act(ann), key, Answer.CANT)).coming == ()
    with pytest.raises(NotFound):
        await services.booking.answer(cast.act(cast.foreigner), key, Answer.COMING)
    clock.at = START + timedelta(hours=3)
    with pytest.raises(Over):
        await services.booking.answer(cast.act(ann), key, Answer.COMING)


async def test_people_and_words_are_changed_by_the_maker(services: Services, cast: Cast, booked: Taken) -> None:
    key = (await booked(cast.member, user_ids=(ANN,), role_ids=(BAND,))).facts.booking.id
    edited = await services.booking.edit(cast.act(cast.member), key, what="Choir", needs="mics", note=" ")
    assert (edited.facts.what, edited.facts.booking.needs, edited.facts.booking.note) == ("Choir", "mics", None)
    asked = await services.booking.ask(cast.act(cast.member), key, users=(BEN,))
    assert (asked.facts.asked_users, asked.facts.asked_roles) == ((BEN,), (BAND,))
    assert asked.notice is not None and (asked.notice.user_ids, asked.notice.role_ids) == ((BEN,), ())
    back = await services.booking.ask(cast.act(cast.member), key, users=(ANN, BEN), roles=())
    assert (back.facts.asked_users, back.facts.asked_roles) == ((ANN, BEN), ())
    with pytest.raises(NotYourBooking):
        await services.booking.ask(cast.act(cast.other), key, users=())
    with pytest.raises(NotYourBooking):
        await services.booking.edit(cast.act(cast.other), key, what="X", needs=None, note=None)


async def test_undo_takes_a_booking_back_with_its_reminders_and_its_cost(
    services: Services, cast: Cast, held: Taken, previewed: Any, project: str
) -> None:
    hold = await held(cast.other)
    draft = await previewed(cast.member)
    act = cast.act(cast.member)
    outcome = await services.booking.book(act, draft.facts.booking.id, "agreed with them")
    await services.booking.answer(cast.act(cast.other), outcome.facts.booking.id, Answer.COMING)
    await services.undo.undo(cast.act(cast.member), act.change_id)
    row = await stored(services, outcome)
    assert (row.state, row.number) == (BookingState.DRAFT, 2)
    assert await planned(services, outcome) == []
    back = await stored(services, hold)
    assert (back.state, back.rank) == (BookingState.HELD, 1)
    assert [kind for kind, _ in await planned(services, hold)] == [ReminderKind.HOLD]


async def test_undoing_a_cancellation_is_refused_once_the_slot_is_somebody_elses(
    services: Services, cast: Cast, booked: Taken, held: Taken, project: str
) -> None:
    await booked(cast.member)
    act = cast.act(cast.member)
    await services.booking.cancel(act, "#1")
    await booked(cast.other, "Drums")
    with pytest.raises((RoomTaken, TakenSince)):  # PostgreSQL's own guard speaks first
        await services.undo.undo(cast.act(cast.member), act.change_id)
    other = cast.act(cast.other)
    await services.booking.cancel(other, "#2")
    await services.undo.undo(cast.act(cast.member), act.change_id)
    assert (await services.booking.show(cast.member, "#1"))[0].state is BookingState.CONFIRMED
    with pytest.raises((RoomTaken, TakenSince)):
        await services.undo.undo(cast.act(cast.other), other.change_id)


async def test_undoing_a_fee_voids_it(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock, project: str
) -> None:
    await booked(cast.member)
    clock.at = START - timedelta(hours=2)
    act = cast.act(cast.member)
    await services.booking.cancel(act, "#1", accepted=100)
    await services.undo.undo(cast.act(cast.member), act.change_id)
    found = await services.project.current(cast.member, project)
    assert found is not None
    async with services.db.read() as session:
        whole = await standing(session, found)
    assert (whole.committed, whole.actual) == (18_000, 0)


async def test_undo_gives_way_to_later_changes(services: Services, cast: Cast, booked: Taken) -> None:
    await booked(cast.member)
    act = cast.act(cast.member)
    await services.booking.move(act, "#1", START + HOUR, START + 3 * HOUR)
    await services.booking.move(cast.act(cast.producer), "#1", START + 2 * HOUR, START + 3 * HOUR)
    with pytest.raises(ChangedSince):
        await services.undo.undo(cast.act(cast.member), act.change_id)


async def test_others_ask_what_comes_up(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock, project: str
) -> None:
    await booked(cast.member, "Vocals", user_ids=(ANN,))
    drums = await booked(cast.member, "Drums", START + timedelta(days=1), role_ids=(BAND,))
    await booked(cast.member, "Far", START + timedelta(days=60), room=None)
    declined = await booked(cast.member, "Strings", START + timedelta(days=2), user_ids=(ANN,))
    await services.booking.answer(cast.act(cast.member, user_id=ANN), declined.facts.booking.id, Answer.CANT)
    until = START + timedelta(days=7)
    async with services.db.read() as session:

        async def names(**narrow: Any) -> list[str]:
            return [row.what for row in await coming_up(session, cast.member, until=until, **narrow)]

        assert await names() == ["Vocals", "Drums", "Strings"]
        assert await names(limit=1) == ["Vocals"]
        assert await names(user_id=ANN) == ["Vocals"]
        assert await names(user_id=ANN, role_ids=(BAND,)) == ["Vocals", "Drums"]
        assert await names(project_id=drums.facts.booking.project_id) == ["Vocals", "Drums", "Strings"]
        assert [row.what for row in await coming_up(session, cast.foreigner, until=until)] == []
        facts = (await describe(session, [drums.facts.booking.id]))[drums.facts.booking.id]
        assert (facts.number, facts.room_name, facts.asked_roles) == (2, "Room A", (BAND,))
        assert await describe(session, []) == {}


def test_hours_are_told_without_needless_digits() -> None:
    assert [booking_checks.hours_of(timedelta(hours=hours)) for hours in (30, 30.5, 720)] == ["30", "30.5", "720"]


async def test_numbers_count_per_server(services: Services, cast: Cast, booked: Taken, db: Database) -> None:
    await booked(cast.member)
    await services.room.add(cast.act(cast.foreigner), "Room A")
    ask = Ask("Theirs", START, START + HOUR, room="Room A")
    theirs = await services.booking.preview(cast.act(cast.foreigner), ask)
    assert (await services.booking.book(cast.act(cast.foreigner), theirs.facts.booking.id)).facts.number == 1
    assert (await services.booking.show(cast.act(cast.foreigner), "#1"))[0].what == "Theirs"


async def test_a_list_has_upcoming_ones_first_and_then_the_past_page_by_page(
    services: Services, cast: Cast, booked: Taken, clock: FixedClock
) -> None:
    for day in (1, 2, 3, 4, 5):
        await booked(cast.member, f"Day {day}", START + timedelta(days=day), room=None)
    clock.at = START + timedelta(days=3, hours=1)  # the third has begun and is not over

    async def page(number: int, wish: Wish | None = None) -> list[str]:
        found, total = await services.booking.listed(cast.member, wish or Wish(), number, 2)
        assert total == 5 or wish
        return [facts.what for facts in found]

    assert [await page(number) for number in range(4)] == [["Day 3", "Day 4"], ["Day 5", "Day 2"], ["Day 1"], []]
    day = START + timedelta(days=2)
    assert await page(0, Wish(start=day - HOUR, end=day + timedelta(days=1, hours=1))) == ["Day 3", "Day 2"]
    clock.at = START + timedelta(days=400)
    assert (await services.booking.listed(cast.member, Wish(), 0, 8))[1] == 0
    assert await page(0, Wish(start=day, end=day + HOUR)) == ["Day 2"]
