"""Repeating sessions as a band's people book, move and cancel them."""

from tests.cogs.test_booking import book, preview, settle
from tests.support.band import Band

FIRST = "3 feb 2026 19:00-22:00"
REPEAT = "every tuesday 4 times"


async def test_a_repeat_is_booked_but_for_the_dates_that_are_taken(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Drums", "10 feb 2026 20:00-21:00")
    shown = await preview(band, "Vocals", FIRST, repeat=REPEAT)
    assert (
        "3 of 4 dates are free" in shown.text and "#1 **Drums**" in shown.text and "take the 3 free ones" in shown.text
    )
    assert "€540.00" in shown.text
    done = await band.producer.press(shown, "Book")
    assert "#2" in done.text and "And 2 more of its repeat" in done.text
    listed = await band.producer.slash("booking list")
    assert all(f"#{number} " in listed.text for number in (1, 2, 3, 4))
    await band.restart()
    assert "**Vocals** · #2" in band.last_in(band.studio).text


async def test_one_or_it_and_those_after_it_are_moved(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, "Vocals", FIRST, repeat=REPEAT)
    asked = await band.producer.slash("booking move", booking="#1", when="4 feb 2026 19:00-22:00")
    assert list(asked.buttons) == ["This one", "This and following", "Neither"]
    assert "Nothing was changed" in (await band.producer.press(asked, "Neither")).text
    asked = await band.producer.slash("booking move", booking="#1", when="4 feb 2026 19:00-22:00")
    await band.restart()
    moved = await band.producer.press(asked, "This and following")
    assert "Moved with the 3 after it" in moved.text and "3 sessions after it" in band.last_in(band.studio).text
    await settle(band)
    assert "<t:1770228000:F>" in card.text
    asked = await band.producer.slash("booking move", booking="#2", when="12 feb 2026 19:00-22:00")
    moved = await band.producer.press(asked, "This one")
    assert "Moved: **Vocals** · #2" in moved.text


async def test_one_or_it_and_those_after_it_are_cancelled(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Vocals", FIRST, repeat=REPEAT)
    asked = await band.producer.slash("booking cancel", booking="#2", reason="tour")
    done = await band.producer.press(asked, "This and following")
    assert "Cancelled with the 2 after it" in done.text
    said = band.last_in(band.studio).text
    assert "2 sessions after it are cancelled as well" in said and "Reason: tour" in said
    listed = await band.producer.slash("booking list")
    assert "#1 " in listed.text and "#2 " not in listed.text


async def test_a_late_cancellation_of_a_repeat_asks_for_the_sum(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Vocals", "2 jan 2026 10:00-13:00", repeat="every day 2 times")
    asked = await band.producer.slash("booking cancel", booking="#1")
    fee = await band.producer.press(asked, "This and following")
    assert "€90.00" in fee.text and list(fee.buttons) == ["Yes", "No"]
    done = await band.producer.press(fee, "Yes")
    assert "Cancelled with the 1 after it" in done.text and "€90.00" in done.text


async def test_a_bare_interval_repeats_from_the_first_date(booked_band: Band) -> None:
    shown = await preview(booked_band, "Vocals", "2026-01-12 18:00-21:00", repeat="every 2 weeks")
    assert "<t:1768237200:f>, <t:1769446800:f>" in shown.text
