"""Reminders: the rows that say what is due, for whom and where. They are the schedule."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId, Words
from bot.models.audit import Audited


class ReminderKind(StrEnum):
    """Where a reminder comes from, which decides its words and buttons."""

    PERSONAL = "personal"
    CHANNEL = "channel"
    BOOKING = "booking"
    HOLD = "hold"
    CALL_SHEET = "callsheet"
    FREE_CANCEL = "free-cancel"
    CLOSE = "close"
    CARD = "card"
    NUDGE = "nudge"
    QUORUM = "quorum"
    DEADLINE = "deadline"
    FREED = "freed"
    OVERAGE = "overage"
    EXPENSE = "expense"
    PROMISE = "promise"
    PAYMENT = "payment"
    DIGEST = "digest"
    DIGEST_MONEY = "digest-money"


class ReminderState(StrEnum):
    """The life of a reminder; a row that failed stays visible and is never deleted."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class Mention(StrEnum):
    """Whom a channel reminder calls."""

    NONE = "none"
    ME = "me"
    HERE = "here"
    EVERYONE = "everyone"


class Reminder(Audited, Base):
    """One thing to send at `due_at`, to `user_id` by DM, or into `channel_id`.

    `occurrence` counts the deliveries of a repeating row and is part of the nonce, so that a crash
    between sending and marking can't ping twice. A claimed row belongs to `lease_by` until `lease_until`; without
    `lease_by` it waits for another try. `subject_id` is the booking's or deadline's key for the kinds that speak
    of one. `origin_id` is the repeating row that a sent one records an occurrence of, or what was snoozed.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("guild_id", "number"),
        Index("ix_reminder_due", "due_at", sqlite_where=text("state = 'planned'"),
              postgresql_where=text("state = 'planned'")),
        Index("ix_reminder_lease", "lease_until", sqlite_where=text("state = 'claimed'"),
              postgresql_where=text("state = 'claimed'")),
        Index("ix_reminder_subject", "kind", "subject_id"),
        Index("ix_reminder_guild", "guild_id", "state", "due_at"),
        Index("ix_reminder_owner", "guild_id", "created_by", "state"),
        Index("ix_reminder_channel", "guild_id", "channel_id", "state"),
        Index("ix_reminder_origin", "origin_id", "occurrence"),
    )  # fmt: skip
    undo_to: ClassVar[dict[str, Any]] = {"state": ReminderState.CANCELLED}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int | None]
    kind: Mapped[ReminderKind] = mapped_column(Words(ReminderKind))
    what: Mapped[str] = mapped_column(String(1000))
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    mention: Mapped[Mention] = mapped_column(Words(Mention), default=Mention.NONE)
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    due_at: Mapped[datetime]
    rrule: Mapped[str | None] = mapped_column(String(200))
    first_at: Mapped[datetime | None]
    zone: Mapped[str] = mapped_column(String(64))
    occurrence: Mapped[int] = mapped_column(default=0)
    state: Mapped[ReminderState] = mapped_column(Words(ReminderState), default=ReminderState.PLANNED)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_by: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    sent_channel_id: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None] = mapped_column(String(200))
    origin_id: Mapped[int | None] = mapped_column(BigInteger)
    done_by: Mapped[int | None] = mapped_column(BigInteger)
    done_at: Mapped[datetime | None]
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class ReminderFollower(Audited, Base):
    """Somebody who pressed *Notify me too* on a channel's reminder."""

    __tablename__ = "reminder_follower"
    __table_args__ = (UniqueConstraint("reminder_id", "user_id"),)
    undo_to: ClassVar[dict[str, Any]] = {"is_following": False}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminder.id"))
    user_id: Mapped[int] = mapped_column(BigInteger)
    is_following: Mapped[bool] = mapped_column(default=True)
