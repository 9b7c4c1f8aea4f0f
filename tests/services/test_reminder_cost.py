"""What planning a reminder costs: few statements, whose trail and undo are those of any other change."""

from datetime import timedelta

from sqlalchemy import select

from bot.models.audit import Audit
from bot.models.reminder import Reminder, ReminderState
from bot.services import Services
from bot.services.reminder_times import Times
from tests.support.cast import Cast
from tests.support.statements import MOST, statements


async def test_planning_one_takes_three_statements_or_two_round_trips(services: Services, cast: Cast) -> None:
    at = services.clock.now() + timedelta(days=1)
    with statements(services.db) as sent:
        await services.reminder.me(cast.member, "tune the piano", Times(at))
    assert len(sent) == (3 if services.db.is_sqlite else 2) < MOST, sent


async def test_its_trail_holds_every_column_and_can_be_undone(services: Services, cast: Cast) -> None:
    at = services.clock.now() + timedelta(days=1)
    made = await services.reminder.me(cast.member, "tune the piano", Times(at))
    async with services.db.read() as session:
        trail = await session.scalar(select(Audit).where(Audit.kind == "reminder", Audit.record_id == made.id))
        kept = await session.get_one(Reminder, made.id)
    assert trail is not None
    assert (trail.verb, trail.before, trail.actor_id) == ("remind.me", None, cast.member.user_id)
    assert set(trail.after) == {column.key for column in Reminder.__mapper__.column_attrs}
    assert trail.after["due_at"] == at.isoformat()
    assert (kept.number, kept.state, kept.occurrence) == (made.number, ReminderState.PLANNED, 0)
    await services.undo.undo(cast.act(cast.member), cast.member.change_id)
    async with services.db.read() as session:
        assert (await session.get_one(Reminder, made.id)).state is ReminderState.CANCELLED
