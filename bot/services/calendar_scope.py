"""Which calendar a person means: their own, a project's or a room's."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import NotFound
from bot.fuzzy import Ambiguous, Choice, pick, rank
from bot.models.calendar import FeedScope
from bot.models.project import Project
from bot.models.room import Room
from bot.services.project import ProjectArchived
from bot.services.room import RoomArchived
from bot.text import clip

MINE = "mine"
MINE_NAME = "My sessions and deadlines"
_MINE_WORDS = frozenset({"", "mine", "me", "my", "my own", "my calendar", MINE_NAME.casefold()})
_NUMBERED = re.compile(r"(project|room)\s*#\s*([0-9]{1,9})", re.IGNORECASE)
_MODELS: dict[FeedScope, type[Project] | type[Room]] = {FeedScope.PROJECT: Project, FeedScope.ROOM: Room}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a calendar is of."""

    kind: FeedScope
    id: int = 0
    number: int = 0
    name: str = MINE_NAME
    archived_at: datetime | None = None

    @property
    def value(self) -> str:
        """The text that names it without doubt."""
        return MINE if self.kind is FeedScope.MINE else f"{self.kind.value} #{self.number}"

    @property
    def label(self) -> str:
        tail = " (archived)" if self.archived_at else ""
        kind = "" if self.kind is FeedScope.MINE else f"{self.kind.value.capitalize()}: "
        return kind + clip(self.name, 100 - len(kind) - len(tail)) + tail

    def must_be_open(self) -> None:
        """Raise `ProjectArchived` or `RoomArchived` for what is closed: nobody needs a new address of it."""
        if self.archived_at is not None:
            raise {FeedScope.PROJECT: ProjectArchived, FeedScope.ROOM: RoomArchived}[self.kind](name=self.name)


OWN = Subject(FeedScope.MINE)


async def find(session: AsyncSession, actor: Actor, text: str | None) -> Subject:
    """Return what the text names, archived ones too; raises `NotFound`, or `Ambiguous` where several fit."""
    given = (text or "").strip()
    if given.casefold() in _MINE_WORDS:
        return OWN
    rows = await _known(session, actor)
    if match := _NUMBERED.fullmatch(given):
        wanted = f"{match[1].lower()} #{int(match[2])}"
        return next((row for row in rows if row.value == wanted), None) or _unknown(given)
    bare = re.sub(r"^(project|room):\s*", "", given, flags=re.IGNORECASE).removesuffix(" (archived)")
    live = [row for row in rows if row.archived_at is None]
    closed = [row for row in rows if row.archived_at is not None]
    try:
        return pick(bare, live, option="scope", name=lambda row: row.name, value=_value, closed=closed)
    except Ambiguous as several:
        labels = {row.value: row.label for row in rows}
        choices = [Choice(labels[item.value], item.value) for item in several.choices]
        raise type(several)(option="scope", given=given, choices=choices) from None


def _unknown(given: str) -> Subject:
    raise NotFound(kind="calendar", given=given)


async def by_id(session: AsyncSession, guild_id: int, kind: FeedScope, subject_id: int) -> Subject:
    """Return what a feed is of; raises `NotFound`."""
    if kind is FeedScope.MINE:
        return OWN
    model = _MODELS[kind]
    columns = select(model.id, model.number, model.name, model.archived_at)
    row = (await session.execute(columns.where(model.id == subject_id, model.guild_id == guild_id))).one_or_none()
    if row is None:
        raise NotFound(kind=kind.value, given=subject_id)
    return Subject(kind, *row)


async def suggest(session: AsyncSession, actor: Actor, text: str, *, archived: bool) -> list[Choice]:
    """Return what a person may mean while typing: their own first, then projects and rooms."""
    rows = [OWN, *(row for row in await _known(session, actor) if archived or row.archived_at is None)]
    return [Choice(row.label, row.value) for row in rank(text, rows, lambda row: row.label)[:25]]


async def _known(session: AsyncSession, actor: Actor) -> list[Subject]:
    found = []
    for kind, model in _MODELS.items():
        columns = select(model.id, model.number, model.name, model.archived_at).where(model.guild_id == actor.guild_id)
        rows = await session.execute(columns.order_by(model.archived_at.is_not(None), model.number.desc()))
        found += [Subject(kind, *row) for row in rows]
    return found


def _value(subject: Subject) -> str:
    return subject.value
