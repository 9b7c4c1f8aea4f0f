"""Small things the bot must remember: what a button stands for, counters, what was synced."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId


class Memo(Base):
    """What a message's buttons need and a custom id is too short for: a list's filters, a command to run again."""

    __tablename__ = "memo"
    __table_args__ = (Index("ix_memo_made", "made_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(24))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]


class Counter(Base):
    """The last public number given out, per server and kind."""

    __tablename__ = "counter"

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    last: Mapped[int]


class Fact(Base):
    """Something the installation remembers about itself, such as the fingerprint of the synced commands."""

    __tablename__ = "fact"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
