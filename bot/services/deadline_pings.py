"""When a deadline is reminded of, and planning the reminders in its own transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.models.deadline import Deadline, DeadlinePerson, DeadlineState
from bot.models.reminder import Mention, Reminder, ReminderKind, ReminderState
from bot.models.settings import GuildSettings, MemberSettings
from bot.services import reminder
from bot.services.reminder_new import plan_all
from bot.services.reminder_times import next_after
from bot.services.settings_pings import leads_of, server_leads
from bot.services.settings_quiet import DAY, USUAL, read_leads

MOST_MESSAGES = 10
MORNING = 9
EVERY_MORNING = "FREQ=DAILY;COUNT=14"
# A deadline of 8:30 is not nagged about at 9:00 of the same day.
GRACE = timedelta(hours=1)
KINDS = (ReminderKind.DEADLINE,)


def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the last minute, 23:59, of the local day that the instant lies in."""
    return at.astimezone(zone).replace(hour=23, minute=59, second=0, microsecond=0, fold=0).astimezone(UTC)


def before(due_at: datetime, lead: int, zone: ZoneInfo) -> datetime:
    """Return the instant `lead` minutes before: whole days keep the clock on the wall (in `zone`), the rest elapses."""
    days, minutes = divmod(lead, DAY)
    if days:
        due_at = (due_at.astimezone(zone).replace(fold=0) - timedelta(days=days)).astimezone(UTC)
    return due_at - timedelta(minutes=minutes)


def pings(deadline: Deadline, now: datetime, leads: Sequence[int] | None = None) -> list[datetime]:
    """Return the instants still ahead at which a deadline is reminded of, the due one last; `leads` in place of its."""
    zone = ZoneInfo(deadline.zone)
    instants = {before(deadline.due_at, lead, zone) for lead in (deadline.leads if leads is None else leads)}
    return sorted(at for at in instants | {deadline.due_at} if at > now)


async def read(session: AsyncSession, guild_id: int, text: str | None) -> tuple[list[int], bool]:
    """Return lead times that were typed, or the server's, and whether they are the usual ones: nobody chose them."""
    if text is None or text.strip().casefold() in USUAL:
        return await server_leads(session, guild_id), True
    return read_leads(text), False


async def plan(
    session: AsyncSession,
    deadline: Deadline,
    user_ids: Collection[int],
    role_ids: Collection[int],
    now: datetime,
    *,
    instead_of: Sequence[Reminder] | None = None,
) -> list[datetime]:
    """Plan a deadline's reminders that are still ahead, each step louder than the one before; return when they come.

    Lead times go to its people by direct message, or to the channel where it was added when a role or a crowd is
    meant. At the due time the channel hears of it, and while nobody answers again every morning; `instead_of` are the
    reminders of the same due time in whose place these come, so that its mornings are not counted anew.
    """
    own = await leads_of(session, deadline.guild_id, user_ids) if deadline.has_usual_leads else {}
    ahead = _ahead(deadline, user_ids, role_ids, own, now)
    instants = [*ahead, *([(deadline.due_at, None)] if deadline.due_at > now else [])]
    rows = [_row(deadline, at, now, user_id=user_id) for at, user_id in instants]
    if not deadline.answered_by:
        rows += _mornings(deadline, now, instead_of)
    await plan_all(session, rows)
    for row in rows:
        reminder.wake_by(session, row["due_at"])
    return sorted({at for at, _ in ahead} | ({deadline.due_at} if deadline.due_at > now else set()))


def _mornings(deadline: Deadline, now: datetime, instead_of: Sequence[Reminder] | None) -> list[dict[str, Any]]:
    """Return the series of mornings, or what is left of the one in whose place it comes: nothing after the last."""
    zone = ZoneInfo(deadline.zone)
    if instead_of is None:
        morning = next_morning(max(deadline.due_at + GRACE, now), zone)
        return [_row(deadline, morning, now, rrule=EVERY_MORNING)]
    rows = []
    for was in instead_of:
        comes = next_after(was.rrule, was.first_at or was.due_at, zone, now) if was.rrule else None
        if comes is not None:
            rows.append({**_row(deadline, comes, now, rrule=was.rrule), "first_at": was.first_at})
    return rows


def _ahead(
    deadline: Deadline,
    user_ids: Collection[int],
    role_ids: Collection[int],
    own: Mapping[int, Sequence[int]],
    now: datetime,
) -> list[tuple[datetime, int | None]]:
    """Return when a deadline is reminded of before it is due, and whom by direct message, if it is one person."""
    if role_ids or len(user_ids) > MOST_MESSAGES:
        return [(at, None) for at in pings(deadline, now) if at < deadline.due_at]
    return [(at, user) for user in user_ids for at in pings(deadline, now, own.get(user)) if at < deadline.due_at]


async def follow(session: AsyncSession, settings: GuildSettings | MemberSettings) -> None:
    """Plan anew what follows from settings that an undo has put back."""
    await replan(session, settings.guild_id, settings.user_id if isinstance(settings, MemberSettings) else None)


async def replan(session: AsyncSession, guild_id: int, user_id: int | None) -> None:
    """Plan anew what comes before the open deadlines with usual lead times: of one person, or of the whole server.

    What is planned follows from the deadlines and the settings, so it leaves no trail, and an undo plans it again.
    """
    now = session.info["at"]
    usual = Deadline.guild_id == guild_id, Deadline.state == DeadlineState.OPEN, Deadline.has_usual_leads.is_(True)
    found = select(Deadline).where(*usual, Deadline.due_at > now)
    if user_id is not None:
        theirs = DeadlinePerson.guild_id == guild_id, DeadlinePerson.user_id == user_id
        mine = select(DeadlinePerson.deadline_id).where(*theirs, DeadlinePerson.is_assigned.is_(True))
        found = found.where(Deadline.id.in_(mine))
    deadlines = list(await session.scalars(found))
    if user_id is None:
        leads = await server_leads(session, guild_id)
        await session.execute(update(Deadline).where(*usual).values(leads=leads))
    people = await _people(session, [row.id for row in deadlines])
    own = await leads_of(session, guild_id, {user for users, _ in people.values() for user in users})
    for row in deadlines:
        users, roles = people.get(row.id, ([], []))
        rows = [(at, user) for at, user in _ahead(row, users, roles, own, now) if user_id in (None, user)]
        await _put(session, row, user_id, [_row(row, at, now, user_id=user) for at, user in rows])


async def _put(session: AsyncSession, deadline: Deadline, user_id: int | None, rows: list[dict[str, Any]]) -> None:
    """Put these in the place of what was planned ahead of a deadline, for one person or for all."""
    before_it = Reminder.rrule.is_(None), Reminder.due_at < deadline.due_at, Reminder.origin_id.is_(None)
    about = Reminder.kind.in_(KINDS), Reminder.subject_id == deadline.id, Reminder.state == ReminderState.PLANNED
    planned = update(Reminder).where(*about, *before_it)
    if user_id is not None:
        planned = planned.where(Reminder.user_id == user_id)
    await session.execute(planned.values(state=ReminderState.CANCELLED))
    if rows:
        await session.execute(insert(Reminder), rows)
        reminder.wake_by(session, min(row["due_at"] for row in rows))


async def _people(session: AsyncSession, ids: Sequence[int]) -> dict[int, tuple[list[int], list[int]]]:
    """Return the members and the roles of each deadline."""
    of = DeadlinePerson.deadline_id, DeadlinePerson.user_id, DeadlinePerson.role_id
    assigned = DeadlinePerson.is_assigned.is_(True), DeadlinePerson.deadline_id.in_(ids)
    people: dict[int, tuple[list[int], list[int]]] = {}
    for key, user, role in await session.execute(select(*of).where(*assigned).order_by(DeadlinePerson.id)):
        users, roles = people.setdefault(key, ([], []))
        users.extend([user] if user else [])
        roles.extend([role] if role else [])
    return people


def _row(
    deadline: Deadline, at: datetime, now: datetime, *, user_id: int | None = None, rrule: str | None = None
) -> dict[str, Any]:
    return {
        "guild_id": deadline.guild_id,
        "kind": ReminderKind.DEADLINE,
        "what": deadline.what,
        "channel_id": deadline.channel_id,
        "user_id": user_id if deadline.channel_id else user_id or deadline.created_by,
        "mention": Mention.NONE,
        "subject_id": deadline.id,
        "due_at": at,
        "rrule": rrule,
        "first_at": at if rrule else None,
        "zone": deadline.zone,
        "occurrence": 0,
        "state": ReminderState.PLANNED,
        "attempts": 0,
        "created_by": deadline.created_by,
        "created_at": now,
    }


def next_morning(after: datetime, zone: ZoneInfo) -> datetime:
    """Return the next 9:00 on the wall of the zone after an instant."""
    here = after.astimezone(zone)
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0, fold=0)
    if morning.astimezone(UTC) <= after:
        morning += timedelta(days=1)
    return morning.astimezone(UTC)


async def call_off(session: AsyncSession, deadline: Deadline) -> list[Reminder]:
    """Cancel every reminder of a deadline that is still to come, and return them."""
    return await reminder.call_off(session, KINDS, deadline.id)


async def calm_down(session: AsyncSession, deadline: Deadline) -> None:
    """Cancel the mornings of a deadline that somebody has answered, also one that waits for another try.

    What is leaving at this moment still arrives, once; nothing follows it.
    """
    await reminder.call_off(session, KINDS, deadline.id, repeating=True)
