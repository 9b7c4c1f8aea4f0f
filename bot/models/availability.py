"""When people can: their usual hours of the week, and when they are away."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId
from bot.models.audit import Audited


class UsualHours(Audited, Base):
    """A member's usual hours: [weekday from Monday 0, first minute, last minute], on the wall clock of `zone`.

    An empty list means any time.
    """

    __tablename__ = "usual_hours"
    __table_args__ = (UniqueConstraint("guild_id", "user_id"),)
    undo_to: ClassVar[dict[str, Any]] = {"weekly": []}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    weekly: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    zone: Mapped[str] = mapped_column(String(64))


class Away(Audited, Base):
    """A time in `[start_at, end_at)` when a member can't; the note is for them alone."""

    __tablename__ = "away"
    __table_args__ = (Index("ix_away_user", "guild_id", "user_id", "end_at"),)
    undo_to: ClassVar[dict[str, Any]] = {"is_dropped": True}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(String(200))
    is_dropped: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
