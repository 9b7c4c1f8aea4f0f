"""The band's server: its channels, its roles and the four people in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import discord
import simcord

from rehearsal.env import RehearsalEnv

SERVER = "Night Ferry"
BOT = "Backline"
CHANNELS = {
    "general": "Announcements and everything else",
    "studio": "Sessions: book, answer, move",
    "money": "What things cost",
    "album": "Harbour Lights: songs, deadlines, release",
}
PEOPLE = {
    "Pia": ("producer", ("Producers", "Money", "Band")),
    "Sam": ("singer", ("Band",)),
    "Dee": ("drummer", ("Band",)),
    "Eli": ("engineer", ("Money",)),
}
MARKS = re.compile(r"<t:[^>]*>|\*\*|`|^(?:-#|#{1,3}) ", re.MULTILINE)
COLOURS = {"Producers": 0xE0A458, "Money": 0x7BC47F, "Band": 0x7AA2F7}


@dataclass(frozen=True)
class Place:
    """Somewhere to talk: a channel of the server, or one person's direct messages with the bot."""

    key: str
    label: str
    channel: simcord.ChannelHandle
    owner: simcord.MemberActor | None = None


class World:
    """A fresh server; `places` in the order in which Discord would list them."""

    def __init__(self, env: RehearsalEnv) -> None:
        self.env = env
        self.guild = env.create_guild(SERVER, preferred_locale="en-GB")
        self.roles = {name: self._role(name, colour) for name, colour in COLOURS.items()}
        self.channels = {name: self.guild.create_text_channel(name, topic=topic) for name, topic in CHANNELS.items()}
        self.people = {name: self._join(name, *roles) for name, (_, roles) in PEOPLE.items()}
        self.places = {place.key: place for place in self._places()}

    def _role(self, name: str, colour: int) -> simcord.RoleHandle:
        granted = discord.Permissions(manage_guild=name == "Producers")
        return self.guild.create_role(name, permissions=granted, color=colour, hoist=True)

    def _join(self, name: str, *roles: str) -> simcord.MemberActor:
        user = self.env.create_user(name.lower(), global_name=name)
        return self.guild.add_member(user, roles=[self.roles[role] for role in roles])

    def _places(self) -> Iterator[Place]:
        for name, channel in self.channels.items():
            yield Place(name, f"# {name}", channel)
        for name, actor in self.people.items():
            yield Place(f"dm-{name.lower()}", f"{name}'s DM", actor.user.dm_channel, actor)

    @property
    def opening(self) -> Place:
        """The place a visitor sees first."""
        return self.places["studio"]

    def actor(self, user_id: int) -> simcord.MemberActor:
        """Return the member with an id; raises KeyError for a stranger."""
        return {actor.id: actor for actor in self.people.values()}[user_id]

    def name_of(self, user_id: int) -> str:
        """Return what a person or the bot is called."""
        return next((name for name, actor in self.people.items() if actor.id == user_id), BOT)

    def with_mentions(self, text: str) -> str:
        """Return a text in which each `@Name` has become that member's or role's mention."""
        for name, mention in self._mentions().items():
            text = text.replace(name, mention)
        return text

    def readable(self, text: str) -> str:
        """Return a text in plain words: names for mentions, no marks and no timestamps."""
        for name, mention in self._mentions().items():
            text = text.replace(mention, name)
        return " ".join(MARKS.sub("", text).split())

    def _mentions(self) -> dict[str, str]:
        named = {f"@{name}": found.mention for name, found in self.people.items()}
        named |= {f"@{name}": found.mention for name, found in self.roles.items()}
        return named | {f"#{name}": found.mention for name, found in self.channels.items()}
