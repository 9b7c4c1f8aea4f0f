"""Feeds: what an app gets at a calendar's address, kept in memory for as long as nothing changed."""

import asyncio
import gzip
import hashlib
import hmac
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import select, update

from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound
from bot.models.calendar import CalendarFeed, FeedScope
from bot.services import calendar_scope as scopes
from bot.services.calendar_events import GONE_FOR, MOST, Item, Scope, Span, items
from bot.services.calendar_ics import Entry, Names, entries, write
from bot.services.calendar_people import People, Unreachable
from bot.services.calendar_scope import Subject

log = logging.getLogger(__name__)

BACK, AHEAD = timedelta(days=90), timedelta(days=731)
CHECKED_FOR = timedelta(hours=1)
TRUSTED_FOR = timedelta(hours=24)
# How long what is in memory counts without a look: changes in this process are heard of, those of others are not.
KEPT_ALONE, KEPT_AMONG_OTHERS = timedelta(minutes=10), timedelta(seconds=30)
MOST_BYTES = 48_000_000
NOBODY = "0" * 64


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar as an app gets it; `etag` stands for its content, `changed_at` for when that was first seen so."""

    body: bytes
    zipped: bytes
    etag: str
    changed_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class _Owner:
    """The row of an address, without what identifies it."""

    id: int
    guild_id: int
    user_id: int
    scope: FeedScope
    subject_id: int
    role_ids: tuple[int, ...]
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class _Kept:
    """A feed in memory, and what it rests on."""

    owner: _Owner
    feed: Feed
    heard: tuple[int, int]
    made_at: datetime


class _Changes:
    """Counts what was written, by server: the same count means that a calendar is still the same."""

    def __init__(self, db: Database) -> None:
        self._of: dict[int, int] = defaultdict(int)
        self._any = 0
        db.after_write.append(self._hear)

    def _hear(self, info: dict[str, Any]) -> None:
        if info.get("actor") is not None:
            self._of[info["actor"].guild_id] += 1
        elif info.get("stale"):
            self._any += 1  # what the bot does by itself, such as a hold that runs out, names no server

    def heard(self, guild_id: int) -> tuple[int, int]:
        return self._of[guild_id], self._any


class Feeds:
    """Builds feeds a page at a time beside the loop, one at once for each address."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._changes = _Changes(db)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def feed(self, token: str, people: People) -> Feed | None:
        """Return the feed of an address, from memory while it is known to be the same; None for an unknown one.

        Every address that does not work takes the same way to None: hashed, looked up, compared. Raises `Unreachable`.
        """
        digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        if (kept := self._fresh(digest)) is not None:
            return kept.feed
        turn = self._turns.setdefault(digest, asyncio.Lock())
        async with turn:
            if (kept := self._fresh(digest)) is not None:
                return kept.feed
            return await self._look(digest, people)

    def _fresh(self, digest: str) -> _Kept | None:
        kept = self._kept.get(digest)
        if kept is None:
            return None
        now, good_for = self._clock.now(), KEPT_ALONE if self._db.is_sqlite else KEPT_AMONG_OTHERS
        is_same = self._changes.heard(kept.owner.guild_id) == kept.heard and _day(now) == _day(kept.made_at)
        if not is_same or now - kept.made_at > good_for or now - kept.owner.checked_at > CHECKED_FOR:
            return None
        self._kept.move_to_end(digest)
        return kept

    async def _look(self, digest: str, people: People) -> Feed | None:
        known = await self._owner(digest)
        owner = await self._checked(known, people) if known is not None else None
        if owner is None:
            self._kept.pop(digest, None)
            return None
        heard = self._changes.heard(owner.guild_id)
        now = self._clock.now()
        span = Span(_day(now) - BACK, _day(now) + AHEAD, _day(now) - GONE_FOR)
        scope = Scope(owner.guild_id, owner.scope, owner.subject_id, owner.user_id, owner.role_ids)
        async with self._db.read() as session:
            try:
                subject = await scopes.by_id(session, owner.guild_id, owner.scope, owner.subject_id)
            except NotFound:
                return None
        before = self._kept.get(digest)
        feed = await self.written(scope, subject, span, people, before.feed if before else None)
        self._keep(digest, _Kept(owner, feed, heard, now))
        return feed

    async def _owner(self, digest: str) -> _Owner | None:
        columns = (
            CalendarFeed.id, CalendarFeed.guild_id, CalendarFeed.user_id, CalendarFeed.scope, CalendarFeed.subject_id,
            CalendarFeed.role_ids, CalendarFeed.checked_at, CalendarFeed.token_hash, CalendarFeed.read_at,
        )  # fmt: skip
        async with self._db.read() as session:
            row = (await session.execute(select(*columns).where(CalendarFeed.token_hash == digest))).one_or_none()
        if not hmac.compare_digest(row.token_hash if row is not None else NOBODY, digest) or row is None:
            return None
        if row.read_at is None:
            await self._note(row.id, read_at=self._clock.now())
        return _Owner(*row[:5], role_ids=tuple(row.role_ids), checked_at=row.checked_at)

    async def _checked(self, owner: _Owner, people: People) -> _Owner | None:
        """Ask Discord once an hour whether the owner is still in the server; whoever is not has no address any more.

        Where Discord can't say, what it said counts for a day; then it raises `Unreachable`.
        """
        now = self._clock.now()
        if now - owner.checked_at <= CHECKED_FOR:
            return owner
        try:
            member = await people.member(owner.guild_id, owner.user_id)
        except Unreachable:
            if now - owner.checked_at > TRUSTED_FOR:
                raise
            return owner
        if member is None:
            await self._note(owner.id, token_hash=None)
            log.info(
                "calendar address %s stopped: its owner left guild=%s user=%s", owner.id, owner.guild_id, owner.user_id
            )
            return None
        roles = tuple(sorted(member.role_ids))
        await self._note(owner.id, role_ids=list(roles), checked_at=now, read_at=now)
        return _Owner(owner.id, owner.guild_id, owner.user_id, owner.scope, owner.subject_id, roles, now)

    async def _note(self, feed_id: int, **values: Any) -> None:
        async with self._db.write() as session:
            await session.execute(update(CalendarFeed).where(CalendarFeed.id == feed_id).values(**values))

    def _keep(self, digest: str, kept: _Kept) -> None:
        self._kept[digest] = kept
        self._kept.move_to_end(digest)
        held = sum(len(each.feed.body) + len(each.feed.zipped) for each in self._kept.values())
        while held > MOST_BYTES and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            held -= len(gone.feed.body) + len(gone.feed.zipped)

    async def written(
        self, scope: Scope, subject: Subject, span: Span, people: People, before: Feed | None = None
    ) -> Feed:
        """Return a calendar as it is now; `before` is what it was, for when it changed."""
        async with self._db.read() as session:
            found = await items(session, scope, span)
        if len(found) == MOST:
            log.warning("a calendar is cut at %s entries guild=%s scope=%s", MOST, scope.guild_id, scope.kind.value)
        known = await _named(scope.guild_id, found, people)
        title = " · ".join(filter(None, (subject.label, people.server(scope.guild_id))))
        body, zipped, etag = await _packed(title, known, span)
        if before is not None and before.etag == etag:
            return before
        now = self._clock.now().replace(microsecond=0)
        changed_at = now if before is None else max(now, before.changed_at + timedelta(seconds=1))
        return Feed(body, zipped, etag, changed_at, len(found))


def _day(at: datetime) -> datetime:
    """Return the beginning of a day, UTC: within it, a feed covers the same time and stays the same to the byte."""
    return datetime.combine(at.astimezone(UTC).date(), datetime.min.time(), UTC)


async def _named(guild_id: int, found: Sequence[Item], people: People) -> list[Entry]:
    users, roles = await asyncio.to_thread(_mentioned, found)
    names = Names(await people.names(guild_id, users), people.roles(guild_id, roles))
    return await asyncio.to_thread(entries, found, names)


def _mentioned(found: Sequence[Item]) -> tuple[set[int], set[int]]:
    users, roles = set[int](), set[int]()
    for item in found:
        users.update(item.user_ids)
        roles.update(item.roles)
    return users, roles


async def _packed(title: str, known: Sequence[Entry], span: Span) -> tuple[bytes, bytes, str]:
    """Write a calendar in threads, a hundred events at a time so that the loop gets its turns; plain and zipped."""
    parts = []
    parts_left = write(title, known, span)
    while (part := await asyncio.to_thread(next, parts_left, None)) is not None:
        parts.append(part)
    return await asyncio.to_thread(_finished, parts)


def _finished(parts: Sequence[bytes]) -> tuple[bytes, bytes, str]:
    body = b"".join(parts)
    return body, gzip.compress(body, 6, mtime=0), hashlib.sha256(body).hexdigest()[:32]
