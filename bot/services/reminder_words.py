"""What a reminder says and whom it calls, worked out for a whole batch at once."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.reminder import Mention, Reminder, ReminderFollower, ReminderKind, ReminderState
from bot.models.settings import GuildSettings
from bot.services.reminder_said import Said, Wording
from bot.text import plain, stamp, stamp_range

LATE_AFTER = timedelta(seconds=60)
MOST_CALLED = 100
DIGESTS = (ReminderKind.DIGEST, ReminderKind.DIGEST_MONEY)
# What a reminder speaks of, and the person it goes to, if it goes to one.
Speaking = tuple[ReminderKind, int | None, int | None]


class BookingFacts(Protocol):
    """What is known of a booking, as far as its reminder says it."""

    @property
    def number(self) -> int | None: ...
    @property
    def what(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def state(self) -> str: ...
    @property
    def room_name(self) -> str | None: ...
    @property
    def address(self) -> str | None: ...
    @property
    def asked_users(self) -> tuple[int, ...]: ...
    @property
    def asked_roles(self) -> tuple[int, ...]: ...
    @property
    def coming(self) -> tuple[int, ...]: ...
    @property
    def maybe(self) -> tuple[int, ...]: ...
    @property
    def cant(self) -> tuple[int, ...]: ...


class DeadlineFacts(Protocol):
    """What is known of a deadline, as far as its reminder says it."""

    @property
    def number(self) -> int: ...
    @property
    def what(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def state(self) -> str: ...
    @property
    def project(self) -> str | None: ...
    @property
    def user_ids(self) -> tuple[int, ...]: ...
    @property
    def role_ids(self) -> tuple[int, ...]: ...
    @property
    def is_answered(self) -> bool: ...
    @property
    def calls_owner(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the kinds that speak of something find it: other stems' questions, each for a whole batch.

    `release` lets an expired hold go and says whether it did, None while somebody is changing it.
    `wordings` are the kinds that other stems word themselves. `digest` words a whole summary as it leaves.
    """

    bookings: Callable[[AsyncSession, Iterable[int]], Awaitable[Mapping[int, BookingFacts]]] | None = None
    deadlines: Callable[[AsyncSession, Iterable[int]], Awaitable[Mapping[int, DeadlineFacts]]] | None = None
    release: Callable[[AsyncSession, int, datetime], Awaitable[bool | None]] | None = None
    wordings: Mapping[ReminderKind, Wording] = field(default_factory=dict)
    digest: Callable[[AsyncSession, "Due"], Awaitable["Due"]] | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One reminder that is to leave: its words, whom it calls, and where it goes.

    `doubted_since` is set where an earlier process may have sent it from that instant on. An empty `text`
    means that there is nothing to say any more, and `pointless` says why. What `is_told_later` gets its words only
    as it leaves: they take longer than the others of its batch should wait. What `is_busy` is being changed by
    somebody, and stays for the next look. At `matters_at` what it speaks of happens.
    What `is_veiled` says less than it would in its own place. What `calls_owner` calls the server's owner, too.
    """

    id: int
    guild_id: int
    kind: ReminderKind
    occurrence: int
    due_at: datetime
    attempts: int
    user_id: int | None
    channel_id: int | None
    created_by: int
    subject_id: int | None
    announcements_id: int | None
    text: str
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    everyone: str = ""
    is_repeating: bool = False
    doubted_since: datetime | None = None
    matters_at: datetime | None = None
    is_veiled: bool = False
    pointless: str = ""
    elsewhere: str = ""
    number: int | None = None
    asks: str = ""
    is_told_later: bool = False
    is_busy: bool = False
    calls_owner: bool = False

    @property
    def is_direct(self) -> bool:
        """Tell whether it belongs in a person's direct messages."""
        return self.user_id is not None

    @property
    def nonce(self) -> str:
        """What Discord tells two deliveries of one occurrence by."""
        return f"r{self.id}-{self.occurrence}"

    @property
    def mentions(self) -> str:
        """The people it calls, as markup."""
        users = (f"<@{user}>" for user in self.user_ids)
        roles = (f"<@&{role}>" for role in self.role_ids)
        return " ".join([*([self.everyone] if self.everyone else []), *roles, *users])


async def worded(session: AsyncSession, rows: Sequence[Any], now: datetime, sources: Sources) -> list[Due]:
    """Return the rows with their words, in the same order; a few queries, however many rows there are."""
    halls = await _announcements(session, {row.guild_id for row in rows})
    followers = await _followers(session, rows)
    subjects = await _subjects(session, rows, sources)
    last = await _last_spoken(session, rows, max([now, *(row.due_at for row in rows)]))
    own = await _own_words(session, rows, sources)
    dues = []
    for row in rows:
        due = Due(
            id=row.id, guild_id=row.guild_id, kind=row.kind, occurrence=row.occurrence, due_at=row.due_at,
            attempts=row.attempts, user_id=row.user_id, channel_id=row.channel_id, created_by=row.created_by,
            subject_id=row.subject_id, announcements_id=halls.get(row.guild_id), text=f"⏰ {plain(row.what)}",
            is_repeating=row.rrule is not None, number=row.number,
        )  # fmt: skip
        told = own.get(row.id)
        dues.append(_told(due, told) if told else _said(due, row, followers, subjects, last, now))
    return [_to_members(await _released(session, due, now, sources)) for due in dues]


def _to_members(due: Due) -> Due:
    """Return a due reminder without those who were forgotten: Discord knows nobody by a negative number."""
    if due.user_id is not None and due.user_id < 0:
        return replace(due, text="", user_ids=(), pointless="whoever it was for was forgotten")
    return replace(due, user_ids=tuple(user for user in due.user_ids if user > 0))


async def _own_words(session: AsyncSession, rows: Sequence[Any], sources: Sources) -> dict[int, Said]:
    """Return what other stems say for their kinds, by the rows' keys."""
    own: dict[int, Said] = {}
    for kind, wording in sources.wordings.items():
        mine = [row for row in rows if row.kind is kind]
        if mine:
            own.update(await wording(session, mine))
    return own


def _told(due: Due, told: Said) -> Due:
    """Return a due reminder as another stem words it."""
    return replace(
        due, text=told.text, elsewhere=told.elsewhere, user_id=told.user_id, channel_id=told.channel_id,
        user_ids=told.user_ids[:MOST_CALLED], role_ids=told.role_ids[:MOST_CALLED], number=told.number,
        asks=told.asks, pointless=told.pointless, matters_at=told.matters_at,
    )  # fmt: skip


def _said(
    due: Due,
    row: Any,
    followers: Mapping[int, tuple[int, ...]],
    subjects: Mapping[tuple[ReminderKind, int], Any],
    last: Mapping[Speaking, int],
    now: datetime,
) -> Due:
    """Return a due reminder with the words and people of its kind."""
    if due.kind is ReminderKind.PERSONAL:
        return replace(due, user_ids=(due.user_id,) if due.user_id else ())
    if due.kind is ReminderKind.CHANNEL:
        return _channel(due, row, followers)
    if due.kind in DIGESTS:
        return replace(due, text="", announcements_id=None, is_told_later=True)
    facts = subjects.get((due.kind, due.subject_id or 0))
    if facts is None:
        return replace(due, text="", pointless="what it spoke of is gone")
    is_last = last.get((due.kind, due.subject_id, due.user_id), due.id) == due.id
    return _of_subject(due, facts, now, is_last=is_last)


def _of_subject(due: Due, facts: Any, now: datetime, *, is_last: bool) -> Due:
    """Return a due reminder with the words and people of the booking or deadline that it speaks of."""
    if due.kind is ReminderKind.DEADLINE:
        return _deadline(due, facts, now, is_last=is_last)
    if due.kind is ReminderKind.HOLD:
        return replace(due, text=_hold(facts), user_ids=(due.created_by,))
    return _booking(due, facts, now, is_last=is_last)


def _channel(due: Due, row: Any, followers: Mapping[int, tuple[int, ...]]) -> Due:
    called = [due.created_by] if row.mention is Mention.ME else []
    called += [*followers.get(due.id, ()), *followers.get(row.origin_id or 0, ())]
    everyone = {Mention.HERE: "@here", Mention.EVERYONE: "@everyone"}.get(row.mention, "")
    text = f"{due.text}\n-# Set by <@{due.created_by}>"
    return replace(due, text=text, user_ids=tuple(dict.fromkeys(called))[:MOST_CALLED], everyone=everyone)


def _deadline(due: Due, facts: DeadlineFacts, now: datetime, *, is_last: bool) -> Due:
    """Word a deadline's reminder; when several wait for one person or place, only the last one speaks."""
    if facts.state != "open":
        return replace(due, text="", pointless=f"the deadline is {facts.state}")
    if facts.is_answered and due.is_repeating:
        return replace(due, text="", pointless="somebody is on it")
    if not is_last:
        return replace(due, text="", pointless="folded into the next one")
    project = f" · {plain(facts.project)}" if facts.project else ""
    verb = "was due" if facts.due_at < now - LATE_AFTER else "is due"
    text = f"📌 **{plain(facts.what)}** · #{facts.number}{project}\n{verb} {stamp(facts.due_at)}"
    due = replace(due, text=text, matters_at=facts.due_at, number=facts.number)
    if due.user_id is not None:
        return replace(due, user_ids=(due.user_id,))
    users, roles = facts.user_ids[:MOST_CALLED], facts.role_ids[:MOST_CALLED]
    return replace(due, user_ids=users, role_ids=roles, calls_owner=facts.calls_owner)


def _booking(due: Due, facts: BookingFacts, now: datetime, *, is_last: bool) -> Due:
    """Word a session's reminder; when several wait, only the last one speaks, and of a begun one in short."""
    if facts.state not in ("held", "confirmed"):
        return replace(due, text="", pointless=f"the booking is {facts.state}")
    if not is_last:
        return replace(due, text="", pointless="folded into the next one")
    called = [key for key in (*facts.asked_users, *facts.coming, *facts.maybe) if key not in facts.cant]
    where = " · ".join(plain(part) for part in (facts.room_name, facts.address) if part)
    title = f"🎙️ **{plain(facts.what)}** · #{facts.number}"
    if facts.start <= now - LATE_AFTER:
        over = "is over" if facts.end <= now else "has begun"
        return replace(
            due, text=f"{title} {over}: {stamp_range(facts.start, facts.end)}{f' · {where}' if where else ''}"
        )
    if due.user_id is not None and due.user_id not in called:
        return replace(due, text="", pointless="its person is not asked any more")
    held = " (still only held)" if facts.state == "held" else ""
    text = "\n".join(filter(None, [f"{title}{held}", stamp_range(facts.start, facts.end), where]))
    due = replace(due, text=text, matters_at=facts.start, number=facts.number)
    if due.user_id is not None:
        return replace(due, user_ids=(due.user_id,))
    users = tuple(dict.fromkeys(called))[:MOST_CALLED]
    return replace(due, user_ids=users, role_ids=facts.asked_roles[:MOST_CALLED])


def _hold(facts: BookingFacts) -> str:
    title = f"✏️ The hold on **{plain(facts.what)}** · #{facts.number} has run out, so the slot is free again."
    return f"{title}\n{stamp_range(facts.start, facts.end)}"


async def _released(session: AsyncSession, due: Due, now: datetime, sources: Sources) -> Due:
    """Let an expired hold go in the same transaction; one that was settled meanwhile has nothing to say."""
    if due.kind is not ReminderKind.HOLD or due.subject_id is None or sources.release is None or not due.text:
        return due
    released = await sources.release(session, due.subject_id, max(now, due.due_at))
    if released is None:
        return replace(due, is_busy=True)
    if released or due.doubted_since is not None or due.attempts:
        return due
    return replace(due, text="", pointless="the hold was settled")


async def _announcements(session: AsyncSession, guilds: set[int]) -> dict[int, int]:
    found = select(GuildSettings.guild_id, GuildSettings.announcements_id).where(GuildSettings.guild_id.in_(guilds))
    known = await session.execute(found)
    return {guild: channel for guild, channel in known if channel is not None}


async def _followers(session: AsyncSession, rows: Sequence[Any]) -> dict[int, tuple[int, ...]]:
    keys = {key for row in rows if row.kind is ReminderKind.CHANNEL for key in (row.id, row.origin_id) if key}
    found: dict[int, tuple[int, ...]] = {}
    if keys:
        follows = ReminderFollower.reminder_id.in_(keys), ReminderFollower.is_following.is_(True)
        query = select(ReminderFollower.reminder_id, ReminderFollower.user_id).where(*follows)
        for reminder_id, user_id in await session.execute(query.order_by(ReminderFollower.id)):
            found[reminder_id] = (*found.get(reminder_id, ()), user_id)
    return found


async def _subjects(
    session: AsyncSession, rows: Sequence[Any], sources: Sources
) -> dict[tuple[ReminderKind, int], Any]:
    known: dict[tuple[ReminderKind, int], Any] = {}
    asked = (
        (ReminderKind.BOOKING, sources.bookings),
        (ReminderKind.HOLD, sources.bookings),
        (ReminderKind.DEADLINE, sources.deadlines),
    )
    for kind, describe in asked:
        keys = {row.subject_id for row in rows if row.kind is kind and row.subject_id is not None}
        if keys and describe is not None:
            facts: Mapping[int, Any] = await describe(session, keys)
            known.update({(kind, key): found for key, found in facts.items()})
    return known


async def _last_spoken(session: AsyncSession, rows: Sequence[Any], until: datetime) -> Mapping[Speaking, int]:
    """Return, for each booking or deadline and each who is told, which waiting reminder is the last due until then."""
    last: dict[Speaking, int] = {}
    for kind in (ReminderKind.BOOKING, ReminderKind.DEADLINE):
        keys = {row.subject_id for row in rows if row.kind is kind}
        if not keys:
            continue
        waiting = Reminder.state.in_([ReminderState.PLANNED, ReminderState.CLAIMED]), Reminder.due_at <= until
        found = select(Reminder.subject_id, Reminder.user_id, Reminder.id).where(
            Reminder.kind == kind, Reminder.subject_id.in_(keys), *waiting
        )
        for subject, user, key in await session.execute(found.order_by(Reminder.due_at, Reminder.id)):
            last[kind, subject, user] = key
    return last
