"""`/availability`: when people usually can, when they are away, and who can when."""

from typing import Any

from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.services.availability_hours import in_words
from bot.text import plain, stamp_range
from bot.ui import theme
from bot.ui.availability_board import AvailabilityBoard
from bot.ui.components import Block, button, buttons, card, notice, row, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.params import People, When, Who
from bot.ui.press import Press, press
from bot.ui.respond import reply, update
from bot.when import Reading

MOST_SHOWN = 8


class AvailabilityCog(commands.GroupCog, name="availability", description="When you can and when you can't"):
    """People's own time."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.board = AvailabilityBoard(bot)

    @app_commands.command(description="Say when you usually can, such as mon-fri 18-23, sat 12-20")
    @app_commands.describe(weekly="Days and hours, such as mon-fri 18-23, sat 12-20; or: any time")
    async def hours(self, interaction: Interaction, weekly: str) -> None:
        actor = await actor_of(interaction)
        hours = await self.bot.services.availability.set_hours(actor, weekly)
        text = (
            f"{theme.OK} You usually can: **{in_words(hours.weekly)}** "
            f"({hours.zone.replace('_', ' ')}). Sessions outside that ask for a reason."
        )
        await reply(interaction, notice(text, accent=theme.GOOD, actions=buttons(undo(actor.change_id))))

    @app_commands.command(description="Say when you can't")
    @app_commands.describe(when="From when to when, such as 12-14 dec or fri 18:00-22:00", note="For yourself alone")
    async def away(
        self,
        interaction: Interaction,
        when: app_commands.Transform[Reading, When("interval", "when")],
        note: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        if when.start is None or when.end is None:
            raise ValueError(when.kind)
        away = await self.bot.services.availability.go_away(actor, when.start, when.end, note)
        text = f"{theme.OK} You are away: {stamp_range(away.start_at, away.end_at)}. Nobody sees why."
        await reply(interaction, notice(text, accent=theme.GOOD, actions=buttons(undo(actor.change_id))))

    @app_commands.command(description="Show who can when, without the reasons")
    @app_commands.describe(
        who="Who: mention up to 8 members; empty means you", range="When, up to 14 days; else the next 7 days"
    )
    async def show(
        self,
        interaction: Interaction,
        who: app_commands.Transform[People, Who] | None = None,
        range: app_commands.Transform[Reading, When("interval", "range")] | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        within = (range.start, range.end) if range is not None and range.start and range.end else None
        await self.board.show(interaction, actor, who, within)
        if who is None:
            await reply(interaction, await self._own(actor))

    @press("availability:share")
    async def press_share(self, pressed: Press) -> None:
        """Show everybody in the channel who can when."""
        await self.board.share(pressed.interaction, await actor_of(pressed.interaction), pressed.number())

    @press("availability:back")
    async def press_back(self, pressed: Press) -> None:
        """Take back one of one's own away times."""
        actor = await actor_of(pressed.interaction)
        await self.bot.services.availability.drop(actor, pressed.number())
        await update(pressed.interaction, await self._own(actor, undo(actor.change_id)))

    async def _own(self, actor: Actor, *actions: ui.Button[Any]) -> ui.LayoutView:
        """Return what the person said about their own time, with a way to take each away time back."""
        hours, aways = await self.bot.services.availability.mine(actor)
        usual = f"Usually: **{in_words(hours.weekly if hours else [])}**"
        blocks: list[Block] = ["### Your own times", usual]
        for away in aways[:MOST_SHOWN]:
            note = f"\n-# {plain(away.note)}" if away.note else ""
            blocks.append(
                row(
                    f"Away {stamp_range(away.start_at, away.end_at)}{note}",
                    button("Drop", f"availability:back:{away.id}"),
                )
            )
        if len(aways) > MOST_SHOWN:
            blocks.append(f"-# and {len(aways) - MOST_SHOWN} more")
        return card(*blocks, buttons(*actions) if actions else None)


async def setup(bot: Backline) -> None:
    await bot.add_cog(AvailabilityCog(bot))
