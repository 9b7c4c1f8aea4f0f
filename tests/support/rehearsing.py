"""The rehearsal as a visitor starts it: a real process, and its pages in a real browser."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from playwright.async_api import FrameLocator, Locator, Page, expect

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/#[\w-]{32,}")
# For a machine that is busy with other tests; what is expected comes within a second else.
PATIENCE_MS = 40_000
BUTTON_NAMES = ("Chat", "Tools")


class Rehearsal:
    """A running `python -m bot rehearse` whose temporary files lie in a folder of ours."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        environment = {**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
        environment.pop("BACKLINE_CONFIG", None)
        self._log = (folder / "log.txt").open("w+")
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "bot", "rehearse", "--no-browser", *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.said = ""
        self.panel, self.chat = self._addresses()

    def _addresses(self) -> tuple[str, str]:
        """Wait for both addresses; fails with what the program said when it ends before."""
        found: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            found += [match.group() for match in ADDRESS.finditer(line)]
            if len(found) == 2:
                return found[0], found[1]
        log = self.log
        self.end()
        raise AssertionError(f"the rehearsal did not open: {self.said}\n{log}")

    @property
    def ports(self) -> list[int]:
        return [int(ADDRESS.fullmatch(url)[1]) for url in (self.chat, self.panel)]  # type: ignore[index]

    @property
    def log(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text(encoding="utf-8")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._log.closed:
            self.end()


class Visitor:
    """Somebody at the rehearsal's page."""

    def __init__(self, page: Page, rehearsal: Rehearsal) -> None:
        self.page = page
        self.rehearsal = rehearsal
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)

    async def arrive(self) -> Self:
        await self.page.goto(self.rehearsal.panel)
        await expect(self.box).to_be_visible()
        return self

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("#chat")

    @property
    def box(self) -> Locator:
        """Where one types."""
        return self.chat.get_by_label("Message", exact=True)

    @property
    def messages(self) -> Locator:
        return self.chat.locator("#channel-message-list")

    @property
    def heading(self) -> Locator:
        return self.chat.locator("#channel-name")

    async def see(self, words: str) -> None:
        """Wait until the newest thing said holds the words."""
        await expect(self.messages).to_contain_text(words)

    async def pick_command(self, command: str) -> None:
        """Type a command's name and pick it from the list that comes up."""
        await self.box.click()
        await self.box.press_sequentially(f"/{command}")
        await self.chat.get_by_role("option").filter(has_text=f"/{command}").first.click()

    async def fill_option(self, name: str, value: str) -> Locator:
        """Type into an option of the picked command."""
        field = self.chat.get_by_label(re.compile(rf"^{name}(, required)?$"))
        await field.click()
        await field.press_sequentially(value)
        return field

    async def send(self) -> None:
        """Send the command or message that stands in the box."""
        await self.chat.locator("#send-message").click()

    async def go_to(self, place: str) -> None:
        """Open a channel (`album`) or somebody's direct messages (`dm-sam`)."""
        await self.page.locator(f'button[data-place="{place}"]').click()
        await expect(self.heading).to_have_text(place if not place.startswith("dm-") else re.compile("Backline"))

    async def act_as(self, name: str) -> None:
        await self.page.get_by_label("Acting as").select_option(name)
        await expect(self.chat.locator("#viewer-picker option:checked")).to_have_text(re.compile(name))
