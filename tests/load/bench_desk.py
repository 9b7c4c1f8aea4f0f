"""How fast a busy desk answers: 50 commands a second over 100 servers, with a million rows in each big table.

Run it with `python -m tests.load.bench_desk [--database sqlite|postgres] [--rows N] [--rate N] [--seconds N]
[--minutes N] [--folder DIR] [--statements] [--profile FILE]`. Commands come at their own pace, whether or not the
earlier ones have been answered; each is timed from when it was to come until a stand-in for Discord has the first
bytes of the answer. Beside them stands the floor: a command of discord.py alone that says a word, at the same pace.
The filled file is kept in the folder, and on a PostgreSQL named by `TEST_DATABASE_URL` the filled database.
"""

import argparse
import asyncio
import cProfile
import gc
import json
import os
import random
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import discord
from sqlalchemy.engine import make_url

from bot.app import Backline
from bot.clock import Clock
from bot.db import Database, sqlite_url
from tests.load.bench_reminders import at
from tests.load.desk_rows import FIRST_GUILD, PEOPLE, SERVERS, made_at, people, sqlite_copy
from tests.support.discord_stub import EPOCH_MS, Stub
from tests.support.postgres import PostgresServer, require_postgres

FLOOR_SECONDS, WARM_SECONDS, TICK, MOST_SHOWN, PAUSE = 10.0, 10.0, 0.005, 15, 30.0
SAME = random.Random(0)  # noqa: S311 - the same options each time
BOUNDS = {"lookup": (6.0, 25.0), "write": (None, 50.0)}
# What the floor took where the bounds come from (ms): a slower machine is to keep them as so many times its own floor.
FLOOR_THERE = 0.2
SLASH, AUTOCOMPLETE = 2, 4
WHENS = ("in 2 hours", "tomorrow 10am", "friday 6pm", "in 3 days", "next monday 9:30")
SLOTS = ("tomorrow 1pm-3pm", "tomorrow 1:30pm-4pm", "friday 5am-8am", "in 4 days 1pm for 3h")


def _text(name: str, value: str, *, focused: bool = False) -> dict[str, Any]:
    return {"name": name, "type": 3, "value": value, **({"focused": True} if focused else {})}


@dataclass(frozen=True)
class Command:
    """One thing that people do: how often in a hundred, what it is bound by, and its options."""

    name: str
    share: int
    bound: str
    options: Callable[[random.Random], list[dict[str, Any]]]
    type: int = SLASH


COMMANDS = (
    Command("budget left", 18, "lookup", lambda _: [_text("category", "mixing")]),
    Command("booking list", 14, "lookup", lambda _: []),
    Command("deadline list", 10, "lookup", lambda _: []),
    Command("budget spend", 10, "write", lambda _: [
        _text("amount", "12.50"), _text("category", "mixing"), _text("what", "Tape")]),
    Command("remind me", 14, "write", lambda some: [
        _text("what", "Call the studio"), _text("when", some.choice(WHENS))]),
    Command("booking new", 8, "write", lambda some: [
        _text("what", "Vocals"), _text("when", some.choice(SLOTS)), _text("room", f"Studio {some.choice('ABCDE')}"),
        _text("people", f"<@{people(some.randrange(PEOPLE))}> <@{people(some.randrange(PEOPLE))}>")]),
    Command("budget left", 8, "lookup", lambda _: [_text("category", "mi", focused=True)], AUTOCOMPLETE),
    Command("booking show", 6, "lookup", lambda _: [_text("booking", "voc", focused=True)], AUTOCOMPLETE),
    Command("booking new", 6, "lookup", lambda _: [_text("room", "stu", focused=True)], AUTOCOMPLETE),
    Command("remind me", 6, "lookup", lambda _: [_text("when", "tom", focused=True)], AUTOCOMPLETE),
)  # fmt: skip


def titled(command: Command) -> str:
    focused = next((each["name"] for each in command.options(SAME) if "focused" in each), "")
    return f"/{command.name}" + (f" {focused}: suggest" if focused else "")


def payload(command: Command, key: int, some: random.Random) -> str:
    """Return a command as the gateway brings it."""
    group, name = command.name.split()
    user = {"id": str(people(some.randrange(PEOPLE))), "username": "pia", "discriminator": "0", "avatar": None,
            "global_name": None}  # fmt: skip
    inner = {"name": name, "type": 1, "options": command.options(some)}
    return json.dumps({
        "id": str(key), "application_id": "1", "type": command.type, "token": f"t{key}", "version": 1,
        "locale": "en-US", "guild_id": str(FIRST_GUILD + some.randrange(SERVERS)), "channel_id": "5",
        "channel": {"id": "5", "type": 0, "name": "studio"},
        "member": {"user": user, "roles": [], "permissions": "32", "joined_at": None, "deaf": False, "mute": False,
                   "flags": 0},
        "data": {"id": "7", "name": group, "type": 1, "options": [inner]}, "entitlements": [], "app_permissions": "0",
        "attachment_size_limit": 10_000_000, "guild_locale": "en-US", "authorizing_integration_owners": {},
        "context": 0,
    })  # fmt: skip


@dataclass
class Seen:
    """What was measured: milliseconds per command, how late the loop's turns were, and MB at the end of minutes."""

    took: dict[str, list[float]] = field(default_factory=dict)
    late: Any = field(default_factory=lambda: array("f"))  # an hour has 700,000 turns, which must not look like a leak
    memory: list[tuple[float, float]] = field(default_factory=list)
    unanswered: int = 0
    worked: float = 0.0


def megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Desk:
    """A bot with a hundred servers that ask it."""

    def __init__(self, bot: discord.Client, stub: Stub, rate: float, commands: Sequence[Command] = COMMANDS) -> None:
        self._bot = bot
        self._commands = commands
        self._stub = stub
        self._rate = rate
        self._some = random.Random(1)  # noqa: S311 - the same desk each time
        self._waiting: dict[int, tuple[str, float]] = {}
        self._last = (time.time_ns() // 1_000_000 - EPOCH_MS) << 22

    async def run(self, seconds: float) -> Seen:
        """Let people ask for so long; return what was measured, but for those who are still waiting."""
        seen, loop = Seen(), asyncio.get_running_loop()
        ticking = asyncio.create_task(self._tick(seen))
        began = collected = loop.time()
        worked = time.process_time()
        seen.memory.append((0.0, megabytes()))
        last = began
        for number in range(int(self._rate * seconds)):
            if loop.time() - last > PAUSE:  # the process was stopped and let go on
                began += loop.time() - last
            due, last = began + number / self._rate, loop.time()
            await asyncio.sleep(max(0.0, due - loop.time()))
            self._ask(due)
            if loop.time() - collected >= 60.0:
                collected = loop.time()
                await self._minute(seen, (collected - began) / 60)
        await asyncio.sleep(2.0)
        await self._collect(seen)
        seen.unanswered = len(self._waiting)
        seen.worked = (time.process_time() - worked) * 1000
        seen.memory.append(((loop.time() - began) / 60, megabytes()))
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        return seen

    def _ask(self, due: float) -> None:
        command = self._some.choices(self._commands, [each.share for each in self._commands])[0]
        self._last += 1
        self._waiting[self._last] = titled(command), due
        data = json.loads(payload(command, self._last, self._some))
        self._bot._connection.parse_interaction_create(data)

    async def _tick(self, seen: Seen) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            seen.late.append((time.perf_counter() - before - TICK) * 1000)

    async def _collect(self, seen: Seen) -> None:
        for key, answered in await asyncio.to_thread(self._stub.answered):
            title, due = self._waiting.pop(key, ("", 0.0))
            if title:
                seen.took.setdefault(title, []).append((answered - due) * 1000)

    async def _minute(self, seen: Seen, minute: float) -> None:
        await self._collect(seen)
        seen.memory.append((minute, megabytes()))
        say(f"minute {minute:5.1f}   {seen.memory[-1][1]:7.1f} MB   {len(self._waiting)} waiting")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def floor(stub: Stub, rate: float) -> float:
    """Return the median of what discord.py alone takes to say a word, in ms."""
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        tree = discord.app_commands.CommandTree(client)
        group: Any = discord.app_commands.Group(name="floor", description="The floor")

        @group.command(name="word", description="A word")  # type: ignore[untyped-decorator]
        async def word(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_message("A word")

        tree.add_command(group)
        await client.login("stub.to.ken")
        for server in range(SERVERS):
            _join(client, FIRST_GUILD + server)
        seen = await Desk(client, stub, rate, [Command("floor word", 1, "lookup", lambda _: [])]).run(FLOOR_SECONDS)
    took = sorted(seen.took["/floor word"])
    say(f"{'the floor':32} {len(took):6}   p50 {at(took, 0.5):7.2f}   p99 {at(took, 0.99):7.2f} ms")
    return at(took, 0.5)


def report(seen: Seen, bot: Backline, least: float) -> None:
    """Print each command's figures beside its bound, the loop's, the memory's, and how the answers ended."""
    bounds = {titled(command): BOUNDS[command.bound] for command in COMMANDS}
    for title, took in sorted(seen.took.items()):
        figures = at(sorted(took), 0.5), at(sorted(took), 0.99)
        missed = [bound for value, bound in zip(figures, bounds[title], strict=True) if bound and value > bound]
        times = [
            (value / least, bound / FLOOR_THERE) for value, bound in zip(figures, bounds[title], strict=True) if bound
        ]
        shown = "/".join(f"{bound:.0f}" if bound else "-" for bound in bounds[title])
        say(f"{title:32} {len(took):6}   p50 {figures[0]:7.2f}   p99 {figures[1]:7.2f} ms   bound {shown:5} "
            f"{'missed' if missed else 'met'}   of the floor "
            + " / ".join(f"{value:.0f}x (<= {bound:.0f}x)" for value, bound in times))  # fmt: skip
    late = sorted(seen.late)
    say(f"loop late   p50 {at(late, 0.5):.2f}   p99 {at(late, 0.99):.2f}   most {late[-1]:.1f} ms")
    count = sum(map(len, seen.took.values()))
    say(f"processor time {seen.worked / max(1, count):.2f} ms per command, with making it up")
    (_, first), (minutes, last) = seen.memory[0], seen.memory[-1]
    say(f"memory {first:.1f} -> {last:.1f} MB in {minutes:.1f} minutes{_growth(seen.memory)}")
    ended: dict[str, int] = {}
    for sample in next(iter(bot.metrics._commands.collect())).samples:
        if sample.name.endswith("_total"):
            ended[sample.labels["outcome"]] = ended.get(sample.labels["outcome"], 0) + int(sample.value)
    say(f"ended {ended}, {seen.unanswered} unanswered")


def _growth(memory: list[tuple[float, float]]) -> str:
    """Return the slope of the second half in MB per minute, by least squares."""
    later = memory[len(memory) // 2 :]
    if len(later) < 5:
        return ""
    middle = [sum(each[axis] for each in later) / len(later) for axis in (0, 1)]
    above = sum((minute - middle[0]) * (size - middle[1]) for minute, size in later)
    return f"; second half {above / sum((minute - middle[0]) ** 2 for minute, _ in later):+.3f} MB per minute"


class Statements:
    """How long the statements of one kind took together; the costliest are printed at the end."""

    def __init__(self, db: Database) -> None:
        self._took: dict[str, list[float]] = {}
        db.measure(self._note)

    def _note(self, statement: str, seconds: float) -> None:
        self._took.setdefault(statement, []).append(seconds * 1000)

    def report(self) -> None:
        for statement, took in sorted(self._took.items(), key=lambda each: -sum(each[1]))[:MOST_SHOWN]:
            took.sort()
            say(f"{len(took):6} x   p50 {at(took, 0.5):7.2f}   most {took[-1]:7.2f} ms   {' '.join(statement.split())}")


@contextmanager
def profiled(file: Path | None) -> Iterator[None]:
    if file is None:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    profile.dump_stats(file)


async def bench(url: str, wish: argparse.Namespace) -> None:
    """Start the bot as `python -m bot` does, but for the gateway; let it warm up, and measure."""
    db = Database(url, Clock())
    stub = Stub()
    discord.http.Route.BASE = stub.base
    gc.collect()
    gc.freeze()
    try:
        async with Backline(db, db.clock) as bot:
            await bot.login("stub.to.ken")
            for server in range(SERVERS):
                _join(bot, FIRST_GUILD + server)
            desk = Desk(bot, stub, wish.rate)
            await desk.run(WARM_SECONDS)
            statements = Statements(db) if wish.statements else None
            with profiled(wish.profile):
                seen = await desk.run(wish.minutes * 60 or wish.seconds)
        least = await floor(stub, wish.rate)
        report(seen, bot, least)
        if statements is not None:
            statements.report()
    finally:
        stub.stop()
        await db.close()


def _join(bot: discord.Client, guild: int) -> None:
    channel = {"id": "5", "type": 0, "name": "studio", "position": 0, "permission_overwrites": []}
    data = {"id": str(guild), "name": "Night Ferry", "owner_id": "1", "member_count": 5, "channels": [channel],
            "roles": [{"id": str(guild), "name": "@everyone", "permissions": "0", "position": 0, "color": 0,
                       "colors": {"primary_color": 0}, "hoist": False, "managed": False,
                       "mentionable": False}]}  # fmt: skip
    bot._connection._add_guild(discord.Guild(data=cast("Any", data), state=bot._connection))


@contextmanager
def postgres(rows: int) -> Iterator[str]:
    """Yield a copy of the filled database; on a server that was given the filled one stays for the next time."""
    server: PostgresServer = require_postgres()
    kept = f"desk_{rows}"
    try:
        if not server._sql.run("SELECT 1 FROM pg_database WHERE datname = $1", kept):
            server.run(f"CREATE DATABASE {kept}_partly")
            partly = make_url(server.url).set(database=f"{kept}_partly").render_as_string(hide_password=False)
            asyncio.run(made_at(partly, rows))
            server.run(f"ALTER DATABASE {kept}_partly RENAME TO {kept}")
        copy = server._create(kept, "desk")
        yield server._url_of(copy)
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how fast a busy desk answers.")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=50.0, help="commands per second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--minutes", type=float, default=0.0, help="instead of seconds; memory is printed each minute")
    parser.add_argument("--folder", type=Path, help="where the filled SQLite file is kept")
    parser.add_argument("--statements", action="store_true", help="print which statements took longest")
    parser.add_argument("--profile", type=Path, help="write a profile of the process there")
    wish = parser.parse_args()
    say(f"{wish.rows:,} rows, {wish.rate:.0f} commands a second, {wish.database}, load {os.getloadavg()[0]:.1f}")
    if wish.database == "postgres":
        with postgres(wish.rows) as url:
            asyncio.run(bench(url, wish))
        return
    with tempfile.TemporaryDirectory() as scratch:
        file = sqlite_copy(wish.folder or Path(scratch), wish.rows)
        asyncio.run(bench(sqlite_url(file), wish))


if __name__ == "__main__":
    main()
