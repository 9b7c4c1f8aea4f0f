"""A hundred servers with a million bookings, reminders and expenses among them, made once and copied for each run."""

import asyncio
import shutil
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select, text

from bot import migrate
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.models.booking import Answer, Booking, BookingKind, BookingPerson, BookingState
from bot.models.budget import BudgetCategory, BudgetLine, Expense, ExpenseState, Unit
from bot.models.deadline import Deadline, DeadlinePerson
from bot.models.memo import Counter
from bot.models.project import Project, ProjectKind
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.models.room import Room, RoomUnit
from bot.models.settings import GuildSettings
from bot.services.budget_chart import CHART, CONTINGENCY

SERVERS, ROOMS, PEOPLE, DEADLINES = 100, 5, 200, 200
FIRST_GUILD = 900_000_000_000_000_000
FIRST_USER = 800_000_000_000_000_000
ZONE = "Europe/Berlin"
EVERY, LASTS = timedelta(hours=8), timedelta(hours=3)
NAMES = ("Vocals", "Drums", "Guitar overdubs", "Strings", "Mix review")


def people(number: int) -> int:
    return FIRST_USER + number % PEOPLE


def _settings(guild: int, now: datetime) -> dict[type, list[dict[str, Any]]]:
    """Return what the first server has of everything that is small."""
    categories = [
        {"id": place, "guild_id": guild, "project_id": 1, "code": each.code, "name": each.name,
         "in_contingency": each.code != CONTINGENCY, "is_archived": False}
        for place, each in enumerate(CHART, 1)
    ]  # fmt: skip
    planned = [(place, usual.item) for place, each in enumerate(CHART, 1) for usual in each.usual[:3]]
    lines = [
        {"id": key, "guild_id": guild, "project_id": 1, "category_id": category, "item": item, "quantity": Decimal(10),
         "unit": Unit.FLAT, "rate_minor": 10_000_000, "planned_minor": 100_000_000, "moved_minor": 0, "warned": 0,
         "is_closed": False, "created_by": FIRST_USER, "created_at": now}
        for key, (category, item) in enumerate(planned, 1)
    ]  # fmt: skip
    rooms = [
        {"id": key, "guild_id": guild, "number": key, "name": f"Studio {'ABCDE'[key - 1]}", "rate_minor": 6_000,
         "currency": "EUR", "unit": RoomUnit.HOUR, "minimum_minutes": 0, "buffer_minutes": 0, "timezone": ZONE,
         "cancellation": [[48, 50]], "opening": [], "is_lockout": False, "created_by": FIRST_USER, "created_at": now}
        for key in range(1, ROOMS + 1)
    ]  # fmt: skip
    deadlines = [
        {"id": key, "guild_id": guild, "number": key, "what": f"{NAMES[key % 5]}, take {key}", "project_id": 1,
         "due_at": now + timedelta(days=30 + key), "zone": ZONE, "is_all_day": False, "leads": [1440, 120],
         "state": "open", "created_by": FIRST_USER, "created_at": now}
        for key in range(1, DEADLINES + 1)
    ]  # fmt: skip
    assigned = [
        {"id": key, "guild_id": guild, "deadline_id": key, "user_id": people(key), "is_assigned": True}
        for key in range(1, DEADLINES + 1)
    ]
    return {
        GuildSettings: [{"guild_id": guild, "created_at": now, "currency": "EUR", "timezone": ZONE}],
        Project: [{"id": 1, "guild_id": guild, "number": 1, "name": "Album", "kind": ProjectKind.ALBUM,
                   "currency": "EUR", "budget_minor": 4_000_000_000, "created_by": FIRST_USER, "created_at": now}],
        BudgetCategory: categories, BudgetLine: lines, Room: rooms, Deadline: deadlines, DeadlinePerson: assigned,
    }  # fmt: skip


def _rows(guild: int, now: datetime, count: int, lines: int) -> dict[type, list[dict[str, Any]]]:
    """Return the first server's share of what there is a million of; nothing falls due within thirty days."""
    midnight = datetime.combine(now.date(), time(), UTC)
    first = midnight - EVERY * (count // ROOMS // 2)
    keys = range(1, count + 1)
    return {
        Booking: [
            {"id": key, "guild_id": guild, "number": key, "what": f"{NAMES[key % 5]} {key}", "kind": BookingKind.OTHER,
             "state": BookingState.CONFIRMED, "project_id": 1, "room_id": 1 + key % ROOMS,
             "start_at": first + key // ROOMS * EVERY, "end_at": first + key // ROOMS * EVERY + LASTS, "zone": ZONE,
             "line_id": 1 + key % lines if key % 20 == 0 else None, "agreed_minor": 18_000, "currency": "EUR",
             "version": 1, "shown_version": 1, "event_version": 0,
             "created_by": FIRST_USER, "created_at": now}
            for key in keys
        ],
        BookingPerson: [
            {"id": key, "guild_id": guild, "booking_id": key, "user_id": people(key), "is_asked": True,
             "answer": Answer.NONE}
            for key in keys
        ],
        Reminder: [
            {"id": key, "guild_id": guild, "number": key, "kind": ReminderKind.PERSONAL, "what": f"Call studio {key}",
             "user_id": people(key), "due_at": now + timedelta(days=30, minutes=50 * key), "zone": ZONE,
             "occurrence": 0, "state": ReminderState.PLANNED if key % 2 else ReminderState.SENT, "attempts": 0,
             "mention": "none", "created_by": people(key), "created_at": now}
            for key in keys
        ],
        Expense: [
            {"id": key, "guild_id": guild, "number": key, "project_id": 1, "line_id": 1 + key % lines, "what": "Tape",
             "amount_minor": 100 + key % 900, "original_minor": 100 + key % 900, "original_currency": "EUR",
             "spent_on": now.date(), "created_by": FIRST_USER, "created_at": now,
             "state": ExpenseState.PENDING if key % 50 == 0 else ExpenseState.APPROVED}
            for key in keys
        ],
    }  # fmt: skip


def _spread(connection: Connection, model: type, counts: dict[type, int]) -> None:
    """Copy the first server's rows to the others, with every key moved on by as many as a server has."""
    table: Any = model.__table__  # type: ignore[attr-defined]
    steps = {
        "guild_id": 1, "project_id": 1, "room_id": ROOMS, "line_id": counts[BudgetLine],
        "category_id": counts[BudgetCategory], "booking_id": counts[Booking], "deadline_id": counts[Deadline],
        "id": counts.get(model, 0),
    }  # fmt: skip
    names = [column.name for column in table.columns]
    for server in range(1, SERVERS):
        moved = [
            (column + literal(server * steps[column.name])) if column.name in steps else column
            for column in table.columns
        ]
        connection.execute(insert(table).from_select(names, select(*moved).where(table.c.guild_id == FIRST_GUILD)))


async def fill(db: Database, rows: int) -> None:
    """Give every server the same: one project with its plan, rooms, deadlines, and its share of the rows."""
    now, each = db.clock.now(), rows // SERVERS
    small = _settings(FIRST_GUILD, now)
    made = {**small, **_rows(FIRST_GUILD, now, each, len(small[BudgetLine]))}
    made[Counter] = [
        {"guild_id": FIRST_GUILD, "kind": kind, "last": each + 1}
        for kind in ("booking", "reminder", "expense", "deadline", "room", "project")
    ]
    counts = {model: len(found) for model, found in made.items()}
    for model, found in made.items():
        async with db.engine.begin() as connection:
            await connection.execute(insert(model), found)
            await connection.run_sync(_spread, model, counts)
            if not db.is_sqlite and "id" in model.__table__.c:  # type: ignore[attr-defined]
                name: Any = model.__tablename__  # type: ignore[attr-defined]
                last = select(func.max(model.id)).scalar_subquery()  # type: ignore[attr-defined]
                await connection.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), last)))
    if not db.is_sqlite:  # the server does so by itself; nobody ever does it with a file
        async with db.engine.connect() as connection:
            free = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await free.execute(text("VACUUM ANALYZE"))


async def made_at(url: str, rows: int) -> None:
    """Migrate an empty database and fill it."""
    db = Database(url, Clock())
    try:
        await migrate.upgrade(db)
        await fill(db, rows)
    finally:
        await db.close()


def sqlite_copy(folder: Path, rows: int) -> Path:
    """Return a fresh copy of the filled file, which is made the first time."""
    kept, partly, copy = (folder / f"desk-{rows}{end}.sqlite3" for end in ("", "-partly", "-run"))
    if not kept.exists():
        for old in folder.glob(f"{partly.name}*"):
            old.unlink()
        asyncio.run(made_at(sqlite_url(partly), rows))
        partly.rename(kept)
    for old in folder.glob(f"{copy.name}-*"):
        old.unlink()
    shutil.copyfile(kept, copy)
    return copy
