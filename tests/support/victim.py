"""Processes that deliver reminders until they are killed; each is forked from one that has everything loaded."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLLOWING = ExitStack()  # for as long as the process lives


async def deliver(
    url: str, base: str, lease: float, journal: str | None = None, shift: str | None = None, silent: str | None = None
) -> None:
    """Deliver what is due in a database, to the Discord at an address, for ever.

    With a `journal`, people act in this process, too. The file `shift` says by how much the system's clock is set
    off (seconds). `silent` is how long Discord may leave a request without an answer (seconds).
    """
    import discord  # noqa: PLC0415 - loaded before the first fork

    from bot.clock import Clock  # noqa: PLC0415
    from bot.db import Database  # noqa: PLC0415
    from bot.delivery import Delivery, Gate, Post, gate  # noqa: PLC0415
    from bot.news import News  # noqa: PLC0415
    from bot.scheduler import Scheduler  # noqa: PLC0415
    from bot.services import Services  # noqa: PLC0415
    from bot.services.reminder_due import DueService  # noqa: PLC0415
    from bot.ui.letter import letter, mark_of  # noqa: PLC0415
    from tests.support.people import Journal, play  # noqa: PLC0415

    discord.http.Route.BASE = base
    gate.SILENT_SECONDS = float(silent) if silent else gate.SILENT_SECONDS
    clock = _shifted(shift) if shift else Clock()
    db = Database(url, clock)
    client = discord.Client(intents=discord.Intents.none(), http_trace=Gate().trace())
    await client.login("stub.to.ken")
    scheduler = Scheduler()
    due = DueService(db, db.clock, lease=timedelta(seconds=lease))
    delivery = Delivery(due, db.clock, scheduler, Post(client, db.clock, letter, mark_of, due.told))
    scheduler.start()
    News(db).start()
    delivery.start()
    scheduler.watch(db.clock.now)
    if journal is not None:
        await play(Services(db, db.clock), Journal(Path(journal)))
    await asyncio.Event().wait()


def _shifted(path: str) -> Any:
    """Return a clock that is as far off as a file says, and let everything in this process follow it."""
    import discord  # noqa: PLC0415

    from bot.clock import Clock, utc_now  # noqa: PLC0415
    from rehearsal.alarm import apscheduler_follows  # noqa: PLC0415

    clock = Clock(lambda: utc_now() + timedelta(seconds=float(Path(path).read_text())))
    discord.utils.utcnow = clock.now
    FOLLOWING.enter_context(apscheduler_follows())
    return clock


def _fork_on_demand() -> None:
    """Fork a delivering process for each line that asks for one, and print its number."""
    import discord  # noqa: F401, PLC0415

    from bot import delivery, news, scheduler, services  # noqa: F401, PLC0415
    from bot.ui import letter  # noqa: F401, PLC0415
    from rehearsal import alarm  # noqa: F401, PLC0415
    from tests.support import people  # noqa: F401, PLC0415

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(deliver(**json.loads(line)))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


class Nursery:
    """Where the processes come from."""

    def __init__(self, url: str, base: str, lease: float = 60.0, **more: str) -> None:
        command = [sys.executable, "-m", "tests.support.victim"]
        self._process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._wish: dict[str, Any] = {"url": url, "base": base, "lease": lease, **more}
        self._alive: list[int] = []

    def start(self, **other: str) -> int:
        """Start a delivering process, perhaps with an `other` wish than usual; return its number."""
        stdin, stdout = self._pipes()
        stdin.write(json.dumps({**self._wish, **other}) + "\n")
        stdin.flush()
        child = int(stdout.readline())
        self._alive.append(child)
        return child

    def kill(self, child: int) -> None:
        """Kill a process as nothing can be caught."""
        os.kill(child, signal.SIGKILL)
        self._alive.remove(child)

    def close(self) -> None:
        for child in list(self._alive):
            self.kill(child)
        stdin, stdout = self._pipes()
        stdin.close()
        self._process.wait()
        stdout.close()

    def _pipes(self) -> tuple[Any, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


if __name__ == "__main__":
    _fork_on_demand()
