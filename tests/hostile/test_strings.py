"""Hostile text everywhere: answered, in time, without a ping, and as Discord's own description allows."""

import logging
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.ui.typed import MOST_MARKS, legible
from tests.hostile.storm import Place, Storm, pairs
from tests.hostile.strings import ATOMS, LONGEST, mixtures
from tests.support.access import Doors
from tests.support.access_world import two_servers
from tests.support.band import Band

# All of them: HOSTILE_STRINGS=10000.
COUNT = int(os.environ.get("HOSTILE_STRINGS", "1000"))
PARTS = 2  # so that two workers share them


@pytest.fixture
async def doors(band: Band, sqlite_path: Path) -> AsyncIterator[Doors]:
    found = await two_servers(band, sqlite_path)
    yield found
    found.close()


def test_the_strings_are_many_and_always_the_same() -> None:
    first = list(mixtures(3000))
    assert first == list(mixtures(3000)) and len(set(first)) > 2500
    assert max(map(len, first)) == LONGEST


def test_what_is_typed_is_made_legible_and_else_kept() -> None:
    for kept in ("Müller & Söhne, 3 Takes", "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪", "می‌خواهم", "שָׁלוֹם", "a\nb", "नमस्ते", "'; DROP --", "=1+1"):
        assert legible(kept) == kept
    for hidden in ("\x00", "\ud800", "\u200b\u2060", "\u202e", "\ufeff \n", "\u200d"):
        assert legible(hidden) == "\u200b"
    assert (legible(""), legible(" \n")) == ("", " \n")
    assert legible("a\x00b\r\nc\td\u202egnp\ud83d") == "ab\nc dgnp"
    assert legible("a" + "\u0301" * 60) == "a" + "\u0301" * MOST_MARKS


def test_every_atom_meets_an_option_and_in_the_long_run_each_kind_of_field() -> None:
    options = [Place("room add", f"option {number}", {}, 100) for number in range(157)]
    fields = [Place(f"form:{number}", f"kind {number % 46}", {}, 100, is_field=True) for number in range(99)]
    few, all_ = (list(pairs(count, options, fields)) for count in (1000, 10_000))
    assert (len(few), len(all_)) == (1000, 10_000)
    for sent, kinds in ((few, 2), (all_, 46)):
        met = [{place.key for text, place in sent if text == atom and place.is_field} for atom in ATOMS]
        assert min(map(len, met)) >= kinds
        assert {place.called for _, place in sent} == {place.called for place in (*options, *fields)}


@pytest.mark.parametrize("part", range(PARTS))
async def test_hostile_text_is_answered_and_inert(
    doors: Doors, part: int, caplog: pytest.LogCaptureFixture, record_testsuite_property: Callable[[str, object], None]
) -> None:
    caplog.set_level(logging.INFO)
    storm = Storm(doors, caplog.records)
    await storm.blow(COUNT, part, PARTS)
    record_testsuite_property(f"slowest {part}", storm.slowest)
    record_testsuite_property(f"kept {part}", storm.kept)
    assert storm.faults == []
    assert storm.sent >= COUNT // PARTS and storm.kept > COUNT // PARTS // 20
