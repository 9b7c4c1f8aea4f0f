"""When a deadline is reminded of: reading lead times, and planning the reminders in its own transaction."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import UserError
from bot.models.deadline import Deadline
from bot.models.reminder import Mention, Reminder, ReminderKind
from bot.services import reminder
from bot.text import clip

DAY = 24 * 60
DEFAULT_LEADS = (7 * DAY, 2 * DAY, DAY, 2 * 60)
LONGEST_LEAD = 366 * DAY
MOST_LEADS = 10
MOST_MESSAGES = 10
MORNING = 9
EVERY_MORNING = "FREQ=DAILY;COUNT=14"
# A deadline of 8:30 is not nagged about at 9:00 of the same day.
GRACE = timedelta(hours=1)
KINDS = (ReminderKind.DEADLINE,)
_MINUTES = {"w": 7 * DAY, "d": DAY, "h": 60, "m": 1}
_LEAD = re.compile(
    r"([0-9]{1,4})\s*(w|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?)(?:\s+(?:before|ahead|earlier))?", re.IGNORECASE
)
_NONE = frozenset(["none", "off", "no", "never"])


class NotLeadTimes(UserError):
    """Lead times that can't be read."""

    text = (
        "I can't read “{given}” as times before the deadline, so nothing was changed. "
        "Type them like `3d, 2h`, up to {most} of them and a year at most, or `none` for the due time only."
    )


def read_leads(text: str) -> list[int]:
    """Return minutes before the deadline from `3d, 2h`, the longest first, none for `none`; raises `NotLeadTimes`."""
    if text.strip().casefold() in _NONE:
        return []
    minutes = set()
    for part in re.split(r"[,;+&]|\band\b", text):
        match = _LEAD.fullmatch(part.strip())
        if match is None:
            raise NotLeadTimes(given=clip(text, 60), most=MOST_LEADS)
        minutes.add(int(match[1]) * _MINUTES[match[2][0].lower()])
    if len(minutes) > MOST_LEADS or not all(0 < lead <= LONGEST_LEAD for lead in minutes):
        raise NotLeadTimes(given=clip(text, 60), most=MOST_LEADS)
    return sorted(minutes, reverse=True)


def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the last minute, 23:59, of the local day that the instant lies in."""
    return at.astimezone(zone).replace(hour=23, minute=59, second=0, microsecond=0, fold=0).astimezone(UTC)


def before(due_at: datetime, lead: int, zone: ZoneInfo) -> datetime:
    """Return the instant `lead` minutes before: whole days keep the clock on the wall (in `zone`), the rest elapses."""
    days, minutes = divmod(lead, DAY)
    if days:
        due_at = (due_at.astimezone(zone).replace(fold=0) - timedelta(days=days)).astimezone(UTC)
    return due_at - timedelta(minutes=minutes)


def pings(deadline: Deadline, now: datetime) -> list[datetime]:
    """Return the instants still ahead at which a deadline is reminded of, the due one last."""
    zone = ZoneInfo(deadline.zone)
    instants = {before(deadline.due_at, lead, zone) for lead in deadline.leads} | {deadline.due_at}
    return sorted(at for at in instants if at > now)


def plan(
    session: AsyncSession, deadline: Deadline, user_ids: Collection[int], role_ids: Collection[int], now: datetime
) -> None:
    """Plan a deadline's reminders that are still ahead, each step louder than the one before.

    Lead times go to its people by direct message, or to the channel where it was added when a role or a crowd is
    meant. At the due time the channel hears of it, and while nobody answers again every morning.
    """
    by_message = user_ids if not role_ids and len(user_ids) <= MOST_MESSAGES else ()
    for at in pings(deadline, now):
        if at == deadline.due_at or not by_message:
            reminder.plan(session, _reminder(deadline, at, now))
        else:
            for user_id in by_message:
                reminder.plan(session, _reminder(deadline, at, now, user_id=user_id))
    if not deadline.answered_by:
        morning = next_morning(max(deadline.due_at + GRACE, now), ZoneInfo(deadline.zone))
        reminder.plan(session, _reminder(deadline, morning, now, rrule=EVERY_MORNING))


def _reminder(
    deadline: Deadline, at: datetime, now: datetime, *, user_id: int | None = None, rrule: str | None = None
) -> Reminder:
    return Reminder(
        guild_id=deadline.guild_id,
        kind=ReminderKind.DEADLINE,
        what=deadline.what,
        channel_id=deadline.channel_id,
        user_id=user_id if deadline.channel_id else user_id or deadline.created_by,
        mention=Mention.NONE,
        subject_id=deadline.id,
        due_at=at,
        rrule=rrule,
        first_at=at if rrule else None,
        zone=deadline.zone,
        created_by=deadline.created_by,
        created_at=now,
    )


def next_morning(after: datetime, zone: ZoneInfo) -> datetime:
    """Return the next 9:00 on the wall of the zone after an instant."""
    here = after.astimezone(zone)
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0, fold=0)
    if morning.astimezone(UTC) <= after:
        morning += timedelta(days=1)
    return morning.astimezone(UTC)


async def call_off(session: AsyncSession, deadline: Deadline) -> None:
    """Cancel every reminder of a deadline that is still to come."""
    await reminder.call_off(session, KINDS, deadline.id)


async def calm_down(session: AsyncSession, deadline: Deadline) -> None:
    """Cancel the mornings of a deadline that somebody has answered."""
    for row in await reminder.planned_for(session, KINDS, deadline.id):
        if row.rrule is not None:
            reminder.stop(session, row)
