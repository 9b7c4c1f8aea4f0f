"""A loop whose clock only its timers move: what is about time alone takes none, and a busy machine can't be late."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class Jumping(selectors.DefaultSelector):
    """Instead of waiting for a timer, let the loop's clock jump to it."""

    jumped = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.jumped += timeout or 0.0
        return super().select(0)


def in_no_time(play: Coroutine[Any, Any, None] | Callable[[Jumping], Coroutine[Any, Any, None]]) -> None:
    """Play on such a loop; what takes the selector can let time pass as work does that keeps the loop busy."""
    selector = Jumping()

    def make() -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop(selector)
        loop.time = lambda: selector.jumped  # type: ignore[method-assign]
        return loop

    with asyncio.Runner(loop_factory=make) as runner:
        runner.run(play(selector) if callable(play) else play)
