"""Keeping the data from the command line: back up beside a running bot, restore, move to PostgreSQL, start again."""

import asyncio
import re
import signal
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.db import Database
from bot.services import Services
from tests.support.cast import Cast
from tests.support.postgres import PostgresServer
from tests.support.postgres_install import installations
from tests.support.standin import standing_in, words
from tests.test_run import environment, finished, running, spawn


async def told(*arguments: str, folder: Path, **more: str) -> tuple[int, str]:
    return await finished(await spawn("-m", "bot", *arguments, env=environment(folder, **more)))


async def test_a_backup_beside_a_running_bot_comes_back(tmp_path: Path) -> None:
    async with standing_in() as standin:
        async with running(standin, tmp_path) as process:
            await standin.command("room add", name="Room A")
            code, said = await told("backup", folder=tmp_path)
            assert code == 0, said
            saved = re.search(r"The backup is (\S+);", said)
            assert saved is not None
            await standin.command("room add", name="Room B")
            code, said = await told("restore", saved[1], folder=tmp_path)
            assert (code, "Stop it first" in said) == (2, True)
            second = await spawn("-m", "tests.support.run_against", standin.base, "run", env=environment(tmp_path))
            code, said = await finished(second)
            assert (code, "A bot is running on the data folder" in said) == (2, True)
            process.send_signal(signal.SIGTERM)
            await finished(process)
        code, said = await told("restore", saved[1], folder=tmp_path)
        assert (code, "before-restore" in said) == (0, True), said
        async with running(standin, tmp_path):
            listed = words(await standin.command("room list"))
    assert "Room A" in listed
    assert "Room B" not in listed


@pytest.mark.postgres
async def test_a_desk_moves_to_postgresql(tmp_path: Path, postgres_url: str) -> None:
    url = postgres_url.replace("+asyncpg", "")
    async with standing_in() as standin:
        async with running(standin, tmp_path) as process:
            await standin.command("room add", name="Room A")
            code, said = await told("copy", url, folder=tmp_path)
            assert (code, "Stop it first" in said) == (2, True)
            process.send_signal(signal.SIGTERM)
            await finished(process)
        code, said = await told("copy", url, folder=tmp_path)
        assert code == 0, said
        assert "room: 1 rows" in said
        assert "are the same in" in said
        async with running(standin, tmp_path, BACKLINE_DATABASE_URL=url):
            assert "Room A" in words(await standin.command("room list"))
            assert "#2" in words(await standin.command("room add", name="Room B"))
        code, said = await told("backup", folder=tmp_path, BACKLINE_DATABASE_URL=url)
        assert (code, "pg_dump" in said) == (2, True)


async def test_a_database_of_another_kind_is_refused_in_a_sentence(tmp_path: Path) -> None:
    code, said = await told("copy", "mysql://h/d", folder=tmp_path)
    assert (code, "must begin with postgresql://" in said, "Traceback" in said) == (2, True, False)


@pytest.mark.postgres
async def test_postgresql_is_saved_and_restored_by_its_own_tools(
    tmp_path: Path, postgres_url: str, postgres_server: PostgresServer
) -> None:
    tools = installations()[0].folder
    other = postgres_server.copy()
    for url, name in ((postgres_url, "Room A"), (other, "Room B")):
        db = Database(url, Clock())
        services = Services(db, db.clock)
        await services.room.add((await Cast.of(services)).producer, name=name)
        await db.close()
    saved = str(tmp_path / "backline.dump")
    plain = [url.replace("+asyncpg", "") for url in (postgres_url, other)]
    run = asyncio.create_subprocess_exec
    dump = await run(tools / "pg_dump", "--format=custom", f"--file={saved}", plain[0])
    assert await dump.wait() == 0
    restored = await run(tools / "pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={plain[1]}", saved)
    assert await restored.wait() == 0
    db = Database(other, Clock())
    services = Services(db, db.clock)
    assert [room.name for room in await services.room.listed((await Cast.of(services)).producer)] == ["Room A"]
    await db.close()
    postgres_server.drop(other)
