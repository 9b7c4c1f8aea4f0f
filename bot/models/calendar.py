"""Calendar addresses: who may read which part of the calendar from outside."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId, Words
from bot.models.audit import Audited


class FeedScope(StrEnum):
    """Whose sessions a feed holds: the owner's own, a project's, or a room's."""

    MINE = "mine"
    PROJECT = "project"
    ROOM = "room"


class CalendarFeed(Audited, Base):
    """One person's private address for one scope; without `token_hash` there is none now.

    Only the SHA-256 of the address's token is kept, in hexadecimal: the address itself is shown once. `subject_id` is
    the project or the room, 0 for one's own. `serial` counts the addresses given out. `role_ids` are the owner's roles
    when they were last seen in the server (`checked_at`); `read_at` is when an app last asked, to the hour.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("guild_id", "user_id", "scope", "subject_id"), UniqueConstraint("token_hash"))
    undo_to: ClassVar[dict[str, Any]] = {"token_hash": None}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    scope: Mapped[FeedScope] = mapped_column(Words(FeedScope))
    subject_id: Mapped[int] = mapped_column(BigInteger, default=0)
    token_hash: Mapped[str | None] = mapped_column(String(64))
    serial: Mapped[int] = mapped_column(default=1)
    role_ids: Mapped[list[int]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
