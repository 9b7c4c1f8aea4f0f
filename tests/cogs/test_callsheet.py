"""`/booking callsheet` as a band's people use it: reading, typing on it, contacts, its PDF, and who may do what."""

from datetime import timedelta
from typing import Any

from tests.support.band import Band, Reply, Shown
from tests.support.pdf_text import text_of

WHEN = "5 feb 2026 19:00-22:00"  # 18:00 UTC, 35 days and 18 hours after simcord's beginning
START = timedelta(days=35, hours=18)
A_MINUTE = timedelta(minutes=1)


async def book(band: Band, when: str = WHEN, label: str = "Book", **more: str) -> Shown:
    """Book Vocals, with the singer and the drummer unless others are named, and return the card."""
    asked = {"people": f"{band.singer.mention} {band.drummer.mention}", "room": "Room A", **more}
    shown = await band.producer.slash("booking new", what="Vocals", when=when, **asked)
    return (await band.producer.press(shown, label)).messages[-1]


async def panel(band: Band) -> Reply:
    """Return the panel behind the gear, as the producer sees it."""
    return await band.producer.press(await band.producer.slash("booking callsheet", booking="#1"), "Edit")


async def fill(band: Band, label: str, on: Reply | None = None, **values: str) -> Reply:
    """Open one of the panel's forms and send it."""
    form = await band.producer.press(on or await panel(band), label)
    return await band.producer.fill(form, **values)


async def pick(band: Band, member: Any, on: Reply | None = None) -> Reply:
    """Pick a member in the panel's menu, which opens their form."""
    shown = (on or await panel(band)).shown
    menu = next(part["custom_id"] for part in shown.components if part.get("type") == 5)
    return await band.producer.choose(shown, member.actor, menu=menu)


def file_of(shown: Shown) -> str:
    """Return the words of the PDF that a message brings."""
    (attachment,) = shown._stored.attachments
    data = shown._env.backend.cdn.get(attachment["url"])
    assert data is not None
    return " ".join(text_of(data).split())


async def test_the_sheet_is_for_one_person_until_it_is_shared(booked_band: Band) -> None:
    band = booked_band
    await band.producer.slash("room edit", room="Room A", address="Hauptstr. 5 (Hof)")
    await book(band, note="Bring strings")
    shown = await band.singer.slash("booking callsheet", booking="vocals")
    assert shown.is_private and list(shown.buttons) == ["PDF", "Share"]
    for words in (
        "Harbour Lights · day 1 of 1", "Hauptstr. 5 (Hof)", "query=Hauptstr.%205%20%28Hof%29", "Bring strings",
        "**Call <t:1770314400:t>**", "downbeat <t:1770316200:t>", "<t:1770321600:t> Break, 15 min",
    ):  # fmt: skip
        assert words in shown.text, words
    assert "€" not in shown.text
    await band.restart()
    shared = await band.singer.press(shown, "Share")
    assert not shared.is_private and list(shared.buttons) == ["PDF", "Contacts", "⚙"] and not shared.shown.pings
    assert [value for _, value in await band.singer.suggestions("booking callsheet", "booking", "")] == ["#1"]


async def test_typing_on_the_sheet_and_taking_it_back(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    saved = await fill(band, "Times", call="18:30", downbeat="45 min after", schedule="20:00 Pizza")
    assert saved.is_private and "Times saved" in saved.text
    form = await band.producer.press(saved, "Times")
    values = {part["custom_id"]: part.get("value") for part in walked(form)}
    assert values["call"] == "18:30" and values["downbeat"] == "19:45" and values["wrap"] is None
    sheet = await band.singer.slash("booking callsheet", booking="#1")
    assert "**Call <t:1770312600:t>**" in sheet.text and "20:00 Pizza" in sheet.text and "Break" not in sheet.text
    await band.restart()
    undone = await band.producer.press(saved, "Undo")
    assert "⚠" not in undone.text
    again = await band.singer.slash("booking callsheet", booking="#1")
    assert "**Call <t:1770314400:t>**" in again.text and "Pizza" not in again.text
    placed = await fill(band, "Place", address="Elsewhere 7", entrance="Back door", parking="Lot C", emergency="")
    assert "Place saved" in placed.text
    music = await fill(band, "Songs and gear", songs="One\nTwo", gear="House kit", technical="48 kHz", notes="Lunch")
    assert "Typed so far: place, songs, gear, technical, notes" in music.text
    shown = (await band.singer.slash("booking callsheet", booking="#1")).text
    for words in ("Elsewhere 7", "Entrance: Back door", "Parking: Lot C", "1. One\n2. Two", "House kit", "Lunch"):
        assert words in shown


def walked(form: Reply) -> list[dict[str, Any]]:
    return [item["component"] for item in form.form["components"] if "component" in item]


async def test_people_their_parts_and_their_own_calls(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    form = await pick(band, band.drummer)
    saved = await band.producer.fill(form, part="drums", call="17:30")
    named = await fill(band, "Add a name", saved, name="Joe", part="pedal steel", call="20:00")
    assert "less than 30 minutes before the downbeat" in named.text
    text = (await band.singer.slash("booking callsheet", booking="#1")).text
    assert f"<t:1770309000:t> {band.drummer.mention} (drums)" in text and "Joe (pedal steel)" in text
    form = await band.producer.choose(named, "Joe pedal steel", menu="callsheet:named:1")
    gone = await band.producer.fill(form, name="", part="", call="")
    assert "Joe" not in gone.text
    blank = await fill(band, "Add a name", name=" ", part="", call="")
    assert "needs a name" in blank.text


async def test_what_is_refused_keeps_what_was_typed(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    refused = await fill(band, "Times", call="soonish", downbeat="20:15")
    assert refused.is_private and "soonish" in refused.text and list(refused.buttons) == ["Edit again"]
    await band.restart()
    form = await band.producer.press(refused, "Edit again")
    assert {part["custom_id"]: part.get("value") for part in walked(form)}["downbeat"] == "20:15"
    assert "Times saved" in (await band.producer.fill(form, call="18:00", downbeat="20:15")).text
    person = await band.producer.fill(await pick(band, band.singer), part="vocals", call="in 2 hours")
    assert "not near that session" in person.text
    form = await band.producer.press(person, "Edit again")
    assert "vocals" in (await band.producer.fill(form, part="vocals", call="")).text or form.form["title"]
    assert f"{band.singer.mention} (vocals)" in (await band.singer.slash("booking callsheet", booking="#1")).text


async def test_contacts_are_for_whom_they_concern(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    await fill(band, "Contacts", contacts="Engineer: Max +49 151 2345678")
    own = await band.singer.slash("booking callsheet", booking="#1")
    stranger = await band.treasurer.slash("booking callsheet", booking="#1")
    assert "+49 151" in own.text and "+49" not in stranger.text
    shared = await band.singer.press(own, "Share")
    assert "+49" not in shared.text
    assert "for its own people" in (await band.treasurer.press(shared, "Contacts")).text
    assert "+49 151" in (await band.drummer.press(shared, "Contacts")).text
    assert "+49 151" in (await band.owner.press(shared, "Contacts")).text
    private, other = await band.singer.press(shared, "PDF"), await band.treasurer.press(shared, "PDF")
    assert private.is_private and "Max +49 151" in file_of(private.shown) and "keep it among" in private.text
    assert other.is_private and "+49" not in file_of(other.shown) and "Without contacts" in other.text
    assert "dee" in file_of(other.shown) and "sam" in file_of(other.shown)


async def test_only_the_maker_and_producers_edit(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    shared = await band.producer.press(await band.producer.slash("booking callsheet", booking="#1"), "Share")
    assert "only they or a producer can change it" in (await band.singer.press(shared, "⚙")).text
    await band.producer.slash("booking cancel", booking="#1")
    for label in ("PDF", "Contacts", "⚙"):
        assert "is cancelled" in (await band.producer.press(shared, label)).text
    assert "has no call sheet" in (await band.singer.slash("booking callsheet", booking="#1")).text
    assert "can't find" in (await band.singer.slash("booking callsheet", booking="#7")).text


async def test_another_servers_sheet_is_not_found(booked_band: Band) -> None:
    band = booked_band
    await book(band)
    other = await Band(band.env, "Day Ferry").set_up()
    assert "can't find" in (await other.producer.slash("booking callsheet", booking="#1")).text


async def test_the_gear_of_a_bookings_card_leads_to_its_sheet(booked_band: Band) -> None:
    band = booked_band
    gear = await band.producer.press(await book(band), "⚙")
    shown = await band.producer.press(gear, "Call sheet")
    assert shown.is_private and "Call sheet: **Vocals** · #1" in shown.text
