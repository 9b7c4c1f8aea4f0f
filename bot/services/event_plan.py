"""What must be done to a server's own events so that they show its sessions: plain values in, steps out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.text import clip

# Discord's: events of a server that are not over, and the characters of their texts.
MOST = 100
NAME_LIMIT, PLACE_LIMIT, TEXT_LIMIT = 100, 100, 1000
# An event can't begin in the past, and asking takes a moment.
SOON = timedelta(seconds=30)
_MARK = re.compile(r"^#(\d+) in Discord", re.MULTILINE)


class Act(StrEnum):
    """What is done to one event; `keep` and `forget` only note what there is already."""

    CREATE = "create"
    EDIT = "edit"
    FINISH = "finish"
    DELETE = "delete"
    KEEP = "keep"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Face:
    """What an event says; times are aware."""

    name: str
    start: datetime
    end: datetime
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session that is to be shown, and the event that shows it as far as it is known."""

    booking_id: int
    number: int
    version: int
    event_id: int | None
    event_version: int
    face: Face


@dataclass(frozen=True, slots=True)
class Left:
    """An event whose session is not to be shown any more; `is_over` where it took place."""

    booking_id: int
    event_id: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that the bot made, as it is in the server."""

    event_id: int
    is_running: bool
    face: Face

    @property
    def number(self) -> int | None:
        """The number of its session by its own words: all there is when the bot stopped before it noted the event."""
        marks = _MARK.findall(self.face.text)
        return int(marks[-1]) if marks else None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: to an event, for a session, or both."""

    act: Act
    event_id: int | None = None
    booking_id: int | None = None
    wanted: Wanted | None = None


def face_of(name: str, times: tuple[datetime, datetime], place: str, text: str) -> Face:
    """Return what an event says within Discord's limits; the last line of the text, its mark, is always whole."""
    body, _, mark = text.rpartition("\n")
    body = clip(body, TEXT_LIMIT - len(mark) - 1).strip()
    words = f"{body}\n{mark}" if body else mark
    return Face(clip(name, NAME_LIMIT).strip(), *times, clip(place, PLACE_LIMIT).strip() or "No room", words)


def steps(
    wanted: Sequence[Wanted], left: Sequence[Left], seen: Sequence[Seen], others: int, now: datetime
) -> list[Step]:
    """Return what to do, what makes room first; `others` is how many events other people have made.

    Of more sessions than the server takes events, the nearest are shown.
    """
    there = {each.event_id: each for each in seen}
    shown = _claimed(wanted, seen)
    taken = {*(each.event_id for each in shown.values()), *(each.event_id for each in left)}
    removed = [_removed(each, there.get(each.event_id)) for each in left]
    removed += [Step(Act.DELETE, each.event_id) for each in seen if each.event_id not in taken]
    kept: list[Step] = []
    for place, each in enumerate(sorted(wanted, key=lambda each: (each.face.start, each.booking_id))):
        found = shown.get(each.booking_id)
        if place < MOST - others:
            kept += _for(each, found, now)
        elif found is not None:
            removed.append(Step(Act.DELETE, found.event_id, each.booking_id))
        elif each.event_id is not None:
            removed.append(Step(Act.FORGET, booking_id=each.booking_id))
    return removed + sorted(kept, key=lambda step: step.act is Act.CREATE)


def _claimed(wanted: Sequence[Wanted], seen: Sequence[Seen]) -> dict[int, Seen]:
    """Return each session's event: the one that was noted, else the oldest that names its number."""
    by_id = {each.event_id: each for each in seen}
    by_number: dict[int, Seen] = {}
    for each in sorted(seen, key=lambda each: -each.event_id):
        if each.number is not None:
            by_number[each.number] = each
    found = {each.booking_id: by_id.get(each.event_id or 0) or by_number.get(each.number) for each in wanted}
    return {key: event for key, event in found.items() if event is not None}


def _removed(left: Left, found: Seen | None) -> Step:
    if found is None:
        return Step(Act.FORGET, booking_id=left.booking_id)
    act = Act.FINISH if left.is_over and found.is_running else Act.DELETE
    return Step(act, found.event_id, left.booking_id)


def _for(wanted: Wanted, found: Seen | None, now: datetime) -> Iterator[Step]:
    """Yield what makes one session's event right."""
    face, can_begin = wanted.face, wanted.face.start > now + SOON
    # One that runs can't begin again later, and one that waits can't begin in the past.
    must_go = found is not None and face.start != found.face.start and found.is_running is can_begin
    if found is None or must_go:
        if found is not None:
            yield Step(Act.DELETE, found.event_id, wanted.booking_id)
        if can_begin or (found is None and wanted.event_id is not None):
            yield Step(Act.CREATE if can_begin else Act.FORGET, booking_id=wanted.booking_id, wanted=wanted)
        return
    if found.is_running:
        face = replace(face, start=found.face.start)
    noted = (wanted.event_id, wanted.event_version) == (found.event_id, wanted.version)
    if face != found.face:
        yield Step(Act.EDIT, found.event_id, wanted.booking_id, replace(wanted, face=face))
    elif not noted:
        yield Step(Act.KEEP, found.event_id, wanted.booking_id, wanted)
