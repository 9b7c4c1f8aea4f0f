"""Undo: a change taken back as a whole, by whoever made it, for ten minutes."""

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.models.audit import Audit
from bot.models.project import ProjectKind
from bot.money import read_amount
from bot.services import Services
from bot.services.undo import ChangedSince, NothingToUndo, UndoneAlready, UndoNotYours, UndoTooLate
from tests.conftest import FixedClock
from tests.support.cast import Cast


async def test_an_edit_is_taken_back_to_the_last_field(services: Services, cast: Cast) -> None:
    await services.room.add(cast.producer, "Room A", rate=read_amount("60"), cancellation="48h 50%")
    edit = cast.act(cast.producer)
    await services.room.edit(edit, "Room A", name="Room B", rate=read_amount("70"), cancellation="24h 100%")
    assert await services.undo.undo(cast.act(cast.producer), edit.change_id) == "room.edit"
    room = await services.room.show(cast.producer, "#1")
    assert (room.name, room.rate_minor, room.cancellation) == ("Room A", 6_000, [[48, 50]])


async def test_what_was_made_is_put_away_not_deleted(services: Services, cast: Cast, clock: FixedClock) -> None:
    made = cast.act(cast.producer)
    await services.room.add(made, "Room A")
    await services.undo.undo(cast.act(cast.producer), made.change_id)
    assert (await services.room.show(cast.producer, "#1")).archived_at == clock.now()


async def test_closing_is_taken_back(services: Services, cast: Cast) -> None:
    await services.room.add(cast.producer, "Room A")
    closing = cast.act(cast.producer)
    await services.room.archive(closing, "Room A")
    await services.undo.undo(cast.act(cast.producer), closing.change_id)
    assert (await services.room.show(cast.producer, "#1")).archived_at is None


async def test_settings_are_taken_back_and_hold_at_once(services: Services, cast: Cast) -> None:
    change = cast.act(cast.producer)
    await services.settings.start(change, currency="GBP", timezone="tokyo")
    await services.undo.undo(cast.act(cast.producer), change.change_id)
    settings = await services.settings.of(cast.producer.guild_id)
    assert (settings.currency, settings.timezone) == ("EUR", "Europe/Berlin")
    own = cast.act(cast.member)
    await services.settings.set_zone(own, "tokyo")
    await services.undo.undo(cast.act(cast.member), own.change_id)
    assert str((await services.settings.complete(cast.member)).zone) == "Europe/Berlin"


async def test_ten_minutes_and_not_longer(services: Services, cast: Cast, clock: FixedClock) -> None:
    made = cast.act(cast.producer)
    await services.room.add(made, "Room A")
    clock.forward(minutes=10, seconds=1)
    with pytest.raises(UndoTooLate):
        await services.undo.undo(cast.act(cast.producer), made.change_id)
    assert (await services.room.show(cast.producer, "#1")).archived_at is None


async def test_only_by_whoever_made_it_and_only_once(services: Services, cast: Cast) -> None:
    made = cast.act(cast.producer)
    await services.room.add(made, "Room A")
    with pytest.raises(UndoNotYours):
        await services.undo.undo(cast.act(cast.treasurer), made.change_id)
    await services.undo.undo(cast.act(cast.producer), made.change_id)
    with pytest.raises(UndoneAlready):
        await services.undo.undo(cast.act(cast.producer), made.change_id)


async def test_a_later_change_is_never_lost(services: Services, cast: Cast) -> None:
    first = cast.act(cast.producer)
    await services.room.add(first, "Room A")
    await services.room.edit(cast.act(cast.producer), "Room A", name="Room B")
    with pytest.raises(ChangedSince):
        await services.undo.undo(cast.act(cast.producer), first.change_id)
    assert (await services.room.show(cast.producer, "#1")).name == "Room B"


async def test_unknown_and_foreign_changes_are_nothing(services: Services, cast: Cast) -> None:
    made = cast.act(cast.producer)
    await services.room.add(made, "Room A")
    for actor, change in ((cast.producer, 1), (cast.foreigner, made.change_id)):
        with pytest.raises(NothingToUndo):
            await services.undo.undo(actor, change)


async def test_every_write_leaves_who_when_what_before_and_after(
    services: Services, cast: Cast, db: Database, clock: FixedClock
) -> None:
    made = cast.act(cast.producer)
    await services.project.create(
        made, "Salt", kind=ProjectKind.EP, release=None, currency=None, budget=read_amount("100")
    )
    edit = cast.act(cast.producer)
    await services.project.edit(edit, "Salt", name="Pepper")
    async with db.read() as session:
        rows = (await session.scalars(select(Audit).where(Audit.kind == "project").order_by(Audit.id))).all()
    assert [(row.verb, row.actor_id, row.at, row.change_id) for row in rows] == [
        ("project.create", cast.producer.user_id, clock.now(), made.change_id),
        ("project.edit", cast.producer.user_id, clock.now(), edit.change_id),
    ]
    assert rows[0].before is None
    assert rows[0].after["name"] == "Salt"
    assert rows[0].after["budget_minor"] == 10_000
    assert (rows[1].before, rows[1].after) == ({"name": "Salt"}, {"name": "Pepper"})


async def test_a_refused_write_leaves_no_trail(services: Services, cast: Cast, db: Database) -> None:
    await services.room.add(cast.producer, "Room A")
    with pytest.raises(Exception, match="already"):
        await services.room.add(cast.act(cast.producer), "Room A")
    async with db.read() as session:
        rows = (await session.scalars(select(Audit).where(Audit.kind == "room"))).all()
    assert len(rows) == 1
