"""Two bands' servers with one bot, and every message that somebody could press something on."""

import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import discord
import simcord
from simcord.backend.errors import BackendError, SetupError

from bot import migrate
from bot.app import Backline
from bot.clock import Clock
from bot.db import Database, sqlite_url
from bot.delivery import events
from tests.machine.books import Books
from tests.machine.wire import Errors, Wire
from tests.machine.words import MARKS
from tests.support.band import Band, Person
from tests.support.extensions import loaded_once
from tests.support.simtime import VirtualEnv, apscheduler_follows, set_locale

NAMES = ("Zephyrquill Five", "Obsidianbok Trio")
LOCALES = ("de", "fr", "es-ES", "en-GB")
LONGEST_SETTLE = 60.0
# How often the bot looks at all events by itself: each hour in earnest, which would be most of what a week costs here.
EVENTS_EVERY = timedelta(hours=6)


class Broken(AssertionError):
    """Something that must always hold did not."""


class PatientEnv(VirtualEnv):
    """An environment that gives the bot its time to start on a machine that has much else to do."""

    async def _settle_internal(self, *, timeout: float | None = None, **rest: Any) -> None:  # noqa: ASYNC109
        """Wait as long as for anything else, where simcord would wait five seconds."""
        await super()._settle_internal(timeout=None if timeout is None else LONGEST_SETTLE, **rest)


@dataclass(frozen=True)
class Spot:
    """A message of a server's people; `reader` is the only one who sees it, where there is only one."""

    band: int
    channel_id: int
    message_id: int
    reader: int | None = None


@dataclass(frozen=True)
class Form:
    """A form that opened for somebody and is still open."""

    band: int
    person: Any
    result: simcord.InteractionResult


class World:
    """The two servers, what was shown there, and the look at everything after each step."""

    def __init__(self, env: PatientEnv, db: Database, path: Path, errors: Errors) -> None:
        self.env = env
        self.db = db
        self.bands = [Band(env, name) for name in NAMES]
        self.people: list[list[Person]] = []
        self.away: list[list[Person]] = [[], []]
        self.spots: list[Spot] = []
        self.forms: list[Form] = []
        self.wire = Wire(env)
        self.steps = self.refused = 0
        self._errors = errors
        self._path = path
        self._seen = 0
        self.books: Books
        self.both_id = 0

    @property
    def bot(self) -> Backline:
        return self.bands[0].bot

    async def settle_in(self) -> None:
        """Give both servers what bands have: settings, people in both, a room, a project and a budget."""
        both = self.env.create_user("both")
        self.both_id = both.id
        for number, band in enumerate(self.bands):
            everybody = [band.owner, band.producer, band.treasurer, band.singer, band.drummer]
            role = band.producers if number else band.band
            everybody.append(Person(self.env, band.guild.add_member(both, roles=[role]), band.studio))
            self.people.append(everybody)
            set_locale(self.env, everybody[3].actor, LOCALES[number])
            for index in range(3):
                band.guild.create_text_channel(f"{MARKS[number].lower()}-{index}")
            await band.set_up(currency="EUR" if number else "USD")
            mark = MARKS[number]
            await band.producer.slash(
                "room add", name=f"{mark} 1", rate="60", buffer="30", cancellation="48h 50%, 24h 100%"
            )
            await band.producer.slash("project create", name=f"{mark} 1", kind="album", budget="24k")
            await band.producer.slash("budget plan", category="studio", item=f"{mark} 1", quantity="10", rate="60")
        self.wire.take()
        self.books = Books(self._path, self.db)

    def foreign(self) -> dict[int, set[str]]:
        """Return for each server what no message of it may hold: the other's word, channels and roles."""
        found = {}
        for number, band in enumerate(self.bands):
            other = self.bands[1 - number].guild
            keys = [
                other.id,
                *(channel.id for channel in other.channels.values()),
                *(role.id for role in other.roles.values()),
            ]
            found[band.guild.id] = {MARKS[1 - number], *map(str, keys)}
        return found

    async def look(self, band: int | None, *, by_person: bool, unanswered: bool = False) -> None:
        """Check everything that must hold after any step; raises `Broken` with all that does not."""
        guild = None if band is None else self.bands[band].guild.id
        found = ["the interaction was not answered"] if unanswered else []
        found += self._errors.take()
        found += self._new_errors()
        found += self.wire.faults(self.wire.take(), guild, self.foreign())
        with self.env.time_context():
            found += await self.books.faults(by_person=by_person)
        self._keep_posted()
        if found:
            raise Broken("\n".join(found))

    def _new_errors(self) -> list[str]:
        """Return what discord.py or simcord caught since the last look."""
        seen, self._seen = self._seen, len(self.env.errors)
        return [f"simcord: {error!r}" for error in self.env.errors[seen:]]

    def _keep_posted(self) -> None:
        """Remember what was posted since the last step, by which anybody may press a button."""
        for channel_id, message_id in self.wire.posted:
            channel = self.env.backend.channels.get(channel_id)
            if channel is None:
                continue
            if channel.guild_id is None:
                reader = next((key for key in channel.recipient_ids if key != self.env.backend.bot_user.id), None)
                homes = [place for place, people in enumerate(self.people) if any(one.id == reader for one in people)]
                self.spots += [Spot(home, channel_id, message_id, reader) for home in homes[:1]]
            else:
                place = next(place for place, band in enumerate(self.bands) if band.guild.id == channel.guild_id)
                self.spots.append(Spot(place, channel_id, message_id))
        self.wire.posted.clear()

    def keep(self, band: int, person: Any, result: simcord.InteractionResult) -> None:
        """Remember what an interaction brought: its messages, and the form that it opened."""
        if result.modal is not None:
            self.forms.append(Form(band, person, result))
        for message in (result.response, *result.followups):
            if message is not None:
                self.spots.append(Spot(band, message.channel_id, message.id, person.id if message.ephemeral else None))

    async def person_does(
        self, band: int, person: Any, act: Callable[[], Awaitable[simcord.InteractionResult]], *, is_step: bool = True
    ) -> None:
        """Let somebody do something with the bot, and look; what Discord itself does not let them do is no step.

        Neither is what only repeats a step, such as a second press right after the first.
        """
        try:
            result = await act()
        except (SetupError, BackendError):
            self.refused += 1
            return
        self.steps += is_step
        self.keep(band, person, result)
        # In a direct message somebody of both servers may read of both.
        in_both = not isinstance(person, simcord.MemberActor) and person.id == self.both_id
        await self.look(None if in_both else band, by_person=True, unanswered=not result.acknowledged)


@contextmanager
def _logged() -> Any:
    errors = Errors()
    root = logging.getLogger()
    root.addHandler(errors)
    try:
        yield errors
    finally:
        root.removeHandler(errors)


@asynccontextmanager
async def world_in(folder: Path, template: Path) -> AsyncIterator[World]:
    """Make the two servers, with a copy of a migrated database in the folder."""
    path = Path(shutil.copy(template, folder / "machine.sqlite3"))
    db = Database(sqlite_url(path), Clock(discord.utils.utcnow))
    env = PatientEnv(Backline(db, db.clock), settle_timeout=LONGEST_SETTLE, check_errors=False)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(db.close)
        stack.enter_context(apscheduler_follows())
        stack.enter_context(loaded_once())
        stack.enter_context(mock.patch.object(events, "EVERY", EVENTS_EVERY))
        errors = stack.enter_context(_logged())
        await env.start()
        stack.push_async_callback(env.shutdown)
        world = World(env, db, path, errors)
        stack.enter_context(world.wire.watching())
        await world.settle_in()
        stack.callback(world.books.close)
        yield world


async def migrated(path: Path) -> Path:
    """Make an empty database to copy."""
    db = Database(sqlite_url(path), Clock(discord.utils.utcnow))
    await migrate.upgrade(db)
    await db.close()
    return path
