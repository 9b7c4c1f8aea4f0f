"""The call sheet as a PDF: every letter is there, nothing is read as markup, and it stays short."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from reportlab.lib.pagesizes import A4, LETTER

from bot.models.booking import Booking, BookingKind, BookingState
from bot.models.callsheet import CallSheet, CallTime
from bot.services.booking_facts import BookingFacts
from bot.services.callsheet_facts import Sheet
from bot.ui.callsheet_pdf import Names, Print, page_of, pdf
from tests.support.pdf_text import pages_of, text_of

START = datetime(2027, 3, 5, 18, 0, tzinfo=UTC)
OLGA, BAND = 100_000_000_000_000_001, 800_000_000_000_000_009
NAMES = Names({OLGA: "Olga Ægir", 2: "Sam"}, {BAND: "The Band"})


def printed(
    people: tuple[CallTime, ...] = (),
    *,
    start: datetime = START,
    hours: float = 3,
    zone: str = "Europe/Berlin",
    booking: dict[str, Any] | None = None,
    **typed: Any,
) -> Print:
    given = {"what": "Vocals", "kind": BookingKind.REHEARSAL, "state": BookingState.CONFIRMED, **(booking or {})}
    row = Booking(id=1, number=12, start_at=start, end_at=start + timedelta(hours=hours), zone=zone, **given)
    facts = BookingFacts(row, "Room A", "Main St 5", "Harbour Lights", (OLGA,), (BAND,), (), (), ())
    sheet = Sheet(facts, CallSheet(booking_id=1, **typed), people, (2, 5))
    return Print(sheet, NAMES, "en-GB", START - timedelta(days=1))


def words(job: Print) -> str:
    """Return what it says, in one line."""
    return " ".join(text_of(pdf(job)).split())


def test_it_says_everything_that_the_sheet_says() -> None:
    called = CallTime(id=1, user_id=2, part="bass", call_minutes=-60)
    text = words(
        printed((called,), entrance="Back door", parking="Lot C", emergency="St. Mary", songs="One\nTwo",
                gear="House kit", technical="48 kHz", notes="Lunch", booking={"note": "Strings", "needs": "drums"})
    )  # fmt: skip
    for part in (
        "Vocals", "Harbour Lights · day 2 of 5 · Rehearsal", "Fri 5 Mar 2027", "19:00 - 22:00 CET",
        "GENERAL CALL 19:00", "DOWNBEAT 20:00", "EST. WRAP 22:00", "Room A, Main St 5 Map", "Entrance: Back door",
        "Parking: Lot C", "Emergency: St. Mary", "21:00 Break, 15 min", "1. One", "2. Two", "18:00 Sam bass",
        "19:00 Olga Ægir", "@The Band", "House kit", "48 kHz", "Needs drums", "Strings", "Lunch",
        "Times are Europe/Berlin (CET)",
    ):  # fmt: skip
        assert " ".join(part.split()) in text, part


@pytest.mark.parametrize(
    "letters", ["夜明けのうた", "빛의 노래", "灯光与海港", "燈塔", "Свет гавани", "Žluťoučký", "Φως"]
)
def test_no_letter_is_lost(letters: str) -> None:
    assert letters in words(printed(songs=letters, booking={"what": letters}))


def test_what_no_font_has_is_shown_as_missing_and_pictures_are_left_out() -> None:
    text = words(printed(songs="Loud 🔥 one\nแสง\n🔥🔥", notes="שיר של נמל"))
    assert "Loud one" in text and "\ufffd" in text and "3. -" not in text
    # What is read from right to left is set so that the eye finds it in its order.
    assert "שיר של נמל"[::-1] in text


def test_text_of_users_is_never_markup() -> None:
    odd = '<b>bold</b> & <a href="x"> <para> </font> <img src="/etc/passwd"/> <br/> &lt; %s {x}'
    text = words(printed(booking={"what": odd}, notes=odd, gear=odd, songs=odd, entrance=odd))
    assert text.count('<img src="/etc/passwd"/>') >= 4 and text.count("&lt;") >= 4


def test_mentions_and_stamps_are_put_into_words() -> None:
    note = (
        f"Ask <@{OLGA}> or <@&{BAND}>, at <t:{int(START.timestamp())}:F> <:rock:100000000000000009> <t:99999999999999>"
    )
    text = words(printed(notes=note))
    assert "Ask @Olga Ægir or @The Band, at" in text and "2027, 19:00 :rock:" in text


def test_contacts_are_only_in_a_private_copy() -> None:
    job = printed(contacts="Max +49 151")
    assert "+49" not in words(job) and "Max +49 151" in words(replace(job, has_contacts=True))


def test_a_night_with_a_clock_change_names_the_day_and_the_zone() -> None:
    text = words(printed(start=datetime(2027, 3, 14, 4, 0, tzinfo=UTC), hours=6, zone="America/Chicago"))
    assert "22:00 CST - 05:00 CDT" in text and "05:00 CDT" in text and "Times are America/Chicago (CST)" in text
    plain = words(printed(start=datetime(2027, 3, 6, 4, 0, tzinfo=UTC), hours=6, zone="America/Chicago"))
    assert "22:00 - 04:00 CST" in plain and "CDT" not in plain


def test_a_bare_sheet_and_a_crowded_one_stay_short() -> None:
    bare = pdf(printed(booking={"state": BookingState.HELD}))
    assert pages_of(bare) == 1 and "only held" in text_of(bare)
    crowd = tuple(CallTime(id=key, name=f"Member {key}", part="vocals, keys and percussion") for key in range(50))
    full = printed(crowd, songs="A song\n" * 15, gear="amp " * 60, notes="word " * 100)
    assert pages_of(pdf(full)) == 2 and all(f"Member {key}" in text_of(pdf(full)) for key in (0, 49))
    # Nobody can type what doesn't fit: a long schedule, or a word without an end, goes on over the page.
    assert pages_of(pdf(printed(schedule="a\n" * 500, songs="b\n" * 700))) > 1
    assert "w" * 40 in words(printed(gear="w" * 1000))


def test_paper_follows_the_servers_language() -> None:
    assert page_of("en-US") == LETTER and page_of("es-MX") == LETTER
    assert page_of("en-GB") == A4 and page_of("de") == A4 and page_of("ja") == A4
