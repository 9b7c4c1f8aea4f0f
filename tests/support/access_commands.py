"""Every command with arguments that work, and who may: the columns are those of `tests.support.access.KINDS`."""

from typing import Any

from tests.support.access_world import RECEIPT

SOON = "10 jan 2026 14:00-18:00"
NAMED = {"booking": "#2"}
THEIRS = {"project": "#1"}

SETTINGS: list[tuple[str, str, dict[str, Any]]] = [
    ("P...x", "setup start", {}),
    ("P...x", "setup start", {"timezone": "Paris", "currency": "USD", "producer_role": "@role", "money_role": "@role",
                         "announcements": "@channel", "digest": "daily"}),
    ("PMmox", "setup check", {}),
    ("PMmox", "setup show", {}),
    ("PMmox", "me timezone", {"timezone": "Paris"}),
    ("PMmox", "me reminders", {}),
    ("PMmox", "me reminders", {"dm": True, "quiet_hours": "22-8", "lead_times": "2h"}),
    ("PMmox", "help", {}),
    ("PMmox", "help", {"topic": "budget"}),
    ("PMmox", "today", {}),
    ("PMmo.", "today", {"who": "{sam}"}),
    ("P...x", "data log", {"who": "{sam}", "range": "last week"}),
    ("P...x", "data export", {"format": "both"}),
    ("P.m.x", "data forget", {"member": "@member"}),
    ("P...x", "project create", {"name": "Demo", "kind": "ep", "release": "1 jun 2026", "currency": "EUR",
                            "budget": "5.05"}),
    ("PMmox", "project list", {}),
    ("PMmo.", "project show", THEIRS),
    ("P....", "project edit", {**THEIRS, "name": "Demo", "kind": "album", "release": "1 jun 2026", "budget": "5.05"}),
    ("P....", "project archive", THEIRS),
    ("P....", "project bind", THEIRS),
    ("P...x", "room add", {"name": "Shed", "rate": "5.05", "unit": "hour", "minimum": "2h", "buffer": "30",
                         "address": "Yard 1", "timezone": "Berlin", "overtime": "1.5x after 10h",
                         "cancellation": "48h 50%"}),
    ("PMmox", "room list", {}),
    ("PMmo.", "room show", {"room": "#1"}),
    ("P....", "room edit", {"room": "#1", "name": "Shed", "rate": "5.05", "unit": "day", "minimum": "2h",
                       "buffer": "30", "address": "Yard 1", "timezone": "Paris", "overtime": "1.5x after 10h",
                       "cancellation": "48h 50%", "hours": "mon-fri 10-23", "included": "10h", "steps": "30"}),
    ("P....", "room archive", {"room": "#1"}),
    ("PMmox", "availability hours", {"weekly": "mon-fri 18-23"}),
    ("PMmox", "availability away", {"when": SOON, "note": "Dentist"}),
    ("PMmox", "availability show", {"who": "{sam}", "range": "next week"}),
    ("PMmox", "calendar link", {}),
    ("PMmo.", "calendar link", {"scope": "Harbour"}),
    ("..m..", "calendar reset", {"scope": "mine"}),
    ("PMmo.", "calendar file", {"scope": "mine", "range": "january 2026"}),
    ("PMmo.", "calendar file", {"scope": "Harbour", "range": "january 2026"}),
]  # fmt: skip

SESSIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("PMmo.", "booking new", {"what": "Bass", "when": SOON, "room": "#1", "people": "{sam}", "project": "#1",
                         "kind": "overdub", "repeat": "every saturday 14:00-18:00", "needs": "amp", "note": "Strings"}),
    ("PMmox", "booking new", {"what": "Bass", "when": SOON, "hold": "5 jan 2026"}),
    ("PMmo.", "booking list", {"range": "january 2026", "room": "#1", "project": "#1"}),
    ("PMmox", "booking list", {"who": "{sam}"}),
    ("PMmo.", "booking week", {"date": "20 jan 2026", "room": "#1"}),
    ("PMmox", "booking week", {}),
    ("PMmo.", "booking show", NAMED),
    ("P....", "booking move", {**NAMED, "when": SOON}),
    ("P....", "booking cancel", {**NAMED, "reason": "Flu"}),
    ("P....", "booking confirm", {"booking": "#3"}),
    ("P.m..", "booking challenge", {"booking": "#4"}),
    ("P....", "booking close", {"booking": "#1", "start": "03:00", "end": "05:00", "cost": "5.05", "note": "Fine"}),
    ("PMmo.", "booking find", {"length": "2h", "within": "10 jan 2026", "people": "{sam}", "room": "#1"}),
    ("PMmo.", "booking callsheet", NAMED),
]  # fmt: skip

BOOKS: list[tuple[str, str, dict[str, Any]]] = [
    ("P....", "budget plan", {"category": "mix", "item": "Recall", "quantity": "2", "unit": "day", "rate": "5.05",
                         **THEIRS}),
    ("P....", "budget template", {"kind": "ep", **THEIRS}),
    ("P....", "budget template", {"template": "Plan Zanzibar", **THEIRS}),
    ("PM...", "budget left", {"category": "mix", **THEIRS}),
    ("PM...", "budget show", THEIRS),
    ("PM...", "budget show", {"category": "mix", **THEIRS}),
    ("PMmo.", "budget spend", {"amount": "5.05", "category": "mix", "what": "Strings", "date": "1 jan 2026",
                               "payee": "Shop", "paid_by": "{sam}", "receipt": RECEIPT, **THEIRS}),
    ("PMmo.", "budget spend", {"amount": "5.05 USD", "category": "mix", "rate": "1", **THEIRS}),
    ("PMmo.", "budget expenses", {"category": "mix", "status": "approved", **THEIRS}),
    ("PMmo.", "budget expenses", {}),
    ("P....", "budget commit", {"amount": "5.05", "category": "mix", "what": "Half", "due": "1 feb 2026", **THEIRS}),
    ("P....", "budget transfer", {"amount": "5.05", "source": "studio", "target": "mix", "reason": "More", **THEIRS}),
    ("P....", "budget lock", THEIRS),
    ("PM...", "budget what-if", {"change": "5.05 mix", **THEIRS}),
    ("PM...", "budget settle", THEIRS),
    ("PM...", "budget export", {"format": "xlsx", **THEIRS}),
    ("PM...", "budget export", {"format": "csv", **THEIRS}),
]  # fmt: skip

PLANS: list[tuple[str, str, dict[str, Any]]] = [
    ("PMmo.", "deadline add", {"what": "Stems", "due": "10 jan 2026", "who": "{sam}", "project": "#1", "after": "#1",
                          "remind": "2d", "repeat": "every week"}),
    ("PMmo.", "deadline list", {"range": "january 2026", "who": "{sam}", "project": "#1", "status": "open"}),
    ("PMmox", "deadline list", {"status": "all"}),
    ("PMmo.", "deadline show", {"deadline": "#1"}),
    ("P.m..", "deadline edit", {"deadline": "#1", "what": "Words", "project": "#1", "after": "none", "remind": "2d",
                           "repeat": "none"}),
    ("P.m..", "deadline edit", {"deadline": "#1"}),
    ("P.m..", "deadline move", {"deadline": "#1", "due": "20 jan 2026"}),
    ("P....", "deadline assign", {"deadline": "#2", "who": "{sam}"}),
    ("P.m..", "deadline done", {"deadline": "#1"}),
    ("P....", "deadline reopen", {"deadline": "#3"}),
    ("P.m..", "deadline delete", {"deadline": "#1"}),
    ("PMmo.", "deadline timeline", THEIRS),
    ("PMmox", "remind me", {"what": "Strings", "when": "10 jan 2026 12:00", "repeat": "every week"}),
    ("PMmox", "remind channel", {"what": "Strings", "when": "10 jan 2026 12:00", "repeat": "every week",
                            "channel": "@channel", "mention": "me"}),
    ("PMmox", "remind list", {"range": "january 2026"}),
    ("P....", "remind edit", {"reminder": "#2", "what": "Rest", "when": "10 jan 2026 12:00", "repeat": "every week"}),
    ("..m..", "remind edit", {"reminder": "#3", "what": "Rest"}),
    ("P....", "remind cancel", {"reminder": "#2"}),
    ("..m..", "remind cancel", {"reminder": "#3"}),
    ("P....", "remind pause", {"reminder": "#2"}),
    ("..m..", "remind pause", {"reminder": "#3"}),
    ("P....", "remind resume", {"reminder": "#4"}),
    ("PMmox", "remind status", {}),
]  # fmt: skip

COMMANDS = {"settings": SETTINGS, "sessions": SESSIONS, "books": BOOKS, "plans": PLANS}
MENUS: list[tuple[str, str]] = [("PMmox", "Make a deadline"), ("PMmox", "Remind me about this")]
