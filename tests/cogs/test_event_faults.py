"""The server's own events when much is booked at once, the server is full, Discord refuses, or the bot is killed."""

from datetime import timedelta

import pytest

from bot.delivery.events import EVERY, FULL, NEXT_TRY, NEXT_TURN
from tests.cogs.test_booking import book, preview, settle
from tests.support.band import Band
from tests.support.events import asked, by_hand, events, until
from tests.support.simtime import lose_answers

PATH = "/guilds/*/scheduled-events"
WEEKLY = "every thursday 26 times"


@pytest.fixture
def events_every() -> timedelta:
    """As often as in a real server."""
    return EVERY


async def test_half_a_year_of_sessions_is_shown_after_the_answer_one_after_the_other(booked_band: Band) -> None:
    band = booked_band
    shown = await preview(band, "Rehearsal", "5 feb 2026 19:00-22:00", repeat=WEEKLY)
    done = await band.producer.press(shown, "Book")
    assert "And 25 more of its repeat" in done.text and asked(band) == []
    await settle(band)
    assert len(events(band)) == 26 and asked(band) == ["GET", *["POST"] * 26]
    await settle(band)
    gone = await band.producer.slash("booking cancel", booking="#2", reason="tour")
    await band.producer.press(gone, "This and following")
    await settle(band)
    assert [event.name for event in events(band)] == ["Rehearsal"]


async def test_a_full_server_shows_the_nearest_and_the_others_as_those_end(booked_band: Band) -> None:
    band = booked_band
    for number in range(98):
        by_hand(band, f"Theirs {number}", timedelta(days=20))
    await book(band, "Third", "3 jan 2026 10:00-11:00")
    await book(band, "Second", "2 jan 2026 10:00-11:00")
    await settle(band)
    await book(band, "First", "1 jan 2026 20:00-21:00")
    await settle(band)

    def mine() -> list[str]:
        return [event.name for event in events(band) if not event.name.startswith("Theirs")]

    assert mine() == ["First", "Second"]
    await until(band, band.bot.clock.now() + timedelta(hours=22))
    assert mine() == ["Second", "Third"]


async def test_a_server_that_says_it_is_full_is_asked_once_an_hour(booked_band: Band) -> None:
    band = booked_band
    band.env.inject_error("POST", PATH, status=400, code=FULL, message="full", times=1)
    await book(band, "Drums", "5 feb 2026 10:00-11:00")
    await book(band)
    await settle(band)
    assert events(band) == [] and asked(band) == ["GET", "POST"]
    await until(band, band.bot.clock.now() + timedelta(hours=1))
    assert [event.name for event in events(band)] == ["Drums", "Vocals"]


async def test_one_that_is_refused_keeps_no_other_away(booked_band: Band) -> None:
    band = booked_band
    band.env.inject_error("POST", PATH, status=400, code=50035, message="no", times=1)
    await book(band, "Drums", "5 feb 2026 10:00-11:00")
    await book(band)
    await settle(band)
    assert [event.name for event in events(band)] == ["Vocals"]
    await until(band, band.bot.clock.now() + timedelta(hours=1))
    assert [event.name for event in events(band)] == ["Drums", "Vocals"]


async def test_a_server_that_forbids_it_and_a_discord_that_is_down_are_tried_again(booked_band: Band) -> None:
    band = booked_band
    band.env.inject_error("GET", PATH, status=403, code=50013, message="no", times=1)
    await book(band)
    await until(band, band.bot.clock.now() + timedelta(minutes=10))
    assert events(band) == [] and asked(band) == ["GET"]
    band.env.inject_error("POST", PATH, status=503, times=1)
    await until(band, band.bot.clock.now() + timedelta(minutes=51))
    assert events(band) == []
    await until(band, band.bot.clock.now() + NEXT_TRY)
    assert [event.name for event in events(band)] == ["Vocals"]


async def test_an_answer_that_was_lost_makes_no_second_event(booked_band: Band) -> None:
    band = booked_band
    with lose_answers(band.env, "POST", PATH) as lost:
        await book(band)
        await settle(band)
    assert len(lost) == 1 and len(events(band)) == 1
    await until(band, band.bot.clock.now() + NEXT_TRY)
    assert len(events(band)) == 1 and asked(band, "POST") == ["POST"]
    await band.producer.slash("booking move", booking="#1", when="6 feb 2026 20:00-22:00")
    await settle(band)
    assert len(events(band)) == 1 and asked(band, "POST") == ["POST"]


async def test_a_kill_between_making_and_noting_leaves_one_event(booked_band: Band) -> None:
    band = booked_band
    with lose_answers(band.env, "POST", PATH):
        await book(band)
        await settle(band)
    await band.crash()
    await settle(band)
    assert len(events(band)) == 1 and asked(band, "POST") == ["POST"]
    await band.crash()
    await band.producer.slash("booking cancel", booking="#1")
    await settle(band)
    assert events(band) == []


async def test_an_event_deleted_in_the_same_moment_is_made_anew(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    await settle(band)
    band.env.inject_error("PATCH", f"{PATH}/*", status=404, code=10070, message="unknown", times=1)
    await band.producer.slash("booking move", booking="#1", when="6 feb 2026 20:00-22:00")
    await settle(band)
    band.env.backend.delete_scheduled_event(band.guild.id, events(band)[0].id)
    await band.env.advance_time(NEXT_TURN.total_seconds())
    (event,) = events(band)
    assert event.scheduled_start_time.startswith("2026-02-06T19:00")
