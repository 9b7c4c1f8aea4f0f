"""`/booking week`: the week as a picture, its other weeks, and booking from it."""

import threading

import pytest

from bot.services.booking_week import Week
from bot.ui import week_picture
from tests.support.band import Band, Shown
from tests.support.statements import MOST, statements

BUTTONS = ["Earlier", "Today", "Later", "Share", "Book"]


def described(shown: Shown) -> str:
    """Return what the picture of a message says in words, which is attached to it."""
    [item] = next(part["items"] for part in shown.components if part.get("type") == 12)
    assert [file.filename for file in shown.message.attachments] == ["week.png"]
    return str(item["description"])


async def book(band: Band, what: str, when: str, *, press: str = "Book", **more: str) -> None:
    preview = await band.producer.slash("booking new", what=what, when=when, **more)
    await band.producer.press(preview, press)


async def test_the_week_is_drawn_turned_and_shared(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Vocals <@1>", "7 jan 2026 19:00-22:00", room="Room A", people=band.singer.mention)
    await book(band, "Mix", "9 jan 2026 22:00 - 10 jan 2026 02:00", press="Hold")
    await book(band, "Writing", "10 jan 2026 12:00-14:00", room="Room A")
    await band.producer.slash("booking cancel", booking="#3", reason="flu")
    with statements(band.bot.db) as sent:
        shown = await band.singer.slash("booking week", date="next week")
    assert len(sent) <= MOST
    assert shown.is_private and list(shown.buttons) == BUTTONS
    words = described(shown.shown)
    assert words.startswith("Week 5 - 11 January 2026, times in Europe/Berlin. Wed 7: #1 Vocals <@1> 19-22 Room A.")
    assert "Fri 9: #2 Mix 22-2 hold. Sat 10: #3 Writing 12-14 Room A cancelled" in words
    assert "#1 **Vocals \\<@\u200b1\\>** · <t:1767808800:f>-<t:1767819600:t> · Room A" in shown.text
    assert "€" not in shown.text + words
    await band.restart()
    shared = (await band.singer.press(shown, "Share")).messages[-1]
    assert not shared.is_private and shared.buttons == {} and described(shared) == words
    earlier = await band.singer.press(shown, "Earlier")
    assert "Nothing is booked from Mon 29 Dec 2025 to Sun 4 Jan 2026." in earlier.text
    assert list(earlier.buttons) == ["Earlier", "Today", "Later", "Book"] and not earlier.shown.message.attachments
    back = await band.singer.press(earlier, "Later")
    assert described(back.shown) == words
    today = await band.singer.press(back, "Today")
    assert "Mon 29 Dec 2025" in today.text


async def test_it_is_on_the_viewers_clock_and_of_one_room(booked_band: Band) -> None:
    band = booked_band
    await band.producer.slash("room add", name="Avatar", timezone="America/New_York")
    await book(band, "Strings", "7 jan 2026 19:00-22:00", room="Avatar")
    await book(band, "Drums", "8 jan 2026 10:00-12:00", room="Room A")
    await band.singer.slash("me timezone", timezone="Asia/Tokyo")
    tokyo = await band.singer.slash("booking week", date="8 jan 2026", room="ava")
    assert described(tokyo.shown) == ("Week 5 - 11 January 2026 · Avatar, times in Asia/Tokyo. Thu 8: #1 Strings 3-6")
    turned = await band.singer.press(await band.singer.press(tokyo, "Later"), "Earlier")
    assert described(turned.shown) == described(tokyo.shown)
    missing = await band.singer.slash("booking week", room="Cellar")
    assert "can't find room" in missing.text and missing.is_private


@pytest.mark.parametrize(
    ("typed", "week"),
    [("last week", "Mon 22 Dec 2025"), ("3 nov 2025", "Mon 3 Nov 2025"), ("14 dec", "Mon 14 Dec 2026"),
     ("yesterday", "Mon 29 Dec 2025"), ("march 2026", "Mon 23 Feb 2026")],
)  # fmt: skip
async def test_any_day_ahead_or_past_names_its_week(band: Band, typed: str, week: str) -> None:
    assert f"from {week} to" in (await band.singer.slash("booking week", date=typed)).text


async def test_what_is_no_day_is_refused(band: Band) -> None:
    refused = await band.singer.slash("booking week", date="blurgh")
    assert "can't read “blurgh”" in refused.text and refused.is_private
    assert await band.singer.suggestions("booking week", "date", "next week") == [
        ("The week of Mon 5 Jan 2026", "2026-01-05")
    ]
    [(warning, _)] = await band.singer.suggestions("booking week", "date", "blurgh")
    assert warning.startswith("⚠")
    assert len(await band.singer.suggestions("booking week", "date", "")) == 3


async def test_a_session_is_booked_from_an_empty_week(booked_band: Band) -> None:
    band = booked_band
    empty = await band.producer.slash("booking week", date="next week", room="Room A")
    assert "Nothing is booked in **Room A** from Mon 5 Jan 2026 to Sun 11 Jan 2026." in empty.text
    await band.restart()
    form = await band.producer.press(empty, "Book")
    assert form.form["title"] == "Book a session"
    unread = await band.producer.fill(form, what="Vocals", when="blurgh", room="Room A", project="")
    assert "can't read “blurgh”" in unread.text
    form = await band.producer.press(empty, "Book")
    preview = await band.producer.fill(form, what="Vocals", when="7 jan 2026 19:00-22:00", room="Room A", project="")
    assert "Preview: Vocals" in preview.text and "€180.00" in preview.text
    await band.producer.press(preview.messages[-1], "Book")
    form = await band.producer.press(await band.producer.slash("booking week"), "Book")
    taken = await band.producer.fill(form, what="Drums", when="7 jan 2026 20:00-21:00", room="Room A", project="")
    assert "Room A is not free then" in taken.text


async def test_it_is_drawn_beside_the_loop(booked_band: Band, monkeypatch: pytest.MonkeyPatch) -> None:
    band, drawn_in = booked_band, []
    inner = week_picture.picture

    def noting(week: Week) -> bytes:
        drawn_in.append(threading.current_thread())
        return inner(week)

    monkeypatch.setattr(week_picture, "picture", noting)
    await book(band, "Vocals", "7 jan 2026 19:00-22:00", room="Room A")
    await band.singer.slash("booking week", date="7 jan 2026")
    assert drawn_in and threading.main_thread() not in drawn_in
