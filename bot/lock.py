"""One running bot per data folder: a lock that the system lets go of when the process ends, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import UserError

NAME = "backline.lock"


class AlreadyRunning(UserError):
    """A data folder that a bot is using right now."""

    text = "A bot is running on the data folder {folder}. Nothing was changed. Stop it first, then try again."


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder as its only user; raises `AlreadyRunning` where another process holds it."""
    lock = FileLock(folder / NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AlreadyRunning(folder=str(folder)) from None
    try:
        yield
    finally:
        lock.release()
