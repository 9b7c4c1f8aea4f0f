"""The project's own files agree with each other and say nothing about the machine they were made on."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot import config

ROOT = Path(__file__).parents[1]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
HASH = "--hash=sha256:"

# Written in two parts so that this file does not hold what it looks for.
MACHINE_PATHS = ("/wo" + "rk/", "/ro" + "ot/")
REGISTRIES = ("pypi" + r"\.org", "python" + r"hosted\.org", "index" + "-url", "trusted" + "-host", "/sim" + r"ple\b")
REGISTRY = re.compile("|".join(REGISTRIES))
INDEX = re.compile(r"^\s*(-i|-f|--(extra-)?index|--find|--trusted)\b|https?://", re.MULTILINE)
PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[\w,]+\])?==\S+")


def requirements(lock: str) -> Iterator[str]:
    """Yield each requirement of a lock file with its continuation lines."""
    for block in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE):
        if block[:1].isalnum():
            yield block


def lock_faults(lock: str) -> list[str]:
    faults = [f"names an index: {found.group().strip()}" for found in INDEX.finditer(lock)]
    for block in requirements(lock):
        first = block.splitlines()[0]
        if not PINNED.match(first):
            faults.append(f"is not pinned: {first}")
        elif HASH not in block:
            faults.append(f"has no hash: {first}")
    return faults


def machine_faults(text: str) -> list[str]:
    faults = [path for path in MACHINE_PATHS if re.search(rf"(?<![\w.~}}]){re.escape(path)}", text)]
    return faults + [found.group() for found in REGISTRY.finditer(text)]


def tracked_files() -> list[Path]:
    """List what git tracks, or all visible files where there is no git."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)  # noqa: S603
        return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]
    paths = (path for path in ROOT.rglob("*") if path.is_file())
    return [path for path in paths if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)]


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode("utf-8", errors="replace")


def test_the_version_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == bot.__version__


def test_there_are_locks() -> None:
    assert [lock.name for lock in LOCKS] == ["requirements-dev.lock", "requirements-rehearse.lock", "requirements.lock"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_requirement_is_locked(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert len(list(requirements(text))) > 20
    assert lock_faults(text) == []


@pytest.mark.parametrize(
    ("lock", "fault"),
    [
        (f"a==1 \\\n    {HASH}0\nb==2\n    # via a\n", "has no hash: b==2"),
        (f"a>=1 \\\n    {HASH}0\n", "is not pinned: a>=1 \\"),
        (f"-i there\na==1 \\\n    {HASH}0\n", "names an index: -i"),
        (f"a==1 \\\n    {HASH}0\n    # from https://example.org\n", "names an index: https://"),
    ],
)
def test_a_bad_lock_is_caught(lock: str, fault: str) -> None:
    assert lock_faults(lock) == [fault]


def test_no_file_names_the_machine_or_a_registry() -> None:
    faults = {path.relative_to(ROOT).as_posix(): machine_faults(text_of(path)) for path in tracked_files()}
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("text", [f"see {MACHINE_PATHS[0]}main", f'"{MACHINE_PATHS[1]}x"', "https://pypi" + ".org/x"])
def test_a_machine_path_or_registry_is_caught(text: str) -> None:
    assert len(machine_faults(text)) == 1


def test_words_that_only_look_like_paths_pass() -> None:
    assert machine_faults("net" + MACHINE_PATHS[0] + " and ~" + MACHINE_PATHS[1]) == []


def test_the_example_configuration_loads() -> None:
    loaded = config.load({"BACKLINE_CONFIG": str(ROOT / "config.example.yaml")})
    assert loaded.token is None
    assert loaded.database.startswith("sqlite+aiosqlite://")


def test_the_readmes_invite_asks_for_what_the_bot_uses() -> None:
    from bot.app import PERMISSIONS  # noqa: PLC0415 - the rest of this file needs no bot

    assert f"permissions={PERMISSIONS.value}\n" in (ROOT / "README.md").read_text(encoding="utf-8")


async def test_the_readme_names_every_command(tmp_path: Path) -> None:
    from bot.app import EXTENSIONS, Backline  # noqa: PLC0415 - the rest of this file needs no bot
    from bot.clock import Clock  # noqa: PLC0415
    from bot.db import Database, sqlite_url  # noqa: PLC0415

    bot = Backline(Database(sqlite_url(tmp_path / "none.sqlite3"), Clock()), Clock())
    for extension in EXTENSIONS:
        await bot.load_extension(extension)
    commands = [name for name in (command.qualified_name for command in bot.tree.walk_commands()) if " " in name]
    await bot.close()
    await bot.db.close()
    rows = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    missing = []
    for stem, _, verb in (name.partition(" ") for name in commands):
        row = next((line for line in rows if line.startswith(f"| `/{stem} ")), "")
        missing += [] if f" {verb}`" in row or f"`{verb}`" in row else [f"/{stem} {verb}"]
    assert missing == []
