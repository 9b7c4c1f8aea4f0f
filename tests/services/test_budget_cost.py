"""What the commands about money ask of the database: few statements, and none that reads other servers' rows."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.actor import Actor
from bot.money import read_amount
from bot.services import Services
from bot.services.budget_expense import Spending
from bot.services.budget_plan import Plan
from tests.support.books import Books
from tests.support.cast import Cast
from tests.support.statements import MOST, statements

READING = 3
# What has two sides, or a reminder of its own, takes one more.
MORE = MOST + 1


@pytest.fixture
async def books(cast: Cast) -> Books:
    books = await Books.open(cast)
    await books.plan("Studio", "Room A", "5", "day", "650")
    await books.plan("Post", "Mixing", "10", "song", "350")
    await books.spend("10", "Mixing")
    return books


async def test_money_takes_few_statements(books: Books, cast: Cast, services: Services) -> None:
    budget, due = services.budget, services.clock.now().date() + timedelta(days=30)
    wishes: list[tuple[str, int, Callable[[Actor], Awaitable[object]]]] = [
        ("left", READING, lambda who: budget.left(who, "mixing", None)),
        ("plan", MOST, lambda who: budget.plan(who, Plan("mixing", rate=read_amount("400")))),
        ("spend", MOST, lambda who: budget.spend(who, Spending(read_amount("5"), "mixing", "Tape"))),
        ("commit", MORE, lambda who: budget.commit(who, read_amount("5"), "mixing", what=None, due_on=due)),
        ("invoice", MOST, lambda who: budget.invoice(who, 1, read_amount("5"))),
        ("transfer", MORE, lambda who: budget.transfer(who, read_amount("5"), "mixing", "room a", reason=None)),
        ("lock", MOST, lambda who: budget.lock(who, None)),
    ]
    for name, most, run in wishes:
        with statements(services.db) as sent:
            await run(cast.act(cast.producer))
        locks = 0 if services.db.is_sqlite or most == READING else 1
        assert len(sent) <= most + locks, (name, sent)


async def test_a_report_is_read_by_indexes_that_hold_all_it_asks(books: Books, cast: Cast, services: Services) -> None:
    with statements(services.db) as sent:
        await services.budget.left(cast.producer, "mixing", None)
    costs = next(each for each in sent if "FROM expense" in each)
    async with services.db.engine.connect() as connection:
        if services.db.is_sqlite:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {costs}", (None,) * costs.count("?"))
            plan = "\n".join(str(row[-1]) for row in rows)
            assert "expense USING COVERING INDEX ix_expense_sums (guild_id=? AND project_id=?" in plan, plan
            assert "booking USING COVERING INDEX ix_booking_promised (guild_id=? AND project_id=?" in plan, plan
            return
        await connection.execute(text("SET enable_seqscan = off"))
        await connection.exec_driver_sql(f"PREPARE costs AS {costs}")
        count = max(place for place in range(1, 40) if f"${place}" in costs)
        rows = await connection.exec_driver_sql(f"EXPLAIN EXECUTE costs({', '.join(['NULL'] * count)})")
        plan = "\n".join(str(row[0]) for row in rows)
        assert "Seq Scan" not in plan, plan
