"""The rehearsal leans on private names of simcord: this test says in a sentence which of them are gone."""

from pathlib import Path

import pytest
import simcord
import simcord.preview

from rehearsal import env
from rehearsal.env import check_private_names, missing_names
from rehearsal.server import MENDED


def test_every_private_name_is_there() -> None:
    check_private_names()


def test_a_lost_name_is_told_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "PRIVATE_NAMES", ("simcord.env:Env._gone", "simcord.nowhere:x", "simcord.env:Env.start"))
    monkeypatch.setattr(env, "SIGNATURES", {"simcord.env:Env.start": ["self", "port"]})
    monkeypatch.setattr(env, "PAGE_FIELDS", ("viewer", "colour"))
    monkeypatch.setattr(env, "BACKEND_FIELDS", ("clock", "weather"))
    monkeypatch.setattr(env, "PREVIEW_FIELDS", ("_pages", "_curtain"))
    with pytest.raises(RuntimeError, match=rf"simcord {simcord.__version__} does not have: simcord") as told:
        check_private_names()
    lost = str(told.value)
    for name in (
        "simcord.env:Env._gone",
        "simcord.nowhere:x",
        "simcord.env:Env.start(self)",
        "_Page.colour",
        "Backend().weather",
        "Preview()._curtain",
    ):
        assert name in lost
    assert "viewer" not in lost and "clock" not in lost and "_pages" not in lost


def test_signatures_are_among_the_names() -> None:
    assert set(env.SIGNATURES) <= set(env.PRIVATE_NAMES)
    assert missing_names() == []


@pytest.mark.parametrize(("path", "old"), [(path, old) for path, old, _ in MENDED])
def test_what_is_mended_in_the_page_is_there_once(path: str, old: str) -> None:
    static = Path(simcord.preview.__file__).with_name("static")
    assert (static / path.removeprefix("/")).read_text(encoding="utf-8").count(old) == 1
