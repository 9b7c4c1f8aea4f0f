"""A band's server for tests: its people type commands, press buttons and read what comes back."""

from collections.abc import Iterator
from typing import Any

import discord
import simcord
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.app import Backline
from tests.support.simtime import crash

JsonObject = dict[str, Any]


def walk(components: list[JsonObject]) -> Iterator[JsonObject]:
    """Yield every component of a message, the outer before the inner."""
    for component in components:
        yield component
        nested = [*component.get("components", [])]
        nested += [component[key] for key in ("accessory", "component") if component.get(key)]
        yield from walk(nested)


class Shown:
    """A message as a person sees it."""

    def __init__(self, env: simcord.Env, message: Any) -> None:
        self._env = env
        channel_id = getattr(message, "channel_id", None) or message.channel.id
        self._stored = env.backend.get_message(channel_id, message.id)

    @property
    def id(self) -> int:
        return self._stored.id

    @property
    def message(self) -> Any:
        return simcord.results.to_discord_message(self._env, self._stored)

    @property
    def components(self) -> list[JsonObject]:
        return list(walk(self._stored.components))

    @property
    def text(self) -> str:
        """All its words, from top to bottom."""
        return "\n".join(
            [self._stored.content, *[part["content"] for part in self.components if part.get("type") == 10]]
        )

    @property
    def buttons(self) -> dict[str, str]:
        """Labels of the buttons that can be pressed, with their custom ids."""
        return {
            part["label"]: part["custom_id"]
            for part in self.components
            if part.get("type") == 2 and "custom_id" in part and not part.get("disabled")
        }

    @property
    def links(self) -> dict[str, str]:
        """Labels of the buttons that lead out of Discord, with their addresses."""
        return {part["label"]: part["url"] for part in self.components if part.get("type") == 2 and "url" in part}

    @property
    def options(self) -> list[JsonObject]:
        """The options of its first menu."""
        return next((part["options"] for part in self.components if part.get("type") == 3), [])

    @property
    def is_private(self) -> bool:
        return bool(self._stored.flags & 64)

    @property
    def pings(self) -> set[int]:
        """The ids of the members and roles that Discord notified."""
        return {*self._stored.ping_user_ids, *self._stored.ping_role_ids}


class Reply:
    """What came back from one command, press or form."""

    def __init__(self, env: simcord.Env, result: simcord.InteractionResult, pressed: Any = None) -> None:
        assert result.acknowledged, "the bot did not answer the interaction"
        self._env = env
        self.result = result
        self._pressed = pressed

    @property
    def messages(self) -> list[Shown]:
        """Every message that answered, the first one first; a redrawn one counts as the first."""
        first = self.result.response or self._pressed
        return [Shown(self._env, message) for message in (first, *self.result.followups) if message is not None]

    @property
    def shown(self) -> Shown:
        return self.messages[0]

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self.messages)

    @property
    def buttons(self) -> dict[str, str]:
        return {label: to for message in self.messages for label, to in message.buttons.items()}

    @property
    def is_private(self) -> bool:
        return all(message.is_private for message in self.messages)

    @property
    def form(self) -> JsonObject:
        """The modal that opened."""
        assert self.result.modal is not None, f"no form opened; instead: {self.text}"
        return self.result.modal

    def with_button(self, label: str) -> Shown:
        """Return the answering message that has the button."""
        found = [message for message in self.messages if label in message.buttons]
        assert found, f"no button {label!r}; there are {list(self.buttons)} under: {self.text}"
        return found[0]


class Person:
    """A member of the band at a keyboard, in one channel at a time."""

    def __init__(self, env: simcord.Env, actor: simcord.MemberActor, channel: simcord.ChannelHandle) -> None:
        self.env = env
        self.actor = actor
        self.channel = channel

    @property
    def id(self) -> int:
        return self.actor.id

    @property
    def mention(self) -> str:
        return f"<@{self.actor.id}>"

    def in_channel(self, channel: simcord.ChannelHandle) -> "Person":
        return Person(self.env, self.actor, channel)

    async def slash(self, command: str, **options: Any) -> Reply:
        """Type a slash command such as `booking new` and send it."""
        return Reply(self.env, await self.actor.slash(self.channel, command, **options))

    async def suggestions(self, command: str, focused: str, text: str, **options: Any) -> list[tuple[str, str]]:
        """Type into an option and read what is suggested, as (label, value)."""
        found = await self.actor.autocomplete(self.channel, command, focused, text, **options)
        return [(choice["name"], choice["value"]) for choice in found]

    async def press(self, on: Reply | Shown, label: str) -> Reply:
        """Press a button by its label."""
        shown = on.with_button(label) if isinstance(on, Reply) else on
        result = await self.actor.click(shown.message, custom_id=shown.buttons[label])
        return Reply(self.env, result, shown.message)

    async def choose(self, on: Reply | Shown, *values: Any, menu: str | None = None) -> Reply:
        """Choose in a menu: an option's label or value, or a role, channel or member handle."""
        shown = on.shown if isinstance(on, Reply) else on
        known = {option["label"]: option["value"] for option in shown.options}
        picked = [known.get(value, value) if isinstance(value, str) else value for value in values]
        return Reply(self.env, await self.actor.select(shown.message, picked, custom_id=menu), shown.message)

    async def fill(self, opened: Reply, **values: Any) -> Reply:
        """Fill the fields of a form by their keys and send it."""
        assert opened.form
        result = await self.actor.submit_modal(opened.result, values)
        return Reply(self.env, result, opened._pressed)


class Band:
    """A server with channels, roles and four people, and one stranger without any role."""

    def __init__(self, env: simcord.Env, name: str = "Night Ferry") -> None:
        self.env = env
        self.expected_errors: list[str] = []
        self.guild = env.create_guild(name=name)
        self.general = self.guild.create_text_channel("general")
        self.studio = self.guild.create_text_channel("studio")
        self.money = self.guild.create_text_channel("money")
        self.producers = self.guild.create_role("Producers")
        self.treasurers = self.guild.create_role("Money")
        self.band = self.guild.create_role("Band")
        self.owner = self._join("olga", permissions=discord.Permissions(manage_guild=True))
        self.producer = self._join("pia", self.producers)
        self.treasurer = self._join("theo", self.treasurers)
        self.singer = self._join("sam", self.band)
        self.drummer = self._join("dee", self.band)

    def _join(self, name: str, *roles: simcord.RoleHandle, permissions: discord.Permissions | None = None) -> Person:
        granted = list(roles)
        if permissions is not None:
            granted.append(self.guild.create_role(f"{name}'s role", permissions=permissions))
        return Person(self.env, self.guild.add_member(self.env.create_user(name), roles=granted), self.studio)

    async def set_up(self, timezone: str = "Europe/Berlin", currency: str = "EUR") -> "Band":
        """Set the server up as its owner would."""
        await self.owner.slash(
            "setup start",
            timezone=timezone,
            currency=currency,
            producer_role=self.producers,
            money_role=self.treasurers,
            announcements=self.general,
        )
        return self

    @property
    def bot(self) -> Backline:
        bot = self.env.bot
        assert isinstance(bot, Backline)
        return bot

    async def restart(self) -> None:
        """Stop the bot and start a fresh one on the same database."""
        gone = list(self.bot.db.after_write)
        await self.env.restart_bot(Backline(self.bot.db, self.bot.clock))
        self._forget(gone)

    async def crash(self) -> None:
        """Kill the bot in the middle of what it does and start a fresh one on the same database."""
        gone = list(self.bot.db.after_write)
        await crash(self.env, Backline(self.bot.db, self.bot.clock))
        self._forget(gone)

    def _forget(self, gone: list[Any]) -> None:
        """Take away what the bot that is gone listened to, as the end of its process would."""
        self.bot.db.after_write[:] = [listener for listener in self.bot.db.after_write if listener not in gone]

    def overwrite(self, channel: simcord.ChannelHandle, target: Any, **granted: bool) -> None:
        """Grant or deny a role or the bot itself (`None`) permissions in a channel."""
        allow, deny = discord.PermissionOverwrite(**granted).pair()
        bot = self.env.backend.bot_user.id
        kind = OverwriteType.MEMBER if target is None else OverwriteType.ROLE
        key = bot if target is None else target.id
        self.env.backend.set_overwrite(channel.id, Overwrite(key, kind, allow.value, deny.value))

    def told(self, person: Person) -> list[Shown]:
        """Return what the bot has told a person by direct message, the oldest first."""
        return [Shown(self.env, message) for message in person.actor.user.dm_channel.history()]

    def said_in(self, channel: simcord.ChannelHandle) -> list[Shown]:
        """Return the messages of a channel that everybody sees, the oldest first."""
        return [Shown(self.env, message) for message in channel.history()]

    def last_in(self, channel: simcord.ChannelHandle) -> Shown:
        """Return the newest message of a channel that everybody sees."""
        message = channel.last_message
        assert message is not None, f"nothing was said in #{channel.name}"
        return Shown(self.env, message)
