"""Copying a desk into another database: every row the same, numbers go on, and nothing half done."""

from pathlib import Path

import pytest

from bot import transfer
from bot.clock import Clock
from bot.db import Base, Database, sqlite_url
from bot.services import Services
from tests.support.cast import Cast
from tests.test_upgrade import fill


@pytest.fixture
async def source(sqlite_path: Path) -> Database:
    return Database(sqlite_url(sqlite_path), Clock())


@pytest.mark.postgres
async def test_every_row_arrives_and_numbers_go_on(
    source: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Database(postgres_url, Clock())
    async with source.engine.execution_options(begin_immediate=True).begin() as connection:
        filled = await connection.run_sync(fill, Base.metadata.sorted_tables)
    monkeypatch.setattr(transfer, "BATCH", 1)  # so that every table takes several pages
    said: list[str] = []
    copied = await transfer.copy(source, target, said.append)
    assert {each.table: each.rows for each in copied} == {name: len(rows) for name, rows in filled.items()}
    assert any(line.startswith("expense: 2 rows, amount_minor ") for line in said)
    with pytest.raises(transfer.TargetInUse, match="holds data already"):
        await transfer.copy(source, target, said.append)
    services = Services(target, target.clock)
    added = await services.room.add((await Cast.of(services)).producer, name="Room A")
    assert added.id == 3
    await source.close()
    await target.close()


async def test_a_copy_that_differs_is_taken_back(
    source: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Database(sqlite_url(tmp_path / "copy.sqlite3"), Clock())
    services = Services(source, source.clock)
    await services.room.add((await Cast.of(services)).producer, name="Room A")

    async def forget(*_: object) -> None:
        """Copy nothing."""

    with monkeypatch.context() as broken:
        broken.setattr(transfer, "_fill", forget)
        with pytest.raises(transfer.Differs, match="at row 1"):
            await transfer.copy(source, target, lambda _: None)
    copied = await transfer.copy(source, target, lambda _: None)
    assert {each.rows for each in copied if each.table == "room"} == {1}
    await source.close()
    await target.close()
