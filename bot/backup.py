"""Copies of the SQLite file: taken while the bot works, checked by opening them, rotated, and put back."""

import logging
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import migrate
from bot.errors import UserError
from bot.lock import only_one

log = logging.getLogger(__name__)

STAMP = "%Y%m%d-%H%M%S"
PATTERN = "backline-????????-??????.sqlite3"
PART = ".part"
JOURNAL = ("-wal", "-shm")
MISSED = timedelta(hours=25)
AT_ONCE = -1  # all pages in one step: it begins anew after every write in between, and the log lets writers go on


class BackupFailed(UserError):
    """A copy that could not be made or did not open."""

    text = "The backup could not be made: {why}. The database itself was not touched. Mend that and try again."


class Unrestorable(UserError):
    """A file that is no backup of this bot."""

    text = "The file {file} can't be restored: {why}. Nothing was changed. Choose another backup."


def take(database: Path, folder: Path, at: datetime, keep: int) -> Path:
    """Copy the database into the folder as of now, check the copy, and keep the newest `keep` copies.

    Runs beside a working bot, which it does not stop from writing. Blocking: call it in a thread.
    Raises `BackupFailed`; a copy that failed is removed and no older one is.
    """
    name = f"backline-{at.astimezone(UTC).strftime(STAMP)}.sqlite3"
    part = folder / f"{name}{PART}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _copy(database, part)
        fault = _fault(part)
        if fault:
            raise BackupFailed(why=f"the copy {fault}")
        _settle(part, folder / name)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(why=str(error) or type(error).__name__) from error
    finally:
        part.unlink(missing_ok=True)
    for old in sorted(folder.glob(PATTERN), reverse=True)[keep:]:
        old.unlink(missing_ok=True)
    log.info("backup taken bytes=%s", (folder / name).stat().st_size)
    return folder / name


def restore(file: Path, database: Path, at: datetime) -> Path | None:
    """Put a backup in the database's place and return where the old one was kept, None if there was none.

    Raises `AlreadyRunning`, and `Unrestorable` for a file that is missing, foreign, damaged or of a newer version.
    """
    fault = _unfit(file)
    if fault:
        raise Unrestorable(file=str(file), why=fault)
    database.parent.mkdir(parents=True, exist_ok=True)
    with only_one(database.parent):
        part = database.with_name(database.name + PART)
        try:
            shutil.copyfile(file, part)
            if _fault(part):
                raise Unrestorable(file=str(file), why="it changed while it was read")
            aside = _exchange(part, database, at)
        except OSError as error:
            raise Unrestorable(file=str(file), why=error.strerror or type(error).__name__) from error
        finally:
            part.unlink(missing_ok=True)
    return aside


def _copy(database: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    with closing(_open(database)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target, pages=AT_ONCE)
        # The copy is one file that is complete by itself, without a journal beside it.
        target.execute("PRAGMA journal_mode=DELETE")


def _open(file: Path) -> sqlite3.Connection:
    """Open for reading; raises `sqlite3.OperationalError` where there is no file."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _fault(file: Path) -> str | None:
    """Return what is wrong with a database file, None for a sound one."""
    try:
        with closing(_open(file)) as opened:
            said = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if said != "ok":
                return "is damaged"
            if opened.execute("PRAGMA foreign_key_check").fetchone() is not None:
                return "has rows that belong to nothing"
    except sqlite3.DatabaseError:
        return "is no database, or a damaged one"
    return None


def _unfit(file: Path) -> str | None:
    """Return why a file is no backup that this version can use, None for a good one."""
    if not file.is_file():
        return "it is not there"
    fault = _fault(file)
    if fault:
        return f"it {fault}"
    with closing(_open(file)) as opened:
        try:
            row = opened.execute("SELECT version_num FROM alembic_version").fetchone()
            opened.execute("SELECT guild_id FROM guild_settings LIMIT 1")
        except sqlite3.OperationalError:
            return "it is a database of another program"
    if row is None or row[0] not in migrate.known():
        return "it was written by a newer version of the bot; update the bot first"
    return None


def _exchange(part: Path, database: Path, at: datetime) -> Path | None:
    """Put a finished file in the database's place; return where the old one is kept.

    The old one gets a second name first, so that at every instant one of both is in the place. Raises OSError with
    the old one, and its journal, back in place.
    """
    if database.exists():
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(database)) as opened:
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the last to close a sound database removes its journal
    aside = database.with_name(f"{database.stem}-before-restore-{at.astimezone(UTC).strftime(STAMP)}{database.suffix}")
    kept: dict[Path, Path] = {}
    try:
        for ending in ("", *JOURNAL):
            old = database.with_name(database.name + ending)
            if old.exists():
                _name_twice(old, aside.with_name(aside.name + ending))
                kept[old] = aside.with_name(aside.name + ending)
        for ending in JOURNAL:  # beside another database it would be played into that
            database.with_name(database.name + ending).unlink(missing_ok=True)
        _settle(part, database)
    except OSError:
        for old, second in kept.items():
            second.replace(old)
            second.unlink(missing_ok=True)  # two names of one file are left as they are by renaming
        raise
    return kept.get(database)


def _name_twice(file: Path, second: Path) -> None:
    """Give a file a second name, or copy it where the disk knows no such thing; raises OSError for a taken name."""
    try:
        second.hardlink_to(file)
    except FileExistsError:
        raise
    except OSError:
        try:
            shutil.copyfile(file, second)
            _sync(second)
        except OSError:
            second.unlink(missing_ok=True)
            raise


def is_due(folder: Path, at: datetime) -> bool:
    """Return whether the newest copy is older than a day and an hour, so that a night was missed."""
    newest = max(folder.glob(PATTERN), default=None)
    if newest is None:
        return True
    taken = datetime.strptime(newest.stem.removeprefix("backline-"), STAMP).replace(tzinfo=UTC)
    return at - taken > MISSED


def _settle(part: Path, final: Path) -> None:
    """Give a finished file its name once its bytes are on disk."""
    _sync(part)
    part.replace(final)
    if os.name == "posix":
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sync(file: Path) -> None:
    with file.open("rb+") as written:
        os.fsync(written.fileno())
