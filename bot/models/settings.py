"""What a server and each of its people have set."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId, Words
from bot.models.audit import Audited


class Digest(StrEnum):
    """How often the server's summary is posted."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class GuildSettings(Audited, Base):
    """A server's settings; one row per server, made when the first one is set."""

    __tablename__ = "guild_settings"
    undo_to: ClassVar[dict[str, object]] = {
        "timezone": "UTC",
        "currency": "USD",
        "producer_role_id": None,
        "money_role_id": None,
        "announcements_id": None,
        "digest": Digest.OFF,
    }

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    locale: Mapped[str] = mapped_column(String(12), default="en-US")
    producer_role_id: Mapped[int | None] = mapped_column(BigInteger)
    money_role_id: Mapped[int | None] = mapped_column(BigInteger)
    announcements_id: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[Digest] = mapped_column(Words(Digest), default=Digest.OFF)
    approval_above_minor: Mapped[int] = mapped_column(BigInteger, default=10_000)
    created_at: Mapped[datetime]


class MemberSettings(Audited, Base):
    """What one person set for themselves in one server."""

    __tablename__ = "member_settings"
    __table_args__ = (UniqueConstraint("guild_id", "user_id"),)
    undo_to: ClassVar[dict[str, object]] = {"timezone": None}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    timezone: Mapped[str | None] = mapped_column(String(64))
