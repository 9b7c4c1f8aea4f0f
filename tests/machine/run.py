"""Let the machine play for long: `python -m tests.machine.run 100000 --seed 1`.

It plays in episodes of a fixed length, each from its own seed, and writes down what it found after each, so that
stopping it loses nothing: started again with the same notes, it goes on. `--only 17` plays one episode again and
says every move.
"""

import argparse
import asyncio
import contextlib
import json
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.machine.moves import Moves
from tests.machine.world import Broken, migrated, world_in

LENGTH = 200
WEIGHTS = {
    "command": 36, "press": 28, "choose": 7, "fill": 8, "context_menu": 1, "wait": 6, "staff": 2, "channels": 3,
    "restart": 2, "kill_at_work": 3,
}  # fmt: skip


@dataclass
class Notes:
    """How far it has come, and what it found: each finding once, with where it came first and how often since."""

    seed: int
    steps: int = 0
    refused: int = 0
    seconds: float = 0.0
    episode: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, seed: int) -> "Notes":
        if not path.exists():
            return cls(seed)
        kept = cls(**json.loads(path.read_text(encoding="utf-8")))
        if kept.seed != seed:
            raise SystemExit(f"{path} is about seed {kept.seed}; name other notes with --notes")
        return kept

    def write(self, path: Path) -> None:
        """Replace the notes as a whole, so that a kill leaves the old ones or the new ones."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        fresh.replace(path)


@dataclass(frozen=True)
class Episode:
    """What became of one episode: its steps, what was refused, the moves, what broke at the last, and the rows left."""

    steps: int
    refused: int
    moves: list[str]
    broken: str | None
    rows: dict[str, int]


def some_move(chance: Random) -> str:
    """Draw what happens next, as often as it happens."""
    return chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]


async def play(seed: str, length: int, template: Path, *, aloud: bool = False) -> Episode:
    """Play one episode from a seed, until its length or until something breaks."""
    chance = Random(seed)  # noqa: S311 - a game, no secret
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        async with world_in(Path(folder), template) as world:
            moves = Moves(world)
            broken = None
            for _ in range(length):
                move = some_move(chance)
                try:
                    await moves.play(move, chance.getrandbits(32))
                except Broken as error:
                    broken = str(error)
                except Exception as error:  # noqa: BLE001 - the machine goes on with the next episode
                    broken = f"{type(error).__name__}: {error}"
                said.append(moves.said)
                if aloud:
                    sys.stdout.write(f"{world.env.now():%d %b %H:%M} {moves.said}\n")
                if broken:
                    break
            return Episode(world.steps, world.refused, said, broken, world.books.tally())


def signature(broken: str) -> str:
    """Return the first thing that broke, without what differs from time to time."""
    return re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "·", broken.splitlines()[0])[:160]


async def run(steps: int, seed: int, path: Path) -> Notes:
    """Play until so many steps are done in all, and keep the notes."""
    notes = Notes.read(path, seed)
    with tempfile.TemporaryDirectory() as folder:
        template = await migrated(Path(folder) / "template.sqlite3")
        while notes.steps < steps:
            began = time.perf_counter()
            episode = await play(f"{seed}:{notes.episode}", LENGTH, template)
            if episode.broken:
                found = notes.findings.setdefault(
                    signature(episode.broken),
                    {"episode": notes.episode, "step": len(episode.moves), "move": episode.moves[-1],
                     "what": episode.broken, "times": 0},
                )  # fmt: skip
                found["times"] += 1
            notes.steps += episode.steps
            notes.refused += episode.refused
            notes.rows = dict(Counter(notes.rows) + Counter(episode.rows))
            sys.stdout.write(f"{notes.episode}: {episode.steps} steps; {_counted(episode.rows)}\n")
            sys.stdout.flush()
            notes.seconds += time.perf_counter() - began
            notes.episode += 1
            notes.write(path)
    return notes


async def again(seed: int, number: int) -> None:
    """Play one episode aloud."""
    with tempfile.TemporaryDirectory() as folder:
        template = await migrated(Path(folder) / "template.sqlite3")
        episode = await play(f"{seed}:{number}", LENGTH, template, aloud=True)
    sys.stdout.write(f"{episode.broken or 'nothing broke'}\n")


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(rows.items()))


def _tell(notes: Notes) -> None:
    sys.stdout.write(
        f"seed {notes.seed}: {notes.steps} steps in {notes.episode} episodes, {notes.seconds:.0f} s "
        f"({notes.refused} moves that Discord does not allow are left out); {len(notes.findings)} findings\n"
    )
    sys.stdout.write(f"rows left by all episodes: {_counted(notes.rows)}\n")
    for name, found in notes.findings.items():
        sys.stdout.write(f"- {name}\n  {found['times']} times, first in episode {found['episode']}: {found['move']}\n")


def _main() -> None:
    parser = argparse.ArgumentParser(description="Let random members of two servers try everything.")
    parser.add_argument("steps", type=int, nargs="?", default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--notes", type=Path, default=Path(tempfile.gettempdir()) / "backline-machine.json")
    parser.add_argument("--only", type=int, help="play this episode again, aloud")
    options = parser.parse_args()
    if options.only is not None:
        asyncio.run(again(options.seed, options.only))
        return
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(options.steps, options.seed, options.notes))
    notes = Notes.read(options.notes, options.seed)
    _tell(notes)
    sys.exit(1 if notes.findings else 0)


if __name__ == "__main__":
    _main()
