"""What a band is told about its bookings, and who is called: words for the channel of the card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.models.booking import News
from bot.services.booking_facts import BookingFacts
from bot.text import clip, plain, stamp, stamp_range

MOST_CALLED = 60


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for a channel; it calls exactly the users and roles named, whom the text mentions.

    `decide` is the key of a hold that the line asks to confirm or release.
    """

    channel_id: int | None
    text: str
    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    decide: int | None = None


def title(facts: BookingFacts) -> str:
    return f"**{plain(clip(facts.what, 120))}** · #{facts.number}"


def moved(facts: BookingFacts, before: tuple[datetime, datetime], later: int = 0) -> Notice:
    text = f"🔁 {title(facts)} has moved.\nWas: {stamp_range(*before)}\nNow: {stamp_range(facts.start, facts.end)}"
    text += f"\nThe {later} sessions after it move as well." if later else ""
    return _called(facts, text, ask="Please answer again on its card.")


def cancelled(facts: BookingFacts, reason: str | None, later: int = 0) -> Notice:
    why = f"\nThe {later} sessions after it are cancelled as well." if later else ""
    why += f"\nReason: {plain(reason)}" if reason else ""
    return _called(facts, f"🚫 {title(facts)} is cancelled: {stamp_range(facts.start, facts.end)}{why}")


def confirmed(facts: BookingFacts) -> Notice:
    return _called(facts, f"🎙️ {title(facts)} is confirmed: {stamp_range(facts.start, facts.end)}")


def challenged(facts: BookingFacts, by: BookingFacts) -> Notice:
    booking, maker = facts.booking, facts.booking.created_by
    until = stamp(booking.hold_until_at or facts.start)
    text = (
        f"✏️ {title(facts)} is challenged by {title(by)}: {stamp_range(facts.start, facts.end)}\n"
        f"<@{maker}> Confirm it or release it. It is released by itself {until}."
    )
    return Notice(booking.channel_id, text, (maker,), decide=booking.id)


def asked(facts: BookingFacts, user_ids: Sequence[int], role_ids: Sequence[int]) -> Notice:
    text = f"🎙️ {title(facts)}: {stamp_range(facts.start, facts.end)}"
    called = _mentions(user_ids, role_ids)
    return Notice(
        facts.booking.channel_id, f"{text}\n{called} Can you come? Answer on its card.", *_most(user_ids, role_ids)
    )


def news(facts: BookingFacts) -> Notice | None:
    """Return what happened to a booking by itself since its card was shown, for whoever made it."""
    said = {
        News.PROMOTED: "is the first hold for its time now, so it can be confirmed with `/booking confirm`",
        News.LOST: "was released: another booking of that time is confirmed",
    }
    if facts.booking.news is None:
        return None
    maker = facts.booking.created_by
    text = f"✏️ {title(facts)} {said[facts.booking.news]}.\n{stamp_range(facts.start, facts.end)}\n<@{maker}>"
    return Notice(facts.booking.channel_id, text, (maker,))


def _called(facts: BookingFacts, text: str, ask: str = "") -> Notice:
    users, roles = facts.concerned, facts.asked_roles
    called = _mentions(users, roles)
    last = " ".join(part for part in (called, ask if called else "") if part)
    return Notice(facts.booking.channel_id, "\n".join(filter(None, [text, last])), *_most(users, roles))


def _most(user_ids: Sequence[int], role_ids: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return tuple(user_ids[:MOST_CALLED]), tuple(role_ids[:MOST_CALLED])


def _mentions(user_ids: Sequence[int], role_ids: Sequence[int]) -> str:
    users, roles = _most(user_ids, role_ids)
    return " ".join([*(f"<@&{key}>" for key in roles), *(f"<@{key}>" for key in users)])
