"""Usual hours and away times: how they are read, and what they say about a session."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actor import Actor
from bot.services import Services
from bot.services.availability import AwayOver, AwayTooLong
from bot.services.availability_hours import NotHours, both, in_words, read_weekly, spans_of, union, without
from bot.services.booking import Ask
from bot.services.booking_clash import ReasonNeeded
from tests.conftest import FixedClock
from tests.support.cast import Cast

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = datetime(2027, 3, 5, 18, 0, tzinfo=UTC)  # 19:00 in Berlin
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("mon-fri 18-23, sat 12-20", "Mon Tue Wed Thu Fri 18-23, Sat 12-20"),
        ("Monday 9:30 - 17.15", "Mon 9:30-17:15"),
        ("weekdays 6pm-11pm; weekends 10am to 8 pm", "Mon Tue Wed Thu Fri 18-23, Sat Sun 10-20"),
        ("tue, thu and sun 20-22", "Tue Thu Sun 20-22"),
        ("daily 9\N{EN DASH}17", "Mon Tue Wed Thu Fri Sat Sun 9-17"),
        ("every day 0-24", "Mon Tue Wed Thu Fri Sat Sun 0-24"),
        ("fri 22-2", "Fri 22-24, Sat 0-2"),
        ("sat-mon 10-12", "Mon Sat Sun 10-12"),
        ("sun 22-0", "Sun 22-24"),
        ("mon 9-12 mon 11-15", "Mon 9-15"),
        ("any time", "any time"),
    ],
)
def test_usual_hours_are_read(typed: str, words: str) -> None:
    assert in_words(read_weekly(typed)) == words


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "evenings", "mon", "18-23", "mon 18", "mon 18-", "mon 25-26", "mon 9:61-10", "mon 13pm-15", "mon- 9-10",
     "xyz 9-10", "m 9-10", "mon 9-10 and then some", "mon 9-10 @everyone", "a" * 5000, "mon " * 60 + "9", "mon 9..-10"],
)  # fmt: skip
def test_what_is_no_hours_is_refused(typed: str) -> None:
    with pytest.raises(NotHours, match="nothing was changed"):
        read_weekly(typed)


def test_hours_keep_their_time_on_the_wall_over_a_clock_change() -> None:
    start = datetime(2027, 3, 26, tzinfo=UTC)
    spans = spans_of(read_weekly("fri-mon 18-20"), BERLIN, start, start + timedelta(days=4))
    assert [f"{begin:%d %H}-{end:%H}" for begin, end in spans][:4] == ["26 17-19", "27 17-19", "28 16-18", "29 16-18"]


instants = st.integers(0, 200).map(lambda count: FRIDAY + timedelta(minutes=count))
stretches = st.lists(st.tuples(instants, instants).map(lambda pair: (min(pair), max(pair))), max_size=6)


@given(stretches, stretches)
def test_stretches_are_added_cut_and_crossed_minute_by_minute(
    ones: list[tuple[datetime, datetime]], others: list[tuple[datetime, datetime]]
) -> None:
    def minutes(spans: list[tuple[datetime, datetime]]) -> set[int]:
        every = range(-5, 210)
        return {minute for minute in every for begin, end in spans if begin <= FRIDAY + timedelta(minutes=minute) < end}

    assert minutes(union(ones)) == minutes(ones)
    assert minutes(without(union(ones), others)) == minutes(ones) - minutes(others)
    assert minutes(both(union(ones), union(others))) == minutes(ones) & minutes(others)


async def preview(services: Services, cast: Cast, who: Actor, start: datetime = FRIDAY, hours: int = 2) -> list[str]:
    ask = Ask("Vocals", start, start + hours * HOUR, user_ids=(who.user_id,))
    return [clash.line for clash in (await services.booking.preview(cast.act(cast.producer), ask)).clashes]


async def test_usual_hours_are_a_soft_clash_outside_them(services: Services, cast: Cast) -> None:
    await services.availability.set_hours(cast.act(cast.member), "mon-fri 18-23")
    me = f"<@{cast.member.user_id}>"
    assert await preview(services, cast, cast.member) == []
    assert await preview(services, cast, cast.member, FRIDAY + 3 * HOUR) == [f"{me}: outside their usual hours"]
    assert await preview(services, cast, cast.other, FRIDAY + 3 * HOUR) == []
    act = cast.act(cast.member)
    await services.availability.set_hours(act, "sat 10-12")
    assert len(await preview(services, cast, cast.member)) == 1
    await services.undo.undo(cast.act(cast.member), act.change_id)
    assert await preview(services, cast, cast.member) == []
    await services.availability.set_hours(cast.act(cast.member), "any time")
    assert await preview(services, cast, cast.member, FRIDAY + 9 * HOUR) == []


async def test_away_times_are_a_soft_clash_without_their_note(services: Services, cast: Cast) -> None:
    act = cast.act(cast.member)
    away = await services.availability.go_away(act, FRIDAY + HOUR, FRIDAY + timedelta(days=2), "rehab")
    ask = Ask("Vocals", FRIDAY, FRIDAY + 2 * HOUR, user_ids=(cast.member.user_id,))
    draft = await services.booking.preview(cast.act(cast.producer), ask)
    assert [clash.line for clash in draft.clashes] == [f"<@{cast.member.user_id}>: away"]
    with pytest.raises(ReasonNeeded) as refused:
        await services.booking.book(cast.act(cast.producer), draft.facts.booking.id)
    assert "rehab" not in str(refused.value)
    assert await preview(services, cast, cast.member, FRIDAY - HOUR) == []
    assert not await services.availability.drop(cast.act(cast.other), away.id)
    assert await services.availability.drop(cast.act(cast.member), away.id)
    assert not await services.availability.drop(cast.act(cast.member), away.id)
    assert await preview(services, cast, cast.member) == []


async def test_another_servers_times_do_not_count(services: Services, cast: Cast) -> None:
    there = cast.act(cast.foreigner, user_id=cast.member.user_id)
    await services.availability.go_away(there, FRIDAY, FRIDAY + timedelta(days=2), None)
    assert await preview(services, cast, cast.member) == []
    assert (await services.availability.mine(cast.member))[1] == []
    assert len((await services.availability.mine(there))[1]) == 1


async def test_away_times_that_make_no_sense_are_refused(services: Services, cast: Cast, clock: FixedClock) -> None:
    now = clock.now()
    with pytest.raises(AwayOver):
        await services.availability.go_away(cast.act(cast.member), now - 2 * HOUR, now, None)
    with pytest.raises(AwayOver):
        await services.availability.go_away(cast.act(cast.member), FRIDAY, FRIDAY, None)
    with pytest.raises(AwayTooLong):
        await services.availability.go_away(cast.act(cast.member), FRIDAY, FRIDAY + timedelta(days=367), None)
