"""Hypothesis lets random members of two servers do random things, and looks at everything after each step.

The long run is `python -m tests.machine.run 100000`; this one is a fixed draw of 1,000 steps: 72 s on one core.
"""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.machine.moves import Moves
from tests.machine.world import world_in

EXAMPLES, STEPS = 10, 100
SEEDS = st.integers(0, 2**32 - 1)


class Servers(RuleBasedStateMachine):
    """Two servers on one bot; each rule is a move, and what exactly happens is drawn from its seed."""

    template: ClassVar[Path]

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
            self._runner.run(self._moves.play(move, seed))
        finally:
            note(self._moves.said)

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
def test_whatever_people_do_everything_holds(sqlite_template: Path) -> None:
    Servers.template = sqlite_template
    run_state_machine_as_test(
        Servers,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
