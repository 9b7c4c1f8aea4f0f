"""A bot that is gone leaves nothing in memory, so that neither a restart nor a thousand tests make a process grow."""

import asyncio
import gc
import shutil
import weakref
from pathlib import Path

import discord

from bot.app import Backline
from bot.clock import Clock
from bot.db import Database, sqlite_url
from tests.support.band import Band
from tests.support.simtime import apscheduler_follows, running


async def _lives(path: Path) -> weakref.ref[Backline]:
    """Let a bot start, take up a server and stop."""
    db = Database(sqlite_url(path), Clock(discord.utils.utcnow))
    bot = Backline(db, db.clock)
    with apscheduler_follows():
        async with running(bot) as env:
            band = await Band(env).set_up()
            await band.producer.slash("deadline add", what="Mixes", due="in 2 days")
    await db.close()
    return weakref.ref(bot)


def test_a_bot_that_is_gone_is_forgotten(tmp_path: Path, sqlite_template: Path) -> None:
    gone = asyncio.run(_lives(Path(shutil.copy(sqlite_template, tmp_path / "backline.sqlite3"))))
    gc.collect()
    assert gone() is None
