"""Call sheets: showing and editing them, posting them the day before, and what has changed since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound, UserError
from bot.models.booking import Booking
from bot.models.callsheet import CallSheet, CallSheetPost, CallTime
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from bot.services import booking_checks as checks
from bot.services import booking_facts as known
from bot.services import callsheet_news as newsroom
from bot.services import callsheet_times as times
from bot.services import callsheet_words as words
from bot.services.callsheet_facts import Sheet, sheet_of, sheets_of
from bot.services.callsheet_news import Change
from bot.services.reminder_said import Said
from bot.text import clip

__all__ = ["CallSheetService", "Posted", "Saved", "Sheet", "leaving", "recheck"]
# The texts that are typed on a sheet: what an error calls them, and how long they may be.
TEXTS: dict[str, tuple[str, int]] = {
    "schedule": ("schedule", 1000), "address": ("address", 300), "entrance": ("way in", 300),
    "parking": ("parking note", 300), "emergency": ("emergency note", 300), "songs": ("list of songs", 1500),
    "gear": ("list of gear", 1000), "technical": ("technical note", 1000), "notes": ("note", 1000),
    "contacts": ("list of contacts", 1000),
}  # fmt: skip
CLOCKS = {"call": "call_minutes", "load_in": "load_in_minutes", "downbeat": "downbeat_minutes", "wrap": "wrap_minutes"}
NAME_LIMIT = PART_LIMIT = 80
MOST_NAMED = 100
MOST_REPAIRED = 200


class NoSheet(UserError):
    """The sheet of a session that is not going to be."""

    text = (
        "#{number} “{what}” is {state}, so it has no call sheet. Nothing was changed; "
        "`/booking list` shows the sessions that are on."
    )


class ContactsPrivate(UserError):
    """Somebody who is not on the session asks for its contacts."""

    text = (
        "The contacts of #{number} are for its own people and for producers. "
        "Press **Coming** or **Maybe** on its card if you are part of it, and try again."
    )


class NoContacts(UserError):
    """A sheet without contacts."""

    text = (
        "There are no contacts on the sheet of #{number} yet. Whoever booked it, or a producer, adds them behind its ⚙."
    )


class NoName(UserError):
    """A person without a name."""

    text = "Somebody on the sheet needs a name with at least one visible character, so nothing was changed."


class TooManyNamed(UserError):
    """More people than a sheet can hold."""

    text = (
        "A sheet holds {limit} people with a part or a call of their own, so nothing was changed. Take one off first."
    )


@dataclass(frozen=True, slots=True)
class Saved:
    """A sheet after a change, and what is odd about it: those called too late for the downbeat."""

    sheet: Sheet
    is_late: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """A sheet that stands in a channel and is behind: how it is to look, what to say about it, and to whom."""

    sheet: Sheet
    channel_id: int
    message_id: int
    is_moved: bool
    news: list[list[Any]]
    shown: newsroom.Shown
    changes: list[Change]
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()

    @property
    def is_on(self) -> bool:
        """Tell whether the sheet itself is shown, not a word in its place."""
        return self.sheet.is_live and not self.is_moved

    @property
    def text(self) -> str:
        return words.body(self.sheet, self.news) if self.is_on else words.stub(self.sheet, is_moved=self.is_moved)

    @property
    def said(self) -> str:
        """What has changed, in one line; empty where there is nobody to tell."""
        return "; ".join(change.text for change in self.changes) if self.user_ids or self.role_ids else ""


class CallSheetService:
    """What a band does with its call sheets."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def show(self, actor: Actor, ref: int | str) -> Sheet:
        """Return a booking's sheet; raises `NotFound`, `Ambiguous` or `NoSheet`."""
        async with self._db.read() as session:
            found = known.get(session, actor.guild_id, ref) if isinstance(ref, int) else known.find(session, actor, ref)
            booking = await found
            if not booking.is_active:
                what = clip(booking.what, 60)
                raise NoSheet(number=booking.number, what=what, state=known.state_word(booking))
            return await sheet_of(session, booking)

    async def mine(self, actor: Actor, booking_id: int) -> Sheet:
        """Return a sheet that the actor may edit; raises `NotYourBooking`, `NotActive` or `Over`."""
        async with self._db.read() as session:
            booking = await known.get(session, actor.guild_id, booking_id)
            self._must_edit(actor, booking)
            return await sheet_of(session, booking)

    async def contacts(self, actor: Actor, booking_id: int) -> Sheet:
        """Return a sheet whose contacts the actor may read; raises `ContactsPrivate` or `NoContacts`."""
        sheet = await self.show(actor, booking_id)
        if not sheet.concerns(actor):
            raise ContactsPrivate(number=sheet.facts.number)
        if not sheet.row.contacts:
            raise NoContacts(number=sheet.facts.number)
        return sheet

    async def edit(self, actor: Actor, booking_id: int, given: Mapping[str, str]) -> Saved:
        """Set what a form holds: times as typed, texts; an empty one goes back to what is worked out.

        Raises `TextTooLong`, `CallOutside`, what the reading of times raises, or what `mine` raises.
        """
        async with self._db.write(actor, "callsheet.edit") as session:
            booking = await self._own(session, actor, booking_id)
            row = await session.scalar(select(CallSheet).where(CallSheet.booking_id == booking.id))
            if row is None:
                row = CallSheet(guild_id=actor.guild_id, booking_id=booking.id, created_by=actor.user_id)
                row.created_at = self._clock.now()
                session.add(row)
            for key, column in CLOCKS.items():
                if key in given:
                    minutes = times.minutes_from(actor, given[key], booking, to_end=key == "wrap")
                    setattr(row, column, minutes)
            for key, (kind, limit) in TEXTS.items():
                if key in given:
                    setattr(row, key, checks.tidy_text(given[key], kind, limit))
            return await self._saved(session, booking)

    async def call(self, actor: Actor, booking_id: int, user_id: int, *, part: str, call: str) -> Saved:
        """Set what a member plays and when they are called; without either they follow the general call."""
        async with self._db.write(actor, "callsheet.person") as session:
            booking = await self._own(session, actor, booking_id)
            theirs = CallTime.booking_id == booking.id, CallTime.user_id == user_id
            row = await session.scalar(select(CallTime).where(*theirs))
            if row is None:
                row = await self._new(session, booking)
                row.user_id = user_id
            row.part = checks.tidy_text(part, "part", PART_LIMIT)
            row.call_minutes = times.minutes_from(actor, call, booking)
            row.is_listed = bool(row.part) or row.call_minutes is not None
            return await self._saved(session, booking)

    async def name(
        self, actor: Actor, booking_id: int, row_id: int | None, *, name: str, part: str, call: str
    ) -> Saved:
        """Put somebody without an account on the sheet, or change them; an empty name takes them off again."""
        async with self._db.write(actor, "callsheet.person") as session:
            booking = await self._own(session, actor, booking_id)
            kept = checks.tidy_text(" ".join(name.split()), "name", NAME_LIMIT)
            if row_id is None and kept is None:
                raise NoName
            row = await self._named(session, booking, row_id) if row_id else await self._new(session, booking)
            row.is_listed = kept is not None
            row.name = kept or row.name
            row.part = checks.tidy_text(part, "part", PART_LIMIT)
            row.call_minutes = times.minutes_from(actor, call, booking)
            return await self._saved(session, booking)

    async def posted(self, booking_id: int) -> Posted | None:
        """Return what is to be shown again of a sheet that stands in a channel; None where it is up to date."""
        async with self._db.read() as session:
            spot = await _spot(session, booking_id)
            post = await session.scalar(select(CallSheetPost).where(CallSheetPost.booking_id == booking_id))
            sheet = (await sheets_of(session, [booking_id])).get(booking_id)
            if spot is None or post is None or sheet is None or sheet.facts.end <= session.info["at"]:
                return None
            is_moved = await _is_planned(session, booking_id)
            now = session.info["at"]
        shown = newsroom.shown_of(sheet, is_moved=is_moved)
        if shown == post.shown:
            return None
        found = newsroom.changes(post.shown, shown)
        news = [*post.news, [int(now.timestamp()), "; ".join(change.text for change in found)]] if found else post.news
        called = newsroom.called_of(sheet, found, now)
        return Posted(sheet, spot[0], spot[1], is_moved, news[-words.MOST_NEWS :], shown, found, *called)

    async def prints(self, ids: Iterable[int]) -> list[Sheet]:
        """Return sheets of any server, only to print what is being posted."""
        async with self._db.read() as session:
            return list((await sheets_of(session, ids)).values())

    async def shown(self, posted: Posted) -> None:
        """Note what a posted sheet shows by now."""
        async with self._db.write() as session:
            wanted = CallSheetPost.booking_id == posted.sheet.booking.id
            post = (await session.scalars(select(CallSheetPost).where(wanted).with_for_update())).one()
            post.shown, post.news = posted.shown, posted.news

    async def standing(self, *, room_id: int | None = None) -> list[int]:
        """Return the bookings ahead whose sheet stands in a channel, in one room or anywhere: to look at again."""
        ahead = Booking.end_at > self._clock.now(), Booking.id == CallSheetPost.booking_id
        narrow = () if room_id is None else (Booking.room_id == room_id,)
        statement = select(Booking.id).where(*ahead, *narrow).order_by(Booking.start_at).limit(MOST_REPAIRED)
        async with self._db.read() as session:
            return list(await session.scalars(statement))

    async def _own(self, session: AsyncSession, actor: Actor, booking_id: int) -> Booking:
        booking = await known.get(session, actor.guild_id, booking_id)
        await session.refresh(booking, with_for_update=True)
        self._must_edit(actor, booking)
        return booking

    def _must_edit(self, actor: Actor, booking: Booking) -> None:
        checks.must_own(actor, booking)
        checks.must_be_live(booking, self._clock.now())

    async def _new(self, session: AsyncSession, booking: Booking) -> CallTime:
        listed = CallTime.booking_id == booking.id, CallTime.is_listed.is_(True)
        if (await session.scalar(select(func.count()).select_from(CallTime).where(*listed)) or 0) >= MOST_NAMED:
            raise TooManyNamed(limit=MOST_NAMED)
        row = CallTime(guild_id=booking.guild_id, booking_id=booking.id)
        session.add(row)
        return row

    async def _named(self, session: AsyncSession, booking: Booking, row_id: int) -> CallTime:
        theirs = CallTime.id == row_id, CallTime.booking_id == booking.id, CallTime.user_id.is_(None)
        row = await session.scalar(select(CallTime).where(*theirs))
        if row is None:
            raise NotFound(kind="person", given=row_id)
        return row

    async def _saved(self, session: AsyncSession, booking: Booking) -> Saved:
        _look_again(session, booking.id)
        sheet = await sheet_of(session, booking)
        return Saved(sheet, bool(sheet.late))


async def leaving(session: AsyncSession, rows: Sequence[Any]) -> dict[int, Said]:
    """Return the words of sheets that are about to be posted, and note what they show, in the claim's transaction."""
    found = await sheets_of(session, [row.subject_id for row in rows])
    posts = {post.booking_id: post for post in await session.scalars(select(CallSheetPost).where(_of(found)))}
    told = {}
    for row in rows:
        sheet = found.get(row.subject_id)
        told[row.id] = said = _leaving(sheet, row, session.info["at"])
        if sheet is None or not said.text:
            continue
        post = posts.get(row.subject_id)
        if post is None:
            post = CallSheetPost(guild_id=row.guild_id, booking_id=row.subject_id)
            session.add(post)
        post.shown, post.news = newsroom.shown_of(sheet), []
    return told


def _of(booking_ids: Iterable[int]) -> Any:
    return CallSheetPost.booking_id.in_(list(booking_ids))


def _leaving(sheet: Sheet | None, row: Any, now: datetime) -> Said:
    if sheet is None or not sheet.is_live:
        return Said(pointless=f"the booking is {known.state_word(sheet.booking) if sheet else 'gone'}")
    if sheet.facts.start <= now:
        return Said(pointless="the session has begun")
    users = tuple(person.user_id for person in sheet.people if person.user_id is not None)
    return Said(
        words.body(sheet), channel_id=row.channel_id, user_ids=users[: words.MOST_CALLED],
        role_ids=sheet.facts.asked_roles, number=sheet.facts.number,
    )  # fmt: skip


async def recheck(session: AsyncSession, row: CallSheet | CallTime) -> None:
    """Show the sheet again that an undo brought back."""
    _look_again(session, row.booking_id)


def _look_again(session: AsyncSession, booking_id: int) -> None:
    session.info.setdefault("stale", set()).add(("callsheet", booking_id))


async def _spot(session: AsyncSession, booking_id: int) -> tuple[int, int] | None:
    """Return where the latest sheet of a booking stands, as its channel and message."""
    about = Reminder.kind == ReminderKind.CALL_SHEET, Reminder.subject_id == booking_id
    sent = Reminder.state == ReminderState.SENT, Reminder.message_id.is_not(None)
    latest = select(Reminder.sent_channel_id, Reminder.message_id).where(*about, *sent).order_by(Reminder.id.desc())
    found = (await session.execute(latest.limit(1))).first()
    if found is None or found[0] is None or found[1] is None:
        return None
    return found[0], found[1]


async def _is_planned(session: AsyncSession, booking_id: int) -> bool:
    """Tell whether another sheet of a booking is still to come, which makes a posted one out of date."""
    about = Reminder.kind == ReminderKind.CALL_SHEET, Reminder.subject_id == booking_id
    waiting = Reminder.state.in_([ReminderState.PLANNED, ReminderState.CLAIMED])
    return await session.scalar(select(Reminder.id).where(*about, waiting).limit(1)) is not None
