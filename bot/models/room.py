"""Rooms: studios and rehearsal rooms, with what they cost and their house rules."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId, Thousandths, Words
from bot.models.audit import Audited


class RoomUnit(StrEnum):
    """What a room's rate is for (fact 4.1)."""

    HOUR = "hour"
    HALF_DAY = "half-day"
    DAY = "day"
    SESSION = "session"


class Room(Audited, Base):
    """A bookable room. `rate_minor` is per `unit`; `minimum_minutes` and `buffer_minutes` are minutes.

    `cancellation` is a ladder of [hours before start, percent owed], nearest first (fact 4.5). `overtime` is its
    rule as typed and `overtime_*` how it was read (fact 4.3): what an hour costs, as an amount or as a percentage of
    the rate for `overtime_unit`, in steps, after so much time; without a step the text alone counts.
    `included_minutes` is how long a day or half-day is, and with `is_lockout` each day of 24 hours counts once
    (fact 4.1). Hours are charged by the started `billing_minutes` (fact 4.2). `opening` is [weekday, first minute,
    last minute] in the room's zone, empty for any time.
    """

    __tablename__ = "room"
    __table_args__ = (UniqueConstraint("guild_id", "number"), Index("ix_room_open", "guild_id", "archived_at"))
    undo_to: ClassVar[dict[str, Any]] = {"archived_at": "now"}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    rate_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    unit: Mapped[RoomUnit] = mapped_column(Words(RoomUnit), default=RoomUnit.HOUR)
    minimum_minutes: Mapped[int] = mapped_column(default=0)
    buffer_minutes: Mapped[int] = mapped_column(default=0)
    address: Mapped[str | None] = mapped_column(String(300))
    timezone: Mapped[str] = mapped_column(String(64))
    overtime: Mapped[str | None] = mapped_column(String(200))
    overtime_after_minutes: Mapped[int | None]
    overtime_step_minutes: Mapped[int | None]
    overtime_rate_minor: Mapped[int | None] = mapped_column(BigInteger)
    overtime_percent: Mapped[Decimal | None] = mapped_column(Thousandths)
    overtime_unit: Mapped[RoomUnit | None] = mapped_column(Words(RoomUnit))
    included_minutes: Mapped[int | None]
    is_lockout: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    billing_minutes: Mapped[int | None]
    opening: Mapped[list[list[int]]] = mapped_column(JSON, default=list, server_default="[]")
    cancellation: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    archived_at: Mapped[datetime | None]
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
