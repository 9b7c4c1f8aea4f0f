"""The log: one line per event on stderr, readable or as JSON, with ids and never with what people wrote."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType

from bot.config import LogConfig, LogFormat

# Fields that a line may have of its own, from `extra`.
FIELDS = ("reference", "guild", "user", "shard")
# What of an error can be told: codes, but not its message, which may quote what somebody typed.
CODES = ("errno", "sqlstate", "sqlite_errorname", "status", "code")
Caught = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def bare(record: logging.LogRecord) -> bool:
    """Leave of asyncio's own lines what happened; the rest quotes the error of a task that nobody waited for."""
    if record.name == "asyncio":
        record.msg, record.args = record.getMessage().partition("\n")[0], None
    return True


class Readable(logging.Formatter):
    """Lines for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def formatException(self, ei: Caught) -> str:  # noqa: N802 - logging's own name
        """Return where an error came from, without its message."""
        return trace_of(ei[1]) if ei[1] is not None else ""


class JsonLines(Readable):
    """One JSON object per line; `shards` says which process speaks where there are several."""

    def __init__(self, shards: str | None = None) -> None:
        super().__init__()
        self._always = {"shards": shards} if shards else {}

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._always,
            **{name: record.__dict__[name] for name in FIELDS if record.__dict__.get(name) is not None},
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def trace_of(error: BaseException) -> str:
    """Return an error's trace with its causes, each named by its type and codes only."""
    return "\n".join(_trace(error, set()))


def _trace(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _trace(before, seen)
        yield "which led to"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip("\n")
    kind = type(error)
    known = {name: getattr(error, name, None) for name in CODES}
    codes = ", ".join(f"{name}={value}" for name, value in known.items() if isinstance(value, int | str))
    yield f"{kind.__module__}.{kind.__qualname__}{f' ({codes})' if codes else ''}"


def start(settings: LogConfig, shards: str | None = None) -> None:
    """Send the log to stderr in the form that the configuration asks for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(bare)
    handler.setFormatter(JsonLines(shards) if settings.format is LogFormat.JSON else Readable())
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    # The libraries' own chatter would name what people wrote at debug level.
    for noisy in ("discord", "sqlalchemy", "apscheduler", "aiosqlite", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
