"""The contract checker on component trees, modals, choices, commands and events."""

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
    WEBHOOK,
    button,
    choices,
    command,
    container,
    embed,
    event,
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


BROKEN_TREES: dict[str, tuple[str, Any, list[str]]] = {
    "six buttons": (
        MESSAGES,
        {"content": "x", "components": [row(*map(button, range(6)))]},
        ["components[0].components: maxItems is 5, got 6"],
    ),
    "six rows": (
        MESSAGES,
        {"content": "x", "components": [row(button(n)) for n in range(6)]},
        ["components: number of rows is 5, got 6"],
    ),
    "two selects": (
        MESSAGES,
        {"content": "x", "components": [row(select(), select(custom_id="b"))]},
        ["components[0]: a row holds one select and nothing else"],
    ),
    "select and button": (
        MESSAGES,
        {"content": "x", "components": [row(select(), button())]},
        ["components[0]: a row holds one select and nothing else"],
    ),
    "button outside a row": (
        MESSAGES,
        {"content": "x", "components": [button()]},
        ["components[0].type: must be one of 1, 9, 10, 12, 13, 14, 17, got 2"],
    ),
    "26 options": (
        MESSAGES,
        {"content": "x", "components": [row(select(26))]},
        ["components[0].components[0].options: maxItems is 25, got 26"],
    ),
    "option used twice": (
        MESSAGES,
        {"content": "x", "components": [row(select(options=[{"label": "a", "value": "1"}] * 2))]},
        ["components[0].components[0].options: value '1' is used 2 times"],
    ),
    "two defaults": (
        MESSAGES,
        {
            "content": "x",
            "components": [row(select(options=[{"label": "a", "value": v, "default": True} for v in "ab"]))],
        },
        ["components[0].components[0].options: number of defaults is 1, got 2"],
    ),
    "min above max": (
        MESSAGES,
        {"content": "x", "components": [row(select(min_values=2, max_values=1))]},
        ["components[0].components[0]: min_values is above max_values"],
    ),
    "option label": (
        MESSAGES,
        {"content": "x", "components": [row(select(options=[{"label": "x" * 101, "value": "1"}]))]},
        ["components[0].components[0].options[0].label: maxLength is 100, got 101"],
    ),
    "button label": (
        MESSAGES,
        {"content": "x", "components": [row(button(label="x" * 81))]},
        ["components[0].components[0].label: maxLength is 80, got 81"],
    ),
    "bare button": (
        MESSAGES,
        {"content": "x", "components": [row(button(label=None))]},
        ["components[0].components[0]: a button needs a label or an emoji"],
    ),
    "custom id": (
        MESSAGES,
        {"content": "x", "components": [row(button(custom_id="x" * 101))]},
        ["components[0].components[0].custom_id: maxLength is 100, got 101"],
    ),
    "no custom id": (
        MESSAGES,
        {"content": "x", "components": [row(button(custom_id=None))]},
        ["components[0].components[0]: custom_id is required for this style"],
    ),
    "custom id used twice": (
        MESSAGES,
        {"content": "x", "components": [row(button()), row(button())]},
        ["components[1].components[0].custom_id: 'booking:confirm:0' is used twice"],
    ),
    "id used twice": (MESSAGES, layout(text() | {"id": 7}, text() | {"id": 7}), ["components[1].id: 7 is used twice"]),
    "link with custom id": (
        MESSAGES,
        {"content": "x", "components": [row(link(custom_id="a"))]},
        ["components[0].components[0].custom_id: is not allowed for this style"],
    ),
    "link without url": (
        MESSAGES,
        {"content": "x", "components": [row(link(url=None))]},
        ["components[0].components[0]: url is required for this style"],
    ),
    "layout with content": (MESSAGES, layout(text(), content="x"), ["content: cannot be sent with IS_COMPONENTS_V2"]),
    "layout with embeds": (
        MESSAGES,
        layout(text(), embeds=[embed()]),
        ["embeds: cannot be sent with IS_COMPONENTS_V2"],
    ),
    "layout with poll": (
        EDIT,
        layout(text(), poll={"question": {"text": "?"}, "answers": []}),
        ["poll: cannot be sent with IS_COMPONENTS_V2"],
    ),
    "layout without flag": (MESSAGES, {"components": [text()]}, ["flags: IS_COMPONENTS_V2 is missing for this layout"]),
    "41 components": (MESSAGES, layout(*nested(41)), ["components: number of nested components is 40, got 41"]),
    "layout text": (
        MESSAGES,
        layout(text("x" * 2000), container(text("x" * 2001))),
        ["components: total of text is 4000, got 4001"],
    ),
    "one long text": (MESSAGES, layout(text("x" * 4001)), ["components[0].content: maxLength is 4000, got 4001"]),
    "empty text": (MESSAGES, layout(text("")), ["components[0].content: minLength is 1, got 0"]),
    "four texts in a section": (
        MESSAGES,
        layout(section(components=[text()] * 4)),
        ["components[0].components: maxItems is 3, got 4"],
    ),
    "section without accessory": (
        MESSAGES,
        layout({"type": 9, "components": [text()]}),
        ["components[0]: accessory is required"],
    ),
    "followup": (
        WEBHOOK,
        {"content": "x", "components": [row(button(), button())]},
        ["components[0].components[1].custom_id: 'booking:confirm:0' is used twice"],
    ),
    "update": (
        CALLBACK,
        {"type": 7, "data": layout(text(), content="x")},
        ["data.content: cannot be sent with IS_COMPONENTS_V2"],
    ),
}

BROKEN_OTHERS: dict[str, tuple[str, Any, list[str]]] = {
    "callback type": (CALLBACK, {"type": 3}, ["type: must be one of 1, 4, 5, 6, 7, 8, 9, 12, 13, got 3"]),
    "26 choices": (CALLBACK, choices(*[("a", "b")] * 26), ["data.choices: maxItems is 25, got 26"]),
    "choice name": (CALLBACK, choices(("x" * 101, "b")), ["data.choices[0].name: maxLength is 100, got 101"]),
    "choice value": (CALLBACK, choices(("a", "x" * 101)), ["data.choices[0].value: maxLength is 100, got 101"]),
    "blank choice": (CALLBACK, choices((" ", "x")), ["data.choices[0].name: is empty"]),
    "modal title": (CALLBACK, modal(label(text_input()), title="x" * 46), ["data.title: maxLength is 45, got 46"]),
    "modal rows": (CALLBACK, modal(*[text()] * 6), ["data.components: maxItems is 5, got 6"]),
    "modal label": (
        CALLBACK,
        modal(label(text_input(), label="x" * 46)),
        ["data.components[0].label: maxLength is 45, got 46"],
    ),
    "modal ids": (
        CALLBACK,
        modal(label(text_input()), label(text_input())),
        ["data.components[1].component.custom_id: 'why' is used twice"],
    ),
    "two inputs in a row": (
        CALLBACK,
        modal(row(text_input(), text_input(custom_id="b"))),
        ["data.components[0]: a row of a modal holds one input"],
    ),
    "input bounds": (
        CALLBACK,
        modal(label(text_input(min_length=5, max_length=4))),
        ["data.components[0].component: min_length is above max_length"],
    ),
    "input value": (
        CALLBACK,
        modal(label(text_input(value="abc", max_length=2))),
        ["data.components[0].component.value: max_length is 2, got 3"],
    ),
    "command name": (COMMANDS, [command(name="Booking")], ["[0].name: 'Booking' is no name for a command or option"]),
    "command twice": (COMMANDS, [command(), command()], ["body: command 'booking' of type 1 is given 2 times"]),
    "command text": (
        COMMANDS,
        [
            command(
                options=[
                    option(f"o{n}", description="x" * 100, choices=[{"name": "x" * 100, "value": "y" * 100}] * 5)
                    for n in range(8)
                ]
            )
        ],
        ["[0]: total of characters is 8000, got 8834"],
    ),
    "command description": (COMMANDS, [command(description="x" * 101)], ["[0].description: maxLength is 100, got 101"]),
    "no description": (COMMANDS, [command(description="")], ["[0].description: is empty"]),
    "26 option choices": (
        COMMANDS,
        [command(options=[option(choices=[{"name": "a", "value": "b"}] * 26)])],
        ["[0].options[0].choices: maxItems is 25, got 26"],
    ),
    "required behind optional": (
        COMMANDS,
        [command(options=[option(required=False), option("end")])],
        ["[0].options[1].required: a required option stands behind an optional one"],
    ),
    "option twice": (COMMANDS, [command(options=[option(), option()])], ["[0].options: 'when' is given 2 times"]),
    "101 commands": (
        COMMANDS,
        [command(name=f"c{n}") for n in range(101)],
        ["body: number of slash commands is 100, got 101"],
    ),
    "event in the past": (
        EVENTS,
        event(scheduled_start_time="2025-12-31T23:00:00+00:00"),
        ["scheduled_start_time: is in the past"],
    ),
    "event ends first": (
        EVENTS,
        event(scheduled_end_time="2026-01-02T10:00:00+00:00"),
        ["scheduled_end_time: is not after the start"],
    ),
    "event without end": (
        EVENTS,
        event(scheduled_end_time=None),
        ["scheduled_end_time: is required for an external event"],
    ),
    "event nowhere": (EVENTS, event(entity_metadata={"location": " "}), ["entity_metadata.location: is empty"]),
    "event name": (EVENTS, event(name="x" * 101), ["name: maxLength is 100, got 101"]),
    "permissions": (
        CHANNELS,
        {"name": "a", "permission_overwrites": [{"id": 1, "allow": "all"}]},
        ["permission_overwrites[0].allow: format is bitfield, got 'all'"],
    ),
}


ALL_BROKEN = {**BROKEN_TREES, **BROKEN_OTHERS}


@pytest.mark.parametrize(("route", "body", "faults"), ALL_BROKEN.values(), ids=ALL_BROKEN)
def test_what_discord_refuses_is_named_and_nothing_else(
    contract: Contract, route: str, body: Any, faults: list[str]
) -> None:
    assert run(contract, route, body) == faults
