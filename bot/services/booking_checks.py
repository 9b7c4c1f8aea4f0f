"""What a booking must be before it is even looked at: its times, its texts, its state, and whose it is."""

from datetime import datetime, timedelta

from bot.actor import Actor
from bot.errors import NotAllowed, UserError
from bot.models.booking import Booking, BookingState
from bot.models.project import Project
from bot.models.room import Room
from bot.services.booking_clash import LONGEST
from bot.services.booking_facts import state_word
from bot.services.project import ProjectArchived
from bot.services.room import RoomArchived
from bot.text import clip, stamp, stamp_range

ASK_ABOVE = timedelta(hours=24)


class StartsInPast(UserError):
    """A session that would have begun already."""

    text = (
        "That time has begun already, so nothing was changed. "
        "Name a start that is still ahead, like `tomorrow 19:00-22:00`."
    )


class NoLength(UserError):
    """A session that ends when it begins, or before."""

    text = "A session has to end after it begins, so nothing was changed. Give both times, like `fri 19:00-22:00`."


class TooLong(UserError):
    """A session that nobody means."""

    text = (
        "That would last {days} days, and a booking lasts 30 days at most, so nothing was changed. "
        "Check the dates, or book it in parts."
    )


class LongSession(UserError):
    """A session over 24 hours, which is asked about first."""

    text = "That would last {hours} hours, so nothing was changed yet. Is that what you mean?"

    def __init__(self, booking_id: int, length: timedelta) -> None:
        self.booking_id = booking_id
        self.length = length
        super().__init__(hours=hours_of(length))


class SameTime(UserError):
    """A move onto itself."""

    text = "#{number} is at that time already, so nothing was changed."


class NotYourBooking(NotAllowed):
    """Somebody else's booking."""

    text = (
        "#{number} was made by {maker}, and only they or a producer can change it. "
        "Nothing was changed; ask one of them."
    )
    made_here = frozenset({"maker"})


class NotActive(UserError):
    """A booking that was let go."""

    text = "#{number} “{what}” is {state}, so nothing was changed. Make a new one with `/booking new`."


class ClosedAlready(UserError):
    """A booking that was closed out."""

    text = "#{number} “{what}” was closed {at}, so nothing was changed. `/booking show` has how it went."
    made_here = frozenset({"at"})


class Over(UserError):
    """A booking whose time has gone by."""

    text = "#{number} “{what}” is over, so nothing was changed."


class ConfirmedAlready(UserError):
    """Confirming twice."""

    text = "#{number} “{what}” is confirmed already, so nothing was changed."


class BookedAlready(UserError):
    """The second press under a preview."""

    text = "This was booked already, as #{number}. Nothing was changed; `/booking show` has its card."


class PreviewGone(UserError):
    """A preview that was cancelled."""

    text = "This preview was cancelled, so nothing was booked. Run `/booking new` again for a fresh one."


class NotYourPreview(UserError):
    """Somebody else's preview."""

    text = "This preview belongs to whoever asked for it, so nothing was booked. Run `/booking new` for your own."


class TextTooLong(UserError):
    """More words than a card can show."""

    text = "A {kind} has at most {limit} characters, and this one has {length}. Nothing was changed; try a shorter one."


class NoSuchReason(UserError):
    """A reason of blanks."""

    text = "A reason needs at least one visible character, so nothing was changed. Say in a few words why."


def hours_of(length: timedelta) -> str:
    """Return a length in hours, as `30` or `30.5`."""
    return f"{length.total_seconds() / 3600:.4g}"


def check_times(start: datetime, end: datetime, now: datetime) -> None:
    """Raise `StartsInPast`, `NoLength` or `TooLong` for times that can't be booked."""
    if end <= start:
        raise NoLength
    if start < now:
        raise StartsInPast
    if end - start > LONGEST:
        raise TooLong(days=-(-(end - start) // timedelta(days=1)))


def is_long(start: datetime, end: datetime) -> bool:
    return end - start > ASK_ABOVE


def tidy_text(text: str | None, kind: str, limit: int) -> str | None:
    """Return a text of several lines without invisible signs, None for an empty one; raises `TextTooLong`."""
    if text is None:
        return None
    kept = "".join(sign for sign in text if sign.isprintable() or sign in "\n\u200d").strip()
    if len(kept) > limit:
        raise TextTooLong(kind=kind, limit=limit, length=len(kept))
    return kept or None


def tidy_reason(text: str) -> str:
    """Return a reason that is worth keeping; raises `NoSuchReason` or `TextTooLong`."""
    reason = tidy_text(text, "reason", 300)
    if reason is None:
        raise NoSuchReason
    return reason


def must_own(actor: Actor, booking: Booking) -> None:
    """Raise `NotYourBooking` unless the actor made it or is a producer."""
    if booking.created_by != actor.user_id and not actor.is_producer:
        raise NotYourBooking(number=booking.number, maker=f"<@{booking.created_by}>")


def must_be_open(place: Room | None, project: Project | None) -> None:
    """Raise `RoomArchived` or `ProjectArchived` for what was closed in between."""
    if place is not None and place.archived_at is not None:
        raise RoomArchived(name=place.name)
    if project is not None and project.archived_at is not None:
        raise ProjectArchived(name=project.name)


def must_be_live(booking: Booking, now: datetime) -> None:
    """Raise `NotActive` or `Over` for a booking that nothing can be done with any more."""
    must_be_active(booking)
    if booking.end_at <= now:
        raise Over(number=booking.number, what=clip(booking.what, 60))


def must_be_active(booking: Booking) -> None:
    """Raise `NotActive` for a booking that was let go, `ClosedAlready` for one that was closed out."""
    what = clip(booking.what, 60)
    if not booking.is_active:
        raise NotActive(number=booking.number, what=what, state=state_word(booking))
    if booking.closed_at is not None:
        raise ClosedAlready(number=booking.number, what=what, at=stamp(booking.closed_at))


def must_be_draft(actor: Actor, booking: Booking) -> None:
    """Raise what tells why a preview can't be booked any more."""
    if booking.created_by != actor.user_id:
        raise NotYourPreview
    if booking.number is not None:
        raise BookedAlready(number=booking.number)
    if booking.state is not BookingState.DRAFT:
        raise PreviewGone


def when_of(booking: Booking) -> str:
    return stamp_range(booking.start_at, booking.end_at)
