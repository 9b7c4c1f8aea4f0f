"""The look after each step sees what is planted for it: a machine that finds nothing is worth something only then."""

import io
import logging
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import discord
import openpyxl
import pytest
from reportlab.pdfgen.canvas import Canvas

from bot.ui.callsheet_type import SANS, prepare
from bot.ui.drawing import Pen
from tests.machine.moves import Moves
from tests.machine.run import Notes, run, signature
from tests.machine.words import MARKS
from tests.machine.world import Broken, world_in


async def test_it_sees_what_is_wrong_with_the_rows(tmp_path: Path, sqlite_template: Path) -> None:
    """Each planted row is named, and an untouched database is in order."""
    async with world_in(tmp_path, sqlite_template) as world:
        band = world.bands[0]
        for name in ("one", "two"):
            reply = await band.producer.slash(
                "booking new", what=f"{MARKS[0]} {name}", when="tomorrow 19-22" if name == "one" else "tomorrow 23-24",
                people=band.singer.mention, room=f"{MARKS[0]} 1" if name == "one" else "",
            )  # fmt: skip
            await band.producer.press(reply, "Book")
        await world.look(0, by_person=True)
        with sqlite3.connect(tmp_path / "machine.sqlite3") as file:
            file.execute("UPDATE room SET name = 'other' WHERE id = 1")
            file.execute("UPDATE budget_line SET moved_minor = 5 WHERE id = (SELECT min(id) FROM budget_line)")
            file.execute("UPDATE booking SET reason = NULL, start_at = (SELECT min(start_at) FROM booking)")
            file.execute("UPDATE booking SET end_at = datetime(start_at, '+1 hour')")
        file.close()
        found = "\n".join(await world.books.faults(by_person=True))
        assert "room 1 changed without a trail: {'name': ('Zephyrquill 1', 'other')}" in found
        assert "says it moved 5, its transfers say 0" in found
        assert "bookings 1 and 2 share a person, and nobody gave a reason" in found
        assert await world.books.faults(by_person=True) == []


async def test_it_sees_what_is_wrong_on_the_wire(
    tmp_path: Path, sqlite_template: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The other server's word, a reminder that came twice, what Discord refuses, errors and silence are found."""
    async with world_in(tmp_path, sqlite_template) as world:
        band = world.bands[0]
        await world.look(0, by_person=True)
        await band.producer.slash("room add", name=f"{MARKS[1]} here")
        with pytest.raises(Broken, match=f"sees '{MARKS[1]}'"):
            await world.look(0, by_person=True)
        posted = SimpleNamespace(
            method="POST", path=f"/channels/{band.studio.id}/messages", json={"content": "x" * 9000}
        )
        world.env.backend.http_requests.append(posted)  # type: ignore[arg-type]
        world.wire.sent["r1-0"] += 2
        logging.getLogger("bot").error("unexpected error abc")
        with pytest.raises(Broken) as broken:
            await world.look(0, by_person=True, unanswered=True)
        lines = str(broken.value).splitlines()
        assert lines[0] == "the interaction was not answered"
        assert lines[1].startswith("bot: unexpected error")
        assert any("content" in line for line in lines)
        assert lines[-1] == "r1-0 was sent 2 times"
        caplog.clear()


def drawn(words: str) -> bytes:
    pen = Pen(200, 40)
    pen.text((5, 20), words)
    return pen.png()


def printed(words: str) -> bytes:
    out = io.BytesIO()
    page = Canvas(out)
    prepare()
    page.setFont(SANS, 10)
    page.drawString(20, 20, words)
    page.save()
    return out.getvalue()


def tabled(words: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.create_sheet("Second").append(["1", words])
    book.save(out)
    return out.getvalue()


def packed(words: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packing:
        packing.writestr("inner.xlsx", tabled(words))
    return out.getvalue()


FILES: dict[str, Callable[[str], bytes]] = {
    "week.png": drawn,
    "call-sheet-1.pdf": printed,
    "calendar.ics": lambda words: f"BEGIN:VCALENDAR\r\nSUMMARY:{words}\r\nEND:VCALENDAR\r\n".encode(),
    "expenses.csv": lambda words: f"\ufeffwhat\r\n{words}\r\n".encode(),
    "budget.xlsx": tabled,
    "data.zip": packed,
}


async def test_it_sees_into_files_and_events(tmp_path: Path, sqlite_template: Path) -> None:
    """The other server's word is found in every kind of file and in an event; the server's own is no fault."""
    async with world_in(tmp_path, sqlite_template) as world:
        band = world.bands[0]
        studio = world.bot.get_partial_messageable(band.studio.id)
        await world.look(0, by_person=True)
        for mark in MARKS:
            for name, made in FILES.items():
                await studio.send(file=discord.File(io.BytesIO(made(mark)), name))
        with pytest.raises(Broken) as broken:
            await world.look(0, by_person=True)
        assert [line.partition(":")[0] for line in str(broken.value).splitlines() if line.startswith("server")] == [
            f"server {band.guild.id} sees '{MARKS[1]}' in the file {name}" for name in FILES
        ]
        tomorrow = world.env.now() + timedelta(days=1)
        guild = world.bot.get_guild(band.guild.id)
        assert guild is not None
        await guild.create_scheduled_event(
            name=f"{MARKS[1]} vocals", start_time=tomorrow, end_time=tomorrow + timedelta(hours=1), location="Here",
            entity_type=discord.EntityType.external, privacy_level=discord.PrivacyLevel.guild_only,
        )  # fmt: skip
        with pytest.raises(Broken, match=f"sees '{MARKS[1]}'"):
            await world.look(0, by_person=True)


async def test_a_seed_plays_the_same_again(tmp_path: Path, sqlite_template: Path) -> None:
    """A move says what it did, and every kind of move can be made in a fresh world."""
    async with world_in(tmp_path, sqlite_template) as world:
        moves = Moves(world)
        for move in ("command", "press", "choose", "fill", "context_menu", "staff", "channels", "wait", "restart"):
            await moves.play(move, 5)
            assert moves.said
        assert moves.made == 9 and world.steps + world.refused >= 8  # there may be nothing yet to choose in


async def test_the_long_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.machine.run.LENGTH", 3)
    notes = tmp_path / "notes.json"
    first = await run(3, 1, notes)
    assert (first.steps, first.episode, first.findings) == (3, 1, {})
    assert (await run(6, 1, notes)).episode == 2
    with pytest.raises(SystemExit, match="is about seed 1"):
        Notes.read(notes, 2)


def test_findings_differ_by_what_broke_not_by_numbers() -> None:
    assert signature("booking 4 changed: {'a': 1}") == signature("booking 71 changed: {'b': 22}")
    assert signature("r1-0 was sent 2 times") != signature("bookings 1 and 2 share room 3")
