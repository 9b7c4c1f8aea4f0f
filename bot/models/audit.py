"""The trail of changes: who, when, what, before and after, in the transaction of the change itself."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar, cast

from sqlalchemy import JSON, BigInteger, Index, String, Table, bindparam, event, insert, inspect
from sqlalchemy.orm import InstanceState, Mapped, Session, UOWTransaction, mapped_column

from bot.db import Base, BigId, WritingSession


class Audit(Base):
    """One row changed by one act; the rows of an act share `change_id`, and none is ever altered."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_change", "guild_id", "change_id"),
        Index("ix_audit_when", "guild_id", "at"),
        Index("ix_audit_record", "guild_id", "kind", "record_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    change_id: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    verb: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any]] = mapped_column(JSON)


AUDIT = cast("Table", Audit.__table__)
_INSERT = insert(AUDIT)


class Audited:
    """Mixed into every table whose changes leave a trail; `undo_to` is what undoing an insert sets."""

    audited: ClassVar[bool] = True
    undo_to: ClassVar[dict[str, Any]] = {}


def to_json(value: object) -> Any:
    """Turn a column's value into something JSON keeps exactly."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"  # 3 and 3.000, as a database may return it, are the same value
    if hasattr(value, "isoformat"):
        return str(value)
    return value


# What leaves the trail of a row that was inserted without a session; its values are `trail_of`.
TRAIL = {
    column.key: bindparam(f"trail_{column.key}", type_=column.type) for column in AUDIT.columns if column.key != "id"
}


def trail_of(info: dict[str, Any], kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the trail of a new row; `row` holds every column."""
    actor = info["actor"]
    return {
        "trail_guild_id": row["guild_id"], "trail_change_id": actor.change_id, "trail_actor_id": actor.user_id,
        "trail_at": info["at"], "trail_verb": info["verb"], "trail_kind": kind, "trail_record_id": row["id"],
        "trail_before": None, "trail_after": {name: to_json(value) for name, value in row.items()},
    }  # fmt: skip


def note_rows(info: dict[str, Any], kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Leave the trail of rows that a session inserted without their classes; each holds every column."""
    if info["actor"] is None:
        return
    trail = info.setdefault("trail", {})
    for row in rows:
        after = {name: to_json(value) for name, value in row.items()}
        trail[kind, row["id"]] = {"guild_id": row["guild_id"], "before": None, "after": after}


def _changes(state: InstanceState[Any], *, is_new: bool) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for column in state.mapper.column_attrs:
        history = state.attrs[column.key].history
        if is_new:
            after[column.key] = to_json(getattr(state.obj(), column.key))
        elif history.has_changes():
            before[column.key] = to_json(history.deleted[0]) if history.deleted else None
            after[column.key] = to_json(history.added[0]) if history.added else None
    return (None if is_new else before), after


@event.listens_for(WritingSession, "after_flush")
def _collect(session: Session, _context: UOWTransaction) -> None:
    if session.info["actor"] is None:
        return
    trail: dict[tuple[str, int], dict[str, Any]] = session.info.setdefault("trail", {})
    for instance in (*session.new, *session.dirty):
        if not instance.audited:
            continue
        state = inspect(instance)
        before, after = _changes(state, is_new=instance in session.new)
        if not after:
            continue
        key = (instance.__tablename__, state.mapper.primary_key_from_instance(instance)[0])
        known = trail.setdefault(key, {"guild_id": instance.guild_id, "before": before, "after": {}})
        if known["before"] is not None and before is not None:
            known["before"] = {**before, **known["before"]}
        known["after"].update(after)


@event.listens_for(WritingSession, "before_commit")
def _write(session: Session) -> None:
    session.flush()
    trail = session.info.pop("trail", None)
    if not trail:
        return
    actor = session.info["actor"]
    common = {
        "change_id": actor.change_id,
        "actor_id": actor.user_id,
        "at": session.info["at"],
        "verb": session.info["verb"],
    }
    rows = [{**common, "kind": kind, "record_id": record, **entry} for (kind, record), entry in trail.items()]
    session.connection().execute(_INSERT, rows)
