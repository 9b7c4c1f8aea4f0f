"""Public numbers, remembered button contents, and facts about the installation."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import UserError
from bot.models.memo import Counter, Fact, Memo

KEPT_FOR = timedelta(days=400)


class Forgotten(UserError):
    """A button older than what the bot remembers."""

    text = "This message is too old for its buttons, so nothing was changed. Run the command again for a fresh one."


class NotYours(UserError):
    """A button on somebody else's answer."""

    text = (
        "These buttons belong to whoever ran the command, so nothing was changed. "
        "Run the command yourself to get your own."
    )


async def next_number(session: AsyncSession, guild_id: int, kind: str) -> int:
    """Give out the next public number of a server's kind; concurrent callers wait for each other."""
    statement = _COUNT[session.get_bind().dialect.name]
    number: int = await session.scalar(statement, {"new_guild_id": guild_id, "new_kind": kind})
    return number


def counting(insert: Any, *more: Any) -> Any:
    """Return the statement that counts one more, with what else it is to answer beside the number.

    On the table, because the mapped class would cost a third more.
    """
    table = Counter.__table__
    first = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in ("guild_id", "kind")}
    counted = insert(table).values(**first, last=1)
    counted = counted.on_conflict_do_update(
        index_elements=[table.c.guild_id, table.c.kind], set_={"last": table.c.last + 1}
    )
    return counted.returning(table.c.last, *more)


# Built once: building a statement takes longer than running it.
_COUNT = {"sqlite": counting(sqlite.insert), "postgresql": counting(postgresql.insert)}


class MemoService:
    """Remembers what buttons stand for, so that they work after a restart and a year later."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def keep(self, actor: Actor, kind: str, payload: dict[str, Any]) -> int:
        """Store what a button needs; return the number that goes into its custom id."""
        async with self._db.write() as session:
            memo = Memo(
                guild_id=actor.guild_id, user_id=actor.user_id, kind=kind, payload=payload, made_at=self._clock.now()
            )
            session.add(memo)
        return memo.id

    async def recall(self, actor: Actor, memo_id: int, kind: str, *, own: bool = True) -> dict[str, Any]:
        """Return what was stored; raises `Forgotten`, or `NotYours` for somebody else's when `own`."""
        async with self._db.read() as session:
            memo = await session.scalar(
                select(Memo).where(Memo.id == memo_id, Memo.guild_id == actor.guild_id, Memo.kind == kind)
            )
        if memo is None:
            raise Forgotten
        if own and memo.user_id != actor.user_id:
            raise NotYours
        return memo.payload

    async def tidy(self) -> None:
        """Drop what is older than any button that promises to work."""
        async with self._db.write() as session:
            await session.execute(delete(Memo).where(Memo.made_at < self._clock.now() - KEPT_FOR))

    async def is_news(self, name: str, again_after: timedelta) -> bool:
        """Tell whether something is to be said: for the first time, or again after so long; noted as said."""
        now = self._clock.now()
        async with self._db.write() as session:
            said = await session.scalar(select(Fact.value).where(Fact.name == name))
            if said is not None and now - datetime.fromisoformat(said) < again_after:
                return False
            await session.merge(Fact(name=name, value=now.isoformat()))
        return True

    async def fact(self, name: str) -> str | None:
        async with self._db.read() as session:
            return await session.scalar(select(Fact.value).where(Fact.name == name))

    async def note(self, name: str, value: str) -> None:
        async with self._db.write() as session:
            await session.merge(Fact(name=name, value=value))
