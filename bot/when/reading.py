"""What a phrase was read as: one value with its kind, precision and other good readings."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Want = Literal["instant", "interval", "duration", "recurrence"]
Precision = Literal["day", "minute"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A time that was understood; instants are aware and in UTC, `end` is exclusive.

    `instant` fills `at`, `interval` fills `start` and `end`, `duration` fills `seconds`, `recurrence` fills
    `rrule` (RFC 5545, no time of day) and `first`, and `seconds` when the repeat was typed with an end.
    """

    kind: Want
    at: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    seconds: int | None = None
    rrule: str | None = None
    first: datetime | None = None
    precision: Precision = "minute"
    alternatives: tuple["Reading", ...] = ()

    def offering(self, others: tuple["Reading", ...]) -> "Reading":
        """Return this reading with the others to offer beside it, best first, without repeats."""
        seen: list[Reading] = [replace(self, alternatives=())]
        for other in others:
            plain = replace(other, alternatives=())
            if plain not in seen:
                seen.append(plain)
        return replace(self, alternatives=tuple(seen[1:]))
