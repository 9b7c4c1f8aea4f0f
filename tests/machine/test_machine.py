"""Hypothesis lets random members of two servers do random things, and looks at everything after each step.

The long run is `python -m tests.machine.run 100000`; these are fixed draws of 500 steps each, 2,000 in all.
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.machine.moves import Moves
from tests.machine.run import some_move
from tests.machine.world import world_in

PARTS, EXAMPLES, STEPS = 4, 5, 100
SEEDS = st.integers(0, 2**32 - 1)


class Servers(RuleBasedStateMachine):
    """Two servers on one bot; each rule is a move, and what exactly happens is drawn from its seed."""

    template: ClassVar[Path]
    part: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._folder = tempfile.TemporaryDirectory()
        self._moves: Moves = self._runner.run(self._begin())

    async def _begin(self) -> Moves:
        return Moves(await self._stack.enter_async_context(world_in(Path(self._folder.name), self.template)))

    def _play(self, move: str, seed: int) -> None:
        try:
            self._runner.run(self._moves.play(move, self._mixed(seed)))
        finally:
            note(self._moves.said)

    def _mixed(self, seed: int) -> int:
        """Make each step another one, also in the simplest draw of all, where every seed is 0."""
        return Random(f"{self.part}:{self._moves.world.steps}:{seed}").getrandbits(32)  # noqa: S311 - a game

    @rule(seed=SEEDS)
    def anything_at_all(self, seed: int) -> None:
        """Stands first among the rules, so that the simplest draw is a game like any other."""
        self._play(some_move(Random(self._mixed(seed))), seed)  # noqa: S311 - a game

    @rule(seed=SEEDS)
    def somebody_types_a_command(self, seed: int) -> None:
        self._play("command", seed)

    @rule(seed=SEEDS)
    def somebody_types_another(self, seed: int) -> None:
        self._play("command", seed)

    @rule(seed=SEEDS)
    def somebody_presses_a_button(self, seed: int) -> None:
        self._play("press", seed)

    @rule(seed=SEEDS)
    def somebody_presses_another(self, seed: int) -> None:
        self._play("press", seed)

    @rule(seed=SEEDS)
    def somebody_chooses_in_a_menu(self, seed: int) -> None:
        self._play("choose", seed)

    @rule(seed=SEEDS)
    def somebody_sends_a_form(self, seed: int) -> None:
        self._play("fill", seed)

    @rule(seed=SEEDS)
    def somebody_takes_up_a_message(self, seed: int) -> None:
        self._play("context_menu", seed)

    @rule(seed=SEEDS)
    def members_come_and_go(self, seed: int) -> None:
        self._play("staff", seed)

    @rule(seed=SEEDS)
    def channels_come_and_go(self, seed: int) -> None:
        self._play("channels", seed)

    @rule(seed=SEEDS)
    def time_goes_by(self, seed: int) -> None:
        self._play("wait", seed)

    @rule(seed=SEEDS)
    def the_bot_starts_anew(self, seed: int) -> None:
        self._play("restart", seed)

    @rule(seed=SEEDS)
    def the_bot_is_killed_at_work(self, seed: int) -> None:
        self._play("kill_at_work", seed)

    def teardown(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()
        self._folder.cleanup()


# What a killed bot leaves to the garbage collector goes with its process in earnest: a connection.
@pytest.mark.filterwarnings("ignore:The garbage collector is trying:sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_people_do_everything_holds(part: int, sqlite_template: Path) -> None:
    machine = type(f"Servers{part}", (Servers,), {"template": sqlite_template, "part": part})
    run_state_machine_as_test(
        seed(part)(machine),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
