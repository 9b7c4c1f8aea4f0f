"""How people want to be reminded: theirs, else the server's; what is planned follows, and an undo takes it back."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.errors import NotAllowed
from bot.models.reminder import Reminder, ReminderState
from bot.services import Services
from bot.services.settings_pings import NothingSet
from bot.services.settings_quiet import DAY, AlwaysQuiet, NotLeadTimes, NotQuietHours
from tests.conftest import FixedClock
from tests.support.cast import Cast

DUE = datetime(2027, 3, 20, 16, 0, tzinfo=UTC)
BAND_ROLE = 800_000_000_000_000_009
LEADS = [(7, 0), (2, 0), (1, 0), (0, 2)]


async def ahead(db: Database, user_id: int | None = None) -> list[tuple[int, int]]:
    """Return how many days and hours before the due time pings are planned."""
    async with db.read() as session:
        planned = Reminder.state == ReminderState.PLANNED, Reminder.rrule.is_(None), Reminder.due_at < DUE
        found = select(Reminder.due_at).where(*planned, Reminder.user_id == user_id).order_by(Reminder.due_at)
        lengths = [DUE - at for at in await session.scalars(found)]
    return [(length.days, length.seconds // 3600) for length in lengths]


async def test_nothing_set_is_what_the_server_has(services: Services, cast: Cast) -> None:
    mine = await services.pings.mine(cast.member)
    assert (mine.is_by_message, mine.quiet_hours, mine.lead_times) == (True, "", (7 * DAY, 2 * DAY, DAY, 120))
    assert mine.own == frozenset()
    await services.pings.set_server(cast.act(cast.producer), quiet_hours="23-7", lead_times="1d")
    mine = await services.pings.mine(cast.member)
    assert (mine.quiet_hours, mine.lead_times, mine.own) == ("23:00-07:00", (DAY,), frozenset())
    assert (await services.pings.mine(cast.foreigner)).quiet_hours == ""


async def test_what_is_set_stays_beside_the_rest(services: Services, cast: Cast) -> None:
    await services.settings.set_zone(cast.act(cast.member), "London")
    await services.pings.set_mine(cast.act(cast.member), is_by_message=False)
    mine = await services.pings.set_mine(cast.act(cast.member), quiet_hours="off", lead_times="2h, 1d, 24h")
    assert (mine.is_by_message, mine.quiet_hours, mine.lead_times) == (False, "", (DAY, 120))
    await services.pings.set_server(cast.act(cast.producer), quiet_hours="23-7", lead_times="default")
    assert (await services.pings.mine(cast.member)).quiet_hours == ""  # off is theirs
    mine = await services.pings.set_mine(cast.act(cast.member), quiet_hours="default")
    assert mine.quiet_hours == "23:00-07:00" and mine.own == {"is_by_message", "lead_times"}
    assert (await services.settings.complete(cast.member)).zone.key == "Europe/London"


async def test_back_to_the_server_s(services: Services, cast: Cast) -> None:
    with pytest.raises(NothingSet):
        await services.pings.reset_mine(cast.act(cast.member))
    await services.pings.set_mine(cast.act(cast.member), quiet_hours="22-8")
    assert (await services.pings.reset_mine(cast.act(cast.member))).own == frozenset()


async def test_bad_words_change_nothing(services: Services, cast: Cast) -> None:
    for given, error in (
        ({"quiet_hours": "flurble"}, NotQuietHours),
        ({"quiet_hours": "0-24", "lead_times": "1d"}, AlwaysQuiet),
        ({"lead_times": "soon", "quiet_hours": "22-8"}, NotLeadTimes),
        ({"lead_times": ",".join(f"{hours}h" for hours in range(1, 12))}, NotLeadTimes),
    ):
        with pytest.raises(error):
            await services.pings.set_mine(cast.act(cast.member), **given)
    assert (await services.pings.mine(cast.member)).own == frozenset()
    with pytest.raises(NotAllowed):
        await services.pings.set_server(cast.act(cast.member), quiet_hours="22-8", lead_times="1d")


async def test_planned_pings_follow_and_an_undo_takes_it_back(services: Services, cast: Cast, db: Database) -> None:
    both = [cast.member.user_id, cast.other.user_id]
    await services.deadline.add(cast.act(cast.producer), "Master", due_at=DUE, user_ids=both)
    me = cast.act(cast.member)
    await services.pings.set_mine(me, lead_times="3d, 1h")
    assert await ahead(db, cast.member.user_id) == [(3, 0), (0, 1)]
    assert await ahead(db, cast.other.user_id) == LEADS
    shown = await services.deadline.show(cast.member, 1)
    assert [DUE - at for at in shown.pings][:2] == [timedelta(days=7), timedelta(days=3)]
    await services.undo.undo(me.again(), me.change_id)
    assert await ahead(db, cast.member.user_id) == LEADS


async def test_what_is_added_later_has_each_one_s_own(services: Services, cast: Cast, db: Database) -> None:
    await services.pings.set_mine(cast.act(cast.member), lead_times="none")
    both = [cast.member.user_id, cast.other.user_id]
    await services.deadline.add(cast.act(cast.producer), "Master", due_at=DUE, user_ids=both)
    assert await ahead(db, cast.member.user_id) == [] and await ahead(db, cast.other.user_id) == LEADS
    await services.deadline.assign(cast.act(cast.producer), 1, [cast.member.user_id], [])
    assert await ahead(db, cast.other.user_id) == []


async def test_lead_times_of_a_deadline_count_for_everybody(services: Services, cast: Cast, db: Database) -> None:
    await services.pings.set_mine(cast.act(cast.member), lead_times="none")
    await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE, remind="4h")
    assert await ahead(db, cast.member.user_id) == [(0, 4)]
    await services.pings.set_mine(cast.act(cast.member), lead_times="1d")
    assert await ahead(db, cast.member.user_id) == [(0, 4)]
    await services.deadline.edit(cast.act(cast.member), 1, remind="default")
    assert await ahead(db, cast.member.user_id) == [(1, 0)]


async def test_the_server_s_lead_times_reach_roles_and_people(services: Services, cast: Cast, db: Database) -> None:
    await services.pings.set_mine(cast.act(cast.other), lead_times="5h")
    await services.deadline.add(cast.act(cast.producer), "For all", due_at=DUE, role_ids=[BAND_ROLE])
    await services.deadline.add(cast.act(cast.member), "Mine", due_at=DUE)
    await services.deadline.add(cast.act(cast.other), "Theirs", due_at=DUE)
    change = cast.act(cast.producer)
    await services.pings.set_server(change, quiet_hours="off", lead_times="6h")
    assert await ahead(db) == [(0, 6)] and await ahead(db, cast.member.user_id) == [(0, 6)]
    assert await ahead(db, cast.other.user_id) == [(0, 5)]
    await services.undo.undo(change.again(), change.change_id)
    assert await ahead(db) == LEADS and await ahead(db, cast.member.user_id) == LEADS


async def test_what_has_left_does_not_come_again(
    services: Services, cast: Cast, db: Database, clock: FixedClock
) -> None:
    await services.deadline.add(cast.act(cast.member), "Master", due_at=DUE)
    clock.at = DUE - timedelta(days=2)
    await services.pings.set_mine(cast.act(cast.member), lead_times="7d, 3d, 1h")
    assert await ahead(db, cast.member.user_id) == [(0, 1)]
