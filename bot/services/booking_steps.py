"""The steps of a booking's life inside one transaction: finding and locking it, confirming, holding, moving."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.models.booking import Answer, Booking, BookingPerson, BookingState
from bot.models.project import Project
from bot.models.room import Room
from bot.services import booking_checks as checks
from bot.services import booking_clash as clash
from bot.services import booking_facts as known
from bot.services import booking_holds as holds
from bot.services import booking_nudge as nudges
from bot.services import booking_parts as parts
from bot.services import booking_price as prices
from bot.services import project as projects
from bot.services import room as rooms
from bot.services.booking_clash import Clash, ClashKind, ReasonNeeded, Wanted
from bot.services.memo import next_number

Ref = int | str
Found = tuple[Booking, Room | None, Project | None]


async def locked(session: AsyncSession, booking: Booking) -> Found:
    """Lock the booking's room and then the booking, always in this order, and return both with the project."""
    place = await rooms.get(session, booking.guild_id, booking.room_id, lock=True) if booking.room_id else None
    await session.refresh(booking, with_for_update=True)
    project = await projects.get(session, booking.guild_id, booking.project_id) if booking.project_id else None
    return booking, place, project


async def locked_at_once(session: AsyncSession, booking: Booking) -> bool:
    """Lock the booking's room and then the booking as `locked` does, but wait for nobody; tell whether that went."""
    if booking.room_id is not None:
        room = select(Room.id).where(Room.id == booking.room_id).with_for_update(skip_locked=True)
        if await session.scalar(room) is None:
            return False
    mine = select(Booking).where(Booking.id == booking.id).with_for_update(skip_locked=True)
    return await session.scalar(mine.execution_options(populate_existing=True)) is not None


async def own(session: AsyncSession, actor: Actor, ref: Ref) -> Found:
    """Return a live booking that the actor may change, by key or as typed; raises what forbids it."""
    found = known.get(session, actor.guild_id, ref) if isinstance(ref, int) else known.find(session, actor, ref)
    booking, place, project = await locked(session, await found)
    checks.must_own(actor, booking)
    checks.must_be_live(booking, session.info["at"])
    return booking, place, project


async def draft(session: AsyncSession, actor: Actor, booking_id: int) -> Found:
    """Return the actor's own preview that is not booked yet; raises what tells why there is none."""
    booking, place, project = await locked(session, await known.get(session, actor.guild_id, booking_id))
    checks.must_be_draft(actor, booking)
    return booking, place, project


async def must_fit(session: AsyncSession, wanted: Wanted, reason: str | None, *, over_holds: bool) -> None:
    """Check a time for a booking that is to be certain; raises `RoomTaken`, or `ReasonNeeded` without a reason."""
    soft = await clash.must_be_free(session, wanted, session.info["at"])
    asking = [hit for hit in soft if not (over_holds and isinstance(hit, Clash) and hit.kind is ClashKind.HOLD)]
    if asking and not reason:
        raise ReasonNeeded(asking)


async def settle(
    session: AsyncSession,
    actor: Actor,
    found: Found,
    state: BookingState,
    reason: str | None = None,
    *,
    over_holds: bool = False,
) -> None:
    """Make a draft or a hold certain, or hold it: checks, number, price, budget line, losers and reminders.

    `over_holds` lets a first hold become certain over those behind it without a reason.
    """
    booking, place, project = found
    now = session.info["at"]
    checks.check_times(booking.start_at, booking.end_at, now)
    checks.must_be_open(place, project)
    wanted = await holds.wanted_by(session, booking, place)
    if state is BookingState.CONFIRMED:
        await must_fit(session, wanted, reason, over_holds=over_holds)
        booking.rank = booking.hold_until_at = None
        booking.reason = reason
    else:
        await clash.must_be_free(session, wanted, now)
        booking.rank = await holds.rank_of(session, wanted)
        booking.hold_until_at = holds.hold_until(booking.hold_until_at, booking.start_at, now)
    if booking.number is None:
        booking.number = await next_number(session, actor.guild_id, "booking")
        booking.channel_id = actor.channel_id
    booking.state = state
    booking.news = None
    await session.flush()
    await holds.drop_challenges(session, booking)
    if state is BookingState.CONFIRMED:
        await holds.release_losers(session, wanted)
    await prices.agree(session, actor, booking, place, project)
    await holds.replan(session, booking, now)
    booking.version += 1


async def shift(
    session: AsyncSession, actor: Actor, found: Found, start: datetime, end: datetime, reason: str | None
) -> None:
    """Move a booking with its reminders, its price and its place among the holds; people are asked again."""
    booking, place, project = found
    checks.must_be_open(place, project)
    left, rank = holds.slot_of(booking, place), booking.rank
    booking.hold_until_at = booking.unchallenged_until_at or booking.hold_until_at
    await holds.drop_challenges(session, booking)
    wanted = replace(await holds.wanted_by(session, booking, place), start=start, end=end)
    same_length = end - start == booking.length
    if booking.state is BookingState.CONFIRMED:
        await must_fit(session, wanted, reason, over_holds=False)
        booking.reason = reason or booking.reason
        booking.start_at, booking.end_at = start, end
        await session.flush()
        await holds.release_losers(session, wanted)
    else:
        await clash.must_be_free(session, wanted, session.info["at"])
        booking.start_at, booking.end_at = start, end
        booking.hold_until_at = holds.hold_until(booking.hold_until_at, start, session.info["at"])
        booking.rank = await holds.rank_of(session, wanted)
        await holds.move_up(session, left, rank)
        booking.rank = await holds.rank_of(session, wanted)
    if not same_length:
        await prices.agree(session, actor, booking, place, project)
    await _ask_again(session, booking)
    await holds.replan(session, booking, session.info["at"])
    holds.mark(session, booking)


async def _ask_again(session: AsyncSession, booking: Booking) -> None:
    """Forget the answers to another time."""
    for person in await session.scalars(people_of(booking)):
        if person.answer is not Answer.NONE:
            person.answer, person.answered_at = Answer.NONE, None


def people_of(booking: Booking) -> Any:
    return select(BookingPerson).where(BookingPerson.booking_id == booking.id).order_by(BookingPerson.id)


def invite(session: AsyncSession, booking: Booking, user_ids: Iterable[int], role_ids: Iterable[int]) -> None:
    """Ask members and roles, each once."""
    for column, keys in (("user_id", user_ids), ("role_id", role_ids)):
        for key in dict.fromkeys(keys):
            session.add(BookingPerson(guild_id=booking.guild_id, booking_id=booking.id, **{column: key}))


async def ask_only(
    session: AsyncSession, booking: Booking, users: Sequence[int] | None, roles: Sequence[int] | None
) -> None:
    """Let exactly these members, and these roles, be asked; None leaves one of the two as it is."""
    people = list(await session.scalars(people_of(booking)))
    for column, chosen in (("user_id", users), ("role_id", roles)):
        if chosen is None:
            continue
        rows = {getattr(person, column): person for person in people if getattr(person, column)}
        for key, person in rows.items():
            person.is_asked = key in chosen
        new = [key for key in chosen if key not in rows]
        invite(session, booking, new if column == "user_id" else (), new if column == "role_id" else ())


async def put_answer(session: AsyncSession, booking: Booking, user_id: int, answer: Answer) -> None:
    """Note what a member says; the same answer again changes nothing."""
    mine = people_of(booking).where(BookingPerson.user_id == user_id)
    person: BookingPerson | None = await session.scalar(mine)
    if person is None:
        person = BookingPerson(guild_id=booking.guild_id, booking_id=booking.id, user_id=user_id, is_asked=False)
        session.add(person)
    if person.answer is not answer:
        person.answer, person.answered_at = answer, session.info["at"]
        await parts.recall(session, booking, person)
        await nudges.answered(session, booking, user_id)
        holds.mark(session, booking)
