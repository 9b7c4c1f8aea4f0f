"""What a deadline costs: a statement for all its reminders together, which leave their trail and come back by undo."""

from datetime import timedelta

from sqlalchemy import select

from bot.models.audit import Audit
from bot.models.reminder import Reminder, ReminderState
from bot.services import Services
from tests.support.cast import Cast
from tests.support.statements import statements

MOST_TO_ADD, MOST_TO_MOVE, MOST_TO_FINISH = 8, 10, 8


async def test_each_takes_few_statements_however_many_reminders(services: Services, cast: Cast) -> None:
    now = services.clock.now()
    with statements(services.db) as added:
        made = await services.deadline.add(cast.member, "mix", due_at=now + timedelta(days=30), remind="7d, 3d, 1d, 1h")
    with statements(services.db) as moved:
        await services.deadline.move(cast.act(cast.member), f"#{made.deadline.number}", now + timedelta(days=40))
    with statements(services.db) as finished:
        await services.deadline.finish(cast.act(cast.member), f"#{made.deadline.number}")
    counts = len(added), len(moved), len(finished)
    assert all(count <= most for count, most in zip(counts, (MOST_TO_ADD, MOST_TO_MOVE, MOST_TO_FINISH), strict=True))


async def test_its_reminders_leave_their_trail_and_end_with_an_undo(services: Services, cast: Cast) -> None:
    due_at = services.clock.now() + timedelta(days=30)
    await services.deadline.add(cast.member, "mix", due_at=due_at, remind="7d, 1d")
    async with services.db.read() as session:
        planned = {row.id: row for row in await session.scalars(select(Reminder))}
        trail = {row.record_id: row for row in await session.scalars(select(Audit).where(Audit.kind == "reminder"))}
    assert len(planned) == 4  # two before, the due one and the mornings after
    assert trail.keys() == planned.keys()
    for key, row in trail.items():
        assert (row.verb, row.before) == ("deadline.add", None)
        assert set(row.after) == {column.key for column in Reminder.__mapper__.column_attrs}
        assert row.after["due_at"] == planned[key].due_at.isoformat()
    await services.undo.undo(cast.act(cast.member), cast.member.change_id)
    async with services.db.read() as session:
        assert set(await session.scalars(select(Reminder.state))) == {ReminderState.CANCELLED}
