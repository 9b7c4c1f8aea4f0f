"""`/setup`: the server's settings, a panel to set them, and a check of what the bot is missing."""

from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.app import Backline
from bot.models.settings import Digest, GuildSettings
from bot.services.digest import Planned
from bot.services.settings_quiet import DEFAULT_LEADS, leads_text
from bot.text import clip, plain
from bot.ui import theme
from bot.ui.components import Block, button, buttons, card, main, rule, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.digest_panel import digest_button, digest_faults, digest_line
from bot.ui.event_panel import event_faults, event_line, event_switch
from bot.ui.me_card import quiet_field
from bot.ui.money_channel import money_faults, money_hint, money_line, money_menu
from bot.ui.params import choices_of, suggest_currency, suggest_zone
from bot.ui.press import Press, modal, press, text_field
from bot.ui.respond import reply, update

NEEDED_IN_CHANNEL = ("view_channel", "send_messages", "attach_files")
MOST_CHANNELS = 15
# What the menus of the panel set.
COLUMNS = {
    "producers": "producer_role_id",
    "money": "money_role_id",
    "announcements": "announcements_id",
    "money_channel": "money_channel_id",
}


class SetupCog(commands.GroupCog, name="setup", description="Set up the desk for this server"):
    """The server's settings."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="Set the time zone, currency, roles and announcements; without options, a panel")
    @app_commands.describe(
        timezone="The server's time zone: a city or zone, such as Berlin",
        currency="The currency you count in, such as EUR",
        producer_role="Who may do everything",
        money_role="Who may see budgets, fees and rates",
        announcements="Where I post what everybody should know",
        digest="How often I post a summary",
    )
    @app_commands.choices(digest=choices_of(Digest))
    @app_commands.autocomplete(timezone=suggest_zone, currency=suggest_currency)
    async def start(
        self,
        interaction: Interaction,
        timezone: str | None = None,
        currency: str | None = None,
        producer_role: discord.Role | None = None,
        money_role: discord.Role | None = None,
        announcements: discord.TextChannel | None = None,
        digest: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        given = {
            "timezone": timezone,
            "currency": currency,
            "producer_role_id": producer_role.id if producer_role else None,
            "money_role_id": money_role.id if money_role else None,
            "announcements_id": announcements.id if announcements else None,
            "digest": Digest(digest) if digest else None,
        }
        if not any(given.values()):
            actor.must_produce()
            await reply(interaction, _panel(await self.bot.services.settings.of(actor.guild_id)))
            return
        await self.bot.services.settings.start(actor, **given, locale=str(interaction.guild_locale or "en-US"))
        blocks: list[Block] = [
            f"### {theme.OK} Saved",
            *_lines(interaction.guild, await self.bot.services.digest.planned(actor)),
            buttons(undo(actor.change_id), _check_button(), digest_button(actor.guild_id)),
        ]
        await reply(interaction, card(*blocks, accent=theme.GOOD))

    @app_commands.command(description="Name every missing permission or setting, and how to mend it")
    async def check(self, interaction: Interaction) -> None:
        await reply(interaction, await self._checked(interaction))

    @app_commands.command(description="Show the current settings")
    async def show(self, interaction: Interaction) -> None:
        planned = await self.bot.services.digest.planned(await actor_of(interaction))
        await reply(interaction, card("### Settings", *_lines(interaction.guild, planned)))

    @press("setup:start")
    async def open_panel(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        actor.must_produce()
        await reply(pressed.interaction, _panel(await self.bot.services.settings.of(actor.guild_id)))

    @press("setup:check")
    async def press_check(self, pressed: Press) -> None:
        await reply(pressed.interaction, await self._checked(pressed.interaction))

    @press("setup:pick")
    async def picked(self, pressed: Press) -> None:
        """Save a role or channel chosen in the panel; an emptied menu leaves the setting as it was."""
        actor = await actor_of(pressed.interaction)
        column = COLUMNS[pressed.args[0]]
        chosen = int(pressed.values[0]) if pressed.values else None
        settings = await self.bot.services.settings.start(actor, **{column: chosen})
        await update(pressed.interaction, _panel(settings, undo(actor.change_id)))

    @press("setup:events")
    async def switched_events(self, pressed: Press) -> None:
        """Switch the server's own events on or off."""
        actor = await actor_of(pressed.interaction)
        settings = await self.bot.services.settings.start(actor, shows_events=bool(pressed.number()))
        await update(pressed.interaction, _panel(settings, undo(actor.change_id)))

    @press("setup:words")
    async def open_form(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        actor.must_produce()
        settings = await self.bot.services.settings.of(actor.guild_id)
        form = modal(
            "Time zone and currency",
            "setup:save",
            text_field("Time zone (a city or zone)", "timezone", value=settings.timezone, needed=True, limit=64),
            text_field("Currency (three letters)", "currency", value=settings.currency, needed=True, limit=3),
        )
        await pressed.interaction.response.send_modal(form)

    @press("setup:save")
    async def save_form(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        given = {key: pressed.fields.get(key) for key in ("timezone", "currency")}
        locale = str(pressed.interaction.guild_locale or "en-US")
        settings = await self.bot.services.settings.start(actor, **given, locale=locale)
        await update(pressed.interaction, _panel(settings, undo(actor.change_id)))

    @press("setup:pings")
    async def open_pings(self, pressed: Press) -> None:
        """Open the form for how those are reminded who set nothing themselves."""
        actor = await actor_of(pressed.interaction)
        actor.must_produce()
        settings = await self.bot.services.settings.of(actor.guild_id)
        form = modal(
            "How people are reminded",
            "setup:pinged",
            text_field("Before a deadline", "lead_times", value=_leads(settings), hint="7d, 2d, 1d, 2h; or none"),
            quiet_field(settings.quiet_hours or ""),
        )
        await pressed.interaction.response.send_modal(form)

    @press("setup:pinged")
    async def save_pings(self, pressed: Press) -> None:
        """Save that form; an emptied field goes back to the default."""
        actor = await actor_of(pressed.interaction)
        given = {key: pressed.fields.get(key, "").strip() or "default" for key in ("lead_times", "quiet_hours")}
        settings = await self.bot.services.pings.set_server(actor, **given)
        await update(pressed.interaction, _panel(settings, undo(actor.change_id)))

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Greet a new server where the bot may write, with the button that sets it up."""
        candidates = [guild.system_channel, *guild.text_channels]
        channel = next((found for found in candidates if found and found.permissions_for(guild.me).send_messages), None)
        if channel is None:
            return
        text = (
            f"### {theme.BOOKED} Hello, I'm Backline\n"
            "I book your studio time, keep the budget and remind everybody in time.\n"
            "A person with *Manage Server* sets me up in a minute; after that, `/help` shows what I do."
        )
        await channel.send(view=card(text, buttons(main("Set up", "setup:start", emoji="🛠️"))))

    async def _checked(self, interaction: discord.Interaction[Any]) -> ui.LayoutView:
        actor = await actor_of(interaction)
        settings = await self.bot.services.settings.of(actor.guild_id)
        faults = [*_missing_settings(interaction.guild, settings), *_missing_permissions(interaction.guild)]
        faults += event_faults(interaction.guild, is_on=settings.shows_events)
        faults += digest_faults(await self.bot.services.digest.planned(actor))
        if not await self.bot.services.settings.is_set_up(actor.guild_id):
            faults.insert(0, f"{theme.WARNING} Nothing is set yet: run `/setup start`.")
        hint = money_hint(settings.money_channel_id)
        if not faults:
            return card(
                "### Check",
                f"{theme.OK} Everything is in place: settings, roles, and what I may do in every channel.",
                hint,
                accent=theme.GOOD,
            )
        return card("### Check", "\n".join(faults), hint, accent=theme.WARN)


def _check_button() -> ui.Button[Any]:
    return button("Check", "setup:check", emoji="🩺")


def _panel(settings: GuildSettings, *more: ui.Button[Any]) -> ui.LayoutView:
    """Return the panel whose menus save at once and whose button opens the form."""
    roles = discord.SelectDefaultValueType.role
    channels = discord.SelectDefaultValueType.channel

    def default(kind: discord.SelectDefaultValueType, key: int | None) -> list[discord.SelectDefaultValue]:
        return [discord.SelectDefaultValue(id=key, type=kind)] if key else []

    blocks: list[Block] = [
        f"### {theme.SETTINGS} Set up Backline",
        f"Time zone **{settings.timezone.replace('_', ' ')}**, currency **{settings.currency}**\n{_pings(settings)}",
        buttons(
            main("Time zone and currency", "setup:words"),
            digest_button(settings.guild_id),
            button("Reminders", "setup:pings", emoji=theme.REMINDER),
            _check_button(),
            *more,
        ),
        rule(),
        "**Producers** may do everything. People with *Manage Server* always may.",
        ui.ActionRow(
            ui.RoleSelect(
                custom_id="setup:pick:producers",
                placeholder="Pick the producers' role",
                default_values=default(roles, settings.producer_role_id),
            )
        ),
        "**Money** sees budgets, fees and rates.",
        ui.ActionRow(
            ui.RoleSelect(
                custom_id="setup:pick:money",
                placeholder="Pick the money role",
                default_values=default(roles, settings.money_role_id),
            )
        ),
        "**Announcements** is where I post what everybody should know.",
        ui.ActionRow(
            ui.ChannelSelect(
                custom_id="setup:pick:announcements",
                channel_types=[discord.ChannelType.text, discord.ChannelType.news],
                placeholder="Pick the announcements channel",
                default_values=default(channels, settings.announcements_id),
            )
        ),
        *money_menu(settings.money_channel_id),
        *event_switch(is_on=settings.shows_events),
    ]
    return card(*blocks)


def _lines(guild: discord.Guild | None, planned: Planned) -> list[str]:
    settings = planned.settings

    def role(key: int | None, none: str) -> str:
        if key is None:
            return none
        return f"<@&{key}>" if guild and guild.get_role(key) else f"a role that was deleted {theme.WARNING}"

    announcements = "not set"
    if settings.announcements_id:
        known = guild and guild.get_channel(settings.announcements_id)
        announcements = f"<#{settings.announcements_id}>" if known else f"a channel that was deleted {theme.WARNING}"
    return [
        f"Time zone: **{settings.timezone.replace('_', ' ')}**\n"
        f"Currency: **{settings.currency}**\n"
        f"Producers: {role(settings.producer_role_id, 'people with Manage Server')}\n"
        f"Money: {role(settings.money_role_id, 'producers only')}\n"
        f"Announcements: {announcements}\n"
        f"{money_line(guild, settings.money_channel_id)}\n"
        f"{digest_line(planned)}\n"
        f"{event_line(is_on=settings.shows_events)}\n"
        f"{_pings(settings)}"
    ]


def _pings(settings: GuildSettings) -> str:
    """Return how those are reminded who set nothing themselves."""
    quiet = f", quiet hours **{settings.quiet_hours}**" if settings.quiet_hours else ""
    return f"Reminders before a deadline: **{_leads(settings)}**{quiet} · each person's own with `/me reminders`"


def _leads(settings: GuildSettings) -> str:
    return leads_text(DEFAULT_LEADS if settings.lead_times is None else settings.lead_times)


def _missing_settings(guild: discord.Guild | None, settings: GuildSettings) -> list[str]:
    faults: list[str] = []
    if guild is None:
        return faults
    for key, name, option in (
        (settings.producer_role_id, "producer", "producer_role"),
        (settings.money_role_id, "money", "money_role"),
    ):
        if key is not None and guild.get_role(key) is None:
            faults.append(f"{theme.MISSING} The {name} role was deleted: pick another with `/setup start {option}`.")
    if settings.announcements_id is None:
        faults.append(f"{theme.WARNING} No announcements channel is set: `/setup start announcements`.")
    elif guild.get_channel(settings.announcements_id) is None:
        faults.append(
            f"{theme.MISSING} The announcements channel was deleted: pick another with `/setup start announcements`."
        )
    return faults + money_faults(guild, settings.money_channel_id)


def _missing_permissions(guild: discord.Guild | None) -> list[str]:
    """Return a line per text channel in which the bot lacks something, and how to mend it."""
    if guild is None:
        return []
    faults = []
    for channel in guild.text_channels:
        granted = channel.permissions_for(guild.me)
        missing = [name.replace("_", " ").title() for name in NEEDED_IN_CHANNEL if not getattr(granted, name)]
        if missing:
            where = f"{channel.mention} ({plain(clip(channel.name, 40))})"
            faults.append(
                f"{theme.MISSING} {where}: I lack **{', '.join(missing)}**. Edit channel → Permissions → my role."
            )
    if len(faults) > MOST_CHANNELS:
        faults = [*faults[:MOST_CHANNELS], f"… and {len(faults) - MOST_CHANNELS} more channels."]
    return faults


async def setup(bot: Backline) -> None:
    await bot.add_cog(SetupCog(bot))
