"""Taking a change back: every audited write can be undone by whoever made it, for ten minutes."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Base, Database, Thousandths, UtcDateTime, Words
from bot.errors import UserError
from bot.models.audit import Audit, to_json
from bot.models.reminder import Reminder, ReminderState
from bot.models.settings import GuildSettings, MemberSettings

UNDO_FOR = timedelta(minutes=10)
# Columns that say where and how something was shown, not what it is: they neither block an undo nor are undone.
# A public number once given is among them: people may have read it.
SHOWING = frozenset(
    {"version", "shown_version", "message_id", "channel_id", "news", "number", "warned", "warned_minor"}
    | {"role_ids", "checked_at", "read_at"}  # what an app's visit to a calendar leaves
)


class UndoTooLate(UserError):
    """The ten minutes are over."""

    text = (
        "A change can be undone for 10 minutes, and this one is older. "
        "It stays; change it with its own command instead."
    )


class UndoNotYours(UserError):
    """Somebody else's change."""

    text = "Only the person who made this change can undo it. Nothing was changed."


class UndoneAlready(UserError):
    """The second press."""

    text = "This was undone already, so there is nothing left to do."


class ChangedSince(UserError):
    """Undoing would run over a later change."""

    text = "Something in this was changed again since, so undoing it would lose that. Nothing was changed."


class TakenSince(UserError):
    """The database itself forbids what an undo would bring back, such as a slot that is somebody else's by now."""

    text = "What this would bring back has gone to somebody else since, so it can't be undone. Nothing was changed."


class NothingToUndo(UserError):
    """A change that this server does not know."""

    text = "I have no such change here, so there is nothing to undo."


Check = Callable[[AsyncSession, Any], Awaitable[None]]


class UndoService:
    """Undoes changes by their audit rows; `checks` keeps a stem's own rules true for what comes back."""

    def __init__(self, db: Database, clock: Clock, checks: dict[type[Base], Check] | None = None) -> None:
        self._db = db
        self._clock = clock
        self._checks = checks or {}
        self._tables: dict[str, type[Any]] = {
            mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers
        }

    async def undo(self, actor: Actor, change_id: int) -> str:
        """Take a change back as a whole and return its verb.

        Raises `UndoTooLate`, `UndoNotYours`, `UndoneAlready`, `ChangedSince`, `TakenSince`, `NothingToUndo`, or what
        a stem's rule says against the state of before (a slot that somebody else has by now).
        """
        async with self._db.write(actor, "undo") as session:
            entries = (await session.scalars(_entries(actor, change_id))).all()
            self._must_be_allowed(actor, entries)
            rows = [(entry, await self._row(session, actor, entry)) for entry in entries]
            rows = [(entry, row) for entry, row in rows if not _is_sent(entry, row)]
            if all(_is_back(entry, row) for entry, row in rows):
                raise UndoneAlready
            if any(_differs(row, entry.after) for entry, row in rows):
                raise ChangedSince
            for entry, row in rows:
                self._put_back(entry, row)
            try:
                await session.flush()
            except IntegrityError as error:
                raise TakenSince from error
            for _, row in rows:
                await self._settle(session, actor, row)
        return str(entries[0].verb)

    def _must_be_allowed(self, actor: Actor, entries: Any) -> None:
        if not entries:
            raise NothingToUndo
        if entries[0].actor_id != actor.user_id:
            raise UndoNotYours
        if entries[0].at < self._clock.now() - UNDO_FOR:
            raise UndoTooLate

    async def _row(self, session: AsyncSession, actor: Actor, entry: Audit) -> Any:
        table = self._tables[entry.kind]
        key = table.guild_id if table is GuildSettings else table.id
        found = select(table).where(key == entry.record_id, table.guild_id == actor.guild_id).with_for_update()
        return (await session.scalars(found)).one()

    def _put_back(self, entry: Audit, row: Any) -> None:
        for name, value in _before(entry, row).items():
            if value == "now" and entry.before is None:
                setattr(row, name, self._clock.now())
            else:
                setattr(row, name, _from_json(row, name, value))
        if hasattr(row, "version"):
            row.version += 1

    async def _settle(self, session: AsyncSession, actor: Actor, row: Any) -> None:
        if isinstance(row, Reminder) and row.state is ReminderState.PLANNED:
            session.info["wake_at"] = min(row.due_at, session.info.get("wake_at", row.due_at))
        if isinstance(row, GuildSettings | MemberSettings):
            session.info["settings"] = {actor.guild_id}
        check = self._checks.get(type(row))
        if check is not None:
            await check(session, row)


def _entries(actor: Actor, change_id: int) -> Any:
    mine = select(Audit).where(Audit.guild_id == actor.guild_id, Audit.change_id == change_id)
    return mine.order_by(Audit.id)


def _is_sent(entry: Audit, row: Any) -> bool:
    """Tell whether the row is a ping that has left: it can't be called back, and does not block the rest."""
    if not isinstance(row, Reminder) or row.state not in (ReminderState.SENT, ReminderState.CLAIMED):
        return False
    return entry.before is None or "state" in entry.after


def _before(entry: Audit, row: Any) -> dict[str, Any]:
    values = row.undo_to if entry.before is None else entry.before
    return {name: value for name, value in values.items() if name not in SHOWING}


def _differs(row: Any, values: dict[str, Any]) -> bool:
    return any(to_json(getattr(row, name)) != value for name, value in values.items() if name not in SHOWING)


def _is_back(entry: Audit, row: Any) -> bool:
    before = _before(entry, row)
    if entry.before is None and "now" in before.values():
        return all(getattr(row, name) is not None for name, value in before.items() if value == "now")
    return not any(to_json(getattr(row, name)) != to_json(value) for name, value in before.items())


def _from_json(row: Any, name: str, value: Any) -> Any:
    """Turn a kept value back into what its column holds."""
    kind = row.__table__.columns[name].type
    if not isinstance(value, str):
        return value
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Words):
        return kind.words(value)
    if isinstance(kind, Thousandths):
        return Decimal(value)
    if kind.python_type is date:
        return date.fromisoformat(value)
    return value
