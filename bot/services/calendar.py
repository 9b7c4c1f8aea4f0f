"""Calendars for other apps: private addresses, and files."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound, UserError
from bot.fuzzy import Choice
from bot.models.calendar import CalendarFeed, FeedScope
from bot.services import calendar_feed as feeds
from bot.services import calendar_scope as scopes
from bot.services.calendar_events import Scope, Span
from bot.services.calendar_feed import Feed
from bot.services.calendar_people import Member, People, Unreachable
from bot.services.calendar_scope import Subject

__all__ = ["Address", "CalendarService", "Feed", "File", "Member", "People", "Subject", "Unreachable"]
TOKEN_BYTES = 32
AHEAD = timedelta(days=731)
T = TypeVar("T")


class AddressKnown(UserError):
    """A second address for the same calendar: the first can't be shown again, because only its hash is kept."""

    text = (
        "You have an address for {what} already. I keep only its fingerprint, so I can't show it again: use the one in "
        "your calendar app, or get a new one, which makes the old one useless. Nothing was changed."
    )

    def __init__(self, feed: CalendarFeed, subject: Subject) -> None:
        self.feed_id, self.serial, self.read_at = feed.id, feed.serial, feed.read_at
        super().__init__(what=f"“{subject.label}”")


class NoAddress(UserError):
    """Nothing to reset."""

    text = "You have no address for “{what}”, so there is nothing to reset. `/calendar link` makes one."


class ResetAlready(UserError):
    """The second press on a reset."""

    text = "This address was replaced or stopped already, so nothing was changed. `/calendar link` says how it stands."


class NothingThere(UserError):
    """A file that would be empty."""

    text = "There is nothing in “{what}” in that time, so there is no file. Try another `range`, or `/booking list`."


@dataclass(frozen=True, slots=True)
class Address:
    """A calendar's address just made: its token is known here and now only."""

    feed_id: int
    subject: Subject
    token: str


@dataclass(frozen=True, slots=True)
class File:
    """A calendar as a file."""

    subject: Subject
    name: str
    body: bytes
    count: int
    start: datetime
    end: datetime


class CalendarService:
    """What people do with their calendars; `feed` answers the apps that read them."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._feeds = feeds.Feeds(db, clock)

    async def link(self, actor: Actor, text: str | None) -> Address:
        """Make the actor's address for a calendar; raises `AddressKnown` where there is one, or what `find` raises."""
        return await _twice(lambda: self._link(actor, text))

    async def _link(self, actor: Actor, text: str | None) -> Address:
        async with self._db.write(actor, "calendar.link") as session:
            subject = await scopes.find(session, actor, text)
            subject.must_be_open()
            feed = await _feed_of(session, actor, subject)
            if feed is not None and feed.token_hash is not None:
                raise AddressKnown(feed, subject)
            if feed is None:
                now = self._clock.now()
                feed = CalendarFeed(
                    guild_id=actor.guild_id, user_id=actor.user_id, scope=subject.kind, subject_id=subject.id,
                    serial=0, role_ids=[], made_at=now, checked_at=now,
                )  # fmt: skip
                session.add(feed)
            return await self._give(session, actor, feed, subject)

    async def asked(self, actor: Actor, text: str | None) -> tuple[CalendarFeed, Subject]:
        """Return the actor's address for a calendar, to be reset; raises `NoAddress`."""
        async with self._db.read() as session:
            subject = await scopes.find(session, actor, text)
            feed = await _feed_of(session, actor, subject)
        if feed is None or feed.token_hash is None:
            raise NoAddress(what=subject.label)
        return feed, subject

    async def renew(self, actor: Actor, feed_id: int, serial: int) -> Address:
        """Make an address useless and give a new one; raises `ResetAlready`, or what is archived."""
        async with self._db.write(actor, "calendar.reset") as session:
            feed, subject = await _own(session, actor, feed_id, serial)
            subject.must_be_open()
            return await self._give(session, actor, feed, subject)

    async def stop(self, actor: Actor, feed_id: int, serial: int) -> Subject:
        """Make an address useless; raises `ResetAlready`."""
        async with self._db.write(actor, "calendar.stop") as session:
            feed, subject = await _own(session, actor, feed_id, serial)
            feed.token_hash = None
        return subject

    async def _give(self, session: AsyncSession, actor: Actor, feed: CalendarFeed, subject: Subject) -> Address:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        feed.token_hash = hashlib.sha256(token.encode()).hexdigest()
        feed.serial += 1
        feed.role_ids = sorted(actor.role_ids)
        feed.made_at = feed.checked_at = self._clock.now()
        feed.read_at = None
        await session.flush()
        return Address(feed.id, subject, token)

    async def subject(self, actor: Actor, text: str | None) -> Subject:
        """Return the calendar that the text names; raises `NotFound` or `Ambiguous`."""
        async with self._db.read() as session:
            return await scopes.find(session, actor, text)

    async def file(
        self, actor: Actor, subject: Subject, people: People, within: tuple[datetime, datetime] | None = None
    ) -> File:
        """Return a calendar as a file, of what is ahead or of a given time; raises `NothingThere`."""
        now = self._clock.now()
        start, end = within or (now, now + AHEAD)
        scope = Scope(actor.guild_id, subject.kind, subject.id, actor.user_id, tuple(sorted(actor.role_ids)))
        found = await self._feeds.written(scope, subject, Span(start, end), people)
        if not found.count:
            raise NothingThere(what=subject.label)
        return File(subject, f"{_slug(subject)}.ics", found.body, found.count, start, end)

    async def by_id(self, actor: Actor, kind: str, subject_id: int) -> Subject:
        """Return a calendar by its keys, as a button names it; raises `NotFound`."""
        if kind not in set(FeedScope):
            raise NotFound(kind="calendar", given=kind)
        async with self._db.read() as session:
            return await scopes.by_id(session, actor.guild_id, FeedScope(kind), subject_id)

    async def suggest(self, actor: Actor, text: str, *, archived: bool = False) -> list[Choice]:
        """Return the calendars a person may mean while typing."""
        async with self._db.read() as session:
            return await scopes.suggest(session, actor, text, archived=archived)

    async def feed(self, token: str, people: People) -> Feed | None:
        """Return what an app gets at an address, or None for one that is unknown, replaced or stopped.

        Raises `Unreachable` where for a day Discord could not say that its owner is still there.
        """
        return await self._feeds.feed(token, people)


async def _twice(act: Callable[[], Awaitable[T]]) -> T:
    """Do it again where somebody made the same row at the same moment: then it is there."""
    try:
        return await act()
    except IntegrityError:
        return await act()


async def _feed_of(session: AsyncSession, actor: Actor, subject: Subject) -> CalendarFeed | None:
    mine = CalendarFeed.guild_id == actor.guild_id, CalendarFeed.user_id == actor.user_id
    same = CalendarFeed.scope == subject.kind, CalendarFeed.subject_id == subject.id
    found: CalendarFeed | None = await session.scalar(select(CalendarFeed).where(*mine, *same).with_for_update())
    return found


async def _own(session: AsyncSession, actor: Actor, feed_id: int, serial: int) -> tuple[CalendarFeed, Subject]:
    mine: Any = (CalendarFeed.guild_id == actor.guild_id, CalendarFeed.user_id == actor.user_id)
    feed = await session.scalar(select(CalendarFeed).where(CalendarFeed.id == feed_id, *mine).with_for_update())
    if feed is None:
        raise NotFound(kind="calendar address", given=feed_id)
    if feed.serial != serial or feed.token_hash is None:
        raise ResetAlready
    return feed, await scopes.by_id(session, actor.guild_id, feed.scope, feed.subject_id)


def _slug(subject: Subject) -> str:
    """Return a file's name in plain letters."""
    name = "my-calendar" if subject.kind is FeedScope.MINE else subject.name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60] or f"{subject.kind.value}-{subject.number}"
