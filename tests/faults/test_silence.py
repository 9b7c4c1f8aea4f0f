"""Discord in trouble behind a real connection: errors, or silence on an open socket, half of it with effect."""

import asyncio
import shutil
from pathlib import Path

from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.models.reminder import Reminder, ReminderKind
from tests.faults.hammer import Count, all_done, count, plan
from tests.support.discord_stub import Stub
from tests.support.standin import until
from tests.support.victim import Nursery

SINGER = 700


async def plan_direct(db: Database) -> int:
    """Plan a reminder by direct message that is due now; return its key."""
    now = db.clock.now()
    row = Reminder(guild_id=1, kind=ReminderKind.PERSONAL, what="tea", user_id=SINGER, due_at=now, zone="Europe/Berlin",
                   created_by=SINGER, created_at=now)  # fmt: skip
    async with db.write() as session:
        session.add(row)
    return row.id


async def in_trouble(nursery: Nursery, file: Path, **trouble: object) -> tuple[Count, set[int]]:
    """Let what is due meet a Discord in trouble that ends; return what became of it, and in which channels."""
    db, stub = Database(sqlite_url(file), Clock()), Stub()
    try:
        keys = [*await plan(db, 0), await plan_direct(db)]
        stub.reset(**trouble)
        nursery.start(url=sqlite_url(file), base=stub.base)
        await until(lambda: stub.seen()["troubled"] >= 7)  # one in each of six channels, and a direct one
        stub.enforce()
        assert await all_done(db, within=20), "something still waits"
        seen = stub.seen()
        return count(keys, seen), {channel for _, channel, _, _ in seen["log"]}
    finally:
        stub.stop()
        await db.close()


async def test_errors_and_silence_lose_and_double_nothing(sqlite_path: Path) -> None:
    troubles: list[dict[str, object]] = [{"status": 500}, {"status": 503}, {"silent": True}]
    files = [Path(shutil.copy(sqlite_path, f"{sqlite_path}-{number}")) for number in range(len(troubles))]
    nursery = Nursery("", "", silent="0.5")
    try:
        met = [in_trouble(nursery, file, **trouble) for file, trouble in zip(files, troubles, strict=True)]
        for result, channels in await asyncio.gather(*met):
            assert (result.planned, result.lost, result.doubled) == (9, 0, 0)
            assert result.repeated > 0, "nothing that had arrived was tried again"
            assert SINGER + 1 in channels
    finally:
        nursery.close()
