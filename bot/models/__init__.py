"""All tables, one file per stem; importing this package registers every one of them."""

from bot.models import (
    audit,
    availability,
    booking,
    budget,
    calendar,
    callsheet,
    deadline,
    memo,
    project,
    reminder,
    room,
    settings,
)

__all__ = [
    "audit",
    "availability",
    "booking",
    "budget",
    "calendar",
    "callsheet",
    "deadline",
    "memo",
    "project",
    "reminder",
    "room",
    "settings",
]
