"""What the picture of a week says in words: its title, its counts, and all of it for those who can't see it."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.services.booking_facts import BookingFacts
from bot.services.booking_week import Week
from bot.ui.week_layout import NAMES, clock_change, hours

MOST_WORDS = 1000  # Discord keeps 1,024 characters of what a picture shows
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
STATES = {"confirmed": "confirmed", "held": "hold", "cancelled": "cancelled"}


def title(week: Week) -> str:
    """Return the week's dates, and its room if it is of one."""
    first, last = week.days[0], week.days[-1]
    begin = f"{first.day}"
    if first.month != last.month:
        begin += f" {MONTHS[first.month - 1]}" + (f" {first.year}" if first.year != last.year else "")
    dates = f"{begin} - {last.day} {MONTHS[last.month - 1]} {last.year}"
    return f"{dates} · {week.room.name}" if week.room else dates


def in_words(week: Week) -> str:
    """Return what the picture shows, for those who can't see it."""
    parts = [f"Week {title(week)}, times in {week.zone.key.replace('_', ' ')}"]
    for place, day in enumerate(week.days):
        here = [facts for facts in week.bookings if week.midnight(place) <= facts.start < week.midnight(place + 1)]
        if place == 0:
            here = [facts for facts in week.bookings if facts.start < week.midnight(1)]
        if here:
            parts.append(f"{NAMES[place]} {day.day}: {', '.join(_said(facts, week) for facts in here)}")
    parts += _changes(week)
    words = ". ".join(parts)
    return words if len(words) <= MOST_WORDS else words[:MOST_WORDS].rpartition(", ")[0] + ", and more"


def counted(week: Week) -> list[str]:
    """Return how many sessions of each state there are, how many had no room, and the zone."""
    of: Counter[str] = Counter(facts.state for facts in week.bookings)
    parts = [f"{of[state]} {words}" for state, words in STATES.items() if of[state]]
    if of["held"] > 1:
        parts = [f"{part}s" if part.endswith("hold") else part for part in parts]
    if week.more:
        parts.append(f"{week.more} more not drawn")
    return [*parts, week.zone.key.replace("_", " ")]


def _said(facts: BookingFacts, week: Week) -> str:
    room = f" {facts.room_name}" if facts.room_name and not week.room else ""
    coming = f" {len(facts.coming)} coming" if facts.coming else ""
    state = "" if facts.state == "confirmed" else f" {STATES[facts.state]}"
    return f"#{facts.number} {facts.what} {hours(facts.start, facts.end, week.zone)}{room}{state}{coming}"


def _changes(week: Week) -> list[str]:
    """Say on which day of the week the clocks change."""
    other = other_zone(week)
    zones = [(week.zone, "")] + ([(other[1], f" in {city(other[1])}")] if other else [])
    found = [(day, where, clock_change(day, zone)) for zone, where in zones for day in week.days]
    return [f"On {NAMES[day.weekday()]} {_change(change)}{where}" for day, where, change in found if change]


def _change(change: timedelta) -> str:
    minutes = abs(int(change.total_seconds())) // 60
    much = f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
    return f"clocks {'forward' if change > timedelta() else 'back'} {much}"


def other_zone(week: Week) -> tuple[datetime, ZoneInfo] | None:
    """Return the zone of most rooms whose clocks differ from the viewer's, and when its first session is."""
    apart = [
        (facts.start, zone)
        for facts in week.bookings
        if facts.booking.room_id is not None
        and _offset(facts.start, zone := ZoneInfo(facts.booking.zone)) != _offset(facts.start, week.zone)
    ]
    if not apart:
        return None
    [(most, _)] = Counter(zone.key for _, zone in apart).most_common(1)
    return next((at, zone) for at, zone in apart if zone.key == most)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def city(zone: ZoneInfo) -> str:
    return zone.key.rpartition("/")[2].replace("_", " ")
