"""What a session costs, what that leaves of the budget, and what cancelling it late costs (R14, R16, R26)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import UserError
from bot.models.booking import Booking, BookingState
from bot.models.project import Project
from bot.models.room import Room
from bot.money import Money
from bot.services import budget, room, room_price
from bot.services.budget_chart import STUDIO
from bot.services.budget_report import report


class RoomCurrency(UserError):
    """A room that is paid in another currency than the project counts in."""

    text = (
        "“{room}” is paid in {currency}, and the project “{project}” is counted in {wanted}, so nothing was changed. "
        "Set the room's rate in {wanted} with `/room edit`, or pick a project that is counted in {currency}."
    )


class FeeAsked(UserError):
    """Cancelling now costs money by the room's terms, which somebody has to accept first (R26)."""

    text = (
        "Cancelling this now costs money by the terms of its room, so nothing was changed yet. "
        "Run `/booking cancel` to see what, and to decide."
    )

    def __init__(self, booking_id: int, fee: Money, percent: int) -> None:
        super().__init__()
        self.booking_id = booking_id
        self.fee = fee
        self.percent = percent


@dataclass(frozen=True, slots=True)
class Quote:
    """What a session costs, and what is left once it is confirmed; None where there is nothing to say.

    `line` is what is left of the room's line, None where nothing is planned on one; `project` of the whole
    project, and `held` of the project if every other hold is confirmed as well (R16).
    """

    price: Money | None
    line_name: str | None = None
    line: Money | None = None
    project: Money | None = None
    held: Money | None = None


def price_of(place: Room | None, project: Project | None, booking: Booking) -> Money | None:
    """Return the price of the booking's elapsed time; raises `RoomCurrency` where the project counts otherwise."""
    minor = room_price.price(place, booking.length) if place is not None else None
    if place is None or minor is None:
        return None
    if project is not None and project.currency != place.currency:
        raise RoomCurrency(room=place.name, currency=place.currency, project=project.name, wanted=project.currency)
    return Money(minor, place.currency)


async def quote(
    session: AsyncSession, place: Room | None, project: Project | None, booking: Booking, times: int = 1
) -> Quote:
    """Return the price and what it would leave, for so many bookings of this length that count nowhere yet."""
    single = price_of(place, project, booking)
    if single is None or project is None or place is None:
        return Quote(single and replace(single, minor=single.minor * times))
    price = replace(single, minor=single.minor * times)
    books = await report(session, project)
    studio = [part for part in books.categories if part.category.code == STUDIO]
    # The same line as `budget.line_for_room` will charge, without making it for a mere preview.
    lines = [entry for part in studio for entry in part.lines]
    named = [entry for entry in lines if entry.line.item.casefold() == place.name.casefold()]
    planned = [entry for entry in lines if entry.line.quantity and not entry.line.is_closed]
    line = named[0] if named else planned[0] if len(planned) == 1 else None
    left = books.standing.left - price.minor
    return Quote(
        price,
        line.line.item if line else place.name,
        Money(line.standing.left - price.minor, price.currency) if line else None,
        Money(left, price.currency),
        Money(left - books.standing.exposure, price.currency) if books.standing.exposure else None,
    )


async def agree(
    session: AsyncSession, actor: Actor, booking: Booking, place: Room | None, project: Project | None
) -> None:
    """Set the agreed price and the line it is charged to; the budget counts it by the booking's state (R14)."""
    price = price_of(place, project, booking)
    booking.agreed_minor = price.minor if price else None
    booking.currency = price.currency if price else None
    if price is not None and project is not None and place is not None:
        booking.line_id = (await budget.line_for_room(session, actor, project, place)).id


def terms_of(booking: Booking, place: Room | None) -> list[tuple[datetime, Money, int]]:
    """Return from when on cancelling costs what, and its percentage, the earliest first (R26)."""
    if place is None or not booking.agreed_minor:
        return []
    edges = [(booking.start_at - timedelta(hours=hours)) for hours, percent in place.cancellation if percent]
    # A moment past an edge, as at the edge itself nothing of it is owed yet.
    found = [(at, *fee_of(booking, place, at + timedelta(seconds=1))) for at in sorted(edges)]
    return [(at, fee, percent) for at, fee, percent in found if fee is not None]


def fee_of(booking: Booking, place: Room | None, now: datetime) -> tuple[Money | None, int]:
    """Return what cancelling at this instant costs, and its percentage: agreed x the ladder's percent (R26)."""
    if place is None or booking.state is not BookingState.CONFIRMED or not booking.agreed_minor:
        return None, 0
    percent = room.cancellation_percent(place, booking.start_at - now)
    minor = int((Decimal(booking.agreed_minor) * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))
    return (Money(minor, booking.currency or place.currency), percent) if minor else (None, 0)


async def charge_fee(session: AsyncSession, actor: Actor, booking: Booking, fee: Money) -> None:
    """Book the fee as an expense on the line the booking was committed to; without a project nothing is booked."""
    if booking.project_id is None or booking.line_id is None:
        return
    await budget.charge(
        session,
        actor,
        project_id=booking.project_id,
        line_id=booking.line_id,
        amount_minor=fee.minor,
        what=f"Cancellation fee: #{booking.number} {booking.what}",
        booking_id=booking.id,
    )


def total_of(fees: Iterable[Money | None]) -> Money | None:
    """Return the sum of what several cancellations cost; they are of one room, so of one currency."""
    known = [fee for fee in fees if fee is not None]
    return replace(known[0], minor=sum(fee.minor for fee in known)) if known else None
