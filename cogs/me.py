"""`/me`: what a person sets for themselves."""

from discord import app_commands
from discord.ext import commands

from bot.app import Backline
from bot.services.settings_quiet import leads_text
from bot.text import local
from bot.ui import theme
from bot.ui.components import buttons, card, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.me_card import pings_card, quiet_field
from bot.ui.params import suggest_leads, suggest_quiet, suggest_zone
from bot.ui.press import Press, modal, press, text_field
from bot.ui.respond import reply, update

WHERE = {"dm": True, "channel": False}


class MeCog(commands.GroupCog, name="me", description="Your own settings: time zone and how you are reminded"):
    """A person's own settings."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="Set your time zone, so that times you type are read in it")
    @app_commands.describe(timezone="A city or zone, such as Berlin or America/Chicago")
    @app_commands.autocomplete(timezone=suggest_zone)
    async def timezone(self, interaction: Interaction, timezone: str) -> None:
        actor = await actor_of(interaction)
        name = await self.bot.services.settings.set_zone(actor, timezone)
        here = await self.bot.services.settings.complete(actor)
        clock = local(self.bot.clock.now(), here.zone, actor.locale)
        text = f"{theme.OK} Your time zone is **{name.replace('_', ' ')}**. It is {clock} there now."
        await reply(interaction, card(text, buttons(undo(actor.change_id)), accent=theme.GOOD))

    @app_commands.command(description="How you want to be reminded; without options, a panel")
    @app_commands.describe(
        dm="True: pings come by direct message; False: in the channel, where I mention you",
        quiet_hours="When pings must wait, such as 22-8 or mon-thu 22-7, fri-sat 1-10; off for never",
        lead_times="How long before a deadline, such as 7d, 2d, 1d, 2h; none for the due time only",
    )
    @app_commands.autocomplete(quiet_hours=suggest_quiet, lead_times=suggest_leads)
    async def reminders(
        self,
        interaction: Interaction,
        dm: bool | None = None,  # noqa: FBT001 - an option of the command
        quiet_hours: str | None = None,
        lead_times: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        if dm is None and quiet_hours is None and lead_times is None:
            await reply(interaction, pings_card(actor, await self.bot.services.pings.mine(actor)))
            return
        pings = await self.bot.services.pings.set_mine(
            actor, is_by_message=dm, quiet_hours=quiet_hours, lead_times=lead_times
        )
        await reply(interaction, pings_card(actor, pings, "Saved", undo(actor.change_id)))

    @press("me:where")
    async def press_where(self, pressed: Press) -> None:
        """Save the place chosen in the panel."""
        actor = await actor_of(pressed.interaction)
        pings = await self.bot.services.pings.set_mine(actor, is_by_message=WHERE.get(pressed.values[0]))
        await update(pressed.interaction, pings_card(actor, pings, "Saved", undo(actor.change_id)))

    @press("me:words")
    async def press_words(self, pressed: Press) -> None:
        """Open the form with the quiet hours and lead times that count now."""
        pings = await self.bot.services.pings.mine(await actor_of(pressed.interaction))
        form = modal(
            "How you are reminded",
            "me:save",
            quiet_field(pings.quiet_hours),
            text_field("How long before a deadline", "lead_times", value=leads_text(pings.lead_times),
                       hint="7d, 2d, 1d, 2h; none; or default for the server's"),
        )  # fmt: skip
        await pressed.interaction.response.send_modal(form)

    @press("me:save")
    async def press_save(self, pressed: Press) -> None:
        """Save what was changed in the form; an emptied field goes back to what the server has."""
        actor = await actor_of(pressed.interaction)
        known = await self.bot.services.pings.mine(actor)
        before = {"quiet_hours": known.quiet_hours or "off", "lead_times": leads_text(known.lead_times)}
        given = {key: pressed.fields.get(key, "").strip() or "default" for key in before}
        changed = {key: text if text != before[key] else None for key, text in given.items()}
        quiet_hours, lead_times = changed["quiet_hours"], changed["lead_times"]
        pings = await self.bot.services.pings.set_mine(actor, quiet_hours=quiet_hours, lead_times=lead_times)
        await update(pressed.interaction, pings_card(actor, pings, "Saved", undo(actor.change_id)))

    @press("me:reset")
    async def press_reset(self, pressed: Press) -> None:
        """Answer **Back to the server's**."""
        actor = await actor_of(pressed.interaction)
        pings = await self.bot.services.pings.reset_mine(actor)
        await update(pressed.interaction, pings_card(actor, pings, "Back to the server's", undo(actor.change_id)))


async def setup(bot: Backline) -> None:
    await bot.add_cog(MeCog(bot))
