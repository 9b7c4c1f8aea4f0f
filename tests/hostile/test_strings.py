"""Hostile text everywhere: answered, in time, without a ping, and as Discord's own description allows."""

import logging
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.logs import JsonLines, Readable
from bot.services.room import RoomService
from bot.ui.typed import MOST_MARKS, legible
from tests.hostile.storm import UNEXPECTED, Storm
from tests.hostile.strings import ATOMS, LONGEST, hostile
from tests.support.access import Doors
from tests.support.access_world import two_servers
from tests.support.band import Band

# All of them: HOSTILE_STRINGS=10000.
COUNT = int(os.environ.get("HOSTILE_STRINGS", "1000"))


@pytest.fixture
async def doors(band: Band, sqlite_path: Path) -> AsyncIterator[Doors]:
    found = await two_servers(band, sqlite_path)
    yield found
    found.close()


def test_the_strings_are_many_and_always_the_same() -> None:
    first = list(hostile(3000))
    assert first == list(hostile(3000)) and len(set(first)) > 2500
    assert max(map(len, first)) == LONGEST and set(ATOMS) <= set(first)


def test_what_is_typed_is_made_legible_and_else_kept() -> None:
    for kept in ("Müller & Söhne, 3 Takes", "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪", "می‌خواهم", "שָׁלוֹם", "a\nb", "नमस्ते", "'; DROP --", "=1+1"):
        assert legible(kept) == kept
    for hidden in ("\x00", "\ud800", "\u200b\u2060", "\u202e", "\ufeff \n", "\u200d"):
        assert legible(hidden) == "\u200b"
    assert (legible(""), legible(" \n")) == ("", " \n")
    assert legible("a\x00b\r\nc\td\u202egnp\ud83d") == "ab\nc dgnp"
    assert legible("a" + "\u0301" * 60) == "a" + "\u0301" * MOST_MARKS


@pytest.mark.parametrize("written", [Readable(), JsonLines()], ids=["readable", "json"])
async def test_no_word_reaches_the_log_when_a_command_fails(
    band: Band, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, written: logging.Formatter
) -> None:
    """The error that fails it quotes everything it was given, as those of databases do."""

    async def broken(*args: object, **given: object) -> None:
        raise RuntimeError(f"{args} {given}") from ValueError(given)

    monkeypatch.setattr(RoomService, "add", broken)
    monkeypatch.setattr(RoomService, "suggest", broken)
    caplog.set_level(logging.INFO)
    reply = await band.producer.slash("room add", name="Room Zanzibar", rate="777.77", address="Call 555 0199")
    assert UNEXPECTED in reply.text and "Zanzibar" not in reply.text
    await band.producer.suggestions("room show", "room", "Zanzibar")
    for record in caplog.records:
        record.exc_text = None  # what pytest's own formatter has made of it
    lines = [written.format(record) for record in caplog.records if record.levelno >= logging.INFO]
    band.expected_errors += [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(band.expected_errors) == 2 and "RuntimeError" in "".join(lines)
    assert [line for line in lines if "Zanzibar" in line or "777" in line or "555 0199" in line] == []


async def test_hostile_text_is_answered_and_inert(
    doors: Doors, caplog: pytest.LogCaptureFixture, record_testsuite_property: Callable[[str, object], None]
) -> None:
    caplog.set_level(logging.INFO)
    storm = Storm(doors, caplog.records)
    await storm.blow(COUNT)
    record_testsuite_property("slowest", storm.slowest)
    record_testsuite_property("kept", storm.kept)
    assert storm.faults == []
    assert storm.sent >= COUNT and storm.kept > COUNT // 20
