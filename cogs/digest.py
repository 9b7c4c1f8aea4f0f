"""The digest's buttons and menus: how often it comes, on which day and at what time; it is part of `/setup`."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.errors import UserError
from bot.models.settings import Digest
from bot.text import clip
from bot.ui.components import undo
from bot.ui.context import actor_of
from bot.ui.digest_panel import digest_panel
from bot.ui.press import Press, modal, press, text_field
from bot.ui.respond import reply, update
from bot.when import read

UTC_WALL = ZoneInfo("UTC")
HOUR = re.compile(r"(?:[01]?[0-9]|2[0-3])")


class SetInServer(UserError):
    """The digest's button in a direct message, where nobody's roles are known."""

    text = (
        "The digest is changed in the server, where I see who you are. Run `/setup start` there and press **Digest**."
    )


class NotATimeOfDay(UserError):
    """A day instead of an hour."""

    text = "“{given}” is no time of day, so nothing was changed. Type one like `9:00`, `7pm` or `18:30`."


class DigestCog(commands.Cog):
    """What producers press to set the digest."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @press("digest:open")
    async def open(self, pressed: Press) -> None:
        """Open the panel, from a digest or from the settings."""
        actor = await self._producer(pressed)
        await reply(pressed.interaction, digest_panel(await self.bot.services.digest.planned(actor)))

    @press("digest:often")
    async def often(self, pressed: Press) -> None:
        await self._save(pressed, digest=Digest(pressed.values[0]))

    @press("digest:day")
    async def day(self, pressed: Press) -> None:
        await self._save(pressed, digest_weekday=int(pressed.values[0]))

    @press("digest:hour")
    async def hour(self, pressed: Press) -> None:
        await self._save(pressed, digest_minute=int(pressed.values[0]) * 60)

    @press("digest:time")
    async def time(self, pressed: Press) -> None:
        """Ask for a time to the minute."""
        actor = await self._producer(pressed)
        settings = await self.bot.services.settings.of(actor.guild_id)
        hour, minute = divmod(settings.digest_minute, 60)
        zone = settings.timezone.replace("_", " ")
        field = text_field(f"Time of day ({zone})", "time", value=f"{hour}:{minute:02}", needed=True, limit=40)
        await pressed.interaction.response.send_modal(modal("When the digest comes", "digest:timed", field))

    @press("digest:timed")
    async def timed(self, pressed: Press) -> None:
        await self._save(pressed, digest_minute=self._minute(pressed.fields["time"], str(pressed.interaction.locale)))

    def _minute(self, text: str, locale: str) -> int:
        """Return the minute of the day that was typed; raises `NotATimeOfDay`, or what the reading of times raises."""
        typed = f"{text.strip()}:00" if HOUR.fullmatch(text.strip()) else text
        # Read on a wall without clock changes: what is meant is the time of any day.
        found = read(typed, want="instant", now=self.bot.clock.now(), zone=UTC_WALL, locale=locale)
        if found.at is None or found.precision == "day":
            raise NotATimeOfDay(given=clip(text, 40))
        return found.at.hour * 60 + found.at.minute

    async def _producer(self, pressed: Press) -> Actor:
        """Return who pressed; raises `SetInServer`, or `NotAllowed` for who is no producer."""
        if pressed.interaction.guild_id is None:
            raise SetInServer
        actor = await actor_of(pressed.interaction)
        actor.must_produce()
        return actor

    async def _save(self, pressed: Press, **given: Any) -> None:
        actor = await self._producer(pressed)
        await self.bot.services.settings.start(actor, **given)
        planned = await self.bot.services.digest.planned(actor)
        await update(pressed.interaction, digest_panel(planned, undo(actor.change_id)))


async def setup(bot: Backline) -> None:
    await bot.add_cog(DigestCog(bot))
