"""What `--shards` takes and refuses, taking turns, and that log lines keep what people typed to themselves."""

import asyncio
import json
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import column, func, select, table, text

from bot import shards
from bot.db import Database
from bot.logs import JsonLines
from bot.services import Services
from bot.shards import Claims, Shards, ShardsUnreadable, Turns
from tests.conftest import FixedClock


@pytest.mark.parametrize(
    ("given", "ids", "count", "shown"),
    [("0-1/4", (0, 1), 4, "0-1/4"), ("2/4", (2,), 4, "2/4"), (" 3-3/4 ", (3,), 4, "3/4"), ("0/1", (0,), 1, "0/1")],
)
def test_shards_are_read(given: str, ids: tuple[int, ...], count: int, shown: str) -> None:
    shards = Shards.parse(given)
    assert (shards.ids, shards.count, str(shards)) == (ids, count, shown)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "another form"),
        ("4", "another form"),
        ("-1/4", "another form"),
        ("0-1-2/4", "another form"),
        ("\u0663/4", "another form"),
        ("0-4/4", "the last one of 4 is 3"),
        ("4/4", "the last one of 4 is 3"),
        ("3-1/4", "comes before the first"),
        ("0/0", "1 to 16384"),
        ("0/99999", "1 to 16384"),
    ],
)
def test_nonsense_is_refused_with_what_it_should_be(given: str, why: str) -> None:
    with pytest.raises(ShardsUnreadable, match=why) as refused:
        Shards.parse(given)
    assert "0-3/16" in str(refused.value)


def test_a_process_has_its_share_of_what_discord_allows() -> None:
    assert [Shards.parse(given).share_of(50) for given in ("0-1/4", "2/4", "0/1", "0/100")] == [25, 12, 50, 1]


def test_a_line_has_its_ids_and_not_what_was_typed() -> None:
    try:
        try:
            int("Anna's typed secret")
        except ValueError as error:
            raise KeyError("another secret") from error
    except KeyError as error:
        caught = (type(error), error, error.__traceback__)
    record = logging.LogRecord("bot", logging.ERROR, __file__, 1, "unexpected error %s", ("a1b2c3",), caught)
    record.__dict__.update(reference="a1b2c3", guild=7, user=8, shard=2)
    line = JsonLines("2-3/4").format(record)
    entry = json.loads(line)
    assert {key: entry[key] for key in ("level", "reference", "guild", "user", "shard", "shards")} == {
        "level": "error", "reference": "a1b2c3", "guild": 7, "user": 8, "shard": 2, "shards": "2-3/4",
    }  # fmt: skip
    assert "builtins.ValueError\nwhich led to" in entry["trace"] and "test_shards.py" in entry["trace"]
    assert "secret" not in json.dumps(
        {**entry, "trace": entry["trace"].replace('"Anna\'s typed secret"', "").replace('"another secret"', "")}
    )


@pytest.mark.postgres
async def test_what_is_due_is_done_once_by_all_processes(postgres_url: str, clock: FixedClock) -> None:
    desks = [Services(Database(postgres_url, clock), clock) for _ in range(3)]
    done = []

    async def once(index: int, services: Services) -> None:
        async def is_due() -> bool:
            return await services.memo.is_news("tidied", timedelta(hours=20))

        async def work() -> None:
            done.append(index)

        await Turns(services.db).once("tidy", is_due, work)

    await asyncio.gather(*[once(*each) for each in enumerate(desks)])
    assert len(done) == 1
    clock.forward(hours=21)
    await asyncio.gather(*[once(*each) for each in enumerate(desks)])
    assert len(done) == 2
    for services in desks:
        await services.db.close()


@pytest.mark.postgres
async def test_one_has_its_turn_until_it_is_gone(postgres_url: str, clock: FixedClock) -> None:
    db = Database(postgres_url, clock)
    order: list[str] = []

    async def take(name: str, pause: float) -> None:
        with suppress(ZeroDivisionError):
            async with Turns(db).turn("commands"):
                order.append(f"{name} begins")
                await asyncio.sleep(pause)
                order.append(f"{name} ends")
                raise ZeroDivisionError

    await asyncio.gather(take("first", 0.2), take("second", 0.0))
    assert order in (
        ["first begins", "first ends", "second begins", "second ends"],
        ["second begins", "second ends", "first begins", "first ends"],
    )
    await db.close()


async def test_who_does_not_get_its_turn_at_once_goes_on_without(db: Database) -> None:
    turns, others = Turns(db), Turns(db)
    async with turns.try_turn("one") as first, others.try_turn("another") as elsewhere:
        async with others.try_turn("one") as second:
            assert (first, elsewhere, second) == (True, True, db.is_sqlite)
        with pytest.raises(RuntimeError):
            async with others.try_turn("third"):
                raise RuntimeError
    for name in ("one", "third"):
        async with others.try_turn(name) as again:
            assert again


async def test_one_process_answers_what_two_hear(db: Database) -> None:
    first, second = Claims(db), Claims(db)
    assert await first.is_first(7)
    assert await second.is_first(7) is db.is_sqlite
    assert await second.is_first(8)
    await first.close()
    assert await second.is_first(7)
    await second.close()


@pytest.mark.postgres
async def test_a_claim_is_let_go_of_when_nobody_may_answer_any_more(
    postgres_url: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "HELD_SECONDS", 0.0)
    db = Database(postgres_url, clock)
    first, second = Claims(db), Claims(db)
    assert await first.is_first(7)
    assert await first.is_first(8)
    assert [await second.is_first(key) for key in (7, 8)] == [True, False]
    await first.close()
    await second.close()
    await db.close()


@pytest.mark.postgres
async def test_where_nobody_can_say_it_is_answered(
    postgres_url: str, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    db = Database(postgres_url, clock)
    first, second = Claims(db), Claims(db)
    assert await first.is_first(7)
    async with second._db.engine.connect() as connection:
        ended = select(func.pg_terminate_backend(column("pid"))).select_from(table("pg_stat_activity", column("pid")))
        await connection.execute(ended.where(text("pid <> pg_backend_pid() AND datname = current_database()")))
    assert await first.is_first(7)
    assert "could not be claimed" in caplog.text
    assert await first.is_first(8)
    assert await second.is_first(8) is False
    await first.close()
    await second.close()
    await db.close()


@pytest.mark.postgres
async def test_who_gives_up_waiting_takes_the_connection_from_nobody(
    postgres_url: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    db = Database(postgres_url, clock)
    claims, open_ = Claims(db), Claims._open

    async def slowly(self: Claims) -> Any:
        await asyncio.sleep(0.2)
        return await open_(self)

    monkeypatch.setattr(Claims, "_open", slowly)
    monkeypatch.setattr(shards, "CLAIM_SECONDS", 0.05)
    assert await asyncio.gather(*(claims.is_first(key) for key in range(1, 5))) == [True] * 4
    assert caplog.text.count("could not be claimed") == 4
    monkeypatch.setattr(shards, "CLAIM_SECONDS", 5.0)
    assert await asyncio.gather(*(claims.is_first(key) for key in range(5, 9))) == [True] * 4
    assert caplog.text.count("could not be claimed") == 4
    await claims.close()
    await db.close()
