"""What a person has today and a project at a glance, over sessions, deadlines and money."""

from datetime import date, timedelta
from typing import Any

from bot.actor import Actor
from bot.models.booking import Answer, Booking, BookingPerson, BookingState
from bot.models.budget import BudgetCategory, BudgetLine, Expense, ExpenseState
from bot.models.project import Project, ProjectKind
from bot.money import Amount, Money, read_amount
from bot.services import Services
from bot.services.home import Today
from tests.conftest import FixedClock
from tests.support.cast import GUILD, OTHER_GUILD, Cast

BAND_ROLE = 800_000_000_000_000_009
DAY = timedelta(days=1)


class Desk:
    """Puts bookings and expenses straight into the tables."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.now = services.clock.now()
        self.count = 0

    async def put(self, *rows: Any) -> None:
        async with self.services.db.write() as session:
            for row in rows:
                session.add(row)
                await session.flush()

    async def session(
        self,
        what: str,
        after: timedelta,
        *,
        user_id: int | None = None,
        role_id: int | None = None,
        answer: Answer = Answer.NONE,
        state: BookingState = BookingState.CONFIRMED,
        guild: int = GUILD,
        project_id: int | None = None,
    ) -> Booking:
        self.count += 1
        start = self.now + after
        booking = Booking(
            guild_id=guild, number=self.count, what=what, state=state, start_at=start,
            end_at=start + timedelta(hours=2), zone="Europe/Berlin", created_by=1, created_at=self.now,
            project_id=project_id,
        )  # fmt: skip
        await self.put(booking)
        if user_id or role_id:
            asked = BookingPerson(
                guild_id=guild, booking_id=booking.id, user_id=user_id, role_id=role_id, answer=answer
            )
            await self.put(asked)
        return booking

    async def expense(self, project: Project, minor: int, state: ExpenseState = ExpenseState.PENDING) -> None:
        self.count += 1
        category = BudgetCategory(guild_id=GUILD, project_id=project.id, code=300, name=f"Studio {self.count}")
        await self.put(category)
        line = BudgetLine(
            guild_id=GUILD, project_id=project.id, category_id=category.id, item="Room A", created_by=1,
            created_at=self.now,
        )  # fmt: skip
        await self.put(line)
        await self.put(
            Expense(
                guild_id=GUILD, number=self.count, project_id=project.id, line_id=line.id, what=f"Bill {self.count}",
                amount_minor=minor, original_minor=minor, original_currency="EUR", spent_on=date(2027, 3, 1),
                state=state, created_by=1, created_at=self.now,
            )
        )  # fmt: skip


async def today(services: Services, actor: Actor, **changes: Any) -> Today:
    whose = {"user_id": actor.user_id, "role_ids": actor.role_ids, **changes}
    return await services.home.today(actor, **whose)


async def made(cast: Cast, *, release: date | None = None, budget: Amount | None = None) -> Project:
    return await cast.services.project.create(
        cast.act(cast.producer), "Harbour Lights", kind=ProjectKind.ALBUM, release=release, currency=None, budget=budget
    )


async def test_a_free_person_has_nothing(cast: Cast, services: Services, clock: FixedClock) -> None:
    found = await today(services, cast.member)
    assert (found.sessions, found.deadlines, found.owed, found.waiting) == ([], [], [], None)
    # The eighth local midnight from now: today and seven days more.
    assert found.until == clock.now().replace(day=8, hour=23, minute=0)


async def test_sessions_and_deadlines_are_the_person_s_own_and_near(cast: Cast, services: Services) -> None:
    desk, me = Desk(services), cast.member.user_id
    await desk.session("Vocals", DAY, user_id=me, answer=Answer.COMING)
    await desk.session("Band day", 2 * DAY, role_id=BAND_ROLE)
    await desk.session("Drums", DAY, user_id=cast.other.user_id)
    await desk.session("Far", 9 * DAY, user_id=me)
    await desk.session("Gone", DAY, user_id=me, state=BookingState.CANCELLED)
    await desk.session("Elsewhere", DAY, user_id=me, guild=OTHER_GUILD)
    for what, days in (("Lyrics", 3), ("Much later", 9)):
        await services.deadline.add(cast.act(cast.member), what, due_at=desk.now + days * DAY)
    await services.deadline.add(cast.act(cast.other), "Theirs", due_at=desk.now + DAY)
    found = await today(services, cast.member, role_ids=[BAND_ROLE])
    assert [item.what for item in found.sessions] == ["Vocals", "Band day"]
    assert [item.deadline.what for item in found.deadlines] == ["Lyrics"]
    role = await today(services, cast.member, user_id=None, role_ids=[BAND_ROLE])
    assert [item.what for item in role.sessions] == ["Band day"] and role.owed == []


async def test_answers_are_owed_by_name_and_by_role_until_given(cast: Cast, services: Services) -> None:
    desk, me = Desk(services), cast.member.user_id
    await desk.session("By name", DAY, user_id=me)
    by_role = await desk.session("By role", 2 * DAY, role_id=BAND_ROLE)
    await desk.session("Answered", DAY, user_id=me, answer=Answer.CANT)
    await desk.session("Over", -DAY, user_id=me)
    await desk.session("Far", 9 * DAY, user_id=me)
    await desk.session("Draft", DAY, user_id=me, state=BookingState.DRAFT)

    async def owed() -> list[str]:
        return [item.what for item in (await today(services, cast.member, role_ids=[BAND_ROLE])).owed]

    assert await owed() == ["By name", "By role"]
    await desk.put(BookingPerson(guild_id=GUILD, booking_id=by_role.id, user_id=me, answer=Answer.MAYBE))
    assert await owed() == ["By name"]


async def test_expenses_wait_for_producers_alone(cast: Cast, services: Services) -> None:
    desk, project = Desk(services), await made(cast)
    for minor in range(100, 800, 100):
        await desk.expense(project, minor)
    await desk.expense(project, 9, ExpenseState.APPROVED)
    found = await today(services, cast.producer)
    assert found.waiting is not None and found.waiting_total == 7
    assert [item.money for item in found.waiting] == [Money(minor, "EUR") for minor in (100, 200, 300, 400, 500)]
    assert (await today(services, cast.member)).waiting is None
    assert (await today(services, cast.treasurer)).waiting is None
    assert (await today(services, cast.producer, user_id=cast.member.user_id)).waiting is None
    assert (await today(services, cast.foreigner)).waiting == []


async def test_a_project_at_a_glance(cast: Cast, services: Services, clock: FixedClock) -> None:
    project = await made(cast, release=date(2027, 4, 9), budget=read_amount("24k"))
    desk = Desk(services)
    await desk.expense(project, 100_000, ExpenseState.APPROVED)
    await desk.session("Vocals", 3 * DAY, project_id=project.id)
    await desk.session("Not ours", DAY)
    for what, hours in (("Edits", 1), ("Artwork", 200)):
        due_at = desk.now + timedelta(hours=hours)
        await services.deadline.add(cast.act(cast.member), what, due_at=due_at, project_text="#1")
    lines = "\n".join(await services.home.glance(cast.producer, project, "en-US"))
    assert "Next session: **Vocals** <t:" in lines and "Next deadline: **Edits** <t:" in lines
    assert "Left of the budget: €23,000.00" in lines and "Out in 39 days" in lines
    clock.forward(hours=2)
    lines = "\n".join(await services.home.glance(cast.member, project, "en-US"))
    assert "Late: **Edits**" in lines and "Artwork" not in lines
    assert "€" not in lines


async def test_a_glance_names_three_late_ones_and_counts_the_rest(
    cast: Cast, services: Services, clock: FixedClock
) -> None:
    project = await made(cast)
    for number in range(5):
        await services.deadline.add(
            cast.act(cast.member), f"Song {number}", due_at=clock.now() + timedelta(minutes=number + 1)
        )
    clock.forward(hours=1)
    [late] = await services.home.glance(cast.producer, project, "en-US")
    assert late == "Late: **Song 0**, **Song 1**, **Song 2** and 2 more"


async def test_a_new_project_s_glance_is_empty_and_a_release_counts_down(
    cast: Cast, services: Services, clock: FixedClock
) -> None:
    assert await services.home.glance(cast.producer, await made(cast), "en-US") == []
    released = await services.project.edit(cast.act(cast.producer), "#1", release=date(2027, 3, 2))
    expected = ["Out in 1 day", "Out today", "Out for 1 day"]
    for days, words in enumerate(expected):
        assert await services.home.glance(cast.producer, released, "en-US") == [words], days
        clock.forward(days=1)
