"""The digest: planned by the settings, and told once per period whatever happens; on both databases."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from bot.db import Database
from bot.models.reminder import ReminderState
from bot.models.settings import Digest, GuildSettings
from bot.services import Services
from bot.services.digest import first_of, schedule
from bot.services.digest_words import FOLDED, NOTHING
from bot.services.reminder_due import Ending, Outcome
from bot.services.reminder_times import next_after
from tests.conftest import FixedClock
from tests.support.cast import Cast
from tests.support.digests import HALL, VAULT, Setting, digests, leaving, planned, send, setting_of

NINE = datetime(2027, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def setting(services: Services, cast: Cast) -> Setting:
    return setting_of(services, cast)


class TestPlanning:
    async def test_it_is_planned_moved_and_called_off_by_the_settings(self, setting: Setting, db: Database) -> None:
        assert await digests(db) == []
        await setting(digest=Digest.WEEKLY)
        (row,) = await planned(db)
        assert (row.what, row.channel_id, row.zone, row.rrule) == (
            "Weekly digest", HALL, "Europe/Berlin", "FREQ=WEEKLY",
        )  # fmt: skip
        assert row.due_at == datetime(2027, 3, 8, 8, tzinfo=UTC), "this Monday's 9:00 is over"
        await setting(digest_weekday=1, digest_minute=18 * 60 + 30)
        assert [each.due_at for each in await planned(db)] == [datetime(2027, 3, 2, 17, 30, tzinfo=UTC)]
        await setting(digest=Digest.DAILY, timezone="Tokyo", announcements_id=HALL + 9)
        (moved,) = await planned(db)
        assert (moved.id, moved.due_at, moved.what, moved.channel_id) == (
            row.id, datetime(2027, 3, 1, 9, 30, tzinfo=UTC), "Daily digest", HALL + 9,
        )  # fmt: skip
        await setting(digest=Digest.OFF)
        assert await planned(db) == []

    async def test_without_a_channel_there_is_none_and_money_has_its_own(
        self, services: Services, cast: Cast, db: Database
    ) -> None:
        await services.settings.start(cast.act(cast.producer), digest=Digest.DAILY)
        assert await planned(db) == []
        await services.settings.start(cast.act(cast.producer), money_channel_id=VAULT)
        assert [(row.what, row.channel_id) for row in await planned(db)] == [("Daily money digest", VAULT)]
        await services.settings.start(cast.act(cast.producer), announcements_id=HALL)
        assert {(row.what, row.channel_id) for row in await planned(db)} == {
            ("Daily money digest", VAULT), ("Daily digest", HALL),
        }  # fmt: skip

    async def test_undoing_the_settings_undoes_it(self, services: Services, cast: Cast, db: Database) -> None:
        first = cast.act(cast.producer)
        await services.settings.start(first, digest=Digest.DAILY, announcements_id=HALL)
        later = cast.act(cast.producer)
        await services.settings.start(later, digest_minute=20 * 60)
        await services.undo.undo(cast.act(cast.producer), later.change_id)
        assert [row.due_at for row in await planned(db)] == [NINE]
        await services.undo.undo(cast.act(cast.producer), first.change_id)
        assert await planned(db) == []

    async def test_saving_something_else_leaves_it_alone(
        self, setting: Setting, db: Database, clock: FixedClock
    ) -> None:
        await setting(digest=Digest.DAILY)
        clock.forward(hours=23, minutes=30)
        await setting(currency="USD")
        assert [row.due_at for row in await planned(db)] == [NINE], "it is due, and not skipped"

    async def test_two_producers_at_once_plan_one(self, services: Services, cast: Cast, db: Database) -> None:
        def change(**given: Any) -> Awaitable[GuildSettings]:
            return services.settings.start(cast.act(cast.producer), **given)

        await change(announcements_id=HALL)
        await asyncio.gather(change(digest=Digest.DAILY), change(digest=Digest.DAILY), change(digest_minute=600))
        (row,) = await planned(db)
        assert row.due_at == datetime(2027, 3, 1, 9, tzinfo=UTC) + timedelta(days=1)

    async def test_a_change_while_one_leaves_counts_from_the_next(
        self, setting: Setting, services: Services, db: Database, clock: FixedClock
    ) -> None:
        await setting(digest=Digest.DAILY)
        clock.at = NINE
        (due,) = await services.due.claim("a", clock.now())
        await setting(digest_minute=20 * 60)
        assert (await digests(db))[0].due_at == NINE
        await services.due.mark("a", [Outcome(due, Ending.SENT, clock.now())])
        assert [row.due_at for row in await planned(db)] == [datetime(2027, 3, 2, 19, tzinfo=UTC)]

    async def test_turned_off_while_one_leaves_it_does_not_come_again(
        self, setting: Setting, services: Services, db: Database, clock: FixedClock
    ) -> None:
        await setting(digest=Digest.DAILY)
        clock.at = NINE
        (due,) = await services.due.claim("a", clock.now())
        heard: list[Any] = []
        stop = services.due.listen(lambda info: heard.append(info.get("called_off")))
        await setting(digest=Digest.OFF)
        stop()
        await services.due.mark("a", [Outcome(due, Ending.SENT, clock.now())])
        assert heard == [{due.id}]
        assert [row.state for row in await digests(db)] == [ReminderState.CANCELLED]

    async def test_one_that_an_older_version_set_is_planned_at_the_start(
        self, services: Services, cast: Cast, db: Database
    ) -> None:
        await services.settings.start(cast.act(cast.producer), announcements_id=HALL)
        async with db.write() as session:
            await session.execute(update(GuildSettings).values(digest=Digest.WEEKLY))
        assert (await services.digest.mend(), await services.digest.mend()) == (1, 0)
        (row,) = await planned(db)
        assert (row.created_by, row.rrule) == (cast.producer.user_id, "FREQ=WEEKLY")


class TestClocks:
    def settings(self, zone: str, minute: int, often: Digest = Digest.DAILY) -> GuildSettings:
        return GuildSettings(guild_id=1, timezone=zone, digest=often, digest_minute=minute, digest_weekday=6)

    def coming(self, settings: GuildSettings, now: datetime, count: int) -> list[datetime]:
        zone = ZoneInfo(settings.timezone)
        first, found = first_of(settings, now), []
        for _ in range(count):
            following = next_after(f"FREQ={settings.digest.value.upper()}", first, zone, now)
            assert following is not None
            now = following
            found.append(now)
        return found

    def test_set_on_the_day_without_its_hour_it_comes_after_the_gap_and_then_at_its_hour(self) -> None:
        settings = self.settings("America/New_York", 2 * 60 + 30)
        gap, after = self.coming(settings, datetime(2027, 3, 14, 5, tzinfo=UTC), 2)
        assert gap == datetime(2027, 3, 14, 7, tzinfo=UTC), "3:00 summer time, the first instant there is"
        assert after == datetime(2027, 3, 15, 6, 30, tzinfo=UTC)

    def test_an_hour_that_comes_twice_brings_one(self) -> None:
        settings = self.settings("America/New_York", 90)
        assert self.coming(settings, datetime(2027, 11, 7, 4, tzinfo=UTC), 2) == [
            datetime(2027, 11, 7, 5, 30, tzinfo=UTC), datetime(2027, 11, 8, 6, 30, tzinfo=UTC),
        ]  # fmt: skip

    @pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe"])
    def test_sundays_at_nine_stay_so_for_a_year(self, zone: str) -> None:
        comes = self.coming(self.settings(zone, 540, Digest.WEEKLY), datetime(2027, 1, 1, tzinfo=UTC), 52)
        assert {f"{at.astimezone(ZoneInfo(zone)):%a %H:%M}" for at in comes} == {"Sun 09:00"}
        assert len({at.astimezone(ZoneInfo(zone)).utcoffset() for at in comes}) == 2

    def test_it_is_said_in_words(self) -> None:
        assert schedule(self.settings("UTC", 9 * 60 + 5, Digest.WEEKLY)) == "weekly, Sunday 9:05"
        assert schedule(self.settings("UTC", 0)) == "daily, 0:00"
        assert schedule(self.settings("UTC", 0, Digest.OFF)) == "off"


class TestOnce:
    @pytest.fixture(autouse=True)
    async def something_late(self, services: Services, cast: Cast, clock: FixedClock) -> None:
        soon = clock.now() + timedelta(hours=1)
        await services.deadline.add(cast.act(cast.member), "Artwork", due_at=soon, user_ids=(5,), remind="none")

    async def test_it_comes_every_day_once(
        self, setting: Setting, services: Services, clock: FixedClock, db: Database
    ) -> None:
        await setting(digest=Digest.DAILY)
        clock.at = NINE
        (due,) = await send(services, clock)
        assert "Artwork" in due.text
        assert await leaving(services, clock) == []
        assert [row.due_at for row in await planned(db)] == [NINE + timedelta(days=1)]

    async def test_missed_five_times_it_comes_once_and_is_late_since_the_last(
        self, setting: Setting, services: Services, clock: FixedClock
    ) -> None:
        await setting(digest=Digest.DAILY)
        clock.at = NINE + timedelta(days=4, hours=3)
        (due,) = await send(services, clock)
        assert (due.pointless, due.due_at) == ("", NINE + timedelta(days=4))
        assert await leaving(services, clock) == []

    @pytest.mark.parametrize(("often", "late", "is_folded"), [
        (Digest.DAILY, timedelta(hours=11), False), (Digest.DAILY, timedelta(hours=14), True),
        (Digest.WEEKLY, timedelta(days=5), True),
    ])  # fmt: skip
    async def test_close_to_the_next_one_it_leaves_the_word_to_that(
        self, setting: Setting, services: Services, clock: FixedClock, db: Database, often: Digest, late: timedelta,
        *, is_folded: bool,
    ) -> None:  # fmt: skip
        await setting(digest=often)
        (row,) = await planned(db)
        clock.at = row.due_at + late
        (due,) = await send(services, clock)
        assert (due.pointless == FOLDED) is is_folded
        clock.at = (await planned(db))[0].due_at
        (due,) = await send(services, clock)
        assert due.pointless == ""

    async def test_with_nothing_to_say_it_is_silent(
        self, setting: Setting, services: Services, cast: Cast, clock: FixedClock, db: Database
    ) -> None:
        await services.deadline.delete(cast.act(cast.producer), "#1")
        await setting(digest=Digest.DAILY)
        clock.at = NINE
        (due,) = await send(services, clock)
        assert due.pointless == NOTHING
        status = await services.reminder_edit.status(cast.producer)
        assert status.total == 0
        assert [row.due_at for row in await planned(db)] == [NINE + timedelta(days=1)]

    async def test_its_standing_is_known(
        self, setting: Setting, services: Services, cast: Cast, clock: FixedClock
    ) -> None:
        assert (await services.digest.planned(cast.member)).next_at is None
        await setting(digest=Digest.DAILY)
        clock.at = NINE
        await send(services, clock)
        found = await services.digest.planned(cast.member)
        assert (found.next_at, found.sent_at, found.error) == (NINE + timedelta(days=1), NINE, None)
        clock.forward(days=1)
        (due,) = await leaving(services, clock)
        await services.due.mark("a", [Outcome(due, Ending.FAILED, clock.now(), error="I lack **Send Messages**")])
        assert (await services.digest.planned(cast.member)).error == "I lack **Send Messages**"
