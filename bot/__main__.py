"""The command line: run, rehearse, migrate, check, backup, restore, copy."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import __version__, backup, config, logs, migrate, transfer
from bot.app import PERMISSIONS, Backline, ShardedBackline
from bot.clock import Clock
from bot.config import Config, database_address
from bot.db import Database
from bot.errors import UserError
from bot.lock import AlreadyRunning, only_one
from bot.shards import OneFileOneProcess, Shards, ShardsUnreadable

log = logging.getLogger(__name__)

HIGHEST_PORT = 65_535
SOON = timedelta(minutes=1)
HARD_END_SECONDS = 10.0


class TokenRefused(UserError):
    """A token that Discord does not accept, or that can't be one."""

    text = (
        "Discord does not accept this token. Copy it again from the developer portal (Bot, Reset Token). "
        "Nothing was started."
    )


class RehearsalMissing(UserError):
    """The rehearsal without the packages that it needs."""

    text = (
        "The rehearsal needs packages that are not installed here ({name}). Run `make rehearse`, which installs them."
    )


async def run(settings: Config, options: argparse.Namespace) -> None:
    """Migrate the database and run the bot until it is told to stop."""
    import discord  # noqa: PLC0415 - only this command talks to Discord

    token = settings.needed_token
    db = Database(settings.database, Clock())
    try:
        await migrate.upgrade(db)
        with ExitStack() as held:
            if db.is_sqlite:
                held.enter_context(_alone(settings, options.shards))
            gc.collect()
            gc.freeze()  # what stays for good is not searched again: a full collection would block for 100 ms
            kind = ShardedBackline if options.shards else Backline
            async with kind(db, db.clock, settings.web, settings.health, options.shards) as bot:
                _stop_when_told(bot)
                bot.scheduler.watch(bot.clock.now)
                if db.is_sqlite:
                    await _back_up_nightly(bot, settings)
                await bot.start(token)
    except discord.LoginFailure:
        raise TokenRefused from None
    finally:
        await db.close()


@contextmanager
def _alone(settings: Config, shards: Shards | None) -> Iterator[None]:
    """Hold the folder of an SQLite file; raises `AlreadyRunning`, or `OneFileOneProcess` for a part of the shards."""
    with ExitStack() as held:
        try:
            held.enter_context(only_one(settings.file.parent))
        except AlreadyRunning:
            if shards is None:
                raise
            raise OneFileOneProcess(folder=str(settings.file.parent)) from None
        yield


def _stop_when_told(bot: Backline) -> None:
    """Close the bot on SIGTERM or Ctrl-C; what is being answered is finished first.

    Whatever hangs then, even a blocked loop or a thread, the process ends after ten seconds; reminders that it held are
    delivered by the next one.
    """
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not stopping:
            log.info("stopping")
            end = threading.Timer(HARD_END_SECONDS, os._exit, [1])
            end.daemon = True
            end.start()
            stopping.append(loop.create_task(bot.close()))

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no such handlers; there Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(number, stop)


async def _back_up_nightly(bot: Backline, settings: Config) -> None:
    """Copy the database each night at the configured time (UTC), and soon if the last night was missed."""

    async def take() -> None:
        now = bot.clock.now()
        try:
            await asyncio.to_thread(backup.take, settings.file, settings.backup_folder, now, settings.backup.keep)
        except UserError as error:
            log.error("the nightly backup failed: %s", error)  # noqa: TRY400 - its sentence says what to mend

    if not settings.backup.nightly:
        return
    at = settings.backup.at
    bot.scheduler.daily("backup", at.hour, at.minute, ZoneInfo("UTC"), take)
    if await asyncio.to_thread(backup.is_due, settings.backup_folder, bot.clock.now()):
        bot.scheduler.at("backup soon", bot.clock.now() + SOON, take)


async def migrate_only(settings: Config, _options: argparse.Namespace) -> None:
    """Bring the database to the newest revision and stop."""
    db = Database(settings.database, Clock())
    try:
        await migrate.upgrade(db)
        sys.stdout.write(f"The database at {db.where} is at revision {await migrate.current(db)}.\n")
    finally:
        await db.close()


async def back_up(settings: Config, _options: argparse.Namespace) -> None:
    """Copy the SQLite file now, beside a running bot if there is one."""
    file = await asyncio.to_thread(
        backup.take, settings.file, settings.backup_folder, Clock().now(), settings.backup.keep
    )
    sys.stdout.write(f"The backup is {file}; it was opened and checked.\n")


async def restore(settings: Config, options: argparse.Namespace) -> None:
    """Put a backup in the database's place; the old one is kept aside."""
    aside = await asyncio.to_thread(backup.restore, options.file, settings.file, Clock().now())
    kept = f" What was there before is kept as {aside}." if aside else ""
    sys.stdout.write(f"Restored {options.file}.{kept} Start the bot again.\n")


async def copy(settings: Config, options: argparse.Namespace) -> None:
    """Copy the configured database into another, empty one, and compare both."""
    source, target = Database(settings.database, Clock()), Database(options.target, Clock())
    try:
        with ExitStack() as held:
            if source.is_sqlite:
                held.enter_context(only_one(settings.file.parent))
            copied = await transfer.copy(source, target, sys.stdout.write)
    finally:
        await source.close()
        await target.close()
    sys.stdout.write(
        f"{sum(each.rows for each in copied)} rows in {len(copied)} tables are the same in {source.where} and "
        f"{target.where}. Set BACKLINE_DATABASE_URL to the new one and start the bot.\n"
    )


async def check(settings: Config, _options: argparse.Namespace) -> None:
    """Say whether config, database and token look right, and which permissions the invite must ask for."""
    token = settings.needed_token
    if token.count(".") != 2:  # noqa: PLR2004 - a bot token has three parts
        raise TokenRefused
    db = Database(settings.database, Clock())
    try:
        if db.is_sqlite:
            migrate.prepare_folder(db)
        present = await migrate.current(db)
    finally:
        await db.close()
    state = (
        "up to date"
        if present == migrate.newest()
        else "empty"
        if present is None
        else f"at {present}, to be migrated at the next start"
    )
    sys.stdout.write(
        "Configuration: fine\n"
        f"Database: {db.where} ({state})\n"
        "Token: has the form of a bot token\n"
        f"Invite permissions: {PERMISSIONS.value} (scopes bot and applications.commands)\n"
    )


async def rehearse(_settings: Config, options: argparse.Namespace) -> None:
    """Run the bot against an offline Discord in a browser, with a band's sample data."""
    # Without this a visitor would read that voice is missing, which the bot does not use.
    logging.getLogger("discord").setLevel(logging.ERROR)
    try:
        from rehearsal.stage import open_stage  # noqa: PLC0415 - its packages are not needed to run the bot
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(("bot", "rehearsal")):
            raise
        raise RehearsalMissing(name=error.name) from None
    await open_stage(options.port, browser=options.browser)


COMMANDS: dict[str, tuple[str, Callable[[Config, argparse.Namespace], Awaitable[None]]]] = {
    "run": ("run the bot", run),
    "rehearse": ("try the bot in a browser, without a token", rehearse),
    "migrate": ("bring the database to the newest revision", migrate_only),
    "backup": ("copy the SQLite file, also while the bot runs", back_up),
    "restore": ("put a backup in the database's place", restore),
    "copy": ("copy the database into another one, as from SQLite to PostgreSQL", copy),
    "check": ("validate config, database and token without connecting", check),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bot", description="Backline, the production desk for a band's server."
    )
    parser.add_argument("--version", action="version", version=f"Backline {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, (words, _) in COMMANDS.items():
        verb = verbs.add_parser(name, help=words)
        if name == "rehearse":
            verb.add_argument("--port", type=_port, default=8765, help="the page's port (0: any free one)")
            verb.add_argument("--no-browser", dest="browser", action="store_false", help="only print the address")
        if name == "run":
            verb.add_argument("--shards", type=_shards, help="this process's part of the shards, as 0-3/16 or 2/4")
        if name == "restore":
            verb.add_argument("file", type=Path, help="the backup")
        if name == "copy":
            verb.add_argument(
                "target",
                type=_database,
                help="the address of the empty database, as postgresql://user:password@host/name",
            )
    options = parser.parse_args(arguments)
    try:
        settings = config.load()
        shards = getattr(options, "shards", None)
        logs.start(settings.log, str(shards) if shards else None)
        asyncio.run(_as_coroutine(COMMANDS[options.verb][1](settings, options)))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _port(text: str) -> int:
    """Read a port; raises ValueError for what is none."""
    port = int(text)
    if not 0 <= port <= HIGHEST_PORT:
        raise ValueError(text)
    return port


def _shards(text: str) -> Shards:
    """Read a part of the shards; argparse says what it must look like."""
    try:
        return Shards.parse(text)
    except ShardsUnreadable as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _database(text: str) -> str:
    """Read a database's address; argparse says what it must look like."""
    try:
        return database_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work


if __name__ == "__main__":
    sys.exit(main())
