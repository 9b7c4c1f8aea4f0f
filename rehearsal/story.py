"""What the band did before the visitor came in: typed and pressed as they would, so the cards are real ones."""

import logging
from typing import Any

import simcord

from rehearsal.world import World

log = logging.getLogger(__name__)


class Refused(Exception):
    """The bot did not do what the story needs."""


class Story:
    """Lets people of a world use the bot."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def type(self, who: str, where: str, command: str, **options: Any) -> simcord.InteractionResult:
        """Send a slash command; raises `Refused` where the bot does not answer."""
        result = await self.world.people[who].slash(self.world.channels[where], command, **options)
        if not result.acknowledged:
            raise Refused(f"/{command} was not answered")
        return result

    async def press(self, who: str, message: Any, label: str) -> simcord.InteractionResult:
        """Press a button by its label; raises `Refused` where the message has none."""
        custom_id = next((key for text, key in _buttons(self._parts(message)) if text == label), None)
        if custom_id is None:
            raise Refused(f"no button {label!r}; instead: {self.words(message)[:200]}")
        return await self.world.people[who].click(message, custom_id=custom_id)

    def words(self, message: Any) -> str:
        """Return everything that a message says."""
        stored = self.world.env.backend.get_message(message.channel_id, message.id)
        texts = [part.get("content", "") for part in walk(stored.components)]
        return "\n".join(filter(None, [stored.content, *texts]))

    def _parts(self, message: Any) -> list[dict[str, Any]]:
        stored = self.world.env.backend.get_message(message.channel_id, message.id)
        return list(walk(stored.components))


def walk(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List every component of a message, the outer before the inner."""
    found = []
    for component in components:
        nested = [*component.get("components", [])]
        nested += [component[key] for key in ("accessory", "component") if component.get(key)]
        found += [component, *walk(nested)]
    return found


def _buttons(parts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(part["label"], part["custom_id"]) for part in parts if part.get("type") == 2 and part.get("custom_id")]  # noqa: PLR2004 - a button


async def tell(world: World) -> None:
    """Play what happened before the visitor came in."""
    story = Story(world)
    await story.type(
        "Pia",
        "general",
        "setup start",
        timezone="Europe/Berlin",
        currency="EUR",
        producer_role=world.roles["Producers"],
        money_role=world.roles["Money"],
        announcements=world.channels["general"],
    )
    await story.type("Pia", "album", "project create", name="Harbour Lights", kind="album", budget="24k")
    await story.type(
        "Pia",
        "studio",
        "room add",
        name="Room A",
        rate="60",
        unit="hour",
        minimum="2h",
        buffer="30",
        address="Hafenstr. 12",
        cancellation="48h 50%, 24h 100%",
    )
    await story.type("Pia", "studio", "room add", name="Big Hall", rate="480", unit="day")
