"""What people ask of a booking, and what they get back."""

from dataclasses import dataclass
from datetime import datetime

from bot.actor import Actor
from bot.models.booking import Booking, BookingKind, BookingState
from bot.models.project import Project
from bot.models.room import Room
from bot.money import Money
from bot.services import booking_checks as checks
from bot.services.booking_clash import Hit
from bot.services.booking_facts import BookingFacts
from bot.services.booking_price import Quote
from bot.services.booking_words import Notice
from bot.services.budget_warning import Stand
from bot.services.project import tidy_name

WHAT_LIMIT = 120
NEEDS_LIMIT = 200
NOTE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Date:
    """One session of a repeat, and what is in its way."""

    start: datetime
    end: datetime
    clashes: tuple[Hit, ...]

    @property
    def is_free(self) -> bool:
        return not any(clash.is_hard for clash in self.clashes)


@dataclass(frozen=True, slots=True)
class Ask:
    """A session as somebody asks for it; `room` and `project` are names or numbers, as typed."""

    what: str
    start: datetime
    end: datetime
    room: str | None = None
    project: str | None = None
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    kind: BookingKind = BookingKind.OTHER
    hold_until: datetime | None = None
    needs: str | None = None
    note: str | None = None
    rrule: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft with everything that speaks for or against it; the quote is for money roles (R35).

    `dates` are all the dates of a repeat, with what is in the way of each.
    """

    facts: BookingFacts
    quote: Quote
    clashes: tuple[Hit, ...]
    hold_until: datetime
    rank: int
    dates: tuple[Date, ...] = ()

    @property
    def is_long(self) -> bool:
        return checks.is_long(self.facts.start, self.facts.end)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A booking after a change, what the band is to be told, and what it cost to cancel.

    `more` counts the other sessions of its repeat that changed with it; `warnings` are the budget lines that the change
    has made run out, for money roles.
    """

    facts: BookingFacts
    notice: Notice | None = None
    fee: Money | None = None
    more: int = 0
    warnings: tuple[Stand, ...] = ()


def draft_of(actor: Actor, ask: Ask, place: Room | None, project: Project | None, now: datetime) -> Booking:
    """Return the draft of what somebody asks for; raises what a text lacks."""
    return Booking(
        guild_id=actor.guild_id,
        what=tidy_name(ask.what, WHAT_LIMIT),
        kind=ask.kind,
        state=BookingState.DRAFT,
        project_id=project.id if project else None,
        room_id=place.id if place else None,
        start_at=ask.start,
        end_at=ask.end,
        zone=place.timezone if place else actor.zone.key,
        hold_until_at=ask.hold_until,
        needs=checks.tidy_text(ask.needs, "list of needs", NEEDS_LIMIT),
        note=checks.tidy_text(ask.note, "note", NOTE_LIMIT),
        rrule=ask.rrule,
        channel_id=actor.channel_id,
        created_by=actor.user_id,
        created_at=now,
    )
