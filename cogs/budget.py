"""`/budget`: what is planned, spent and left."""

import io
from datetime import date as Date  # noqa: N812 - `date` is an option people type
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.errors import UserError
from bot.models.budget import Unit
from bot.money import Amount
from bot.services.budget_expense import Logged, RateNeeded, Spending, Upload, check_size
from bot.services.budget_plan import Plan
from bot.services.budget_report import CategoryReport, Report
from bot.ui import rerun, theme
from bot.ui.budget_card import (
    category_row,
    category_title,
    expense_card,
    left_line,
    line_row,
    planned_card,
    question_card,
    report_title,
)
from bot.ui.budget_options import PastDay, Payer, suggest_category
from bot.ui.components import bad, button, buttons, card, main, notice, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.params import Sum, choices_of, suggest
from bot.ui.press import Press, modal, press, text_field
from bot.ui.respond import reply, update

SUFFIXES = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/heic": "heic",
}
SHOWN_AS_PICTURE = ("png", "jpg", "webp")


class ReceiptLost(UserError):
    """A file that Discord does not give out any more."""

    text = "I can't fetch that receipt from Discord, so nothing was logged. Attach it again with the same command."


class BudgetCog(commands.GroupCog, name="budget", description="What is planned, spent and left"):
    """The budgets of a server's projects."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        bot.redraws["expense"] = self._draw_question

    @app_commands.command(description="Add a line to the budget, or change one")
    @app_commands.describe(
        category="A category such as Studio, or a line to change; an unknown one becomes your own",
        item="What the line is for, such as Room A",
        quantity="How many, such as 5, 2.5 or 4 x 3; of a percent line the percentage",
        unit="What is counted",
        rate="What one costs, such as 650 or €80",
        project="Which project; else this channel's",
    )
    @app_commands.choices(unit=choices_of(Unit))
    @app_commands.autocomplete(category=suggest_category, project=suggest("project"))
    async def plan(
        self,
        interaction: Interaction,
        category: str,
        item: str | None = None,
        quantity: str | None = None,
        unit: str | None = None,
        rate: app_commands.Transform[Amount, Sum] | None = None,
        project: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        wish = Plan(category, item, quantity, Unit(unit) if unit else None, rate)
        planned = await self.bot.services.budget.plan(actor, wish, project)
        rows = _rows_button(planned.project.number, planned.category.id)
        await reply(interaction, planned_card(planned, await self._locale(actor), undo(actor.change_id), rows))

    @app_commands.command(description="What is left, in one line")
    @app_commands.describe(
        category="A category or line, such as mixing or Room A; else the whole project",
        project="Which project; else this channel's",
    )
    @app_commands.autocomplete(category=suggest_category, project=suggest("project", archived=True))
    async def left(self, interaction: Interaction, category: str | None = None, project: str | None = None) -> None:
        actor = await actor_of(interaction)
        found = await self.bot.services.budget.left(actor, category, project)
        rows = _rows_button(found.report.project.number, found.category.category.id if found.category else None)
        await reply(interaction, notice(left_line(found, await self._locale(actor)), actions=buttons(rows)))

    @app_commands.command(description="The cost report: planned, actual, committed, to complete, final cost, variance")
    @app_commands.describe(
        project="Which project; else this channel's", category="One category, line by line; else all of them"
    )
    @app_commands.autocomplete(category=suggest_category, project=suggest("project", archived=True))
    async def show(self, interaction: Interaction, project: str | None = None, category: str | None = None) -> None:
        actor = await actor_of(interaction)
        found = await self.bot.services.budget.left(actor, category, project)
        key = found.category.category.id if found.category else None
        await self.bot.lists.show(interaction, "budget", {"project": found.report.project.number, "category": key})

    @app_commands.command(description="Log an expense")
    @app_commands.describe(
        amount="What it cost, such as 80.50, €80 or 1.2k",
        category="A category or line, such as mixing or Room A",
        what="What was bought",
        date="When it was paid, such as yesterday or 14 Nov; else today",
        payee="Who got the money",
        paid_by="The member who paid it out of their own pocket; else the band",
        receipt="A photo or PDF of the receipt, up to 10 MB",
        rate="For another currency: what one unit of it costs in the project's",
        project="Which project; else this channel's",
    )
    @app_commands.autocomplete(category=suggest_category, project=suggest("project"))
    async def spend(
        self,
        interaction: Interaction,
        amount: app_commands.Transform[Amount, Sum],
        category: str,
        what: str | None = None,
        date: app_commands.Transform[Date, PastDay] | None = None,
        payee: str | None = None,
        paid_by: app_commands.Transform[int, Payer] | None = None,
        receipt: discord.Attachment | None = None,
        rate: str | None = None,
        project: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        upload = await _fetched(interaction, receipt) if receipt else None
        spending = Spending(amount, category, what, date, payee, paid_by or None, upload, rate)
        try:
            logged = await self.bot.services.budget.spend(actor, spending, project)
        except RateNeeded as needed:
            await _ask_rate(interaction, needed)
            return
        await self._answer(interaction, actor, logged, "Logged", undo(actor.change_id))
        if logged.is_pending:
            await self._ask(interaction, actor, logged)

    @press("budget:rate")
    async def open_rate(self, pressed: Press) -> None:
        field = text_field("What one unit costs in the project's currency", "rate", hint="1.275", needed=True, limit=24)
        await pressed.interaction.response.send_modal(modal("Rate", f"budget:rated:{pressed.number()}", field))

    @press("budget:rated")
    async def with_rate(self, pressed: Press) -> None:
        """Log the expense again, now with the rate that was asked for."""
        await rerun.run(Press(pressed.interaction, pressed.args, [pressed.fields.get("rate", "")]))

    @press("budget:rows")
    async def press_rows(self, pressed: Press) -> None:
        key = pressed.number(1) or None
        await self.bot.lists.show(pressed.interaction, "budget", {"project": pressed.number(), "category": key})

    @press("budget:expense")
    async def press_expense(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        await self._answer(pressed.interaction, actor, await self.bot.services.budget.expense(actor, pressed.number()))

    @press("budget:receipt")
    async def press_receipt(self, pressed: Press) -> None:
        """Show the receipt that is kept, to whoever may see the expense."""
        actor = await actor_of(pressed.interaction)
        kept = await self.bot.services.budget.receipt(actor, pressed.number())
        suffix = SUFFIXES[kept.content_type]
        name = f"receipt-{pressed.number()}.{suffix}"
        shown: ui.Item[Any] = ui.File(f"attachment://{name}")
        if suffix in SHOWN_AS_PICTURE:
            shown = ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{name}"))
        view = card(f"Receipt of expense #{pressed.number()}", shown)
        await reply(pressed.interaction, view, files=[discord.File(io.BytesIO(kept.body), name)])

    @press("budget:approve")
    async def approve(self, pressed: Press) -> None:
        await self._decide(pressed, approve=True)

    @press("budget:reject")
    async def reject(self, pressed: Press) -> None:
        await self._decide(pressed, approve=False)

    @press("budget:void")
    async def open_void(self, pressed: Press) -> None:
        (await actor_of(pressed.interaction)).must_produce()
        field = text_field("Why is it void?", "reason", needed=True, limit=300)
        form = modal(f"Void expense #{pressed.number()}", f"budget:voided:{pressed.number()}", field)
        await pressed.interaction.response.send_modal(form)

    @press("budget:voided")
    async def void(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        logged = await self.bot.services.budget.void(actor, pressed.number(), pressed.fields.get("reason", ""))
        await self._answer(pressed.interaction, actor, logged, "Voided", undo(actor.change_id))

    @listing("budget")
    async def rows(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        """Return a page of the cost report: its categories, or the lines of one."""
        locale = await self._locale(actor)
        report = (await self.bot.services.budget.left(actor, None, f"#{query['project']}")).report
        if "category" in query:
            return _lines(report, report.category(query["category"]), page, locale)
        return _categories(report, page, locale)

    async def _answer(
        self, interaction: discord.Interaction[Any], actor: Actor, logged: Logged, verb: str = "", *more: ui.Button[Any]
    ) -> None:
        """Show an expense to the asker alone, with what they may do with it."""
        number = logged.expense.number
        actions = [*more]
        if logged.expense.receipt_id is not None:
            actions.append(button("Receipt", f"budget:receipt:{number}", emoji="🧾"))
        if actor.is_producer and (logged.is_pending or logged.is_counted):
            actions.append(bad("Void", f"budget:void:{number}"))
        note = "A producer must approve it before it counts; I have asked." if logged.is_pending and verb else ""
        await reply(interaction, expense_card(logged, await self._locale(actor), verb, *actions, note=note))

    async def _ask(self, interaction: discord.Interaction[Any], actor: Actor, logged: Logged) -> None:
        """Ask the producers in the channel, pinging their role once where one is set."""
        role = (await self.bot.services.settings.of(actor.guild_id)).producer_role_id
        message = await interaction.followup.send(
            view=question_card(logged, f"<@&{role}>" if role else ""),
            allowed_mentions=discord.AllowedMentions(roles=[discord.Object(role)] if role else False),
            wait=True,
        )
        await self.bot.services.budget.asked_in(actor, logged.expense.number, message.channel.id, message.id)

    async def _decide(self, pressed: Press, *, approve: bool) -> None:
        """Write the decision down, show it in place of the question, and tell who logged the expense."""
        actor = await actor_of(pressed.interaction)
        logged = await self.bot.services.budget.decide(actor, pressed.number(), approve=approve)
        await update(pressed.interaction, question_card(logged))
        expense = logged.expense
        word = "approved" if approve else "rejected, so it does not count"
        text = f"<@{expense.created_by}> Your expense #{expense.number} was {word}."
        told = discord.AllowedMentions(users=[discord.Object(expense.created_by)])
        await pressed.interaction.followup.send(view=notice(text), allowed_mentions=told)
        await self._answer(
            pressed.interaction, actor, logged, "Approved" if approve else "Rejected", undo(actor.change_id)
        )

    async def _draw_question(self, expense_id: int) -> None:
        """Show a question for approval as its expense is now."""
        logged = await self.bot.services.budget.question(expense_id)
        if logged is None or logged.expense.channel_id is None or logged.expense.message_id is None:
            return
        channel = self.bot.get_partial_messageable(logged.expense.channel_id)
        await channel.get_partial_message(logged.expense.message_id).edit(view=question_card(logged))

    async def _locale(self, actor: Actor) -> str:
        return (await self.bot.services.settings.of(actor.guild_id)).locale


def _rows_button(project: int, category: int | None) -> ui.Button[Any]:
    return button("Show rows", f"budget:rows:{project}:{category or 0}", emoji="📊")


async def _fetched(interaction: discord.Interaction[Any], receipt: discord.Attachment) -> Upload:
    """Fetch a receipt from Discord; raises `ReceiptTooLarge` without fetching, or `ReceiptLost`."""
    check_size(receipt.filename, receipt.size)
    await interaction.response.defer(ephemeral=True, thinking=True)
    try:
        return Upload(receipt.filename, await receipt.read())
    except discord.HTTPException as lost:
        raise ReceiptLost from lost


async def _ask_rate(interaction: discord.Interaction[Any], needed: RateNeeded) -> None:
    """Say which rate is missing, with a button that asks for it and logs the expense then."""
    memo = await rerun.keep(interaction, "rate")
    ask = buttons(main("Enter the rate", f"budget:rate:{memo}")) if memo is not None else None
    await reply(interaction, notice(f"{theme.WARNING} {needed}", accent=theme.WARN, actions=ask))


def _categories(report: Report, page: int, locale: str) -> Listing:
    shown = report.shown
    rows = [
        Row(
            category_row(each, locale),
            button("Lines", f"budget:rows:{report.project.number}:{each.category.id}"),
        )
        for each in shown[page * PAGE : (page + 1) * PAGE]
    ]
    empty = "Nothing is planned or spent yet. Begin with `/budget plan`."
    return Listing(report_title(report, locale), rows, len(shown), empty, can_share=False)


def _lines(report: Report, category: CategoryReport, page: int, locale: str) -> Listing:
    shown = category.shown
    rows = [Row(line_row(each, locale)) for each in shown[page * PAGE : (page + 1) * PAGE]]
    empty = "Nothing is planned or spent here yet. Begin with `/budget plan`."
    return Listing(category_title(report, category, locale), rows, len(shown), empty, can_share=False)


async def setup(bot: Backline) -> None:
    await bot.add_cog(BudgetCog(bot))
