"""Opens the rehearsal: a fresh world over a database in a temporary folder, and the pages that show it."""

import asyncio
import logging
import os
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import discord

from bot import migrate
from bot.app import Backline
from bot.clock import Clock
from bot.db import Database, sqlite_url
from rehearsal.alarm import apscheduler_follows
from rehearsal.env import RehearsalEnv, check_private_names
from rehearsal.house import House
from rehearsal.panel import Panel
from rehearsal.plot import BEGINS_BEFORE, tell
from rehearsal.screen import PortTaken
from rehearsal.timekeeper import Timekeeper
from rehearsal.world import BOT, World

log = logging.getLogger(__name__)

PORT = 8765
# How long an answer may take before the page calls it late; long for a laptop that is busy.
SETTLE_SECONDS = 10.0


async def open_stage(port: int = PORT, *, browser: bool = True) -> None:
    """Run the rehearsal until it is told to stop (Ctrl-C or a signal)."""
    check_private_names()
    stop = _stop_on_signals()
    with TemporaryDirectory(prefix="backline-rehearsal-") as folder:
        _say("Setting up the band ...")
        with apscheduler_follows():
            await _play(Path(folder), port, stop, browser=browser)


async def _play(folder: Path, port: int, stop: asyncio.Event, *, browser: bool) -> None:
    async with house_in(folder) as house:
        panel = Panel(house)
        await _open(house, panel, port)
        beat = asyncio.create_task(house.beat_forever())
        try:
            _announce(house, panel, browser=browser)
            await stop.wait()
        finally:
            _say("\nClosing the rehearsal ...")
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat
            await panel.close()
            await house.close()


@asynccontextmanager
async def house_in(folder: Path) -> AsyncIterator[House]:
    """Start the bot in a fresh world, and let its people have done something already."""
    clock = Clock(discord.utils.utcnow)
    db = Database(sqlite_url(folder / "backline.sqlite3"), clock)
    await migrate.upgrade(db)
    bot = Backline(db, clock)
    env = RehearsalEnv(bot, check_errors=False, settle_timeout=SETTLE_SECONDS)

    time = Timekeeper(env, bot.services.due.next_at)
    time.begin_before(BEGINS_BEFORE)
    env.backend.bot_user.name = BOT
    await env.start()
    try:
        with env.time_context():
            world = World(env)
            await env.settle()
            await tell(world, time)
            yield House(env, world, time)
    finally:
        await env.shutdown()
        await db.close()


async def _open(house: House, panel: Panel, port: int) -> None:
    """Serve both pages, on other free ports where the wanted ones are taken."""
    await panel.open(port + 1 if port else 0)
    try:
        await house.open(port, panel.origin)
    except PortTaken:
        _say(f"Port {port} is taken, so another one is used.")
        await house.open(0, panel.origin)


def _stop_on_signals() -> asyncio.Event:
    """Return an event that Ctrl-C and the usual signals set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            try:
                loop.add_signal_handler(number, stop.set)
            except NotImplementedError:  # Windows: Ctrl-C ends it as a KeyboardInterrupt
                return stop
    return stop


def _announce(house: House, panel: Panel, *, browser: bool) -> None:
    _say(
        f"\nThe rehearsal is open:  {panel.url}\n"
        f"Only the chat:          {house.screen.url}\n"
        "These addresses are keys: whoever has one can act. Stop with Ctrl-C; the next start is a fresh band."
    )
    if browser and _has_windows():
        with suppress(webbrowser.Error):
            webbrowser.open(panel.url)


def _has_windows() -> bool:
    """Tell whether a browser would open in a window: one in the terminal would take the terminal away."""
    return sys.platform in ("darwin", "win32") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
