"""Discord's unwritten rules for slash commands and the choices of an autocomplete."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

CHAT, SUBCOMMAND, GROUP = 1, 1, 2
MAX_COMMAND_TEXT = 8000
MAX_CHAT_COMMANDS = 100
MAX_NAME = 100
MAX_VALUE = 100
MAX_CHOICES = 25
NAME = re.compile(r"[-_'\w]{1,32}")


def choices(offered: list[Json], at: str) -> Iterator[str]:
    """Check what an autocomplete offers: 25 choices with names and texts of at most 100 characters."""
    if len(offered) > MAX_CHOICES:
        yield f"{at}: maxItems is {MAX_CHOICES}, got {len(offered)}"
    for number, choice in enumerate(offered):
        for key, limit in (("name", MAX_NAME), ("value", MAX_VALUE)):
            text = choice.get(key)
            if isinstance(text, str) and len(text) > limit:
                yield f"{at}[{number}].{key}: maxLength is {limit}, got {len(text)}"
        if isinstance(choice.get("name"), str) and not choice["name"].strip():
            yield f"{at}[{number}].name: is empty"


def command_list(all_commands: list[Json]) -> Iterator[str]:
    """Check the commands that replace all others, as discord.py's sync sends them."""
    for (name, kind), count in Counter((each.get("name"), each.get("type") or CHAT) for each in all_commands).items():
        if count > 1:
            yield f"body: command {name!r} of type {kind} is given {count} times"
    chat = sum((each.get("type") or CHAT) == CHAT for each in all_commands)
    if chat > MAX_CHAT_COMMANDS:
        yield f"body: number of slash commands is {MAX_CHAT_COMMANDS}, got {chat}"
    for number, each in enumerate(all_commands):
        yield from command(each, f"[{number}].")


def command(body: Json, at: str) -> Iterator[str]:
    """Check one command as a whole."""
    if (body.get("type") or CHAT) != CHAT:
        return
    if not body.get("description"):
        yield f"{at}description: is empty"
    total = _text(body)
    if total > MAX_COMMAND_TEXT:
        yield f"{at.rstrip('.') or 'body'}: total of characters is {MAX_COMMAND_TEXT}, got {total}"
    yield from _names(body, at)


def _names(node: Json, at: str) -> Iterator[str]:
    name = node.get("name")
    if isinstance(name, str) and (not NAME.fullmatch(name) or name != name.lower()):
        yield f"{at}name: {name!r} is no name for a command or option"
    options = [each for each in node.get("options") or () if isinstance(each, dict)]
    for repeated, count in Counter(each.get("name") for each in options).items():
        if count > 1:
            yield f"{at}options: {repeated!r} is given {count} times"
    optional = False
    for number, option in enumerate(options):
        where = f"{at}options[{number}]."
        if option.get("required") and optional:
            yield f"{where}required: a required option stands behind an optional one"
        optional = optional or not option.get("required")
        if option.get("choices") and option.get("autocomplete"):
            yield f"{where}autocomplete: cannot be combined with choices"
        yield from _names(option, where)


def _text(node: Json) -> int:
    """Count names, descriptions and values, the longest translation of each, as Discord does."""
    total = _longest(node, "name") + _longest(node, "description")
    total += len(node["value"]) if isinstance(node.get("value"), str) else 0
    children = [*(node.get("options") or ()), *(node.get("choices") or ())]
    return total + sum(_text(child) for child in children if isinstance(child, dict))


def _longest(node: Json, key: str) -> int:
    texts = [node.get(key), *(node.get(f"{key}_localizations") or {}).values()]
    return max(len(text) for text in texts if isinstance(text, str)) if any(texts) else 0
