"""What other stems say for the kinds of reminders that are theirs to word."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Said:
    """What is said for one reminder: the words, whom it calls and where it goes.

    `elsewhere` is what may be said in any other place, where that is less. `number` and `asks` are for its buttons:
    the public number of what it speaks of, and what its reader is asked. An empty `text` with `pointless` says
    why nothing is to be sent. At `matters_at` what it speaks of happens.
    """

    text: str = ""
    elsewhere: str = ""
    user_id: int | None = None
    channel_id: int | None = None
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    number: int | None = None
    asks: str = ""
    matters_at: datetime | None = None
    pointless: str = ""


# Words a whole batch of rows of one kind; the answer is by the rows' keys.
Wording = Callable[[AsyncSession, Sequence[Any]], Awaitable[Mapping[int, Said]]]
