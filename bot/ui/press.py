"""Buttons, menus and modals by custom id: each keeps working after a restart and a year later.

A custom id is `stem:verb` and what the handler needs, cut by colons: `booking:coming:41`. Handlers are
found in one table, so no view lives in memory, and whatever one raises becomes a message.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import discord
from discord import ui

from bot.errors import UserError

Handler = Callable[["Press"], Awaitable[None]]
F = TypeVar("F", bound=Callable[..., Awaitable[None]])
TITLE_LIMIT = 45


class UnknownButton(UserError):
    """A custom id that no feature knows any more."""

    text = "I don't know this button any more, so nothing was changed. Run the command again for a fresh message."


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button, choice in a menu, or modal sent."""

    interaction: discord.Interaction[Any]
    args: list[str]
    values: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def number(self, index: int = 0) -> int:
        """Return an argument as a whole number; raises `UnknownButton` where it is none."""
        try:
            return int(self.args[index])
        except (IndexError, ValueError):
            raise UnknownButton from None


def press(to: str) -> Callable[[F], F]:
    """Mark a cog's method as the handler of a `stem:verb`."""

    def mark(handler: F) -> F:
        handler.__press__ = to  # type: ignore[attr-defined]
        return handler

    return mark


class Presses:
    """The table of handlers."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def collect(self, owner: object) -> None:
        """Register every marked method of a cog; raises ValueError when two claim one `stem:verb`."""
        for name in dir(type(owner)):
            to = getattr(getattr(type(owner), name), "__press__", None)
            if to is None:
                continue
            if to in self._handlers:
                raise ValueError(f"two handlers for {to}")
            self._handlers[to] = getattr(owner, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._handlers)

    def __contains__(self, to: object) -> bool:
        return to in self._handlers

    async def answer(self, interaction: discord.Interaction[Any]) -> None:
        """Run the handler of a component or modal interaction; raises what it raises, or `UnknownButton`."""
        data: Any = interaction.data or {}
        stem, _, rest = str(data.get("custom_id", "")).partition(":")
        verb, *args = rest.split(":")
        handler = self._handlers.get(f"{stem}:{verb}")
        if handler is None:
            raise UnknownButton
        await handler(Press(interaction, args, list(data.get("values", [])), dict(_fields(data.get("components", [])))))


def _fields(components: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield a sent modal's fields: (custom id, typed text or chosen values joined by commas)."""
    for component in components:
        nested = component.get("components", [])
        inner = component.get("component")
        yield from _fields([*nested, *([inner] if inner else [])])
        if "custom_id" in component:
            values = component.get("values")
            yield (
                component["custom_id"],
                ",".join(map(str, values)) if values is not None else str(component.get("value") or ""),
            )


def modal(title: str, to: str, *items: ui.Label[Any] | ui.TextDisplay[Any]) -> ui.Modal:
    """Return a form of up to five fields that the press registered for `to` answers."""
    form = ui.Modal(title=title[:TITLE_LIMIT], custom_id=to)
    for item in items[:5]:
        form.add_item(item)
    form.stop()
    return form


def text_field(
    label: str,
    key: str,
    *,
    value: str | None = None,
    hint: str = "",
    needed: bool = False,
    limit: int = 200,
    long: bool = False,
) -> ui.Label[Any]:
    """Return a text field of a form, filled with the current value."""
    style = discord.TextStyle.paragraph if long else discord.TextStyle.short
    field_ = ui.TextInput[Any](
        custom_id=key,
        default=(value or "")[:limit] or None,
        required=needed,
        max_length=limit,
        style=style,
        placeholder=hint[:100] or None,
    )
    return ui.Label(text=label[:45], component=field_)
