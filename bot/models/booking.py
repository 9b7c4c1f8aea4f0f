"""Bookings: sessions in a room, who is asked and what they answered."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId, Words
from bot.models.audit import Audited


class BookingKind(StrEnum):
    """What a session is for (fact 4.12)."""

    REHEARSAL = "rehearsal"
    WRITING = "writing"
    PRE_PRODUCTION = "pre-production"
    TRACKING = "tracking"
    OVERDUB = "overdub"
    MIX = "mix"
    MASTER = "master"
    LISTENING = "listening"
    VIDEO = "video"
    PHOTO = "photo"
    OTHER = "other"


class BookingState(StrEnum):
    """Where a booking stands: previewed, pencilled, certain, or let go."""

    DRAFT = "draft"
    HELD = "held"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    RELEASED = "released"


class Answer(StrEnum):
    """What an invited person said."""

    NONE = "none"
    COMING = "coming"
    MAYBE = "maybe"
    CANT = "cant"


class News(StrEnum):
    """What happened to a booking by itself, to be told in its channel when its card is shown next."""

    PROMOTED = "promoted"
    LOST = "lost"


ACTIVE = (BookingState.HELD, BookingState.CONFIRMED)


class Booking(Audited, Base):
    """One session in `[start_at, end_at)` (R20). `agreed_minor` is its price in the project's currency.

    A draft is a preview that nobody has booked yet: it has no number and counts nowhere.
    `rank` orders the holds of one slot, 1 first (R24). `reason` is why it was booked over a clash or cancelled.
    `shown_version` is what the card in the channel shows, `news` what is still to be told there.
    `event_id` is the server's own event for it, which shows `event_version`.
    `challenger_id` is the hold that wants this one to decide; until then it would last `unchallenged_until_at`.
    The sessions of one repeat share a `series_id`; `rrule` is the repeat of a draft that stands for them all.
    Once it is closed out, `closed_at` is set, `actual_start_at` and `actual_end_at` are the real in and out, and
    `overtime_minor` and `extra_minor` what it cost beyond the agreed price.
    """

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("guild_id", "number"),
        Index("ix_booking_room", "room_id", "start_at", postgresql_where=text("state IN ('held', 'confirmed')"),
              sqlite_where=text("state IN ('held', 'confirmed')")),
        Index("ix_booking_when", "guild_id", "start_at"),
        # For calendar feeds: a room's sessions that were let go, and a project's by time.
        Index("ix_booking_room_gone", "room_id", "start_at",
              postgresql_where=text("state NOT IN ('held', 'confirmed') AND number IS NOT NULL"),
              sqlite_where=text("state NOT IN ('held', 'confirmed') AND number IS NOT NULL")),
        Index("ix_booking_project", "project_id", "state"),
        Index("ix_booking_project_when", "project_id", "start_at"),
        # What sessions cost a budget: read by every answer about money, and all that it asks of them is in here.
        Index("ix_booking_promised", "guild_id", "project_id", "line_id", "state", "agreed_minor",
              postgresql_where=text("line_id IS NOT NULL"), sqlite_where=text("line_id IS NOT NULL")),
        Index("ix_booking_series", "series_id", "start_at", postgresql_where=text("series_id IS NOT NULL"),
              sqlite_where=text("series_id IS NOT NULL")),
        Index("ix_booking_stale", "id", postgresql_where=text("shown_version < version"),
              sqlite_where=text("shown_version < version")),
        Index("ix_booking_event", "guild_id", postgresql_where=text("event_id IS NOT NULL"),
              sqlite_where=text("event_id IS NOT NULL")),
    )  # fmt: skip
    undo_to: ClassVar[dict[str, Any]] = {"state": BookingState.CANCELLED}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int | None]
    what: Mapped[str] = mapped_column(String(120))
    kind: Mapped[BookingKind] = mapped_column(Words(BookingKind), default=BookingKind.OTHER)
    state: Mapped[BookingState] = mapped_column(Words(BookingState))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("budget_line.id"))
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(64))
    rank: Mapped[int | None]
    hold_until_at: Mapped[datetime | None]
    challenger_id: Mapped[int | None] = mapped_column(BigInteger)
    unchallenged_until_at: Mapped[datetime | None]
    series_id: Mapped[int | None] = mapped_column(BigInteger)
    rrule: Mapped[str | None] = mapped_column(String(200))
    agreed_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    closed_at: Mapped[datetime | None]
    actual_start_at: Mapped[datetime | None]
    actual_end_at: Mapped[datetime | None]
    overtime_minor: Mapped[int | None] = mapped_column(BigInteger)
    extra_minor: Mapped[int | None] = mapped_column(BigInteger)
    close_note: Mapped[str | None] = mapped_column(String(300))
    needs: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(String(1000))
    reason: Mapped[str | None] = mapped_column(String(300))
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(default=1)
    shown_version: Mapped[int] = mapped_column(default=0)
    news: Mapped[News | None] = mapped_column(Words(News))
    event_id: Mapped[int | None] = mapped_column(BigInteger)
    event_version: Mapped[int] = mapped_column(default=0, server_default="0")
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]

    @property
    def length(self) -> timedelta:
        """Elapsed time, whatever the clocks on the wall do in between (R23)."""
        return self.end_at - self.start_at

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


class BookingPerson(Audited, Base):
    """A member or a role asked to a booking, the member's answer, and once it is closed whether they came.

    `part` is what the member covers of the booking's needs, several with commas between.
    """

    __tablename__ = "booking_person"
    __table_args__ = (
        UniqueConstraint("booking_id", "user_id"),
        UniqueConstraint("booking_id", "role_id"),
        Index("ix_booking_person_user", "guild_id", "user_id"),
    )
    undo_to: ClassVar[dict[str, Any]] = {"is_asked": False, "answer": Answer.NONE, "has_come": None, "part": None}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    role_id: Mapped[int | None] = mapped_column(BigInteger)
    is_asked: Mapped[bool] = mapped_column(default=True)
    answer: Mapped[Answer] = mapped_column(Words(Answer), default=Answer.NONE)
    answered_at: Mapped[datetime | None]
    has_come: Mapped[bool | None]
    part: Mapped[str | None] = mapped_column(String(200))
