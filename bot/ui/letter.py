"""The message of a reminder: its words, whom it calls, and its buttons, by kind."""

import zlib
from collections.abc import Callable, Sequence
from datetime import datetime

from discord import ui

from bot.services.reminder_words import LATE_AFTER, Due
from bot.ui import booking_parts, callsheet_card, theme
from bot.ui.components import bad, button, buttons, good, inert, main

HIGH_BIT = 1 << 30


def mark_of(due: Due) -> int:
    """Return the component id that tells this occurrence's message in a channel's history; above any automatic id."""
    return zlib.crc32(due.nonce.encode()) % HIGH_BIT + HIGH_BIT


def letter(due: Due, at: datetime, *, called: bool = True, troubles: Sequence[str] = ()) -> ui.LayoutView:
    """Return the message to deliver at an instant; `troubles` say why it comes elsewhere than planned."""
    notes = []
    if at - due.due_at > LATE_AFTER:
        notes.append(f"-# Sorry, this is late: it was due <t:{int(due.due_at.timestamp())}:R>.")
    if troubles:
        notes.append(f"-# It comes here because {' and '.join(troubles)}.")
    # A call sheet names everybody in its own words.
    names = due.mentions if called and due.kind.value != "callsheet" else ""
    words = f"{names}\n{due.text}" if names else due.text
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=theme.BRAND, id=mark_of(due))
    container.add_item(ui.TextDisplay("\n".join([words, *notes])))
    actions = actions_of(due)
    if actions:
        container.add_item(buttons(*actions))
    return inert(container)


def actions_of(due: Due) -> list[ui.Button[ui.LayoutView]]:
    """Return the buttons of a reminder; their ids carry the server, so that they work in direct messages."""
    buttons_of = None if due.is_veiled else _ACTIONS.get(due.kind.value)
    return buttons_of(due) if buttons_of is not None else []


def _of_remind(due: Due) -> list[ui.Button[ui.LayoutView]]:
    to = f"{due.guild_id}:{due.id}:{due.occurrence}"
    actions = [good("Done", f"remind:done:{to}"), button("Snooze", f"remind:snooze:{to}", emoji="💤")]
    if due.kind.value == "channel":
        actions.append(button("Notify me too", f"remind:too:{to}", emoji="🔔"))
    return actions


def _of_deadline(due: Due) -> list[ui.Button[ui.LayoutView]]:
    key = due.subject_id
    more = button("Need more time", f"deadline:more:{key}")
    return [good("Done", f"deadline:done:{key}"), button("On it", f"deadline:onit:{key}"), more]


def _of_digest(due: Due) -> list[ui.Button[ui.LayoutView]]:
    return [button("Turn off / change", f"digest:open:{due.guild_id}", emoji=theme.SETTINGS)]


def _of_sheet(due: Due) -> list[ui.Button[ui.LayoutView]]:
    return callsheet_card.actions(due.subject_id or 0)


def _of_close(due: Due) -> list[ui.Button[ui.LayoutView]]:
    key = f"{due.subject_id}:{due.guild_id}"
    return [good("As planned", f"booking:asplanned:{key}"), button("Something differed", f"booking:differed:{key}")]


def _of_free_cancel(due: Due) -> list[ui.Button[ui.LayoutView]]:
    key = due.subject_id
    return [
        button("What it costs then", f"booking:cost:{key}:{due.guild_id}"),
        bad("Cancel booking", f"booking:end:{key}"),
    ]


def _of_nudge(due: Due) -> list[ui.Button[ui.LayoutView]]:
    return booking_parts.answers(due.subject_id or 0, due.guild_id)


def _of_quorum(due: Due) -> list[ui.Button[ui.LayoutView]]:
    key = due.subject_id
    return [
        main("Nudge", f"booking:nudge:{key}:{due.guild_id}", emoji="🙋"),
        bad("Cancel booking", f"booking:end:{key}"),
    ]


def _of_budget(due: Due) -> list[ui.Button[ui.LayoutView]]:
    """Return the buttons under a warning, a promise that is due, or a transfer that waits for its other side."""
    if due.kind.value == "overage":
        return [button("Line", f"budget:line:{due.subject_id}", emoji="📊")]
    to = f"{due.number}:{due.guild_id}"
    if due.kind.value == "promise":
        return [main("Invoice", f"budget:invoice:{to}"), button("Snooze", f"budget:snooze:{to}", emoji="💤")]
    if due.asks == "paid":
        return [good("Paid", f"budget:paid:{to}")]
    return [good("Received", f"budget:received:{to}")] if due.asks == "received" else []


_ACTIONS: dict[str, Callable[[Due], list[ui.Button[ui.LayoutView]]]] = {
    "personal": _of_remind,
    "channel": _of_remind,
    "deadline": _of_deadline,
    "freed": _of_deadline,
    "digest": _of_digest,
    "digest-money": _of_digest,
    "callsheet": _of_sheet,
    "close": _of_close,
    "free-cancel": _of_free_cancel,
    "nudge": _of_nudge,
    "quorum": _of_quorum,
    "overage": _of_budget,
    "promise": _of_budget,
    "payment": _of_budget,
}
