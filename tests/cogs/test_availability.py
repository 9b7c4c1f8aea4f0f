"""`/availability` and `/booking find` as a band's people use them."""

from tests.support.band import Band, Shown


async def test_hours_are_set_shown_and_undone(booked_band: Band) -> None:
    band = booked_band
    done = await band.singer.slash("availability hours", weekly="mon-fri 18-23, sat 12-20")
    assert done.is_private and "Mon Tue Wed Thu Fri 18-23, Sat 12-20" in done.text and "Europe/Berlin" in done.text
    shown = await band.singer.slash("availability show")
    assert shown.is_private and "Usually: **Mon Tue" in shown.text
    assert "<t:1767286800:t>-<t:1767304800:t>" in shown.text  # Thursday 1 January, 18:00-23:00
    await band.singer.press(done, "Undo")
    assert "Usually: **any time**" in (await band.singer.slash("availability show")).text
    refused = await band.singer.slash("availability hours", weekly="evenings")
    assert "can't read “evenings”" in refused.text


async def test_away_times_are_private_and_can_be_dropped(booked_band: Band) -> None:
    band = booked_band
    done = await band.singer.slash("availability away", when="2 jan 2026 - 3 jan 2026", note="*rehab*")
    assert done.is_private and "You are away" in done.text
    others = await band.drummer.slash("availability show", who=band.singer.mention)
    assert "rehab" not in others.text + described(others.shown) and "Drop" not in others.buttons
    assert "sam: Thu 1 1-24, Sun 4 00:00 to Thu 8 00:00; away Fri 2 00:00" in described(others.shown)
    own = await band.singer.slash("availability show")
    assert "\\*rehab\\*" in own.text
    await band.restart()
    dropped = await band.singer.press(own, "Drop")
    assert "rehab" not in dropped.text
    await band.singer.press(dropped, "Undo")
    assert "rehab" in (await band.singer.slash("availability show")).text
    late = await band.singer.slash("availability away", when="1 dec 2025 - 2 dec 2025")
    assert "nothing was" in late.text


def described(shown: Shown) -> str:
    """Return what the picture of a message says in words, which is attached to it."""
    [item] = next(part["items"] for part in shown.components if part.get("type") == 12)
    assert [file.filename for file in shown.message.attachments] == ["availability.png"]
    return str(item["description"])


async def test_who_can_when_is_a_picture_that_can_be_shared(booked_band: Band) -> None:
    band = booked_band
    await band.singer.slash("availability hours", weekly="mon-fri 18-23")
    await band.drummer.slash("availability hours", weekly="daily 20-24")
    both = f"{band.singer.mention} {band.drummer.mention}"
    shown = await band.producer.slash("availability show", who=both, range="5 jan 2026 - 8 jan 2026")
    assert shown.is_private and list(shown.buttons) == ["Share"]
    assert "**All 2 can:**\n- <t:1767639600:D> and the 3 days after: <t:1767639600:t>-<t:1767650400:t>" in shown.text
    assert "All 2: Mon 5 20-23, Tue 6 20-23" in described(shown.shown)
    await band.restart()
    await band.drummer.slash("availability away", when="6 jan 2026 - 8 jan 2026", note="tour")
    shared = (await band.producer.press(shown, "Share")).messages[-1]
    assert not shared.is_private and shared.buttons == {} and shared.pings == set()
    assert "All 2: Mon 5 20-23. sam" in described(shared) and "tour" not in described(shared)


async def test_where_nobody_can_together_it_says_who_blocks(booked_band: Band) -> None:
    band = booked_band
    await band.singer.slash("availability hours", weekly="mon 10-12")
    await band.drummer.slash("availability hours", weekly="mon 14-16")
    everybody = " ".join(person.mention for person in (band.singer, band.drummer, band.producer))
    never = await band.producer.slash("availability show", who=everybody, range="5 jan 2026")
    assert "**All 3 never can** in these days." in never.text
    assert f"Without one of these they could: {band.singer.mention} {band.drummer.mention}." in never.text
    assert f"not said yet with `/availability hours`: {band.producer.mention}" in never.text
    assert "All 3: never" in described(never.shown)


async def test_too_many_too_long_and_roles_are_said(booked_band: Band) -> None:
    band = booked_band
    crowd = " ".join(f"<@{123456789012345678 + number}>" for number in range(9))
    shown = await band.producer.slash("availability show", who=f"{crowd} <@&{band.band.id}>", range="january 2027")
    assert "first 8 people" in shown.text and "first 14 days" in shown.text and "Roles are left out" in shown.text
    assert "a member: Fri 1 00:00 to Fri 15 00:00" in described(shown.shown)
    refused = await band.producer.slash("availability show", who=f"<@&{band.band.id}>")
    assert "I can't see who has a role" in refused.text and refused.is_private


async def test_being_away_is_a_soft_clash(booked_band: Band) -> None:
    band = booked_band
    await band.singer.slash("availability away", when="5 feb 2026 18:00-23:00", note="secret")
    shown = await band.producer.slash(
        "booking new", what="Vocals", when="5 feb 2026 19:00-22:00", room="Room A", people=band.singer.mention
    )
    assert f"{band.singer.mention}: away" in shown.text and "secret" not in shown.text
    form = await band.producer.press(shown, "Book")
    assert "#1" in (await band.producer.fill(form, reason="She joins by phone")).text


async def test_a_found_time_is_booked_with_a_press(booked_band: Band) -> None:
    band = booked_band
    await band.singer.slash("availability hours", weekly="sat 12-20")
    found = await band.producer.slash(
        "booking find", length="3h", within="5 jan 2026 - 11 jan 2026", people=band.singer.mention
    )
    assert found.is_private and "3 h in Room A" in found.text and found.text.count("Room A") == 1
    assert "<t:1768042800:F>" in found.text  # Saturday 10 January, 12:00
    await band.restart()
    form = await band.producer.press(found, "Book")
    shown = await band.producer.fill(form, what="Vocals", project="")
    assert "Preview: Vocals" in shown.text and "<t:1768042800:F>" in shown.text and "€180.00" in shown.text
    done = await band.producer.press(shown.messages[-1], "Book")
    assert "#1" in done.text
    again = await band.producer.press(found, "Book")
    refused = await band.producer.fill(again, what="Drums", project="")
    assert "#1 **Vocals**" in refused.text


async def test_where_nothing_fits_it_says_who_blocks(booked_band: Band) -> None:
    band = booked_band
    await band.singer.slash("availability away", when="1 jan 2026 - 1 feb 2026", note="tour")
    found = await band.producer.slash(
        "booking find", length="3h", people=f"{band.singer.mention} {band.drummer.mention}"
    )
    assert f"Without one of these there would be: {band.singer.mention}." in found.text and found.buttons == {}
    wide = await band.producer.slash("booking find", length="3h", within="1 jan 2026 - 1 jun 2026")
    assert "60 days at most" in wide.text
    assert "nothing was" in (await band.producer.slash("booking find", length="blurgh")).text
