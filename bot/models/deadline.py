"""Deadlines: what must be done by when, and by whom."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId, Words
from bot.models.audit import Audited


class DeadlineState(StrEnum):
    """Where a deadline stands."""

    OPEN = "open"
    DONE = "done"
    DELETED = "deleted"


class Deadline(Audited, Base):
    """Something due at `due_at`; with `is_all_day` the day counts, and the instant is its end in `zone`.

    `leads` are the minutes before it at which it is reminded of, the longest first; with `has_usual_leads` nobody chose
    them, and each person's own count instead. `answered_by` is who said to be on it; a new due time forgets that. A
    repeating one (`rrule`, counted from `first_at` on the wall of `zone`) makes its next when it is done. `link` is
    the message that it was made from.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("guild_id", "number"),
        Index("ix_deadline_due", "guild_id", "state", "due_at"),
        Index("ix_deadline_project", "project_id"),
    )
    undo_to: ClassVar[dict[str, Any]] = {"state": DeadlineState.DELETED}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]
    what: Mapped[str] = mapped_column(String(200))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    due_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(64))
    is_all_day: Mapped[bool] = mapped_column(default=False)
    leads: Mapped[list[int]] = mapped_column(JSON)
    has_usual_leads: Mapped[bool | None]
    rrule: Mapped[str | None] = mapped_column(String(200))
    first_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(BigInteger)
    answered_at: Mapped[datetime | None]
    link: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[DeadlineState] = mapped_column(Words(DeadlineState), default=DeadlineState.OPEN)
    done_by: Mapped[int | None] = mapped_column(BigInteger)
    done_at: Mapped[datetime | None]
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class DeadlinePerson(Audited, Base):
    """A member or a role that a deadline is assigned to."""

    __tablename__ = "deadline_person"
    __table_args__ = (
        UniqueConstraint("deadline_id", "user_id"),
        UniqueConstraint("deadline_id", "role_id"),
        Index("ix_deadline_person_user", "guild_id", "user_id"),
    )
    undo_to: ClassVar[dict[str, Any]] = {"is_assigned": False}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    role_id: Mapped[int | None] = mapped_column(BigInteger)
    is_assigned: Mapped[bool] = mapped_column(default=True)


class DeadlineLink(Audited, Base):
    """One deadline that must be done before another one can be."""

    __tablename__ = "deadline_link"
    __table_args__ = (UniqueConstraint("deadline_id", "after_id"), Index("ix_deadline_link_after", "after_id"))
    undo_to: ClassVar[dict[str, Any]] = {"is_active": False}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    after_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    is_active: Mapped[bool] = mapped_column(default=True)


class DeadlineCard(Base):
    """A message that everybody sees with a deadline's card, to be drawn again when somebody answers elsewhere."""

    __tablename__ = "deadline_card"
    __table_args__ = (Index("ix_deadline_card", "deadline_id"),)

    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    channel_id: Mapped[int] = mapped_column(BigInteger)
