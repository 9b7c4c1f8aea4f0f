"""Every command and every press, by every kind of member and another server's: who may, and who learns what."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import product
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.app import Backline
from tests.support.access import (
    CONTACT,
    IN_SERVERS,
    KINDS,
    LEFT,
    NAME,
    POOR,
    REFUSED,
    SEVENS,
    STRANGERS,
    SUMS,
    Answer,
    Doors,
)
from tests.support.access_commands import COMMANDS, MENUS
from tests.support.access_presses import PRESSES
from tests.support.access_world import two_servers
from tests.support.band import Band
from tests.support.drawn import read_along

Knock = Callable[[str], Awaitable[Answer]]
GROUPS = list(COMMANDS)
# What is typed into an option before its suggestions are read: nothing, a number, and how every name here begins.
BEGUN = ("", "1", NAME[:4])
# What two members owe one another is told to both of them, without the money role.
BETWEEN_TWO = ("budget:pay:", "budget:got:", "budget:dun:", "budget:unpay:", "budget:paid:", "budget:received:")
# Buttons of direct messages that ask nothing of a server.
ALSO_AFTER_LEAVING = ("desk:dismiss",)
# Whom the contacts of the session concern: its people and those who make it.
MET = "PmG"


@pytest.fixture
async def doors(band: Band, sqlite_path: Path) -> AsyncIterator[Doors]:
    with read_along():
        found = await two_servers(band, sqlite_path)
        yield found
        found.close()


def commands(bot: Backline) -> set[str]:
    found = bot.tree.walk_commands()
    return {each.qualified_name for each in found if isinstance(each, discord.app_commands.Command)}


def options_of(bot: Backline) -> set[tuple[str, str]]:
    found = [each for each in bot.tree.walk_commands() if isinstance(each, discord.app_commands.Command)]
    return {(each.qualified_name, option.name) for each in found for option in each.parameters}


def known(to: str) -> str:
    return ":".join(to.split(":")[:2])


async def test_every_command_option_menu_and_press_has_a_line(band: Band) -> None:
    bot = band.bot
    lines_of = [(name, options) for lines in COMMANDS.values() for _, name, options in lines]
    assert {name for name, _ in lines_of} == commands(bot), "add a line to tests/support/access_commands.py"
    assert {(name, key) for name, options in lines_of for key in options} == options_of(bot)
    menus = bot.tree.get_commands(type=discord.AppCommandType.message)
    menus += bot.tree.get_commands(type=discord.AppCommandType.user)
    assert {name for _, name in MENUS} == {menu.name for menu in menus}
    known_presses = {known(to) for lines in PRESSES.values() for _, to, _ in lines}
    assert known_presses == set(bot.presses), "add a line to tests/support/access_presses.py"
    listed = {to.split(":")[2] for lines in PRESSES.values() for _, to, _ in lines if to.startswith("list:page:")}
    assert listed == set(bot.lists._sources)


async def test_no_command_is_offered_in_direct_messages(band: Band) -> None:
    assert band.singer.actor.user.available_commands() == ()


@pytest.mark.parametrize("group", GROUPS)
async def test_who_may_do_what(doors: Doors, group: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    assert [*await typed(doors, group), *await pressed(doors, group)] == []
    told = [record.getMessage() for record in caplog.records if record.name.startswith(("bot", "cogs"))]
    assert [words for words in told if NAME in words or CONTACT in words or SUMS.search(words)] == []


async def typed(doors: Doors, group: str) -> list[str]:
    """Type every command of a group as everybody."""
    faults = []
    for allowed, name, options in COMMANDS[group]:

        async def knock(kind: str, name: str = name, options: dict[str, Any] = options) -> Answer:
            return await doors.command(kind, name, doors.filled(kind, options))

        faults += await line(f"/{name}", allowed, IN_SERVERS, knock)
    return faults


async def pressed(doors: Doors, group: str) -> list[str]:
    """Press every button of a group, choose in its menus and send its forms as everybody."""
    faults = []
    for allowed, to, sent in PRESSES[group]:

        async def knock(kind: str, to: str = to, sent: Any = sent) -> Answer:
            values = [each.format_map(doors.names) for each in sent] if isinstance(sent, list) else ()
            fields = doors.filled(kind, sent) if isinstance(sent, dict) else None
            return await doors.press(kind, to.format_map(doors.names), values, fields)

        faults += await line(to, allowed, KINDS, knock)
        if "{guild}" in to or to in ALSO_AFTER_LEAVING:
            faults += await line(to, LEFT if to in ALSO_AFTER_LEAVING else REFUSED, LEFT, knock)
    return faults


async def test_context_menus_and_suggestions(doors: Doors) -> None:
    """What is suggested while typing names no sum to the poor, and nothing of this server to another's."""
    faults = []
    for allowed, name in MENUS:

        async def knock(kind: str, name: str = name) -> Answer:
            return await doors.menu(kind, name)

        faults += await line(name, allowed, IN_SERVERS, knock)
    assert faults == []
    tree = doors.band.bot.tree.walk_commands()
    for command in [each for each in tree if isinstance(each, discord.app_commands.Command)]:
        for option in [each for each in command.parameters if each.autocomplete]:
            for kind, begun in (*product("mx", BEGUN), ("o", "")):
                found = await doors.actor(kind).autocomplete(
                    doors.channel(kind), command.qualified_name, option.name, begun, **_needed(doors, kind, command)
                )
                words = " ".join(f"{choice['name']} {choice['value']}" for choice in found)
                place = (command.qualified_name, option.name, kind, begun)
                assert not SUMS.search(words), place
                assert CONTACT not in words, place
                assert kind not in STRANGERS or NAME not in words, place


def _needed(doors: Doors, kind: str, command: Any) -> dict[str, Any]:
    """Return the options that the line of a command fills before one is typed."""
    lines = [options for lines in COMMANDS.values() for _, name, options in lines if name == command.qualified_name]
    return {key: value for key, value in doors.filled(kind, lines[0]).items() if isinstance(value, str)}


async def line(name: str, allowed: str, kinds: str, knock: Knock) -> list[str]:
    """Let every kind of member knock; return what is wrong, in sentences."""
    assert len(allowed) == len(kinds), f"{name}: a letter or a dot for each of {kinds}"
    faults = []
    got = ""
    for kind in kinds:
        answer = await knock(kind)
        got += REFUSED if answer.is_refused else kind
        faults += [f"{name} as {kind}: {fault}" for fault in faults_of(name, kind, answer)]
    return faults if got == allowed else [f"{name}: {got} instead of {allowed}", *faults]


def faults_of(name: str, kind: str, answer: Answer) -> list[str]:
    words, between = answer.words, name.startswith(BETWEEN_TWO)
    found = {
        "no sentence": not words.strip(),
        "an unexpected error": "Something went wrong" in words,
        "refused, and yet something was changed": answer.is_refused and answer.changed,
        "reaches into a server that is not theirs": kind in f"{STRANGERS}{LEFT}" and (answer.lost or NAME in words),
        "a sum": kind in POOR and (SEVENS if kind in STRANGERS else SUMS).search(words) and not between,
        "a contact": kind not in f"{MET}d" and CONTACT in words,
        "a sum for everybody": SUMS.search(answer.public),
        "a contact for everybody": CONTACT in answer.public,
        "a sum by message": SUMS.search(answer.direct) and not between,
    }
    return [fault for fault, is_so in found.items() if is_so]
