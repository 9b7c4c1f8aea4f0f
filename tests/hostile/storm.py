"""Hostile text into every text option, suggestion and field of a form, taken from the bot itself."""

import itertools
import json
import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import discord

from bot.logs import JsonLines
from tests.hostile.strings import ATOMS, mixtures
from tests.support.access import Answer, Doors
from tests.support.access_commands import COMMANDS, MENUS
from tests.support.access_presses import PRESSES
from tests.support.contract import Contract

OPTION_LIMIT = 6000
FIELD_LIMIT = 4000
MOST_SECONDS = 1.0
# Shorter ones are found in any log by chance.
LEAST_MARK, MOST_MARK = 8, 30
# Where a mention is what is asked for.
ABOUT_PEOPLE = ("who", "people", "paid_by", "mention")
ILLEGIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0\ufeff\uffff]|[\u0300-\u036f]{7}")
UNEXPECTED = "Something went wrong"
# What shows, to whom it may concern, what a command or form of a stem has stored.
SHOWN_BY: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "availability": [("availability show", {})],
    "booking": [("booking list", {}), ("booking show", {"booking": "#2"})],
    "budget": [("budget expenses", {}), ("budget show", {})],
    "callsheet": [("booking callsheet", {"booking": "#2"})],
    "deadline": [("deadline list", {})],
    "project": [("project list", {})],
    "remind": [("remind list", {})],
    "room": [("room list", {}), ("room show", {"room": "#1"})],
}
ELSE_SHOWN_BY: list[tuple[str, dict[str, Any]]] = [("setup show", {}), ("data log", {})]


@dataclass(frozen=True)
class Place:
    """One place to type in: an option of a command, or a field of a form, and what stands in the others."""

    name: str
    key: str
    others: Mapping[str, Any]
    limit: int
    is_field: bool = False
    suggests: bool = False

    @property
    def called(self) -> str:
        return f"{self.name} {self.key}"

    @property
    def shown_by(self) -> list[tuple[str, dict[str, Any]]]:
        return SHOWN_BY.get(re.split("[ :]", self.name)[0], ELSE_SHOWN_BY)


@dataclass
class Storm:
    """What was sent, how much of it was kept, how long the slowest took, and what was wrong."""

    doors: Doors
    told: Sequence[logging.LogRecord]
    sent: int = 0
    kept: int = 0
    slowest: tuple[float, str] = (0.0, "")
    slow: list[tuple[Place, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def blow(self, count: int, part: int = 0, parts: int = 1) -> None:
        """Send so many strings, or one of so many parts of them, each into its place."""
        doors = self.doors
        victims = {"theo": doors.band.treasurer.id, "money_role": doors.band.treasurers.id}
        sent = list(pairs(count, list(options_of(doors)), await fields_of(doors)))[part::parts]
        doors.band.env.http_requests.clear()
        for text, place in sent:
            for key, value in victims.items():
                text = text.replace("{" + key + "}", str(value))  # noqa: PLW2901 - the ids are known only here
            await self.send(place, text[: place.limit])
        # On a loaded machine even processor time grows now and then: slow is what is slow twice.
        again, self.slow = self.slow, []
        for place, text in again:
            await self.send(place, text)
        self.faults += [f"{place.called} {text[:80]!r}: over {MOST_SECONDS} s twice" for place, text in self.slow]

    async def send(self, place: Place, text: str) -> None:
        """Type the text, look at what it has left behind, put that back, and type it again for suggestions."""
        doors, given = self.doors, {**place.others, place.key: text}
        self.sent += 1
        with self._judged(place, text, place.called) as answers:
            if place.is_field:
                answers.append(await doors.press("P", place.name, fields=given, reset=False))
            else:
                answers.append(await doors.command("P", place.name, given, reset=False))
        if doors.is_touched:
            self.kept += 1
            for name, options in place.shown_by:
                with self._judged(place, text, name) as answers:
                    answers.append(await doors.command("P", name, options, reset=False))
            doors.put_back()
        if place.suggests:
            with self._judged(place, text, "suggestions"):
                actor, channel = doors.actor("P"), doors.channel("P")
                rest = {key: value for key, value in place.others.items() if isinstance(value, str)}
                await actor.autocomplete(channel, place.name, place.key, text, **rest)

    @contextmanager
    def _judged(self, place: Place, text: str, act: str) -> Iterator[list[Answer]]:
        env = self.doors.band.env
        before, began = len(self.told), time.process_time()
        answers: list[Answer] = []
        wrong: list[str] = []
        try:
            yield answers
        except AssertionError as unanswered:
            wrong.append(str(unanswered))
        took = time.process_time() - began
        self.slowest = max(self.slowest, (took, f"{act} for {place.called} {text[:60]!r}"))
        log = env.http_requests[:]
        wrong += Contract.load().check_log(log)
        env.http_requests.clear()  # what has been looked at once need not pile up
        wrong += [fault for answer in answers for fault in _unlike_an_answer(answer)]
        wrong += ["a ping"] if place.key not in ABOUT_PEOPLE and self._pings(log) else []
        self.slow += [(place, text)] if took > MOST_SECONDS else []
        wrong += _logged(self.told[before:], text)
        self.faults += [f"{act} for {place.called} {text[:80]!r}: {fault}" for fault in wrong]

    def _pings(self, log: list[Any]) -> bool:
        """Whether a request lets Discord notify everybody, the one with the money role, or the role."""
        victims = {str(self.doors.band.treasurer.id), str(self.doors.band.treasurers.id)}
        for entry in log:
            body = entry.json if isinstance(entry.json, dict) else {}
            told = body.get("data", body)
            if not isinstance(told, dict) or not ("content" in told or "components" in told) or "custom_id" in told:
                continue
            allowed = told.get("allowed_mentions")
            if allowed is None or allowed.get("parse"):
                return True
            if victims & {str(each) for each in (*allowed.get("users", ()), *allowed.get("roles", ()))}:
                return True
        return False


def _unlike_an_answer(answer: Answer) -> Iterator[str]:
    if UNEXPECTED in answer.words:
        yield "an unexpected error"
    if not answer.words.strip():
        yield "no words"
    if found := ILLEGIBLE.search(answer.words):
        yield f"illegible: {found.group()!r}"


def _logged(records: Sequence[logging.LogRecord], text: str) -> Iterator[str]:
    """Yield each error, and each line, in the form that operators keep, which quotes what was typed."""
    mark = " ".join(text.split())[:MOST_MARK]
    for record in records:
        if record.levelno >= logging.ERROR:
            yield f"logged: {record.getMessage()}"
        line = " ".join(str(value) for value in json.loads(JsonLines().format(record)).values())
        if record.levelno >= logging.INFO and len(mark) >= LEAST_MARK and mark in line:
            yield f"quoted in the log: {line[:200]}"


def pairs(count: int, options: Sequence[Place], fields: Sequence[Place]) -> Iterator[tuple[str, Place]]:
    """Yield so many strings with the place that each is typed into.

    Three quarters are atoms as they are, in rounds: once into an option, then into one kind of field after the other,
    until each has met each kind. The rest are mixtures, over all places. Each round pairs them otherwise than the last.
    """
    kinds: dict[str, list[Place]] = {}
    for place in fields:
        kinds.setdefault(place.key, []).append(place)
    known = list(kinds.values())
    rounds = min(len(known), max(1, count * 3 // 4 // len(ATOMS) - 1))
    yield from zip(ATOMS, itertools.cycle(options), strict=False)
    for turn in range(rounds):
        for number, text in enumerate(ATOMS):
            alike = known[(number + turn) % len(known)]
            yield text, alike[turn % len(alike)]
    places = [*options, *fields]
    for number, text in enumerate(mixtures(count - (1 + rounds) * len(ATOMS))):
        yield text, places[(number + number // len(places)) % len(places)]


def options_of(doors: Doors) -> Iterator[Place]:
    """Yield every text option of every command, with options that work beside it."""
    lines = [(name, options) for group in COMMANDS.values() for _, name, options in group]
    for command in doors.band.bot.tree.walk_commands():
        if not isinstance(command, discord.app_commands.Command):
            continue
        for option in command.parameters:
            if option.type is not discord.AppCommandOptionType.string or option.choices:
                continue
            beside = next(given for name, given in lines if name == command.qualified_name and option.name in given)
            longest = option.max_value if isinstance(option.max_value, int) else OPTION_LIMIT
            yield Place(
                command.qualified_name, option.name, doors.filled("P", beside), longest, suggests=option.autocomplete
            )


async def fields_of(doors: Doors) -> list[Place]:
    """Return every text field of every form, with what the form or a line of the tables puts into the others."""
    lines = [(to.format_map(doors.names), sent) for group in PRESSES.values() for _, to, sent in group]
    forms = {to: doors.filled("P", sent) for to, sent in lines if isinstance(sent, dict)}
    limits = {(to, key): 300 for to, sent in forms.items() for key in sent}
    answers = [await doors.press("P", to) for to, sent in lines if sent is None]
    answers += [await doors.menu("P", name) for _, name in MENUS]
    for modal in filter(None, (answer.reply.result.modal for answer in answers)):
        for control in _inputs(modal):
            to = modal["custom_id"]
            key, typed = control["custom_id"], forms.setdefault(to, {})
            typed[key] = control.get("value") or typed.get(key, "")
            limits[to, key] = control.get("max_length") or FIELD_LIMIT
    return [
        Place(to, key, given, limits[to, key], is_field=True)
        for to, given in forms.items()
        for key, value in given.items()
        if not str(value).startswith("ids:")
    ]


def _inputs(modal: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for label in modal.get("components", ()):
        control = label.get("component", {})
        if control.get("type") == 4:
            yield control
