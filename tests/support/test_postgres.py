"""The suite's own PostgreSQL: found, started, copied per test, and gone afterwards however the tests end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support import postgres
from tests.support.needs import missing
from tests.support.postgres import PostgresServer, require_postgres
from tests.support.postgres_install import Installation, Unavailable, account, installations, wheel_installations

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parents[2]


async def migrate(url: str) -> None:
    await run(url, "CREATE TABLE song (title text)", "INSERT INTO song VALUES ('Intro')")


async def run(url: str, *statements: str) -> list[str]:
    """Run statements as the bot would, and return the first column of the last one's rows."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        results = [await connection.execute(text(statement)) for statement in statements]
        rows = [str(row[0]) for row in results[-1]] if results[-1].returns_rows else []
    await engine.dispose()
    return rows


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with require_postgres() as started:
        started.template(migrate)
        yield started


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for binaries even where the suite was given a server."""
    monkeypatch.delenv(postgres.VARIABLE, raising=False)
    if not installations():
        missing("no PostgreSQL binaries on this machine")


def folder_of(server: PostgresServer) -> Path:
    return Path(str(make_url(server.url).query["host"]))


def pid_of(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def gone(pid: int, folder: Path) -> bool:
    """Wait a little for the server to end and for its folder to be removed."""
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() and not folder.exists():
            return True
        time.sleep(0.1)
    return False


def private_copy(source: Path, home: Path) -> Path:
    home.chmod(0o700)
    target = home / source.parent.name / source.name
    libraries = source.parent.with_name(f"{source.parent.name}.libs")
    shutil.copytree(source, target, symlinks=True)
    shutil.copytree(libraries, home / libraries.name, symlinks=True)
    return target


def is_private(folder: Path) -> bool:
    return folder.stat().st_mode & 0o077 == 0


async def test_a_copy_holds_what_the_template_holds(server: PostgresServer) -> None:
    url = server.copy()
    assert url.startswith("postgresql+asyncpg://")
    assert await run(url, "SELECT title FROM song") == ["Intro"]
    server.drop(url)


async def test_copies_do_not_see_each_other(server: PostgresServer) -> None:
    first, second = server.copy(), server.copy()
    await run(first, "DELETE FROM song")
    assert await run(second, "SELECT title FROM song") == ["Intro"]
    for url in (first, second):
        server.drop(url)


async def test_a_dropped_copy_is_gone_under_open_connections(server: PostgresServer) -> None:
    url = server.copy()
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(dsn)
    server.drop(url)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(dsn)
    connection.terminate()


def test_only_our_own_databases_are_dropped(server: PostgresServer) -> None:
    with pytest.raises(ValueError, match="no database of these tests"):
        server.drop(server.url)


async def test_a_given_server_is_used_and_left_clean(server: PostgresServer) -> None:
    plain = make_url(server.url).set(drivername="postgresql").render_as_string(hide_password=False)
    names = "SELECT datname FROM pg_database ORDER BY 1"
    before = await run(server.url, names)
    with PostgresServer.find({postgres.VARIABLE: plain}) as given:
        given.template(lambda _url: None)
        url = given.copy()
        assert await run(url, "SELECT 1") == ["1"]
        assert len(await run(server.url, names)) == len(before) + 2
    assert await run(server.url, names) == before
    assert await run(server.url, "SELECT 1") == ["1"]


def test_a_given_server_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    server = PostgresServer.find({postgres.VARIABLE: f"postgresql://nobody@/x?host={tmp_path}"})
    with pytest.raises(OSError, match="No such file"):
        server.start()
    server.stop()


@pytest.mark.usefixtures("own")
async def test_a_server_of_our_own_is_private_and_goes_away() -> None:
    server = PostgresServer.find().start()
    folder = folder_of(server)
    pid = pid_of(folder)
    assert is_private(folder)
    server.template(migrate)
    assert await run(server.copy(), "SHOW listen_addresses") == [""]
    server.stop()
    server.stop()
    assert gone(pid, folder)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_server_goes_when_the_tests_are_killed(end: signal.Signals) -> None:
    script = (
        "import signal, time; from tests.support.postgres import PostgresServer;"
        # Whatever began all this in the background may have left it deaf to Ctrl-C.
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "print(PostgresServer.find().start().url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as tests:
        assert tests.stdout is not None
        folder = Path(str(make_url(tests.stdout.readline().strip()).query["host"]))
        pid = pid_of(folder)
        tests.send_signal(end)
    assert gone(pid, folder)


@pytest.mark.usefixtures("own")
async def test_the_wheel_serves_where_the_machine_has_nothing() -> None:
    wheel = wheel_installations()
    if not wheel:
        missing("the wheel with PostgreSQL's binaries is not installed")
    with PostgresServer(choices=wheel) as server:
        server.template(migrate)
        assert await run(server.copy(), "SELECT title FROM song") == ["Intro"]


@pytest.mark.usefixtures("own")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a home that the server's account cannot enter")
async def test_a_wheel_in_a_private_home_is_not_opened_to_others(tmp_path: Path) -> None:
    wheel = wheel_installations()
    if not wheel:
        missing("the wheel with PostgreSQL's binaries is not installed")
    home = private_copy(wheel[0].folder.parent, tmp_path)
    with PostgresServer(choices=[Installation(home / "bin", from_wheel=True)]) as server:
        server.template(migrate)
        assert await run(server.copy(), "SELECT title FROM song") == ["Intro"]
    assert is_private(tmp_path)


@pytest.mark.usefixtures("own")
def test_the_next_installation_is_tried_when_one_is_broken(tmp_path: Path) -> None:
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    broken = Installation(tmp_path)
    assert broken.complete
    with pytest.raises(Unavailable, match="cannot run the binaries"):
        PostgresServer(choices=[broken]).start()
    with PostgresServer(choices=[broken, *installations()]) as server:
        assert folder_of(server).exists()


def test_without_any_server_the_reason_is_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(postgres.VARIABLE, raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(postgres, "installations", list)
    with pytest.raises(Unavailable, match="TEST_DATABASE_URL is not set"):
        PostgresServer.find()
    with pytest.raises(pytest.skip.Exception, match="no PostgreSQL"):
        require_postgres()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="nothing may be skipped"):
        require_postgres()


def test_root_needs_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert account() == ""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("pwd.getpwall", list)
    with pytest.raises(Unavailable, match="no account"):
        account()
