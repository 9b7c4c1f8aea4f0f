"""How people want to be reminded: where, not when, and how long ahead; theirs, else the server's."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import UserError
from bot.models.settings import GuildSettings, MemberSettings
from bot.services.settings import settings_of
from bot.services.settings_quiet import DEFAULT_LEADS, USUAL, quiet_text, read_leads

# Plans the pings of a server afresh, or of one of its people, where lead times have changed.
Replan = Callable[[AsyncSession, int, int | None], Awaitable[None]]


class NothingSet(UserError):
    """Going back to the server's without having left it."""

    text = "You have set nothing of your own here, so you are reminded as the server is already."


@dataclass(frozen=True, slots=True)
class Pings:
    """How somebody is reminded: what counts, and which of it (`own`) they have set themselves."""

    is_by_message: bool
    quiet_hours: str
    lead_times: tuple[int, ...]
    own: frozenset[str]


class PingService:
    """What people, and a server's producers, set about being reminded."""

    def __init__(self, db: Database, clock: Clock, replan: Replan) -> None:
        self._db = db
        self._clock = clock
        self._replan = replan

    async def mine(self, actor: Actor) -> Pings:
        """Return how the actor is reminded."""
        async with self._db.read() as session:
            guild = await settings_of(session, actor.guild_id, self._clock.now())
            return _known(guild, await session.scalar(_of(actor)))

    async def set_mine(
        self,
        actor: Actor,
        *,
        is_by_message: bool | None = None,
        quiet_hours: str | None = None,
        lead_times: str | None = None,
    ) -> Pings:
        """Set what is given; the word `default` goes back to what the server has.

        Pings that are planned already follow. Raises `NotQuietHours`, `AlwaysQuiet` or `NotLeadTimes`.
        """
        given: dict[str, Any] = {} if is_by_message is None else {"is_by_message": is_by_message}
        given |= _read(quiet_hours, lead_times)
        return await self._set(actor, given)

    async def reset_mine(self, actor: Actor) -> Pings:
        """Go back to how the server reminds; raises `NothingSet`."""
        if not (await self.mine(actor)).own:
            raise NothingSet
        return await self._set(actor, {"is_by_message": None, "quiet_hours": None, "lead_times": None})

    async def set_server(self, actor: Actor, *, quiet_hours: str, lead_times: str) -> GuildSettings:
        """Set how those are reminded who set nothing themselves (producers only); raises as `set_mine` does."""
        actor.must_produce()
        given = _read(quiet_hours, lead_times)
        async with self._db.write(actor, "setup.start") as session:
            settings = await settings_of(session, actor.guild_id, self._clock.now())
            session.add(settings)
            leads = settings.lead_times
            _put(settings, {**given, "quiet_hours": given["quiet_hours"] or None})
            await session.flush()
            if settings.lead_times != leads:
                await self._replan(session, actor.guild_id, None)
            session.info["settings"] = {actor.guild_id}
        return settings

    async def _set(self, actor: Actor, given: dict[str, Any]) -> Pings:
        async with self._db.write(actor, "me.reminders") as session:
            guild = await settings_of(session, actor.guild_id, self._clock.now())
            row = await session.scalar(_of(actor).with_for_update())
            if row is None:
                row = MemberSettings(guild_id=actor.guild_id, user_id=actor.user_id)
                session.add(row)
            leads = row.lead_times
            _put(row, given)
            await session.flush()
            if row.lead_times != leads:
                await self._replan(session, actor.guild_id, actor.user_id)
            return _known(guild, row)


async def leads_of(session: AsyncSession, guild_id: int, user_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return the lead times of those of these people who have set their own."""
    of = MemberSettings.guild_id == guild_id, MemberSettings.user_id.in_(list(user_ids))
    found = select(MemberSettings.user_id, MemberSettings.lead_times).where(*of, MemberSettings.lead_times.is_not(None))
    return {user: leads for user, leads in await session.execute(found) if leads is not None}


async def server_leads(session: AsyncSession, guild_id: int) -> list[int]:
    """Return the lead times of a server."""
    leads = await session.scalar(select(GuildSettings.lead_times).where(GuildSettings.guild_id == guild_id))
    return list(DEFAULT_LEADS) if leads is None else leads


def _of(actor: Actor) -> Any:
    return select(MemberSettings).where(
        MemberSettings.guild_id == actor.guild_id, MemberSettings.user_id == actor.user_id
    )


def _read(quiet_hours: str | None, lead_times: str | None) -> dict[str, Any]:
    """Return what was typed as it is stored, None for `default`."""
    given: dict[str, Any] = {}
    if quiet_hours is not None:
        given["quiet_hours"] = None if quiet_hours.strip().casefold() in USUAL else quiet_text(quiet_hours)
    if lead_times is not None:
        given["lead_times"] = None if lead_times.strip().casefold() in USUAL else read_leads(lead_times)
    return given


def _put(row: GuildSettings | MemberSettings, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _known(guild: GuildSettings, mine: MemberSettings | None) -> Pings:
    own = {name: getattr(mine, name) for name in ("is_by_message", "quiet_hours", "lead_times")} if mine else {}
    own = {name: value for name, value in own.items() if value is not None}
    leads = own.get("lead_times", guild.lead_times)
    return Pings(
        own.get("is_by_message", True),
        own.get("quiet_hours", guild.quiet_hours) or "",
        tuple(DEFAULT_LEADS if leads is None else leads),
        frozenset(own),
    )
