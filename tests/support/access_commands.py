"""Every command with arguments that work, and who may: the columns are those of `tests.support.access.KINDS`."""

from typing import Any

from tests.support.access_world import RECEIPT

SOON = "10 jan 2026 14:00-18:00"
NAMED = {"booking": "#2"}
THEIRS = {"project": "#1"}

SETTINGS: list[tuple[str, str, dict[str, Any]]] = [
    ("P...xG", "setup start", {}),
    ("P...xG", "setup start", {"timezone": "Paris", "currency": "USD", "producer_role": "@role", "money_role": "@role",
                         "announcements": "@channel", "digest": "daily"}),
    ("PMmoxG", "setup check", {}),
    ("PMmoxG", "setup show", {}),
    ("PMmoxG", "me timezone", {"timezone": "Paris"}),
    ("PMmoxG", "me reminders", {}),
    ("PMmoxG", "me reminders", {"dm": True, "quiet_hours": "22-8", "lead_times": "2h"}),
    ("PMmoxG", "help", {}),
    ("PMmoxG", "help", {"topic": "budget"}),
    ("PMmoxG", "today", {}),
    ("PMmo.G", "today", {"who": "{sam}"}),
    ("P...xG", "data log", {"who": "{sam}", "range": "last week"}),
    ("P...xG", "data export", {"format": "both"}),
    ("P.m.xG", "data forget", {"member": "@member"}),
    ("P...xG", "project create", {"name": "Demo", "kind": "ep", "release": "1 jun 2026", "currency": "EUR",
                            "budget": "5.05"}),
    ("PMmoxG", "project list", {}),
    ("PMmo.G", "project show", THEIRS),
    ("P....G", "project edit", {**THEIRS, "name": "Demo", "kind": "album", "release": "1 jun 2026", "budget": "5.05"}),
    ("P....G", "project archive", THEIRS),
    ("P....G", "project bind", THEIRS),
    ("P...xG", "room add", {"name": "Shed", "rate": "5.05", "unit": "hour", "minimum": "2h", "buffer": "30",
                         "address": "Yard 1", "timezone": "Berlin", "overtime": "1.5x after 10h",
                         "cancellation": "48h 50%"}),
    ("PMmoxG", "room list", {}),
    ("PMmo.G", "room show", {"room": "#1"}),
    ("P....G", "room edit", {"room": "#1", "name": "Shed", "rate": "5.05", "unit": "day", "minimum": "2h",
                       "buffer": "30", "address": "Yard 1", "timezone": "Paris", "overtime": "1.5x after 10h",
                       "cancellation": "48h 50%", "hours": "mon-fri 10-23", "included": "10h", "steps": "30"}),
    ("P....G", "room archive", {"room": "#1"}),
    ("PMmoxG", "availability hours", {"weekly": "mon-fri 18-23"}),
    ("PMmoxG", "availability away", {"when": SOON, "note": "Dentist"}),
    ("PMmoxG", "availability show", {"who": "{sam}", "range": "next week"}),
    ("PMmoxG", "calendar link", {}),
    ("PMmo.G", "calendar link", {"scope": "Harbour"}),
    ("..m...", "calendar reset", {"scope": "mine"}),
    ("PMmo.G", "calendar file", {"scope": "mine", "range": "january 2026"}),
    ("PMmo.G", "calendar file", {"scope": "Harbour", "range": "january 2026"}),
]  # fmt: skip

SESSIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("PMmo.G", "booking new", {"what": "Bass", "when": SOON, "room": "#1", "people": "{sam}", "project": "#1",
                         "kind": "overdub", "repeat": "every saturday 14:00-18:00", "needs": "amp", "note": "Strings"}),
    ("PMmoxG", "booking new", {"what": "Bass", "when": SOON, "hold": "5 jan 2026"}),
    ("PMmo.G", "booking list", {"range": "january 2026", "room": "#1", "project": "#1"}),
    ("PMmoxG", "booking list", {"who": "{sam}"}),
    ("PMmo.G", "booking week", {"date": "20 jan 2026", "room": "#1"}),
    ("PMmoxG", "booking week", {}),
    ("PMmo.G", "booking show", NAMED),
    ("P....G", "booking move", {**NAMED, "when": SOON}),
    ("P....G", "booking cancel", {**NAMED, "reason": "Flu"}),
    ("P....G", "booking confirm", {"booking": "#3"}),
    ("P.m..G", "booking challenge", {"booking": "#4"}),
    ("P....G", "booking close", {"booking": "#1", "start": "03:00", "end": "05:00", "cost": "5.05", "note": "Fine"}),
    ("PMmo.G", "booking find", {"length": "2h", "within": "10 jan 2026", "people": "{sam}", "room": "#1"}),
    ("PMmo.G", "booking callsheet", NAMED),
]  # fmt: skip

BOOKS: list[tuple[str, str, dict[str, Any]]] = [
    ("P....G", "budget plan", {"category": "mix", "item": "Recall", "quantity": "2", "unit": "day", "rate": "5.05",
                         **THEIRS}),
    ("P....G", "budget template", {"kind": "ep", **THEIRS}),
    ("P....G", "budget template", {"template": "Plan Zanzibar", **THEIRS}),
    ("PM...G", "budget left", {"category": "mix", **THEIRS}),
    ("PM...G", "budget show", THEIRS),
    ("PM...G", "budget show", {"category": "mix", **THEIRS}),
    ("PMmo.G", "budget spend", {"amount": "5.05", "category": "mix", "what": "Strings", "date": "1 jan 2026",
                               "payee": "Shop", "paid_by": "{sam}", "receipt": RECEIPT, **THEIRS}),
    ("PMmo.G", "budget spend", {"amount": "5.05 USD", "category": "mix", "rate": "1", **THEIRS}),
    ("PMmo.G", "budget expenses", {"category": "mix", "status": "approved", **THEIRS}),
    ("PMmo.G", "budget expenses", {}),
    ("P....G", "budget commit", {"amount": "5.05", "category": "mix", "what": "Half", "due": "1 feb 2026", **THEIRS}),
    ("P....G", "budget transfer", {"amount": "5.05", "source": "studio", "target": "mix", "reason": "More", **THEIRS}),
    ("P....G", "budget lock", THEIRS),
    ("PM...G", "budget what-if", {"change": "5.05 mix", **THEIRS}),
    ("PM...G", "budget settle", THEIRS),
    ("PM...G", "budget export", {"format": "xlsx", **THEIRS}),
    ("PM...G", "budget export", {"format": "csv", **THEIRS}),
]  # fmt: skip

PLANS: list[tuple[str, str, dict[str, Any]]] = [
    ("PMmo.G", "deadline add", {"what": "Stems", "due": "10 jan 2026", "who": "{sam}", "project": "#1", "after": "#1",
                          "remind": "2d", "repeat": "every week"}),
    ("PMmo.G", "deadline list", {"range": "january 2026", "who": "{sam}", "project": "#1", "status": "open"}),
    ("PMmoxG", "deadline list", {"status": "all"}),
    ("PMmo.G", "deadline show", {"deadline": "#1"}),
    ("P.m..G", "deadline edit", {"deadline": "#1", "what": "Words", "project": "#1", "after": "none", "remind": "2d",
                           "repeat": "none"}),
    ("P.m..G", "deadline edit", {"deadline": "#1"}),
    ("P.m..G", "deadline move", {"deadline": "#1", "due": "20 jan 2026"}),
    ("P....G", "deadline assign", {"deadline": "#2", "who": "{sam}"}),
    ("P.m..G", "deadline done", {"deadline": "#1"}),
    ("P....G", "deadline reopen", {"deadline": "#3"}),
    ("P.m..G", "deadline delete", {"deadline": "#1"}),
    ("PMmo.G", "deadline timeline", THEIRS),
    ("PMmoxG", "remind me", {"what": "Strings", "when": "10 jan 2026 12:00", "repeat": "every week"}),
    ("PMmoxG", "remind channel", {"what": "Strings", "when": "10 jan 2026 12:00", "repeat": "every week",
                            "channel": "@channel", "mention": "me"}),
    ("PMmoxG", "remind list", {"range": "january 2026"}),
    ("P....G", "remind edit", {"reminder": "#2", "what": "Rest", "when": "10 jan 2026 12:00", "repeat": "every week"}),
    ("..m...", "remind edit", {"reminder": "#3", "what": "Rest"}),
    ("P....G", "remind cancel", {"reminder": "#2"}),
    ("..m...", "remind cancel", {"reminder": "#3"}),
    ("P....G", "remind pause", {"reminder": "#2"}),
    ("..m...", "remind pause", {"reminder": "#3"}),
    ("P....G", "remind resume", {"reminder": "#4"}),
    ("PMmoxG", "remind status", {}),
]  # fmt: skip

COMMANDS = {"settings": SETTINGS, "sessions": SESSIONS, "books": BOOKS, "plans": PLANS}
MENUS: list[tuple[str, str]] = [("PMmoxG", "Make a deadline"), ("PMmoxG", "Remind me about this")]
