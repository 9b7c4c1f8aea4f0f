"""`/calendar`: one's sessions and deadlines in any calendar app."""

import io

import discord
from discord import app_commands
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.services.calendar import AddressKnown, Subject
from bot.ui import calendar_card as cards
from bot.ui.context import Interaction, actor_of
from bot.ui.params import When, suggest
from bot.ui.press import Press, UnknownButton, press
from bot.ui.respond import reply, update
from bot.when import Reading

SCOPE = "Mine, a project's or a room's; empty means mine"


class CalendarCog(commands.GroupCog, name="calendar", description="Your sessions and deadlines in any calendar app"):
    """Addresses for calendar apps, and files."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="Your private address for a calendar app")
    @app_commands.describe(scope=SCOPE)
    @app_commands.autocomplete(scope=suggest("calendar"))
    async def link(self, interaction: Interaction, scope: str | None = None) -> None:
        actor = await actor_of(interaction)
        base = self.bot.calendar_base
        if base is None:
            await reply(interaction, cards.off_card(await self.bot.services.calendar.subject(actor, scope)))
            return
        try:
            address = await self.bot.services.calendar.link(actor, scope)
        except AddressKnown as known:
            await reply(interaction, cards.known_card(known))
            return
        await reply(interaction, cards.address_card(address, base, change_id=actor.change_id))

    @app_commands.command(description="Make your old address useless, and get a new one")
    @app_commands.describe(scope=SCOPE)
    @app_commands.autocomplete(scope=suggest("calendar", archived=True))
    async def reset(self, interaction: Interaction, scope: str | None = None) -> None:
        actor = await actor_of(interaction)
        feed, subject = await self.bot.services.calendar.asked(actor, scope)
        await reply(interaction, cards.reset_card(subject, feed.id, feed.serial, feed.read_at))

    @app_commands.command(description="The calendar as an .ics file, now")
    @app_commands.describe(scope=SCOPE, range="From when to when; else everything ahead")
    @app_commands.autocomplete(scope=suggest("calendar", archived=True))
    async def file(
        self,
        interaction: Interaction,
        scope: str | None = None,
        range: app_commands.Transform[Reading, When("interval", "range")] | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._send(interaction, actor, await self.bot.services.calendar.subject(actor, scope), range)

    async def _send(self, interaction: Interaction, actor: Actor, subject: Subject, range: Reading | None) -> None:
        within = (range.start, range.end) if range is not None and range.start and range.end else None
        made = await self.bot.services.calendar.file(actor, subject, self.bot.people, within)
        attached = discord.File(io.BytesIO(made.body), made.name)
        await reply(interaction, cards.file_card(made, attached.filename), files=[attached])

    @press("calendar:file")
    async def press_file(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        subject = await self.bot.services.calendar.by_id(actor, pressed.args[0], pressed.number(1))
        await pressed.interaction.response.defer(ephemeral=True, thinking=True)
        await self._send(pressed.interaction, actor, subject, None)

    @press("calendar:renew")
    async def press_renew(self, pressed: Press) -> None:
        """Give a new address in place of the old one, in the same private message."""
        base = self.bot.calendar_base
        if base is None:  # the web part was switched off since
            raise UnknownButton
        actor = await actor_of(pressed.interaction)
        address = await self.bot.services.calendar.renew(actor, pressed.number(), pressed.number(1))
        await update(pressed.interaction, cards.address_card(address, base, change_id=actor.change_id))

    @press("calendar:stop")
    async def press_stop(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        subject = await self.bot.services.calendar.stop(actor, pressed.number(), pressed.number(1))
        await update(pressed.interaction, cards.stopped_card(subject, actor.change_id))

    @press("calendar:keep")
    async def press_keep(self, pressed: Press) -> None:
        await update(pressed.interaction, cards.kept_card())


async def setup(bot: Backline) -> None:
    await bot.add_cog(CalendarCog(bot))
