"""Reminders: planning them inside other rules' transactions, and what people do with their own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound, UserError
from bot.fuzzy import Choice, likely, number_in, pick
from bot.models.reminder import Mention, Reminder, ReminderFollower, ReminderKind, ReminderState
from bot.services.memo import next_number
from bot.services.reminder_new import ACTIVE, add, must_have_room
from bot.services.reminder_times import Times, check_ahead
from bot.services.reminder_words import Due, Sources, worded
from bot.text import clip, local

TEXT_LIMIT = 1000
MOST_PICKED = 200
Planned: TypeAlias = Reminder


class NoText(UserError):
    """A reminder of nothing."""

    text = "A reminder needs at least one visible character. Nothing was changed; say what to remind of."


class TextTooLong(UserError):
    """A text that no message could hold with its buttons."""

    text = (
        "A reminder has at most {limit} characters, and this one has {length}, so nothing was changed yet. "
        "Your text is kept: press **Shorten it** to edit it here."
    )


class NotYourReminder(UserError):
    """Somebody else's reminder."""

    text = "This reminder belongs to {owner}, so nothing was changed. Make your own with `/remind me`."
    made_here = frozenset({"owner"})


class DoneBefore(UserError):
    """The second press of Done."""

    text = "This was marked as done already, so there is nothing left to do."


class OverAlready(UserError):
    """A reminder that will not come again."""

    text = "This reminder is {state} already, so nothing was changed. Plan a new one with `/remind me`."


def plan(session: AsyncSession, reminder: Reminder) -> Reminder:
    """Add a reminder to the transaction and let the scheduler know how early it must wake."""
    session.add(reminder)
    wake_by(session, reminder.due_at)
    return reminder


def wake_by(session: AsyncSession, due_at: datetime) -> None:
    """Ask for the scheduler to wake at this instant at the latest, once the transaction is on disk."""
    session.info["wake_at"] = min(due_at, session.info.get("wake_at") or due_at)


async def planned_for(session: AsyncSession, kinds: Iterable[ReminderKind], subject_id: int) -> list[Reminder]:
    """Return the reminders still to come that speak of a booking or deadline."""
    return [row for row in await _about(session, kinds, subject_id) if row.state is not ReminderState.CLAIMED]


async def has_left(session: AsyncSession, kind: ReminderKind, subject_id: int) -> bool:
    """Tell whether a reminder of this kind that speaks of a booking was sent, or is leaving."""
    gone = Reminder.state.in_([ReminderState.SENT, ReminderState.CLAIMED])
    about = select(Reminder.id).where(Reminder.kind == kind, Reminder.subject_id == subject_id, gone)
    return await session.scalar(about.limit(1)) is not None


async def call_off(
    session: AsyncSession, kinds: Iterable[ReminderKind], subject_id: int, *, repeating: bool = False
) -> list[Reminder]:
    """Cancel the reminders still to come that speak of a booking or deadline, and return them.

    Only its series with `repeating`.
    """
    about = await _about(session, kinds, subject_id)
    called_off = [reminder for reminder in about if reminder.rrule is not None or not repeating]
    for reminder in called_off:
        stop(session, reminder)
    return called_off


def stop(session: AsyncSession, reminder: Reminder) -> None:
    """Cancel a reminder, and let the delivery drop it if it is about to leave."""
    if reminder.state is ReminderState.CLAIMED:
        session.info.setdefault("called_off", set()).add(reminder.id)
    reminder.state = ReminderState.CANCELLED


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list and how many entries there are in all."""

    rows: list[Reminder]
    total: int


class ReminderService:
    """What people do with their own reminders and with a channel's."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def me(self, actor: Actor, what: str, times: Times) -> Reminder:
        """Plan a reminder for the actor, by direct message.

        Raises `NoText`, `TextTooLong`, `TooMany`, or what `times` lacks.
        """
        wanted = Reminder(kind=ReminderKind.PERSONAL, what=tidy_text(what), user_id=actor.user_id)
        wanted.channel_id = actor.channel_id
        return await self._plan(actor, "remind.me", wanted, times)

    async def channel(
        self, actor: Actor, what: str, times: Times, *, channel_id: int, mention: Mention = Mention.NONE
    ) -> Reminder:
        """Plan a reminder in a channel; who may write and call everybody there is the face's to know.

        Raises `NoText`, `TextTooLong`, `TooMany`, or what `times` lacks.
        """
        wanted = Reminder(kind=ReminderKind.CHANNEL, what=tidy_text(what), channel_id=channel_id, mention=mention)
        return await self._plan(actor, "remind.channel", wanted, times)

    async def _plan(self, actor: Actor, verb: str, reminder: Reminder, times: Times) -> Reminder:
        now = self._clock.now()
        times.check(now, actor.zone)
        reminder.guild_id = actor.guild_id
        reminder.due_at, reminder.rrule, reminder.first_at = times.due_at, times.rrule, times.first_at
        reminder.zone = actor.zone.key
        reminder.created_by, reminder.created_at = actor.user_id, now
        return await self._db.write_at_once(actor, verb, partial(add, reminder))

    async def cancel(self, actor: Actor, text: str) -> Reminder:
        """Cancel a reminder: one's own, or a channel's for producers.

        Raises `NotFound`, `Ambiguous`, `NotYourReminder` or `OverAlready`.
        """
        async with self._db.write(actor, "remind.cancel") as session:
            reminder = await find(session, actor, text)
            must_be_theirs(actor, reminder)
            if reminder.state not in ACTIVE:
                raise OverAlready(state=reminder.state.value)
            stop(session, reminder)
        return reminder

    async def done(self, actor: Actor, reminder_id: int, occurrence: int) -> Reminder:
        """Mark what a delivered reminder spoke of as done; two at once do it once.

        Raises `NotFound`, `NotYourReminder` for somebody else's personal one, or `DoneBefore`.
        """
        async with self._db.write(actor, "remind.done") as session:
            reminder = await delivered(session, actor, reminder_id, occurrence)
            if reminder.done_at is not None:
                raise DoneBefore
            reminder.done_at = self._clock.now()
            reminder.done_by = actor.user_id
        return reminder

    async def must_be_heard(self, actor: Actor, reminder_id: int, occurrence: int) -> None:
        """Raise what `done` and `snooze` would about who acts on which delivery: `NotFound` or `NotYourReminder`."""
        async with self._db.read() as session:
            await delivered(session, actor, reminder_id, occurrence)

    async def again(self, actor: Actor, reminder_id: int, occurrence: int) -> Due:
        """Return a delivered reminder with its words, to show it once more; raises as `done` does."""
        async with self._db.read() as session:
            row = await delivered(session, actor, reminder_id, occurrence)
            words = (await worded(session, [row], self._clock.now(), Sources()))[0]
        return replace(words, id=reminder_id)

    async def snooze(self, actor: Actor, reminder_id: int, occurrence: int, until: datetime) -> Reminder:
        """Plan a delivered reminder once more for the actor; a series is never shifted by it.

        Raises `NotFound`, `NotYourReminder`, `TooMany`, `DueInPast` or `DueTooFar`.
        """
        now = self._clock.now()
        check_ahead(until, now)
        async with self._db.write(actor, "remind.snooze") as session:
            reminder = await delivered(session, actor, reminder_id, occurrence)
            await must_have_room(session, actor)
            again = Reminder(
                guild_id=actor.guild_id,
                number=await next_number(session, actor.guild_id, "reminder"),
                kind=reminder.kind,
                what=reminder.what,
                user_id=reminder.user_id,
                channel_id=reminder.channel_id,
                mention=Mention.ME if reminder.kind is ReminderKind.CHANNEL else Mention.NONE,
                due_at=until,
                zone=actor.zone.key,
                origin_id=reminder_id,
                created_by=actor.user_id,
                created_at=now,
            )
            plan(session, again)
        return again

    async def follow(self, actor: Actor, reminder_id: int) -> bool:
        """Call the actor, too, whenever a channel's reminder comes again; a second time stops that.

        Return whether it now does. Raises `NotFound`.
        """
        async with self._db.write(actor, "remind.follow") as session:
            reminder = await _of_server(session, actor, reminder_id)
            if reminder.kind is not ReminderKind.CHANNEL:
                raise NotFound(kind="reminder", given=reminder_id)
            mine = ReminderFollower.reminder_id == reminder.id, ReminderFollower.user_id == actor.user_id
            follower = await session.scalar(select(ReminderFollower).where(*mine))
            if follower is None:
                follower = ReminderFollower(
                    guild_id=actor.guild_id, reminder_id=reminder.id, user_id=actor.user_id, is_following=False
                )
                session.add(follower)
            follower.is_following = not follower.is_following
        return follower.is_following

    async def listed(
        self, actor: Actor, *, start: datetime | None = None, end: datetime | None = None, skip: int = 0, limit: int = 8
    ) -> Page:
        """Return a page of the reminders still to come, the next one first: the actor's and their channel's."""
        wanted = [*_visible(actor, actor.channel_id), Reminder.state.in_(ACTIVE)]
        if start is not None:
            wanted.append(Reminder.due_at >= start)
        if end is not None:
            wanted.append(Reminder.due_at < end)
        async with self._db.read() as session:
            total = await session.scalar(select(func.count()).select_from(Reminder).where(*wanted)) or 0
            order = Reminder.due_at, Reminder.id
            rows = await session.scalars(select(Reminder).where(*wanted).order_by(*order).offset(skip).limit(limit))
            return Page(list(rows), total)

    async def suggest(self, actor: Actor, text: str) -> list[Choice]:
        """Return the reminders a person may mean while typing: those that they may change."""
        async with self._db.read() as session:
            rows = list(await session.scalars(_changeable(actor)))
        found = likely(text, rows, name=lambda row: row.what, number=lambda row: row.number or 0)
        return [Choice(_label(row, actor), f"#{row.number}") for row in found]


def tidy_text(what: str) -> str:
    """Return a reminder's words, its lines kept; raises `NoText` or `TextTooLong`."""
    words = "".join(sign for sign in what.strip() if sign.isprintable() or sign in "\n\u200d").strip()
    if not words.strip("\u200d\u2800\u3164\n "):
        raise NoText
    if len(words) > TEXT_LIMIT:
        raise TextTooLong(limit=TEXT_LIMIT, length=len(words))
    return words


async def find(session: AsyncSession, actor: Actor, text: str) -> Reminder:
    """Return the reminder that the text names by number or words; raises `NotFound` or `Ambiguous`."""
    number = number_in(text)
    if number:
        found = await session.scalar(select(Reminder).where(*_known(actor), Reminder.number == number))
        if found is not None:
            return found
    rows: list[Reminder] = list(await session.scalars(_changeable(actor)))
    return pick(text, rows, option="reminder", name=lambda row: clip(row.what, 80), value=lambda row: f"#{row.number}")


async def delivered(session: AsyncSession, actor: Actor, reminder_id: int, occurrence: int) -> Reminder:
    """Return the row that stands for one delivery of a reminder, locked.

    For a repeating one that is the record of the occurrence. Raises `NotFound`, or `NotYourReminder`.
    """
    reminder = await _of_server(session, actor, reminder_id)
    if reminder.occurrence != occurrence:
        record = select(Reminder).where(
            Reminder.origin_id == reminder.id, Reminder.occurrence == occurrence, Reminder.number.is_(None)
        )
        found = await session.scalar(record.with_for_update())
        if found is None:
            raise NotFound(kind="reminder", given=reminder_id)
        reminder = found
    if reminder.kind is ReminderKind.PERSONAL and reminder.user_id != actor.user_id:
        raise NotYourReminder(owner=f"<@{reminder.user_id}>")
    return reminder


async def _about(session: AsyncSession, kinds: Iterable[ReminderKind], subject_id: int) -> list[Reminder]:
    about = Reminder.kind.in_(list(kinds)), Reminder.subject_id == subject_id, Reminder.state.in_(ACTIVE)
    return list(await session.scalars(select(Reminder).where(*about)))


async def _of_server(session: AsyncSession, actor: Actor, reminder_id: int) -> Reminder:
    here = select(Reminder).where(Reminder.id == reminder_id, Reminder.guild_id == actor.guild_id)
    reminder: Reminder | None = await session.scalar(here.with_for_update())
    if reminder is None:
        raise NotFound(kind="reminder", given=reminder_id)
    return reminder


def must_be_theirs(actor: Actor, reminder: Reminder) -> None:
    """Raise `NotYourReminder` unless the actor made it, or produces and it is a channel's."""
    if reminder.created_by != actor.user_id and not (actor.is_producer and reminder.kind is ReminderKind.CHANNEL):
        raise NotYourReminder(owner=f"<@{reminder.created_by}>")


def _visible(actor: Actor, channel_id: int | None) -> tuple[Any, ...]:
    """Return what limits reminders to the actor's own and those of a channel."""
    theirs = (Reminder.kind == ReminderKind.CHANNEL) & (Reminder.channel_id == channel_id)
    mine = Reminder.created_by == actor.user_id
    return Reminder.guild_id == actor.guild_id, Reminder.number.is_not(None), or_(mine, theirs)


def _known(actor: Actor) -> tuple[Any, ...]:
    """Return what limits reminders to those the actor may name: producers know every channel's."""
    if not actor.is_producer:
        return _visible(actor, actor.channel_id)
    mine = (Reminder.created_by == actor.user_id) | (Reminder.kind == ReminderKind.CHANNEL)
    return Reminder.guild_id == actor.guild_id, Reminder.number.is_not(None), mine


def _changeable(actor: Actor) -> Any:
    """Return the query of what a person may cancel, the next one first."""
    mine = Reminder.created_by == actor.user_id
    if actor.is_producer:
        mine |= Reminder.kind == ReminderKind.CHANNEL
    here = Reminder.guild_id == actor.guild_id, Reminder.number.is_not(None), Reminder.state.in_(ACTIVE)
    return select(Reminder).where(*here, mine).order_by(Reminder.due_at, Reminder.id).limit(MOST_PICKED)


def _label(row: Reminder, actor: Actor) -> str:
    when = local(row.due_at, actor.zone, actor.locale)
    return clip(f"#{row.number} {' '.join(row.what.split())}", 60) + f" · {when}"
