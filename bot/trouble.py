"""What can be wrong with the database while people work: each as a sentence that says what was kept."""

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
    is_of_file = not state and type(cause).__name__ == "OperationalError"  # no other kind is free of people's own words
    return _of_file(str(cause).lower()) if is_of_file else None


def _of_file(words: str) -> DatabaseTrouble | None:
    """Return what SQLite's words mean; its driver gives most of its troubles the same kind."""
    if "database is locked" in words or "database table is locked" in words or "is busy" in words:
        return Busy()
    if "disk is full" in words or "disk i/o error" in words:
        return Full()
    return None
