"""Call sheets: what is worked out, what is typed, when they are posted, and what has changed since (fact 4.11)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.actor import Actor
from bot.errors import NotFound
from bot.models.booking import Answer, BookingKind
from bot.models.callsheet import CallSheet
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services import Services
from bot.services.booking import Outcome
from bot.services.booking_checks import NotYourBooking, TextTooLong
from bot.services.callsheet import ContactsPrivate, NoContacts, NoName, NoSheet, leaving
from bot.services.callsheet_times import CallOutside, breaks_of
from bot.services.callsheet_words import body, songs_of
from bot.when import UnclearTime
from tests.conftest import FixedClock
from tests.services.conftest import Taken
from tests.support.cast import Cast
from tests.support.sessions import ANN, BAND, BEN, HOUR, START, planned

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SHEET = ReminderKind.CALL_SHEET


@pytest.fixture
def typed(services: Services, cast: Cast) -> Any:
    async def edit(actor: Actor, outcome: Outcome, **given: str) -> Any:
        return await services.callsheet.edit(cast.act(actor), outcome.facts.booking.id, given)

    return edit


async def test_times_are_worked_out_from_the_session(services: Services, cast: Cast, booked: Taken) -> None:
    for kind, hours, needs, downbeat in (
        (BookingKind.REHEARSAL, 3, None, 30),
        (BookingKind.TRACKING, 8, None, 60),
        (BookingKind.OTHER, 3, "drums + vocals", 60),
        (BookingKind.TRACKING, 2, None, 30),
        (BookingKind.REHEARSAL, 1, None, 15),
        (BookingKind.MIX, 4, None, None),
    ):
        start = START + timedelta(days=len(kind) * 7 + hours)
        made = await booked(cast.member, "One", start, hours, kind=kind, needs=needs, room=None)
        sheet = await services.callsheet.show(cast.other, made.facts.booking.id)
        expected = None if downbeat is None else start + downbeat * MINUTE
        assert sheet.downbeat_at == expected, kind
        # Nobody comes less than 30 minutes before the downbeat.
        assert sheet.call_at == min(start, (expected or start + HOUR) - 30 * MINUTE)
        assert sheet.wrap_at == start + hours * HOUR and not sheet.late


def test_breaks_are_15_minutes_every_two_hours_and_a_meal_every_six() -> None:
    def breaks(hours: float) -> list[tuple[float, str]]:
        return [((at - START) / HOUR, what) for at, what in breaks_of(START, START + hours * HOUR)]

    assert breaks(2) == [] and breaks(4) == breaks(3) == [(2, "Break, 15 min")]
    assert breaks(8) == [(2, "Break, 15 min"), (4, "Break, 15 min"), (6, "Meal, 30 min")]
    # None that would only end with the session, and none counted out for days.
    assert breaks(2.25) == breaks(30) == []


async def test_what_is_typed_follows_a_move_and_can_be_undone(
    services: Services, cast: Cast, booked: Taken, typed: Any
) -> None:
    made = await booked(cast.member, user_ids=(ANN, BEN))
    key = made.facts.booking.id
    saved = await typed(cast.member, made, call="18:30", downbeat="90 min after", wrap="-30", songs="1. One\n2) Two")
    assert saved.sheet.call_at == START - 30 * MINUTE and saved.sheet.downbeat_at == START + 90 * MINUTE
    assert saved.sheet.wrap_at == START + 150 * MINUTE and songs_of(saved.sheet) == ["One", "Two"]
    act = cast.act(cast.member)
    early = await services.callsheet.call(act, key, ANN, part="drums", call="5pm")
    assert [(each.user_id, each.at, each.part) for each in early.sheet.people] == [
        (ANN, START - 2 * HOUR, "drums"),
        (BEN, START - 30 * MINUTE, None),
    ]
    await services.booking.move(cast.act(cast.member), key, START + DAY + HOUR, START + DAY + 4 * HOUR)
    moved = await services.callsheet.show(cast.other, key)
    assert moved.people[0].at == START + DAY - HOUR and moved.wrap_at == START + DAY + 3.5 * HOUR
    await services.undo.undo(act.again(), act.change_id)
    assert [each.part for each in (await services.callsheet.show(cast.other, key)).people] == [None, None]
    late = await typed(cast.member, made, call="20:30", downbeat="")
    assert late.is_late


async def test_a_typists_own_zone_is_read_and_odd_times_are_refused(
    services: Services, cast: Cast, booked: Taken, typed: Any
) -> None:
    made = await booked(cast.member)
    abroad = cast.act(cast.producer, zone=ZoneInfo("America/New_York"))
    saved = await typed(abroad, made, call="12:30 pm")
    assert saved.sheet.call_at == START - 30 * MINUTE
    for given, error in (("in 2 hours", CallOutside), ("8 march 18:00", CallOutside), ("soonish", UnclearTime)):
        with pytest.raises(error):
            await typed(abroad, made, call=given)
    with pytest.raises(TextTooLong, match="1500"):
        await typed(abroad, made, songs="x" * 5000)
    assert (await services.callsheet.show(cast.other, "#1")).call_at == START - 30 * MINUTE


async def test_people_who_are_only_named(services: Services, cast: Cast, booked: Taken) -> None:
    made = await booked(cast.member, user_ids=(ANN,))
    key, act = made.facts.booking.id, cast.act(cast.member)
    with pytest.raises(NoName):
        await services.callsheet.name(act, key, None, name=" ", part="", call="")
    saved = await services.callsheet.name(act, key, None, name="Joe  Steel", part="pedal steel", call="20:00")
    (joe,) = [each for each in saved.sheet.people if each.user_id is None]
    assert (joe.name, joe.part, joe.at) == ("Joe Steel", "pedal steel", START + HOUR) and saved.is_late
    act = cast.act(cast.member)
    assert "Joe" not in body((await services.callsheet.name(act, key, joe.row_id, name="", part="", call="")).sheet)
    await services.undo.undo(act.again(), act.change_id)
    assert "Joe Steel (pedal steel)" in body(await services.callsheet.show(cast.other, key))
    with pytest.raises(NotFound):
        await services.callsheet.name(cast.act(cast.member), key, 10**6, name="X", part="", call="")


async def test_who_may_see_and_edit_what(services: Services, cast: Cast, booked: Taken, typed: Any) -> None:
    made = await booked(cast.member, user_ids=(ANN,), role_ids=(BAND,))
    key = made.facts.booking.id
    with pytest.raises(NoContacts):
        await services.callsheet.contacts(cast.producer, key)
    with pytest.raises(NotYourBooking):
        await typed(cast.other, made, notes="Mine")
    with pytest.raises(NotFound):
        await typed(cast.foreigner, made, notes="Mine")
    await typed(cast.producer, made, contacts="Engineer: Max +49 151")
    for person in (
        cast.member,
        cast.producer,
        cast.act(cast.other, user_id=ANN),
        cast.act(cast.other, role_ids={BAND}),
    ):
        assert "+49" in ((await services.callsheet.contacts(person, key)).row.contacts or "")
    with pytest.raises(ContactsPrivate):
        await services.callsheet.contacts(cast.other, key)
    assert "+49" not in body(await services.callsheet.show(cast.other, key))
    await services.booking.answer(cast.act(cast.other), key, Answer.MAYBE)
    assert (await services.callsheet.contacts(cast.other, key)).concerns(cast.other)
    await services.booking.answer(cast.act(cast.other), key, Answer.CANT)
    with pytest.raises(ContactsPrivate):
        await services.callsheet.contacts(cast.other, key)
    with pytest.raises(NotFound):
        await services.callsheet.show(cast.foreigner, key)
    await services.booking.cancel(cast.act(cast.member), key)
    with pytest.raises(NoSheet, match="cancelled"):
        await services.callsheet.show(cast.member, "#1")


async def test_the_days_of_a_project_are_counted_in_the_rooms_zone(
    services: Services, cast: Cast, booked: Taken, held: Taken, project: str
) -> None:
    first = await booked(cast.member, project=project)
    # Past midnight UTC is the same day in Berlin only until 23:00.
    night = await booked(cast.member, "Night", START + 5.5 * HOUR, 1, project=project)
    last = await booked(cast.member, "Mix", START + 3 * DAY, project=project)
    await held(cast.member, "Perhaps", START + 9 * DAY, project=project)
    days = [(await services.callsheet.show(cast.other, each.facts.booking.id)).day for each in (first, night, last)]
    assert days == [(1, 3), (2, 3), (3, 3)]


async def test_a_sheet_is_posted_the_day_before_and_follows_its_session(
    services: Services, cast: Cast, clock: FixedClock, booked: Taken, held: Taken
) -> None:
    made = await booked(cast.member, room=None)
    assert {(SHEET, START - DAY), (ReminderKind.BOOKING, START - HOUR)} <= {*await planned(services, made)}
    hold = await held(cast.member, "Perhaps", START + 2 * DAY)
    assert SHEET not in [kind for kind, _ in await planned(services, hold)]
    await services.booking.confirm(cast.act(cast.member), hold.facts.booking.id)
    assert (SHEET, START + DAY) in await planned(services, hold)
    key = made.facts.booking.id
    act = cast.act(cast.member)
    await services.booking.move(act, key, START + 5 * DAY, START + 5 * DAY + HOUR)
    assert [at for kind, at in await planned(services, made) if kind is SHEET] == [START + 4 * DAY]
    await services.undo.undo(act.again(), act.change_id)
    assert [at for kind, at in await planned(services, made) if kind is SHEET] == [START - DAY]
    await services.booking.cancel(cast.act(cast.member), key)
    assert SHEET not in [kind for kind, _ in await planned(services, made)]
    clock.at = START + DAY
    soon = await booked(cast.member, "Soon", START + DAY + 5 * HOUR)
    assert (SHEET, START + DAY) in await planned(services, soon)


async def post(services: Services, outcome: Outcome) -> Reminder:
    """Let a sheet leave as the delivery would, and return its row."""
    about = Reminder.subject_id == outcome.facts.booking.id, Reminder.kind == SHEET
    async with services.db.write() as session:
        row = (await session.scalars(select(Reminder).where(*about, Reminder.state == ReminderState.PLANNED))).one()
        said = (await leaving(session, [row]))[row.id]
        assert said.text
        row.state, row.message_id, row.sent_channel_id = ReminderState.SENT, 55, 44
    return row


async def test_what_changed_on_a_posted_sheet_and_whom_it_concerns(
    services: Services, cast: Cast, clock: FixedClock, booked: Taken, typed: Any
) -> None:
    made = await booked(cast.member, user_ids=(ANN, BEN), role_ids=(BAND,))
    key = made.facts.booking.id
    clock.at = START - 20 * HOUR
    await post(services, made)
    assert await services.callsheet.posted(key) is None
    await typed(cast.member, made, call="18:30")
    found = await services.callsheet.posted(key)
    assert found is not None and (found.user_ids, found.role_ids) == ((ANN, BEN), (BAND,))
    was, now = int(START.timestamp()), int((START - 30 * MINUTE).timestamp())
    assert found.said == f"call <t:{now}:t> instead of <t:{was}:t>" and found.said in found.text
    await services.callsheet.shown(found)
    assert await services.callsheet.posted(key) is None
    await services.callsheet.call(cast.act(cast.member), key, ANN, part="vocals", call="17:00")
    own = await services.callsheet.posted(key)
    assert own is not None and (own.user_ids, own.role_ids) == ((ANN,), ()) and len(own.news) == 2
    await services.callsheet.shown(own)
    await typed(cast.member, made, notes="Lunch is ordered")
    quiet = await services.callsheet.posted(key)
    assert quiet is not None and quiet.said == "" and "Updated <t:" in quiet.text and "Lunch" in quiet.text
    await services.callsheet.shown(quiet)
    await typed(cast.member, made, contacts="Max +49")
    hidden = await services.callsheet.posted(key)
    assert hidden is not None and not hidden.changes and "+49" not in str(hidden.shown)
    await services.callsheet.shown(hidden)
    # A move was told when it was made, and took everybody's call with it.
    await services.booking.move(cast.act(cast.member), key, START + HOUR, START + 4 * HOUR)
    moved = await services.callsheet.posted(key)
    assert moved is not None and moved.said == "" and len(moved.changes) == 1 and moved.is_on
    assert SHEET not in [kind for kind, _ in await planned(services, made)]
    await services.booking.move(cast.act(cast.member), key, START + 3 * DAY, START + 3 * DAY + HOUR)
    stub = await services.callsheet.posted(key)
    assert stub is not None and not stub.is_on and "has moved" in stub.text
    assert (SHEET, START + 2 * DAY) in await planned(services, made)
    await services.booking.cancel(cast.act(cast.member), key)
    gone = await services.callsheet.posted(key)
    assert gone is not None and "is cancelled" in gone.text and gone.said == ""


async def test_a_change_long_before_the_session_calls_nobody(
    services: Services, cast: Cast, clock: FixedClock, booked: Taken, typed: Any
) -> None:
    made = await booked(cast.member, user_ids=(ANN,))
    await post(services, made)
    clock.at = START - 30 * HOUR
    await typed(cast.member, made, entrance="Back door")
    early = await services.callsheet.posted(made.facts.booking.id)
    assert early is not None and early.changes and early.said == ""
    clock.at = START + 5 * HOUR
    assert await services.callsheet.posted(made.facts.booking.id) is None


async def test_fifty_people_and_long_texts_fit_into_a_message(
    services: Services, cast: Cast, booked: Taken, typed: Any
) -> None:
    everybody = tuple(ANN + number for number in range(50))
    made = await booked(cast.member, "*" * 120, user_ids=everybody, note="_" * 1000, room=None)
    texts = {"songs": "~" * 1500, "gear": "`" * 1000, "notes": "|" * 1000, "schedule": "[" * 1000, "address": "ü" * 300}
    await typed(cast.member, made, technical="*" * 1000, entrance=">" * 300, parking="<" * 300, **texts)
    for user_id in everybody:
        await services.callsheet.call(cast.act(cast.member), made.facts.booking.id, user_id, part="p" * 80, call="")
    sheet = await services.callsheet.show(cast.other, "#1")
    text = body(sheet)
    assert all(text.count(f"<@{user_id}>") == 1 for user_id in everybody)
    assert text.index(f"<@{everybody[-1]}>") < 3500 and len(sheet.map_url or "") < 400


async def test_a_map_link_can_not_be_broken_out_of(services: Services, cast: Cast, booked: Taken, typed: Any) -> None:
    made = await booked(cast.member)
    saved = await typed(cast.member, made, address="Here) [free](https://evil.example/?a=1&b=2) <@1>\n#x")
    url = saved.sheet.map_url
    assert url is not None and url.startswith("https://www.google.com/maps/search/?api=1&query=Here%29%20")
    assert not set(url.partition("query=")[2]) & set("()[]<>&#? \n/:")


async def test_nothing_is_posted_of_what_is_off_or_has_begun(
    services: Services, cast: Cast, clock: FixedClock, booked: Taken
) -> None:
    made = await booked(cast.member)
    clock.at = START + MINUTE
    (due,) = [each for each in await services.due.claim("me", clock.at) if each.kind is SHEET]
    assert due.pointless == "the session has begun" and due.text == ""
    async with services.db.read() as session:
        assert (await session.scalars(select(CallSheet))).all() == []
    assert made.facts.number == 1 and clock.at == datetime(2027, 3, 5, 18, 1, tzinfo=UTC)
