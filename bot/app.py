"""The client: intents, extensions, error wiring, start and stop."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot import when
from bot.clock import Clock
from bot.config import WebConfig
from bot.db import Database
from bot.delivery import Delivery, Detours, DiscordPeople, Gate, Post
from bot.delivery.buckets import tidy_less_often
from bot.news import News
from bot.scheduler import Scheduler
from bot.services import Services
from bot.services.reminder_words import Due
from bot.ui import letter, respond
from bot.ui.components import notice
from bot.ui.lists import Lists
from bot.ui.press import Presses
from bot.web import FeedRoutes, Server

log = logging.getLogger(__name__)

EXTENSIONS = (
    "cogs.desk",
    "cogs.setup",
    "cogs.digest",
    "cogs.me",
    "cogs.home",
    "cogs.project",
    "cogs.room",
    "cogs.booking",
    "cogs.booking_gear",
    "cogs.booking_close",
    "cogs.booking_answer",
    "cogs.callsheet",
    "cogs.availability",
    "cogs.calendar",
    "cogs.budget",
    "cogs.budget_press",
    "cogs.budget_template",
    "cogs.budget_settle",
    "cogs.deadline",
    "cogs.deadline_press",
    "cogs.remind",
    "cogs.remind_press",
    "cogs.data",
)
# What the bot needs in a server, no more: the invite link and `/setup check` are made from it.
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    read_message_history=True,  # after a crash: whether a reminder had left already
    mention_everyone=True,
)
REDRAW_SECONDS = 1.0
Redraw = Callable[[int], Awaitable[None]]
Enclose = Callable[[Due, int], Awaitable[list[discord.File]]]
# The bot has no voice; discord.py's advice on what voice would need is noise in its log.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class Backline(commands.Bot):
    """The bot over one database; `services` are the rules, `presses` and `lists` what its messages answer to."""

    def __init__(self, db: Database, clock: Clock, web: WebConfig | None = None) -> None:
        gate = Gate()
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            http_trace=gate.trace(),
        )
        tidy_less_often(self)
        self.db = db
        self.clock = clock
        self.services = Services(db, clock)
        self.scheduler = Scheduler()
        self.news = News(db)
        detours = Detours(self, self.services.memo, self.services.settings, letter.letter, notice)
        post = Post(self, clock, letter.letter, letter.mark_of, self.services.due.told, self._enclosed, detours=detours)
        self.delivery = Delivery(self.services.due, clock, self.scheduler, post)
        self.presses = Presses()
        self.lists = Lists()
        self.people = DiscordPeople(self, clock)
        self.calendar_base: str | None = None
        self.web = self._web(web or WebConfig())
        self.command_ids: dict[str, int] = {}
        self.redraws: dict[str, Redraw] = {}
        self.enclosures: dict[str, Enclose] = {}
        self._waiting: dict[tuple[str, int], asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        db.after_write.append(self._after_write)

    async def setup_hook(self) -> None:
        """Load the features, publish the commands if they changed, and start what works by itself."""
        self.tree.error(self._on_command_error)
        when.warm()
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        await self._publish_commands()
        await self.services.digest.mend()
        self.scheduler.start()
        self.news.start()
        self.delivery.start()
        if self.web is not None:
            await self.web.start()

    def _web(self, settings: WebConfig) -> Server | None:
        """Return what answers over HTTP, or nothing where no port is configured."""
        if settings.port is None:
            return None
        server = Server(settings.host, settings.port, self._seconds)
        if settings.public_url is not None:
            self.calendar_base = settings.public_url
            server.add(FeedRoutes(self.services.calendar, self.people, self._seconds))
        return server

    def _seconds(self) -> float:
        return self.clock.now().timestamp()

    async def add_cog(self, cog: commands.Cog, /, **options: Any) -> None:
        await super().add_cog(cog, **options)
        self.presses.collect(cog)
        self.lists.collect(cog)

    async def on_ready(self) -> None:
        log.info("ready as %s in %s servers", self.application_id, len(self.guilds))

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer presses of buttons and menus and sent modals; slash commands have gone to the tree already."""
        if interaction.type not in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            return
        try:
            await self.presses.answer(interaction)
        except Exception as error:  # noqa: BLE001 - the last stop before the person; report logs what is unexpected
            await respond.report(interaction, error)

    async def _on_command_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError
    ) -> None:
        await respond.report(interaction, error)

    def _after_write(self, info: dict[str, Any]) -> None:
        """Show again, in a moment, what a committed rule marked as stale: several changes become one drawing."""
        for kind, key in info.get("stale", ()):
            if kind in self.redraws and (kind, key) not in self._waiting:
                timer = asyncio.get_running_loop().call_later(REDRAW_SECONDS, self._start_redraw, kind, key)
                self._waiting[kind, key] = timer

    def _start_redraw(self, kind: str, key: int) -> None:
        del self._waiting[kind, key]
        task = asyncio.create_task(self._redraw(kind, key), name=f"redraw {kind} {key}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _redraw(self, kind: str, key: int) -> None:
        try:
            await self.redraws[kind](key)
        except discord.HTTPException as error:
            log.warning("%s %s could not be shown again: %s", kind, key, error.code)
        except Exception:
            log.exception("showing %s %s again failed", kind, key)

    async def _enclosed(self, due: Due, channel_id: int) -> list[discord.File]:
        """Return the files of a reminder's kind; its words leave without them rather than not at all."""
        enclose = self.enclosures.get(due.kind)
        try:
            return await enclose(due, channel_id) if enclose is not None else []
        except Exception:
            log.exception("reminder %s leaves without its files", due.id)
            return []

    async def close(self) -> None:
        """Stop: drop what only waits to be shown, let what is being shown finish, and leave Discord."""
        self.db.after_write.remove(self._after_write)
        if self.web is not None:
            await self.web.stop()
        for timer in self._waiting.values():
            timer.cancel()
        await self.delivery.stop()
        await self.news.stop()
        self.scheduler.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().close()

    def mention(self, command: str) -> str:
        """Return a command as Discord shows it: one to click where its id is known, else its plain name."""
        known = self.command_ids.get(command.split(maxsplit=1)[0])
        return f"</{command}:{known}>" if known else f"`/{command}`"

    async def _publish_commands(self) -> None:
        """Send the commands to Discord only when they differ from what was sent last."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        fingerprint = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        name = f"commands:{self.application_id}"
        kept = json.loads(await self.services.memo.fact(name) or "{}")
        if kept.get("fingerprint") != fingerprint:
            try:
                published = await self.tree.sync()
            except KeyError as lacking:  # the commands are published; only the answer could not be read
                log.warning("the answer to publishing lacks %s: commands are named without links", lacking)
                published = []
            kept = {"fingerprint": fingerprint, "ids": {command.name: command.id for command in published}}
            await self.services.memo.note(name, json.dumps(kept))
            log.info("commands published count=%s", len(payload))
        self.command_ids = kept["ids"]
