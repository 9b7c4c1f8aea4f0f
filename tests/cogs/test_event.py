"""The server's own events as a band sees them: they follow its sessions, and say what card and calendar say."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.events import EVERY
from tests.cogs.test_booking import book, settle
from tests.support.band import Band, Shown
from tests.support.calendars import by_icalendar
from tests.support.events import allow, asked, by_hand, events, switch, times, until

START = datetime(2026, 2, 5, 18, tzinfo=UTC)
HOURS = timedelta(hours=1)


@pytest.fixture
def events_every() -> timedelta:
    """As often as in a real server."""
    return EVERY


async def agreeing(band: Band, card: Shown, *said: str) -> str:
    """Return an event's words where it, the session's card and the calendar's file agree about it."""
    await settle(band)
    (event,) = events(band)
    made = await band.singer.slash("calendar file", scope="Room A")
    (item,) = by_icalendar(await made.shown.message.attachments[0].read()).values()
    start, end = times(event)
    assert (event.name, start, end, event.entity_metadata["location"]) == (item.title, item.start, item.end, item.place)
    assert event.description == item.text
    for words in (f"**{event.name}**", f"<t:{int(start.timestamp())}:F>", item.place, *said):
        assert words in card.text
    assert f"/{card.message.channel.id}/{card.id}" in event.description and "€" not in event.description
    return str(event.description)


async def test_event_card_and_calendar_agree_through_a_sessions_life(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, people=f"{band.singer.mention} <@&{band.band.id}>", needs="drums", note="the secret chord")
    assert asked(band) == []
    text = await agreeing(band, card)
    assert text.startswith("Harbour Lights\nNeeds: drums\nAsked: Band, sam\n#1 in Discord: ") and "chord" not in text
    assert times(events(band)[0]) == (START, START + 3 * HOURS)
    first = events(band)[0].id
    await band.singer.press(card, "Coming")
    assert "Coming: sam" in await agreeing(band, card, f"**Coming (1)** {band.singer.mention}")
    moved = await band.producer.slash("booking move", booking="#1", when="6 feb 2026 20:00-22:00")
    await agreeing(band, card)
    assert times(events(band)[0])[0] == START + 25 * HOURS
    await band.producer.press(moved, "Undo")
    await agreeing(band, card)
    await band.producer.slash("room edit", room="Room A", name="The Vault", address="Pier 7")
    await settle(band)
    assert events(band)[0].entity_metadata == {"location": "The Vault, Pier 7"} and "The Vault, Pier 7" in card.text
    await band.producer.slash("project edit", project="Harbour Lights", name="Low Tide")
    await settle(band)
    assert "Low Tide" in events(band)[0].description and events(band)[0].id == first
    gone = await band.producer.slash("booking cancel", booking="#1")
    await settle(band)
    assert events(band) == [] and "**Cancelled**" in card.text
    await band.producer.press(gone, "Undo")
    await settle(band)
    assert times(events(band)[0]) == (START, START + 3 * HOURS)


async def test_a_hold_is_no_event_until_it_is_confirmed(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, label="Hold")
    await settle(band)
    assert asked(band) == []
    sure = await band.producer.slash("booking confirm", booking="#1")
    await agreeing(band, card, "**Confirmed**")
    await band.producer.press(sure, "Undo")
    await settle(band)
    assert events(band) == []


async def test_what_is_edited_or_deleted_by_hand_is_repaired_within_the_hour(booked_band: Band) -> None:
    band = booked_band
    card = await book(band)
    await settle(band)
    (event,) = events(band)
    theirs = by_hand(band, "Barbecue")
    band.env.backend.edit_scheduled_event(band.guild.id, event.id, {"name": "Cancelled!", "description": "no mark"})
    await until(band, band.bot.clock.now() + HOURS)
    assert [each.name for each in events(band)] == ["Barbecue", "Vocals"] and events(band)[1].id == event.id
    band.env.backend.delete_scheduled_event(band.guild.id, event.id)
    await band.restart()
    await settle(band)
    assert [each.name for each in events(band)] == ["Barbecue", "Vocals"]
    band.env.backend.delete_scheduled_event(band.guild.id, events(band)[1].id)
    await band.singer.press(card, "Coming")
    await settle(band)
    assert [each.name for each in events(band)] == ["Barbecue", "Vocals"] and theirs.name == "Barbecue"
    quiet = len(asked(band))
    await until(band, band.bot.clock.now() + 2 * HOURS)
    assert asked(band)[quiet:] == ["GET", "GET"]


async def test_without_the_permission_nothing_is_asked_and_the_check_says_so(booked_band: Band) -> None:
    band = booked_band
    allow(band, events=False)
    await book(band)
    await until(band, band.bot.clock.now() + HOURS)
    assert asked(band) == []
    lacking = (await band.owner.slash("setup check")).text
    assert lacking.count("I lack **Create Events**") == 1 and "within the hour" in lacking
    allow(band, events=True)
    assert "Everything is in place" in (await band.owner.slash("setup check")).text
    await until(band, band.bot.clock.now() + HOURS)
    assert [each.name for each in events(band)] == ["Vocals"]


async def test_events_are_switched_off_and_on_in_the_panel(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    await settle(band)
    panel = await band.owner.slash("setup start")
    off = await band.owner.press(panel, "Switch events off")
    assert "are switched off" in off.text and "Switch events on" in off.buttons
    await settle(band)
    assert events(band) == [] and "Server events: **off**" in (await band.singer.slash("setup show")).text
    allow(band, events=False)
    assert "Create Events" not in (await band.owner.slash("setup check")).text
    allow(band, events=True)
    await band.owner.press(off, "Undo")
    await settle(band)
    assert [each.name for each in events(band)] == ["Vocals"]
    await switch(band, "Switch events off")
    await band.restart()
    await settle(band)
    assert events(band) == []
    panel = await band.owner.slash("setup start")
    on = await band.owner.press(panel, "Switch events on")
    assert "show every confirmed session" in on.text and "Undo" in on.buttons
    await settle(band)
    assert len(events(band)) == 1


async def test_a_session_ends_as_an_event_and_an_early_close_ends_it_at_once(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Drums", "1 jan 2026 10:00-12:00")
    await book(band, "Vocals", "1 jan 2026 14:00-18:00")
    await settle(band)
    drums, vocals = events(band)
    await until(band, datetime(2026, 1, 1, 11, 5, tzinfo=UTC))
    assert drums.status == 3
    await until(band, datetime(2026, 1, 1, 15, tzinfo=UTC))
    assert vocals.status == 2 and asked(band, "POST") == ["POST"] * 2
    await band.producer.slash("room edit", room="Room A", address="Pier 7")
    await settle(band)
    assert vocals.entity_metadata == {"location": "Room A, Pier 7"} and vocals.status == 2
    shown = await band.producer.slash("booking close", booking="#2", end="1 jan 2026 15:30")
    await band.producer.press(shown, "Close it")
    await settle(band)
    assert vocals.status == 3 and events(band) == []
    await until(band, datetime(2026, 1, 1, 17, tzinfo=UTC))
    assert asked(band, "POST") == ["POST"] * 2 and events(band) == []


async def test_long_texts_fit(booked_band: Band) -> None:
    band = booked_band
    await band.producer.slash("room edit", room="Room A", address="A" * 300)
    await book(band, "*V*" * 40, needs="n" * 200)
    await settle(band)
    (event,) = events(band)
    assert len(event.name) == 100 and event.name.startswith("*V**V*") and event.name.endswith("…")
    assert len(event.entity_metadata["location"]) == 100
    await until(band, band.bot.clock.now() + HOURS)
    assert asked(band) == ["GET", "POST", "GET"]
