"""Long lists: pages with buttons, the same for every stem, and a button that shows a private list to all."""

import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import discord
from discord import ui

from bot.actor import Actor
from bot.text import clip
from bot.ui import theme
from bot.ui.components import button, buttons, card, row, rule
from bot.ui.context import actor_of
from bot.ui.press import Press, UnknownButton
from bot.ui.respond import reply, update

PAGE = 8
ROW_LIMIT = 380
KIND = "list"
F = TypeVar("F", bound=Callable[..., Awaitable["Listing"]])


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: its text and, if there is something to do with it, a button."""

    text: str
    action: ui.Button[Any] | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture below a list's title: a PNG, its file name, and what it shows in words."""

    png: bytes
    name: str
    words: str

    @property
    def file(self) -> discord.File:
        return discord.File(io.BytesIO(self.png), self.name)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: its rows, how many there are in all, and what to say where there are none."""

    title: str
    rows: Sequence[Row]
    total: int
    empty: str
    note: str = ""
    can_share: bool = True
    actions: Sequence[ui.Button[Any]] = field(default_factory=tuple)
    menu: ui.ActionRow[Any] | None = None
    picture: Picture | None = None

    @property
    def files(self) -> list[discord.File]:
        return [self.picture.file] if self.picture is not None else []


def listing(name: str) -> Callable[[F], F]:
    """Mark a cog's method `(actor, query, page) -> Listing` as the source of a list."""

    def mark(source: F) -> F:
        source.__listing__ = name  # type: ignore[attr-defined]
        return source

    return mark


class Lists:
    """The table of list sources, and the buttons under every list."""

    def __init__(self) -> None:
        self._sources: dict[str, Callable[[Actor, dict[str, Any], int], Awaitable[Listing]]] = {}

    def collect(self, owner: object) -> None:
        """Register every marked method of a cog; raises ValueError when two claim one name."""
        for attribute in dir(type(owner)):
            name = getattr(getattr(type(owner), attribute), "__listing__", None)
            if name is None:
                continue
            if name in self._sources:
                raise ValueError(f"two lists called {name}")
            self._sources[name] = getattr(owner, attribute)

    async def show(self, interaction: discord.Interaction[Any], name: str, query: dict[str, Any] | None = None) -> None:
        """Answer with the first page of a list, to the asker alone."""
        actor = await actor_of(interaction)
        query = {key: value for key, value in (query or {}).items() if value is not None}
        page = await self._sources[name](actor, query, 0)
        memo = 0
        if query and page.total:
            memo = await interaction.client.services.memo.keep(actor, KIND, query)
        await reply(interaction, _drawn(page, f"{name}:{memo}", 0), files=page.files)

    async def turn(self, press: Press) -> None:
        """Show another page in place."""
        page, to, index = await self._page(press)
        await update(press.interaction, _drawn(page, to, index), files=page.files)

    async def redraw(self, press: Press) -> None:
        """Draw again the page that the pressed message shows, which its own buttons name; other messages stay."""
        message = press.interaction.message
        shown = ui.LayoutView.from_message(message).walk_children() if message is not None else ()
        ids = [item.custom_id or "" for item in shown if isinstance(item, ui.Button)]
        place = next((to.split(":")[2:] for to in ids if to.startswith("list:share:")), None)
        if place is not None:
            page, to, index = await self._page(Press(press.interaction, place))
            await update(press.interaction, _drawn(page, to, index), files=page.files)

    async def share(self, press: Press) -> None:
        """Show this page to everybody in the channel, without private buttons."""
        page, to, index = await self._page(press)
        if not page.can_share:
            raise UnknownButton
        await reply(press.interaction, _drawn(page, to, index, shared=True), public=True, files=page.files)

    async def _page(self, press: Press) -> tuple[Listing, str, int]:
        name, memo, index = press.args[0], press.number(1), press.number(2)
        if name not in self._sources or index < 0:
            raise UnknownButton
        actor = await actor_of(press.interaction)
        query = await press.interaction.client.services.memo.recall(actor, memo, KIND) if memo else {}
        return await self._sources[name](actor, query, index), f"{name}:{memo}", index


def _drawn(page: Listing, to: str, index: int, *, shared: bool = False) -> ui.LayoutView:
    last = max(0, (page.total - 1) // PAGE)
    blocks: list[str | ui.Item[Any] | None] = [f"### {page.title}"]
    if page.picture is not None:
        shown = discord.MediaGalleryItem(f"attachment://{page.picture.name}", description=page.picture.words)
        blocks.append(ui.MediaGallery(shown))
    if not page.total:
        blocks.append(page.empty)
    for entry in page.rows[:PAGE]:
        text = clip(entry.text, ROW_LIMIT)
        blocks.append(row(text, entry.action) if entry.action is not None and not shared else text)
    if page.note:
        blocks.append(f"-# {page.note}")
    if last:
        blocks.append(f"-# Page {index + 1} of {last + 1} · {page.total} in all")
    nav = [
        button("Previous", f"list:page:{to}:{index - 1}", emoji="◀️", disabled=index == 0) if last else None,
        button("Next", f"list:page:{to}:{index + 1}", emoji="▶️", disabled=index >= last) if last else None,
        button("Share", f"list:share:{to}:{index}", emoji="📣") if page.can_share and page.total else None,
        *page.actions,
    ]
    if not shared and any(nav):
        blocks += [rule(), buttons(*nav)]
    if not shared:
        blocks.append(page.menu)
    return card(*blocks, accent=theme.BRAND)
