"""A real, headless Chromium for the tests that look at a page, driven by Playwright."""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Error, async_playwright

from tests.support.needs import missing

VARIABLE = "CHROMIUM"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the browser that `CHROMIUM` names, or else the first one on the machine."""
    given = environ.get(VARIABLE)
    if given:
        return Path(given)
    search = os.pathsep.join([environ.get("PATH", os.defpath), "/usr/bin"])
    found = next((path for name in PROGRAMS if (path := shutil.which(name, path=search))), None)
    return Path(found) if found else None


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a browser; skips the test with a clear line where none can be had (in CI: fails it)."""
    program = find_chromium()
    if program is None:
        missing(f"no Chromium: {VARIABLE} is not set, and none of {', '.join(PROGRAMS)} is on the path")
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        except Error as error:
            missing(f"Chromium at {program} does not start: {error.message.splitlines()[0]}")
        try:
            yield browser
        finally:
            await browser.close()
