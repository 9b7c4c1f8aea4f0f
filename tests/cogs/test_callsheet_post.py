"""Call sheets that post themselves: when, once, to whom, and what becomes of them when something changes."""

import pytest

from bot.models.booking import BookingState
from tests.cogs.test_callsheet import A_MINUTE, START, book, file_of, fill, pick
from tests.support.band import Band, Shown

DAY_BEFORE = START.total_seconds() - 86400


@pytest.fixture
async def desk(booked_band: Band) -> Band:
    """The band's server, where the alarm must be enough."""
    booked_band.bot.scheduler.cancel("reminders sweep")
    return booked_band


async def go(band: Band, seconds: float) -> None:
    """Let time pass until so long after simcord's beginning, and what is drawn a moment later be drawn."""
    await band.env.advance_time(seconds - band.env.backend.clock.elapsed)
    await band.env.advance_time(3)


async def draw(band: Band) -> None:
    await band.env.advance_time(3)


def sheets(band: Band) -> list[Shown]:
    """Return the sheets that stand in the studio, in their order."""
    messages = [Shown(band.env, message) for message in band.studio.history()]
    return sorted((each for each in messages if "Call sheet: **Vocals**" in each.text), key=lambda each: each.id)


async def posted(band: Band) -> Shown:
    """Book, let the sheet come, and return it."""
    await book(band)
    await go(band, DAY_BEFORE + 60)
    (sheet,) = sheets(band)
    return sheet


async def test_it_comes_the_day_before_once_with_its_pdf(desk: Band) -> None:
    await book(desk)
    await fill(desk, "Contacts", contacts="Max +49 151")
    await go(desk, DAY_BEFORE - 60)
    assert sheets(desk) == []
    await go(desk, DAY_BEFORE + 60)
    (sheet,) = sheets(desk)
    assert sheet.pings == {desk.singer.id, desk.drummer.id} and list(sheet.buttons) == ["PDF", "Contacts", "⚙"]
    assert sheet.text.count(desk.singer.mention) == 1 and "+49" not in sheet.text and "€" not in sheet.text
    words = file_of(sheet)
    assert "Vocals" in words and "sam" in words and "+49" not in words and "€" not in words and "180" not in words
    await desk.restart()
    await go(desk, DAY_BEFORE + 7200)
    assert [each.id for each in sheets(desk)] == [sheet.id]


async def test_a_hold_has_none_until_it_is_confirmed_and_a_late_booking_has_it_at_once(desk: Band) -> None:
    await book(desk, label="Hold", hold="5 feb 2026 17:00")
    await go(desk, DAY_BEFORE + 3600)
    assert sheets(desk) == []
    await desk.producer.slash("booking confirm", booking="#1")
    await draw(desk)
    (sheet,) = sheets(desk)
    assert sheet.pings == {desk.singer.id, desk.drummer.id}
    await book(desk, "5 feb 2026 10:00-10:45", people=desk.treasurer.mention)
    await draw(desk)
    assert [each.pings for each in sheets(desk)] == [{desk.singer.id, desk.drummer.id}, {desk.treasurer.id}]


async def test_a_change_is_shown_and_told_to_those_whom_it_concerns(desk: Band) -> None:
    sheet = await posted(desk)
    await fill(desk, "Times", call="18:30")
    await draw(desk)
    said = "call <t:1770312600:t> instead of <t:1770314400:t>"
    assert f"Updated: {said}" in desk.last_in(desk.studio).text
    assert desk.last_in(desk.studio).pings == {desk.singer.id, desk.drummer.id}
    assert "**Call <t:1770312600:t>**" in sheet.text and f"{said}" in sheet.text and "18:30" in file_of(sheet)
    form = await pick(desk, desk.drummer)
    await desk.producer.fill(form, part="congas", call="17:00")
    await draw(desk)
    told = desk.last_in(desk.studio)
    assert told.pings == {desk.drummer.id} and f"{desk.drummer.mention}'s call" in told.text
    await desk.restart()
    await draw(desk)
    assert desk.last_in(desk.studio).id == told.id
    await desk.producer.slash("room edit", room="Room A", address="New Street 9")
    await draw(desk)
    assert "address “New Street 9”" in desk.last_in(desk.studio).text and "New Street 9" in sheet.text
    before = desk.last_in(desk.studio).id
    await desk.singer.press(await desk.singer.slash("booking show", booking="#1"), "Can't")
    await draw(desk)
    assert desk.singer.mention not in sheet.text and desk.last_in(desk.studio).id == before


async def test_a_change_made_while_nobody_was_there_is_shown_after_the_start(desk: Band) -> None:
    sheet = await posted(desk)
    await fill(desk, "Times", call="18:30")
    await desk.crash()
    await draw(desk)
    assert "**Call <t:1770312600:t>**" in sheet.text
    assert [message.text.count("Updated:") for message in (desk.last_in(desk.studio),)] == [1]


async def test_it_follows_a_move_and_a_cancellation(desk: Band) -> None:
    sheet = await posted(desk)
    await desk.producer.slash("booking move", booking="#1", when="5 feb 2026 20:00-23:00")
    await draw(desk)
    assert "**Call <t:1770318000:t>**" in sheet.text and len(sheets(desk)) == 1
    assert "has moved" in desk.last_in(desk.studio).text
    await desk.producer.slash("booking move", booking="#1", when="7 feb 2026 19:00-22:00")
    await draw(desk)
    assert "This session has moved" in sheet.text and sheet.buttons == {} and not sheet._stored.attachments
    await go(desk, DAY_BEFORE + 2 * 86400 + 60)
    old, new = sheets(desk)
    assert old.id == sheet.id and "**Call <t:1770487200:t>**" in new.text
    await desk.producer.press(await desk.producer.slash("booking cancel", booking="#1"), "Yes")
    await draw(desk)
    assert "is cancelled, so nobody is called" in new.text and new.buttons == {}
    assert len(sheets(desk)) == 2


async def test_undoing_the_booking_takes_the_sheet_back(desk: Band) -> None:
    await go(desk, DAY_BEFORE + 3600)
    shown = await desk.producer.slash("booking new", what="Vocals", when="5 feb 2026 19:00-22:00")
    done = await desk.producer.press(shown, "Book")
    await draw(desk)
    (sheet,) = sheets(desk)
    assert "Nobody is asked yet" in sheet.text
    await desk.producer.press(done, "Undo")
    await draw(desk)
    assert "was taken back" in sheet.text
    booking = await desk.bot.services.booking.card(1)
    assert booking is not None and booking.state is BookingState.DRAFT


async def test_where_no_file_may_be_sent_the_sheet_comes_without(desk: Band) -> None:
    desk.overwrite(desk.studio, None, attach_files=False)
    sheet = await posted(desk)
    assert not sheet._stored.attachments and sheet.pings
    await fill(desk, "Place", entrance="Back door")
    await draw(desk)
    assert "Entrance: Back door" in sheet.text
    assert "Vocals" in file_of((await desk.singer.press(sheet, "PDF")).shown)


async def test_a_sheet_that_was_deleted_by_hand_is_let_go(desk: Band) -> None:
    sheet = await posted(desk)
    desk.env.backend.delete_message(desk.studio.id, sheet.id)
    await fill(desk, "Times", call="18:30")
    await draw(desk)
    assert sheets(desk) == [] and "Updated:" not in desk.last_in(desk.studio).text
    await go(desk, (START - A_MINUTE).total_seconds())
    assert sheets(desk) == []
