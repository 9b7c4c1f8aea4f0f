"""`/booking` as a band's people use it: previews, cards, answers, lists and permissions."""

import pytest

from tests.support.band import Band, Reply, Shown

WHEN = "5 feb 2026 19:00-22:00"


async def preview(band: Band, what: str = "Vocals", when: str = WHEN, **more: str) -> Reply:
    return await band.producer.slash("booking new", what=what, when=when, **{"room": "Room A", **more})


async def book(band: Band, *given: str, label: str = "Book", **more: str) -> Shown:
    """Book a session and return the card that everybody sees."""
    done = await band.producer.press(await preview(band, *given, **more), label)
    return done.messages[-1]


async def settle(band: Band) -> None:
    """Let the cards be redrawn."""
    await band.env.advance_time(3)


async def test_booking_a_session_from_preview_to_card(booked_band: Band) -> None:
    band = booked_band
    people = f"{band.singer.mention} {band.drummer.mention} <@&{band.band.id}>"
    shown = await preview(band, people=people, kind="overdub", needs="drums + vocals", note="Bring strings")
    assert shown.is_private and list(shown.buttons) == ["Book", "Hold", "Cancel"]
    for words in ("Vocals", "<t:1770314400:F>", "Room A", "€180.00", "€23,820.00", "Overdub", "drums + vocals", "3 h"):
        assert words in shown.text
    done = await band.producer.press(shown, "Book")
    private, card = done.messages
    assert private.is_private and list(private.buttons) == ["Undo"] and "#1" in private.text
    assert not card.is_private and list(card.buttons) == ["Coming", "Maybe", "Can't", "⚙"]
    assert "€" not in card.text and "**Coming (0)**" in card.text and "Bring strings" in card.text
    assert card.pings == {band.singer.id, band.drummer.id, band.band.id}
    assert band.last_in(band.studio).id == card.id


async def test_answers_are_live_and_pressing_twice_is_harmless(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, people=band.singer.mention)
    assert f"No answer yet: {band.singer.mention}" in card.text
    shown = await band.singer.press(card, "Coming")
    assert f"**Coming (1)** {band.singer.mention}" in shown.text and "No answer yet" not in shown.text
    again = await band.singer.press(card, "Coming")
    assert "**Coming (1)**" in again.text
    uninvited = await band.drummer.press(card, "Maybe")
    assert f"**Maybe (1)** {band.drummer.mention}" in uninvited.text
    await band.restart()
    changed = await band.singer.press(card, "Can't")
    assert "**Coming (0)**" in changed.text and f"**Can't (1)** {band.singer.mention}" in changed.text
    await settle(band)
    assert "**Can't (1)**" in card.text and card.id == band.last_in(band.studio).id


async def test_a_preview_survives_a_restart_and_books_once(booked_band: Band) -> None:
    band = booked_band
    shown = await preview(band)
    await band.restart()
    await band.producer.press(shown, "Hold")
    card = band.last_in(band.studio)
    assert "**First hold**, until" in card.text
    await settle(band)
    assert band.last_in(band.studio).id == card.id


async def test_a_preview_can_be_dropped(booked_band: Band) -> None:
    band = booked_band
    shown = await preview(band)
    dropped = await band.producer.press(shown, "Cancel")
    assert "Nothing was booked" in dropped.text and dropped.buttons == {}
    assert "Nothing is booked here" in (await band.producer.slash("booking list")).text


async def test_money_is_for_money_roles(booked_band: Band) -> None:
    band = booked_band
    shown = await band.singer.slash("booking new", what="Vocals", when=WHEN, room="Room A")
    assert "€" not in shown.text and "180" not in shown.text
    await band.singer.press(shown, "Book")
    assert "€" not in (await band.singer.slash("booking show", booking="#1")).text
    assert "€180.00" in (await band.treasurer.slash("booking show", booking="#1")).text
    assert "€" not in (await band.singer.slash("booking list")).text


async def test_a_taken_room_is_refused_with_free_times_that_run_the_command_again(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Drums")
    refused = await preview(band, "Vocals", "5 feb 2026 20:00-22:00")
    assert refused.is_private and "#1 **Drums**" in refused.text and "<t:1770314400:F>" in refused.text
    assert len(refused.buttons) == 3
    first = next(iter(refused.buttons))
    assert first == "Thu 5 Feb 2026, 22:30-00:30 CET"
    await band.restart()
    shown = await band.producer.press(refused, first)
    assert "<t:1770327000:F>" in shown.text and "Book" in shown.buttons


async def test_a_slot_lost_to_somebody_else_offers_others_for_the_preview(booked_band: Band) -> None:
    band = booked_band
    mine = await band.singer.slash("booking new", what="Mine", when=WHEN, room="Room A")
    await book(band, "Theirs")
    lost = await band.singer.press(mine, "Book")
    assert "#1 **Theirs**" in lost.text and len(lost.messages[-1].buttons) == 3
    label = next(iter(lost.messages[-1].buttons))
    shown = await band.singer.press(lost.messages[-1], label)
    done = await band.singer.press(shown, "Book")
    assert "#2" in done.text and not done.messages[-1].is_private


async def test_booking_over_a_soft_clash_asks_for_a_reason(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Drums", room="Room A", people=band.singer.mention)
    await band.producer.slash("room add", name="Room B")
    shown = await preview(band, "Vocals", room="Room B", people=band.singer.mention)
    assert "Clashes" in shown.text and "#1 **Drums**" in shown.text
    form = await band.producer.press(shown, "Book")
    assert form.form["title"] == "This clashes"
    blank = await band.producer.fill(form, reason="   ")
    assert "visible character" in blank.text
    form = await band.producer.press(shown, "Book")
    done = await band.producer.fill(form, reason="She does both")
    assert "#2" in done.text and not done.messages[-1].is_private


async def test_a_long_session_asks_first(booked_band: Band) -> None:
    band = booked_band
    asked = await preview(band, "Lock-out", "5 feb 2026 10:00 - 6 feb 2026 16:00")
    assert list(asked.buttons) == ["Yes, 30 hours", "Cancel"] and "30 hours" in asked.text
    shown = await band.producer.press(asked, "Yes, 30 hours")
    assert list(shown.buttons) == ["Book", "Hold", "Cancel"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"when": "1 dec 2025 19:00-22:00"}, "nothing was"),
        ({"when": "sometime"}, "nothing was"),
        ({"when": "5 feb 2026 19:00"}, "nothing was"),
        ({"when": "5 feb 2026 10:00 - 10 mar 2026 10:00"}, "30 days at most"),
        ({"room": "Cellar"}, "can't find room"),
        ({"project": "Nothing"}, "can't find project"),
        ({"people": "everybody"}, "mentions of members"),
        ({"what": "x" * 5000}, "at most 120 characters"),
        ({"note": "x" * 1001}, "at most 1000 characters"),
        ({"hold": "yesterday"}, "nothing was"),
    ],
)
async def test_what_is_wrong_with_a_booking_is_said(booked_band: Band, given: dict[str, str], words: str) -> None:
    refused = await preview(booked_band, **given)
    assert refused.is_private and words.casefold() in refused.text.casefold()
    assert "Nothing is booked here" in (await booked_band.producer.slash("booking list")).text


async def test_what_people_write_is_shown_and_pings_nobody(booked_band: Band) -> None:
    band = booked_band
    what = f"**Big** @everyone <@{band.drummer.id}> 🎸"
    card = await book(band, what, note=f"# Loud <@&{band.band.id}>")
    assert card.pings == set() and "\\*\\*Big\\*\\*" in card.text and "\\# Loud" in card.text


async def test_lists_show_numbers_and_links_and_are_paged(booked_band: Band) -> None:
    band = booked_band
    for day in range(1, 11):
        await book(band, f"Session {day}", f"{day} feb 2026 10:00-12:00")
    found = await band.singer.slash("booking list")
    assert found.is_private and "Page 1 of 2" in found.text and found.text.index("#1 ") < found.text.index("#2 ")
    assert f"https://discord.com/channels/{band.guild.id}/{band.studio.id}/" in found.text
    turned = await band.singer.press(found, "Next")
    assert "Session 10" in turned.text and "Session 1**" not in turned.text
    shared = await band.singer.press(turned, "Share")
    assert not shared.messages[-1].is_private
    narrowed = await band.singer.slash("booking list", range="3 feb 2026 - 4 feb 2026", room="Room A", project="#1")
    assert "Session 3" in narrowed.text and "Session 5" not in narrowed.text
    mine = await band.singer.slash("booking list", who=band.singer.mention)
    assert "Nothing is booked here" in mine.text


async def test_bookings_are_suggested_by_number_and_name_and_ambiguous_ones_chosen(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Vocals", "6 feb 2026 10:00-12:00")
    await book(band, "Vocals", "5 feb 2026 10:00-12:00")
    await book(band, "Drums", "7 feb 2026 10:00-12:00")
    suggested = await band.singer.suggestions("booking show", "booking", "")
    assert [value for _, value in suggested] == ["#2", "#1", "#3"]
    assert suggested[0][0] == "#2 Vocals · Thu 5 Feb 2026, 10:00 CET"
    assert [value for _, value in await band.singer.suggestions("booking show", "booking", "#3")] == ["#3"]
    assert [value for _, value in await band.singer.suggestions("booking show", "booking", "dru")] == ["#3"]
    asked = await band.singer.slash("booking show", booking="vocals")
    chosen = await band.singer.choose(asked, "#1 Vocals · Fri 6 Feb 2026, 10:00 CET")
    assert "· #1" in chosen.text
    assert "can't find booking" in (await band.singer.slash("booking show", booking="#99")).text


async def test_another_servers_numbers_and_buttons_are_unknown(booked_band: Band) -> None:
    band = booked_band
    card = await book(band)
    other = await Band(band.env, "Other").set_up()
    for command in ("show", "cancel", "confirm"):
        refused = await other.owner.slash(f"booking {command}", booking="#1")
        assert "can't find booking" in refused.text
    assert card.buttons["Coming"] == "booking:coming:1"


async def test_undo_takes_a_booking_back_and_its_card_says_so(booked_band: Band) -> None:
    band = booked_band
    done = await band.producer.press(await preview(band), "Book")
    card = done.messages[-1]
    undone = await band.producer.press(done, "Undo")
    assert "Undone" in undone.text
    await settle(band)
    assert "Taken back" in card.text and card.buttons == {}
    assert "Nothing is booked here" in (await band.producer.slash("booking list")).text


async def test_a_card_left_behind_by_a_crash_is_posted_at_the_next_start(booked_band: Band) -> None:
    band = booked_band
    shown = await preview(band)
    band.env.inject_error("POST", "/webhooks/*/*", status=500, code=0, message="down", times=None)
    band.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, message="no", times=None)
    await band.producer.press(shown, "Book")
    assert band.studio.last_message is None
    band.env.backend.faults.clear()
    await band.restart()
    assert "**Confirmed**" in band.last_in(band.studio).text


async def test_a_closed_channel_keeps_the_booking_and_says_that_nobody_was_told(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    band.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, message="no", times=None)
    moved = await band.producer.slash("booking move", booking="#1", when="6 feb 2026 19:00-22:00")
    assert "Moved" in moved.text and "nobody was told" in moved.text
    band.env.backend.faults.clear()
    await settle(band)
    assert "<t:1770400800:F>" in band.last_in(band.studio).text
