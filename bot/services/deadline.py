"""Deadlines: adding, changing, finishing and listing them; reading them is in `deadline_read`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound
from bot.fuzzy import Ambiguous, Choice
from bot.models.deadline import Deadline, DeadlineState
from bot.models.project import Project
from bot.services import deadline_cards, deadline_freed, deadline_pings, deadline_repeat, project
from bot.services import deadline_chain as chain
from bot.services.deadline_facts import DeadlineFacts, describe
from bot.services.deadline_read import (
    KEPT,
    Entry,
    Status,
    Step,
    Wanted,
    choices,
    coming_up,
    count_late,
    entries,
    entry,
    find,
    get,
    handed_on,
    history,
    page_of,
    with_pings,
)
from bot.services.deadline_rules import (
    DoneAlready,
    DueInThePast,
    Finished,
    Moved,
    NotOpen,
    OpenAlready,
    Person,
    ShiftedAlready,
    add_people,
    ago,
    assign,
    keep_shift,
    meant,
    must_be_theirs,
    recall_shift,
    set_due,
    set_repeat,
)
from bot.services.deadline_timeline import Timeline, timeline
from bot.services.memo import next_number
from bot.services.project import ProjectArchived, tidy_name
from bot.text import clip

__all__ = [
    "DeadlineFacts", "DeadlineService", "Entry", "Finished", "Moved", "Status", "Wanted", "coming_up", "count_late",
    "describe",
]  # fmt: skip
WHAT_LIMIT = 200
PICKED_IN = {Status.OPEN: [DeadlineState.OPEN], Status.DONE: [DeadlineState.DONE], Status.ALL: list(KEPT)}
# What the next one of a repeating deadline has from the last.
CARRIED_ON = (
    "guild_id", "what", "project_id", "zone", "is_all_day", "leads", "has_usual_leads", "rrule", "first_at",
    "channel_id", "created_by", "link",
)  # fmt: skip


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
        after: str | None = None,
        remind: str | None = None,
        rrule: str | None = None,
        link: str | None = None,
        must_pick: bool = True,
    ) -> Entry:
        """Add a deadline with its reminders; without people it is the actor's own.

        Without `must_pick` it belongs to no project where several could be meant. With `is_all_day` the local day of
        `due_at` counts, to its end in the actor's zone. Raises `DueInThePast`, `NotLeadTimes`, `RepeatsTooOften`, what
        the name lacks, or what picking the project or `after` raises.
        """
        what = tidy_name(what, WHAT_LIMIT)
        due_at = self._ahead(actor, due_at, is_all_day=is_all_day)
        async with self._db.write(actor, "deadline.add") as session:
            of = await self._project(session, actor, project_text, must_pick=must_pick)
            before = await chain.read_after(session, actor, after) if after else []
            leads, is_usual = await deadline_pings.read(session, actor.guild_id, remind)
            row = Deadline(
                guild_id=actor.guild_id,
                number=await next_number(session, actor.guild_id, "deadline"),
                what=what,
                project_id=of.id if of else None,
                due_at=due_at,
                zone=actor.zone.key,
                is_all_day=is_all_day,
                leads=leads,
                has_usual_leads=is_usual,
                link=link,
                state=DeadlineState.OPEN,
                channel_id=actor.channel_id,
                created_by=actor.user_id,
                created_at=self._clock.now(),
            )
            if rrule:
                set_repeat(row, rrule)
            known = await self._planned(session, row, meant(actor, user_ids, role_ids), of.name if of else None)
            if before:
                await chain.link(session, row, before)
            return replace(known, before=tuple(before))

    async def _project(
        self, session: AsyncSession, actor: Actor, text: str | None, *, must_pick: bool
    ) -> Project | None:
        try:
            return await project.current(session, actor, text)
        except Ambiguous:
            if must_pick:
                raise
            return None

    def _ahead(self, actor: Actor, due_at: datetime, *, is_all_day: bool) -> datetime:
        """Return the due time, the end of its local day for a day; raises `DueInThePast`."""
        due_at = deadline_pings.end_of_day(due_at, actor.zone) if is_all_day else due_at
        if due_at <= self._clock.now():
            raise DueInThePast
        return due_at

    async def handed_on(self, actor: Actor, key: int | str) -> tuple[int, ...]:
        """Return the members to whom finishing a deadline hands its next one on; raises what finding it raises."""
        async with self._db.read() as session:
            return await handed_on(session, actor, key)

    async def finish(self, actor: Actor, key: int | str, *, left: Collection[int] = ()) -> Finished:
        """Mark a deadline as done, by its key or what a person typed, and call its reminders off.

        Whoever can begin now is told. A repeating one makes its next, for its people without those who `left`, else for
        the actor. Raises `DoneAlready`, `Blocked`, `NotYourDeadline`, `DeadlineGone`, `NotFound` or `Ambiguous`.
        """
        now = self._clock.now()
        async with self._db.write(actor, "deadline.done") as session:
            known = await self._known(session, actor, key, [DeadlineState.OPEN])
            row = known.deadline
            if row.state is DeadlineState.DONE:
                raise DoneAlready(what=clip(row.what, 80), who=f"<@{row.done_by}>", when=ago(row.done_at))
            must_be_theirs(actor, known)
            chain.must_be_free(known)
            coming = await self._next(session, actor, known, left)
            row.state, row.done_by, row.done_at, row.rrule = DeadlineState.DONE, actor.user_id, now, None
            await deadline_pings.call_off(session, row)
            await session.flush()
            freed = await entries(session, await chain.freed_by(session, row), now)
            await deadline_freed.plan(session, freed, now)
            deadline_cards.mark(session, row, *(item.deadline for item in freed))
            return Finished(replace(known, pings=()), freed, coming)

    async def _next(self, session: AsyncSession, actor: Actor, known: Entry, left: Collection[int]) -> Entry | None:
        """Make the next one of a repeating deadline, which carries the repeat on."""
        row, now = known.deadline, self._clock.now()
        due_at = deadline_repeat.next_due(row, now)
        if due_at is None:
            return None
        same = {name: getattr(row, name) for name in CARRIED_ON}
        following = Deadline(
            **same,
            number=await next_number(session, actor.guild_id, "deadline"),
            due_at=due_at,
            state=DeadlineState.OPEN,
            created_at=now,
        )
        people = meant(actor, [user for user in known.user_ids if user not in left], known.role_ids)
        return await self._planned(session, following, people, known.project)

    async def _planned(self, session: AsyncSession, row: Deadline, people: Sequence[Person], of: str | None) -> Entry:
        """Add a deadline of a project with its people and reminders."""
        now = self._clock.now()
        session.add(row)
        await session.flush()
        add_people(session, row, people)
        users = tuple(user for user, _ in people if user is not None)
        roles = tuple(role for _, role in people if role is not None)
        ahead = await deadline_pings.plan(session, row, users, roles, now)
        await session.flush()
        return Entry(row, users, roles, of, tuple(ahead))

    async def edit(
        self,
        actor: Actor,
        key: int | str,
        *,
        what: str | None = None,
        project_text: str | None = None,
        after: str | None = None,
        remind: str | None = None,
        rrule: str | None = None,
    ) -> Entry:
        """Change what is given; an empty `rrule` ends the repeat.

        Raises what `add` raises, `Circle`, and `NotYourDeadline`.
        """
        async with self._db.write(actor, "deadline.edit") as session:
            known = await self._theirs(session, actor, key, KEPT)
            row = known.deadline
            row.what = row.what if what is None else tidy_name(what, WHAT_LIMIT)
            if project_text:
                row.project_id = (await project.find(session, actor, project_text)).id
            if after is not None:
                await chain.link(session, row, await chain.read_after(session, actor, after))
            if rrule is not None:
                set_repeat(row, rrule)
            if remind is not None:
                row.leads, row.has_usual_leads = await deadline_pings.read(session, actor.guild_id, remind)
            return await self._replanned(session, known)

    async def move(self, actor: Actor, key: int | str, due_at: datetime, *, is_all_day: bool = False) -> Moved:
        """Give an open deadline another due time, and say what slips with it.

        Raises `DueInThePast`, `NotOpen`, `NotYourDeadline` or `ProjectArchived`.
        """
        due_at = self._ahead(actor, due_at, is_all_day=is_all_day)
        async with self._db.write(actor, "deadline.move") as session:
            known = await self._theirs(session, actor, key, [DeadlineState.OPEN])
            row, was = known.deadline, known.deadline.due_at
            if not known.is_open:
                raise NotOpen(what=clip(row.what, 80))
            set_due(row, due_at)
            row.is_all_day, row.zone = is_all_day, actor.zone.key
            moved = await self._replanned(session, known, as_read=True, anew=True)
            slips = await chain.slips(session, row, was)
            return Moved(moved, was, slips, await keep_shift(session, actor, slips, self._clock.now()))

    async def shift(self, actor: Actor, shift_id: int) -> list[Entry]:
        """Shift what slipped with a move, keeping the gaps; what was moved or finished meanwhile stays.

        Raises `ShiftedAlready` where nothing is left to move, `Forgotten`, `NotYours`, and `NotYourDeadline` where one
        of them is other people's.
        """
        async with self._db.write(actor, "deadline.shift") as session:
            shifted = []
            for key, was, due_at in sorted(await recall_shift(session, actor, shift_id)):
                known = await self._theirs(session, actor, key, KEPT)
                if known.is_open and known.deadline.due_at == was:
                    set_due(known.deadline, due_at)
                    shifted.append(await self._replanned(session, known, as_read=True, anew=True))
            if not shifted:
                raise ShiftedAlready
            return shifted

    async def assign(self, actor: Actor, key: int | str, user_ids: Sequence[int], role_ids: Sequence[int]) -> Entry:
        """Let a deadline be for exactly these; nobody means the actor. Raises `NotYourDeadline`."""
        async with self._db.write(actor, "deadline.assign") as session:
            known = await self._theirs(session, actor, key, KEPT)
            await assign(session, known.deadline, meant(actor, user_ids, role_ids))
            return await self._replanned(session, known)

    async def on_it(self, actor: Actor, key: int | str) -> Entry:
        """Answer a deadline's pings: the mornings and the producers are spared. Raises `NotOpen`, `NotYourDeadline`."""
        async with self._db.write(actor, "deadline.on_it") as session:
            known = await self._theirs(session, actor, key, [DeadlineState.OPEN])
            if not known.is_open:
                raise NotOpen(what=clip(known.deadline.what, 80))
            known.deadline.answered_by, known.deadline.answered_at = actor.user_id, self._clock.now()
            await deadline_pings.calm_down(session, known.deadline)
            deadline_cards.mark(session, known.deadline)
            return await with_pings(session, known, self._clock.now())

    async def reopen(self, actor: Actor, key: int | str) -> Entry:
        """Open a finished deadline again, with the reminders still ahead. Raises `OpenAlready`, `NotYourDeadline`."""
        async with self._db.write(actor, "deadline.reopen") as session:
            known = await self._theirs(session, actor, key, [DeadlineState.DONE])
            row = known.deadline
            if known.is_open:
                raise OpenAlready(what=clip(row.what, 80))
            row.state, row.done_by, row.done_at = DeadlineState.OPEN, None, None
            row.answered_by = row.answered_at = None
            await deadline_freed.withdraw(session, row)
            return await self._replanned(session, known, as_read=True, anew=True)

    async def delete(self, actor: Actor, key: int | str) -> Entry:
        """Take a deadline away; nothing waits for it any more. Raises `NotYourDeadline`."""
        async with self._db.write(actor, "deadline.delete") as session:
            known = await self._theirs(session, actor, key, KEPT)
            known.deadline.state = DeadlineState.DELETED
            deadline_cards.mark(session, known.deadline)
            await deadline_pings.call_off(session, known.deadline)
            return known

    async def _replanned(
        self, session: AsyncSession, known: Entry, *, as_read: bool = False, anew: bool = False
    ) -> Entry:
        """Plan an open deadline's reminders afresh; raises `ProjectArchived` for what belongs to a closed project.

        What else of it was changed is read again, unless it is `as_read`. The mornings after the due time go on where
        they are, or start `anew` for another one.
        """
        row, now = known.deadline, self._clock.now()
        deadline_cards.mark(session, row)
        await session.flush()
        known = known if as_read else (await entries(session, [row], now))[0]
        if known.is_archived:
            raise ProjectArchived(name=known.project)
        before = await deadline_pings.call_off(session, row)
        ahead: list[datetime] = []
        if known.is_open:
            people = known.user_ids, known.role_ids
            ahead = await deadline_pings.plan(session, row, *people, now, instead_of=None if anew else before)
        await session.flush()
        return replace(known, pings=tuple(ahead))

    async def _known(
        self, session: AsyncSession, actor: Actor, key: int | str, states: Iterable[DeadlineState]
    ) -> Entry:
        """Return a deadline, locked, by its key or what a person typed, without what is planned for its people."""
        if isinstance(key, str):
            row = await find(session, actor, key, states=states, lock=True)
        else:
            row = await get(session, actor.guild_id, key, lock=True)
        return (await entries(session, [row], self._clock.now()))[0]

    async def _theirs(
        self, session: AsyncSession, actor: Actor, key: int | str, states: Iterable[DeadlineState]
    ) -> Entry:
        known = await self._known(session, actor, key, states)
        must_be_theirs(actor, known)
        return known

    async def story(self, actor: Actor, text: str) -> tuple[Entry, list[Step]]:
        """Return the deadline that a person typed, and what was done to it."""
        async with self._db.read() as session:
            row = await find(session, actor, text, states=KEPT)
            return await entry(session, row, self._clock.now()), await history(session, row)

    async def show(self, actor: Actor, key: int | str) -> Entry:
        """Return a deadline by its key or what a person typed; raises `NotFound`, `Ambiguous` or `DeadlineGone`."""
        async with self._db.read() as session:
            if isinstance(key, str):
                row = await find(session, actor, key, states=KEPT)
            else:
                row = await get(session, actor.guild_id, key)
            return await entry(session, row, self._clock.now())

    async def theirs(self, actor: Actor, key: int | str) -> Entry:
        """Like `show`, for what is about to be changed; raises `NotYourDeadline` too."""
        known = await self.show(actor, key)
        must_be_theirs(actor, known)
        return known

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
        async with self._db.read() as session:
            found, total = await page_of(session, actor, wanted, now, offset=offset, limit=limit)
            return await entries(session, found, now), total

    async def timeline(self, actor: Actor, text: str | None) -> Timeline:
        """Return the plan of the project a command means, or of the whole server where there is no project."""
        async with self._db.read() as session:
            of = await project.find(session, actor, text, archived=True) if text else None
            of = of or await project.current(session, actor, None)
            return await timeline(session, actor.guild_id, of, self._clock.now())

    async def suggest(self, actor: Actor, text: str, *, status: str = "open", several: bool = False) -> list[Choice]:
        """Return the deadlines a person may mean while typing, of a `Status` other than late.

        With `several` they are cut by commas: the last one is being typed, and those before it are kept.
        """
        before, _, last = text.rpartition(",") if several else ("", "", text)
        kept = f"{before.strip()}, " if before.strip() else ""
        async with self._db.read() as session:
            found = await choices(session, actor, last.strip(), PICKED_IN[Status(status)])
        return [Choice(kept + item.label, kept + item.value) for item in found]
