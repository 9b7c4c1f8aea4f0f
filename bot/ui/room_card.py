"""How a room looks: its price and house rules for those who may see them, and the form that sets the rules."""

from typing import Any

from discord import ui

from bot.actor import Actor
from bot.money import Money
from bot.services.availability_hours import in_words as hours_in_words
from bot.services.room import Place
from bot.services.room_overtime import in_words, included_of, length_in_words
from bot.text import clip, plain
from bot.ui.press import modal, text_field

# What an empty field of the form stands for.
EMPTY_MEANS = {"hours": "any time", "overtime": "unset", "included": "usual", "steps": "none"}


def room_facts(actor: Actor, room: Place, locale: str) -> list[str]:
    """Return a room's facts line by line; prices and terms only for those who may see money (R35)."""
    facts = [
        f"Minimum: {length_in_words(room.minimum_minutes)}" if room.minimum_minutes else "",
        f"Gap between bookings: {length_in_words(room.buffer_minutes)}" if room.buffer_minutes else "",
        f"Open: {hours_in_words(room.opening)}" if room.opening else "",
        f"Address: {plain(room.address)}" if room.address else "",
        f"Time zone: {room.timezone.replace('_', ' ')}",
    ]
    if actor.sees_money:
        price = rate_of(actor, room, locale).removeprefix(" · ")
        facts.insert(0, f"Price: {price}{_block(room)}" if price else "")
        overtime = in_words(room, locale)
        facts.append(f"Overtime: {plain(overtime)}" if overtime else "")
        facts.append(f"Cancelling late: {_ladder(room)}" if room.cancellation else "")
    return [fact for fact in facts if fact]


def rate_of(actor: Actor, room: Place, locale: str) -> str:
    """Return the room's price for those who may see money (R35), else nothing."""
    if room.rate_minor is None or not actor.sees_money:
        return ""
    return f" · {Money(room.rate_minor, room.currency).show(locale)} per {room.unit.value}"


def rules_form(room: Place) -> ui.Modal:
    """Return the form of the house rules, filled with what they are."""
    included = _included(room) if room.included_minutes or room.is_lockout else ""
    fields: list[ui.Label[Any]] = [
        text_field("Open", "hours", value=hours_in_words(room.opening) if room.opening else "",
                   hint="mon-fri 10-23, sat 12-20; empty: any time", limit=300),
        text_field("Overtime", "overtime", value=room.overtime, hint="1.5x after 10h; empty: none is known"),
        text_field("How long a day or half-day is", "included", value=included, hint="10h, or 24h lock-out", limit=40),
        text_field("Hours are charged by steps of", "steps",
                   value=f"{room.billing_minutes} min" if room.billing_minutes else "", hint="15, 30 or 60 min",
                   limit=40),
    ]  # fmt: skip
    return modal(f"House rules of {clip(room.name, 25)}", f"room:ruled:{room.number}", *fields)


def _block(room: Place) -> str:
    """Return what a day holds, and by what hours are charged."""
    parts = [_included(room) if included_of(room) else ""]
    parts.append(f"by the started {room.billing_minutes} min" if room.billing_minutes else "")
    told = ", ".join(filter(None, parts))
    return f" ({told})" if told else ""


def _included(room: Place) -> str:
    length = length_in_words(room.included_minutes or included_of(room) or 0)
    return f"{length} lock-out" if room.is_lockout else length


def _ladder(room: Place) -> str:
    return ", ".join(f"{percent} % under {hours} h" for hours, percent in reversed(room.cancellation))
