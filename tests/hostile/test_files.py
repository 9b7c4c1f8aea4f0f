"""Files nobody means well with, and files made from hostile text: kept as bytes, never opened, and inert."""

import csv
import io
import re
import struct
import time
import zipfile
import zlib
from pathlib import Path

import icalendar
import openpyxl
import pytest

from tests.cogs.conftest import booked_band  # noqa: F401 - a fixture
from tests.hostile.strings import ATOMS
from tests.support.band import Band, Reply

FORMULAS = ("=1+1", '=HYPERLINK("http://x","y")', "+1+1", "-1+1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0")
# What the workbook computes: its own functions of its own cells.
OURS = re.compile(r"=(?:(?:SUM|SUMIFS|SUBTOTAL|MAX|ROUND|COUNTIFS?)\(|[A-Z]{1,2}\d+|\d+|\"approved\"|[-+*:,()])+")
MOST_SECONDS = 1.0


def bomb(side: int) -> bytes:
    """Return a valid PNG of side x side pixels that is tiny as a file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compressobj(9)
    row = b"\0" * (side // 8 + 2)
    rows = b"".join(pixels.compress(row) for _ in range(side)) + pixels.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def zipped(size: int) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bill.pdf", b"\0" * size)
    return body.getvalue()


REFUSED = {
    "zip.pdf": zipped(50_000_000),
    "word.docx": b"PK\x03\x04" + b"\0" * 100,
    "run.png": b"MZ\x90\0" + b"\0" * 100,
    "script.jpg": b"<svg onload=alert(1)>",
    "page.pdf": b"<html>%PDF-1.7",
    "nothing.png": b"",
}


@pytest.fixture
async def books(booked_band: Band) -> Band:  # noqa: F811 - that fixture
    return booked_band


async def spend(band: Band, receipt: tuple[str, bytes], what: str = "Bill") -> Reply:
    return await band.producer.slash("budget spend", amount="5", category="mix", what=what, receipt=receipt)


async def test_what_is_no_receipt_is_refused_by_its_content(books: Band) -> None:
    for name, body in REFUSED.items():
        began = time.process_time()
        reply = await spend(books, (name, body))
        assert "⚠" in reply.text and "Something went wrong" not in reply.text, name
        assert time.process_time() - began < MOST_SECONDS, name
    assert "Nothing was logged yet" in (await books.producer.slash("budget expenses")).text


async def test_a_picture_of_900_million_pixels_is_kept_and_never_unpacked(books: Band) -> None:
    body = bomb(30_000)
    assert len(body) < 1_000_000
    began = time.process_time()
    reply = await spend(books, ("bomb.png", body))
    shown = await books.producer.press(reply, "Receipt")
    assert time.process_time() - began < MOST_SECONDS
    (attachment,) = shown.shown._stored.attachments
    assert attachment["filename"] == "receipt-1.png"
    assert books.env.backend.cdn.get(attachment["url"]) == body


async def test_a_forged_type_is_served_as_what_it_is(books: Band) -> None:
    reply = await spend(books, ("../../evil.exe", b"%PDF-1.7 <script>alert(1)</script>"))
    (attachment,) = (await books.producer.press(reply, "Receipt")).shown._stored.attachments
    assert attachment["filename"] == "receipt-1.pdf"


async def test_cells_of_exports_hold_text_and_no_formula(books: Band) -> None:
    """Every sheet is walked: lines, categories, rooms, sessions, the project, payees and what was bought."""
    pia = books.producer
    await pia.slash("project edit", project="#1", name=FORMULAS[1])
    for text in (*FORMULAS, *packs(60)):
        await pia.slash("budget plan", category=text, item=f"{text} line", quantity="1", rate="5")
    for text in (*FORMULAS, *packs(190)):
        await pia.slash("budget spend", amount="5", category="mix", what=text, payee=text[:100])
    for number, text in enumerate(FORMULAS):
        await pia.slash("room add", name=text, rate="60")
        when = f"{number + 10} jan 2026 14:00-16:00"
        asked = await pia.slash("booking new", what=text, when=when, room=f"#{number + 2}", project="#1")
        await pia.press(asked, "Book")
        await pia.slash("budget commit", amount="5", category="mix", what=text)
    book = openpyxl.load_workbook(io.BytesIO(only(books, await pia.slash("budget export", format="xlsx"))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    computed = [str(cell.value) for cell in cells if cell.data_type == "f"]
    assert all(OURS.fullmatch(each) for each in computed) and not set(computed) & _stripped()
    assert not any(cell.hyperlink for cell in cells)
    said = [str(cell.value) for cell in cells if cell.data_type == "s"]
    for text in FORMULAS:
        # As a category, an item, a payee, a session and a promise.
        assert sum(text.strip() in each for each in said) >= 5, text
    for name, body in files(books, await pia.slash("budget export", format="csv")):
        assert_inert(name, body)


async def test_cells_of_a_servers_data_hold_text_and_no_formula(books: Band) -> None:
    for text in FORMULAS:
        await books.producer.slash("deadline add", what=text, due="10 jan 2026")
    data = await books.producer.slash("data export", format="csv")
    with zipfile.ZipFile(io.BytesIO(only(books, data))) as packed:
        assert all(not Path(name).is_absolute() and ".." not in name for name in packed.namelist())
        for name in packed.namelist():
            if name.endswith(".csv"):
                assert_inert(name, packed.read(name))


async def test_a_calendar_holds_text_and_no_line_of_its_own(books: Band) -> None:
    """All atoms, through deadlines and sessions, their notes and the names of their rooms and project."""
    pia, long = books.producer, packs(900)
    await pia.slash("project edit", project="#1", name="Harbour\r\nDTSTART:19990101")
    for text in packs(90):
        await pia.slash("deadline add", what=f"{text} BEGIN:VEVENT\\n", due="10 jan 2026", project="#1")
    for number, note in enumerate([*long, "x\r\nEND:VCALENDAR\r\nBEGIN:VEVENT"]):
        await pia.slash("room add", name=f"{note[:40]}\r\nEND:VEVENT", address=note[:200], rate="60")
        asked = await pia.slash(
            "booking new", what=f"{note[-90:]} DTSTART:1", when=f"{number + 10} jan 2026 14:00-16:00", note=note,
            room=f"#{number + 2}", project="#1", people=pia.mention,
        )  # fmt: skip
        await pia.press(asked, "Book")
    await pia.slash("deadline add", what="x\r\nEND:VCALENDAR\r\nBEGIN:VEVENT", due="10 jan 2026")
    for scope, least in (("mine", len(long)), ("project #1", len(packs(90)) + len(long))):
        body = only(books, await pia.slash("calendar file", scope=scope, range="january 2026"))
        found = icalendar.Calendar.from_ical(body)
        assert {event.start.year for event in found.events} == {2026} and len(found.events) >= least
        assert body.count(b"\nBEGIN:VCALENDAR") + body.startswith(b"BEGIN:VCALENDAR") == 1
        assert body.rstrip().endswith(b"END:VCALENDAR") and body.count(b"\nEND:VCALENDAR") == 1
        assert body.count(b"\nBEGIN:VEVENT") == body.count(b"\nEND:VEVENT") == len(found.events)
        assert all(len(line) <= 75 for line in body.split(b"\r\n"))


def _stripped() -> set[str]:
    return {text.strip() for text in FORMULAS}


def packs(limit: int) -> list[str]:
    """Return all atoms, those that are longer than the limit cut, as few texts of that length."""
    texts = [""]
    for atom in ATOMS:
        if len(texts[-1]) + len(atom[:limit]) + 1 > limit:
            texts.append("")
        texts[-1] += f"{atom[: limit - 1]} "
    return texts


def files(band: Band, reply: Reply) -> list[tuple[str, bytes]]:
    found = [attachment for message in reply.messages for attachment in message._stored.attachments]
    assert found, reply.text
    return [(each["filename"], band.env.backend.cdn.get(each["url"]) or b"") for each in found]


def only(band: Band, reply: Reply) -> bytes:
    ((_, body),) = files(band, reply)
    return body


def assert_inert(name: str, body: bytes) -> None:
    """No cell begins as a formula does, but for negative numbers."""
    cells = [cell for row in csv.reader(io.StringIO(body.decode("utf-8-sig"))) for cell in row]
    begun = [
        cell for cell in cells if cell[:1] in "=+-@\t\r\n" and cell and not cell.lstrip("-").replace(".", "").isdigit()
    ]
    assert begun == [], name
