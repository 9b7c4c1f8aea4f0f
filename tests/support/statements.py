"""Counts the SQL statements of one service call or command, so that a test can hold a bound."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from bot.db import Database

MOST = 6


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """Collect the statements that are sent to the database inside the block; beginning and committing aren't any.

    with statements(services.db) as sent:
        await services.reminder.me(actor, "tune the piano", times)
    assert len(sent) <= MOST, sent
    """
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    engine = db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
