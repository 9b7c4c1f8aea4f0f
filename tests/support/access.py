"""Two servers full of things for one another's members to reach for, and every kind of member at the keyboard.

`Doors` drives one command, press or form as a person of some kind, on a database that is put back afterwards.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
import simcord
from simcord.actors import _dispatch_actor_interaction
from simcord.backend import serializers

from bot.ui import theme
from bot.ui.components import card
from tests.support.band import Band, Person, Reply
from tests.support.file_words import words_of

# Who knocks, in the order of the columns of a line: a producer, one with the money role, a member asked to the session,
# one who is not, that member in a direct message, another server's producer there, and in a direct message, and one
# who has Manage Server and neither role. Last, for buttons that name their server: the member asked, who has left.
KINDS = "PMmodxfG"
IN_SERVERS = "PMmoxG"
STRANGERS = "xf"
LEFT = "l"
DIRECT = "dfl"
POOR = "modxfl"
REFUSED = "."

# Every sum of the books is written with sevens, those of members without the role with fives and noughts,
# every contact with this number, every name with this word.
CONTACT, NAME = "555 0199", "Zanzibar"
SEVENS = re.compile(r"777|7[.,]77")
SUMS = re.compile(rf"{SEVENS.pattern}|[€$£] ?\d|\d ?(?:€|EUR\b)")
OWN_SUMS = re.compile(r"[€$]?\b[05,]+\.[05]{2}\b(?: EUR| USD)?")
NOT_WORDS = re.compile(r"<(?:[@#]|t:)[^>]*>|\d{15,}|https?://\S+")
SAID = ("content", "label", "placeholder", "description", "value", "title", "name", "default")


def said(told: Any) -> Iterator[str]:
    """Yield every word of a message's or form's JSON that somebody reads, alt text among them."""
    if isinstance(told, Mapping):
        for key, value in told.items():
            if isinstance(value, str) and key in SAID:
                yield value
            else:
                yield from said(value)
    elif isinstance(told, list | tuple):
        for each in told:
            yield from said(each)


def bare(words: Iterable[str]) -> str:
    """Return the words without ids, times and addresses, and without what the poor have typed themselves."""
    return OWN_SUMS.sub("", NOT_WORDS.sub("", "\n".join(words)))


@dataclass
class Answer:
    """What somebody got for knocking."""

    reply: Reply
    words: str
    changed: bool
    lost: bool
    public: str
    direct: str

    @property
    def is_refused(self) -> bool:
        """Whether the person was told that it can't be done, without a way to go on; a form is none."""
        if self.reply.result.modal is not None:
            return False
        goes_on = self.reply.buttons or any(message.options for message in self.reply.messages)
        return self.reply.text.lstrip("# \n").startswith(theme.WARNING) and not goes_on


@dataclass
class Doors:
    """A band's server with one of everything, another server with nothing, and a database to put back."""

    band: Band
    far: Band
    path: Path
    names: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._live = sqlite3.connect(self.path)
        self._kept = sqlite3.connect(":memory:")
        self._rows: frozenset[str] = frozenset()

    def close(self) -> None:
        self._live.close()
        self._kept.close()

    def keep(self) -> None:
        """Remember the database as it is now."""
        self._live.backup(self._kept)
        self._rows = self.rows()
        self._version = self.one("pragma data_version")

    @property
    def is_touched(self) -> bool:
        """Whether anything was written since the database was remembered or put back."""
        return bool(self.one("pragma data_version") != self._version)

    def put_back(self) -> None:
        """Bring the database back as it was remembered, and have the bot read the settings anew."""
        self._kept.backup(self._live)
        self._version = self.one("pragma data_version")
        self.band.bot.services.settings._guilds.clear()

    def rows(self) -> frozenset[str]:
        """Return every row of every table but those that only remember buttons and numbers."""
        tables = [name for (name,) in self._live.execute("select name from sqlite_master where type = 'table'")]
        return frozenset(
            f"{table} {row}"
            for table in tables
            if table not in ("memo", "fact", "counter")
            for row in self._live.execute(f'select * from "{table}"')  # noqa: S608 - names of our own
        )

    def one(self, question: str) -> Any:
        """Return the first value that the database answers."""
        return self._live.execute(question).fetchone()[0]

    def actor(self, kind: str) -> Any:
        band = self.band
        people = {"P": band.producer, "M": band.treasurer, "m": band.singer, "o": band.drummer, "G": band.owner}
        if kind in people:
            return people[kind].actor
        sam, far = band.singer.actor.user, self.far.owner.actor
        return {"d": sam, "l": sam, "x": far, "f": far.user}[kind]

    def channel(self, kind: str) -> simcord.ChannelHandle:
        if kind in DIRECT:
            direct: simcord.ChannelHandle = self.actor(kind).dm_channel
            return direct
        return self.far.studio if kind == "x" else self.band.studio

    def filled(self, kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return a line's options with the names and numbers of this server's things in them."""
        at = self.far if kind in STRANGERS else self.band
        handles = {"@role": at.band, "@channel": at.studio, "@member": self.band.singer.actor.user}
        given = {key: handles.get(value, value) if isinstance(value, str) else value for key, value in options.items()}
        return {key: value.format_map(self.names) if isinstance(value, str) else value for key, value in given.items()}

    async def command(self, kind: str, name: str, options: Mapping[str, Any], *, reset: bool = True) -> Answer:
        """Type a command as a person of some kind."""
        with self._watched(kind, reset) as answer:
            result = await self.actor(kind).slash(self.channel(kind), name, **options)
            answer.append(Reply(self.band.env, result))
        return only(answer)

    async def press(
        self,
        kind: str,
        to: str,
        values: Sequence[str] = (),
        fields: Mapping[str, str] | None = None,
        *,
        reset: bool = True,
    ) -> Answer:
        """Press a button or choose in a menu of that custom id, or send a form of it when there are fields."""
        channel = self.channel(kind)
        shown = await self.band.bot.get_partial_messageable(channel.id).send(view=card("Here it was."))
        data: dict[str, Any] = {"custom_id": to, "component_type": 2}
        if values:
            data |= {"component_type": 3, "values": list(values)}
        if fields is not None:
            data = {"custom_id": to, "components": [_field(key, value) for key, value in fields.items()]}
        with self._watched(kind, reset) as answer, self._gone(kind):
            result = await self._send(kind, channel, data, shown, is_form=fields is not None)
            answer.append(Reply(self.band.env, result, None if result.response else shown))
        return only(answer)

    @contextmanager
    def _gone(self, kind: str) -> Iterator[None]:
        """Let somebody have left the server for as long as they press something there."""
        members, key = self.band.env.backend.guilds[self.band.guild.id].members, self.band.singer.id
        member = members.pop(key) if kind == LEFT else None
        yield
        if member is not None:
            members[key] = member

    async def _send(
        self, kind: str, channel: simcord.ChannelHandle, data: dict[str, Any], shown: discord.Message, *, is_form: bool
    ) -> simcord.InteractionResult:
        env = self.band.env
        stored = env.backend.get_message(channel.id, shown.id)
        env._begin_operation("press")
        try:
            return await _dispatch_actor_interaction(
                self.actor(kind),
                5 if is_form else 3,
                channel,
                data,
                extra={"message": dict(serializers.message_payload(env.backend, stored))},
                source_message_id=stored.id,
            )
        finally:
            env._end_operation()

    async def menu(self, kind: str, name: str) -> Answer:
        """Use a context menu on a message of this server."""
        person: Person = self.band.singer if kind not in STRANGERS else self.far.owner
        message = await person.actor.send(self.channel("x" if kind in STRANGERS else "P"), "Send the stems")
        with self._watched(kind, reset=True) as answer:
            result = await self.actor(kind).context_menu(self.channel(kind), name, message)
            answer.append(Reply(self.band.env, result))
        return only(answer)

    @contextmanager
    def _watched(self, kind: str, reset: bool) -> Iterator[list[Any]]:  # noqa: FBT001
        """Fill the list's second place with the answer that its first has brought, and put the database back."""
        since, stored = len(self.band.env.http_requests), self._stored()
        answer: list[Any] = []
        yield answer
        is_touched = reset and self.is_touched
        after = self.rows() if is_touched else self._rows
        gone, gained = self._rows - after, after - self._rows
        theirs = any(str(self.far.guild.id) not in row for row in gone)
        lost = theirs or any(str(self.band.guild.id) in row for row in gained)
        public, direct = self._posted(kind, self.band.env.http_requests[since:])
        public += bare(words for message in self._stored_since(stored) for words in self._filed(message))
        answer.append(Answer(answer[0], self._words(answer[0]), bool(gone or gained), lost, public, direct))
        if is_touched:
            self.put_back()

    def _words(self, reply: Reply) -> str:
        """Return all that an answer says, with the words in its files."""
        words = [*said(reply.result.modal or {})]
        for message in reply.messages:
            stored = message._stored
            words += [stored.content, *said(stored.components), *self._filed(stored)]
        return bare(words)

    def _filed(self, message: Any) -> Iterator[str]:
        """Yield what the files of a message say, pictures among them."""
        for attachment in message.attachments:
            yield attachment["filename"]
            yield from words_of(self.band.env.backend.cdn.get(attachment["url"]) or b"")

    def _stored(self) -> dict[int, int]:
        """Return how many messages stand in each channel that everybody sees."""
        known = self.band.env.backend.messages
        return {channel.id: len(known.get(channel.id, ())) for channel in (self.band.studio, self.band.general)}

    def _stored_since(self, before: Mapping[int, int]) -> Iterator[Any]:
        """Yield the messages that have come since where everybody sees them, and that are not for one person alone."""
        for key, count in before.items():
            new = list(self.band.env.backend.messages.get(key, {}).values())[count:]
            yield from (message for message in new if not message.flags & 64)

    def _posted(self, kind: str, log: list[Any]) -> tuple[str, str]:
        """Return what was said to everybody in a channel, and to people who may not see money."""
        closed = {self.band.money.id}
        rich = {each.actor.user.dm_channel.id for each in (self.band.owner, self.band.producer, self.band.treasurer)}
        poor = {each.actor.user.dm_channel.id for each in (self.band.singer, self.band.drummer)}
        public: list[str] = []
        direct: list[str] = []
        for entry in log:
            if entry.method != "POST" or not isinstance(entry.json, dict):
                continue
            body = entry.json.get("data", entry.json)
            found = re.match(r"/channels/(\d+)/messages$", entry.path)
            place = int(found.group(1)) if found else 0
            if place in poor:
                direct += said(body)
            elif (
                place in rich | closed
                or (isinstance(body, dict) and int(body.get("flags") or 0) & 64)
                or kind in DIRECT
            ):
                continue
            elif found or "/callback" in entry.path or "/webhooks/" in entry.path:
                public += said(body) if entry.json.get("type", 4) == 4 else []
        return bare(public), bare(direct)


def _field(key: str, value: str) -> dict[str, Any]:
    control: dict[str, Any] = {"type": 4, "custom_id": key, "value": value}
    if value.startswith("ids:"):
        control = {"type": 5, "custom_id": key, "values": [each for each in value[4:].split(",") if each]}
    return {"type": 18, "component": control}


def only(answer: list[Any]) -> Answer:
    """Return what a watched act has brought."""
    found = answer[1]
    assert isinstance(found, Answer)
    return found
