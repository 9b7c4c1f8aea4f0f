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
    """Two servers on one bot; what happens next, and how, is drawn from a seed and the number of the move.

    The number makes each move another one also in the simplest draw of all, where every seed is 0.
    """

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

    @rule(seed=SEEDS)
    def anything_at_all(self, seed: int) -> None:
        chance = Random(f"{self.part}:{self._moves.made}:{seed}")  # noqa: S311 - a game
        try:
            self._runner.run(self._moves.play(some_move(chance), chance.getrandbits(32)))
        finally:
            note(self._moves.said)

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
