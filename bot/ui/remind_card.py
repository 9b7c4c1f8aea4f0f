"""How a planned reminder looks: its card with what can be done to it, its line in a list, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from discord import ui

from bot.actor import Actor
from bot.services.reminder import Planned
from bot.services.reminder_times import following
from bot.text import clip, echo, local, plain, short, stamp
from bot.ui import theme
from bot.ui.components import bad, button, buttons, card, select_option, undo
from bot.ui.components import select as menu
from bot.ui.press import modal, text_field
from bot.when import Reading

SHOWN = 300
IN_LINE = 120
REASON_LIMIT = 200
FORM_LIMIT = 4000
CALLS = {"me": ", calling {maker}", "here": ", calling everybody here", "everyone": ", calling everyone"}


def where(row: Planned) -> str:
    """Return the place that a reminder goes to."""
    return f"in <#{row.channel_id}>" if row.kind.value == "channel" else "by direct message"


def planned_card(actor: Actor, row: Planned) -> ui.LayoutView:
    """Return the answer to planning one."""
    called = CALLS.get(row.mention.value, "").format(maker="you")
    return card(
        f"{theme.OK} I'll remind you {where(row)}{called} · #{row.number}",
        f"**{plain(clip(row.what, SHOWN))}**\n{stamp(row.due_at)}",
        repeats(row),
        buttons(undo(actor.change_id)),
        accent=theme.GOOD,
    )


def reminder_card(row: Planned, verb: str = "", *actions: ui.Button[Any]) -> ui.LayoutView:
    """Return one reminder with everything that can be changed about it."""
    paused = row.state.value == "paused"
    called = CALLS.get(row.mention.value, "").format(maker=f"<@{row.created_by}>")
    when = "paused" if paused else stamp(row.due_at)
    number = row.number
    change = [
        button("Edit", f"remind:edit:{number}", emoji="✏️"),
        button("Resume", f"remind:resume:{number}", emoji="▶️")
        if paused
        else button("Pause", f"remind:pause:{number}", emoji="⏸️"),
        bad("Cancel", f"remind:stop:{number}"),
    ]
    series = [
        button("Skip next", f"remind:skip:{number}"),
        button("Move next", f"remind:move:{number}"),
        button("Stop after", f"remind:end:{number}"),
    ]
    return card(
        f"{theme.OK} {verb}" if verb else None,
        f"### {theme.REMINDER} Reminder #{number}",
        plain(clip(row.what, SHOWN)),
        f"{when} · {where(row)}{called}",
        repeats(row),
        buttons(*change),
        buttons(*series) if row.rrule is not None and not paused else None,
        buttons(*actions) if actions else None,
        accent=theme.GOOD if verb else theme.BRAND,
    )


def edit_form(actor: Actor, row: Planned) -> ui.Modal:
    """Return the form that changes a reminder, filled with what it says now."""
    return modal(
        f"Reminder #{row.number}",
        f"remind:edited:{row.number}",
        text_field("What to remind of", "what", value=row.what, needed=True, limit=FORM_LIMIT, long=True),
        text_field("When", "when", value=local(row.due_at, actor.zone, actor.locale)),
        text_field("How it repeats; empty for once", "repeat", value=repeat_text(actor, row), hint="every friday 5pm"),
    )


def repeat_text(actor: Actor, row: Planned) -> str:
    """Return a repeat in words of the actor's language that read back to it, or nothing."""
    if row.rrule is None:
        return ""
    first = row.first_at or row.due_at
    reading = Reading("recurrence", rrule=row.rrule, first=first)
    return echo(reading, ZoneInfo(row.zone), actor.locale, first).partition(" · ")[0]


def repeats(row: Planned) -> str | None:
    """Return when a repeating reminder comes after its next time."""
    if row.rrule is None:
        return None
    comes = following(row.rrule, row.first_at or row.due_at, ZoneInfo(row.zone), row.due_at)
    return f"🔁 Then {' and '.join(short(at) for at in comes)}" if comes else "🔁 That is the last time."


def cancelled_card(actor: Actor, row: Planned) -> ui.LayoutView:
    """Return the answer to cancelling one."""
    words = f"{theme.CANCELLED} Cancelled: #{row.number} **{plain(clip(row.what, SHOWN))}**, due {short(row.due_at)}"
    return card(words, buttons(undo(actor.change_id)), accent=theme.QUIET)


def line(row: Planned) -> str:
    """Return a reminder's entry in a list."""
    place = f"<#{row.channel_id}>" if row.kind.value == "channel" else f"direct message{_made_in(row)}"
    marks = "".join([" · 🔁" if row.rrule else "", " · paused" if row.state.value == "paused" else ""])
    return f"**#{row.number}** {short(row.due_at)} (<t:{_unix(row.due_at)}:R>) · {place}{marks}\n{_words(row)}"


def _made_in(row: Planned) -> str:
    """Return a link to where a personal reminder was made."""
    if row.channel_id is None:
        return ""
    return f" · [made here](https://discord.com/channels/{row.guild_id}/{row.channel_id})"


def cancel_button(actor: Actor, row: Planned) -> ui.Button[Any] | None:
    """Return the button that cancels a row, for those who may."""
    return bad("Cancel", f"remind:stop:{row.number}") if _may_change(actor, row) else None


def change_menu(actor: Actor, rows: Sequence[Planned]) -> ui.ActionRow[Any] | None:
    """Return the menu that opens one of a list's reminders, of those that the actor may change."""
    options = [
        select_option(f"#{row.number} {' '.join(row.what.split())}", f"#{row.number}")
        for row in rows
        if _may_change(actor, row)
    ]
    return menu("remind:pick", options, "Edit, pause, skip or move one") if options else None


def settled_line(row: Planned) -> str:
    """Return what became of a reminder: where, how late in seconds, or why not."""
    if row.state.value == "failed":
        return f"{theme.MISSING} {short(row.due_at)} · {_words(row)}\nfailed: {_reason(row)}"
    late = max(0.0, (row.sent_at - row.due_at).total_seconds()) if row.sent_at else 0.0
    detour = f"\n{_reason(row)}" if row.error else ""
    place = f" in <#{row.sent_channel_id}>" if _is_in_channel(row) else " by direct message"
    return f"{theme.OK} {short(row.due_at)} · {_words(row)}\nsent{place}, {late:.1f} s late{detour}"


def _is_in_channel(row: Planned) -> bool:
    """Tell whether a reminder went into a channel: its own, or another one where no direct message was possible."""
    if row.sent_channel_id is None:
        return False
    return row.user_id is None or row.sent_channel_id == row.channel_id or row.error is not None


def _reason(row: Planned) -> str:
    return clip(row.error or "unknown", REASON_LIMIT)


def _words(row: Planned) -> str:
    return plain(" ".join(clip(row.what, IN_LINE).split()))


def _may_change(actor: Actor, row: Planned) -> bool:
    return row.created_by == actor.user_id or (actor.is_producer and row.kind.value == "channel")


def _unix(at: datetime) -> int:
    return int(at.timestamp())
