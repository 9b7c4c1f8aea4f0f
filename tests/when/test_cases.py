"""Every recorded phrase reads as it says beside it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.when import Reading, UnclearTime, read

DATA = Path(__file__).parents[1] / "data"


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in json.loads((DATA / name).read_text("utf-8"))]


def recorded() -> list[Any]:
    return [case for name in ("when_cases.json", "when_more.json", "when_unseen.json") for case in cases(name)]


def read_case(case: dict[str, Any]) -> Reading:
    return read(
        case["text"],
        want=case["want"],
        now=datetime.fromisoformat(case["now"]),
        zone=ZoneInfo(case["tz"]),
        locale=case["locale"],
        anchors={name: datetime.fromisoformat(at) for name, at in (case.get("anchors") or {}).items()},
    )


def shown(reading: Reading) -> dict[str, Any]:
    at = {name: getattr(reading, name) for name in ("at", "start", "end", "first")}
    assert all(value is None or value.tzinfo is UTC for value in at.values())
    found: dict[str, Any] = {name: f"{value:%Y-%m-%dT%H:%M:%SZ}" for name, value in at.items() if value is not None}
    return found | {"seconds": reading.seconds, "rrule": reading.rrule, "precision": reading.precision}


def test_the_recorded_phrases_are_all_there() -> None:
    assert len(cases("when_cases.json")) == 188
    assert len(cases("when_more.json")) > 150
    # Written by somebody who had not seen the reader.
    assert len(cases("when_unseen.json")) == 2363


@pytest.mark.parametrize("case", recorded())
def test_phrase_reads_as_recorded(case: dict[str, Any]) -> None:
    expect = case["expect"]
    if "reason" in expect or "refused" in expect:
        with pytest.raises(UnclearTime) as refused:
            read_case(case)
        assert refused.value.reason == expect.get("reason", refused.value.reason)
        return
    reading = read_case(case)
    assert reading.kind == case["want"]
    assert {name: value for name, value in shown(reading).items() if name in expect} == expect


def refused_cases() -> list[Any]:
    return [case for case in recorded() if {"reason", "refused"} & case.values[0]["expect"].keys()]


@pytest.mark.parametrize("case", refused_cases())
def test_a_refusal_speaks_plainly(case: dict[str, Any]) -> None:
    with pytest.raises(UnclearTime) as refused:
        read_case(case)
    sentence = str(refused.value)
    assert "nothing was changed" in sentence.casefold()
    assert "`" in sentence
    assert len(sentence) < 400
