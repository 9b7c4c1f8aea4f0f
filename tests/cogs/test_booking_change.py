"""Moving, cancelling and confirming bookings, and the gear on their card, as a band's people use them."""

import pytest

from tests.cogs.test_booking import WHEN, book, settle
from tests.support.band import Band, Reply, Shown

LATER = "6 feb 2026 19:00-22:00"
LATER_SHOWN = "<t:1770400800:F>"


async def gear(band: Band, card: Shown) -> Reply:
    return await band.producer.press(card, "⚙")


async def test_a_move_redraws_the_card_and_calls_its_people(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, people=f"{band.singer.mention} <@&{band.band.id}>")
    await band.drummer.press(card, "Coming")
    moved = await band.producer.slash("booking move", booking="#1", when=LATER)
    assert moved.is_private and LATER_SHOWN in moved.text and list(moved.buttons) == ["Undo"]
    told = band.last_in(band.studio)
    assert "has moved" in told.text and LATER_SHOWN in told.text and "answer again" in told.text
    assert told.pings == {band.singer.id, band.drummer.id, band.band.id}
    await settle(band)
    assert LATER_SHOWN in card.text and "**Coming (0)**" in card.text
    undone = await band.producer.press(moved, "Undo")
    assert "Undone" in undone.text
    await settle(band)
    assert "<t:1770314400:F>" in card.text and f"**Coming (1)** {band.drummer.mention}" in card.text


@pytest.mark.parametrize(
    ("when", "words"),
    [(WHEN, "at that time already"), ("1 dec 2025 10:00-12:00", "nothing was"), ("blurgh", "can't read")],
)
async def test_a_move_that_makes_no_sense_is_refused(booked_band: Band, when: str, words: str) -> None:
    await book(booked_band)
    refused = await booked_band.producer.slash("booking move", booking="#1", when=when)
    assert refused.is_private and words in refused.text


async def test_a_move_onto_another_booking_offers_free_times(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Drums")
    await book(band, "Vocals", "7 feb 2026 10:00-12:00")
    refused = await band.producer.slash("booking move", booking="#2", when="5 feb 2026 20:00-22:00")
    assert "#1 **Drums**" in refused.text and len(refused.buttons) == 3
    moved = await band.producer.press(refused, "Thu 5 Feb 2026, 22:30-00:30 CET")
    assert "Moved" in moved.text and "<t:1770327000:F>" in moved.text


async def test_a_long_move_asks_first(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    asked = await band.producer.slash("booking move", booking="#1", when="6 feb 2026 10:00 - 7 feb 2026 16:00")
    assert list(asked.buttons) == ["Yes, 30 hours", "No"]
    kept = await band.producer.press(asked, "No")
    assert "Nothing was changed" in kept.text
    asked = await band.producer.slash("booking move", booking="#1", when="6 feb 2026 10:00 - 7 feb 2026 16:00")
    assert "Moved" in (await band.producer.press(asked, "Yes, 30 hours")).text


async def test_a_move_over_somebodys_other_session_asks_for_a_reason(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Drums", LATER, room="Room A", people=band.singer.mention)
    await band.producer.slash("room add", name="Room B")
    await book(band, "Vocals", WHEN, room="Room B", people=band.singer.mention)
    form = await band.producer.slash("booking move", booking="#2", when=LATER)
    done = await band.producer.fill(form, reason="She does both")
    assert "Moved" in done.text and done.is_private


async def test_who_may_change_a_booking(booked_band: Band) -> None:
    band = booked_band
    own = await band.singer.slash("booking new", what="Mine", when=WHEN, room="Room A")
    card = (await band.singer.press(own, "Book")).messages[-1]
    for command, options in (("move", {"when": LATER}), ("cancel", {}), ("confirm", {})):
        refused = await band.drummer.slash(f"booking {command}", booking="#1", **options)
        assert f"made by {band.singer.mention}" in refused.text
    assert "made by" in (await band.drummer.press(card, "⚙")).text
    assert "Moved" in (await band.singer.slash("booking move", booking="#1", when=LATER)).text
    assert "Cancelled" in (await band.producer.slash("booking cancel", booking="#1")).text


async def test_cancelling_tells_the_people_and_takes_the_answers_away(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, people=band.singer.mention)
    done = await band.producer.slash("booking cancel", booking="vocals", reason="no @everyone")
    assert "Cancelled" in done.text and "fee" not in done.text
    told = band.last_in(band.studio)
    assert told.pings == {band.singer.id} and "is cancelled" in told.text and "Reason: no" in told.text
    pressed = band.singer.actor.click(card.message, custom_id="booking:coming:1")
    late = Reply(band.env, await pressed, card.message)
    assert "is cancelled, so nothing was changed" in late.text
    await settle(band)
    assert "**Cancelled**" in card.text and card.buttons == {} and "Reason: no" in card.text
    again = await band.producer.slash("booking cancel", booking="#1")
    assert "is cancelled, so nothing was changed" in again.text
    await band.producer.press(done, "Undo")
    await settle(band)
    assert "**Confirmed**" in card.text and "Coming" in card.buttons


async def test_a_late_cancellation_asks_and_books_the_fee(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Vocals", "2 jan 2026 10:00-13:00")
    asked = await band.producer.slash("booking cancel", booking="#1", reason="ill")
    assert asked.is_private and list(asked.buttons) == ["Yes", "No"]
    assert "€90.00" in asked.text and "50 %" in asked.text
    assert "Nothing was changed" in (await band.producer.press(asked, "No")).text
    asked = await band.producer.slash("booking cancel", booking="#1", reason="ill")
    await band.restart()
    done = await band.producer.press(asked, "Yes")
    assert "€90.00" in done.text and "expense" in done.text
    assert "Reason: ill" in band.last_in(band.studio).text and "€" not in band.last_in(band.studio).text
    assert "90.00" in (await band.producer.slash("budget show")).text


async def test_a_late_cancellation_by_somebody_without_money_shows_no_figure(booked_band: Band) -> None:
    band = booked_band
    own = await band.singer.slash("booking new", what="Mine", when="2 jan 2026 10:00-13:00", room="Room A")
    await band.singer.press(own, "Book")
    asked = await band.singer.slash("booking cancel", booking="#1")
    assert "costs money" in asked.text and "€" not in asked.text and "%" not in asked.text
    done = await band.singer.press(asked, "Yes")
    assert "Cancelled" in done.text and "€" not in done.text


async def test_holds_queue_and_the_first_is_confirmed(booked_band: Band) -> None:
    band = booked_band
    first = await book(band, "First", label="Hold")
    second = await book(band, "Second", label="Hold")
    assert "**Second hold**" in second.text
    refused = await band.producer.slash("booking confirm", booking="#2")
    assert "#1 “First”" in refused.text
    done = await band.producer.slash("booking confirm", booking="#1")
    assert "Confirmed" in done.text and "is confirmed" in band.last_in(band.studio).text
    await settle(band)
    assert "**Confirmed**" in first.text and "**Released**" in second.text and second.buttons == {}
    told = band.last_in(band.studio)
    assert "**Second** · #2 was released" in told.text and told.pings == {band.producer.id}
    assert "confirmed already" in (await band.producer.slash("booking confirm", booking="#1")).text


async def test_a_hold_that_runs_out_lets_the_next_one_up_and_says_so(booked_band: Band) -> None:
    band = booked_band
    first = await book(band, "First", label="Hold", hold="2 jan 2026 12:00")
    second = await book(band, "Second", label="Hold")
    await band.env.advance_time(36 * 3600)
    await settle(band)
    assert "**Released**" in first.text and "**First hold**" in second.text
    said = [message.content or str(message.components) for message in band.studio.history()]
    assert any("is the first hold for its time now" in words for words in said)


async def test_the_gear_edits_the_words_with_their_current_values(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, needs="drums", note="Old note")
    panel = await gear(band, card)
    assert panel.is_private
    await band.restart()
    form = await band.producer.press(panel, "Edit")
    values = [part["component"]["value"] for part in form.form["components"]]
    assert values == ["Vocals", "drums", "Old note"]
    done = await band.producer.fill(form, what="Choir", needs="", note="New note")
    assert "Changed: **Choir**" in done.text
    await settle(band)
    assert "Choir" in card.text and "New note" in card.text and "Needs" not in card.text


async def test_the_gear_moves_by_free_text(booked_band: Band) -> None:
    band = booked_band
    card = await book(band)
    await book(band, "Drums", LATER)
    unclear = await band.producer.fill(await band.producer.press(await gear(band, card), "Move"), when="blurgh")
    assert "can't read" in unclear.text
    taken = await band.producer.fill(await band.producer.press(await gear(band, card), "Move"), when=LATER)
    assert "#2 **Drums**" in taken.text and len(taken.buttons) == 3
    moved = await band.producer.press(taken, "Fri 6 Feb 2026, 15:30-18:30 CET")
    assert "Moved" in moved.text
    await settle(band)
    assert "<t:1770388200:F>" in card.text


async def test_the_gear_asks_other_people_and_tells_the_new_ones(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, people=band.singer.mention)
    panel = await gear(band, card)
    done = await band.producer.choose(panel, band.singer.actor, band.drummer.actor, menu="booking:users:1")
    assert "Changed who is asked" in done.text
    told = band.last_in(band.studio)
    assert told.pings == {band.drummer.id} and "Can you come?" in told.text
    await band.producer.choose(await gear(band, card), band.band, menu="booking:roles:1")
    assert band.last_in(band.studio).pings == {band.band.id}
    await settle(band)
    assert f"Asked: <@&{band.band.id}> {band.singer.mention} {band.drummer.mention}" in card.text
    await band.producer.choose(await gear(band, card), menu="booking:users:1")
    await settle(band)
    assert f"Asked: <@&{band.band.id}>\n" in card.text


async def test_the_gear_cancels_with_a_reason_and_confirms_a_hold(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, label="Hold")
    confirmed = await band.producer.press(await gear(band, card), "Confirm")
    assert "Confirmed" in confirmed.text
    panel = await gear(band, card)
    assert "Confirm" not in panel.buttons
    done = await band.producer.fill(await band.producer.press(panel, "Cancel booking"), reason="Flood")
    assert "Cancelled" in done.text and "Reason: Flood" in band.last_in(band.studio).text


async def test_a_deleted_card_is_posted_anew_at_the_next_change(booked_band: Band) -> None:
    band = booked_band
    card = await book(band)
    band.env.backend.delete_message(band.studio.id, card.id)
    await band.producer.slash("booking move", booking="#1", when=LATER)
    await settle(band)
    anew = band.last_in(band.studio)
    assert anew.id != card.id and LATER_SHOWN in anew.text and "Coming" in anew.buttons
    shown = await band.singer.press(anew, "Coming")
    assert "**Coming (1)**" in shown.text


async def test_with_its_channel_gone_the_card_moves_to_the_announcements(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    band.env.backend.delete_channel(band.studio.id)
    await band.producer.in_channel(band.money).slash("booking move", booking="#1", when=LATER)
    await settle(band)
    assert "Coming" in band.last_in(band.general).buttons


async def test_reminders_come_a_day_and_an_hour_before(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Vocals", "3 jan 2026 10:00-12:00", people=band.singer.mention)
    await band.env.advance_time(33 * 3600 + 60)
    reminder = band.last_in(band.studio)
    assert "**Vocals** · #1" in reminder.text and reminder.pings == {band.singer.id}
    await band.env.advance_time(23 * 3600)
    assert band.last_in(band.studio).id != reminder.id


async def test_a_challenge_calls_the_holder_who_decides_with_a_button(booked_band: Band) -> None:
    band = booked_band
    own = await band.singer.slash("booking new", what="First", when=WHEN, room="Room A")
    first = (await band.singer.press(own, "Hold")).messages[-1]
    await book(band, "Second", label="Hold")
    done = await band.producer.slash("booking challenge", booking="#2")
    assert "Challenged: **First** · #1" in done.text
    told = band.last_in(band.studio)
    assert told.pings == {band.singer.id} and list(told.buttons) == ["Confirm", "Release"]
    await settle(band)
    assert "(challenged)" in first.text
    refused = await band.drummer.press(told, "Confirm")
    assert "made by" in refused.text and refused.is_private
    await band.restart()
    confirmed = await band.singer.press(told, "Confirm")
    assert "Confirmed: **First**" in confirmed.messages[-1].text


async def test_a_challenged_hold_is_released_by_its_button(booked_band: Band) -> None:
    band = booked_band
    await book(band, "First", label="Hold")
    second = await book(band, "Second", label="Hold")
    await band.producer.slash("booking challenge", booking="#2")
    form = await band.producer.press(band.last_in(band.studio), "Release")
    assert "Cancelled: **First**" in (await band.producer.fill(form, reason="")).text
    await settle(band)
    assert "**First hold**" in second.text


async def test_a_card_in_a_closed_channel_keeps_no_other_behind(booked_band: Band) -> None:
    """After a crash the cards are brought up to date one by one; one that can't be is no reason to stop."""
    band = booked_band
    first = await book(band, "Drums")
    place = band.producer.in_channel(band.money)
    asked = await place.slash("booking new", what="Vocals", when="7 feb 2026 10:00-12:00")
    await band.producer.press(asked, "Book")
    await band.producer.slash("booking move", booking="#1", when=LATER)
    await band.producer.slash("booking move", booking="#2", when="8 feb 2026 10:00-12:00")
    band.overwrite(band.money, None, view_channel=False)
    await band.crash()
    await settle(band)
    assert LATER_SHOWN in first.text
