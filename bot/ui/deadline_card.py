"""How a deadline looks: its card, its line in a list, and the people it is for."""

from datetime import datetime
from typing import Any

from discord import ui

from bot.services.deadline import Entry
from bot.text import clip, plain, short, stamp
from bot.ui import theme
from bot.ui.components import buttons, card, good

MOST_PEOPLE = 20
MOST_IN_ROW = 5
TITLE_IN_ROW = 90


def deadline_card(entry: Entry, now: datetime, verb: str = "", *actions: ui.Button[Any]) -> ui.LayoutView:
    """Return a deadline's card, with **Done** while it is open."""
    row = entry.deadline
    facts = [
        f"Due {due(entry, now)}",
        f"For {people(entry, MOST_PEOPLE)}",
        f"Project: {plain(entry.project)}" if entry.project else "",
        f"Reminders: {', '.join(map(short, entry.pings))}" if entry.pings else "",
        _done(entry),
    ]
    done = good("Done", f"deadline:done:{row.id}") if entry.is_open else None
    shown = [item for item in (done, *actions) if item is not None]
    return card(
        f"{theme.OK} {verb}" if verb else None,
        f"### {theme.DEADLINE} {plain(row.what)} · #{row.number}",
        "\n".join(filter(None, facts)),
        buttons(*shown) if shown else None,
        accent=theme.BAD if entry.is_late(now) else theme.BRAND if entry.is_open else theme.GOOD,
    )


def line(entry: Entry, now: datetime) -> str:
    """Return a deadline in two lines, for lists."""
    row = entry.deadline
    glyph = theme.DEADLINE if entry.is_open else theme.DONE
    first = f"{glyph} **{plain(clip(row.what, TITLE_IN_ROW))}** · #{row.number}"
    state = _done(entry) or f"{_relative(row.due_at, short(row.due_at))}{_late(entry, now)}"
    of = f" · {plain(clip(entry.project, 40))}" if entry.project else ""
    return f"{first}\n{state} · for {people(entry, MOST_IN_ROW)}{of}"


def due(entry: Entry, now: datetime) -> str:
    """Return when it is due, with what the reader must know about that."""
    day = " · by the end of the day" if entry.deadline.is_all_day else ""
    return f"{stamp(entry.deadline.due_at)}{day}{_late(entry, now)}"


def people(entry: Entry, most: int) -> str:
    """Return the mentions of those it is for; the rest as a number."""
    mentions = entry.who.split()
    more = f" and {len(mentions) - most} more" if len(mentions) > most else ""
    return " ".join(mentions[:most]) + more


def _late(entry: Entry, now: datetime) -> str:
    return " · **late**" if entry.is_late(now) else ""


def _done(entry: Entry) -> str:
    row = entry.deadline
    if entry.is_open or row.done_at is None:
        return ""
    return f"Done by <@{row.done_by}> {_relative(row.done_at)}"


def _relative(at: datetime, shown: str = "") -> str:
    relative = f"<t:{int(at.timestamp())}:R>"
    return f"{shown} ({relative})" if shown else relative
