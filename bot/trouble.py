"""What can be wrong with the database while people work: each as a sentence that says what was kept."""

import sqlite3

from bot.errors import UserError

CONNECTION = ("08", "57P0")  # lost or refused; shut down by an operator, crashed, still starting
FULL = ("53100", "58030")  # no room on the disk; it does not take what is written


class DatabaseTrouble(UserError):
    """The database can't do at this moment what it can do at others; whoever is no person tries again by itself."""


class Busy(DatabaseTrouble):
    """Another program holds the database."""

    text = "The desk is busy writing something else right now, so nothing was changed. Try again in a few seconds."


class Full(DatabaseTrouble):
    """The disk takes no more."""

    text = (
        "The desk's disk is full or failing, so nothing was changed. Tell whoever runs me; "
        "as soon as there is room, try again."
    )


class Away(DatabaseTrouble):
    """The database's server does not answer."""

    text = "I can't reach the desk's database right now, so nothing was changed. Try again in a minute."


class Doubtful(DatabaseTrouble):
    """The database's server went away in the very moment in which it was to keep something."""

    text = (
        "I lost touch with the desk's database just as it was to keep this. "
        "Look whether it is there before you try again in a minute."
    )


def trouble_of(error: BaseException, *, is_committing: bool = False) -> DatabaseTrouble | None:
    """Return what an error of a database's driver means to people, or None for one that only a programmer can mend."""
    if isinstance(error, ConnectionError):
        return Doubtful() if is_committing else Away()
    cause = getattr(error, "orig", None) or error
    state = str(getattr(cause, "sqlstate", None) or "")
    if state.startswith(FULL):
        return Full()
    if state.startswith(CONNECTION) or getattr(error, "connection_invalidated", False):
        return Doubtful() if is_committing else Away()
    return _OF_FILE[code]() if (code := file_code(cause)) in _OF_FILE else None


def file_code(error: BaseException) -> int | None:
    """Return SQLite's own number of an error, without its finer kinds; None where it has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


_OF_FILE: dict[int | None, type[DatabaseTrouble]] = {
    sqlite3.SQLITE_BUSY: Busy,
    sqlite3.SQLITE_LOCKED: Busy,
    sqlite3.SQLITE_FULL: Full,
    sqlite3.SQLITE_IOERR: Full,
}
