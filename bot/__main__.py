"""The command line: run, rehearse, migrate, check."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable

from bot import __version__, config, logs, migrate
from bot.app import PERMISSIONS, Backline
from bot.clock import Clock
from bot.config import Config
from bot.db import Database
from bot.errors import UserError

log = logging.getLogger(__name__)


class TokenRefused(UserError):
    """A token that Discord does not accept, or that can't be one."""

    text = (
        "Discord does not accept this token. Copy it again from the developer portal (Bot, Reset Token). "
        "Nothing was started."
    )


async def run(settings: Config) -> None:
    """Migrate the database and run the bot until it is told to stop."""
    import discord  # noqa: PLC0415 - only this command talks to Discord

    token = settings.needed_token
    db = Database(settings.database, Clock())
    try:
        await migrate.upgrade(db)
        async with Backline(db, db.clock) as bot:
            await bot.start(token)
    except discord.LoginFailure:
        raise TokenRefused from None
    finally:
        await db.close()


async def migrate_only(settings: Config) -> None:
    """Bring the database to the newest revision and stop."""
    db = Database(settings.database, Clock())
    try:
        await migrate.upgrade(db)
        sys.stdout.write(f"The database at {db.where} is at revision {await migrate.current(db)}.\n")
    finally:
        await db.close()


async def check(settings: Config) -> None:
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


async def rehearse(_settings: Config) -> None:
    """Run the bot against an offline Discord in a browser, with a band's sample data."""
    from rehearsal.stage import open_stage  # noqa: PLC0415 - its packages are not needed to run the bot

    await open_stage()


COMMANDS: dict[str, tuple[str, Callable[[Config], Awaitable[None]]]] = {
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
        verbs.add_parser(name, help=words)
    verb = parser.parse_args(arguments).verb
    try:
        settings = config.load()
        logs.start(settings.log)
        asyncio.run(_as_coroutine(COMMANDS[verb][1](settings)))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work


if __name__ == "__main__":
    sys.exit(main())
