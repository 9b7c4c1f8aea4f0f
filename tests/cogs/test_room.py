"""Rooms, as the people of a band see them."""

from tests.support.band import Band


async def add(band: Band, name: str = "Room A", **more: str) -> None:
    assert "Added" in (await band.producer.slash("room add", name=name, **more)).text


async def test_a_room_is_added_shown_changed_and_closed(band: Band) -> None:
    added = await band.producer.slash(
        "room add", name="Room A", rate="60", unit="hour", minimum="2h", buffer="30", address="Pier 4",
        cancellation="48h 50%, 24h 100%",
    )  # fmt: skip
    for part in ("Room A", "#1", "€60.00 per hour", "2 h", "30 min", "Pier 4", "50 % under 48 h"):
        assert part in added.text
    assert "€70.00" in (await band.producer.slash("room edit", room="room a", rate="70")).text
    assert "Archived" in (await band.producer.slash("room archive", room="#1")).text
    assert "No rooms yet" in (await band.producer.slash("room list")).text
    assert "Brought back" in (await band.producer.slash("room archive", room="#1")).text


async def test_prices_are_for_those_who_may_see_money(band: Band) -> None:
    await add(band, rate="60", cancellation="48h 50%")
    assert await band.singer.suggestions("room show", "room", "#1") == [("Room A", "#1")]
    for person, sees in ((band.producer, True), (band.treasurer, True), (band.singer, False)):
        for text in ((await person.slash("room show", room="#1")).text, (await person.slash("room list")).text):
            assert ("€60.00" in text) is sees
    shared = await band.singer.press(await band.singer.slash("room list"), "Share")
    assert "€" not in shared.text
    assert not shared.messages[0].is_private
    assert not shared.buttons
    assert "Share" not in (await band.producer.slash("room list")).buttons


async def test_members_may_not_add(band: Band) -> None:
    refused = await band.singer.slash("room add", name="Mine")
    assert "Only producers" in refused.text
    assert refused.is_private


async def test_an_ambiguous_name_brings_a_menu_and_never_a_guess(band: Band) -> None:
    await add(band, "Room A")
    await add(band, "Room B")
    asked = await band.singer.slash("room show", room="room")
    assert "more than one room" in asked.text
    assert [option["label"] for option in asked.shown.options] == ["Room A", "Room B"]
    await band.restart()
    chosen = await band.singer.choose(asked, "Room B")
    assert "Room B · #2" in chosen.text


async def test_long_lists_turn_their_pages_also_after_a_restart(band: Band) -> None:
    for number in range(1, 19):
        await add(band, f"Room {number:02}", rate="60")
    first = await band.producer.slash("room list")
    assert "Page 1 of 3" in first.text
    assert "Room 08" in first.text
    assert "Room 09" not in first.text
    second = await band.producer.press(first, "Next")
    assert "Room 09" in second.text
    await band.restart()
    third = await band.producer.press(second, "Next")
    assert "Room 18" in third.text
    assert "Next" not in third.buttons
    assert "Room 18" in (await band.producer.press(third, "Show")).text or "Room 17" in third.text


async def test_names_with_markdown_and_mentions_are_shown_and_never_sent(band: Band) -> None:
    name = "**Room** @everyone <@123456789012345678> `x`"
    added = await band.producer.slash("room add", name=name)
    assert "\\*\\*Room\\*\\*" in added.text
    assert "@everyone" not in added.text
    assert added.shown.pings == set()


async def test_bad_input_is_told_and_adds_nothing(band: Band) -> None:
    for given, words in (
        ({"name": "x" * 5000}, "at most 100"),
        ({"name": " "}, "visible character"),
        ({"name": "R", "rate": "lots"}, "as an amount"),
        ({"name": "R", "rate": "-5"}, "outside"),
        ({"name": "R", "rate": "1.234"}, "decimals"),
        ({"name": "R", "buffer": "soon"}, "buffer"),
        ({"name": "R", "cancellation": "half"}, "cancellation terms"),
        ({"name": "R", "timezone": "Qwghlm"}, "time zone"),
    ):
        assert words in (await band.producer.slash("room add", **given)).text
    assert "No rooms yet" in (await band.producer.slash("room list")).text


async def test_another_servers_rooms_do_not_exist_here(band: Band) -> None:
    await add(band, "Secret Room")
    other = Band(band.env, "Other")
    await other.set_up()
    assert "can't find" in (await other.producer.slash("room show", room="#1")).text
    assert await other.producer.suggestions("room show", "room", "sec") == []
    assert "No rooms yet" in (await other.producer.slash("room list")).text


async def test_house_rules_are_read_back_and_set_by_a_form(band: Band) -> None:
    added = await band.producer.slash(
        "room add", name="Room A", rate="650", unit="day", overtime="10% of day rate per started hour after 12h"
    )
    assert "Overtime: 10 % of the day rate per started hour, €65.00, after 12 h" in added.text
    await band.restart()
    opened = await band.producer.press(added, "House rules")
    assert [part["component"].get("value") for part in opened.form["components"]][:2] == [
        None, "10% of day rate per started hour after 12h",
    ]  # fmt: skip
    bad = await band.producer.fill(opened, hours="whenever", overtime="", included="", steps="")
    assert "as hours of the week" in bad.text
    opened = await band.producer.press(added, "House rules")
    done = await band.producer.fill(
        opened, hours="mon-fri 10-23, sat 12-20", overtime="45/h in 15 min steps", included="10h lock-out", steps=""
    )
    for words in ("Changed", "Open: Mon Tue Wed Thu Fri 10-23, Sat 12-20", "per day (10 h lock-out)",
                  "Overtime: €11.25 per started 15 min, from the booked end on"):  # fmt: skip
        assert words in done.text
    seen = await band.singer.slash("room show", room="Room A")
    assert "Open: Mon" in seen.text and "€" not in seen.text and "Overtime" not in seen.text and not seen.buttons
    edited = await band.producer.slash("room edit", room="Room A", hours="any time", included="12h", overtime="none")
    assert "Open:" not in edited.text and "Overtime: none charged" in edited.text


async def test_overtime_that_can_not_be_read_is_refused_with_examples(band: Band) -> None:
    for text, words in (
        ("call Joe", "as an overtime rule"),
        ("45 per 25 min", "divide an hour"),
        ("10% of day rate per hour", "priced per hour"),
        ("£45/h", "counted in EUR"),
    ):
        refused = await band.producer.slash("room add", name="R", rate="60", overtime=text)
        assert words in refused.text and "othing was changed" in refused.text
    assert "No rooms yet" in (await band.producer.slash("room list")).text


async def test_outside_its_hours_a_room_needs_a_reason(booked_band: Band) -> None:
    band = booked_band
    await band.producer.slash("room edit", room="Room A", hours="mon-fri 10-23")
    shown = await band.producer.slash("booking new", what="Early", when="5 feb 2026 8:00-9:00", room="Room A")
    assert "Room A is closed then: it is open Mon Tue Wed Thu Fri 10-23 (Europe/Berlin)" in shown.text
    form = await band.producer.press(shown, "Book")
    done = await band.producer.fill(form, reason="The owner lets us in")
    assert "Booked: **Early**" in done.text
