"""What a digest says: what is due and late, the next sessions with the answers owed, and for money's eyes the money."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.db import has_any
from bot.models.booking import BookingState
from bot.models.deadline import Deadline, DeadlinePerson, DeadlineState
from bot.models.project import Project
from bot.models.reminder import Reminder, ReminderKind
from bot.models.settings import GuildSettings
from bot.services import booking
from bot.services.booking_facts import BookingFacts, describe
from bot.services.digest_money import money_of
from bot.services.reminder_times import following
from bot.services.reminder_words import Due
from bot.services.settings import settings_of
from bot.text import clip, plain, short, stamp_range

SHOWN = 10
TITLE_LIMIT = 80
SECTION_LIMIT = 1_150
ANSWERS_AHEAD = timedelta(days=7)
MOST_SESSIONS = 50
NAMED = 8
NOTHING = "nothing to say"
FOLDED = "folded into the next one"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a digest: its title, its lines, and how many there would be in all."""

    title: str
    lines: Sequence[str]
    total: int

    def fitted(self, limit: int = SECTION_LIMIT) -> str:
        """Return the section within a count of characters; what is left out is counted."""
        if not self.lines:
            return ""
        kept: list[str] = []
        for line in self.lines:
            if sum(map(len, kept)) + len(kept) + len(line) > limit:
                break
            kept.append(line)
        more = self.total - len(kept)
        return "\n".join([f"**{self.title}**", *kept, *([f"-# and {more} more"] if more else [])])


async def tell(session: AsyncSession, due: Due) -> Due:
    """Return a digest that is about to leave with its words.

    Missed ones are one: it speaks of now, and is late since the last it stands for. Where the next is nearer
    than the half of a period it leaves the word to that one.
    """
    row = (await session.scalars(select(Reminder).where(Reminder.id == due.id))).one()
    now = max(session.info["at"], due.due_at)
    settings = await settings_of(session, due.guild_id, now)
    zone = ZoneInfo(row.zone)
    period = timedelta(days=7 if row.rrule == "FREQ=WEEKLY" else 1)
    since = now - period - timedelta(hours=3)
    around = following(str(row.rrule), row.first_at or row.due_at, zone, since, count=4)
    if any(now < at < now + period / 2 for at in around):
        return replace(due, pointless=FOLDED)
    last = max((at for at in around if at <= now), default=due.due_at)
    due = replace(due, due_at=max(due.due_at, last))
    if due.kind is ReminderKind.DIGEST_MONEY:
        sections = [Section(*found) for found in await money_of(session, settings)]
    else:
        sections = await _sections(session, settings, now, _later(now, zone, period))
    said = [part for part in (section.fitted() for section in sections) if part]
    if not said:
        return replace(due, pointless=NOTHING)
    title = f"### 🗞️ {row.what}"
    elsewhere = f"{title}\nI could not post it." if due.kind is ReminderKind.DIGEST_MONEY else ""
    return replace(due, text="\n".join([title, *said]), elsewhere=elsewhere)


def _later(now: datetime, zone: ZoneInfo, period: timedelta) -> datetime:
    """Return the same time on the wall a day or a week later."""
    return (now.astimezone(zone).replace(fold=0) + period).astimezone(UTC)


async def _sections(session: AsyncSession, settings: GuildSettings, now: datetime, until: datetime) -> list[Section]:
    guild_id = settings.guild_id
    late = await _deadlines(session, "Late", guild_id, Deadline.due_at <= now)
    ahead = and_(Deadline.due_at > now, Deadline.due_at <= until)
    coming = await _deadlines(session, f"Due until {short(until)}", guild_id, ahead)
    return [late, coming, await _sessions(session, guild_id, now, until)]


def _shared(guild_id: int) -> Select[Deadline, str, int]:
    """Select the open deadlines that concern the band: of a project that runs, or not only for whoever added it."""
    assigned = and_(DeadlinePerson.deadline_id == Deadline.id, DeadlinePerson.is_assigned.is_(True))
    own = has_any(DeadlinePerson, assigned, DeadlinePerson.user_id == Deadline.created_by)
    theirs = or_(DeadlinePerson.role_id.is_not(None), DeadlinePerson.user_id != Deadline.created_by)
    others = has_any(DeadlinePerson, assigned, theirs)
    return (
        select(Deadline, Project.name, func.count().over().label("total"))
        .outerjoin(Project, Project.id == Deadline.project_id)
        .where(Deadline.guild_id == guild_id, Deadline.state == DeadlineState.OPEN, Project.archived_at.is_(None))
        .where(or_(Deadline.project_id.is_not(None), ~own, others))
    )


async def _deadlines(session: AsyncSession, title: str, guild_id: int, when: ColumnElement[bool]) -> Section:
    found = _shared(guild_id).where(when).order_by(Deadline.due_at, Deadline.number).limit(SHOWN)
    rows = (await session.execute(found)).all()
    ids = [row.Deadline.id for row in rows]
    for_whom: dict[int, list[str]] = {key: [] for key in ids}
    people = select(DeadlinePerson).where(DeadlinePerson.deadline_id.in_(ids), DeadlinePerson.is_assigned.is_(True))
    for person in await session.scalars(people.order_by(DeadlinePerson.id)) if ids else ():
        for_whom[person.deadline_id].append(f"<@&{person.role_id}>" if person.role_id else f"<@{person.user_id}>")
    lines = [_deadline(row.Deadline, row.name, for_whom[row.Deadline.id]) for row in rows]
    return Section(title, lines, rows[0].total if rows else 0)


def _deadline(row: Deadline, project: str | None, people: Sequence[str]) -> str:
    title = f"📌 **{plain(clip(row.what, TITLE_LIMIT))}** · #{row.number}"
    named = _named(people)
    answered = f"<@{row.answered_by}> is on it" if row.answered_by else ""
    at = f"<t:{int(row.due_at.timestamp())}:R>"
    link = f"[message]({row.link})" if row.link else ""
    return " · ".join(filter(None, [title, at, named, plain(clip(project or "", TITLE_LIMIT)), answered, link]))


async def _sessions(session: AsyncSession, guild_id: int, now: datetime, until: datetime) -> Section:
    """Return the sessions until then, and those of the next days to which somebody has not answered."""
    horizon = max(until, now + ANSWERS_AHEAD)
    nobody = Actor(guild_id, 0)
    rows = await booking.coming_up(session, nobody, until=horizon, limit=MOST_SESSIONS)
    facts = await describe(session, [row.id for row in rows])
    known = [facts[row.id] for row in rows]
    wanted = [found for found in known if found.start <= until or _owed(found)]
    return Section("Sessions", [_session(found) for found in wanted[:SHOWN]], len(wanted))


def _owed(facts: BookingFacts) -> list[str]:
    """Return who was asked by name and has not answered, and the roles that were asked when nobody has."""
    said = facts.coming or facts.maybe or facts.cant
    roles = [] if said else [f"<@&{role}>" for role in facts.asked_roles]
    return [*(f"<@{user}>" for user in facts.waiting), *roles]


def _session(facts: BookingFacts) -> str:
    row = facts.booking
    is_held = row.state is BookingState.HELD
    glyph = "✏️" if is_held else "🎙️"
    title = f"{glyph} **{plain(clip(row.what, TITLE_LIMIT))}** · #{row.number}"
    held = f"held until {short(row.hold_until_at)}" if is_held and row.hold_until_at else ""
    address = f"https://discord.com/channels/{row.guild_id}/{row.channel_id}/{row.message_id}"
    card = f"[card]({address})" if row.channel_id and row.message_id else ""
    room = plain(clip(facts.room_name or "", TITLE_LIMIT))
    line = " · ".join(filter(None, [title, stamp_range(row.start_at, row.end_at), room, held, card]))
    owed = _owed(facts)
    return f"{line}\n-# No answer yet: {_named(owed)}" if owed else line


def _named(people: Sequence[str]) -> str:
    more = f" and {len(people) - NAMED} more" if len(people) > NAMED else ""
    return " ".join(people[:NAMED]) + more
