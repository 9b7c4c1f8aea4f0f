"""A server's settings and each person's own: who may do what, which zone and currency."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.errors import UserError
from bot.fuzzy import Choice, pick, rank
from bot.models.settings import GuildSettings, MemberSettings
from bot.money import check_currency
from bot.text import clip

POPULAR = (
    "Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Madrid", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney",
    "Pacific/Auckland", "UTC",
)  # fmt: skip
ABBREVIATIONS = {
    "CET": "Europe/Berlin", "CEST": "Europe/Berlin", "GMT": "Europe/London", "BST": "Europe/London",
    "EST": "America/New_York", "EDT": "America/New_York", "ET": "America/New_York", "CST": "America/Chicago",
    "CDT": "America/Chicago", "MST": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
    "PT": "America/Los_Angeles", "JST": "Asia/Tokyo", "AEST": "Australia/Sydney", "BRT": "America/Sao_Paulo",
}  # fmt: skip

Replan = Callable[[AsyncSession, GuildSettings], Awaitable[None]]


class NotAZone(UserError):
    """No IANA zone, city or abbreviation."""

    text = (
        "I don't know the time zone “{given}”, so nothing was changed. "
        "Type a big city near you, such as `Berlin` or `New York`."
    )


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the IANA zones a person may pick: popular ones first, then the rest by name."""
    rest = sorted(
        name
        for name in available_timezones()
        if re.match(r"(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/", name)
    )
    return (*POPULAR, *(name for name in rest if name not in POPULAR))


def suggest_zones(text: str) -> list[str]:
    """Return up to 25 zones for what is typed so far, by city, zone name or abbreviation."""
    by_abbreviation = ABBREVIATIONS.get(text.strip().upper())
    found = rank(text, zone_names(), lambda name: name.rpartition("/")[2].replace("_", " "))
    if "/" in text:
        found = [name for name in zone_names() if text.strip().casefold() in name.casefold()]
    return list(dict.fromkeys([*([by_abbreviation] if by_abbreviation else []), *found]))[:25]


def read_zone(text: str) -> str:
    """Return the IANA name that the text means; raises `NotAZone` or `Ambiguous`."""
    given = text.strip()
    if given.upper() in ABBREVIATIONS:
        return ABBREVIATIONS[given.upper()]
    if found := next((name for name in zone_names() if name.casefold() == given.casefold()), None):
        return found
    if not suggest_zones(given) or not given:
        raise NotAZone(given=clip(given, 60))
    return pick(
        given, zone_names(), option="timezone", name=lambda name: name.rpartition("/")[2].replace("_", " "), value=str
    )


def currency_choices(text: str) -> list[Choice]:
    """Return common currencies first, then whatever begins like the text."""
    common = ("EUR", "USD", "GBP", "CAD", "AUD", "CHF", "SEK", "JPY", "BRL", "MXN", "PLN", "NZD")
    return [Choice(code, code) for code in common if code.startswith(text.strip().upper())]


_ZONES = select(MemberSettings.user_id, MemberSettings.timezone).where(
    MemberSettings.guild_id == bindparam("guild"), MemberSettings.timezone.is_not(None)
)


class SettingsService:
    """Answers who may do what from memory; a row is read once per server and dropped when it changes.

    `replan` lets what follows from a server's settings follow them, in the transaction that changes them.
    """

    def __init__(self, db: Database, clock: Clock, replan: Replan | None = None) -> None:
        self._db = db
        self._clock = clock
        self._replan = replan
        self._guilds: dict[int, GuildSettings] = {}
        self._zones: dict[int, dict[int, str]] = {}
        self._drops = 0
        db.after_write.append(self._drop)

    def _drop(self, info: dict[str, Any]) -> None:
        """Forget what a commit changed, here or in another process; everything where some news may have been lost."""
        if info.get("lost_touch"):
            self._guilds.clear()
            self._zones.clear()
        for guild_id in info.get("settings", ()):
            self._guilds.pop(guild_id, None)
            self._zones.pop(guild_id, None)
        self._drops += bool(info.get("settings") or info.get("lost_touch"))

    async def of(self, guild_id: int) -> GuildSettings:
        """Return a server's settings, or the defaults where nothing was set yet."""
        known = self._guilds.get(guild_id)
        if known is None:
            before = self._drops
            async with self._db.read() as session:
                known = await settings_of(session, guild_id, self._clock.now())
            if self._drops == before:  # else it may have changed since it was read
                self._guilds[guild_id] = known
        return known

    async def is_set_up(self, guild_id: int) -> bool:
        async with self._db.read() as session:
            return await session.get(GuildSettings, guild_id) is not None

    async def complete(self, actor: Actor) -> Actor:
        """Return the actor with what the server's settings grant: producer, money, zone."""
        guild = await self.of(actor.guild_id)
        zone = await self._zone_of(actor)
        produces = actor.manages_server or guild.producer_role_id in actor.role_ids
        return replace(
            actor,
            is_producer=produces,
            sees_money=produces or guild.money_role_id in actor.role_ids,
            zone=ZoneInfo(zone or guild.timezone),
        )

    async def _zone_of(self, actor: Actor) -> str | None:
        """Return the zone that a person has set; a server's are read together, for few set one and many ask."""
        known = self._zones.get(actor.guild_id)
        if known is None:
            before = self._drops
            async with self._db.read() as session:
                rows = await session.execute(_ZONES, {"guild": actor.guild_id})
                known = {user_id: zone for user_id, zone in rows if zone is not None}
            if self._drops == before:
                self._zones[actor.guild_id] = known
        return known.get(actor.user_id)

    async def start(self, actor: Actor, **given: Any) -> GuildSettings:
        """Set what is given of a server's settings (producers only); the rest stays as it is.

        Raises `NotAZone`, `UnknownCurrency` or `NotAllowed`.
        """
        actor.must_produce()
        if given.get("timezone") is not None:
            given["timezone"] = read_zone(given["timezone"])
        if given.get("currency") is not None:
            given["currency"] = check_currency(given["currency"])
        async with self._db.write(actor, "setup.start") as session:
            settings = await settings_of(session, actor.guild_id, self._clock.now(), lock=True)
            session.add(settings)
            for name, value in given.items():
                if value is not None:
                    setattr(settings, name, value)
            if self._replan is not None:
                await self._replan(session, settings)
            session.info["settings"] = {actor.guild_id}
        return settings

    async def set_zone(self, actor: Actor, text: str) -> str:
        """Set the person's own zone in this server; return its IANA name. Raises `NotAZone`."""
        name = read_zone(text)
        async with self._db.write(actor, "me.timezone") as session:
            mine = await session.scalar(
                select(MemberSettings).where(
                    MemberSettings.guild_id == actor.guild_id, MemberSettings.user_id == actor.user_id
                )
            )
            if mine is None:
                mine = MemberSettings(guild_id=actor.guild_id, user_id=actor.user_id)
                session.add(mine)
            mine.timezone = name
            session.info["settings"] = {actor.guild_id}
        return name


async def settings_of(session: AsyncSession, guild_id: int, now: datetime, *, lock: bool = False) -> GuildSettings:
    """Return the stored settings, locked when asked, or an unsaved row with the defaults."""
    stored = await session.get(GuildSettings, guild_id, with_for_update=lock or None)
    if stored is not None:
        return stored
    defaults = {
        column.key: column.default.arg for column in GuildSettings.__table__.columns if column.default is not None
    }
    return GuildSettings(guild_id=guild_id, created_at=now, **defaults)
