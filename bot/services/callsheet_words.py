"""A call sheet in Discord's words: what everybody in the channel reads, and what stands in its place when it is off."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from bot.models.booking import BookingKind
from bot.services.callsheet_facts import Called, Sheet
from bot.text import clip, plain, stamp, stamp_range

# Room in a message of 4,000 characters; what is longer stands in the PDF as a whole.
PEOPLE_LIMIT, SCHEDULE_LIMIT, SONGS_LIMIT, GEAR_LIMIT, TECHNICAL_LIMIT, NOTES_LIMIT = 1500, 400, 450, 250, 200, 350
PART_LIMIT = 40
PLACE_LIMIT = 120
MOST_CALLED = 60
MOST_NEWS = 3

News = Sequence[Sequence[Any]]


def body(sheet: Sheet, news: News = ()) -> str:
    """Return a sheet as everybody may see it; `news` are its last updates as (unix seconds, text)."""
    blocks = [
        "\n".join(_head(sheet)),
        "\n".join(filter(None, [_times(sheet), *_place(sheet)])),
        _people(sheet),
        _schedule(sheet),
        _list("Songs", songs_of(sheet), SONGS_LIMIT),
        _text("Gear", sheet.row.gear, GEAR_LIMIT),
        _text("Technical", sheet.row.technical, TECHNICAL_LIMIT),
        _text("Notes", "\n".join(filter(None, [sheet.booking.note, sheet.row.notes])), NOTES_LIMIT),
        "\n".join(f"-# Updated <t:{at}:R>: {text}" for at, text in news[-MOST_NEWS:]),
    ]
    return "\n\n".join(filter(None, blocks))


def title(sheet: Sheet) -> str:
    return f"**{plain(clip(sheet.facts.what, 120))}** · #{sheet.facts.number}"


def stub(sheet: Sheet, *, is_moved: bool) -> str:
    """Return what a posted sheet says once its session is not going to be then."""
    heading = f"### 📋 Call sheet: {title(sheet)}"
    if sheet.is_live and is_moved:
        return (
            f"{heading}\n🔁 This session has moved: {stamp_range(sheet.facts.start, sheet.facts.end)}\n"
            "Its new call sheet comes the day before."
        )
    state = {"cancelled": "is cancelled", "released": "was released", "held": "is only held again"}
    said = state.get(sheet.facts.state, "was taken back")
    return f"{heading}\n🚫 This session {said}, so nobody is called."


def contacts(sheet: Sheet) -> str:
    """Return the contacts, for those whom they concern."""
    return f"**Contacts**\n{plain(sheet.row.contacts)}" if sheet.row.contacts else ""


def songs_of(sheet: Sheet) -> list[str]:
    """Return the songs in their order, without numbers that were typed before them."""
    lines = [line.strip() for line in (sheet.row.songs or "").splitlines()]
    return [_unnumbered(line) for line in lines if line]


def kind_of(kind: BookingKind) -> str:
    return "Session" if kind is BookingKind.OTHER else kind.value.capitalize()


def _head(sheet: Sheet) -> Iterator[str]:
    yield f"### 📋 Call sheet: {title(sheet)}"
    day = f"day {sheet.day[0]} of {sheet.day[1]}" if sheet.day else ""
    project = f"💿 {plain(clip(sheet.facts.project_name, 80))}" if sheet.facts.project_name else ""
    yield " · ".join(filter(None, [project, day, kind_of(sheet.booking.kind)]))
    yield stamp_range(sheet.facts.start, sheet.facts.end)
    if sheet.facts.state == "held":
        yield "✏️ Only held so far: nobody is called until it is confirmed."


def _times(sheet: Sheet) -> str:
    downbeat = [f"downbeat {_at(sheet.downbeat_at)}"] if sheet.downbeat_at else []
    parts = [f"**Call {_at(sheet.call_at)}**", f"load-in {_at(sheet.load_in_at)}", *downbeat]
    return "📣 " + " · ".join([*parts, f"wrap about {_at(sheet.wrap_at)}"])


def _place(sheet: Sheet) -> Iterator[str]:
    name = plain(clip(sheet.facts.room_name, 80)) if sheet.facts.room_name else ""
    address = plain(clip(sheet.address, PLACE_LIMIT)) if sheet.address else ""
    where = ", ".join(filter(None, [name, address])) or "No place is set yet"
    yield f"🚪 {where}" + (f" · [Map]({sheet.map_url})" if sheet.map_url else "")
    for label, text in (
        ("Entrance", sheet.row.entrance),
        ("Parking", sheet.row.parking),
        ("Emergency", sheet.row.emergency),
    ):
        if text:
            yield f"{label}: {plain(clip(text, PLACE_LIMIT))}"


def _people(sheet: Sheet) -> str:
    """Return everybody once, by their call; what they play is left to the PDF where there are too many."""
    roles = " ".join(f"<@&{key}>" for key in sheet.facts.asked_roles[:MOST_CALLED])
    text = "\n".join(filter(None, [roles, *_calls(sheet, sheet.people, parts=True)]))
    if len(text) > PEOPLE_LIMIT:
        fewer = sheet.people[:MOST_CALLED]
        left = len(sheet.people) - len(fewer)
        more = f"-# and {left} more; " if left else "-# "
        text = "\n".join([roles, *_calls(sheet, fewer, parts=False), f"{more}the PDF says who plays what."]).strip()
    return f"**People**\n{text or 'Nobody is asked yet.'}"


def _calls(sheet: Sheet, people: Sequence[Called], *, parts: bool) -> Iterator[str]:
    is_shared = all(person.at == sheet.call_at for person in people)
    for at, group in groupby(people, key=lambda person: person.at):
        names = ", ".join(_person(person, parts=parts) for person in group)
        yield names if is_shared else f"{_at(at)} {names}"


def _person(person: Called, *, parts: bool) -> str:
    name = f"<@{person.user_id}>" if person.user_id else plain(person.name or "")
    return f"{name} ({plain(clip(person.part, PART_LIMIT))})" if parts and person.part else name


def _schedule(sheet: Sheet) -> str:
    lines = [f"{_at(at)} {what}" for at, what in sheet.schedule]
    own = f"\n{plain(clip(sheet.row.schedule, SCHEDULE_LIMIT))}" if sheet.row.schedule else ""
    return f"**Schedule**\n{chr(10).join(lines)}{own}"


def _list(heading: str, items: Iterable[str], limit: int) -> str:
    shown, room = [], limit
    entries = list(items)
    for number, item in enumerate(entries, 1):
        line = f"{number}. {plain(clip(item, 100))}"
        room -= len(line)
        if room < 0:
            shown.append(f"-# and {len(entries) - number + 1} more in the PDF")
            break
        shown.append(line)
    return "\n".join([f"**{heading}**", *shown]) if shown else ""


def _text(heading: str, text: str | None, limit: int) -> str:
    return f"**{heading}**\n{plain(clip(text, limit))}" if text else ""


def _at(at: datetime) -> str:
    return f"<t:{int(at.timestamp())}:t>"


def _unnumbered(line: str) -> str:
    number, mark, rest = line.partition(".") if "." in line[:4] else line.partition(")")
    return rest.strip() if mark and number.isdigit() and len(number) <= 2 and rest.strip() else line  # noqa: PLR2004


def changed(what: str, sheet: Sheet, link: str) -> str:
    """Return the line that tells people what has changed on a posted sheet."""
    return f"📋 {title(sheet)}, {stamp(sheet.facts.start)}\nUpdated: {what}\n{link}"
