"""How a deadline looks: its card, its line in a list, what a move or a Done brings with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from discord import ui

from bot.services.deadline import Entry, Finished, Moved
from bot.services.deadline_chain import named
from bot.services.deadline_read import Step
from bot.text import clip, echo, plain, short, stamp
from bot.ui import theme
from bot.ui.components import TEXT_LIMIT, button, buttons, card, good
from bot.when import Reading

MOST_PEOPLE = 20
MOST_IN_ROW = 5
MOST_NAMED = 8
TITLE_IN_ROW = 90
VERBS = {
    "deadline.add": "added",
    "deadline.move": "moved",
    "deadline.shift": "shifted",
    "deadline.assign": "assigned",
    "deadline.on_it": "answered",
    "deadline.done": "done",
    "deadline.reopen": "reopened",
    "deadline.delete": "deleted",
    "undo": "undone",
}


def deadline_card(
    entry: Entry, now: datetime, verb: str = "", *actions: ui.Button[Any], news: str = "", asks: bool = False
) -> ui.LayoutView:
    """Return a deadline's card, with **Done** while it is open; `asks` adds the other answers to a ping."""
    shown = [*answers(entry, asks=asks), *actions]
    accent = theme.BRAND if entry.is_open else theme.GOOD
    return card(
        f"{theme.OK} {verb}" if verb else None,
        f"### {theme.DEADLINE} {plain(entry.deadline.what)} · #{entry.deadline.number}",
        "\n".join(filter(None, _facts(entry, now))),
        news,
        buttons(*shown) if shown else None,
        accent=theme.BAD if entry.is_late(now) else accent,
    )


def deleted_card(entry: Entry) -> ui.LayoutView:
    """Return what stands where the card of a deadline was that is deleted."""
    words = f"{theme.CANCELLED} **{plain(entry.deadline.what)}** · #{entry.deadline.number} was deleted."
    return card(words, accent=theme.QUIET)


def answers(entry: Entry, *, asks: bool) -> list[ui.Button[Any]]:
    """Return the buttons with which people answer a deadline."""
    if not entry.is_open:
        return []
    key = entry.deadline.id
    done = good("Done", f"deadline:done:{key}")
    if not asks:
        return [done]
    on_it = [] if entry.deadline.answered_by else [button("On it", f"deadline:onit:{key}")]
    return [done, *on_it, button("Need more time", f"deadline:more:{key}")]


def _facts(entry: Entry, now: datetime) -> list[str]:
    row = entry.deadline
    return [
        f"Due {stamp(row.due_at)}{' · by the end of the day' if row.is_all_day else ''}{_late(entry, now)}",
        f"For {people(entry, MOST_PEOPLE)}",
        f"Project: {plain(entry.project)}" if entry.project else "",
        f"After: {', '.join(_named_with_state(item) for item in entry.before[:MOST_NAMED])}" if entry.before else "",
        f"Repeats: {plain(repeat_text(entry, now))}" if row.rrule else "",
        _reminders(entry),
        f"<@{row.answered_by}> is on it" if row.answered_by and entry.is_open else "",
        f"[The message it came from]({row.link})" if row.link else "",
        _done(entry),
    ]


def story(steps: Sequence[Step]) -> str:
    """Return what was done to a deadline, in one line."""
    done = [f"{VERBS.get(step.verb, 'changed')} by <@{step.actor_id}> {_relative(step.at)}" for step in steps]
    told = ", ".join(done)
    return f"-# {told[0].upper()}{told[1:]}" if told else ""


def finished_card(finished: Finished, now: datetime, *actions: ui.Button[Any]) -> ui.LayoutView:
    """Return the card of a deadline that was just finished, with what can begin now and what comes next."""
    freed = [f"{named(item.deadline)} for {people(item, MOST_IN_ROW)}" for item in finished.freed[:MOST_NAMED]]
    news = [
        f"Can begin now: {', '.join(freed)}" if freed else "",
        _next(coming) if (coming := finished.coming) else "",
    ]
    return deadline_card(finished.entry, now, "Done", *actions, news="\n".join(filter(None, news)))


def _next(entry: Entry) -> str:
    due = stamp(entry.deadline.due_at)
    return f"The next one: #{entry.deadline.number}, due {due}, for {people(entry, MOST_IN_ROW)}"


def moved_card(moved: Moved, now: datetime, *actions: ui.Button[Any]) -> ui.LayoutView:
    """Return the card of a deadline that was moved, with everything that slips with it."""
    lines = [f"- {named(slip.deadline)}: {short(slip.deadline.due_at)} → {short(slip.due_at)}" for slip in moved.slips]
    verb = f"Moved; it was due {short(moved.was)}"
    bare = deadline_card(moved.entry, now, verb, *actions)
    if not lines:
        return bare
    head = "**What comes after it slips too** (gaps kept):"
    slips = _as_many_as_fit([head, *lines], TEXT_LIMIT - bare.content_length())
    return deadline_card(moved.entry, now, verb, *actions, news=slips)


def shift(moved: Moved) -> list[ui.Button[Any]]:
    """Return the button that shifts what slips with a move, if anything does."""
    if moved.shift_id is None:
        return []
    return [good("Shift them too", f"deadline:shift:{moved.shift_id}:{moved.entry.deadline.guild_id}")]


def shifted_card(shifted: list[Entry], *actions: ui.Button[Any]) -> ui.LayoutView:
    """Return what was shifted after a move."""
    lines = [f"- {named(item.deadline)}: now due {stamp(item.deadline.due_at)}" for item in shifted]
    head = f"{theme.OK} Shifted"
    return card(head, _as_many_as_fit(lines, TEXT_LIMIT - len(head)), buttons(*actions), accent=theme.GOOD)


def _as_many_as_fit(lines: Sequence[str], room: int) -> str:
    """Return the lines in so many characters; what does not fit is counted."""
    whole = "\n".join(lines)
    kept = len(lines)
    while len(whole) > room and kept:
        kept -= 1
        whole = "\n".join([*lines[:kept], f"- and {len(lines) - kept} more, in `/deadline list`"])
    return whole


def line(entry: Entry, now: datetime) -> str:
    """Return a deadline in two lines, for lists."""
    row = entry.deadline
    glyph = (theme.WARNING if entry.is_late(now) else theme.DEADLINE) if entry.is_open else theme.DONE
    first = f"{glyph} **{plain(clip(row.what, TITLE_IN_ROW))}** · #{row.number}"
    due = f"{short(row.due_at)} ({_relative(row.due_at)}){_late(entry, now)}"
    waits = f" · waits for {', '.join(f'#{item.number}' for item in entry.blocked_by[:4])}" if entry.blocked_by else ""
    of = f" · {plain(clip(entry.project, 40))}" if entry.project else ""
    return f"{first}\n{_done(entry) or due} · for {people(entry, MOST_IN_ROW)}{of}{waits}"


def people(entry: Entry, most: int) -> str:
    """Return the mentions of those it is for; the rest as a number."""
    mentions = entry.who.split()
    more = f" and {len(mentions) - most} more" if len(mentions) > most else ""
    return " ".join(mentions[:most]) + more


def repeat_text(entry: Entry, now: datetime, locale: str = "en-US") -> str:
    """Return a repeat in words of a locale that read back to it, or nothing."""
    row = entry.deadline
    if row.rrule is None:
        return ""
    reading = Reading("recurrence", rrule=row.rrule, first=row.first_at)
    return echo(reading, ZoneInfo(row.zone), locale, now).partition(" · ")[0]


def _named_with_state(row: Any) -> str:
    return f"{theme.DONE if row.done_at else '⏳'} {named(row)}"


def _reminders(entry: Entry) -> str:
    """Return when the next reminder comes and how many follow, in small print."""
    if not entry.pings:
        return ""
    first, more = entry.pings[0], len(entry.pings) - 1
    return f"-# Next reminder {short(first)}{f', then {more} more' if more else ''}"


def _late(entry: Entry, now: datetime) -> str:
    return " · **late**" if entry.is_late(now) else ""


def _done(entry: Entry) -> str:
    row = entry.deadline
    if entry.is_open or row.done_at is None:
        return ""
    return f"Done by <@{row.done_by}> {_relative(row.done_at)}"


def _relative(at: datetime) -> str:
    return f"<t:{int(at.timestamp())}:R>"
