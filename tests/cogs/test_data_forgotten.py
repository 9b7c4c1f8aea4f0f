"""What stays of somebody who was forgotten is shown in words, and Discord is never asked about a number of ours."""

import io
import json
import re
import zipfile

import openpyxl
import pytest

from tests.hostile.test_files import files
from tests.support.band import Band, Person, Reply

BILL = ("bill.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF")
GONE = "former member 1"


@pytest.fixture
async def left(booked_band: Band) -> tuple[Band, Reply]:
    """Sam sang, paid, logged and set a reminder; then everything about him was forgotten, and he left."""
    band = booked_band
    pia, sam = band.producer, band.singer
    preview = await pia.slash("booking new", what="Vocals", when="in 2 hours for 2h", room="#1", people=sam.mention)
    await pia.press(preview, "Book")
    for what in ("Strings", "Amp"):
        await sam.slash("budget spend", amount="55.50", category="mix", what=what, paid_by=sam.mention, receipt=BILL)
    await pia.slash("budget spend", amount="20", category="food", paid_by=pia.mention)
    await sam.slash("remind channel", what="Rent", when="in 2 days", repeat="every day", mention="me")
    await sam.slash("deadline add", what="Lyrics", due="in 3 days", project="#1", who=sam.mention)
    await sam.slash("deadline done", deadline="#1")
    shown = await pia.slash("availability show", who=f"{pia.mention} {sam.mention}")
    await band.env.advance_time(6 * 3600)
    asked = await pia.slash("data forget", member=sam.actor)
    assert "**former member 1** stands now" in (await pia.press(asked, "Forget")).text
    band.env.backend.remove_member(band.guild.id, sam.id)
    return band, shown


async def test_cards_lists_and_messages_name_nobody_who_was_forgotten(left: tuple[Band, Reply]) -> None:
    band, shown = left
    pia = band.producer
    board = await pia.press(shown, "Share")
    assert GONE in board.text
    assert GONE in json.dumps(board.shown._stored.components)  # in the words that describe the picture
    assert "by former member 1" in (await pia.slash("budget expenses")).text
    assert GONE in (await pia.slash("booking show", booking="#1")).text
    assert GONE in (await pia.slash("deadline show", deadline="#1")).text
    assert GONE in (await pia.slash("data log")).text
    await _money(band, pia)
    await pia.slash("booking callsheet", booking="#1")
    await pia.slash("calendar file", scope="room #1", range="today")
    for _ in range(3):
        await band.env.advance_time(86_400)
    rent = [each for each in band.said_in(band.studio) if "Rent" in each.text]
    assert "Set by former member 1" in rent[-1].text
    assert rent[-1].pings == set()
    band.overwrite(band.studio, band.guild, view_channel=False)  # the role of everybody has the server's id
    band.overwrite(band.studio, None, view_channel=False)
    await band.env.advance_time(86_400)
    said = "\n".join(each.text for each in band.said_in(band.general))
    assert "by former member 1, who is not here any more" in said and "direct message" not in said
    sent = [json.dumps(each.json, default=str) for each in band.env.http_requests]
    assert [each for each in sent if "<@-" in each] == []


async def _money(band: Band, pia: Person) -> None:
    """Decide on what they logged, settle with them, and let members be chosen where they share."""
    settled = await pia.slash("budget settle")
    assert f"{GONE} paid" in settled.text
    paid = await pia.press(settled, "Paid")
    assert f"→ {GONE}" in paid.text or f"{GONE} →" in paid.text
    await pia.choose(settled, pia.actor, band.drummer.actor, menu="budget:sharers:1")
    listed = await pia.slash("budget expenses", status="pending")
    if "Approve" in listed.buttons:
        await pia.press(listed, "Approve")


async def test_files_name_nobody_who_was_forgotten(left: tuple[Band, Reply]) -> None:
    band, _ = left
    book = openpyxl.load_workbook(
        io.BytesIO(files(band, await band.producer.slash("budget export", format="xlsx"))[0][1])
    )
    assert GONE in {cell.value for row in book["Expenses"].iter_rows() for cell in row}
    exported = files(band, await band.producer.slash("budget export", format="csv"))
    assert any(GONE.encode() in body for _, body in exported) and not any(
        re.search(rb",-1[,\r\n]", body) for _, body in exported
    )
    sheet = await band.producer.press(await band.producer.slash("booking callsheet", booking="#1"), "PDF")
    assert [name for name, _ in files(band, sheet)] == ["call-sheet-1.pdf"]
    data = files(band, await band.producer.slash("data export"))[0][1]
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert not any(str(band.singer.id).encode() in packed.read(name) for name in packed.namelist())
