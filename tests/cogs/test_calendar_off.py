"""Calendars where whoever runs the bot has not switched the web part on."""

from tests.support.band import Band


async def test_without_the_web_part_there_is_a_file(booked_band: Band) -> None:
    band = booked_band
    preview = await band.producer.slash("booking new", what="Vocals", when="15 jan 2026 14:00-18:00", room="Room A")
    await band.producer.press(preview, "Book")
    off = await band.singer.slash("calendar link", scope="Room A")
    assert off.is_private and "`web.port`" in off.text and "Room: Room A" in off.text
    await band.restart()
    made = await band.singer.press(off, "File")
    assert made.is_private and "1 entry" in made.text
    assert [attached.filename for attached in made.shown.message.attachments] == ["room-a.ics"]
    assert "can't find" in (await band.singer.slash("calendar link", scope="room #9")).text
    assert "nothing to reset" in (await band.singer.slash("calendar reset")).text
