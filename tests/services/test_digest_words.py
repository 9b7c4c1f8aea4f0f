"""What a digest says, and to whom; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.db import Database
from bot.models.reminder import ReminderKind
from bot.models.settings import Digest
from bot.services import Services
from bot.services.digest_words import NOTHING
from bot.services.reminder_words import Due
from tests.conftest import FixedClock
from tests.support.books import Books
from tests.support.cast import GUILD, Cast
from tests.support.digests import HALL, VAULT, Setting, leaving, planned, setting_of
from tests.support.sessions import Taken

NINE = datetime(2027, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def setting(services: Services, cast: Cast) -> Setting:
    return setting_of(services, cast)


class TestWords:
    async def text(self, services: Services, db: Database, clock: FixedClock) -> str:
        (row,) = await planned(db)
        clock.at = row.due_at
        (due,) = await leaving(services, clock)
        return due.text

    async def test_what_is_late_due_and_next_with_the_answers_owed(
        self, setting: Setting, cast: Cast, db: Database, clock: FixedClock, booked: Taken, held: Taken
    ) -> None:
        services = cast.services
        add, member = services.deadline.add, cast.member
        now = clock.now()
        await add(cast.act(member), "Late *one*", due_at=now + timedelta(hours=2), user_ids=(5,), role_ids=(6,))
        await add(cast.act(member), "Soon", due_at=NINE + timedelta(hours=3), user_ids=(member.user_id, 7))
        await add(cast.act(member), "Far away", due_at=NINE + timedelta(hours=30), user_ids=(5,))
        await add(cast.act(member), "My own business", due_at=NINE + timedelta(hours=3))
        await add(cast.act(cast.foreigner), "Foreign", due_at=NINE + timedelta(hours=3), user_ids=(5,))
        await booked(member, "Vocals", NINE + timedelta(hours=5), user_ids=(member.user_id, 8))
        await held(member, "In two days", NINE + timedelta(days=2), user_ids=(9,), hold_until=NINE + timedelta(days=1))
        await booked(member, "Nobody asked", NINE + timedelta(days=2, hours=6))
        await setting(digest=Digest.DAILY)
        text = await self.text(services, db, clock)
        late, due, sessions = (text.index(title) for title in ("**Late**", "**Due until", "**Sessions**"))
        assert late < text.index("Late \\*one\\*") < due < text.index("**Soon** · #2") < sessions
        assert text.startswith("### 🗞️ Daily digest\n")
        assert "<@5> <@&6>" in text
        assert sessions < text.index("🎙️ **Vocals**") < text.index("✏️ **In two days**")
        assert "No answer yet: <@9>" in text
        assert "Room A" in text
        for unsaid in ("Far away", "My own business", "Foreign", "Nobody asked"):
            assert unsaid not in text

    async def test_a_week_is_seen_by_a_weekly_one(
        self, setting: Setting, services: Services, cast: Cast, db: Database, clock: FixedClock, booked: Taken
    ) -> None:
        monday = datetime(2027, 3, 8, 8, tzinfo=UTC)
        await booked(cast.member, "On Sunday", monday + timedelta(days=6))
        await booked(cast.member, "In eight days", monday + timedelta(days=8))
        await setting(digest=Digest.WEEKLY)
        text = await self.text(services, db, clock)
        assert "On Sunday" in text
        assert "In eight days" not in text

    async def test_what_was_archived_is_not_spoken_of(
        self, setting: Setting, services: Services, cast: Cast, db: Database, clock: FixedClock, project: str
    ) -> None:
        await services.deadline.add(
            cast.act(cast.member), "Old", due_at=NINE + timedelta(hours=1), project_text=project
        )
        await services.deadline.add(cast.act(cast.member), "New", due_at=NINE + timedelta(hours=1), user_ids=(5,),
                                    project_text=project)  # fmt: skip
        await setting(digest=Digest.DAILY)
        await services.project.archive(cast.act(cast.producer), project)
        (row,) = await planned(db)
        clock.at = row.due_at
        (due,) = await leaving(services, clock)
        assert due.pointless == NOTHING

    async def test_two_hundred_deadlines_fit_into_a_message(
        self, setting: Setting, services: Services, cast: Cast, db: Database, clock: FixedClock
    ) -> None:
        for index in range(200):
            late = timedelta(minutes=1) if index % 2 else timedelta(days=2)
            what, due_at = f"{index} {'*' * 190}", clock.now() + late
            await services.deadline.add(cast.act(cast.member), what, due_at=due_at, user_ids=(5,), remind="none")
        await setting(digest=Digest.WEEKLY, digest_weekday=1)
        text = await self.text(services, db, clock)
        assert len(text) < 3_600
        assert text.count("📌") >= 8
        shown_late = text[: text.index("**Due until")].count("📌")
        assert f"and {100 - shown_late} more" in text


class TestMoney:
    async def leaving(self, services: Services, clock: FixedClock) -> dict[ReminderKind, Due]:
        clock.at = NINE
        return {due.kind: due for due in await leaving(services, clock)}

    async def test_amounts_go_to_the_money_channel_alone(
        self, setting: Setting, services: Services, cast: Cast, clock: FixedClock
    ) -> None:
        books = await Books.open(cast, currency="EUR")
        for item, rate in (("Room A", "1000"), ("Engineer", "500"), ("Tapes", "100"), ("Coffee", "80")):
            await books.plan("Studio", item, "1", "flat", rate)
        for amount, item in (("1000.01", "Room A"), ("400", "Engineer"), ("79", "Tapes")):
            await books.spend(amount, item, actor=cast.producer)
        await books.spend("700", "Coffee", actor=cast.member, what="Espresso machine")
        await services.deadline.add(cast.act(cast.member), "Soon", due_at=NINE + timedelta(hours=3), user_ids=(7,))
        await setting(digest=Digest.DAILY, money_channel_id=VAULT)
        dues = await self.leaving(services, clock)
        public, money = dues[ReminderKind.DIGEST], dues[ReminderKind.DIGEST_MONEY]
        assert (public.channel_id, money.channel_id) == (HALL, VAULT)
        assert public.announcements_id is money.announcements_id is None
        for unsaid in ("€", "EUR", "1000", "Room A", "Espresso", "💶"):
            assert unsaid not in public.text
        over, near, waiting = (money.text.index(title) for title in ("**Over", "**More than 80 %", "**Waiting"))
        assert over < money.text.index("Room A") < near < money.text.index("Engineer") < waiting
        assert "€1,000.01 of €1,000.00 (101 %)" in money.text
        assert "€400.00 of €500.00 (80 %)" in money.text
        assert "€700.00 · Espresso machine · #4 · by" in money.text
        assert "Tapes" not in money.text
        assert money.elsewhere == "### 🗞️ Daily money digest\nI could not post it."

    async def test_with_nothing_to_warn_of_it_is_silent(
        self, setting: Setting, services: Services, cast: Cast, clock: FixedClock
    ) -> None:
        books = await Books.open(cast)
        await books.plan("Studio", "Room A", "1", "flat", "1000")
        await setting(digest=Digest.DAILY, money_channel_id=VAULT)
        dues = await self.leaving(services, clock)
        assert dues[ReminderKind.DIGEST_MONEY].pointless == NOTHING

    async def test_a_line_that_was_closed_is_settled(
        self, setting: Setting, services: Services, cast: Cast, clock: FixedClock
    ) -> None:
        books = await Books.open(cast)
        line = await books.plan("Studio", "Room A", "1", "flat", "1000")
        await books.spend("1200", "Room A")
        await services.budget.close(cast.act(cast.producer), line.id)
        await setting(digest=Digest.DAILY, money_channel_id=VAULT)
        assert (await self.leaving(services, clock))[ReminderKind.DIGEST_MONEY].pointless == NOTHING


async def test_a_digest_speaks_of_its_own_server_only(
    services: Services, cast: Cast, clock: FixedClock, setting: Setting
) -> None:
    foreigner = cast.foreigner
    await services.deadline.add(cast.act(foreigner), "Foreign", due_at=NINE + timedelta(hours=3), user_ids=(5,))
    await services.settings.start(cast.act(foreigner), timezone="Berlin", announcements_id=77, digest=Digest.DAILY)
    await setting(digest=Digest.DAILY)
    clock.at = NINE
    told = {due.guild_id: due for due in await leaving(services, clock)}
    assert "Foreign" in told[foreigner.guild_id].text
    assert told[GUILD].pointless == NOTHING
