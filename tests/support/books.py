"""A project's books for tests: plans, sessions and expenses in a few words."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from bot.models.booking import Booking, BookingState
from bot.models.budget import BudgetLine, Expense, Unit
from bot.models.project import Project, ProjectKind
from bot.money import read_amount
from bot.services import Services, budget
from bot.services.budget_expense import Logged, Spending
from bot.services.budget_plan import Plan
from bot.services.budget_report import Report, Standing, report
from tests.support.cast import Cast


def minor(text: str) -> int:
    """Return cents for a sum with two decimals, such as `1,300.00`."""
    return int(Decimal(text.replace(",", "")) * 100)


@dataclass
class Books:
    """One project of the cast's server."""

    cast: Cast
    services: Services
    project: Project

    @classmethod
    async def open(cls, cast: Cast, *, name: str = "Harbour Lights", currency: str = "USD", **more: str) -> "Books":
        services = cast.services
        budget_ = read_amount(more["budget"]) if "budget" in more else None
        project = await services.project.create(
            cast.act(cast.producer), name, kind=ProjectKind.ALBUM, release=None, currency=currency, budget=budget_
        )
        return cls(cast, services, project)

    async def plan(self, category: str, item: str | None = None, quantity: str | None = None, unit: str | None = None,
                   rate: str | None = None) -> BudgetLine:  # fmt: skip
        wish = Plan(category, item, quantity, Unit(unit) if unit else None, read_amount(rate) if rate else None)
        planned = await self.services.budget.plan(self.cast.act(self.cast.producer), wish, self.project.name)
        return planned.line

    async def spend(self, amount: str, category: str, **more: object) -> Logged:
        actor = more.pop("actor", self.cast.producer)
        spending = Spending(read_amount(amount), category, **more)  # type: ignore[arg-type]
        return await self.services.budget.spend(self.cast.act(actor), spending, self.project.name)  # type: ignore[arg-type]

    async def book(self, line: BudgetLine, agreed: str, state: BookingState = BookingState.CONFIRMED) -> Booking:
        """Write down a booking as its own service leaves it."""
        now = self.services.clock.now()
        async with self.services.db.write() as session:
            booking = Booking(
                guild_id=self.project.guild_id,
                what="Session",
                state=state,
                project_id=self.project.id,
                line_id=line.id,
                start_at=now + timedelta(days=1),
                end_at=now + timedelta(days=1, hours=8),
                zone="UTC",
                agreed_minor=minor(agreed),
                currency=self.project.currency,
                created_by=self.cast.producer.user_id,
                created_at=now,
            )
            session.add(booking)
        return booking

    async def turn(self, booking: Booking, state: BookingState) -> None:
        async with self.services.db.write() as session:
            row = await session.get_one(Booking, booking.id)
            row.state = state

    async def invoice(self, line: BudgetLine, amount: str, booking: Booking | None = None) -> Expense:
        """Log an invoice for a booking, or with a minus a refund."""
        actor = self.cast.act(self.cast.producer)
        async with self.services.db.write(actor, "test") as session:
            return await budget.charge(
                session,
                actor,
                project_id=self.project.id,
                line_id=line.id,
                amount_minor=minor(amount),
                what="Invoice",
                booking_id=booking.id if booking else None,
            )

    async def close(self, line: BudgetLine) -> None:
        async with self.services.db.write() as session:
            (await session.get_one(BudgetLine, line.id)).is_closed = True

    async def report(self) -> Report:
        async with self.services.db.read() as session:
            return await report(session, await session.get_one(Project, self.project.id))

    async def line(self, line: BudgetLine) -> Standing:
        return (await self.report()).line(line.id).standing
