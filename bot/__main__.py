"""The command line: run, rehearse, migrate, check."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot import __version__, config, logs, migrate
from bot.app import PERMISSIONS, Backline
from bot.clock import Clock
from bot.config import Config
from bot.db import Database
from bot.errors import UserError

log = logging.getLogger(__name__)

HIGHEST_PORT = 65_535


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


async def run(settings: Config, _options: argparse.Namespace) -> None:
    """Migrate the database and run the bot until it is told to stop."""
    import discord  # noqa: PLC0415 - only this command talks to Discord

    token = settings.needed_token
    db = Database(settings.database, Clock())
    try:
        await migrate.upgrade(db)
        async with Backline(db, db.clock) as bot:
            _stop_when_told(bot)
            await bot.start(token)
    except discord.LoginFailure:
        raise TokenRefused from None
    finally:
        await db.close()


def _stop_when_told(bot: Backline) -> None:
    """Close the bot on SIGTERM or Ctrl-C; what is being answered is finished first."""
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        if not stopping:
            log.info("stopping")
            stopping.append(loop.create_task(bot.close()))

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows has no such handlers; there Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(number, stop)


async def migrate_only(settings: Config, _options: argparse.Namespace) -> None:
    """Bring the database to the newest revision and stop."""
    db = Database(settings.database, Clock())
    try:
        await migrate.upgrade(db)
        sys.stdout.write(f"The database at {db.where} is at revision {await migrate.current(db)}.\n")
    finally:
        await db.close()


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
    options = parser.parse_args(arguments)
    try:
        settings = config.load()
        logs.start(settings.log)
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


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work


if __name__ == "__main__":
    sys.exit(main())
