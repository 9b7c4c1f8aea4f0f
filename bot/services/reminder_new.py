"""Planning reminders in as few statements as there can be: it is what people do most."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    ColumnDefault,
    Connection,
    Table,
    bindparam,
    func,
    insert,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.db import Ready
from bot.errors import UserError
from bot.models.audit import AUDIT, TRAIL, note_rows, trail_of
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services.memo import counting

MOST_ACTIVE = 500
ACTIVE = (ReminderState.PLANNED, ReminderState.CLAIMED, ReminderState.PAUSED)
OWN = (ReminderKind.PERSONAL, ReminderKind.CHANNEL)
TABLE = cast("Table", Reminder.__table__)
# Built once: building a statement takes longer than running it.
_WAITING = TABLE.c.state.in_([literal_column(f"'{state.value}'") for state in ACTIVE])
_MADE_BY_THEM = TABLE.c.kind.in_([literal_column(f"'{kind.value}'") for kind in OWN])
_MINE = select(func.count()).where(
    TABLE.c.guild_id == bindparam("guild", type_=BigInteger), TABLE.c.created_by == bindparam("user", type_=BigInteger),
    _WAITING, _MADE_BY_THEM,
)  # fmt: skip
_COLUMNS = tuple(column.name for column in TABLE.columns if column.name != "id")
_NOTHING = dict.fromkeys(_COLUMNS)
# A number, how many one has, and on PostgreSQL the key: one statement instead of three.
_NUMBERS = {
    "sqlite": Ready(counting(sqlite.insert, _MINE.scalar_subquery(), null())),
    "postgresql": Ready(
        counting(
            postgresql.insert,
            _MINE.scalar_subquery(),
            func.nextval(func.pg_get_serial_sequence(literal_column("'reminder'"), literal_column("'id'"))),
        )
    ),
}
_NEW = {name: bindparam(f"new_{name}", type_=TABLE.c[name].type) for name in _COLUMNS}
_INSERT = Ready(insert(TABLE).values(_NEW).returning(TABLE.c.id))
_SEVERAL = insert(TABLE).returning(*TABLE.c)
_TRAIL = Ready(insert(AUDIT).values(TRAIL))
_BOTH = Ready(
    insert(AUDIT)
    .values(TRAIL)
    .add_cte(insert(TABLE).values({**_NEW, "id": bindparam("new_id", type_=TABLE.c.id.type)}).cte("made"))
)
_DEFAULTS = {column.name: column.default.arg for column in TABLE.columns if isinstance(column.default, ColumnDefault)}


class TooMany(UserError):
    """More reminders than a person can follow."""

    text = (
        "You have {limit} reminders waiting here, which is the most there can be, so nothing was planned. "
        "Cancel one with `/remind cancel` first."
    )


def add(reminder: Reminder, connection: Connection, info: dict[str, Any]) -> Reminder:
    """Add somebody's own reminder without a session: it is what people do most, and often many at once."""
    asked = {
        "new_guild_id": reminder.guild_id, "new_kind": "reminder",
        "guild": reminder.guild_id, "user": reminder.created_by,
    }  # fmt: skip
    found: Any = _NUMBERS[connection.dialect.name].run(connection, asked).one()
    number, count, key = found
    if count >= MOST_ACTIVE:
        raise TooMany(limit=MOST_ACTIVE)
    given = {name: value for name, value in vars(reminder).items() if value is not None}
    row = {**_NOTHING, **_DEFAULTS, **{name: given[name] for name in _COLUMNS if name in given}, "number": number}
    new = {f"new_{name}": value for name, value in row.items()}
    if key is None:
        key = _INSERT.run(connection, new).scalar_one()
        _TRAIL.run(connection, trail_of(info, TABLE.name, {"id": key, **row}))
    else:
        _BOTH.run(connection, {**new, "new_id": key, **trail_of(info, TABLE.name, {"id": key, **row})})
    for name, value in {**_DEFAULTS, "id": key, "number": number}.items():
        if name not in given:
            setattr(reminder, name, value)
    info["wake_at"] = reminder.due_at
    return reminder


async def plan_all(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add reminders to the transaction in one statement, with their trail; who plans them wakes the delivery."""
    if rows:
        made = await session.execute(_SEVERAL, [{**_NOTHING, **_DEFAULTS, **row} for row in rows])
        note_rows(session.info, TABLE.name, [dict(row) for row in made.mappings()])


async def must_have_room(session: AsyncSession, actor: Actor) -> None:
    count = await session.scalar(_MINE, {"guild": actor.guild_id, "user": actor.user_id})
    if (count or 0) >= MOST_ACTIVE:
        raise TooMany(limit=MOST_ACTIVE)
