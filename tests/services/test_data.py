"""A server's own data: its trail, everything as files, and people who are forgotten while the books still balance."""

import asyncio
import csv
import io
import json
import threading
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import func, select

from bot.actor import Actor
from bot.db import Base
from bot.errors import NotAllowed
from bot.models.audit import Audit
from bot.models.budget import Expense
from bot.services import Services
from bot.services.data_export import Part, Shape, TooLarge
from bot.services.reminder_times import Times
from tests.conftest import FixedClock
from tests.support.books import Books
from tests.support.cast import Cast
from tests.support.sessions import Taken

LARGE = 9_000_000
HOUR = timedelta(hours=1)
WAIT = 10


def unpacked(parts: list[Part]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in parts:
        with zipfile.ZipFile(io.BytesIO(part.body)) as opened:
            found |= {name: opened.read(name) for name in opened.namelist()}
    return found


async def lived(services: Services, cast: Cast, member: Actor, booked: Taken) -> None:
    """Let a member leave traces of every kind."""
    await services.settings.set_zone(cast.act(member), "Tokyo")
    await services.availability.set_hours(cast.act(member), "mon-fri 18-23")
    start = cast.services.clock.now() + HOUR
    await services.availability.go_away(cast.act(member), start, start + HOUR, "at the dentist")
    await services.reminder.me(cast.act(member), "call my therapist", Times(start + 48 * HOUR))
    await booked(cast.producer, user_ids=(member.user_id,))
    await services.project.edit(cast.act(cast.producer), "#1", name=f"For <@{member.user_id}>")


async def anywhere(services: Services, word: str) -> list[str]:
    """Return the tables that still hold a word somewhere."""
    found = []
    async with services.db.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = (await session.execute(select(table))).all()
            found += [table.name for row in rows if any(word in str(value) for value in row)]
    return found


async def test_the_trail_says_who_changed_what(services: Services, cast: Cast, clock: FixedClock) -> None:
    await services.room.add(cast.act(cast.producer), "Room A")
    clock.forward(hours=1)
    await services.room.edit(cast.act(cast.producer), "Room A", name="Room B")
    await services.settings.set_zone(cast.act(cast.member), "Tokyo")
    steps, total = await services.data.log(cast.act(cast.producer), limit=2)
    assert total == 4
    assert [(step.actor_id, step.kind, step.is_new) for step in steps] == [
        (cast.member.user_id, "member settings", True),
        (cast.producer.user_id, "room", False),
    ]
    assert (steps[1].name, steps[1].number) == ("Room B", 1)
    assert steps[1].changes == {"name": ("Room A", "Room B")}
    mine, count = await services.data.log(cast.act(cast.producer), users=[cast.member.user_id])
    assert (len(mine), count) == (1, 1)
    early, _ = await services.data.log(cast.act(cast.producer), end=clock.now())
    assert {step.at for step in early} == {clock.now() - HOUR}
    assert (await services.data.log(cast.act(cast.foreigner)))[1] == 0


async def test_the_trail_and_the_copy_are_for_producers(services: Services, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await services.data.log(cast.act(cast.member))
    with pytest.raises(NotAllowed):
        await services.data.export(cast.act(cast.treasurer), Shape.BOTH, LARGE)


async def test_a_copy_holds_everything_of_this_server_alone(
    services: Services, cast: Cast, project: str, booked: Taken
) -> None:
    await services.room.add(cast.act(cast.foreigner), "Their secret room")
    await lived(services, cast, cast.member, booked)
    await services.project.edit(cast.act(cast.producer), project, name='=HYPERLINK("http://x")')
    files = unpacked(await services.data.export(cast.act(cast.producer), Shape.BOTH, LARGE))
    assert not any(b"Their secret room" in body for body in files.values())
    rooms = json.loads(files["json/room.json"])
    assert [(room["name"], room["guild_id"]) for room in rooms] == [("Room A", str(cast.producer.guild_id))]
    table = list(csv.DictReader(io.StringIO(files["csv/project.csv"].decode("utf-8-sig"))))
    assert table[0]["name"].startswith("'=")
    assert {"json/booking.json", "json/audit.json", "csv/reminder.csv"} <= set(files)
    assert not {name for name in files if "memo" in name}
    only = unpacked(await services.data.export(cast.act(cast.producer), Shape.CSV, LARGE))
    assert {name.partition("/")[0] for name in only} == {"csv"}


async def test_a_large_copy_comes_in_parts_and_a_huge_one_not_at_all(
    services: Services, cast: Cast, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.data_export.PAGE", 2)
    for number in range(5):
        await services.room.add(cast.act(cast.producer), f"Room {number}")
    parts = await services.data.export(cast.act(cast.producer), Shape.JSON, 66_500)
    assert len(parts) > 1 and all(len(part.body) <= 66_500 for part in parts)
    assert [part.name for part in parts][:2] == ["backline-2027-03-01-1.zip", "backline-2027-03-01-2.zip"]
    rooms = [name for name in unpacked(parts) if name.startswith("json/room")]
    assert rooms == ["json/room.json", "json/room-2.json", "json/room-3.json"]
    with pytest.raises(TooLarge):
        await services.data.export(cast.act(cast.producer), Shape.JSON, 64_400)


class Watched(zipfile.ZipFile):
    """A ZIP that tells what becomes of it, and that a test can hold up in the middle of its work."""

    made: ClassVar[list[zipfile.ZipFile]] = []
    began, may_go_on = threading.Event(), threading.Event()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made.append(self)

    def writestr(self, *args: Any, **kwargs: Any) -> None:
        self.began.set()
        assert self.may_go_on.wait(WAIT)
        super().writestr(*args, **kwargs)


@pytest.mark.parametrize("is_given_up", [True, False])
async def test_a_copy_that_is_not_made_leaves_nothing_open(
    services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch, *, is_given_up: bool
) -> None:
    """Somebody gives up while a thread still packs, or it turns out to be too large."""
    monkeypatch.setattr("bot.services.data_export.zipfile.ZipFile", Watched)
    monkeypatch.setattr("bot.services.data_export.MOST_PARTS", 1)
    Watched.made.clear()
    Watched.began.clear()
    Watched.may_go_on.clear()
    await services.room.add(cast.act(cast.producer), "Room A")
    making = asyncio.create_task(
        services.data.export(cast.act(cast.producer), Shape.BOTH, LARGE if is_given_up else 64_400)
    )
    assert await asyncio.to_thread(Watched.began.wait, WAIT)
    if is_given_up:
        making.cancel()
    else:
        Watched.may_go_on.set()
    with pytest.raises(asyncio.CancelledError if is_given_up else TooLarge):
        await making
    Watched.may_go_on.set()
    for _ in range(WAIT * 100):
        if all(packed.fp is None for packed in Watched.made):
            break
        await asyncio.sleep(0.01)
    assert Watched.made and all(packed.fp is None for packed in Watched.made)


async def test_a_forgotten_person_is_nowhere(
    services: Services, cast: Cast, project: str, booked: Taken, clock: FixedClock
) -> None:
    await lived(services, cast, cast.member, booked)
    await services.room.add(cast.act(replace(cast.member, guild_id=cast.foreigner.guild_id, is_producer=True)), "There")
    done = await services.data.forget(cast.act(cast.member), cast.member.user_id)
    assert done.number == 1 and done.removed > 0 and done.anonymous > 0
    left = await anywhere(services, str(cast.member.user_id))
    assert set(left) == {"room", "audit"}
    async with services.db.read() as session:
        others = select(func.count()).where(Audit.actor_id == cast.member.user_id)
        assert await session.scalar(others.where(Audit.guild_id == cast.producer.guild_id)) == 0
    assert await anywhere(services, "dentist") == []
    assert await anywhere(services, "therapist") == []
    assert "project" in await anywhere(services, "For former member 1")
    steps, _ = await services.data.log(cast.act(cast.producer), limit=1)
    assert (steps[0].actor_id, steps[0].verb) == (-1, "data.forget")


async def test_what_shows_a_forgotten_person_is_shown_again(services: Services, cast: Cast, booked: Taken) -> None:
    session = (await booked(cast.producer, user_ids=(cast.member.user_id,))).facts.booking
    due = services.clock.now() + 48 * HOUR
    task = await services.deadline.add(cast.act(cast.producer), "Lyrics", due_at=due, user_ids=[cast.member.user_id])
    seen: list[set[tuple[str, int]]] = []
    services.db.after_write.append(lambda info: seen.append(set(info.get("stale", ()))))
    await services.data.forget(cast.act(cast.producer), cast.member.user_id)
    assert seen[-1] >= {("booking", session.id), ("callsheet", session.id), ("deadline", task.deadline.id)}


async def test_the_books_still_balance(services: Services, cast: Cast) -> None:
    books = await Books.open(cast)
    await books.plan("Travel", "Catering")
    for who in (cast.member, cast.other, cast.producer):
        await books.spend("20.02", "Travel", paid_by=who.user_id)
    await books.spend("50.00", "Travel", paid_by=cast.member.user_id)
    before = await services.settle.show(cast.act(cast.treasurer), "Harbour Lights")
    await services.data.forget(cast.act(cast.producer), cast.member.user_id)
    after = await services.settle.show(cast.act(cast.treasurer), "Harbour Lights")
    assert sorted(after.settlement.balances.values()) == sorted(before.settlement.balances.values())
    assert sum(after.settlement.balances.values()) == 0
    assert -1 in after.settlement.balances and cast.member.user_id not in after.settlement.balances
    async with services.db.read() as session:
        assert await session.scalar(select(func.sum(Expense.amount_minor))) == 11_006


async def test_only_oneself_or_a_producer_asks(services: Services, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        await services.data.forget(cast.act(cast.member), cast.other.user_id)
    assert (await services.data.forget(cast.act(cast.producer), cast.other.user_id)).number == 1
