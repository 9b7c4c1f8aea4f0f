"""Real processes, real kill -9: nothing that was answered is lost, nothing is halved, no reminder is doubled."""

from pathlib import Path

from bot.db import sqlite_url
from tests.faults.hammer import hammer, hammer_people


async def test_killed_at_random_instants_nothing_is_lost_or_doubled(sqlite_path: Path) -> None:
    result = await hammer(sqlite_url(sqlite_path), kills=25)
    assert (result.planned, result.lost, result.doubled) == (200, 0, 0)


async def test_killed_while_people_act_what_was_answered_is_whole(database_url: str, tmp_path: Path) -> None:
    kills = 15 if database_url.startswith("sqlite") else 5
    result, kept = await hammer_people(database_url, kills, tmp_path)
    assert (kept.lost, kept.halves, kept.strays) == ([], [], [])
    assert (result.lost, result.doubled) == (0, 0)
    assert min(kept.answered[verb] for verb in ("booking.draft", "budget.spend", "remind.channel")) > 0
    assert result.planned > 0
