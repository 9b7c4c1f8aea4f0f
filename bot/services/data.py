"""A server's own data: the trail of who changed what, and what may be said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Base, Database
from bot.models.audit import Audit
from bot.models.project import Project
from bot.services import data_export, data_forget
from bot.services.data_export import Part, Shape
from bot.services.data_forget import Forgotten

# Columns that say where something was shown or belongs, which tells nobody what was done.
SILENT = frozenset({
    "id", "guild_id", "version", "shown_version", "message_id", "channel_id", "created_by", "created_at", "number",
    "news", "sent_channel_id", "lease_by", "lease_until", "attempts", "occurrence",
})  # fmt: skip
NAMES = ("what", "name", "item", "title")
TABLES: dict[str, type[Any]] = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}


@dataclass(frozen=True, slots=True)
class Step:
    """One act of one person: its verb, the record it was about, and which of its columns went from what to what.

    Values are as the trail keeps them: instants and dates in ISO 8601, money in minor units. `more` counts the other
    records of the same act.
    """

    at: datetime
    actor_id: int
    verb: str
    kind: str
    number: int | None
    name: str
    changes: Mapping[str, tuple[object, object]]
    currency: str | None
    is_new: bool
    more: int


class DataService:
    """What a server may ask about everything that it has stored."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def log(
        self,
        actor: Actor,
        *,
        users: Sequence[int] = (),
        start: datetime | None = None,
        end: datetime | None = None,
        offset: int = 0,
        limit: int = 10,
    ) -> tuple[list[Step], int]:
        """Return the newest acts in `[start, end)` and how many there are; raises `NotAllowed` for non-producers."""
        actor.must_produce()
        wanted = [Audit.guild_id == actor.guild_id]
        wanted += [Audit.actor_id.in_(users)] if users else []
        wanted += [Audit.at >= start] if start is not None else []
        wanted += [Audit.at < end] if end is not None else []
        acts = select(func.min(Audit.id).label("first"), func.count().label("rows")).where(*wanted)
        acts = acts.group_by(Audit.change_id)
        async with self._db.read() as session:
            total = await session.scalar(select(func.count()).select_from(acts.subquery()))
            page = acts.order_by(func.min(Audit.id).desc()).offset(offset).limit(limit)
            rows = dict((await session.execute(page)).all())
            firsts = (await session.scalars(select(Audit).where(Audit.id.in_(rows)).order_by(Audit.id.desc()))).all()
            known = await _known(session, actor, firsts)
            currencies = await _currencies(session, actor, known)
        steps = [
            _step(entry, known.get((entry.kind, entry.record_id)), currencies, rows[entry.id] - 1) for entry in firsts
        ]
        return steps, total or 0

    async def history(
        self, actor: Actor, kind: str, record_id: int, *, offset: int = 0, limit: int = 10
    ) -> tuple[list[Step], int]:
        """Return what was changed in one record, newest first, and how often; the caller knows that it may be seen."""
        entries = select(Audit).where(
            Audit.guild_id == actor.guild_id, Audit.kind == kind, Audit.record_id == record_id
        )
        async with self._db.read() as session:
            total = await session.scalar(select(func.count()).select_from(entries.subquery()))
            page = (await session.scalars(entries.order_by(Audit.id.desc()).offset(offset).limit(limit))).all()
            known = await _known(session, actor, page)
            currencies = await _currencies(session, actor, known)
        return [_step(entry, known.get((kind, record_id)), currencies, 0) for entry in page], total or 0

    async def export(self, actor: Actor, shape: Shape, most_bytes: int) -> list[Part]:
        """Return everything of the server as ZIP files of at most so many bytes; raises `NotAllowed` and `TooLarge`."""
        actor.must_produce()
        async with self._db.read() as session:
            return await data_export.export(session, actor.guild_id, shape, self._clock.now(), most_bytes)

    async def forget(self, actor: Actor, user_id: int) -> Forgotten:
        """Remove a person's personal data for good; raises `NotAllowed` unless it is oneself or a producer asks."""
        if user_id != actor.user_id:
            actor.must_produce()
        async with self._db.write() as session:
            return await data_forget.forget(session, actor, user_id, self._clock.now())


async def _known(session: AsyncSession, actor: Actor, entries: Sequence[Audit]) -> dict[tuple[str, int], Any]:
    """Return the records as they are now, to name them."""
    found: dict[tuple[str, int], Any] = {}
    for kind in {entry.kind for entry in entries if entry.kind in TABLES}:
        table = TABLES[kind]
        key = table.id if hasattr(table, "id") else table.guild_id
        keys = [entry.record_id for entry in entries if entry.kind == kind]
        for record in await session.scalars(select(table).where(key.in_(keys), table.guild_id == actor.guild_id)):
            found[kind, record.id if hasattr(table, "id") else record.guild_id] = record
    return found


async def _currencies(session: AsyncSession, actor: Actor, known: Mapping[tuple[str, int], Any]) -> dict[int, str]:
    """Return the currencies of the projects that the records belong to, by project."""
    projects = {getattr(record, "project_id", None) for record in known.values()} - {None}
    if not projects:
        return {}
    found = select(Project.id, Project.currency).where(Project.guild_id == actor.guild_id, Project.id.in_(projects))
    return dict((await session.execute(found)).all())


def _says(field: str) -> bool:
    """Tell whether a column says something to people: keys of other rows do not."""
    return field not in SILENT and (not field.endswith("_id") or field.endswith(("user_id", "role_id")))


def _step(entry: Audit, record: Any, currencies: Mapping[int, str], more: int) -> Step:
    named = next((getattr(record, name, None) for name in NAMES if getattr(record, name, None)), "")
    before = entry.before or {}
    changes = {
        name: (before.get(name), value)
        for name, value in entry.after.items()
        if _says(name) and value is not None and value != before.get(name)
    } | {name: (value, None) for name, value in before.items() if _says(name) and entry.after.get(name) is None}
    number = getattr(record, "number", None)
    return Step(
        at=entry.at,
        actor_id=entry.actor_id,
        verb=entry.verb,
        kind=entry.kind.replace("_", " "),
        number=number,
        name=str(named),
        changes=changes,
        currency=getattr(record, "currency", None) or currencies.get(getattr(record, "project_id", None) or 0),
        is_new=entry.before is None,
        more=more,
    )
