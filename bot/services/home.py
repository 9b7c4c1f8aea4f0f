"""What a person has today, and a project at a glance: questions over everything else."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database, has_any
from bot.models.booking import ACTIVE, Answer, Booking, BookingPerson
from bot.models.budget import Expense, ExpenseState
from bot.models.deadline import Deadline
from bot.models.project import Project
from bot.money import Money
from bot.services import booking, budget, deadline
from bot.services.deadline import Entry
from bot.services.deadline_read import entries
from bot.text import clip, plain, short

DAYS_AHEAD = 7
SHOWN = 5
FAR = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An expense that waits for approval."""

    number: int
    what: str
    money: Money


@dataclass(frozen=True, slots=True)
class Today:
    """What one person has until `until`; `waiting` is None for those who approve nothing."""

    until: datetime
    sessions: list[Booking]
    deadlines: list[Entry]
    owed: list[Booking]
    waiting: list[Waiting] | None
    waiting_total: int = 0


class HomeService:
    """Answers that draw on every stem."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def today(self, actor: Actor, *, user_id: int | None, role_ids: Collection[int]) -> Today:
        """Return what a member or a role has today and on the next seven days, in the actor's zone.

        Expenses that wait for approval are the actor's own concern, and only a producer's.
        """
        now = self._clock.now()
        midnight = now.astimezone(actor.zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        until = midnight + timedelta(days=DAYS_AHEAD + 1)
        whose = {"user_id": user_id, "role_ids": tuple(role_ids), "until": until}
        async with self._db.read() as session:
            sessions = await booking.coming_up(session, actor, **whose, limit=SHOWN)  # type: ignore[arg-type]
            due = await deadline.coming_up(session, actor, **whose, limit=SHOWN)  # type: ignore[arg-type]
            owed = await _owed(session, actor, user_id, role_ids, now, until) if user_id else []
            approves = actor.is_producer and user_id == actor.user_id
            waiting, total = await _waiting(session, actor) if approves else (None, 0)
            return Today(until, sessions, await entries(session, due, now), owed, waiting, total)

    async def glance(self, actor: Actor, project: Project, locale: str) -> list[str]:
        """Return a project's state in a few lines: next session, deadlines, money left (R35), days to the release."""
        now = self._clock.now()
        async with self._db.read() as session:
            sessions = await booking.coming_up(session, actor, until=now + FAR, project_id=project.id, limit=1)
            due = await deadline.coming_up(session, actor, until=now + FAR, project_id=project.id, limit=3)
            late = await deadline.count_late(session, actor, project.id, now)
            left = await budget.standing(session, project) if actor.sees_money else None
        lines = [
            f"Next session: **{plain(sessions[0].what)}** {short(sessions[0].start_at)}" if sessions else "",
            _deadlines(due, late),
        ]
        if left is not None and not (left.is_empty and left.budget is None):
            lines.append(f"Left of the budget: {Money(left.left, left.currency).show(locale)}")
        return [*filter(None, lines), *_countdown(actor, project, now)]


async def _owed(
    session: AsyncSession, actor: Actor, user_id: int, role_ids: Collection[int], now: datetime, until: datetime
) -> list[Booking]:
    """Return the sessions ahead that a member is asked to, by name or role, and has not answered."""
    here = BookingPerson.booking_id == Booking.id
    them = or_(BookingPerson.user_id == user_id, BookingPerson.role_id.in_(list(role_ids)))
    invited = has_any(BookingPerson, here, BookingPerson.is_asked.is_(True), them)
    answered = has_any(BookingPerson, here, BookingPerson.user_id == user_id, BookingPerson.answer != Answer.NONE)
    ahead = and_(Booking.start_at > now, Booking.start_at < until, Booking.state.in_(ACTIVE))
    statement = select(Booking).where(Booking.guild_id == actor.guild_id, ahead, invited, ~answered)
    return list(await session.scalars(statement.order_by(Booking.start_at, Booking.id).limit(SHOWN)))


async def _waiting(session: AsyncSession, actor: Actor) -> tuple[list[Waiting], int]:
    """Return the oldest expenses that wait for approval, and how many there are."""
    mine = Expense.guild_id == actor.guild_id, Expense.state == ExpenseState.PENDING
    found = select(Expense, Project.currency, func.count().over()).join(Project, Project.id == Expense.project_id)
    rows = (await session.execute(found.where(*mine).order_by(Expense.number).limit(SHOWN))).all()
    waiting = [Waiting(item.number, item.what, Money(item.amount_minor, code)) for item, code, _ in rows]
    return waiting, rows[0][2] if rows else 0


def _deadlines(due: list[Deadline], late: int) -> str:
    """Return the late deadlines by name, else the next one."""
    if late:
        named = ", ".join(f"**{plain(clip(row.what, 60))}**" for row in due[: min(late, len(due))])
        more = f" and {late - len(due)} more" if late > len(due) else ""
        return f"Late: {named}{more}"
    return f"Next deadline: **{plain(clip(due[0].what, 60))}** {short(due[0].due_at)}" if due else ""


def _countdown(actor: Actor, project: Project, now: datetime) -> list[str]:
    if project.release_on is None:
        return []
    days = (project.release_on - now.astimezone(actor.zone).date()).days
    if days == 0:
        return ["Out today"]
    unit = "day" if abs(days) == 1 else "days"
    return [f"Out in {days} {unit}" if days > 0 else f"Out for {-days} {unit}"]
