"""Closing a session out: who came, the real in and out, overtime and extra cost, into the budget as actuals (R27)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import UserError
from bot.fuzzy import Choice, number_in, rank
from bot.models.booking import Booking, BookingPerson, BookingState
from bot.models.budget import Expense, ExpenseState
from bot.models.project import Project
from bot.models.room import Room
from bot.money import Amount, Money
from bot.services import booking_checks as checks
from bot.services import booking_facts as known
from bot.services import booking_holds as holds
from bot.services import booking_steps as steps
from bot.services import budget_plan, reminder, room_overtime
from bot.services.booking_facts import BookingFacts
from bot.services.booking_steps import Found, Ref
from bot.services.budget_expense import counted
from bot.services.project import exact_money
from bot.services.room_price import Overrun, overrun
from bot.services.settings import settings_of
from bot.text import clip, local, stamp, stamp_range

FAR = timedelta(hours=24)
SUGGESTED_FOR = timedelta(days=60)
MOST_SUGGESTED = 200
NOTE_LIMIT = 300
ROOMLESS = "Session costs"


class OnlyHeld(UserError):
    """Closing a hold."""

    text = "#{number} “{what}” is only held, so it can't be closed and nothing was changed. Confirm or cancel it."


class NotBegun(UserError):
    """Closing a session that is still ahead."""

    text = "#{number} “{what}” begins {start}, so it can't be closed yet and nothing was changed."
    made_here = frozenset({"start"})


class NotOverYet(UserError):
    """Closing a session that is booked to go on."""

    text = (
        "#{number} “{what}” is booked until {end}, so nothing was changed. "
        "If it ended earlier, give its real `end`; else close it after that."
    )
    made_here = frozenset({"end"})


class EndsAhead(UserError):
    """A real time that is still to come."""

    text = "A real time can't be ahead, and {at} is, so nothing was changed. Give the times as they were."
    made_here = frozenset({"at"})


class EndsFirst(UserError):
    """A session that ended before it began."""

    text = "It can't have ended ({end}) before it began ({start}), so nothing was changed. Give both times."
    made_here = frozenset({"start", "end"})


class FarOff(UserError):
    """Real times that belong to another day."""

    text = (
        "The real in and out lie within a day of the booked times, {booked}, and {real} does not. "
        "Nothing was changed; check the dates."
    )
    made_here = frozenset({"booked", "real"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody says about how it went; None is as planned, and of people as they answered."""

    start: datetime | None = None
    end: datetime | None = None
    cost: Amount | None = None
    note: str | None = None
    came: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """How a session went and what it cost; the amounts are for money roles (R35).

    `overtime` is None where the room has no rule for the time over. `booked` is what goes into the budget now, which
    is less than the whole where an invoice came already; None without a project. `asks` are the numbers of the
    expenses that wait for a producer.
    """

    facts: BookingFacts
    start: datetime
    end: datetime
    came: tuple[int, ...]
    note: str | None
    over: Overrun
    currency: str
    agreed: Money | None = None
    overtime: Money | None = None
    extra: Money | None = None
    booked: Money | None = None
    rule: str = ""
    waits: bool = False
    asks: tuple[int, ...] = ()

    @property
    def is_as_planned(self) -> bool:
        return (self.start, self.end) == (self.facts.start, self.facts.end)


@dataclass(frozen=True, slots=True)
class Share:
    """One of the expenses that a session leaves; what is beyond its price may wait for a producer."""

    what: str
    minor: int
    is_beyond: bool


class BookingCloseService:
    """What a band does when a session is over."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def preview(self, actor: Actor, ref: Ref, wish: Wish) -> Closing:
        """Return what closing would say and cost; nothing is written.

        Raises `ClosedAlready`, `OnlyHeld`, `NotActive`, `NotYourBooking`, or what the times or the cost lack.
        """
        async with self._db.read() as session:
            booking = await _named(session, actor, ref)
            place = await session.get(Room, booking.room_id) if booking.room_id else None
            project = await session.get(Project, booking.project_id) if booking.project_id else None
            return (await _reckon(session, actor, (booking, place, project), wish))[0]

    async def close(self, actor: Actor, booking_id: int, wish: Wish) -> Closing:
        """Close a session out, and book what it cost in the same transaction; raises as `preview` does."""
        async with self._db.write(actor, "booking.close") as session:
            found = await steps.locked(session, await known.get(session, actor.guild_id, booking_id))
            closing, shares = await _reckon(session, actor, found, wish)
            booking = found[0]
            booking.closed_at = session.info["at"]
            booking.actual_start_at, booking.actual_end_at = closing.start, closing.end
            booking.overtime_minor = closing.overtime.minor if closing.overtime else None
            booking.extra_minor = closing.extra.minor if closing.extra else None
            booking.currency = booking.currency or (closing.currency if closing.extra else None)
            booking.close_note = closing.note
            await _note_who_came(session, booking, closing.came)
            asks = await _charge(session, actor, found, shares, waits=closing.waits)
            await reminder.call_off(session, holds.KINDS, booking.id)
            holds.mark(session, booking)
            facts = await known.facts_of(session, booking)
        return replace(closing, facts=facts, asks=asks)

    async def suggest(self, actor: Actor, text: str) -> list[Choice]:
        """Return the sessions that wait to be closed, the latest first: a producer's all, else one's own."""
        now = self._clock.now()
        waiting = select(Booking).where(
            Booking.guild_id == actor.guild_id,
            Booking.state == BookingState.CONFIRMED,
            Booking.closed_at.is_(None),
            Booking.start_at <= now,
            Booking.start_at > now - SUGGESTED_FOR,
        )
        if not actor.is_producer:
            waiting = waiting.where(Booking.created_by == actor.user_id)
        async with self._db.read() as session:
            rows = list(await session.scalars(waiting.order_by(Booking.start_at.desc()).limit(MOST_SUGGESTED)))
        number = number_in(text)
        if number is not None:
            rows = [row for row in rows if str(row.number).startswith(str(number))]
        else:
            rows = rank(text, rows, lambda row: row.what)
        return [
            Choice(
                clip(f"#{row.number} {clip(row.what, 40)} · {local(row.start_at, actor.zone, actor.locale)}", 100),
                f"#{row.number}",
            )
            for row in rows[:25]
        ]


async def _named(session: AsyncSession, actor: Actor, ref: Ref) -> Booking:
    found = known.get(session, actor.guild_id, ref) if isinstance(ref, int) else known.find(session, actor, ref)
    return await found


async def _reckon(session: AsyncSession, actor: Actor, found: Found, wish: Wish) -> tuple[Closing, list[Share]]:
    """Return how a session went by what is said of it, and the expenses that leaves."""
    booking, place, project = found
    _must_be_closable(actor, booking, session.info["at"], wish)
    checks.must_be_open(None, project)
    start, end = _real_times(booking, session.info["at"], wish)
    facts = await known.facts_of(session, booking)
    # The clock begins at the booked time even where somebody is late, and earlier where they are early (fact 4.2).
    lasted = max(end, booking.end_at) - min(start, booking.start_at)
    over = overrun(place, booking.length, lasted) if place else Overrun(0, None)
    settings = await settings_of(session, actor.guild_id, session.info["at"])
    currency = booking.currency or (project or place or settings).currency
    overtime = Money(over.minor, currency) if over.minor is not None and booking.agreed_minor is not None else None
    extra = exact_money(wish.cost, currency) if wish.cost is not None and wish.cost.value else None
    shares = _shares(booking, await _invoiced(session, booking), overtime, extra) if project else []
    beyond = Money(sum(share.minor for share in shares if share.is_beyond), currency)
    waits = not actor.is_producer and beyond.major > Money(settings.approval_above_minor, settings.currency).major
    closing = Closing(
        facts,
        start,
        end,
        _came(facts) if wish.came is None else wish.came,
        checks.tidy_text(wish.note, "note", NOTE_LIMIT),
        over,
        currency,
        Money(booking.agreed_minor, currency) if booking.agreed_minor is not None else None,
        overtime,
        extra,
        Money(sum(share.minor for share in shares), currency) if project else None,
        room_overtime.in_words(place, settings.locale) if place else "",
        waits,
    )
    return closing, shares


def _must_be_closable(actor: Actor, booking: Booking, now: datetime, wish: Wish) -> None:
    """Raise what keeps a booking from being closed by this person, now."""
    checks.must_own(actor, booking)
    what = clip(booking.what, 60)
    if booking.state is BookingState.HELD:
        raise OnlyHeld(number=booking.number, what=what)
    checks.must_be_active(booking)
    if booking.start_at > now and (wish.start is None or wish.end is None):
        raise NotBegun(number=booking.number, what=what, start=stamp(booking.start_at))
    if booking.end_at > now and wish.end is None:
        raise NotOverYet(number=booking.number, what=what, end=stamp(booking.end_at))


def _real_times(booking: Booking, now: datetime, wish: Wish) -> tuple[datetime, datetime]:
    """Return the real in and out; raises `EndsAhead`, `EndsFirst` or `FarOff`."""
    start, end = wish.start or booking.start_at, wish.end or booking.end_at
    if end <= start:
        raise EndsFirst(start=stamp(start), end=stamp(end))
    if end > now:
        raise EndsAhead(at=stamp(end))
    if start < booking.start_at - FAR or end > booking.end_at + FAR:
        raise FarOff(booked=checks.when_of(booking), real=stamp_range(start, end))
    return start, end


def _came(facts: BookingFacts) -> tuple[int, ...]:
    """Return who came as far as the answers say: those coming, else everybody asked who did not decline."""
    return facts.coming or facts.concerned


def _shares(booking: Booking, invoiced: int, overtime: Money | None, extra: Money | None) -> list[Share]:
    """Return what is still to be booked: the agreed price and the overtime as far as no invoice covers them."""
    title = f"#{booking.number} {booking.what}"
    agreed = booking.agreed_minor or 0
    over = overtime.minor if overtime else 0
    price_open = max(0, agreed - invoiced)
    over_open = max(0, over - max(0, invoiced - agreed))
    shares = [
        Share(f"Session: {title}", price_open, is_beyond=False),
        Share(f"Overtime: {title}", over_open, is_beyond=True),
        Share(f"Extra cost: {title}", extra.minor if extra else 0, is_beyond=True),
    ]
    return [share for share in shares if share.minor]


async def _invoiced(session: AsyncSession, booking: Booking) -> int:
    """Return what came in for a session already (R14)."""
    mine = Expense.guild_id == booking.guild_id, Expense.booking_id == booking.id
    total = select(func.sum(Expense.amount_minor)).where(*mine, Expense.state == ExpenseState.APPROVED)
    return int(await session.scalar(total) or 0)


async def _charge(
    session: AsyncSession, actor: Actor, found: Found, shares: Sequence[Share], *, waits: bool
) -> tuple[int, ...]:
    """Book the expenses on the line of the session; return the numbers of those that wait for a producer."""
    booking, place, project = found
    if project is None or not shares:
        return ()
    await budget_plan.lock(session, project)
    if booking.line_id is None:
        named = place.name if place else ROOMLESS
        booking.line_id = (await budget_plan.studio_line(session, actor, project, named)).id
    asks = []
    for share in shares:
        money = Money(share.minor, project.currency)
        expense = await counted(
            session, actor, project, booking.line_id, money, what=share.what, booking_id=booking.id
        )  # fmt: skip
        if share.is_beyond and waits:
            expense.state, expense.decided_by, expense.decided_at = ExpenseState.PENDING, None, None
            asks.append(expense.number)
    return tuple(asks)


async def _note_who_came(session: AsyncSession, booking: Booking, came: Iterable[int]) -> None:
    """Note for everybody asked, and whoever came unasked, whether they came."""
    rows = {row.user_id: row for row in await session.scalars(steps.people_of(booking)) if row.user_id}
    here = set(came)
    for user_id in dict.fromkeys(came):
        if user_id not in rows:
            rows[user_id] = BookingPerson(
                guild_id=booking.guild_id, booking_id=booking.id, user_id=user_id, is_asked=False
            )
            session.add(rows[user_id])
    for user_id, row in rows.items():
        row.has_come = user_id in here
