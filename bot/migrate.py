"""Bringing the database to the newest revision, under a lock, at every start."""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.db import Database, DatabaseUnavailable

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
LOCK = 0x6261636B  # any fixed number; all processes of one database agree on it


class DatabaseNewer(DatabaseUnavailable):
    """A database that a newer version of the bot has written."""

    text = (
        "The database at {where} was written by a newer version (revision {revision}). "
        "Nothing was changed. Update the bot."
    )


def alembic_config() -> AlembicConfig:
    """Return Alembic's settings for the folder of migrations beside the program."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(FOLDER))
    return config


async def upgrade(db: Database, revision: str = "head") -> None:
    """Apply the missing migrations; concurrent processes wait for each other.

    Raises `DatabaseUnavailable` where the file or server can't be used, and `DatabaseNewer`.
    """
    if db.is_sqlite:
        prepare_folder(db)
    try:
        # An immediate transaction is SQLite's lock among processes; PostgreSQL has an advisory one.
        async with db.engine.execution_options(begin_immediate=True).connect() as connection:
            if db.is_sqlite:
                await connection.run_sync(_suspend_references)
            async with connection.begin():
                if not db.is_sqlite:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                await connection.run_sync(_upgrade, db.where, revision)
            await connection.invalidate()  # the next one has its references watched again
    except (DBAPIError, OSError) as error:
        raise DatabaseUnavailable(where=db.where, why=_reason(error)) from error


async def current(db: Database) -> str | None:
    """Return the revision the database is at, or None for an empty one; raises `DatabaseUnavailable`."""
    try:
        async with db.engine.connect() as connection:
            return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    except (DBAPIError, OSError) as error:
        raise DatabaseUnavailable(where=db.where, why=_reason(error)) from error


def newest() -> str:
    """Return the newest revision that this version knows."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None  # noqa: S101 - the first migration is part of the program
    return head


def known() -> set[str]:
    """Return every revision that this version knows."""
    return {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def _suspend_references(connection: Connection) -> None:
    """Let SQLite make tables anew though rows refer to them; whether all still do is checked at the end."""
    cursor = connection.connection.cursor()  # before any transaction: inside one, the pragma has no effect
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()


def _upgrade(connection: Connection, where: str, revision: str) -> None:
    config = alembic_config()
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in known():
        raise DatabaseNewer(where=where, revision=present)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if lost is not None:
            raise DatabaseUnavailable(where=where, why=f"a row of {lost[0]} refers to one that is not there")


def prepare_folder(db: Database) -> None:
    """Make the folder of an SQLite file; raises `DatabaseUnavailable` where that can't be or it can't be written."""
    if db.url.database in (None, "", ":memory:"):
        return
    folder = Path(str(db.url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            where=db.where, why=f"the folder {folder} can't be made ({error.strerror})"
        ) from error
    if not os.access(folder, os.W_OK):
        raise DatabaseUnavailable(where=db.where, why=f"the folder {folder} is not writable")


def _reason(error: Exception) -> str:
    words = str(getattr(error, "orig", None) or error).strip().splitlines()[:1] or [type(error).__name__]
    if isinstance(error, OperationalError) and "locked" in words[0]:
        return "another program has it locked"
    return words[0].rpartition(">: ")[2] or type(error).__name__
