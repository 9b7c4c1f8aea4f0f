"""The browser of the tests: it is found, it renders, and its absence is told."""

from pathlib import Path

import pytest

from tests.support import chromium as support
from tests.support.chromium import chromium, find_chromium

PAGE = "data:text/html,<title>Backline</title><body style='background:rgb(200,30,60)'><h1>Studio A</h1>"


@pytest.mark.browser
async def test_a_page_is_rendered() -> None:
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 320, "height": 240})
        await page.goto(PAGE)
        assert await page.title() == "Backline"
        assert await page.locator("h1").inner_text() == "Studio A"
        picture = await page.screenshot()
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(picture) > 1000


def test_the_variable_comes_first(tmp_path: Path) -> None:
    assert find_chromium({"CHROMIUM": str(tmp_path / "mine")}) == tmp_path / "mine"


def test_a_browser_on_the_path_is_found(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert find_chromium({"PATH": str(tmp_path)}) == program


async def ask() -> None:
    async with chromium():
        pytest.fail("there should be no browser")


async def test_without_a_browser_the_test_is_skipped_but_not_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "find_chromium", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium"):
        await ask()
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="nothing may be skipped"):
        await ask()


@pytest.mark.browser
async def test_a_browser_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(support, "find_chromium", lambda: tmp_path / "nothing")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="does not start"):
        await ask()
