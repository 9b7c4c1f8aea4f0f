"""Who may do what with a deadline, what is refused, and what an act on one returns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import UserError
from bot.models.deadline import Deadline, DeadlinePerson
from bot.models.memo import Memo
from bot.services import deadline_repeat
from bot.services.deadline_chain import Slip
from bot.services.deadline_read import Entry
from bot.services.memo import Forgotten, NotYours
from bot.text import clip

SHIFT = "shift"
# A member or a role: exactly one of the two is set.
Person = tuple[int | None, int | None]


class DueInThePast(UserError):
    """A due time that is over."""

    text = "That time is already over, so nothing was changed. Name a due time that is still ahead, like `fri 7pm`."


class DoneAlready(UserError):
    """The second press, by whomever."""

    text = "“{what}” was done already: {who} marked it {when}. Nothing was changed."
    made_here = frozenset({"who", "when"})


class NotOpen(UserError):
    """A change of something that is over."""

    text = "“{what}” is done, so nothing was changed. Open it again with `/deadline reopen` first."


class OpenAlready(UserError):
    """Reopening what is open."""

    text = "“{what}” is open already, so nothing was changed."


class ShiftedAlready(UserError):
    """The second press of **Shift them too**."""

    text = "These were moved or finished meanwhile, so nothing was changed. `/deadline list` shows them as they are."


class NotYourDeadline(UserError):
    """A deadline of other people."""

    text = (
        "“{what}” is for {who}. Only they, whoever added it and producers can do that with it, so nothing was changed."
    )
    made_here = frozenset({"who"})


@dataclass(frozen=True, slots=True)
class Finished:
    """A deadline that is done, what can begin now, and the next one if it repeats."""

    entry: Entry
    freed: list[Entry]
    coming: Entry | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline with a new due time, the one it had, and what slips with it; `shift_id` remembers that."""

    entry: Entry
    was: datetime
    slips: list[Slip]
    shift_id: int | None = None


def must_be_theirs(actor: Actor, known: Entry) -> None:
    """Raise `NotYourDeadline` unless it is for the actor or a role of theirs, they added it, or they produce."""
    if actor.is_producer or actor.user_id in (known.deadline.created_by, *known.user_ids):
        return
    if actor.role_ids.isdisjoint(known.role_ids):
        raise NotYourDeadline(what=clip(known.deadline.what, 80), who=known.who)


def add_people(session: AsyncSession, row: Deadline, people: Iterable[Person]) -> None:
    """Let a deadline be for these too, who were none of it before."""
    common = {"guild_id": row.guild_id, "deadline_id": row.id}
    session.add_all([DeadlinePerson(**common, user_id=user, role_id=role) for user, role in people])


async def assign(session: AsyncSession, row: Deadline, people: Sequence[Person]) -> None:
    """Let a deadline be for exactly these."""
    rows = await session.scalars(select(DeadlinePerson).where(DeadlinePerson.deadline_id == row.id))
    known = {(person.user_id, person.role_id): person for person in rows}
    for key, person in known.items():
        person.is_assigned = key in people
    add_people(session, row, [person for person in people if person not in known])


def meant(actor: Actor, user_ids: Iterable[int], role_ids: Iterable[int]) -> list[Person]:
    """Return the members and roles once each; nobody means the actor."""
    people: list[Person] = [(user, None) for user in dict.fromkeys(user_ids)]
    people += [(None, role) for role in dict.fromkeys(role_ids)]
    return people or [(actor.user_id, None)]


def set_due(row: Deadline, due_at: datetime) -> None:
    """Give a deadline another due time; that somebody was on it for the old one counts no more."""
    row.due_at = due_at
    row.answered_by = row.answered_at = None


def set_repeat(row: Deadline, rrule: str) -> None:
    """Let a deadline repeat from its due time on, or no more for an empty rule; raises what the rule lacks."""
    if rrule:
        deadline_repeat.check(rrule, row.due_at, ZoneInfo(row.zone))
    row.rrule, row.first_at = (rrule, row.due_at) if rrule else (None, None)


async def keep_shift(session: AsyncSession, actor: Actor, slips: Sequence[Slip], now: datetime) -> int | None:
    """Remember what a button may shift: from when to when, so that a second press finds nothing left to do."""
    if not slips:
        return None
    moves = [[slip.deadline.id, slip.deadline.due_at.isoformat(), slip.due_at.isoformat()] for slip in slips]
    memo = Memo(guild_id=actor.guild_id, user_id=actor.user_id, kind=SHIFT, payload={"moves": moves}, made_at=now)
    session.add(memo)
    await session.flush()
    return memo.id


async def recall_shift(session: AsyncSession, actor: Actor, memo_id: int) -> list[tuple[int, datetime, datetime]]:
    """Return what was remembered; raises `Forgotten`, or `NotYours` for another person's move."""
    mine = Memo.id == memo_id, Memo.guild_id == actor.guild_id, Memo.kind == SHIFT
    memo = await session.scalar(select(Memo).where(*mine))
    if memo is None:
        raise Forgotten
    if memo.user_id != actor.user_id:
        raise NotYours
    moves = memo.payload["moves"]
    return [(key, datetime.fromisoformat(was), datetime.fromisoformat(due_at)) for key, was, due_at in moves]


def ago(at: datetime | None) -> str:
    return f"<t:{int(at.timestamp())}:R>" if at else "before"
