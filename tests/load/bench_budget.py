"""Prints how fast `/budget left` answers at 50 commands a second over 100 servers, and what each command asks.

Run it with `python -m tests.load.bench_budget [expenses] [postgres]`: latencies through the service and through the
command (from the payload's arrival to the answer that is handed to HTTP), then the statements of every budget command.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from unittest import mock

import discord
from discord.webhook.async_ import AsyncWebhookAdapter
from sqlalchemy import event, insert, select, text

from bot import migrate
from bot.actor import Actor
from bot.app import Backline
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.models.budget import BudgetCategory, BudgetLine, Expense, ExpenseState, Unit
from bot.models.memo import Counter
from bot.models.project import Project, ProjectKind
from bot.models.settings import GuildSettings
from bot.money import read_amount
from bot.services import Services
from bot.services.budget_chart import CHART, CONTINGENCY
from bot.services.budget_entries import Edit
from bot.services.budget_expense import Spending
from bot.services.budget_plan import Plan
from tests.load.bench_reminders import at
from tests.support.postgres import PostgresServer, require_postgres

SERVERS, PER_SECOND, SECONDS = 100, 50, 20
BATCH = 20_000
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
BOUND = {0.5: 6.0, 0.99: 25.0}
FIRST_GUILD = 900_000_000_000_000_000
PRODUCER = 800_000_000_000_000_001


def actor(server: int) -> Actor:
    return Actor(FIRST_GUILD + server, PRODUCER, manages_server=True, is_producer=True, sees_money=True)


async def fill(db: Database, count: int) -> None:
    """Give each server a project with the chart's categories and two dozen lines, and spread the expenses over them."""
    async with db.engine.begin() as connection:
        for server in range(1, SERVERS + 1):
            guild = FIRST_GUILD + server
            await connection.execute(
                insert(GuildSettings).values(guild_id=guild, created_at=NOW, currency="EUR", timezone="Europe/Berlin")
            )
            await connection.execute(
                insert(Project).values(
                    id=server, guild_id=guild, number=1, name="Album", kind=ProjectKind.ALBUM, currency="EUR",
                    created_by=1, created_at=NOW,
                )
            )  # fmt: skip
            await connection.execute(insert(Counter).values(guild_id=guild, kind="expense", last=count // SERVERS + 1))
            await connection.execute(insert(BudgetCategory), [
                {"guild_id": guild, "project_id": server, "code": each.code, "name": each.name,
                 "in_contingency": each.code != CONTINGENCY, "is_archived": False} for each in CHART
            ])  # fmt: skip
        categories = (await connection.execute(select(BudgetCategory.id, BudgetCategory.project_id, BudgetCategory.code,
                                                      BudgetCategory.guild_id))).all()  # fmt: skip
        usual = {chapter.code: [each.item for each in chapter.usual][:3] for chapter in CHART}
        await connection.execute(insert(BudgetLine), [
            {"guild_id": guild, "project_id": project, "category_id": key, "item": item, "quantity": Decimal(10),
             "unit": Unit.FLAT, "rate_minor": 10_000_000, "planned_minor": 100_000_000, "moved_minor": 0, "warned": 0,
             "is_closed": False, "created_by": 1, "created_at": NOW}
            for key, project, code, guild in categories for item in usual[code]
        ])  # fmt: skip
        lines = (await connection.execute(select(BudgetLine.id, BudgetLine.project_id).order_by(BudgetLine.id))).all()
    by_project: dict[int, list[int]] = {}
    for key, project in lines:
        by_project.setdefault(project, []).append(key)
    for low in range(0, count, BATCH):
        rows = [_expense(number, by_project) for number in range(low, min(count, low + BATCH))]
        async with db.engine.begin() as connection:
            await connection.execute(insert(Expense), rows)
    async with db.engine.begin() as connection:
        await connection.execute(text("ANALYZE"))


def _expense(number: int, lines: dict[int, list[int]]) -> dict[str, Any]:
    server = number % SERVERS + 1
    return {
        "guild_id": FIRST_GUILD + server, "number": number // SERVERS + 1, "project_id": server,
        "line_id": lines[server][number // SERVERS % len(lines[server])], "what": "Tape",
        "amount_minor": 100 + number % 900, "original_minor": 100, "original_currency": "EUR",
        "spent_on": date(2027, 2, 1),
        "state": ExpenseState.PENDING if number // SERVERS % 50 == 0 else ExpenseState.APPROVED,
        "created_by": 1, "created_at": NOW,
    }  # fmt: skip


async def paced(ask: Callable[[int], Awaitable[float]]) -> list[float]:
    """Ask 50 times a second, whether or not the earlier ones have answered; return the milliseconds of each."""
    loop = asyncio.get_running_loop()
    began, tasks = loop.time(), []
    for number in range(PER_SECOND * SECONDS):
        await asyncio.sleep(max(0.0, began + number / PER_SECOND - loop.time()))
        tasks.append(asyncio.ensure_future(ask(number % SERVERS + 1)))
    return sorted(1000 * lasted for lasted in await asyncio.gather(*tasks))


def say(what: str, lasted: list[float]) -> None:
    figures = {share: at(lasted, share) for share in BOUND}
    verdict = "ok" if all(figures[share] <= bound for share, bound in BOUND.items()) else "over the bound"
    print(f"{what:<28} p50 {figures[0.5]:6.2f} ms   p99 {figures[0.99]:6.2f} ms   {verdict}")


async def through_service(services: Services) -> None:
    async def ask(server: int) -> float:
        began = time.perf_counter()
        await services.budget.left(actor(server), "mixing", None)
        return time.perf_counter() - began

    for server in range(1, SERVERS + 1):
        await ask(server)
    say("/budget left, service", await paced(ask))


async def through_command(db: Database) -> None:
    """Hand payloads to the client as the gateway does, and stop the clock where the answer goes to HTTP."""
    bot = Backline(db, db.clock)
    for extension in ("cogs.budget", "cogs.budget_press"):
        await bot.load_extension(extension)
    me = {"id": "1", "username": "Backline", "discriminator": "0", "avatar": None, "global_name": None}
    bot._connection.user = discord.ClientUser(state=bot._connection, data=cast("Any", me))
    answered: dict[int, asyncio.Future[float]] = {}

    async def answer(_self: object, interaction_id: int, *_: object, **__: object) -> dict[str, Any]:
        answered[interaction_id].set_result(time.perf_counter())
        return {"interaction": {"id": str(interaction_id), "type": 2}}

    async def ask(server: int, _ids: list[int] = [10**18]) -> float:  # noqa: B006 - counts on
        _ids[0] += 1
        key = _ids[0]
        answered[key] = asyncio.get_running_loop().create_future()
        payload, began = _payload(key, server), time.perf_counter()
        bot._connection.parse_interaction_create(payload)
        return await answered.pop(key) - began

    with mock.patch.object(AsyncWebhookAdapter, "create_interaction_response", answer):
        for server in range(1, SERVERS + 1):
            await ask(server)
        say("/budget left, command", await paced(ask))


def _payload(key: int, server: int) -> Any:
    user = {"id": str(PRODUCER), "username": "pia", "discriminator": "0", "avatar": None, "global_name": None}
    left = {"name": "left", "type": 1, "options": [{"name": "category", "type": 3, "value": "mixing"}]}
    return {
        "id": str(key), "application_id": "1", "type": 2, "token": "t", "version": 1, "locale": "en-US",
        "guild_id": str(FIRST_GUILD + server), "channel_id": "5", "channel": {"id": "5", "type": 0, "name": "studio"},
        "member": {"user": user, "roles": [], "permissions": "32", "joined_at": None, "deaf": False, "mute": False,
                   "flags": 0},
        "data": {"id": "7", "name": "budget", "type": 1, "options": [left]}, "entitlements": [],
        "app_permissions": "0", "attachment_size_limit": 10_000_000, "guild_locale": "en-US",
        "authorizing_integration_owners": {}, "context": 0,
    }  # fmt: skip


async def statements(db: Database, services: Services) -> None:
    """Print what each command asks of the database; the start and the end of a transaction are not counted."""
    budget, me = services.budget, actor(1)
    listed: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        if not sql.startswith("BEGIN"):
            listed.append(sql)

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    spending = Spending(read_amount("5"), "mixing", "Tape")
    edit = Edit(read_amount("6"), "Tape", "Shop", date(2027, 2, 1), "Mixing")
    commands: dict[str, Callable[[Actor], Awaitable[object]]] = {
        "left": lambda who: budget.left(who, "mixing", None),
        "show": lambda who: budget.left(who, None, None),
        "plan": lambda who: budget.plan(who, Plan("mixing", rate=read_amount("200000"))),
        "spend": lambda who: budget.spend(who, spending),
        "approve": lambda who: budget.decide(who, 1, approve=True),
        "void": lambda who: budget.void(who, 2, "twice"),
        "edit": lambda who: budget.edit(who, 3, edit),
        "refund": lambda who: budget.refund(who, 4, read_amount("0.10")),
        "expenses": lambda who: budget.listed(who, None, "mixing", None, 0, 8),
        "commit": lambda who: budget.commit(who, read_amount("5"), "mixing", what=None, due_on=date(2027, 4, 1)),
        "invoice": lambda who: budget.invoice(who, 1, read_amount("5")),
        "transfer": lambda who: budget.transfer(who, read_amount("5"), "mixing", "editing", reason=None),
        "lock": lambda who: budget.lock(who, None),
        "what-if": lambda who: budget.what_if(who, "600 mixing", "en-US"),
        "settle": lambda who: services.settle.show(who, None),
        "suggest category": lambda who: budget.suggest(who, "mix"),
    }
    for name, run in commands.items():
        listed.clear()
        await run(me.again())
        print(f"/budget {name:<18} {len(listed):2} statements{'' if len(listed) <= 6 else '  over 6'}")
        if "-v" in sys.argv:
            print("".join(f"      {' '.join(sql.split())[:150]}\n" for sql in listed), end="")


@asynccontextmanager
async def database(folder: Path, *, on_postgres: bool) -> Any:
    """Open an empty, migrated database of one kind."""
    server: PostgresServer | None = require_postgres() if on_postgres else None
    url = str(server.url) if server else sqlite_url(folder / "bench.sqlite3")
    db = Database(url, Clock(lambda: NOW))
    try:
        await migrate.upgrade(db)
        yield db
    finally:
        await db.close()
        if server is not None:
            server.stop()


async def main(arguments: list[str]) -> None:
    count = next((int(each) for each in arguments if each.isdigit()), 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        async with database(Path(folder), on_postgres="postgres" in arguments) as db:
            await fill(db, count)
            print(f"{count:,} expenses in {SERVERS} servers on {db.engine.dialect.name}")
            services = Services(db, db.clock)
            await through_service(services)
            await through_command(db)
            await statements(db, services)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
