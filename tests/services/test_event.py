"""The server's own events: what is to be shown, what must be done for it, and who may do it."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.services import Services
from bot.services.calendar_ics import Names
from bot.services.event_plan import MOST, Act, Face, Left, Seen, Step, Wanted, face_of, steps
from tests.conftest import FixedClock
from tests.support.cast import GUILD, OTHER_GUILD, Cast
from tests.support.sessions import BAND, BEN, HOUR, START, Taken, stored

NOW = START - timedelta(days=1)
NOBODY = Names({}, {})


def face(number: int = 1, start: datetime = START, name: str = "Vocals") -> Face:
    return face_of(name, (start, start + HOUR), "Room A", f"Needs: drums\n#{number} in Discord: somewhere")


def wanted(number: int = 1, event_id: int | None = None, version: int = 1, start: datetime = START) -> Wanted:
    return Wanted(number, number, version, event_id, version if event_id else 0, face(number, start))


def seen(event_id: int, number: int = 1, start: datetime = START, *, is_running: bool = False) -> Seen:
    return Seen(event_id, is_running, face(number, start))


def done(*given: object, others: int = 0, now: datetime = NOW) -> list[tuple[str, int | None, int | None]]:
    """Return what is to be done, to which event, for which session."""
    wants = [each for each in given if isinstance(each, Wanted)]
    left = [each for each in given if isinstance(each, Left)]
    there = [each for each in given if isinstance(each, Seen)]
    return [(step.act.value, step.event_id, step.booking_id) for step in steps(wants, left, there, others, now)]


def test_what_is_missing_is_made_and_what_is_right_is_left() -> None:
    assert done(wanted()) == [("create", None, 1)]
    assert done(wanted(event_id=9), seen(9)) == []
    assert done(wanted(event_id=9)) == [("create", None, 1)]


def test_an_event_that_was_not_noted_is_known_by_its_mark_and_others_of_it_go() -> None:
    assert done(wanted(), seen(9)) == [("keep", 9, 1)]
    assert done(wanted(), seen(9), seen(7)) == [("delete", 9, None), ("keep", 7, 1)]
    assert done(wanted(event_id=9), seen(9), seen(7)) == [("delete", 7, None)]
    assert done(seen(5, number=3)) == [("delete", 5, None)]


def test_the_mark_is_the_last_one_and_is_never_cut_off() -> None:
    spoof = face_of("A", (START, START + HOUR), "", "#7 in Discord · x" * 90 + "\n#12 in Discord: https://x")
    assert Seen(1, is_running=False, face=spoof).number == 12
    assert len(spoof.text) == 1000 and spoof.text.endswith("…\n#12 in Discord: https://x") and spoof.place == "No room"
    assert Seen(1, is_running=False, face=replace(spoof, text="edited")).number is None


def test_what_differs_is_edited_but_never_into_the_past() -> None:
    other = replace(seen(9), face=face(name="Barbecue"))
    (step,) = steps([wanted(event_id=9)], [], [other], 0, NOW)
    assert step == Step(Act.EDIT, 9, 1, wanted(event_id=9))
    assert done(wanted(event_id=9), seen(9, start=START + HOUR), now=START) == [("delete", 9, 1)]
    assert done(wanted(event_id=9), now=START) == [("forget", None, 1)]
    assert done(wanted(), now=START) == []


def test_one_that_runs_keeps_its_start_or_is_made_anew() -> None:
    running = seen(9, start=START - 2 * HOUR, is_running=True)
    assert done(wanted(event_id=9), running) == [("delete", 9, 1), ("create", None, 1)]
    (step,) = steps([wanted(event_id=9)], [], [replace(running, face=face(start=START - HOUR))], 0, START)
    assert step.act is Act.EDIT and step.wanted is not None and step.wanted.face.start == START - HOUR
    assert done(wanted(event_id=9), seen(9, is_running=True), now=START) == []


def test_what_is_left_over_goes_first() -> None:
    over, off = Left(2, 8, is_over=True), Left(3, 7, is_over=False)
    there = [seen(8, 2, is_running=True), seen(7, 3, is_running=True)]
    assert done(wanted(), over, off, *there) == [("finish", 8, 2), ("delete", 7, 3), ("create", None, 1)]
    assert done(over, seen(8, 2)) == [("delete", 8, 2)]
    assert done(off) == [("forget", None, 3)]


def test_a_full_server_keeps_the_nearest() -> None:
    far = [wanted(number, event_id=number, start=START + number * HOUR) for number in (3, 4, 5)]
    there = [seen(number, number, START + number * HOUR) for number in (3, 4)]
    assert done(*far, wanted(1), *there, others=MOST - 2) == [
        ("delete", 4, 4),
        ("forget", None, 5),
        ("create", None, 1),
    ]
    assert done(wanted(), others=MOST + 3) == []


async def test_only_certain_sessions_ahead_are_shown_the_nearest_hundred(
    services: Services, cast: Cast, booked: Taken, held: Taken, clock: FixedClock
) -> None:
    async def shown(*, is_on: bool = True, thorough: bool = False) -> list[str] | None:
        plan = await services.event.plan(GUILD, is_on=is_on, thorough=thorough)
        return None if plan is None else [facts.what for facts in plan.sessions]

    assert await shown() is None and await services.event.guilds() == []
    await held(cast.member, "Hold", START + timedelta(days=9))
    far = await booked(cast.member, "Far", clock.now() + timedelta(days=5 * 365 + 30))
    assert await shown() is None
    second = await booked(cast.member, "Second", START + timedelta(days=1))
    first = await booked(cast.member, "First")
    assert await shown() == ["First", "Second"] and await services.event.guilds() == [GUILD]
    assert await services.event.plan(OTHER_GUILD, is_on=True, thorough=False) is None
    for number, outcome in enumerate((first, second), 1):
        await services.event.note(outcome.facts.booking.id, number, (await stored(services, outcome)).version)
    assert await shown() is None and await shown(thorough=True) == ["First", "Second"]
    await services.booking.cancel(cast.act(cast.member), "#3", "tour")
    plan = await services.event.plan(GUILD, is_on=True, thorough=False)
    assert plan is not None and plan.left == [Left(second.facts.booking.id, 2, is_over=False)]
    await services.event.note(second.facts.booking.id, None)
    assert await shown() is None
    clock.at = START + HOUR
    assert await shown(thorough=True) == ["First"]
    clock.at = START + 4 * HOUR
    plan = await services.event.plan(GUILD, is_on=True, thorough=False)
    assert plan is not None and plan.sessions == [] and plan.left == [Left(first.facts.booking.id, 1, is_over=True)]
    assert (await stored(services, far)).event_id is None


async def test_switched_off_everything_shown_is_left_over(services: Services, cast: Cast, booked: Taken) -> None:
    outcome = await booked(cast.member)
    await services.event.note(outcome.facts.booking.id, 5, 1)
    plan = await services.event.plan(GUILD, is_on=False, thorough=False)
    assert plan is not None and plan.left == [Left(outcome.facts.booking.id, 5, is_over=False)]
    stale: list[set[tuple[str, int]]] = []
    services.db.after_write.append(lambda info: stale.append(info.get("stale", set())))
    actor = cast.act(cast.producer)
    assert not (await services.settings.start(actor, shows_events=False)).shows_events
    await services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert [("event", GUILD) in each for each in stale] == [True, True]
    assert (await services.settings.of(GUILD)).shows_events


async def test_what_people_typed_is_escaped_and_nobody_unknown_is_named(
    services: Services, cast: Cast, booked: Taken
) -> None:
    await booked(cast.member, "*Vocals*", user_ids=(BEN,), role_ids=(BAND,), needs="**drums**")
    plan = await services.event.plan(GUILD, is_on=True, thorough=False)
    assert plan is not None and (plan.user_ids, plan.role_ids) == ({BEN}, {BAND})
    (step,) = plan.steps(Names({BEN: "_ben_"}, {BAND: "~band~"}), [], 0)
    assert step.wanted is not None and step.wanted.face.name == "*Vocals*"
    assert step.wanted.face.text == "Needs: \\*\\*drums\\*\\*\nAsked: \\~band\\~, \\_ben\\_\n#1 in Discord"
    (step,) = plan.steps(NOBODY, [], 0)
    assert step.wanted is not None and "Asked: 1 person" in step.wanted.face.text


async def test_a_new_place_shows_every_session_ahead_anew_and_a_new_price_none(
    services: Services, cast: Cast, booked: Taken, room: str
) -> None:
    outcome = await booked(cast.member)
    before = (await stored(services, outcome)).version
    await services.room.edit(cast.act(cast.producer), room, buffer="15")
    assert (await stored(services, outcome)).version == before
    actor = cast.act(cast.producer)
    await services.room.edit(actor, room, address="Pier 7")
    assert (await stored(services, outcome)).version == before + 1
    await services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert (await stored(services, outcome)).version == before + 2
