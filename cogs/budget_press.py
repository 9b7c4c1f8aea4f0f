"""What people press on a budget: rows, expenses, receipts, approvals, lines with their gear, promises."""

import asyncio
import io
from dataclasses import replace
from typing import Any

import discord
from discord import ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.models.budget import ExpenseState
from bot.money import Money, read_amount
from bot.services.budget_entries import Edit
from bot.services.budget_promise_edit import NewPromise
from bot.services.budget_report import CategoryReport, Report
from bot.text import plain, stamp
from bot.ui import rerun
from bot.ui.budget_books import expense_row, line_card, promise_card, promise_line
from bot.ui.budget_card import category_row, category_title, line_row, report_title, revision_line
from bot.ui.budget_flow import Flow
from bot.ui.budget_options import read_day, read_past_day
from bot.ui.components import button, buttons, card, undo
from bot.ui.context import actor_of
from bot.ui.lists import PAGE, Listing, Picture, Row, listing
from bot.ui.press import Press, UnknownButton, modal, press, text_field
from bot.ui.respond import reply, update

SUFFIXES = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/heic": "heic",
}
LATER = {1: "Tomorrow", 3: "In 3 days", 7: "In a week"}
SHOWN_AS_PICTURE = ("png", "jpg", "webp")


class BudgetPressCog(commands.Cog):
    """The buttons, forms and lists of the budget."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.flow = Flow(bot)
        bot.redraws["expense"] = self.flow.draw_question

    @press("budget:rate")
    async def open_rate(self, pressed: Press) -> None:
        """Ask for the rate; only whoever logs the expense."""
        await self.bot.services.memo.recall(await actor_of(pressed.interaction), pressed.number(), rerun.KIND)
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

    @press("budget:promises")
    async def press_promises(self, pressed: Press) -> None:
        await self.bot.lists.show(pressed.interaction, "budget-promise", {"project": pressed.number()})

    @press("budget:revisions")
    async def press_revisions(self, pressed: Press) -> None:
        await self.bot.lists.show(pressed.interaction, "budget-revision", {"project": pressed.number()})

    @press("budget:expense")
    async def press_expense(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        logged = await self.bot.services.budget.expense(actor, pressed.number())
        await self.flow.answer(pressed.interaction, actor, logged)

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
        await self.flow.decide(pressed.interaction, await actor_of(pressed.interaction), pressed.number(), approve=True)

    @press("budget:reject")
    async def reject(self, pressed: Press) -> None:
        await self.flow.decide(
            pressed.interaction, await actor_of(pressed.interaction), pressed.number(), approve=False
        )

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
        await self.flow.answer(pressed.interaction, actor, logged, "Voided")

    @press("budget:edit")
    async def open_edit(self, pressed: Press) -> None:
        """Open a form with what the expense says now."""
        actor = await actor_of(pressed.interaction)
        logged = await self.bot.services.budget.expense(actor, pressed.number())
        expense = logged.expense
        amount = f"{Money(expense.original_minor, expense.original_currency).major} {expense.original_currency}"
        form = modal(
            f"Edit expense #{expense.number}",
            f"budget:edited:{expense.number}",
            text_field("Amount", "amount", value=amount, needed=True, limit=40),
            text_field("What was bought", "what", value=expense.what, needed=True, limit=200),
            text_field("Who got the money", "payee", value=expense.payee, limit=100),
            text_field("When it was paid", "date", value=expense.spent_on.isoformat(), needed=True, limit=40),
            text_field(
                "Category / line", "category", value=f"{logged.category.name} / {logged.line.item}", needed=True
            ),
        )
        await pressed.interaction.response.send_modal(form)

    @press("budget:edited")
    async def edit(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        locale = await self.flow.locale(actor)
        typed = pressed.fields
        day = read_past_day(typed["date"], now=self.bot.clock.now(), zone=actor.zone, locale=actor.locale)
        amount = read_amount(typed["amount"], locale)
        wish = Edit(amount, typed["what"], typed["payee"], day, typed["category"])
        logged = await self.bot.services.budget.edit(actor, pressed.number(), wish)
        await self.flow.answer(pressed.interaction, actor, logged, "Changed")

    @press("budget:refund")
    async def open_refund(self, pressed: Press) -> None:
        (await actor_of(pressed.interaction)).must_produce()
        field = text_field("How much came back", "amount", needed=True, limit=40)
        form = modal(f"Refund of expense #{pressed.number()}", f"budget:refunded:{pressed.number()}", field)
        await pressed.interaction.response.send_modal(form)

    @press("budget:refunded")
    async def refund(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        amount = read_amount(pressed.fields["amount"], await self.flow.locale(actor))
        logged = await self.bot.services.budget.refund(actor, pressed.number(), amount)
        await self.flow.answer(pressed.interaction, actor, logged, "Refunded")

    @press("budget:line")
    async def press_line(self, pressed: Press) -> None:
        await self._show_line(pressed, await actor_of(pressed.interaction))

    @press("budget:close")
    async def close(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        await self.bot.services.budget.close(actor, pressed.number())
        await self._show_line(pressed, actor, "Changed", undo(actor.change_id))

    @press("budget:estimate")
    async def open_estimate(self, pressed: Press) -> None:
        (await actor_of(pressed.interaction)).must_produce()
        form = modal(
            "What it still takes",
            f"budget:estimated:{pressed.number()}",
            text_field("Still to come; empty to go by the plan", "amount", limit=40),
            text_field("Why", "reason", limit=300),
        )
        await pressed.interaction.response.send_modal(form)

    @press("budget:estimated")
    async def estimate(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        typed = pressed.fields.get("amount", "").strip()
        amount = read_amount(typed, await self.flow.locale(actor)) if typed else None
        await self.bot.services.budget.estimate(actor, pressed.number(), amount, pressed.fields.get("reason", ""))
        await self._show_line(pressed, actor, "Changed", undo(actor.change_id))

    @press("budget:contingency")
    async def count_for_contingency(self, pressed: Press) -> None:
        """Leave a category out of the contingency's percentage, or count it again."""
        actor = await actor_of(pressed.interaction)
        category = await self.bot.services.budget.count_for_contingency(actor, pressed.number())
        counts = "counts for" if category.in_contingency else "is left out of"
        text = f"**{plain(category.name)}** {counts} the contingency now."
        await reply(pressed.interaction, card(text, buttons(undo(actor.change_id))))

    @press("budget:promise")
    async def press_promise(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        promised = await self.bot.services.budget.promise(actor, pressed.number())
        view = promise_card(promised, await self.flow.locale(actor), can_change=actor.is_producer)
        await reply(pressed.interaction, view)

    @press("budget:invoice")
    async def open_invoice(self, pressed: Press) -> None:
        (await actor_of(pressed.interaction)).must_produce()
        field = text_field("What the invoice says", "amount", needed=True, limit=40)
        form = modal(f"Invoice for promise #{pressed.number()}", f"budget:invoiced:{pressed.number()}", field)
        await pressed.interaction.response.send_modal(form)

    @press("budget:invoiced")
    async def invoice(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        amount = read_amount(pressed.fields["amount"], await self.flow.locale(actor))
        logged = await self.bot.services.budget.invoice(actor, pressed.number(), amount)
        await self.flow.answer(pressed.interaction, actor, logged, "Logged")

    @press("budget:unpromise")
    async def take_back(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        promised = await self.bot.services.budget.take_back(actor, pressed.number())
        view = promise_card(
            promised, await self.flow.locale(actor), "Cancelled", undo(actor.change_id), can_change=False
        )
        await update(pressed.interaction, view)

    @press("budget:repromise")
    async def open_promise(self, pressed: Press) -> None:
        """Open a form with what the promise says now."""
        actor = await actor_of(pressed.interaction)
        actor.must_produce()
        promised = await self.bot.services.budget.promise(actor, pressed.number())
        said, currency = promised.commitment, promised.project.currency
        form = modal(
            f"Promise #{said.number}",
            f"budget:repromised:{said.number}",
            text_field("Amount", "amount", value=f"{Money(said.amount_minor, currency).major}", needed=True, limit=40),
            text_field("What for", "what", value=said.what, needed=True, limit=200),
            text_field(
                "When it must be paid; empty for no day",
                "due",
                value=said.due_on.isoformat() if said.due_on else None,
                limit=60,
            ),
        )
        await pressed.interaction.response.send_modal(form)

    @press("budget:repromised")
    async def change_promise(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        locale, typed = await self.flow.locale(actor), pressed.fields
        amount = read_amount(typed["amount"], locale)
        due = read_day(typed.get("due", ""), now=self.bot.clock.now(), zone=actor.zone, locale=actor.locale)
        wish = NewPromise(amount, typed["what"], due)
        promised = await self.bot.services.promise.change(actor, pressed.number(), wish)
        view = promise_card(promised, locale, "Changed", undo(actor.change_id), can_change=True)
        await reply(pressed.interaction, view)

    @press("budget:snooze")
    async def snooze(self, pressed: Press) -> None:
        """Ask until when a promise may wait."""
        (await actor_of(pressed.interaction)).must_produce()
        choices = [button(label, f"budget:later:{pressed.number()}:{days}") for days, label in LATER.items()]
        await reply(pressed.interaction, card("When shall I remind of it again?", buttons(*choices)))

    @press("budget:later")
    async def later(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        if pressed.number(1) not in LATER:
            raise UnknownButton
        at = await self.bot.services.promise.snooze(actor, pressed.number(), pressed.number(1))
        words = f"💤 I'll remind of promise #{pressed.number()} again {stamp(at)}"
        await update(pressed.interaction, card(words, buttons(undo(actor.change_id))))

    @listing("budget")
    async def rows(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        """Return a page of the cost report: its categories, or the lines of one."""
        locale = await self.flow.locale(actor)
        report = (await self.bot.services.budget.left(actor, None, f"#{query['project']}")).report
        shown = report.category(query["category"]) if "category" in query else None
        picture = await self._picture(actor, report, shown, locale) if page == 0 else None
        if shown is not None:
            return replace(_lines(actor, report, shown, page, locale), picture=picture)
        return replace(_categories(report, page, locale), picture=picture)

    async def _picture(self, actor: Actor, report: Report, shown: CategoryReport | None, locale: str) -> Picture | None:
        """Return the report drawn in the colour that the bot wears in the server; nothing of an empty one."""
        if (report if shown is None else shown).standing.is_empty:
            return None
        # Imported on first use: Pillow is large, and most processes never draw.
        from bot.ui.budget_picture import in_words, picture  # noqa: PLC0415

        guild = self.bot.get_guild(actor.guild_id)
        accent = guild.me.colour.value if guild is not None and guild.me is not None else 0
        png = await asyncio.to_thread(picture, report, shown, locale, accent)
        return Picture(png, "cost-report.png", in_words(report, shown, locale))

    @listing("budget-expense")
    async def expenses(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        locale = await self.flow.locale(actor)
        state = ExpenseState(query["status"]) if "status" in query else None
        found = await self.bot.services.budget.listed(
            actor, query.get("project"), query.get("category"), state, page, PAGE
        )
        rows = [
            Row(expense_row(each, locale), button("Show", f"budget:expense:{each.expense.number}"))
            for each in found.page
        ]
        counted = Money(found.counted_minor, found.project.currency).show(locale)
        whose = "Expenses" if actor.sees_money else "Your expenses"
        title = f"{whose} · {plain(found.project.name)}" + (f"\n{counted} approved" if found.total else "")
        return Listing(title, rows, found.total, "Nothing was logged yet. Begin with `/budget spend`.", can_share=False)

    @listing("budget-promise")
    async def promises(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        locale = await self.flow.locale(actor)
        found = await self.bot.services.budget.promises(actor, f"#{query['project']}")
        rows = [
            Row(promise_line(each, locale), button("Show", f"budget:promise:{each.commitment.number}"))
            for each in found[page * PAGE : (page + 1) * PAGE]
        ]
        empty = "Nothing is promised. Begin with `/budget commit`."
        return Listing("Promises to pay", rows, len(found), empty, can_share=False)

    @listing("budget-revision")
    async def revisions(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        locale = await self.flow.locale(actor)
        project, found = await self.bot.services.budget.revisions(actor, f"#{query['project']}")
        rows = [
            Row(
                f"**{plain(each.what)}** · <@{each.created_by}> · <t:{int(each.created_at.timestamp())}:d>\n"
                f"{revision_line(each, project.currency, locale)}, "
                f"now {Money(each.after_minor, project.currency).show(locale)}"
            )
            for each in found[page * PAGE : (page + 1) * PAGE]
        ]
        return Listing("The approved plan and its revisions", rows, len(found), "Nothing is locked.", can_share=False)

    async def _show_line(self, pressed: Press, actor: Actor, verb: str = "", *actions: ui.Button[Any]) -> None:
        left = await self.bot.services.budget.line(actor, pressed.number())
        view = line_card(left, await self.flow.locale(actor), verb, *actions, can_change=actor.is_producer)
        await reply(pressed.interaction, view)


def _categories(report: Report, page: int, locale: str) -> Listing:
    shown = report.shown
    number = report.project.number
    rows = [
        Row(category_row(each, locale), button("Lines", f"budget:rows:{number}:{each.category.id}"))
        for each in shown[page * PAGE : (page + 1) * PAGE]
    ]
    empty = "Nothing is planned or spent yet. Begin with `/budget plan`."
    more = (
        button("Promises", f"budget:promises:{number}", emoji="🤝"),
        button("XLSX", f"budget:files:{number}:xlsx", emoji="📤"),
        button("CSV", f"budget:files:{number}:csv", emoji="📤"),
    )
    note, rates = "", None
    if todo := len(report.unpriced):
        note = f"{todo} {'line has' if todo == 1 else 'lines have'} no rate yet"
        rates = buttons(button("Fill in rates", f"budget:unpriced:{number}", emoji="✏️"))
        empty = "Lines are planned, but none has a rate yet."
    title = report_title(report, locale)
    return Listing(title, rows, len(shown), empty, note=note, can_share=False, actions=more, menu=rates)


def _lines(actor: Actor, report: Report, category: CategoryReport, page: int, locale: str) -> Listing:
    shown = category.shown
    rows = [
        Row(line_row(each, locale), button("Line", f"budget:line:{each.line.id}", emoji="⚙️"))
        for each in shown[page * PAGE : (page + 1) * PAGE]
    ]
    empty = "Nothing is planned or spent here yet. Begin with `/budget plan`."
    key = category.category
    label = "Leave out of contingency" if key.in_contingency else "Count for contingency"
    can = actor.is_producer and key.id > 0 and not category.standing.contingency
    more = (button(label, f"budget:contingency:{key.id}"),) if can else ()
    return Listing(category_title(report, category, locale), rows, len(shown), empty, can_share=False, actions=more)


async def setup(bot: Backline) -> None:
    await bot.add_cog(BudgetPressCog(bot))
