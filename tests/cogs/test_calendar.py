"""Calendars as people get them in Discord, and as their apps read them over HTTP."""

import gzip
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import simcord

from bot.db import Database
from tests.support.band import Band, Reply
from tests.support.calendars import PUBLIC, Browser, browsing, hang_up, path_in, restart, seen, serving
from tests.support.simtime import VirtualEnv, apscheduler_follows


@pytest.fixture
async def simcord_env(band_db: Database) -> AsyncIterator[simcord.Env]:
    """Discord, offline, with a bot that serves calendars."""
    env = VirtualEnv(serving(band_db, band_db.clock))
    with apscheduler_follows():
        await env.start()
        try:
            yield env
        finally:
            await hang_up(env.bot)
            await env.shutdown()


@pytest.fixture
async def browser(booked_band: Band) -> AsyncIterator[Browser]:
    async with browsing(booked_band) as found:
        yield found


async def book(band: Band, what: str, when: str, **more: str) -> Reply:
    preview = await band.producer.slash("booking new", what=what, when=when, **{"room": "Room A", **more})
    return await band.producer.press(preview, "Book")


async def test_an_address_serves_what_its_owner_sees(booked_band: Band, browser: Browser) -> None:
    band = booked_band
    await book(band, "Vocals", "15 jan 2026 14:00-18:00", people=band.singer.mention, note="the secret chord")
    await band.producer.slash("deadline add", what="Final lyrics", due="20 jan 2026", who=band.singer.mention)
    made = await band.singer.slash("calendar link")
    assert made.is_private
    for words in ("webcal://desk.example/backline/calendar/", "Apple", "Google", "Outlook", "Thunderbird"):
        assert words in made.text
    assert set(made.buttons) == {"Undo"}
    path = path_in(made)
    assert made.shown.links["Google"].endswith(quote(f"webcal{PUBLIC.removeprefix('https')}{path}", safe=""))
    assert made.shown.links["Outlook"].endswith(quote(PUBLIC + path, safe=""))
    answer = await browser.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    events = {event.title: event for event in seen(answer.body).values()}
    assert set(events) == {"Vocals", "Due: Final lyrics"}
    vocals = events["Vocals"]
    assert (vocals.start, vocals.end) == (datetime(2026, 1, 15, 13, tzinfo=UTC), datetime(2026, 1, 15, 17, tzinfo=UTC))
    assert vocals.place == "Room A"
    assert "Asked: sam" in vocals.text
    assert f"discord.com/channels/{band.guild.id}/{band.studio.id}/" in vocals.text
    assert b"secret" not in answer.body and b"240" not in answer.body
    assert b"X-WR-CALNAME:My sessions and deadlines \xc2\xb7 Night Ferry\r\n" in answer.body
    assert events["Due: Final lyrics"].start == datetime(2026, 1, 20, tzinfo=UTC).date()


async def test_an_app_that_has_it_gets_nothing_new(booked_band: Band, browser: Browser) -> None:
    band = booked_band
    await book(band, "Vocals", "15 jan 2026 14:00-18:00")
    path = path_in(await band.singer.slash("calendar link", scope="Room A"))
    first = await browser.get(path, Accept_Encoding="identity")
    tag, since = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in ({"If_None_Match": tag}, {"If_None_Match": f'"x", {tag}'}, {"If_Modified_Since": since}):
        again = await browser.get(path, **headers)
        assert (again.status, again.body) == (304, b"")
    assert (await browser.get(path, If_None_Match='W/"x"', If_Modified_Since=since)).status == 200
    head = await browser.get(path, "HEAD", Accept_Encoding="identity")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(first.body)))
    zipped = await browser.get(path, Accept_Encoding="gzip")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.body in (first.body, gzip.compress(first.body, 6, mtime=0))
    await restart(band)
    assert (await browser.get(path, If_None_Match=tag)).status == 304
    await band.producer.slash("booking move", booking="#1", when="16 jan 2026 14:00-18:00")
    moved = await browser.get(path, If_None_Match=tag)
    assert moved.status == 200
    (before,), (after,) = seen(first.body).values(), seen(moved.body).values()
    assert after.uid == before.uid and after.start == before.start + timedelta(days=1)
    assert first.body.split(b"SEQUENCE:")[1][:2] < moved.body.split(b"SEQUENCE:")[1][:2]
    assert moved.headers["Last-Modified"] != since


async def test_what_gives_nothing_away(booked_band: Band, browser: Browser) -> None:
    path = path_in(await booked_band.singer.slash("calendar link"))
    refused = [
        await browser.get(wrong) for wrong in ("/", "/calendar", "/calendar/", "/calendar/x.ics", "/x", f"{path}x")
    ]
    assert {(answer.status, answer.body) for answer in refused} == {(404, b"Not Found\n")}
    for answer in (refused[3], await browser.get(path)):
        assert answer.headers["Server"] == "Backline"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert (await browser.get(path, "POST")).status == 405


async def test_an_app_that_asks_every_second_is_held_back(
    booked_band: Band, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    band = booked_band
    path = path_in(await band.singer.slash("calendar link"))
    tag = (await browser.get(path)).headers["ETag"]
    answers = [await browser.get(path, If_None_Match=tag) for _ in range(25)]
    assert [answer.status for answer in answers] == [304] * 19 + [429] * 6
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 30
    await band.env.advance_time(31)
    assert (await browser.get(path, If_None_Match=tag)).status == 304
    with caplog.at_level(logging.DEBUG):
        await browser.get(path)
    assert path.split("/")[-1].removesuffix(".ics") not in caplog.text


async def test_a_reset_makes_the_old_address_useless(booked_band: Band, browser: Browser) -> None:
    band = booked_band
    assert "nothing to reset" in (await band.singer.slash("calendar reset")).text
    old = path_in(await band.singer.slash("calendar link"))
    assert (await browser.get(old)).status == 200
    known = await band.singer.slash("calendar link")
    assert "can't show it again" in known.text and "webcal" not in known.text
    asked = await band.singer.slash("calendar reset")
    assert asked.is_private and (await browser.get(old)).status == 200
    await restart(band)
    renewed = await band.singer.press(asked, "New address")
    new = path_in(renewed)
    assert new != old
    assert ((await browser.get(old)).status, (await browser.get(new)).status) == (404, 200)
    assert "replaced or stopped already" in (await band.singer.press(known, "New address")).text
    assert (await browser.get(new)).status == 200
    stopped = await band.singer.press(await band.singer.slash("calendar reset"), "Stop it, no new one")
    assert (await browser.get(new)).status == 404
    assert "Undone" in (await band.singer.press(stopped, "Undo")).text
    assert (await browser.get(new)).status == 200
    kept = await band.singer.press(await band.singer.slash("calendar reset"), "Keep it")
    assert "works as before" in kept.text
    assert (await browser.get(new)).status == 200


async def test_undoing_a_link_takes_the_address_back(booked_band: Band, browser: Browser) -> None:
    made = await booked_band.singer.slash("calendar link")
    path = path_in(made)
    assert (await browser.get(path)).status == 200
    assert "Undone" in (await booked_band.singer.press(made, "Undo")).text
    assert (await browser.get(path)).status == 404


async def test_who_left_reads_nothing_any_more(booked_band: Band, browser: Browser) -> None:
    band = booked_band
    path = path_in(await band.singer.slash("calendar link", scope="project #1"))
    band.env.backend.remove_member(band.guild.id, band.singer.id)
    assert (await browser.get(path)).status == 200
    await band.env.advance_time(3700)
    assert (await browser.get(path)).status == 404


async def test_while_discord_is_away_the_owner_is_trusted_for_a_day(booked_band: Band, browser: Browser) -> None:
    band = booked_band
    path = path_in(await band.singer.slash("calendar link"))
    band.env.inject_error("GET", "/guilds/*/members/*", status=500, message="down", times=None)
    await band.env.advance_time(7200)
    assert (await browser.get(path)).status == 200
    await band.env.advance_time(86_400)
    away = await browser.get(path)
    assert (away.status, away.headers["Retry-After"]) == (503, "300")
    band.env.backend.faults.clear()
    assert (await browser.get(path)).status == 200


async def test_roles_decide_what_is_mine_at_the_time_of_fetching(booked_band: Band, browser: Browser) -> None:
    band = booked_band
    await book(band, "Band rehearsal", "15 jan 2026 14:00-18:00", people=f"<@&{band.band.id}>")
    path = path_in(await band.treasurer.slash("calendar link"))
    assert b"Band rehearsal" not in (await browser.get(path)).body
    band.env.backend.get_member(band.guild.id, band.treasurer.id).role_ids.append(band.band.id)
    await band.env.advance_time(3700)
    assert b"Asked: Band" in (await browser.get(path)).body


async def test_a_role_that_was_lost_takes_its_sessions_along(booked_band: Band, browser: Browser) -> None:
    band = booked_band
    await book(band, "Band rehearsal", "15 jan 2026 14:00-18:00", people=f"<@&{band.band.id}>")
    path = path_in(await band.singer.slash("calendar link"))
    assert b"Band rehearsal" in (await browser.get(path)).body
    band.env.backend.get_member(band.guild.id, band.singer.id).role_ids.remove(band.band.id)
    await band.env.advance_time(3700)
    assert b"Band rehearsal" not in (await browser.get(path)).body


async def test_no_sum_and_no_contact_is_in_any_calendar(booked_band: Band, browser: Browser) -> None:
    """Also not in that of whoever may see them in Discord: a feed is read by apps that ask nobody."""
    band = booked_band
    await band.producer.slash("room edit", room="#1", rate="777.77")
    await book(band, "Vocals", "15 jan 2026 14:00-18:00", people=band.singer.mention, project="Harbour Lights")
    await band.producer.slash("deadline add", what="Mix", due="20 jan 2026", who=band.singer.mention, project="#1")
    sheet = await band.producer.slash("booking callsheet", booking="#1")
    opened = await band.producer.press(await band.producer.press(sheet, "Edit"), "Contacts")
    await band.producer.fill(opened, contacts="Engineer Zoe +49 555 0199")
    for person in (band.producer, band.treasurer, band.singer, band.drummer):
        for scope in ("mine", "project #1", "room #1"):
            body = (await browser.get(path_in(await person.slash("calendar link", scope=scope)))).body
            assert b"BEGIN:VCALENDAR" in body
            assert b"777" not in body and b"3,111" not in body and b"555 0199" not in body
            assert (b"SUMMARY:Vocals" in body) == (scope != "mine" or person is band.singer or person is band.producer)


async def test_a_file_is_there_at_once(booked_band: Band) -> None:
    band = booked_band
    assert "no file" in (await band.singer.slash("calendar file")).text
    await book(band, "Vocals", "15 jan 2026 14:00-18:00")
    for options, name in (
        ({}, "my-calendar.ics"),
        ({"scope": "Room A"}, "room-a.ics"),
        ({"scope": "harbour"}, "harbour-lights.ics"),
    ):
        made = await band.singer.slash("calendar file", **options)
        assert made.is_private and "1 entry" in made.text
        (attached,) = made.shown.message.attachments
        assert attached.filename == name
        assert [event.title for event in seen(await attached.read()).values()] == ["Vocals"]
    assert "no file" in (await band.singer.slash("calendar file", scope="Room A", range="20-25 jan 2026")).text
    assert "1 entry" in (await band.singer.slash("calendar file", scope="Room A", range="10-20 jan 2026")).text
    assert "can't find" in (await band.singer.slash("calendar file", scope="room #7")).text


async def test_scopes_are_suggested_and_told_apart(booked_band: Band) -> None:
    band = booked_band
    await band.producer.slash("room add", name="Harbour Lights")
    shown = await band.singer.suggestions("calendar link", "scope", "")
    assert shown == [
        ("My sessions and deadlines", "mine"), ("Project: Harbour Lights", "project #1"),
        ("Room: Harbour Lights", "room #2"), ("Room: Room A", "room #1"),
    ]  # fmt: skip
    which = await band.singer.slash("calendar link", scope="Harbour Lights")
    assert "Which one" in which.text
    chosen = await band.singer.choose(which, "Room: Harbour Lights")
    assert "Room: Harbour Lights" in chosen.text and "webcal" in chosen.text


async def test_what_is_archived_gives_no_new_address_but_keeps_its_old_one(booked_band: Band, browser: Browser) -> None:
    band = booked_band
    path = path_in(await band.singer.slash("calendar link", scope="Room A"))
    await band.producer.slash("room archive", room="Room A")
    await band.producer.slash("project archive", project="Harbour Lights")
    answer = await browser.get(path)
    assert answer.status == 200 and b"Room A (archived)" in answer.body
    assert "is archived" in (await band.drummer.slash("calendar link", scope="Room A")).text
    assert "is archived" in (await band.drummer.slash("calendar link", scope="Harbour Lights")).text
    reset = await band.singer.slash("calendar reset", scope="Room A")
    assert "New address" not in reset.buttons
    await band.singer.press(reset, "Stop it, no new one")
    assert (await browser.get(path)).status == 404


async def test_another_server_is_another_world(booked_band: Band, browser: Browser) -> None:
    band = booked_band
    await book(band, "Vocals", "15 jan 2026 14:00-18:00")
    other = Band(band.env, "Day Tram")
    path = path_in(await other.owner.slash("calendar link"))
    assert b"Vocals" not in (await browser.get(path)).body
    assert "can't find" in (await other.owner.slash("calendar link", scope="room #1")).text
    asked = await band.singer.slash("calendar link")
    assert "webcal" in asked.text
    band.env.backend.remove_guild(other.guild.id)
    await band.env.advance_time(3700)
    assert (await browser.get(path)).status == 404
