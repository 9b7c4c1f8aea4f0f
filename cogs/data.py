"""`/data`: who changed what, everything as files, and forgetting a person."""

import io
from datetime import datetime
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.models.budget import Expense
from bot.services.data_export import Shape
from bot.ui import theme
from bot.ui.components import bad, button, buttons, card, notice
from bot.ui.context import Interaction, actor_of
from bot.ui.data_options import PastSpan, Span
from bot.ui.data_words import told, told_of_one
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.params import People, Who, choices_of
from bot.ui.press import Press, press
from bot.ui.respond import reply, update

# Discord's smallest limit for one file, less what a message needs besides.
FILE_BYTES = 9_500_000


class DataCog(
    commands.GroupCog, name="data", description="This server's data: its history, a copy, forgetting a person"
):
    """A server's own data."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="Show who changed what, and when")
    @app_commands.describe(who="Whose changes; else everybody's", range="When, such as last week; else all")
    async def log(
        self,
        interaction: Interaction,
        who: app_commands.Transform[People, Who] | None = None,
        range: app_commands.Transform[Span, PastSpan] | None = None,
    ) -> None:
        query = {
            "users": list(who.users) if who and who.users else None,
            "start": int(range[0].timestamp()) if range else None,
            "end": int(range[1].timestamp()) if range else None,
        }
        await self.bot.lists.show(interaction, "data", query)

    @listing("data")
    async def log_page(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        steps, total = await self.bot.services.data.log(
            actor,
            users=query.get("users") or (),
            start=self._instant(query.get("start")),
            end=self._instant(query.get("end")),
            offset=page * PAGE,
            limit=PAGE,
        )
        return Listing(
            "Who changed what",
            [Row(told(step, actor)) for step in steps],
            total,
            "Nothing was changed in that time.",
            can_share=False,
        )

    @listing("data-expense")
    async def expense_page(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        """List what was changed in one expense, to whoever may see it."""
        expense = (await self.bot.services.budget.expense(actor, query["number"])).expense
        steps, total = await self.bot.services.data.history(
            actor, Expense.__tablename__, expense.id, offset=page * PAGE, limit=PAGE
        )
        rows = [Row(told_of_one(step, actor)) for step in steps]
        return Listing(f"History of expense #{expense.number}", rows, total, "Nothing is known.", can_share=False)

    @press("data:expense")
    async def press_expense(self, pressed: Press) -> None:
        await self.bot.lists.show(pressed.interaction, "data-expense", {"number": pressed.number()})

    @app_commands.command(description="Get everything of this server as a ZIP of JSON and CSV")
    @app_commands.describe(format="Only JSON or only CSV; else both")
    @app_commands.choices(format=choices_of(Shape))
    async def export(self, interaction: Interaction, format: str = Shape.BOTH.value) -> None:
        await interaction.response.defer(ephemeral=True)
        actor = await actor_of(interaction)
        parts = await self.bot.services.data.export(actor, Shape(format), FILE_BYTES)
        for part in parts:
            text = (
                f"### {theme.OK} Everything of this server\n"
                "It holds amounts, contacts and what people wrote: keep it where only those see it who may. "
                "Whole numbers in columns that end with `_minor` are cents, or what is the smallest unit of a currency."
            )
            file = discord.File(io.BytesIO(part.body), part.name)
            await reply(interaction, card(text, ui.File(f"attachment://{part.name}")), files=[file])

    @app_commands.command(description="Remove a person's personal data for good; the books stay balanced")
    @app_commands.describe(member="Who; yourself, or anybody if you are a producer")
    async def forget(self, interaction: Interaction, member: discord.User) -> None:
        actor = await actor_of(interaction)
        if member.id != actor.user_id:
            actor.must_produce()
        text = (
            f"### {theme.WARNING} Forget {member.mention}?\n"
            "Gone for good: their settings, times, private reminders, calendar addresses, and their places in sessions "
            "and deadlines to come.\nKept without a name: expenses, shares, past sessions and the history, in which "
            "“former member” and a number stand for them, so that every sum stays as it is. What other people "
            "typed about them in plain words stays.\n**This can't be undone.**"
        )
        choice = buttons(bad("Forget", f"data:forget:{member.id}"), button("Keep", "data:keep"))
        await reply(interaction, card(text, choice, accent=theme.WARN))

    @press("data:keep")
    async def press_keep(self, pressed: Press) -> None:
        await update(pressed.interaction, notice("Nothing was removed."))

    @press("data:forget")
    async def press_forget(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        done = await self.bot.services.data.forget(actor, pressed.number())
        text = (
            f"{theme.OK} Forgotten. {done.removed} entries are removed; in {done.anonymous} others "
            f"**former member {done.number}** stands now."
        )
        await update(pressed.interaction, notice(text, accent=theme.GOOD))

    def _instant(self, seconds: int | None) -> datetime | None:
        return None if seconds is None else datetime.fromtimestamp(seconds, self.bot.clock.now().tzinfo)


async def setup(bot: Backline) -> None:
    await bot.add_cog(DataCog(bot))
