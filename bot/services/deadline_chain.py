"""What must be done before what: links between deadlines, who waits for whom, and what slips with a move."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import UserError
from bot.fuzzy import Ambiguous, Choice
from bot.models.deadline import Deadline, DeadlineLink, DeadlineState
from bot.models.memo import Counter
from bot.services.deadline_read import KEPT, Entry, before_of, find
from bot.text import clip, plain

MOST_AFTER = 20
NONE = frozenset(["none", "-", "nothing"])


class Circle(UserError):
    """A deadline that would wait for itself."""

    text = (
        "{path}: that is a circle, so nothing of it could ever begin. Nothing was changed; "
        "leave one of them out of `after`."
    )
    made_here = frozenset({"path"})


class TooManyBefore(UserError):
    """More deadlines to wait for than a card can show."""

    text = "A deadline can wait for {most} others at most, so nothing was changed. Name fewer in `after`."


class Blocked(UserError):
    """Something else must be done first."""

    text = (
        "“{what}” can't be done yet: {first} must be done first. Nothing was changed. "
        "Finish that, or take it out with `/deadline edit` and `after`."
    )
    made_here = frozenset({"first"})


@dataclass(frozen=True, slots=True)
class Slip:
    """A deadline that is pushed by another one: when it is due now, and when it would be with its gap kept."""

    deadline: Deadline
    due_at: datetime


def named(row: Deadline) -> str:
    """Return a deadline's short name as it is shown."""
    return f"**{plain(clip(row.what, 60))}** (#{row.number})"


async def read_after(session: AsyncSession, actor: Actor, text: str) -> list[Deadline]:
    """Return the deadlines that `after` names, cut by commas, none for `none`.

    Raises `TooManyBefore`, or what finding one raises.
    """
    parts = [part for part in (piece.strip() for piece in text.split(",")) if part]
    if [part.casefold() for part in parts] in ([word] for word in NONE):
        return []
    if len(parts) > MOST_AFTER:
        raise TooManyBefore(most=MOST_AFTER)
    rows: dict[int, Deadline] = {}
    for place, part in enumerate(parts):
        try:
            found = await find(session, actor, part, states=KEPT)
        except Ambiguous as several:
            raise _asked_back(several, parts, place) from None
        rows[found.id] = found
    return list(rows.values())


def _asked_back(several: Ambiguous, parts: list[str], place: int) -> Ambiguous:
    """Return the question about one part of `after`; each choice keeps the other parts."""
    choices = [
        Choice(item.label, ", ".join([*parts[:place], item.value, *parts[place + 1 :]])) for item in several.choices
    ]
    return Ambiguous(option="after", given=parts[place], choices=choices)


async def link(session: AsyncSession, row: Deadline, before: Sequence[Deadline]) -> None:
    """Let a deadline wait for exactly these; raises `Circle` where one of them waits for it."""
    # One change of links at a time per server: two at once could close a circle that neither sees.
    numbers = Counter.guild_id == row.guild_id, Counter.kind == "deadline"
    await session.execute(select(Counter.last).where(*numbers).with_for_update())
    await _must_not_circle(session, row, before)
    linked = await session.scalars(_links(row.guild_id, DeadlineLink.deadline_id, [row.id]))
    known = {item.after_id: item for item in linked}
    wanted = {item.id for item in before}
    for after_id, item in known.items():
        item.is_active = after_id in wanted
    session.add_all(
        [DeadlineLink(guild_id=row.guild_id, deadline_id=row.id, after_id=key) for key in wanted - known.keys()]
    )
    await session.flush()


async def _must_not_circle(session: AsyncSession, row: Deadline, before: Sequence[Deadline]) -> None:
    """Walk up from what is to come first; raise `Circle`, naming the way back, where it leads to the deadline."""
    came_from: dict[int, int] = {item.id: row.id for item in before}
    frontier = set(came_from)
    while frontier and row.id not in came_from:
        rows = await session.scalars(_links(row.guild_id, DeadlineLink.deadline_id, frontier, active=True))
        steps = {item.after_id: item.deadline_id for item in rows if item.after_id not in came_from}
        came_from.update(steps)
        frontier = set(steps)
    if row.id not in came_from:
        return
    path = [row.id, came_from[row.id]]
    while path[-1] != row.id:
        path.append(came_from[path[-1]])
    found = {item.id: item for item in await session.scalars(_by_id(path))}
    raise Circle(path=" before ".join(named(found[key]) for key in path))


def must_be_free(known: Entry) -> None:
    """Raise `Blocked` while something that comes first is open."""
    if known.blocked_by:
        first = " and ".join(map(named, known.blocked_by[:5]))
        raise Blocked(what=clip(known.deadline.what, 80), first=first)


async def recheck(session: AsyncSession, item: DeadlineLink) -> None:
    """Keep the rule for a link that an undo brought back; raises `Circle` where the other way round was made since."""
    if item.is_active:
        rows = {row.id: row for row in await session.scalars(_by_id([item.deadline_id, item.after_id]))}
        await _must_not_circle(session, rows[item.deadline_id], [rows[item.after_id]])


async def freed_by(session: AsyncSession, row: Deadline) -> list[Deadline]:
    """Return the open deadlines that waited for this one and now wait for nothing more."""
    linked = await session.scalars(_links(row.guild_id, DeadlineLink.after_id, [row.id], active=True))
    after = {item.deadline_id for item in linked}
    if not after:
        return []
    before = await before_of(session, [row.guild_id], after)
    free = [key for key in after if all(item.state is DeadlineState.DONE for item in before[key])]
    found = _by_id(free).where(Deadline.state == DeadlineState.OPEN)
    return list(await session.scalars(found.order_by(Deadline.due_at, Deadline.number)))


async def after_it(session: AsyncSession, row: Deadline) -> list[Deadline]:
    """Return the open deadlines that come after this one, directly or through others, by due time."""
    seen: set[int] = set()
    frontier = {row.id}
    while frontier:
        rows = await session.scalars(_links(row.guild_id, DeadlineLink.after_id, frontier, active=True))
        frontier = {item.deadline_id for item in rows} - seen - {row.id}
        seen |= frontier
    if not seen:
        return []
    found = _by_id(seen).where(Deadline.state == DeadlineState.OPEN)
    return list(await session.scalars(found.order_by(Deadline.due_at, Deadline.number)))


async def slips(session: AsyncSession, row: Deadline, was: datetime) -> list[Slip]:
    """Return what comes after a deadline that was moved to later, each with the due time that keeps its gap."""
    if row.due_at <= was:
        return []
    zone = ZoneInfo(row.zone)
    push = _wall(row.due_at, zone) - _wall(was, zone)
    return [Slip(item, pushed(item, push)) for item in await after_it(session, row)]


def pushed(row: Deadline, by: timedelta) -> datetime:
    """Return the due time moved on the wall of the deadline's zone, so that 18:00 stays 18:00 over a clock change."""
    zone = ZoneInfo(row.zone)
    return (_wall(row.due_at, zone) + by).replace(tzinfo=zone).astimezone(UTC)


def _by_id(ids: Iterable[int]) -> Select[Deadline]:
    return select(Deadline).where(Deadline.id.in_(list(ids)))


def _links(guild_id: int, column: Any, keys: Iterable[int], *, active: bool = False) -> Select[DeadlineLink]:
    statement = select(DeadlineLink).where(DeadlineLink.guild_id == guild_id, column.in_(list(keys)))
    return statement.where(DeadlineLink.is_active.is_(True)) if active else statement


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
