"""Deadlines: adding, listing and finishing them; reading them is in `deadline_read`."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound, UserError
from bot.fuzzy import Choice
from bot.models.deadline import Deadline, DeadlinePerson, DeadlineState
from bot.services import deadline_pings, project
from bot.services.deadline_read import (
    DeadlineFacts,
    DeadlineGone,
    Entry,
    Status,
    Wanted,
    choices,
    coming_up,
    count_late,
    describe,
    entries,
    entry,
    find,
    get,
    matching,
)  # fmt: skip
from bot.services.memo import next_number
from bot.services.project import tidy_name
from bot.text import clip

__all__ = [
    "DeadlineFacts", "DeadlineGone", "DeadlineService", "Entry", "Status", "Wanted",
    "coming_up", "count_late", "describe", "find", "get",
]  # fmt: skip
WHAT_LIMIT = 200
PICKED_IN = {
    Status.OPEN: [DeadlineState.OPEN],
    Status.DONE: [DeadlineState.DONE],
    Status.ALL: [DeadlineState.OPEN, DeadlineState.DONE],
}


class DueInThePast(UserError):
    """A due time that is over."""

    text = "That time is already over, so nothing was changed. Name a due time that is still ahead, like `fri 7pm`."


class DoneAlready(UserError):
    """The second press, by whomever."""

    text = "“{what}” was done already: {who} marked it {when}. Nothing was changed."
    made_here = frozenset({"who", "when"})


class NotYourDeadline(UserError):
    """A deadline of other people."""

    text = (
        "“{what}” is for {who}. Only they, whoever added it and producers can do that with it, so nothing was changed."
    )
    made_here = frozenset({"who"})


def must_be_theirs(actor: Actor, known: Entry) -> None:
    """Raise `NotYourDeadline` unless it is for the actor or a role of theirs, they added it, or they produce."""
    if actor.is_producer or actor.user_id in (known.deadline.created_by, *known.user_ids):
        return
    if actor.role_ids.isdisjoint(known.role_ids):
        raise NotYourDeadline(what=clip(known.deadline.what, 80), who=known.who)


class DeadlineService:
    """What a band does with its deadlines."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def add(
        self,
        actor: Actor,
        what: str,
        *,
        due_at: datetime,
        is_all_day: bool = False,
        user_ids: Sequence[int] = (),
        role_ids: Sequence[int] = (),
        project_text: str | None = None,
        remind: str | None = None,
    ) -> Entry:
        """Add a deadline with its reminders; without people it is the actor's own.

        With `is_all_day` the local day of `due_at` counts, to its end in the actor's zone. Raises `DueInThePast`,
        `NotLeadTimes`, what the name lacks, or what picking the project raises.
        """
        what = tidy_name(what, WHAT_LIMIT)
        leads = list(deadline_pings.DEFAULT_LEADS) if remind is None else deadline_pings.read_leads(remind)
        now = self._clock.now()
        due_at = deadline_pings.end_of_day(due_at, actor.zone) if is_all_day else due_at
        if due_at <= now:
            raise DueInThePast
        async with self._db.write(actor, "deadline.add") as session:
            of = await project.current(session, actor, project_text)
            row = Deadline(
                guild_id=actor.guild_id,
                number=await next_number(session, actor.guild_id, "deadline"),
                what=what,
                project_id=of.id if of else None,
                due_at=due_at,
                zone=actor.zone.key,
                is_all_day=is_all_day,
                leads=leads,
                state=DeadlineState.OPEN,
                channel_id=actor.channel_id,
                created_by=actor.user_id,
                created_at=now,
            )
            session.add(row)
            await session.flush()
            _assign(session, row, user_ids or ([] if role_ids else [actor.user_id]), role_ids)
            deadline_pings.plan(session, row, now)
            await session.flush()
            return await entry(session, row, now)

    async def finish(self, actor: Actor, deadline_id: int) -> Entry:
        """Mark a deadline as done and call its reminders off.

        Raises `DoneAlready`, `NotYourDeadline`, `DeadlineGone` or `NotFound`.
        """
        async with self._db.write(actor, "deadline.done") as session:
            return await self._finish(session, actor, deadline_id)

    async def finish_named(self, actor: Actor, text: str) -> Entry:
        """Like `finish`, for what a person typed; may raise `Ambiguous` too."""
        async with self._db.write(actor, "deadline.done") as session:
            named = await find(session, actor, text, states=[DeadlineState.OPEN])
            return await self._finish(session, actor, named.id)

    async def _finish(self, session: AsyncSession, actor: Actor, deadline_id: int) -> Entry:
        row = await get(session, actor.guild_id, deadline_id, lock=True)
        if row.state is DeadlineState.DONE:
            raise DoneAlready(what=clip(row.what, 80), who=f"<@{row.done_by}>", when=_ago(row.done_at))
        must_be_theirs(actor, await entry(session, row, self._clock.now()))
        row.state, row.done_by, row.done_at = DeadlineState.DONE, actor.user_id, self._clock.now()
        await deadline_pings.call_off(session, row)
        return await entry(session, row, self._clock.now())

    async def show(self, actor: Actor, deadline_id: int) -> Entry:
        """Return a deadline by its key; raises `NotFound` or `DeadlineGone`."""
        async with self._db.read() as session:
            return await entry(session, await get(session, actor.guild_id, deadline_id), self._clock.now())

    async def guild_of(self, deadline_id: int) -> int:
        """Return the server of a deadline, for a press in a direct message; raises `NotFound`."""
        async with self._db.read() as session:
            guild_id = await session.scalar(select(Deadline.guild_id).where(Deadline.id == deadline_id))
        if guild_id is None:
            raise NotFound(kind="deadline", given=deadline_id)
        return guild_id

    async def listed(self, actor: Actor, wanted: Wanted, *, offset: int, limit: int) -> tuple[list[Entry], int]:
        """Return a page of the deadlines that are wanted, and how many there are in all."""
        now = self._clock.now()
        found = matching(actor, wanted, now)
        order = Deadline.done_at.desc() if wanted.status is Status.DONE else Deadline.due_at
        async with self._db.read() as session:
            total = await session.scalar(select(func.count()).select_from(found.subquery())) or 0
            page = await session.scalars(found.order_by(order, Deadline.number).offset(offset).limit(limit))
            return await entries(session, page.all(), now), total

    async def suggest(self, actor: Actor, text: str, *, status: str = "open") -> list[Choice]:
        """Return the deadlines a person may mean while typing, of a `Status` other than late."""
        async with self._db.read() as session:
            return await choices(session, actor, text, PICKED_IN[Status(status)])


def _assign(session: AsyncSession, row: Deadline, user_ids: Iterable[int], role_ids: Iterable[int]) -> None:
    common = {"guild_id": row.guild_id, "deadline_id": row.id}
    session.add_all([DeadlinePerson(**common, user_id=user) for user in dict.fromkeys(user_ids)])
    session.add_all([DeadlinePerson(**common, role_id=role) for role in dict.fromkeys(role_ids)])


def _ago(at: datetime | None) -> str:
    return f"<t:{int(at.timestamp())}:R>" if at else "before"
