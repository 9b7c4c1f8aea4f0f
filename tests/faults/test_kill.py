"""Real processes, real kill -9: no reminder is lost and none comes twice."""

from pathlib import Path

from bot.db import sqlite_url
from tests.faults.hammer import hammer


async def test_killed_at_random_instants_nothing_is_lost_or_doubled(sqlite_path: Path) -> None:
    result = await hammer(sqlite_url(sqlite_path), kills=25)
    assert (result.planned, result.lost, result.doubled) == (200, 0, 0)
