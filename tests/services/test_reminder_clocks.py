"""Series delivered over the changes of the clock: what is claimed when, in the zones that change in their own ways."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.models.reminder import Reminder, ReminderKind
from bot.services import Services
from bot.services.reminder_due import Ending, Outcome
from tests.conftest import FixedClock
from tests.support.cast import GUILD, STUDIO

ZONES = ("America/New_York", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe")


async def repeat(db: Database, zone: str, first: datetime, rrule: str) -> None:
    row = Reminder(
        guild_id=GUILD, kind=ReminderKind.CHANNEL, what=zone, channel_id=STUDIO, due_at=first, first_at=first,
        rrule=rrule, zone=zone, created_by=1, created_at=first,
    )  # fmt: skip
    async with db.write() as session:
        session.add(row)


async def deliver_until(
    services: Services, clock: FixedClock, db: Database, end: datetime
) -> dict[str, list[datetime]]:
    """Deliver each occurrence at its instant, as the alarm rings, and return when they came, in local time."""
    while (at := await services.due.next_at()) is not None and at < end:
        clock.at = at
        dues = await services.due.claim("a", at)
        await services.due.mark("a", [Outcome(due, Ending.SENT, at) for due in dues])
    came: dict[str, list[datetime]] = {}
    async with db.read() as session:
        sent = select(Reminder).where(Reminder.origin_id.is_not(None)).order_by(Reminder.sent_at)
        for row in await session.scalars(sent):
            came.setdefault(row.zone, []).append(row.sent_at.astimezone(ZoneInfo(row.zone)))
    return came


async def test_every_week_at_seven_in_the_evening_wherever_and_whenever(
    services: Services, db: Database, clock: FixedClock
) -> None:
    for zone in ZONES:
        first = datetime(2027, 3, 3, 19, 0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        await repeat(db, zone, first, "FREQ=WEEKLY")
    came = await deliver_until(services, clock, db, datetime(2027, 11, 20, tzinfo=UTC))
    for zone in ZONES:
        walls = [at.replace(tzinfo=None) for at in came[zone]]
        assert {f"{wall:%a %H:%M}" for wall in walls} == {"Wed 19:00"}, zone
        assert {after - before for before, after in pairwise(walls)} == {timedelta(days=7)}, zone
        assert len(walls) == 38
        offsets = [at.utcoffset() for at in came[zone]]
        changes = sum(before != after for before, after in pairwise(offsets))
        assert changes == 2, f"{zone} changed its clock twice meanwhile"


@pytest.mark.parametrize(("zone", "first", "came"), [
    # Half past two does not exist on the 14th: three o'clock is the first instant after.
    ("America/New_York", datetime(2027, 3, 13, 2, 30, tzinfo=UTC), ["13. 02:30", "14. 03:00", "15. 02:30"]),
    # Lord Howe leaves out half an hour only.
    ("Australia/Lord_Howe", datetime(2027, 10, 2, 2, 15, tzinfo=UTC), ["02. 02:15", "03. 02:30", "04. 02:15"]),
    # Half past one comes twice on the 7th, the reminder once.
    ("America/New_York", datetime(2027, 11, 6, 1, 30, tzinfo=UTC), ["06. 01:30", "07. 01:30", "08. 01:30"]),
    ("Australia/Lord_Howe", datetime(2027, 4, 3, 1, 45, tzinfo=UTC), ["03. 01:45", "04. 01:45", "05. 01:45"]),
])  # fmt: skip
async def test_an_hour_that_is_left_out_or_comes_twice(
    services: Services, db: Database, clock: FixedClock, zone: str, first: datetime, came: list[str]
) -> None:
    at = first.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    await repeat(db, zone, at, "FREQ=DAILY")
    found = await deliver_until(services, clock, db, at + timedelta(days=2, hours=12))
    assert [f"{each:%d. %H:%M}" for each in found[zone]] == came
    assert all(each.fold == 0 for each in found[zone]), "the first of two"
