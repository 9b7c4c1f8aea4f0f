"""The whole bot as a process: it starts, publishes, answers, survives a kill, and stops when told to."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.standin import StandIn, standing_in, words

ROOT = Path(__file__).parent.parent
TOKEN = "MTAw.R4nd0m.not-a-real-token"  # noqa: S105 - no real one


def environment(folder: Path, **more: str) -> dict[str, str]:
    keep = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return {**keep, "PYTHONPATH": str(ROOT), "DISCORD_TOKEN": TOKEN, "BACKLINE_DATA_DIR": str(folder), **more}


async def spawn(*arguments: str, env: dict[str, str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, env=env, stdout=pipe, stderr=pipe)


async def finished(process: asyncio.subprocess.Process) -> tuple[int, str]:
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, (out + err).decode()


@asynccontextmanager
async def running(standin: StandIn, folder: Path, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    standin.ready.clear()
    process = await spawn("-m", "tests.support.run_against", standin.base, "run", env=environment(folder, **more))
    try:
        ready = asyncio.create_task(standin.ready.wait())
        ended = asyncio.create_task(process.wait())
        await asyncio.wait({ready, ended}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        ended.cancel()
        assert standin.ready.is_set(), (await finished(process))[1]
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_it_runs_answers_and_keeps_what_it_answered_through_a_kill(tmp_path: Path) -> None:
    async with standing_in() as standin:
        async with running(standin, tmp_path) as process:
            assert {command["name"] for command in standin.published} >= {"setup", "project", "room", "help"}
            assert "Saved" in words(await standin.command("setup start", timezone="Berlin", currency="EUR"))
            added = await standin.command("room add", name="Room A", rate="60")
            assert "€60.00" in words(added)
            process.kill()
            await process.communicate()
        standin.published = []
        async with running(standin, tmp_path) as process:
            assert standin.published == []
            assert "Room A" in words(await standin.command("room list"))
            assert "Undone" in words(await standin.press(added, "Undo"))
            process.send_signal(signal.SIGTERM)
            code, log = await finished(process)
        assert code == 0, log
        assert TOKEN not in log
        assert "Room A" not in log


@pytest.mark.postgres
async def test_it_runs_on_postgresql_by_url(tmp_path: Path, postgres_url: str) -> None:
    async with standing_in() as standin, running(standin, tmp_path, BACKLINE_DATABASE_URL=postgres_url):
        await standin.command("room add", name="Room A")
        assert "Room A" in words(await standin.command("room list"))
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing was written beside the server


@pytest.mark.parametrize(
    ("given", "words_"),
    [
        ({"DISCORD_TOKEN": ""}, "There is no Discord token"),
        ({"BACKLINE_DATABASE_URL": "mysql://h/d"}, "must begin with postgresql"),
        ({"BACKLINE_DATABASE_URL": "postgresql://u:hidden@127.0.0.1:1/none"}, "can't be used"),
        ({"BACKLINE_DATA_DIR": "/dev/null/data"}, "can't be made"),
        ({"BACKLINE_CONFIG": "/nowhere/config.yaml"}, "is not there"),
    ],
)
async def test_what_keeps_it_from_starting_is_one_sentence(tmp_path: Path, given: dict[str, str], words_: str) -> None:
    process = await spawn("-m", "bot", "run", env=environment(tmp_path, **given))
    code, said = await finished(process)
    assert code == 2
    assert words_ in said.replace("\\", "")
    assert "Traceback" not in said
    assert "hidden" not in said


async def test_a_refused_token_is_one_sentence(tmp_path: Path) -> None:
    async with standing_in() as standin:
        standin.refuses_token = True
        env = environment(tmp_path)
        process = await spawn("-m", "tests.support.run_against", standin.base, "run", env=env)
        code, said = await finished(process)
    assert code == 2
    assert "does not accept this token" in said
    assert TOKEN not in said


async def test_check_validates_without_connecting(tmp_path: Path) -> None:
    code, said = await finished(await spawn("-m", "bot", "check", env=environment(tmp_path)))
    assert code == 0, said
    assert "Configuration: fine" in said
    assert "(empty)" in said
    await finished(await spawn("-m", "bot", "migrate", env=environment(tmp_path)))
    code, said = await finished(await spawn("-m", "bot", "check", env=environment(tmp_path)))
    assert "(up to date)" in said
    short = environment(tmp_path, DISCORD_TOKEN="abc")  # noqa: S106 - no real one
    code, said = await finished(await spawn("-m", "bot", "check", env=short))
    assert (code, "does not accept this token" in said) == (2, True)
