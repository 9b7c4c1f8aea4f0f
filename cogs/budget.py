"""`/budget`: what is planned, spent and left."""

from datetime import date as Date  # noqa: N812 - `date` is an option people type
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.app import Backline
from bot.models.budget import ExpenseState, Unit
from bot.models.project import ProjectKind
from bot.money import Amount, Money
from bot.services.budget_expense import RateNeeded, Spending
from bot.services.budget_files import FileFormat
from bot.services.budget_plan import Plan
from bot.text import plain
from bot.ui import theme
from bot.ui.budget_books import promise_card, transfer_card, what_if_card
from bot.ui.budget_card import left_line, planned_card
from bot.ui.budget_files import send_files
from bot.ui.budget_flow import Flow, ask_rate, fetched
from bot.ui.budget_options import PastDay, Payer, Rate, suggest_category
from bot.ui.budget_template_card import shelf_card
from bot.ui.components import button, buttons, notice, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.params import Sum, When, choices_of, suggest
from bot.ui.respond import reply
from bot.when import Reading


class BudgetCog(commands.GroupCog, name="budget", description="What is planned, spent and left"):
    """The budgets of a server's projects."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.flow = Flow(bot)

    @app_commands.command(description="Add a line to the budget, or change one")
    @app_commands.describe(
        category="A category such as Studio, or a line to change; an unknown one becomes your own",
        item="What the line is for, such as Room A",
        quantity="How many, such as 5, 2.5 or 4 x 3; of a percent line the percentage",
        unit="What is counted",
        rate="What one costs, such as 650 or €80; or a percentage, such as 10%",
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
        rate: app_commands.Transform[Amount | str, Rate] | None = None,
        project: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        wish = Plan(category, item, quantity, Unit(unit) if unit else None, rate)
        planned = await self.bot.services.budget.plan(actor, wish, project)
        rows = _rows_button(planned.project.number, planned.category.id)
        await reply(interaction, planned_card(planned, await self.flow.locale(actor), undo(actor.change_id), rows))

    @app_commands.command(description="Load a template of planned lines; you see it first")
    @app_commands.describe(
        kind="The usual lines of this kind; else of the project's kind",
        template="A template by its name, such as one you saved",
        project="Which project; else this channel's",
    )
    @app_commands.choices(kind=choices_of(ProjectKind))
    @app_commands.autocomplete(template=suggest("budget_template"), project=suggest("project"))
    async def template(
        self,
        interaction: Interaction,
        kind: str | None = None,
        template: str | None = None,
        project: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        wanted = ProjectKind(kind) if kind else None
        shelf = await self.bot.services.budget_template.preview(actor, kind=wanted, name=template, project=project)
        await reply(interaction, shelf_card(shelf, await self.flow.locale(actor)))

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
        await reply(interaction, notice(left_line(found, await self.flow.locale(actor)), actions=buttons(rows)))

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
        upload = await fetched(interaction, receipt) if receipt else None
        spending = Spending(amount, category, what, date, payee, paid_by or None, upload, rate)
        try:
            logged = await self.bot.services.budget.spend(actor, spending, project)
        except RateNeeded as needed:
            await ask_rate(interaction, needed)
            return
        await self.flow.answer(interaction, actor, logged, "Logged")
        if logged.is_pending:
            await self.flow.ask(interaction, actor, logged)

    @app_commands.command(description="List the expenses; each can be shown, mended or voided")
    @app_commands.describe(
        category="A category or line; else all",
        status="Which ones; else all",
        project="Which project; else this channel's",
    )
    @app_commands.choices(status=choices_of(ExpenseState))
    @app_commands.autocomplete(category=suggest_category, project=suggest("project", archived=True))
    async def expenses(
        self,
        interaction: Interaction,
        category: str | None = None,
        status: str | None = None,
        project: str | None = None,
    ) -> None:
        query = {"category": category, "status": status, "project": project}
        await self.bot.lists.show(interaction, "budget-expense", query)

    @app_commands.command(description="Promise to pay what is not yet an invoice")
    @app_commands.describe(
        amount="How much, such as 400",
        category="A category or line, such as mixing or Room A",
        what="What for",
        due="When it must be paid, such as 14 Dec",
        project="Which project; else this channel's",
    )
    @app_commands.autocomplete(category=suggest_category, project=suggest("project"))
    async def commit(
        self,
        interaction: Interaction,
        amount: app_commands.Transform[Amount, Sum],
        category: str,
        what: str | None = None,
        due: app_commands.Transform[Reading, When("instant", "due")] | None = None,
        project: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        day = due.at.astimezone(actor.zone).date() if due and due.at else None
        promised = await self.bot.services.budget.commit(
            actor, amount, category, what=what, due_on=day, project=project
        )
        locale = await self.flow.locale(actor)
        view = promise_card(promised, locale, "Promised", undo(actor.change_id), can_change=True)
        await reply(interaction, view)

    @app_commands.command(description="Move plan from one line to another; the total stays")
    @app_commands.describe(
        amount="How much, such as 400",
        source="The line it comes from",
        target="The line it goes to",
        reason="Why",
        project="Which project; else this channel's",
    )
    @app_commands.autocomplete(source=suggest_category, target=suggest_category, project=suggest("project"))
    async def transfer(
        self,
        interaction: Interaction,
        amount: app_commands.Transform[Amount, Sum],
        source: str,
        target: str,
        reason: str | None = None,
        project: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        moved = await self.bot.services.budget.transfer(actor, amount, source, target, reason=reason, project=project)
        await reply(interaction, transfer_card(moved, await self.flow.locale(actor), undo(actor.change_id)))

    @app_commands.command(description="Lock the approved plan; later changes become numbered revisions")
    @app_commands.describe(project="Which project; else this channel's")
    @app_commands.autocomplete(project=suggest("project"))
    async def lock(self, interaction: Interaction, project: str | None = None) -> None:
        actor = await actor_of(interaction)
        found, approved = await self.bot.services.budget.lock(actor, project)
        amount = Money(approved.after_minor, found.currency).show(await self.flow.locale(actor))
        text = f"🔒 The plan of **{plain(found.name)}** is locked at {amount}. Later changes become numbered revisions."
        more = button("Revisions", f"budget:revisions:{found.number}", emoji="📜")
        await reply(interaction, notice(text, accent=theme.GOOD, actions=buttons(undo(actor.change_id), more)))

    @app_commands.command(name="what-if", description="The report as it would be; nothing is saved")
    @app_commands.describe(change="Such as 4h Room A, or 600 mixing", project="Which project; else this channel's")
    @app_commands.autocomplete(project=suggest("project"))
    async def what_if(self, interaction: Interaction, change: str, project: str | None = None) -> None:
        actor = await actor_of(interaction)
        locale = await self.flow.locale(actor)
        found = await self.bot.services.budget.what_if(actor, change, locale, project)
        await reply(interaction, what_if_card(found, locale))

    @app_commands.command(description="Who paid out of their own pocket, and who owes whom")
    @app_commands.describe(project="Which project; else this channel's")
    @app_commands.autocomplete(project=suggest("project", archived=True))
    async def settle(self, interaction: Interaction, project: str | None = None) -> None:
        await self.flow.settle(interaction, project)

    @app_commands.command(description="The cost report and all expenses as files")
    @app_commands.describe(format="XLSX with formulas, or CSV; else XLSX", project="Which project; else this channel's")
    @app_commands.choices(format=[app_commands.Choice(name=each.name, value=each.value) for each in FileFormat])
    @app_commands.autocomplete(project=suggest("project", archived=True))
    async def export(self, interaction: Interaction, format: str = "xlsx", project: str | None = None) -> None:
        await send_files(interaction, project, FileFormat(format))


def _rows_button(project: int, category: int | None) -> ui.Button[Any]:
    return button("Show rows", f"budget:rows:{project}:{category or 0}", emoji="📊")


async def setup(bot: Backline) -> None:
    await bot.add_cog(BudgetCog(bot))
