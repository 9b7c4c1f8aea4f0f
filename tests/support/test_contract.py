"""The contract checker: what Discord takes is clean, what it refuses is named, and nothing else."""

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.contract import Contract
from tests.support.contract_samples import (
    CALLBACK,
    CHANNELS,
    COMMANDS,
    EDIT,
    EVENTS,
    MESSAGES,
    ORIGINAL,
    THREADS,
    V2,
    WEBHOOK,
    button,
    choices,
    command,
    container,
    embed,
    event,
    fields,
    label,
    layout,
    link,
    modal,
    nested,
    option,
    row,
    run,
    section,
    select,
    text,
    text_input,
)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


VALID: dict[str, tuple[str, Any]] = {
    "plain text": (MESSAGES, {"content": "x" * 2000, "tts": False, "nonce": "1" * 20, "enforce_nonce": True}),
    "longest nonce": (MESSAGES, {"content": "x", "nonce": "r" * 25}),
    "ids as ints": (MESSAGES, {"content": "x", "sticker_ids": [123], "allowed_mentions": {"users": [1], "parse": []}}),
    "attachment ids from 0": (MESSAGES, {"attachments": [{"id": 0, "filename": "a.png"}]}),
    "embeds": (MESSAGES, {"embeds": [embed(fields=fields(25), timestamp="2026-01-01T00:00:00+00:00")]}),
    "reply": (MESSAGES, {"content": "x", "message_reference": {"message_id": 1, "channel_id": 2, "type": 0}}),
    "forward": (MESSAGES, {"message_reference": {"message_id": 1, "channel_id": 2, "type": 1}}),
    "poll": (MESSAGES, {"poll": {"question": {"text": "?"}, "answers": [{"poll_media": {"text": "a"}}]}}),
    "buttons": (MESSAGES, {"content": "x", "components": [row(*map(button, range(5)))]}),
    "link button": (MESSAGES, {"content": "x", "components": [row(link())]}),
    "emoji button": (MESSAGES, {"content": "x", "components": [row(button(label=None, emoji={"name": "✅"}))]}),
    "premium button": (MESSAGES, {"content": "x", "components": [row({"type": 2, "style": 6, "sku_id": 1})]}),
    "select": (MESSAGES, {"content": "x", "components": [row(select(25, min_values=0, max_values=25))]}),
    "user select": (MESSAGES, {"content": "x", "components": [row({"type": 5, "custom_id": "who"})]}),
    "five rows": (MESSAGES, {"content": "x", "components": [row(button(n)) for n in range(5)]}),
    "layout": (MESSAGES, layout(container(section(), {"type": 14, "divider": True, "spacing": 1}, row(select())))),
    "forty components": (MESSAGES, layout(*nested(40))),
    "full layout text": (MESSAGES, layout(text("x" * 2000), text("x" * 2000))),
    "gallery": (MESSAGES, layout({"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]})),
    "mentions by kind": (MESSAGES, {"content": "x", "allowed_mentions": {"parse": ["users"], "roles": [1]}}),
    "mentions, both empty": (MESSAGES, {"content": "x", "allowed_mentions": {"parse": ["users"], "users": []}}),
    "unknown properties": (MESSAGES, {"content": "x", "surprise": {"a": 1}}),
    "form": (MESSAGES, [{"name": "payload_json", "value": json.dumps({"content": "x"})}, {"name": "files[0]"}]),
    "form as dict": (MESSAGES, {"payload_json": json.dumps({"content": "x"}), "files[0]": "..."}),
    "edit one part": (EDIT, {"content": None}),
    "edit of a layout": (EDIT, {"components": [container(text())], "flags": V2}),
    "edit without flag": (EDIT, {"components": [container(text())]}),
    "followup": (WEBHOOK, {"content": "x", "flags": 64}),
    "original": (ORIGINAL, {"embeds": [embed()], "attachments": []}),
    "reply to a command": (CALLBACK, {"type": 4, "data": {"content": "x", "flags": 64}}),
    "defer": (CALLBACK, {"type": 5, "data": {"flags": 64}}),
    "defer an update": (CALLBACK, {"type": 6}),
    "update": (CALLBACK, {"type": 7, "data": {"content": None, "components": [row(button())]}}),
    "no choices": (CALLBACK, choices()),
    "choices": (CALLBACK, choices(*[("Studio A", "x" * 100)] * 25)),
    "number choices": (CALLBACK, choices(("12", 12), ("13", 13))),
    "modal": (
        CALLBACK,
        modal(label(text_input(max_length=4000)), label(select()), text(), row(text_input(custom_id="b"))),
    ),
    "commands": (
        COMMANDS,
        [command(options=[option(), option("end", required=False)]), command(name="x", type=3, description="")],
    ),
    "localised command": (COMMANDS, [command(name_localizations={"de": "termin"}, default_member_permissions=32)]),
    "subcommand": (
        COMMANDS,
        [command(options=[{"type": 1, "name": "new", "description": "New", "options": [option()]}])],
    ),
    "permissions as text": (
        CHANNELS,
        {"name": "a", "permission_overwrites": [{"id": 1, "type": 0, "allow": "1024", "deny": "0"}]},
    ),
    "media channel": (CHANNELS, {"name": "a", "type": 16}),
    "role": ("POST /guilds/1/roles", {"name": "Producer", "permissions": "8"}),
    "event": (EVENTS, event()),
    "event in a voice channel": (EVENTS, event(entity_type=2, channel_id=5, entity_metadata=None)),
    "event edit": ("PATCH /guilds/1/scheduled-events/2", {"name": "Later"}),
    "thread": (THREADS, {"name": "Demo", "type": 11, "auto_archive_duration": 1440}),
    "forum post": (THREADS, {"name": "Demo", "message": {"content": "x"}}),
    "sticker without its file": ("POST /guilds/1/stickers", {"name": "amp", "tags": "amp"}),
    "skus": ("GET /applications/1/skus", None),
    "reaction": ("PUT /channels/1/messages/2/reactions/%E2%9C%85/@me", None),
    "pin": ("PUT /channels/1/messages/pins/2", None),
    "direct message": ("POST /users/@me/channels", {"recipient_id": 12}),
    "history": ("GET /channels/1/messages", None),
}

BROKEN: dict[str, tuple[str, Any, list[str]]] = {
    "route": ("POST /channels/1/secrets", {}, ["POST /channels/1/secrets: no such route in Discord's document"]),
    "id in path": ("GET /channels/general", None, ["{channel_id}: format is snowflake, got 'general'"]),
    "huge id": (
        "GET /channels/9223372036854775808",
        None,
        ["{channel_id}: format is snowflake, got '9223372036854775808'"],
    ),
    "id in body": (
        "POST /users/@me/channels",
        {"recipient_id": "alice"},
        ["recipient_id: format is snowflake, got 'alice'"],
    ),
    "no body": (MESSAGES, None, ["body: is required"]),
    "empty": (MESSAGES, {"content": " ", "embeds": []}, ["body: message is empty"]),
    "empty reply": (MESSAGES, {"message_reference": {"message_id": 1}}, ["body: message is empty"]),
    "emptied": (EDIT, {"content": "", "embeds": [], "components": [], "attachments": []}, ["body: message is empty"]),
    "empty answer": (CALLBACK, {"type": 4, "data": {"flags": 64}}, ["data: message is empty"]),
    "content": (MESSAGES, {"content": "x" * 2001}, ["content: maxLength is 2000, got 2001"]),
    "edited content": (EDIT, {"content": "x" * 2001}, ["content: maxLength is 2000, got 2001"]),
    "nonce": (MESSAGES, {"content": "x", "nonce": "r" * 26}, ["nonce: maxLength is 25, got 26"]),
    "eleven embeds": (MESSAGES, {"embeds": [embed()] * 11}, ["embeds: maxItems is 10, got 11"]),
    "26 fields": (MESSAGES, {"embeds": [embed(fields=fields(26))]}, ["embeds[0].fields: maxItems is 25, got 26"]),
    "description": (
        MESSAGES,
        {"embeds": [embed(description="x" * 4097)]},
        ["embeds[0].description: maxLength is 4096, got 4097"],
    ),
    "6,000 characters": (
        MESSAGES,
        {"embeds": [{"description": "x" * 3001}] * 2},
        ["embeds: total of characters is 6000, got 6002"],
    ),
    "empty field": (
        MESSAGES,
        {"embeds": [embed(fields=[{"name": " ", "value": ""}])]},
        ["embeds[0].fields[0].name: is empty", "embeds[0].fields[0].value: is empty"],
    ),
    "field without value": (
        MESSAGES,
        {"embeds": [embed(fields=[{"name": "a"}])]},
        ["embeds[0].fields[0]: value is required"],
    ),
    "embed url": (MESSAGES, {"embeds": [embed(url="notaurl")]}, ["embeds[0].url: format is uri, got 'notaurl'"]),
    "timestamp": (
        MESSAGES,
        {"embeds": [embed(timestamp="tomorrow")]},
        ["embeds[0].timestamp: format is date-time, got 'tomorrow'"],
    ),
    "colour": (MESSAGES, {"embeds": [embed(color=1 << 24)]}, ["embeds[0].color: maximum is 16777215, got 16777216"]),
    "parse and users": (
        MESSAGES,
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": [1]}},
        ["allowed_mentions.users: cannot be listed when parse has users"],
    ),
    "parse and roles": (
        MESSAGES,
        {"content": "x", "allowed_mentions": {"parse": ["roles"], "roles": [1]}},
        ["allowed_mentions.roles: cannot be listed when parse has roles"],
    ),
    "unknown parse": (
        MESSAGES,
        {"content": "x", "allowed_mentions": {"parse": ["all"]}},
        ["allowed_mentions.parse[0]: must be one of users, roles, everyone, got 'all'"],
    ),
    "eleven files": (
        MESSAGES,
        {"attachments": [{"id": n} for n in range(11)]},
        ["attachments: maxItems is 10, got 11"],
    ),
    "eleven files in a form": (
        MESSAGES,
        [{"name": "payload_json", "value": '{"content": "x"}'}, *({"name": f"files[{n}]"} for n in range(11))],
        ["files: maxItems is 10, got 11"],
    ),
    "form": (MESSAGES, [{"name": "payload_json", "value": '{"content": ""}'}], ["body: message is empty"]),
    "reference": (
        MESSAGES,
        {"content": "x", "message_reference": {"message_id": 1, "type": 2}},
        ["message_reference.type: must be one of 0, 1, got 2"],
    ),
    "forum post": (THREADS, {"name": "Demo", "message": {"content": ""}}, ["message: message is empty"]),
}


@pytest.mark.parametrize(("route", "body"), VALID.values(), ids=VALID)
def test_what_discord_takes_is_clean(contract: Contract, route: str, body: Any) -> None:
    assert run(contract, route, body) == []


@pytest.mark.parametrize(("route", "body", "faults"), BROKEN.values(), ids=BROKEN)
def test_what_discord_refuses_is_named_and_nothing_else(
    contract: Contract, route: str, body: Any, faults: list[str]
) -> None:
    assert run(contract, route, body) == faults


def test_past_events_pass_when_the_time_is_unknown(contract: Contract) -> None:
    assert (
        contract.check("POST", "/guilds/1/scheduled-events", event(scheduled_start_time="2020-01-01T00:00:00Z")) == []
    )


def test_the_document_is_read_once(contract: Contract) -> None:
    assert Contract.load() is contract


def test_a_log_names_the_request(contract: Contract) -> None:
    log = [
        SimpleNamespace(method="POST", path="/channels/1/messages", json={"content": "x"}),
        SimpleNamespace(method="POST", path="/channels/1/messages", json={"content": ""}),
    ]
    assert contract.check_log(log) == ["POST /channels/1/messages: body: message is empty"]


def test_long_values_are_not_echoed(contract: Contract) -> None:
    (fault,) = contract.check("POST", "/channels/1/messages", {"embeds": [embed(url="secret" * 100)]})
    assert len(fault) < 100


def average(check: Callable[[], object], rounds: int = 20) -> float:
    started = time.process_time()
    for _ in range(rounds):
        check()
    return (time.process_time() - started) / rounds


def test_checks_are_quick(contract: Contract) -> None:
    """A millisecond each on an idle machine; the bound is loose so that a busy one passes too."""

    def all_valid() -> None:
        for route, body in VALID.values():
            run(contract, route, body)

    all_valid()
    assert average(all_valid) / len(VALID) < 0.002
