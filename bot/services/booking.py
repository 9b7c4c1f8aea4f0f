"""Bookings: previewing, booking, holding, confirming, moving and cancelling sessions, and who comes."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.fuzzy import Choice
from bot.models.booking import Answer, Booking, BookingState
from bot.models.project import Project
from bot.models.room import Room
from bot.money import Money
from bot.services import booking_challenge as challenges
from bot.services import booking_checks as checks
from bot.services import booking_clash as clash
from bot.services import booking_facts as known
from bot.services import booking_find as finding
from bot.services import booking_holds as holds
from bot.services import booking_nudge as nudges
from bot.services import booking_price as prices
from bot.services import booking_series as series
from bot.services import booking_steps as steps
from bot.services import booking_words as words
from bot.services import project as projects
from bot.services import room as rooms
from bot.services.booking_clash import Clash, JustTaken, RoomTaken
from bot.services.booking_facts import BookingFacts, Wish, describe, find
from bot.services.booking_price import FeeAsked
from bot.services.booking_shapes import NEEDS_LIMIT, NOTE_LIMIT, WHAT_LIMIT, Ask, Date, Outcome, Preview, draft_of
from bot.services.booking_steps import Ref
from bot.services.booking_words import Notice
from bot.services.budget_warning import warned

__all__ = [
    "Ask", "BookingFacts", "BookingService", "Notice", "Outcome", "Preview", "Ref", "Wish", "coming_up", "describe",
    "find", "recheck", "release_expired",
]  # fmt: skip
MOST_REPAIRED = 200


class BookingService:
    """What a band does with its sessions."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    @asynccontextmanager
    async def _write(self, actor: Actor, verb: str) -> AsyncIterator[AsyncSession]:
        """Open a transaction in which the database's own guard against double bookings speaks as `JustTaken`."""
        try:
            async with self._db.write(actor, verb) as session:
                yield session
        except IntegrityError as error:
            if "ex_booking_room" in str(error.orig):
                raise JustTaken from error
            raise

    async def preview(self, actor: Actor, ask: Ask) -> Preview:
        """Keep a draft and return what booking it would mean.

        Raises `StartsInPast`, `NoLength`, `TooLong`, `RoomTaken` with free times, `RoomCurrency`, or what the room,
        the project or a text lacks. Nothing is kept then.
        """
        now = self._clock.now()
        checks.check_times(ask.start, ask.end, now)
        async with self._write(actor, "booking.draft") as session:
            project = await projects.current(session, actor, ask.project)
            place = await rooms.find(session, actor, ask.room) if ask.room else None
            booking = draft_of(actor, ask, place, project, now)
            session.add(booking)
            await session.flush()
            steps.invite(session, booking, ask.user_ids, ask.role_ids)
            return await self._previewed(session, booking, place, project)

    async def repreview(self, actor: Actor, booking_id: int, start: datetime | None = None) -> Preview:
        """Return a draft's preview as it is now, moved to another start when one is given."""
        async with self._write(actor, "booking.draft") as session:
            booking, place, project = await steps.draft(session, actor, booking_id)
            if start is not None:
                booking.start_at, booking.end_at = start, start + booking.length
            checks.check_times(booking.start_at, booking.end_at, self._clock.now())
            return await self._previewed(session, booking, place, project)

    async def _previewed(
        self, session: AsyncSession, booking: Booking, place: Room | None, project: Project | None
    ) -> Preview:
        now = self._clock.now()
        checks.must_be_open(place, project)
        wanted = await holds.wanted_by(session, booking, place)
        dates: tuple[Date, ...] = ()
        if booking.rrule:
            dates = await series.dates_of(session, booking, wanted)
            soft = [found for date in dates if date.is_free for found in date.clashes]
        else:
            soft = await clash.must_be_free(session, wanted, now)
        return Preview(
            await known.facts_of(session, booking),
            await prices.quote(session, place, project, booking, sum(date.is_free for date in dates) or 1),
            tuple(soft),
            holds.hold_until(booking.hold_until_at, booking.start_at, now),
            await holds.rank_of(session, wanted),
            dates,
        )

    async def book(self, actor: Actor, booking_id: int, reason: str | None = None) -> Outcome:
        """Turn a preview into a confirmed booking.

        Raises `RoomTaken`, `JustTaken`, `ReasonNeeded` where a soft clash stands and no reason is given, or what
        the preview lacks by now.
        """
        return await self._take(actor, "booking.book", booking_id, BookingState.CONFIRMED, reason)

    async def hold(self, actor: Actor, booking_id: int) -> Outcome:
        """Turn a preview into a hold, behind those that hold the time already; raises as `book` does."""
        return await self._take(actor, "booking.hold", booking_id, BookingState.HELD)

    async def _take(
        self, actor: Actor, verb: str, booking_id: int, state: BookingState, reason: str | None = None
    ) -> Outcome:
        async with self._write(actor, verb) as session:
            found = await steps.draft(session, actor, booking_id)
            if found[0].rrule:
                more = await series.settle(session, actor, found, state, reason)
            else:
                await steps.settle(session, actor, found, state, reason)
                more = 0
            facts = await known.facts_of(session, found[0])
        return Outcome(facts, more=more, warnings=warned(session))

    async def discard(self, actor: Actor, booking_id: int) -> None:
        """Drop a preview."""
        async with self._write(actor, "booking.discard") as session:
            booking, _, _ = await steps.draft(session, actor, booking_id)
            booking.state = BookingState.CANCELLED

    async def confirm(self, actor: Actor, ref: Ref, reason: str | None = None) -> Outcome:
        """Turn a first hold into a booking; the holds that overlap it are released (R24, R25).

        Raises `ConfirmedAlready`, `NotFirst`, `RoomTaken`, or `ReasonNeeded` where somebody is booked elsewhere.
        """
        async with self._write(actor, "booking.confirm") as session:
            booking, place, project = await steps.own(session, actor, ref)
            if booking.state is BookingState.CONFIRMED:
                raise checks.ConfirmedAlready(number=booking.number, what=booking.what)
            await holds.must_be_first(session, booking, holds.slot_of(booking, place))
            found, why = (booking, place, project), reason or booking.reason
            await steps.settle(session, actor, found, BookingState.CONFIRMED, why, over_holds=True)
            holds.mark(session, booking)
            facts = await known.facts_of(session, booking)
        return Outcome(facts, words.confirmed(facts), warnings=warned(session))

    async def move(
        self,
        actor: Actor,
        ref: Ref,
        start: datetime,
        end: datetime,
        *,
        reason: str | None = None,
        sure: bool = False,
        following: bool | None = None,
    ) -> Outcome:
        """Move a booking: everything is checked again, people are asked again, the budget follows.

        Of a repeat, `following` says whether the later sessions move as well, by as much on the wall clock. Raises
        `SameTime`, `LongSession` unless `sure`, `SeriesAsked` where `following` must be said, and what `book` raises.
        A hold goes behind those that hold the new time already.
        """
        async with self._write(actor, "booking.move") as session:
            booking, place, project = await steps.own(session, actor, ref)
            if (start, end) == (booking.start_at, booking.end_at):
                raise checks.SameTime(number=booking.number)
            checks.check_times(start, end, self._clock.now())
            if checks.is_long(start, end) and not sure:
                raise checks.LongSession(booking.id, end - start)
            later = await series.chosen(session, booking, following)
            before = await known.facts_of(session, booking)
            was = before.start, before.end
            await series.shift(session, actor, (booking, place, project), later, (start, end), reason)
            facts = await known.facts_of(session, booking)
        # Those who were coming have to answer again, so they are called beside those asked.
        told = words.moved(replace(facts, asked_users=before.concerned), was, len(later))
        return Outcome(facts, told, more=len(later), warnings=warned(session))

    async def cancel(
        self,
        actor: Actor,
        ref: Ref,
        reason: str | None = None,
        *,
        accepted: int = 0,
        following: bool | None = None,
    ) -> Outcome:
        """Cancel a booking or a hold; the fee of a late one is booked as an expense at once (R26).

        Raises `FeeAsked` where the terms cost a higher percentage than was `accepted`, and `SeriesAsked` where
        `following` must say whether the later sessions of a repeat are cancelled as well.
        """
        now = self._clock.now()
        reason = checks.tidy_text(reason, "reason", 300)
        async with self._write(actor, "booking.cancel") as session:
            booking, place, _ = await steps.own(session, actor, ref)
            later = await series.chosen(session, booking, following)
            fees = [(row, *prices.fee_of(row, place, now)) for row in (booking, *later)]
            total = prices.total_of([fee for _, fee, _ in fees])
            percent = max(percent for _, _, percent in fees)
            if total is not None and percent > accepted:
                raise FeeAsked(booking.id, total, percent)
            for row, fee, _ in fees:
                row.reason = reason or row.reason
                await holds.let_go(session, row, place, BookingState.CANCELLED)
                if fee is not None:
                    await prices.charge_fee(session, actor, row, fee)
            facts = await known.facts_of(session, booking)
        return Outcome(facts, words.cancelled(facts, reason, len(later)), total, len(later))

    async def challenge(self, actor: Actor, ref: Ref) -> Outcome:
        """Ask the first hold of a slot to confirm or release within a day; raises what `challenge` raises."""
        async with self._write(actor, "booking.challenge") as session:
            first, mine = await challenges.challenge(session, actor, ref)
            facts = await known.facts_of(session, first)
            return Outcome(facts, words.challenged(facts, await known.facts_of(session, mine)))

    async def edit(self, actor: Actor, ref: Ref, *, what: str, needs: str | None, note: str | None) -> Outcome:
        """Set what a booking is called, what it needs and its note."""
        async with self._write(actor, "booking.edit") as session:
            booking, _, _ = await steps.own(session, actor, ref)
            booking.what = projects.tidy_name(what, WHAT_LIMIT)
            booking.needs = checks.tidy_text(needs, "list of needs", NEEDS_LIMIT)
            booking.note = checks.tidy_text(note, "note", NOTE_LIMIT)
            await nudges.replan(session, booking)
            holds.mark(session, booking)
            return Outcome(await known.facts_of(session, booking))

    async def ask(
        self, actor: Actor, ref: Ref, *, users: Sequence[int] | None = None, roles: Sequence[int] | None = None
    ) -> Outcome:
        """Set which members, or which roles, are asked; the new ones are told."""
        async with self._write(actor, "booking.people") as session:
            booking, _, _ = await steps.own(session, actor, ref)
            before = await known.facts_of(session, booking)
            await steps.ask_only(session, booking, users, roles)
            await nudges.replan(session, booking)
            holds.mark(session, booking)
            facts = await known.facts_of(session, booking)
        new_users = [key for key in facts.asked_users if key not in before.asked_users]
        new_roles = [key for key in facts.asked_roles if key not in before.asked_roles]
        return Outcome(facts, words.asked(facts, new_users, new_roles) if new_users or new_roles else None)

    async def answer(self, actor: Actor, booking_id: int, answer: Answer) -> BookingFacts:
        """Note whether the actor comes, asked or not; raises `NotActive` or `Over`."""
        async with self._write(actor, "booking.answer") as session:
            booking = await known.get(session, actor.guild_id, booking_id)
            await session.refresh(booking, with_for_update=True)
            checks.must_be_live(booking, self._clock.now())
            await steps.put_answer(session, booking, actor.user_id, answer)
            return await known.facts_of(session, booking)

    async def show(self, actor: Actor, ref: Ref) -> tuple[BookingFacts, Money | None]:
        """Return a booking and, for those who may see money, its agreed price."""
        async with self._db.read() as session:
            found = known.get(session, actor.guild_id, ref) if isinstance(ref, int) else find(session, actor, ref)
            booking = await found
            facts = await known.facts_of(session, booking)
        has_price = booking.agreed_minor is not None or booking.extra_minor is not None
        if not has_price or booking.currency is None or not actor.sees_money:
            return facts, None
        return facts, Money(booking.agreed_minor or 0, booking.currency)

    async def terms(self, actor: Actor, booking_id: int) -> list[tuple[datetime, Money, int]]:
        """Return from when on cancelling costs what, and its percentage (money roles only); raises `NotActive`."""
        actor.must_see_money()
        async with self._db.read() as session:
            booking = await known.get(session, actor.guild_id, booking_id)
            checks.must_be_live(booking, self._clock.now())
            place = await session.get(Room, booking.room_id) if booking.room_id else None
            return prices.terms_of(booking, place)

    async def mine(self, actor: Actor, booking_id: int) -> BookingFacts:
        """Return a live booking that the actor may change; raises `NotYourBooking`, `NotActive` or `Over`."""
        async with self._db.read() as session:
            booking = await known.get(session, actor.guild_id, booking_id)
            checks.must_own(actor, booking)
            checks.must_be_live(booking, self._clock.now())
            return await known.facts_of(session, booking)

    async def listed(self, actor: Actor, wish: Wish, page: int, size: int) -> tuple[list[BookingFacts], int]:
        """Return one page of bookings, upcoming first, and how many there are."""
        async with self._db.read() as session:
            return await known.listed(session, actor, wish, page, size)

    async def wish(self, actor: Actor, room: str | None, project: str | None) -> tuple[int | None, int | None]:
        """Return the keys of the room and the project that a list is narrowed to; raises `NotFound`, `Ambiguous`."""
        async with self._db.read() as session:
            place = await rooms.find(session, actor, room, archived=True) if room else None
            record = await projects.find(session, actor, project, archived=True) if project else None
        return place.id if place else None, record.id if record else None

    async def find(self, actor: Actor, **search: Any) -> finding.Finding:
        """Return the best times for a session; see `booking_find.best` for what to say and what it raises."""
        async with self._db.read() as session:
            return await finding.best(session, actor, **search)

    async def suggest(self, actor: Actor, text: str) -> list[Choice]:
        """Return the bookings a person may mean while typing, upcoming first."""
        async with self._db.read() as session:
            return await known.suggest(session, actor, text)

    async def card(self, booking_id: int) -> BookingFacts | None:
        """Return what a card shows, for any server; only for redrawing."""
        async with self._db.read() as session:
            return (await describe(session, [booking_id])).get(booking_id)

    async def shown(self, booking_id: int, version: int, channel_id: int | None, message_id: int | None) -> None:
        """Note where a card stands, which version it shows, and that its news was told."""
        async with self._db.write() as session:
            booking = await session.get_one(Booking, booking_id, with_for_update=True)
            if booking.message_id != message_id:
                booking.event_version = 0  # its event leads to the card
                session.info.setdefault("stale", set()).add(("event", booking.guild_id))
            booking.channel_id, booking.message_id = channel_id, message_id
            booking.shown_version = max(booking.shown_version, version)
            if booking.version == version:
                booking.news = None

    async def unshown(self) -> list[int]:
        """Return the bookings whose card is behind, such as after a crash between a change and its card."""
        behind = text("booking.shown_version < booking.version")
        statement = select(Booking.id).where(behind, Booking.number.is_not(None))
        async with self._db.read() as session:
            return list(await session.scalars(statement.order_by(Booking.id.desc()).limit(MOST_REPAIRED)))


async def coming_up(
    session: AsyncSession,
    actor: Actor,
    *,
    until: datetime,
    user_id: int | None = None,
    role_ids: Iterable[int] = (),
    project_id: int | None = None,
    limit: int = 5,
) -> list[Booking]:
    """Return the active bookings that are not over and start before `until`, of a person, their roles, or a project."""
    narrow = {"user_id": user_id, "role_ids": tuple(role_ids), "project_id": project_id, "limit": limit}
    return await known.upcoming(session, actor, until=until, **narrow)


async def release_expired(session: AsyncSession, booking_id: int, now: datetime) -> bool | None:
    """Release a hold whose time has run out, let the next one move up, and tell whether there was one to release.

    None where somebody is changing it right now. Whoever asks holds the hold's reminder already, and a rule that
    changes a booking locks its room first and its reminders last: waiting here could be waiting for each other.
    """
    booking = await session.get(Booking, booking_id)
    if booking is None:
        return False
    if not await steps.locked_at_once(session, booking):
        return None
    if booking.state is not BookingState.HELD or booking.hold_until_at is None or booking.hold_until_at > now:
        return False
    place = await rooms.get(session, booking.guild_id, booking.room_id) if booking.room_id else None
    await holds.let_go(session, booking, place, BookingState.RELEASED)
    return True


async def recheck(session: AsyncSession, booking: Booking) -> None:
    """Keep the rules for a booking that an undo brought back; raises `RoomTaken` where its slot is somebody else's."""
    holds.follow(session, booking)
    if not booking.is_active or booking.room_id is None:
        return
    place = await rooms.get(session, booking.guild_id, booking.room_id)
    wanted = holds.slot_of(booking, place)
    others = [hit for hit in await clash.check(session, wanted) if isinstance(hit, Clash)]
    if booking.state is BookingState.HELD:
        taken = {other.booking.rank for other in others if not other.is_hard}
        booking.rank = await holds.rank_of(session, wanted) if booking.rank in taken else booking.rank
        others = [other for other in others if other.is_hard]
    if others:
        raise RoomTaken(place.name, others)
