"""What the band did before the visitor came in: typed and pressed as they would, so that the cards are real ones."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import discord
import simcord

from rehearsal.world import World

ZONE = ZoneInfo("Europe/Berlin")
EPHEMERAL = 64


class Refused(Exception):
    """The bot did not do what the story needs."""


class Story:
    """Lets people of a world use the bot."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def say(self, who: str, where: str, words: str) -> None:
        """Write into a channel, as people do in between."""
        await self.world.people[who].send(self.world.channels[where], words)

    async def type(self, who: str, where: str, command: str, /, **options: Any) -> Any:
        """Send a slash command and return the message that answers; raises `Refused` where there is none.

        A `@Name` in an option stands for that member's or role's mention.
        """
        given = {
            name: self.world.with_mentions(value) if isinstance(value, str) else value
            for name, value in options.items()
        }
        result = await self.world.people[who].slash(self.world.channels[where], command, **given)
        if result.response is None:
            raise Refused(f"/{command} was not answered")
        return result.response

    async def press(self, who: str, message: Any, label: str) -> simcord.InteractionResult:
        """Press a button by its label; raises `Refused` where the message has none."""
        where = message.channel.id if isinstance(message, discord.Message) else message.channel_id
        stored = self.world.env.backend.get_message(where, message.id)
        parts = walk(stored.components)
        custom_id = next((part["custom_id"] for part in parts if part.get("label") == label), None)
        if custom_id is None:
            words = " ".join(part["content"] for part in parts if part.get("content"))
            raise Refused(f"no button {label!r}, instead: {words[:300]}")
        return await self.world.people[who].click(message, custom_id=custom_id)

    def day(self, days: int, at: str = "") -> str:
        """Say a day counted from now, and a time on it, as one would type it."""
        day = self.world.env.now().astimezone(ZONE) + timedelta(days=days)
        return f"{day.day} {day:%b %Y} {at}".strip()

    def newest(self, where: str) -> Any:
        """Return the newest message of a channel that everybody sees; raises `Refused` for an empty one."""
        message = self.world.channels[where].last_message
        if message is None:
            raise Refused(f"nothing was said in #{where}")
        return message

    def forget_whispers(self) -> None:
        """Take away what only one person saw: on Discord it is gone after a while, too."""
        for messages in self.world.env.backend.messages.values():
            for key in [key for key, message in messages.items() if message.flags & EPHEMERAL]:
                del messages[key]


def walk(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List every component of a message, the outer before the inner."""
    found = []
    for component in components:
        nested = [*component.get("components", [])]
        nested += [component[key] for key in ("accessory", "component") if component.get(key)]
        found += [component, *walk(nested)]
    return found
