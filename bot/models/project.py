"""Projects: the records, shows and videos that everything else belongs to."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId, Words
from bot.models.audit import Audited


class ProjectKind(StrEnum):
    """What is being made."""

    SINGLE = "single"
    EP = "ep"
    ALBUM = "album"
    LIVE = "live"
    VIDEO = "video"
    OTHER = "other"


class Project(Audited, Base):
    """One record or production of a server, with its currency and its overall budget."""

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("guild_id", "number"),
        Index("ix_project_open", "guild_id", "archived_at"),
    )
    undo_to: ClassVar[dict[str, Any]] = {"archived_at": "now"}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[ProjectKind] = mapped_column(Words(ProjectKind))
    release_on: Mapped[date | None]
    currency: Mapped[str] = mapped_column(String(3))
    budget_minor: Mapped[int | None] = mapped_column(BigInteger)
    archived_at: Mapped[datetime | None]
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class ProjectChannel(Audited, Base):
    """The project that a channel is bound to; without one the row says so."""

    __tablename__ = "project_channel"
    __table_args__ = (UniqueConstraint("guild_id", "channel_id"),)
    undo_to: ClassVar[dict[str, Any]] = {"project_id": None}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    channel_id: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
