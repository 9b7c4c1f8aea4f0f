"""How fast, how late and how surely reminders are delivered: ratios in one run, beside a naive and a bare program.

Run it as `python -m tests.load.bench_reminders [NAME ...] [--database sqlite|postgres|both] [--slow-disk]`; it prints
each measure with its bound. Naive and bare keep their rows in SQLite files of their own in either case.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bot import migrate
from bot.clock import Clock
from bot.db import Database
from tests.load.contestants import DATABASE
from tests.support.discord_stub import Stub
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
BURST = 2000
PENDING = 1_000_000
ROUNDS = 3


class Bench:
    """The stand-in for Discord, and the contestants' processes one after the other."""

    def __init__(self, slow: Path | None = None, server: PostgresServer | None = None) -> None:
        self.stub = Stub()
        self._slow = slow
        self.is_slow = slow is not None
        self._server = server

    def run(self, name: str, trial: str, **options: Any) -> dict[str, Any]:
        """Run one trial of one contestant in a fresh process and folder."""
        with tempfile.TemporaryDirectory() as folder:
            wish = json.dumps({"trial": trial, "folder": folder, "base": self.stub.base, **options})
            command = [sys.executable, "-m", "tests.load.contestants", name, wish]
            with self._around(name) as environ:
                done = subprocess.run(  # noqa: S603
                    command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **environ}
                )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return dict(json.loads(done.stdout))

    @contextmanager
    def _around(self, name: str) -> Iterator[dict[str, str]]:
        """Give ours a fresh database of the server, if there is one; and everybody the slow disk, if that is wished."""
        environ = {"LD_PRELOAD": str(self._slow)} if self._slow else {}
        if self._server is None or name not in ("ours", "unpaced"):
            yield environ
            return
        url = self._server.copy()
        yield {**environ, DATABASE: url}
        self._server.drop(url)

    def deliver(self, name: str, rules: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Let a contestant deliver, and add what people saw: lateness in ms in order, lost, doubled, refused."""
        self.stub.reset(**(rules or {}))
        wish = {"ahead": 4.0, "spread": 0.0, "count": BURST, "throttled": 0, "wait": 60.0, "asks": False, **options}
        if name == "naive":
            wish["ahead"] += 0.004 * wish["count"]
        result = self.run(name, "deliver", **wish)
        seen = self.stub.seen()
        due = {channel: at for at, channel in zip(result["due"], _channels(wish), strict=True)}
        late = sorted((at - due[channel]) * 1000 for at, channel, _, _ in seen["log"])
        nonces = {entry[2] for entry in seen["log"]}
        others = sorted((at - due[channel]) * 1000 for at, channel, _, _ in seen["log"] if channel != 1000)
        return {
            **result, "late": late, "others": others, "lost": wish["count"] - len(nonces), "refused": seen["refused"],
            "doubled": len(seen["log"]) - len(nonces),
        }  # fmt: skip


def _channels(wish: dict[str, Any]) -> list[int]:
    return [1000 + (0 if index < wish["throttled"] else index) for index in range(wish["count"])]


def slow_disk(folder: Path) -> Path:
    """Build what makes each fsync take 2 ms more, to be loaded before the C library."""
    source, built = folder / "slow.c", folder / "slow.so"
    calls = "\n".join(
        f"int {name}(int fd) {{ usleep(2000); return syscall(SYS_{name}, fd); }}" for name in ("fsync", "fdatasync")
    )
    source.write_text(f"#include <unistd.h>\n#include <sys/syscall.h>\n{calls}\n", encoding="ascii")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("A slow disk needs a C compiler to be imitated.")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(built), str(source)], check=True)  # noqa: S603
    return built


async def make_tables(url: str) -> None:
    db = Database(url, Clock())
    await migrate.upgrade(db)
    await db.close()


def at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def say(measure: str, value: str, bound: str = "") -> None:
    sys.stdout.write(f"{measure:58} {value:>28}   {bound}\n")
    sys.stdout.flush()


def burst(bench: Bench) -> None:
    """2,000 due at one instant, with no limit."""
    runs: dict[str, list[dict[str, Any]]] = {"unpaced": [], "bare": [], "naive": []}
    plain, pretty = [], []
    for _ in range(ROUNDS):
        for name, known in runs.items():
            known.append(bench.deliver(name))
            assert not known[-1]["lost"], (name, known[-1]["lost"])
        bench.stub.reset()
        plain.append(bench.run("", "ceiling", count=BURST, pretty=False))
        pretty.append(bench.run("", "ceiling", count=BURST, pretty=True))
    last = {name: median(run["late"][-1] for run in known) for name, known in runs.items()}
    cpu = {name: min(run["cpu"] for run in known) for name, known in runs.items()}
    for name, known in runs.items():
        blocked = median(run["blocked"] for run in known)
        say(f"burst of {BURST}, no limit, last after: {name}", f"{last[name]:.0f} ms, loop {blocked:.0f} ms")
        say("  processor time each, least", f"{cpu[name]:.0f} us")
    say("  against naive", f"{last['unpaced'] / last['naive']:.3f}x", f"<= {'0.02' if bench.is_slow else '0.10'}x")
    say("  against naive, processor time", f"{cpu['unpaced'] / cpu['naive']:.3f}x")
    say("  against bare", f"{last['unpaced'] / last['bare']:.2f}x")
    for words, alone in (("plain", plain), ("with a view", pretty)):
        rate, least = median(run["per_second"] for run in alone), min(run["cpu"] for run in alone)
        bound = ">= 75%" if alone is plain else ""
        say(f"  discord.py alone, {words}", f"{rate:.0f} per s, {least:.0f} us")
        say("    of that rate", f"{BURST / last['unpaced'] * 1000 / rate:.0%}", bound)
        say("    of that processor time", f"{least / cpu['unpaced']:.0%}", bound)


def command(bench: Bench) -> None:
    """`/remind list` a hundred times a second while reminders leave: looked up, drawn and answered."""
    for words, name, options in (
        (f"burst of {BURST}, no limit", "unpaced", {}),
        ("burst of 500 at 50/s", "ours", {"count": 500, "rules": {"limit": 50}}),
        ("two due in 6 s", "ours", {"count": 2, "spread": 6.0, "wait": 1.0}),
    ):
        answered = bench.deliver(name, asks=True, **options)["answered"]
        shown = f"{at(answered, 0.5):.1f} / {at(answered, 0.99):.1f} ms of {len(answered)}"
        say(f"a command, p50 / p99: {words}", shown, "p99 <= 30 ms")


def limit(bench: Bench) -> None:
    """2,000 due at one instant, with Discord's 50 per second enforced."""
    result = bench.deliver("ours", {"limit": 50}, wait=80.0)
    say(f"burst of {BURST} at 50/s: lost / doubled / 429s",
        f"{result['lost']} / {result['doubled']} / {result['refused']}", "0 / 0 / 0")  # fmt: skip
    say("  last after, against 39.0 s", f"{result['late'][-1] / 39000:.3f}x", "<= 1.02x")
    naive = bench.deliver("naive", {"limit": 50}, wait=120.0)
    say("  naive: lost / 429s", f"{naive['lost']} / {naive['refused']}")


def trickle(bench: Bench) -> None:
    """100 per second for 20 seconds."""
    for name in ("unpaced", "bare", "naive"):
        result = bench.deliver(name, spread=20.0, wait=30.0)
        p50, p99 = at(result["late"], 0.5), at(result["late"], 0.99)
        say(f"100/s for 20 s, late p50 / p99: {name}", f"{p50:.2f} / {p99:.2f} ms",
            "p99 <= 5 ms" if name == "unpaced" else "")  # fmt: skip
        say("  processor time each; loop blocked", f"{result['cpu']:.0f} us; {result['blocked']:.0f} ms")


def storing(bench: Bench) -> None:
    """Storing one, ours with rules, number and audit row."""
    p50: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name in ("ours", "naive", "bare"):
            result = bench.run(name, "store", count=300)
            p50.setdefault(name, []).append(at(result["taken"], 0.5))
            cpu.setdefault(name, []).append(at(result["spent"], 0.5))
            shown = f"{p50[name][-1]:.2f} / {at(result['taken'], 0.99):.2f} ms, loop {result['blocked']:.0f} ms"
            say(f"storing one, p50 / p99: {name}", shown, "loop <= 5 ms" if name == "ours" else "")
    for words, found in (("against naive", p50), ("against naive, processor time", cpu)):
        ours, naive = min(found["ours"]), min(found["naive"])
        say(f"  {words}, least of {ROUNDS}", f"{ours:.2f} / {naive:.2f} ms = {ours / naive:.2f}x", "<= 0.35x")


def pending(bench: Bench) -> None:
    """Starting with a million pending."""
    none, many = (bench.run("ours", "begin", pending=count) for count in (0, PENDING))
    time, work, memory = (many[name] - none[name] for name in ("taken", "worked", "grown"))
    more = f"{time:+.1f} ms ({work:+.1f} of work), {memory:+.1f} MB"
    say(f"start-up with {PENDING:,} pending, more than with none", more, "<= 5 ms, <= 5 MB")


def throttled(bench: Bench) -> None:
    """A burst of 600 with 60 of them in one channel that takes five in 5 s."""
    without = bench.deliver("unpaced", count=540, wait=30.0)["others"]
    with_it = bench.deliver("unpaced", {"throttled": [1000]}, count=600, throttled=60, wait=90.0)
    others = with_it["others"]
    shown = f"{at(others, 0.5) / at(without, 0.5):.2f}x / {at(others, 0.99) / at(without, 0.99):.2f}x"
    say("burst with a throttled channel, the others' p50 / p99", shown, "<= 1.5x")
    say("  lost / 429s", f"{with_it['lost']} / {with_it['refused']}")


MEASURES: dict[str, Callable[[Bench], None]] = {
    "burst": burst, "command": command, "limit": limit, "trickle": trickle, "storing": storing, "pending": pending,
    "throttled": throttled,
}  # fmt: skip


def measure(names: list[str], database: str, *, is_slow: bool) -> None:
    """Run the measures for one kind of database, on the disk as it is or on a slow one."""
    with tempfile.TemporaryDirectory() as folder:
        server = PostgresServer.find().start() if database == "postgres" else None
        if server is not None:
            server.template(make_tables)
        bench = Bench(slow_disk(Path(folder)) if is_slow else None, server)
        say(f"--- ours on {database}{', 2 ms per fsync' if is_slow else ''}", "", "bound")
        try:
            for name in names:
                MEASURES[name](bench)
        finally:
            bench.stub.stop()
            if server is not None:
                server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the delivery of reminders.")
    parser.add_argument("names", nargs="*", choices=[*MEASURES, []], help="which measures; all without")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--slow-disk", action="store_true", help="let each fsync take 2 ms more")
    wish = parser.parse_args()
    for database in ("sqlite", "postgres") if wish.database == "both" else (wish.database,):
        measure(wish.names or list(MEASURES), database, is_slow=wish.slow_disk)


if __name__ == "__main__":
    main()
