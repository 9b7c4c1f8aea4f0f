"""Call sheets: what a session's people must know that its booking does not say, and what was posted of it."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId
from bot.models.audit import Audited

TYPED = (
    "call_minutes", "load_in_minutes", "downbeat_minutes", "wrap_minutes", "schedule", "address", "entrance", "parking",
    "emergency", "songs", "gear", "technical", "notes", "contacts",
)  # fmt: skip


class CallSheet(Audited, Base):
    """What somebody typed on the sheet of a booking; what is empty is worked out from the booking (fact 4.11).

    Times are minutes after the session's start, the wrap after its end, so that they follow a move; before it they
    are negative. `contacts` are shown only to whom they concern (R35).
    """

    __tablename__ = "call_sheet"
    __table_args__ = (UniqueConstraint("booking_id"), Index("ix_call_sheet_guild", "guild_id"))
    undo_to: ClassVar[dict[str, Any]] = dict.fromkeys(TYPED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    call_minutes: Mapped[int | None]
    load_in_minutes: Mapped[int | None]
    downbeat_minutes: Mapped[int | None]
    wrap_minutes: Mapped[int | None]
    schedule: Mapped[str | None] = mapped_column(String(1000))
    address: Mapped[str | None] = mapped_column(String(300))
    entrance: Mapped[str | None] = mapped_column(String(300))
    parking: Mapped[str | None] = mapped_column(String(300))
    emergency: Mapped[str | None] = mapped_column(String(300))
    songs: Mapped[str | None] = mapped_column(String(1500))
    gear: Mapped[str | None] = mapped_column(String(1000))
    technical: Mapped[str | None] = mapped_column(String(1000))
    notes: Mapped[str | None] = mapped_column(String(1000))
    contacts: Mapped[str | None] = mapped_column(String(1000))
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class CallTime(Audited, Base):
    """What one person of a session plays and when they are called, in minutes after its start.

    A person is a member, or only a `name`. One who is not listed was taken off the sheet.
    """

    __tablename__ = "call_time"
    __table_args__ = (UniqueConstraint("booking_id", "user_id"), Index("ix_call_time_guild", "guild_id"))
    undo_to: ClassVar[dict[str, Any]] = {"is_listed": False}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str | None] = mapped_column(String(80))
    part: Mapped[str | None] = mapped_column(String(80))
    call_minutes: Mapped[int | None]
    is_listed: Mapped[bool] = mapped_column(default=True)


class CallSheetPost(Base):
    """What the sheet in the channel shows, to tell what has changed since; `news` are its last updates."""

    __tablename__ = "call_sheet_post"
    __table_args__ = (UniqueConstraint("booking_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    shown: Mapped[dict[str, Any]] = mapped_column(JSON)
    news: Mapped[list[Any]] = mapped_column(JSON)
