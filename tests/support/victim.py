"""Processes that deliver reminders until they are killed; each is forked from one that has everything loaded."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


async def deliver(url: str, base: str, lease: float) -> None:
    """Deliver what is due in a database, to the Discord at an address, for ever."""
    import discord  # noqa: PLC0415 - loaded before the first fork

    from bot.clock import Clock  # noqa: PLC0415
    from bot.db import Database  # noqa: PLC0415
    from bot.delivery import Delivery, Gate, Post  # noqa: PLC0415
    from bot.news import News  # noqa: PLC0415
    from bot.scheduler import Scheduler  # noqa: PLC0415
    from bot.services.reminder_due import DueService  # noqa: PLC0415
    from bot.ui.letter import letter, mark_of  # noqa: PLC0415

    discord.http.Route.BASE = base
    db = Database(url, Clock())
    client = discord.Client(intents=discord.Intents.none(), http_trace=Gate().trace())
    await client.login("stub.to.ken")
    scheduler = Scheduler()
    due = DueService(db, db.clock, lease=timedelta(seconds=lease))
    delivery = Delivery(due, db.clock, scheduler, Post(client, db.clock, letter, mark_of, due.told))
    scheduler.start()
    News(db).start()
    delivery.start()
    await asyncio.Event().wait()


def _fork_on_demand() -> None:
    """Fork a delivering process for each line that asks for one, and print its number."""
    import discord  # noqa: F401, PLC0415

    from bot import delivery, news, scheduler, services  # noqa: F401, PLC0415
    from bot.ui import letter  # noqa: F401, PLC0415

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

    def __init__(self, url: str, base: str, lease: float = 60.0) -> None:
        command = [sys.executable, "-m", "tests.support.victim"]
        self._process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._wish = json.dumps({"url": url, "base": base, "lease": lease})
        self._alive: list[int] = []

    def start(self) -> int:
        """Start a delivering process; return its number."""
        stdin, stdout = self._pipes()
        stdin.write(self._wish + "\n")
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
