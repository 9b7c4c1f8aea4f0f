"""How the databases look bookings up: by an index, also once PostgreSQL keeps one plan for every question."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from bot.clock import Clock
from bot.db import Database
from bot.models.booking import Answer, Booking, BookingKind, BookingPerson, BookingState
from bot.models.calendar import FeedScope
from bot.services import Services
from bot.services.booking import Wish
from bot.services.booking_clash import Wanted, check
from bot.services.calendar_events import Scope, Span, items
from tests.conftest import FixedClock
from tests.support.cast import Cast
from tests.support.sessions import ANN, HOUR, START
from tests.support.statements import statements

COUNT, GROUND = 6_000, ("FROM booking ", "FROM booking\n", "FROM booking_person")


async def crowded(services: Services, cast: Cast) -> None:
    """Book one room every four hours for years, and let the database count what it has."""
    await services.room.add(cast.act(cast.producer), "Room A")
    first = START - COUNT // 2 * 4 * HOUR
    rows = [
        {
            "guild_id": cast.member.guild_id, "number": key, "what": "Session", "kind": BookingKind.OTHER, "room_id": 1,
            "state": BookingState.CONFIRMED, "start_at": first + key * 4 * HOUR, "zone": "UTC", "version": 1,
            "end_at": first + key * 4 * HOUR + HOUR, "shown_version": 1, "created_by": 2, "created_at": START,
        }
        for key in range(1, COUNT + 1)
    ]  # fmt: skip
    guild = cast.member.guild_id
    people = [
        {"guild_id": guild, "booking_id": key, "user_id": ANN + key % 50, "is_asked": True, "answer": Answer.NONE}
        for key in range(1, COUNT + 1)
    ]
    async with services.db.engine.begin() as connection:
        await connection.execute(insert(Booking), rows)
        await connection.execute(insert(BookingPerson), people)
    async with services.db.engine.begin() as connection:
        await connection.execute(text("ANALYZE"))


async def asked(services: Services, cast: Cast) -> list[str]:
    """Return what clash checks, lists, the search for a time, suggestions, a day and feeds ask of bookings."""
    room = await services.room.show(cast.member, "#1")
    wanted = Wanted(cast.member.guild_id, room, START, START + HOUR, frozenset({ANN, ANN + 1}))
    with statements(services.db) as sent:
        async with services.db.read() as session:
            await check(session, wanted)
        await services.booking.listed(cast.member, Wish(room_id=1), 0, 8)
        await services.booking.listed(cast.member, Wish(user_ids=(ANN,), role_ids=(7,)), 0, 8)
        within = (START, START + timedelta(days=14))
        people = {"user_ids": (ANN, ANN + 1), "role_ids": ()}
        await services.booking.find(cast.member, length=3 * HOUR, within=within, room=None, **people)
        await services.booking.suggest(cast.member, "session")
        await services.home.today(cast.member, user_id=ANN, role_ids=(7,))
        for kind in FeedScope:
            scope = Scope(cast.member.guild_id, kind, 1, ANN, (7,))
            async with services.db.read() as session:
                await items(session, scope, Span(*within, gone_since=START))
    found = [statement for statement in sent if any(part in f"{statement} " for part in GROUND)]
    assert len(found) > 6
    return found


@pytest.mark.postgres
async def test_postgres_reads_no_table_from_end_to_end_with_its_general_plans(
    postgres_url: str, clock: FixedClock
) -> None:
    db = Database(postgres_url, clock)
    services = Services(db, Clock(clock.now))
    cast = await Cast.of(services)
    await crowded(services, cast)
    async with db.engine.connect() as connection:
        await connection.execute(text("SET plan_cache_mode = force_generic_plan"))
        for number, statement in enumerate(await asked(services, cast)):
            count = max((place for place in range(1, 99) if f"${place}" in statement), default=0)
            await connection.exec_driver_sql(f"PREPARE asked{number} AS {statement}")
            given = f"({', '.join(['NULL'] * count)})" if count else ""
            rows = await connection.exec_driver_sql(f"EXPLAIN EXECUTE asked{number}{given}")
            plan = "\n".join(str(row[0]) for row in rows)
            assert "Seq Scan on booking" not in plan, f"{statement}\n{plan}"
    await db.close()


async def test_sqlite_reads_no_table_from_end_to_end(services: Services, cast: Cast, db: Database) -> None:
    if not db.is_sqlite:
        pytest.skip("the plans of PostgreSQL have a test of their own")
    await crowded(services, cast)
    async with db.engine.connect() as connection:
        for statement in await asked(services, cast):
            rows = await connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", tuple([None] * statement.count("?"))
            )
            plan = [str(row[-1]) for row in rows]
            assert not [step for step in plan if step.startswith("SCAN booking")], f"{statement}\n{plan}"
