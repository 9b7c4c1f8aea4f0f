"""What a session in a room costs: hours, half-days, days and sessions, and what staying longer adds (R23, R27)."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from bot.models.room import Room, RoomUnit
from bot.services.room_overtime import DAY, HOUR, cost_of, included_of, rule_of, starts_after

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Overrun:
    """How far a session went beyond its booked length, and what that costs; None where the room has no rule for it."""

    minutes: int
    minor: int | None


def price(room: Room, length: timedelta) -> int | None:
    """Return what a session of this elapsed length costs in minor units, or None for a room without a rate.

    Hours count by the elapsed second, or by the started step where the room has one, from its minimum up; half-days
    and days are counted whole (fact 4.1). What goes beyond the length after which overtime begins is overtime.
    """
    if room.rate_minor is None:
        return None
    lasting = max(length, room.minimum_minutes * MINUTE)
    if room.unit in (RoomUnit.DAY, RoomUnit.HALF_DAY):
        return _by_blocks(room, room.rate_minor, lasting)
    rule = rule_of(room)
    after = starts_after(room, rule) if rule else None
    usual = lasting if after is None else min(lasting, after * MINUTE)
    over = cost_of(room, rule, _minutes(lasting - usual)) if rule else 0
    hours = Decimal(1) if room.unit is RoomUnit.SESSION else _hours(room, usual)
    return _rounded(room.rate_minor * hours) + (over or 0)


def overrun(room: Room, booked: timedelta, lasted: timedelta) -> Overrun:
    """Return what a session that was booked for one length and lasted another costs beyond its price.

    Without a rule only hours have a price of their own, their usual one.
    """
    minutes = _minutes(max(lasted - booked, timedelta()))
    if not minutes:
        return Overrun(0, 0)
    rule = rule_of(room)
    if rule is not None and starts_after(room, rule) is None:
        return Overrun(minutes, cost_of(room, rule, minutes))
    if rule is None and room.unit is not RoomUnit.HOUR:
        return Overrun(minutes, None)
    before, then = price(room, booked), price(room, lasted)
    return Overrun(minutes, None if before is None or then is None else max(0, then - before))


def _by_blocks(room: Room, rate: int, lasting: timedelta) -> int:
    """Return the price of days or half-days: overtime in the last one never costs more than another whole one.

    In a lock-out each started 24 hours are one day, whatever is played in them. So is a session of several days: nobody
    plays through the nights between.
    """
    if room.unit is RoomUnit.DAY and lasting > DAY * MINUTE:
        return -(-lasting // (DAY * MINUTE)) * rate
    rule = rule_of(room)
    after = starts_after(room, rule) if rule else None
    lockout = room.is_lockout and room.unit is RoomUnit.DAY
    block = (DAY if lockout else after or included_of(room) or HOUR) * MINUTE
    whole, rest = divmod(lasting, block)
    if rule is None or after is None or not whole:
        return (whole + bool(rest) or 1) * rate
    return whole * rate + min(rate, cost_of(room, rule, _minutes(rest)) or 0)


def _hours(room: Room, length: timedelta) -> Decimal:
    step = room.billing_minutes
    if not step:
        return Decimal(int(length.total_seconds())) / 3600
    return (Decimal(int(length.total_seconds())) / 60 / step).to_integral_value(ROUND_CEILING) * step / HOUR


def _minutes(length: timedelta) -> int:
    """Return a length in minutes, a begun one counted."""
    return max(0, -(-length // MINUTE))


def _rounded(minor: Decimal) -> int:
    return int(minor.quantize(Decimal(1), ROUND_HALF_UP))
