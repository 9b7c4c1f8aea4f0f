"""What has changed on a posted call sheet since it was shown, and whom that concerns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.services.callsheet_facts import Called, Sheet
from bot.services.callsheet_words import kind_of, songs_of
from bot.text import clip, plain

# A change is called out only this near to the session; before that the edited sheet is enough.
CALL_WITHIN = timedelta(hours=24)
SHORT = 80
Shown = dict[str, Any]
TIMES = (("call", "call"), ("load_in", "load-in"), ("downbeat", "downbeat"), ("wrap", "wrap"))
PLACE = (("room", "room"), ("address", "address"), ("entrance", "entrance"), ("parking", "parking"))
LISTS = (("songs", "songs"), ("gear", "gear"))
QUIET = (("emergency", "emergency"), ("schedule", "schedule"), ("technical", "technical"), ("notes", "notes"))


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different now; it calls nobody, everybody, or only one member."""

    text: str
    everybody: bool = False
    user_id: int | None = None


def shown_of(sheet: Sheet, *, is_moved: bool = False) -> Shown:
    """Return all that a sheet shows in a form that can be kept and compared; without contacts, which it does not."""
    facts, row = sheet.facts, sheet.row
    return {
        "state": facts.state.value,
        "is_moved": is_moved,
        "what": facts.what,
        "about": [facts.project_name, list(sheet.day or ()), kind_of(sheet.booking.kind)],
        "start": _unix(facts.start),
        "end": _unix(facts.end),
        "call": _unix(sheet.call_at),
        "load_in": _unix(sheet.load_in_at),
        "downbeat": _unix(sheet.downbeat_at) if sheet.downbeat_at else None,
        "wrap": _unix(sheet.wrap_at),
        "room": facts.room_name,
        "address": sheet.address,
        "entrance": row.entrance,
        "parking": row.parking,
        "emergency": row.emergency,
        "schedule": row.schedule,
        "songs": songs_of(sheet),
        "gear": row.gear,
        "technical": row.technical,
        "notes": [sheet.booking.note, row.notes],
        "roles": list(facts.asked_roles),
        "people": {_key(person): [person.part, _unix(person.at), person.is_personal] for person in sheet.people},
        "has_contacts": bool(row.contacts),
    }


def changes(old: Shown, new: Shown) -> list[Change]:
    """Return what people should be told of; a move was told when it was made, so it calls nobody again."""
    if old["state"] != new["state"] or old["is_moved"] or new["is_moved"]:
        return []
    return [*_moved(old, new), *_times(old, new), *_words(old, new), *_people(old, new)]


def _moved(old: Shown, new: Shown) -> Iterator[Change]:
    if (old["start"], old["end"]) != (new["start"], new["end"]):
        was, now = (f"<t:{each['start']}:f>-<t:{each['end']}:t>" for each in (old, new))
        yield Change(f"{now} instead of {was}")


def _times(old: Shown, new: Shown) -> Iterator[Change]:
    """Return the times that differ by more than the move of the session itself."""
    for key, label in TIMES:
        if key == "load_in" and all(each["load_in"] == each["call"] for each in (old, new)):
            continue  # one time with two names, told once
        by = new["end"] - old["end"] if key == "wrap" else new["start"] - old["start"]
        was, now = old[key], new[key]
        if was == now or (was is not None and now is not None and now - was == by):
            continue
        yield Change(f"{label} {_at(now)} instead of {_at(was)}", everybody=True)


def _words(old: Shown, new: Shown) -> Iterator[Change]:
    for key, label in PLACE:
        if old[key] != new[key]:
            yield Change(f"{label} {_said(new[key])}", everybody=True)
    for key, label in (*LISTS, *QUIET):
        if old[key] != new[key]:
            yield Change(f"other {label}" if old[key] else label, everybody=(key, label) in LISTS)
    if old["what"] != new["what"]:
        yield Change(f"called {_said(new['what'])}")


def _people(old: Shown, new: Shown) -> Iterator[Change]:
    """Return whose own call or part is another; who merely follows the general call is told of that one."""
    by = new["start"] - old["start"]
    for key, (part, at, is_personal) in new["people"].items():
        if key not in old["people"]:
            continue
        was_part, was_at, was_personal = old["people"][key]
        user_id = int(key[1:]) if key[0] == "u" else None
        if (is_personal or was_personal) and at != was_at + by:
            yield Change(f"{_name(key)}'s call {_at(at)} instead of {_at(was_at)}", user_id=user_id)
        if part != was_part:
            yield Change(f"{_name(key)} {f'plays {_said(part)}' if part else 'has no part'}", user_id=user_id)


def called_of(sheet: Sheet, found: list[Change], now: datetime) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the members and roles whom changes concern: nobody, unless the session is within a day and not over."""
    if not sheet.facts.start - CALL_WITHIN <= now < sheet.facts.end:
        return (), ()
    alone = tuple(change.user_id for change in found if change.user_id is not None)
    if any(change.everybody for change in found):
        members = tuple(person.user_id for person in sheet.people if person.user_id is not None)
        return tuple(dict.fromkeys([*members, *alone])), sheet.facts.asked_roles
    return tuple(dict.fromkeys(alone)), ()


def _key(person: Called) -> str:
    return f"u{person.user_id}" if person.user_id else f"n{person.name}"


def _name(key: str) -> str:
    return f"<@{key[1:]}>" if key[0] == "u" else plain(key[1:])


def _said(value: str | None) -> str:
    return f"“{plain(clip(value, SHORT))}”" if value else "no longer named"


def _at(unix: int | None) -> str:
    return "none" if unix is None else f"<t:{unix}:t>"


def _unix(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp())
