"""The client: intents, extensions, error wiring, start and stop."""

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import discord
from discord import app_commands
from discord.ext import commands
from discord.ext.commands.bot import BotBase

from bot import when
from bot.clock import Clock
from bot.config import HealthConfig, WebConfig
from bot.db import Database
from bot.delivery import Aim, Delivery, Detours, DiscordPeople, Gate, Post
from bot.delivery.buckets import tidy_less_often
from bot.delivery.events import Events
from bot.delivery.gate import STARTS
from bot.metrics import Metrics
from bot.news import News
from bot.scheduler import Scheduler
from bot.services import Services
from bot.services.reminder_due import Outcome
from bot.services.reminder_words import LATE_AFTER, Due
from bot.shards import Claims, Shards, Turns
from bot.ui import letter, respond
from bot.ui.answers import Answers, Tree
from bot.ui.components import notice
from bot.ui.lists import Lists
from bot.ui.press import Presses
from bot.web import FeedRoutes, HealthRoutes, Pulse, Server

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
    "cogs.booking_week",
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
    create_events=True,  # with it what the bot made can be changed and deleted, too
)
REDRAW_SECONDS = 1.0
# How long what is being answered may take to the end after the bot was told to stop.
FINISH_SECONDS = 7.0
# And those who asked while it was stopping.
LAST_SECONDS = 1.0
# Many shards wait for their turn to identify, each for five seconds.
LONGEST_LAUNCH = 900.0
TIDY_EVERY = timedelta(hours=20)
Redraw = Callable[[int], Awaitable[None]]
Enclose = Callable[[Due, int], Awaitable[list[discord.File]]]
# The bot has no voice; discord.py's advice on what voice would need is noise in its log.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class Backline(commands.Bot):
    """The bot over one database; `services` are the rules, `presses` and `lists` what its messages answer to."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        web: WebConfig | None = None,
        health: HealthConfig | None = None,
        shards: Shards | None = None,
    ) -> None:
        gate = Gate(shards.share_of(STARTS) if shards else STARTS)
        some: dict[str, Any] = {"shard_ids": list(shards.ids), "shard_count": shards.count} if shards else {}
        super().__init__(
            command_prefix=commands.when_mentioned,
            tree_cls=Tree,
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            http_trace=gate.trace(),
            **some,
        )
        tidy_less_often(self)
        self.db = db
        self.clock = clock
        self.services = Services(db, clock)
        self.scheduler = Scheduler()
        self.news = News(db)
        self.turns, self.claims = Turns(db), Claims(db)
        self.metrics, self.people = Metrics(), DiscordPeople(self, clock)
        self.detours = detours = Detours(self, self.services, letter.letter, notice)
        post = Post(self, clock, letter.letter, letter.mark_of, self.services.due.told, self._enclosed, detours=detours,
                    aim=Aim(self, self.people))  # fmt: skip
        self.delivery = Delivery(self.services.due, clock, self.scheduler, post, self._count)
        self.presses, self.lists = Presses(), Lists()
        self.answers = Answers(self.metrics, self.presses)
        self.events = Events(self, self.services.event, self.services.settings, self.people, self.scheduler, clock,
                             turn=self.turns.try_turn)  # fmt: skip
        self.calendar_base: str | None = None
        self.web = self._web(web or WebConfig())
        self.health = self._health(health or HealthConfig())
        self.command_ids: dict[str, int] = {}
        self.redraws: dict[str, Redraw] = {"event": self.events.follow, "events": self.events.look}
        self.enclosures: dict[str, Enclose] = {}
        self._waiting: dict[tuple[str, int], asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping: asyncio.Task[None] | None = None
        db.after_write.append(self._after_write)

    async def setup_hook(self) -> None:
        """Load the features, publish the commands if they changed, and start what works by itself."""
        self.tree.error(self._on_command_error)
        when.warm()
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        async with self.turns.turn("commands"):
            await self._publish_commands()
        async with self.turns.turn("digests"):
            await self.services.digest.mend()
        self.claims.open()
        self.scheduler.daily("tidy", 3, 45, ZoneInfo("UTC"), self._tidy)
        self.scheduler.start()
        self.news.start()
        self.delivery.start()
        self.events.start()
        for server in filter(None, (self.web, self.health)):
            await server.start()

    def _web(self, settings: WebConfig) -> Server | None:
        """Return what answers over HTTP, or nothing where no port is configured."""
        if settings.port is None:
            return None
        server = Server(settings.host, settings.port, self._seconds)
        if settings.public_url is not None:
            self.calendar_base = settings.public_url
            server.add(FeedRoutes(self.services.calendar, self.people, self._seconds))
        return server

    def _health(self, settings: HealthConfig) -> Server | None:
        """Return what watchers ask, on a port of its own; the database is measured only where somebody can ask."""
        if settings.port is None:
            return None
        self.db.measure(self.metrics.asked)
        server = Server(settings.host, settings.port, self._seconds, key="health.port")
        server.add(HealthRoutes(self.metrics, self.clock, self.services.due.next_at, self.pulses))
        return server

    def pulses(self) -> Sequence[Pulse]:
        """Return how each shard of this process is connected."""
        return [self._pulse(shard) for shard in getattr(self, "shard_ids", None) or (0,)]

    def _pulse(self, shard: int) -> Pulse:
        """Look at a connection; discord.py tells the time of the last heartbeat nowhere else."""
        try:
            socket: Any = self._get_websocket(shard_id=shard)
        except KeyError:  # it has not been launched yet
            socket = None
        beats = getattr(socket, "_keep_alive", None)
        age = time.perf_counter() - beats._last_ack if beats is not None else None  # noqa: SLF001
        return Pulse(shard, socket is not None and socket.open and self.is_ready(), age)

    def _count(self, outcome: Outcome) -> None:
        delay = outcome.at - outcome.due.due_at
        self.metrics.reminded(outcome.ending.value, delay.total_seconds(), is_late=delay > LATE_AFTER)

    async def _tidy(self) -> None:
        """Drop what nobody needs any more; one process does it for all."""

        async def is_due() -> bool:
            return await self.services.memo.is_news("tidied", TIDY_EVERY)

        await self.turns.once("tidy", is_due, self.services.memo.tidy)

    def _seconds(self) -> float:
        return self.clock.now().timestamp()

    async def add_cog(self, cog: commands.Cog, /, **options: Any) -> None:
        await super().add_cog(cog, **options)
        self.presses.collect(cog)
        self.lists.collect(cog)

    async def on_ready(self) -> None:
        log.info("ready as %s in %s servers", self.application_id, len(self.guilds))
        self.events.ready()

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Answer presses of buttons and menus and sent modals; slash commands have gone to the tree already."""
        if interaction.type not in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            return
        if not await self.claims.is_first(interaction.id):
            return
        self.answers.begin(interaction)
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
        task = asyncio.create_task(self.redraw(kind, key), name=f"redraw {kind} {key}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def redraw(self, kind: str, key: int) -> None:
        """Show something again where it stands; a channel that takes nothing does not keep others from theirs."""
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
        """Stop: finish what is being answered, shown or sent, drop what only waits, and leave Discord.

        Closing it again waits for the same end.
        """
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name="stop")
        await self._stopping

    async def _stop(self) -> None:
        await asyncio.gather(self.answers.finish(FINISH_SECONDS), self.delivery.stop())
        self.db.after_write.remove(self._after_write)
        for server in filter(None, (self.web, self.health)):
            await server.stop()
        for timer in self._waiting.values():
            timer.cancel()
        await self.news.stop()
        self.scheduler.stop()
        await self.events.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._leave()

    async def _leave(self) -> None:
        """Leave the gateway, then answer whoever was heard last.

        The library would take the commands away first, and cut answers off as soon as the gateway is left.
        """
        hang_up = self.http.close

        async def after_the_last_answer() -> None:
            await self.answers.finish(LAST_SECONDS)
            await hang_up()

        self.http.close = after_the_last_answer  # type: ignore[method-assign]
        await super(BotBase, self).close()
        await super().close()
        await self.claims.close()

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


class ShardedBackline(Backline, commands.AutoShardedBot):
    """The bot for some of Discord's shards, beside other processes that have the rest; all share one PostgreSQL."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.shard_connect_timeout = LONGEST_LAUNCH
        self._concurrency = 0

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for this shard's turn among all processes, as Discord's limit for identifies asks."""
        if not self._concurrency:
            limits = await self.fetch_session_start_limits()
            self._concurrency = max(1, limits.max_concurrency)
        await self.turns.identify(shard_id or 0, self._concurrency)
