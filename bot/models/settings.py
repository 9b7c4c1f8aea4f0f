"""What a server and each of its people have set."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import JSON, BigInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId, Words
from bot.models.audit import Audited

DIGEST_MINUTE = 9 * 60


class Digest(StrEnum):
    """How often the server's summary is posted."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class GuildSettings(Audited, Base):
    """A server's settings; one row per server, made when the first one is set.

    `digest_minute` counts from midnight on the server's wall, `digest_weekday` from Monday 0 for a weekly one.
    `quiet_hours` and `lead_times` count for people who set none of their own.
    `shows_events` says whether confirmed sessions are among the server's own events.
    """

    __tablename__ = "guild_settings"
    undo_to: ClassVar[dict[str, object]] = {
        "timezone": "UTC",
        "currency": "USD",
        "producer_role_id": None,
        "money_role_id": None,
        "announcements_id": None,
        "money_channel_id": None,
        "digest": Digest.OFF,
        "digest_weekday": 0,
        "digest_minute": DIGEST_MINUTE,
        "quiet_hours": None,
        "lead_times": None,
        "shows_events": True,
    }

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    locale: Mapped[str] = mapped_column(String(12), default="en-US")
    producer_role_id: Mapped[int | None] = mapped_column(BigInteger)
    money_role_id: Mapped[int | None] = mapped_column(BigInteger)
    announcements_id: Mapped[int | None] = mapped_column(BigInteger)
    money_channel_id: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[Digest] = mapped_column(Words(Digest), default=Digest.OFF)
    digest_weekday: Mapped[int] = mapped_column(default=0, server_default="0")
    digest_minute: Mapped[int] = mapped_column(default=DIGEST_MINUTE, server_default=str(DIGEST_MINUTE))
    approval_above_minor: Mapped[int] = mapped_column(BigInteger, default=10_000)
    quiet_hours: Mapped[str | None] = mapped_column(String(200))
    lead_times: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    shows_events: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    created_at: Mapped[datetime]


class MemberSettings(Audited, Base):
    """What one person set for themselves in one server; None is what the server has, an empty `quiet_hours` none.

    `is_by_message` says whether pings come by direct message or in the channel. `plays` is what they last said they
    cover at sessions, several parts with commas between.
    """

    __tablename__ = "member_settings"
    __table_args__ = (UniqueConstraint("guild_id", "user_id"),)
    undo_to: ClassVar[dict[str, object]] = {
        "timezone": None,
        "is_by_message": None,
        "quiet_hours": None,
        "lead_times": None,
        "plays": None,
    }

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    timezone: Mapped[str | None] = mapped_column(String(64))
    is_by_message: Mapped[bool | None]
    quiet_hours: Mapped[str | None] = mapped_column(String(200))
    lead_times: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    plays: Mapped[str | None] = mapped_column(String(200))
