"""Rooms: what they cost, their house rules, and what a session in one would cost."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFound, UserError
from bot.fuzzy import Choice, likely, number_in, pick
from bot.models.booking import ACTIVE, Booking
from bot.models.room import Room, RoomUnit
from bot.money import Amount
from bot.services import room_overtime as overtimes
from bot.services.availability_hours import read_weekly
from bot.services.memo import next_number
from bot.services.project import NameTaken, exact_money, tidy_name
from bot.services.settings import read_zone, settings_of
from bot.text import clip

LONGEST_BUFFER = 24 * 60
LADDER_STEPS = 6
UNSET = "unset"
Place: TypeAlias = Room
BILLING_STEPS = (5, 10, 15, 20, 30, 60)


class NotALadder(UserError):
    """Cancellation terms that can't be read."""

    text = "I can't read “{given}” as cancellation terms, so nothing was changed. Type them like `48h 50%, 24h 100%`."


class NotALength(UserError):
    """A minimum or a buffer that is no sensible length."""

    text = (
        "“{given}” is no {kind} I can use: give minutes or hours up to 24 h, such as `30` or `1h`. Nothing was changed."
    )


class NotADay(UserError):
    """A length that no day or half-day has."""

    text = (
        "“{given}” is no length of a day that I can use, so nothing was changed. "
        "Give its hours, such as `10h`, `24h lock-out`, or `usual`."
    )


class NotAStep(UserError):
    """A billing step that does not divide an hour."""

    text = (
        "“{given}” is no billing step that I can use, so nothing was changed. "
        "Give 15, 30 or 60 minutes, or `none` to charge by the minute."
    )


class RoomArchived(UserError):
    """A booking in a room that is closed."""

    text = "The room “{name}” is archived, so nothing was changed. Bring it back with `/room archive`, or pick another."


def read_minutes(text: str, kind: str) -> int:
    """Return minutes from `30`, `90min`, `1h`, `1.5h` or `1h30`; raises `NotALength`."""
    match = re.fullmatch(
        r"(?:([0-9]{1,2}(?:[.,][0-9]{1,2})?)\s*h(?:ours?|rs?)?)?\s*(?:([0-9]{1,4})\s*(?:m(?:in(?:ute)?s?)?)?)?",
        text.strip().lower(),
    )
    if match is None or not any(match.groups()):
        raise NotALength(given=clip(text, 40), kind=kind)
    hours, minutes = match.groups()
    total = Decimal((hours or "0").replace(",", ".")) * 60 + int(minutes or 0)
    if total > LONGEST_BUFFER:
        raise NotALength(given=clip(text, 40), kind=kind)
    return int(total.quantize(Decimal(1), ROUND_HALF_UP))


def read_ladder(text: str) -> list[list[int]]:
    """Return [[hours before start, percent owed], ...] from `48h 50%, 24h 100%` or `7d 50%` (fact 4.5).

    Raises `NotALadder`.
    """
    steps = {}
    for part in re.split(r"[,;]|\band\b", text.lower()):
        match = re.fullmatch(r"\s*<?=?\s*([0-9]{1,4})\s*(h|hours?|d|days?)?\s*[:=]?\s*([0-9]{1,3})\s*%\s*", part)
        if match is None or int(match[3]) > 100:  # noqa: PLR2004 - percent
            raise NotALadder(given=clip(text, 60))
        steps[int(match[1]) * (24 if (match[2] or "h").startswith("d") else 1)] = int(match[3])
    if not 0 < len(steps) <= LADDER_STEPS:
        raise NotALadder(given=clip(text, 60))
    return [list(step) for step in sorted(steps.items())]


def read_day(text: str) -> tuple[int | None, bool]:
    """Return how many minutes a day or half-day has, None for the usual, and whether it is a lock-out.

    A bare number is hours. Raises `NotADay`.
    """
    rest, lockouts = re.subn(r"\block-?\s?out\b", " ", text.strip().lower())
    rest = rest.strip(" ,;+")
    if rest in ("usual", "none", "") and text.strip():
        return None, bool(lockouts)
    try:
        minutes = read_minutes(f"{rest}h" if re.fullmatch(r"[0-9.,]+", rest) else rest, "day")
    except NotALength:
        minutes = 0
    if minutes < overtimes.HOUR:
        raise NotADay(given=clip(text, 40))
    return minutes, bool(lockouts)


def read_step(text: str) -> int | None:
    """Return the minutes of a billing step (fact 4.2), None for none; raises `NotAStep`."""
    if text.strip().lower() in ("none", "minute", "0"):
        return None
    try:
        minutes = read_minutes(text, "step")
    except NotALength:
        minutes = 0
    if minutes not in BILLING_STEPS:
        raise NotAStep(given=clip(text, 40))
    return minutes


def last_free(room: Room, start: datetime) -> datetime | None:
    """Return until when a session may be cancelled for nothing; None where that always costs nothing (R26)."""
    hours = [hours for hours, percent in room.cancellation if percent]
    return start - timedelta(hours=max(hours)) if hours else None


def cancellation_percent(room: Room, notice: timedelta) -> int:
    """Return the percent owed when a session is cancelled this long before its start (R26)."""
    owed = [percent for hours, percent in room.cancellation if notice < timedelta(hours=hours)]
    return max(owed, default=0)


async def get(session: AsyncSession, guild_id: int, room_id: int, *, lock: bool = False) -> Room:
    """Return a room of this server by its key, locked for the transaction when asked; raises `NotFound`."""
    statement = select(Room).where(Room.id == room_id, Room.guild_id == guild_id)
    room = await session.scalar(statement.with_for_update() if lock else statement)
    if room is None:
        raise NotFound(kind="room", given=room_id)
    return room


async def find(session: AsyncSession, actor: Actor, text: str, *, archived: bool = False) -> Room:
    """Return the room that the text names; raises `NotFound`, `Ambiguous`, or `RoomArchived`."""
    number = number_in(text)
    here = select(Room).where(Room.guild_id == actor.guild_id)
    found = await session.scalar(here.where(Room.number == number)) if number else None
    if found is None:
        rows = (await session.scalars(here.order_by(Room.archived_at.is_not(None), Room.name))).all()
        live = [row for row in rows if archived or row.archived_at is None]
        closed = [row for row in rows if row not in live]
        found = pick(text, live, option="room", name=lambda row: row.name, value=_value, closed=closed)
    if found.archived_at is not None and not archived:
        raise RoomArchived(name=found.name)
    return found


# Built once: rooms are suggested with every letter that somebody types.
_ALL = select(Room).where(Room.guild_id == bindparam("guild")).order_by(Room.name)
_OPEN = _ALL.where(Room.archived_at.is_(None))


class RoomService:
    """What a band does with the rooms it books."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def add(self, actor: Actor, name: str, **given: Any) -> Room:
        """Add a room (producers only).

        Raises `NameTaken`, `OtherCurrency`, or what one of its rules lacks, such as `NotOvertime` or `NotAZone`.
        """
        actor.must_produce()
        async with self._db.write(actor, "room.add") as session:
            settings = await settings_of(session, actor.guild_id, self._clock.now())
            room = Room(
                guild_id=actor.guild_id,
                number=await next_number(session, actor.guild_id, "room"),
                name="",
                unit=RoomUnit.HOUR,
                minimum_minutes=0,
                buffer_minutes=0,
                cancellation=[],
                opening=[],
                is_lockout=False,
                currency=settings.currency,
                timezone=settings.timezone,
                created_by=actor.user_id,
                created_at=self._clock.now(),
            )
            await _apply(session, actor, room, {"name": tidy_name(name), **given})
            session.add(room)
        return room

    async def edit(self, actor: Actor, text: str, **given: Any) -> Room:
        """Change what is given of a room (producers only); sessions already booked keep their price."""
        actor.must_produce()
        async with self._db.write(actor, "room.edit") as session:
            room = await find(session, actor, text)
            place = room.name, room.address
            await _apply(session, actor, room, given)
            await _look_again(session, room, is_moved=place != (room.name, room.address))
        return room

    async def archive(self, actor: Actor, text: str) -> Room:
        """Close a room, or bring a closed one back (producers only)."""
        actor.must_produce()
        async with self._db.write(actor, "room.archive") as session:
            room = await find(session, actor, text, archived=True)
            room.archived_at = self._clock.now() if room.archived_at is None else None
        return room

    async def show(self, actor: Actor, text: str) -> Room:
        async with self._db.read() as session:
            return await find(session, actor, text, archived=True)

    async def listed(self, actor: Actor, *, archived: bool = False) -> list[Room]:
        """Return the server's rooms by name; archived ones only when asked for."""
        async with self._db.read() as session:
            return list(await session.scalars(_ALL if archived else _OPEN, {"guild": actor.guild_id}))

    async def suggest(self, actor: Actor, text: str, *, archived: bool = False) -> list[Choice]:
        """Return the rooms a person may mean while typing."""
        rows = await self.listed(actor, archived=archived)
        found = likely(text, rows, name=lambda row: row.name, number=lambda row: row.number)
        closed = " (archived)"
        return [Choice(clip(row.name, 88) + (closed if row.archived_at else ""), _value(row)) for row in found]


async def recheck(session: AsyncSession, room: Room) -> None:
    """Let what shows a room be looked at again, such as the cards and call sheets of its sessions."""
    await _look_again(session, room, is_moved=True)


async def _look_again(session: AsyncSession, room: Room, *, is_moved: bool) -> None:
    """Let what shows a room be looked at again; the sessions ahead as well where its name or address is another."""
    stale: set[tuple[str, int]] = session.info.setdefault("stale", set())
    stale.add(("room", room.id))
    if not is_moved:
        return
    ahead = Booking.room_id == room.id, Booking.state.in_(ACTIVE), Booking.end_at > session.info["at"]
    changed = update(Booking).where(*ahead).values(version=Booking.version + 1).returning(Booking.id)
    keys = await session.scalars(changed.execution_options(synchronize_session=False))
    stale.update({("event", room.guild_id), *(("booking", key) for key in keys)})


async def _apply(session: AsyncSession, actor: Actor, room: Room, given: dict[str, Any]) -> None:
    """Set what is given of a room, each checked; None leaves a field as it is."""
    if name := given.get("name"):
        room.name = tidy_name(name)
        rows = await session.scalars(select(Room).where(Room.guild_id == actor.guild_id, Room.archived_at.is_(None)))
        if any(row.name.casefold() == room.name.casefold() and row is not room for row in rows):
            raise NameTaken(kind="room", name=room.name)
    rate: Amount | None = given.get("rate")
    before = room.currency
    if rate is not None:
        room.currency = room.currency if rate.currency in (None, "$") else rate.currency_in(room.currency)
        room.rate_minor = exact_money(rate, room.currency).minor
    room.unit = given.get("unit") or room.unit
    for option, (column, reader) in _READERS.items():
        if given.get(option) is not None:
            setattr(room, column, reader(given[option]))
    if given.get("included") is not None:
        room.included_minutes, room.is_lockout = read_day(given["included"])
    _set_overtime(actor, room, given.get("overtime"), before)


def _set_overtime(actor: Actor, room: Room, text: str | None, currency: str) -> None:
    """Read an overtime rule into its columns, and see that the one there is fits the room's rate."""
    if text == UNSET:
        room.overtime = None
        overtimes.forget(room)
    elif text is not None:
        room.overtime = tidy_name(text, 200)
        overtimes.store(room, overtimes.read_overtime(room.overtime, room, actor.locale))
    elif room.overtime_rate_minor and room.currency != currency:
        raise overtimes.OvertimeCurrency(room=room.name, old=currency, new=room.currency)
    if room.overtime_step_minutes is not None:
        overtimes.must_have_its_rate(room, overtimes.rule_of(room))


_READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "minimum": ("minimum_minutes", lambda text: read_minutes(text, "minimum")),
    "buffer": ("buffer_minutes", lambda text: read_minutes(text, "buffer")),
    "cancellation": ("cancellation", read_ladder),
    "timezone": ("timezone", read_zone),
    "address": ("address", lambda text: tidy_name(text, 300)),
    "hours": ("opening", read_weekly),
    "steps": ("billing_minutes", read_step),
}


def _value(room: Room) -> str:
    return f"#{room.number}"
