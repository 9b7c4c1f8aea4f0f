"""The rules for requests that Discord enforces and its OpenAPI document does not state.

They come from Discord's prose. Each takes the body and the path to it, and yields one line for each fault;
what the document does state (lengths, numbers of fields, options and choices) is not repeated here.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.support import contract_commands as commands
from tests.support import contract_components as components

Json = Any
Faults = Iterator[str]
Rule = Callable[[Json, datetime | None], list[str]]

LAYOUT_FLAG = 1 << 15
MAX_EMBED_TEXT = 6000
FORWARD = 1
EXTERNAL_EVENT = 3
CONTENTS = ("embeds", "components", "attachments", "sticker_ids", "poll", "shared_client_theme")
NO_LAYOUT = ("content", "embeds", "poll", "sticker_ids")


def as_dict(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def as_dicts(value: Json) -> list[dict[str, Json]]:
    return [as_dict(each) for each in value] if isinstance(value, list) else []


def text_of(value: Json) -> str:
    return value if isinstance(value, str) else ""


def new_message(body: Json, _now: datetime | None, at: str = "") -> list[str]:
    message = as_dict(body)
    return [*_new_is_empty(message, at), *_message(message, at, new=True)]


def edited_message(body: Json, _now: datetime | None, at: str = "") -> list[str]:
    message = as_dict(body)
    return [*_edit_empties(message, at), *_message(message, at, new=False)]


def new_thread(body: Json, now: datetime | None) -> list[str]:
    """A forum post carries its first message; a plain thread carries none."""
    thread = as_dict(body)
    return new_message(thread["message"], now, "message.") if "message" in thread else []


def callback(body: Json, now: datetime | None) -> list[str]:
    """The answers to an interaction: a message, an edit, choices or a modal."""
    answer = as_dict(body)
    data = as_dict(answer.get("data"))
    match answer.get("type"):
        case 4:  # a message
            return new_message(data, now, "data.")
        case 7:  # an edit of the message under the button
            return edited_message(data, now, "data.")
        case 8:  # the choices of an autocomplete
            return list(commands.choices(as_dicts(data.get("choices")), "data.choices"))
        case 9:  # a modal
            return list(components.modal(as_dicts(data.get("components")), "data."))
    return []


def _message(body: dict[str, Json], at: str, *, new: bool) -> Faults:
    yield from _embeds(as_dicts(body.get("embeds")), at)
    yield from _mentions(as_dict(body.get("allowed_mentions")), at)
    tree = as_dicts(body.get("components"))
    flagged = bool(_flags(body) & LAYOUT_FLAG)
    layout = flagged or any(each.get("type") in components.LAYOUT_TYPES for each in tree)
    if layout and new and not flagged:
        yield f"{at}flags: IS_COMPONENTS_V2 is missing for this layout"
    if layout:
        for key in NO_LAYOUT:
            if body.get(key):
                yield f"{at}{key}: cannot be sent with IS_COMPONENTS_V2"
    yield from components.message(tree, at, layout=layout)


def _flags(body: dict[str, Json]) -> int:
    flags = body.get("flags")
    return flags if isinstance(flags, int) else 0


def _new_is_empty(body: dict[str, Json], at: str) -> Faults:
    if text_of(body.get("content")).strip() or any(body.get(key) for key in CONTENTS):
        return
    if as_dict(body.get("message_reference")).get("type") != FORWARD:
        yield f"{at.rstrip('.') or 'body'}: message is empty"


def _edit_empties(body: dict[str, Json], at: str) -> Faults:
    """An edit is known to leave nothing only when it takes away everything by name."""
    parts = ("content", "embeds", "components", "attachments")
    if all(key in body and not body[key] for key in parts):
        yield f"{at.rstrip('.') or 'body'}: message is empty"


def _embeds(embeds: list[dict[str, Json]], at: str) -> Faults:
    total = sum(len(text) for embed in embeds for text in _embed_texts(embed))
    if total > MAX_EMBED_TEXT:
        yield f"{at}embeds: total of characters is {MAX_EMBED_TEXT}, got {total}"
    for number, embed in enumerate(embeds):
        for place, field in enumerate(as_dicts(embed.get("fields"))):
            for key in ("name", "value"):
                if isinstance(field.get(key), str) and not field[key].strip():
                    yield f"{at}embeds[{number}].fields[{place}].{key}: is empty"


def _embed_texts(embed: dict[str, Json]) -> Iterator[str]:
    yield text_of(embed.get("title"))
    yield text_of(embed.get("description"))
    yield text_of(as_dict(embed.get("footer")).get("text"))
    yield text_of(as_dict(embed.get("author")).get("name"))
    for field in as_dicts(embed.get("fields")):
        yield text_of(field.get("name"))
        yield text_of(field.get("value"))


def _mentions(mentions: dict[str, Json], at: str) -> Faults:
    for kind in ("users", "roles"):
        if kind in (mentions.get("parse") or ()) and mentions.get(kind):
            yield f"{at}allowed_mentions.{kind}: cannot be listed when parse has {kind}"


def event(body: Json, now: datetime | None) -> list[str]:
    return list(_event(as_dict(body), now))


def _event(body: dict[str, Json], now: datetime | None) -> Faults:
    start, end = (_instant(body.get(f"scheduled_{side}_time")) for side in ("start", "end"))
    if start and now and start <= now:
        yield "scheduled_start_time: is in the past"
    for earlier, later in pairwise((start, end)):
        if earlier and later and later <= earlier:
            yield "scheduled_end_time: is not after the start"
    if body.get("entity_type") == EXTERNAL_EVENT:
        if body.get("scheduled_start_time") and not body.get("scheduled_end_time"):
            yield "scheduled_end_time: is required for an external event"
        if not text_of(as_dict(body.get("entity_metadata")).get("location")).strip():
            yield "entity_metadata.location: is empty"


def _instant(value: Json) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text_of(value))
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def command_list(body: Json, _now: datetime | None) -> list[str]:
    return list(commands.command_list(as_dicts(body)))


def one_command(body: Json, _now: datetime | None) -> list[str]:
    return list(commands.command(as_dict(body), ""))


def _table(rule: Rule, *routes: str) -> Iterable[tuple[tuple[str, str], Rule]]:
    for route in routes:
        method, template = route.split()
        yield (method, template), rule


_GLOBAL = "/applications/{application_id}/commands"
_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
_EVENTS = "/guilds/{guild_id}/scheduled-events"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"

RULES: dict[tuple[str, str], Rule] = dict(
    [
        *_table(new_message, "POST /channels/{channel_id}/messages", f"POST {_WEBHOOK}"),
        *_table(
            edited_message,
            "PATCH /channels/{channel_id}/messages/{message_id}",
            f"PATCH {_WEBHOOK}/messages/{{message_id}}",
            f"PATCH {_WEBHOOK}/messages/@original",
        ),
        *_table(new_thread, "POST /channels/{channel_id}/threads"),
        *_table(callback, "POST /interactions/{interaction_id}/{interaction_token}/callback"),
        *_table(event, f"POST {_EVENTS}", f"PATCH {_EVENTS}/{{guild_scheduled_event_id}}"),
        *_table(command_list, f"PUT {_GLOBAL}", f"PUT {_GUILD}"),
        *_table(one_command, f"POST {_GLOBAL}", f"POST {_GUILD}"),
    ]
)
