"""Bodies as discord.py sends them, to hold the contract checker against."""

from datetime import UTC, datetime
from typing import Any

from tests.support.contract import Contract

NOW = datetime(2026, 1, 1, tzinfo=UTC)
V2 = 1 << 15
MESSAGES = "POST /channels/123/messages"
EDIT = "PATCH /channels/123/messages/456"
WEBHOOK = "POST /webhooks/123/token"
ORIGINAL = "PATCH /webhooks/123/token/messages/@original"
CALLBACK = "POST /interactions/1/token/callback"
COMMANDS = "PUT /applications/1/commands"
EVENTS = "POST /guilds/1/scheduled-events"
THREADS = "POST /channels/1/threads"
CHANNELS = "POST /guilds/1/channels"


def run(contract: Contract, route: str, body: Any) -> list[str]:
    method, path = route.split()
    return contract.check(method, path, body, now=NOW)


def button(number: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Book", "custom_id": f"booking:confirm:{number}", **more}


def link(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 5, "label": "Open", "url": "https://example.org/", **more}


def select(size: int = 2, **more: Any) -> dict[str, Any]:
    options = [{"label": f"Room {n}", "value": str(n)} for n in range(size)]
    return {"type": 3, "custom_id": "room", "options": options, **more}


def row(*children: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(children)}


def text(content: str = "x") -> dict[str, Any]:
    return {"type": 10, "content": content}


def section(number: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": 9, "components": [text()], "accessory": button(number), **more}


def container(*children: dict[str, Any]) -> dict[str, Any]:
    return {"type": 17, "accent_color": 0x3366FF, "components": list(children)}


def layout(*children: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"flags": V2, "components": list(children), **more}


def embed(**more: Any) -> dict[str, Any]:
    return {"title": "Budget", "type": "rich", **more}


def fields(count: int) -> list[dict[str, Any]]:
    return [{"name": "Planned", "value": "€ 100", "inline": False}] * count


def text_input(**more: Any) -> dict[str, Any]:
    return {"type": 4, "style": 1, "custom_id": "why", **more}


def label(component: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": 18, "label": "Reason", "component": component, **more}


def modal(*children: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": 9, "data": {"custom_id": "m", "title": "Cancel", "components": list(children), **more}}


def choices(*offered: tuple[str, Any]) -> dict[str, Any]:
    return {"type": 8, "data": {"choices": [{"name": name, "value": value} for name, value in offered]}}


def command(**more: Any) -> dict[str, Any]:
    return {"name": "booking", "description": "Book a room", "type": 1, "options": [], "nsfw": False, **more}


def option(name: str = "when", **more: Any) -> dict[str, Any]:
    return {"type": 3, "name": name, "description": "When it starts", "required": True, **more}


def event(**more: Any) -> dict[str, Any]:
    times = {"scheduled_start_time": "2026-01-02T10:00:00+00:00", "scheduled_end_time": "2026-01-02T12:00:00+00:00"}
    place = {"entity_type": 3, "entity_metadata": {"location": "Studio A"}}
    return {"name": "Session", "privacy_level": 2, **times, **place, **more}


def nested(count: int) -> list[dict[str, Any]]:
    """A layout of exactly `count` components."""
    return [container(*[text()] * (count - 1))]
