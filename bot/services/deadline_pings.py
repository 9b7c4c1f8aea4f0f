"""When a deadline is reminded of: reading lead times, and planning the reminders in its own transaction."""

import re
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


def plan(session: AsyncSession, deadline: Deadline, now: datetime) -> None:
    """Plan a deadline's reminders that are still ahead, in the channel where it was added."""
    for at in pings(deadline, now):
        reminder.plan(
            session,
            Reminder(
                guild_id=deadline.guild_id,
                kind=ReminderKind.DEADLINE,
                what=deadline.what,
                channel_id=deadline.channel_id,
                user_id=None if deadline.channel_id else deadline.created_by,
                mention=Mention.NONE,
                subject_id=deadline.id,
                due_at=at,
                zone=deadline.zone,
                created_by=deadline.created_by,
                created_at=now,
            ),
        )


async def call_off(session: AsyncSession, deadline: Deadline) -> None:
    await reminder.call_off(session, KINDS, deadline.id)
