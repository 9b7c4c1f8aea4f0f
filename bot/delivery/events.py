"""The server's own events: one for every confirmed session, made, moved and repaired after the commit."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

import aiohttp
import discord

from bot.clock import Clock
from bot.delivery.engine import Alarm
from bot.delivery.people import MOST_ASKED, DiscordPeople
from bot.services.calendar_ics import Names
from bot.services.event import EventService, Plan
from bot.services.event_plan import Act, Face, Seen, Step, Wanted
from bot.services.settings import SettingsService
from bot.trouble import DatabaseTrouble

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
# Another process is at the same server; Discord or the database can't be reached.
NEXT_TURN, NEXT_TRY = timedelta(seconds=10), timedelta(minutes=5)
MOST_AT_ONCE = 2
FULL = 30038
ALIVE = (discord.EventStatus.scheduled, discord.EventStatus.active)
Known = Mapping[int, discord.ScheduledEvent]
# Takes the turn of a name; False where another process has it.
Turn = Callable[[str], AbstractAsyncContextManager[bool]]


class Events:
    """Shows one client's sessions as events: one server at a time by one process, one request after the other.

    Whatever asks for it, the same is done: what the server has is compared with what it should have. So an event
    that was edited or deleted by hand is repaired, and one that was made just before a crash is found by its mark.
    """

    def __init__(
        self,
        bot: discord.Client,
        service: EventService,
        settings: SettingsService,
        people: DiscordPeople,
        scheduler: Alarm,
        clock: Clock,
        *,
        turn: Turn,
    ) -> None:
        self._bot = bot
        self._service = service
        self._settings = settings
        self._people = people
        self._scheduler = scheduler
        self._clock = clock
        self._turn_of = turn
        self._few = asyncio.Semaphore(MOST_AT_ONCE)
        self._again: dict[int, bool] = {}
        self._busy: dict[int, asyncio.Task[Any] | None] = {}
        # What a server's events were asked to say, and what they said then: Discord may tidy a text.
        self._said: dict[int, dict[int, tuple[Face, Face]]] = {}

    def start(self) -> None:
        """Look at every server's events once an hour; `ready` looks at once."""
        self._scheduler.every("events", EVERY, self.look_everywhere)

    def ready(self) -> None:
        self._scheduler.at("events at start", self._clock.now(), self.look_everywhere)

    async def stop(self) -> None:
        """Leave what is being done: it is taken up again at the next start."""
        running = [task for task in self._busy.values() if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def follow(self, guild_id: int) -> None:
        """Show what has changed in a server; without a request where nothing has that is shown."""
        await self._show(guild_id, thorough=False)

    async def look(self, guild_id: int) -> None:
        """Compare all of a server's events with its sessions, and repair them."""
        await self._show(guild_id, thorough=True)

    async def look_everywhere(self) -> None:
        """Look at the events of every server that has sessions, one after the other."""
        for guild_id in await self._service.guilds():
            try:
                await self.look(guild_id)
            except Exception:
                log.exception("the events of guild %s could not be looked at", guild_id)

    async def _show(self, guild_id: int, *, thorough: bool) -> None:
        """Do a server's turn now, or once more after the one that is being done."""
        if guild_id in self._busy:
            self._again[guild_id] = thorough or self._again.get(guild_id, False)
            return
        self._busy[guild_id] = asyncio.current_task()
        try:
            async with self._few:
                await self._turn(guild_id, thorough=thorough)
                while guild_id in self._again:
                    await self._turn(guild_id, thorough=self._again.pop(guild_id))
        finally:
            self._again.pop(guild_id, None)
            del self._busy[guild_id]

    async def _turn(self, guild_id: int, *, thorough: bool) -> None:
        guild = self._bot.get_guild(guild_id)
        if guild is None or guild.unavailable or not guild.me.guild_permissions.create_events:
            return
        wait = NEXT_TURN
        try:
            async with self._turn_of(f"events {guild_id}") as is_mine:
                if is_mine:
                    await self._pass(guild, thorough=thorough)
                    return
        except discord.Forbidden as refused:
            log.info("guild %s does not let me show its events: %s", guild_id, refused.code)
            return
        except (discord.HTTPException, aiohttp.ClientError, DatabaseTrouble, OSError, TimeoutError) as error:
            log.warning("the events of guild %s could not be shown: %s", guild_id, type(error).__name__)
            wait = NEXT_TRY
        self._later(guild_id, wait)

    def _later(self, guild_id: int, wait: timedelta) -> None:
        self._scheduler.at(f"events {guild_id}", self._clock.now() + wait, partial(self.look, guild_id))

    async def _pass(self, guild: discord.Guild, *, thorough: bool) -> None:
        settings = await self._settings.of(guild.id)
        plan = await self._service.plan(guild.id, is_on=settings.shows_events, thorough=thorough)
        if plan is None:
            return
        alive = [event for event in await guild.fetch_scheduled_events(with_counts=False) if event.status in ALIVE]
        mine = {event.id: event for event in alive if self._bot.user and event.creator_id == self._bot.user.id}
        said = self._said.get(guild.id, {})
        self._said[guild.id] = {key: said[key] for key in mine if key in said}
        seen = [self._seen(event) for event in mine.values()]
        names = await self._names(guild, plan)
        for step in await asyncio.to_thread(plan.steps, names, seen, len(alive) - len(mine)):
            try:
                await self._do(guild, step, mine)
            except discord.HTTPException as error:
                if error.code == FULL:
                    log.info("guild %s has no room for more events", guild.id)
                    return
                if isinstance(error, discord.Forbidden) or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
                log.warning("an event of guild %s could not be shown: %s", guild.id, error.code)

    async def _names(self, guild: discord.Guild, plan: Plan) -> Names:
        users: dict[int, str] = {}
        wanted = sorted(plan.user_ids)
        for low in range(0, len(wanted), MOST_ASKED):
            users |= await self._people.names(guild.id, wanted[low : low + MOST_ASKED])
        return Names(users, self._people.roles(guild.id, plan.role_ids))

    def _seen(self, event: discord.ScheduledEvent) -> Seen:
        face = _face(event)
        asked, answered = self._said[event.guild_id].get(event.id, (face, face))
        return Seen(event.id, event.status is discord.EventStatus.active, asked if face == answered else face)

    async def _do(self, guild: discord.Guild, step: Step, known: Known) -> None:
        """Do one step and note it; an event that has gone meanwhile is looked for again soon."""
        shown: int | None = None
        try:
            shown = await self._shown(guild, step, known)
        except discord.NotFound:
            self._later(guild.id, NEXT_TURN)
        if step.booking_id is not None:
            version = step.wanted.version if step.wanted and shown else 0
            await self._service.note(step.booking_id, shown, version)

    async def _shown(self, guild: discord.Guild, step: Step, known: Known) -> int | None:
        """Do what a step asks of Discord; return the event that is there then."""
        event = known.get(step.event_id or 0)
        if step.act is Act.CREATE and step.wanted is not None:
            made = await _create(guild, step.wanted)
            return self._told(made, step.wanted)
        if event is None or step.act is Act.FORGET:
            return None
        if step.act is Act.EDIT and step.wanted is not None:
            return self._told(await _edit(event, step.wanted), step.wanted)
        if step.act is Act.KEEP:
            return event.id
        await (event.end() if step.act is Act.FINISH else event.delete())
        return None

    def _told(self, event: discord.ScheduledEvent, wanted: Wanted) -> int:
        self._said[event.guild_id][event.id] = wanted.face, _face(event)
        return event.id


def _face(event: discord.ScheduledEvent) -> Face:
    end = event.end_time or event.start_time
    return Face(event.name, event.start_time, end, event.location or "", event.description or "")


async def _create(guild: discord.Guild, wanted: Wanted) -> discord.ScheduledEvent:
    face = wanted.face
    return await guild.create_scheduled_event(
        name=face.name,
        start_time=face.start,
        end_time=face.end,
        entity_type=discord.EntityType.external,
        privacy_level=discord.PrivacyLevel.guild_only,
        location=face.place,
        description=face.text,
        reason=f"Session #{wanted.number}",
    )


async def _edit(event: discord.ScheduledEvent, wanted: Wanted) -> discord.ScheduledEvent:
    """Change what differs; of one that runs the start can't be named any more."""
    face, now = wanted.face, _face(event)
    changes: dict[str, Any] = {
        key: getattr(face, name)
        for key, name in (("name", "name"), ("description", "text"), ("location", "place"))
        if getattr(face, name) != getattr(now, name)
    }
    if (face.start, face.end) != (now.start, now.end):
        changes["end_time"] = face.end
        if face.start != now.start:
            changes["start_time"] = face.start
    return await event.edit(**changes, reason=f"Session #{wanted.number}")
