"""How the rest of a budget looks: a line with its gear, promises, transfers, what would be, and who owes whom."""

from typing import Any

from discord import ui

from bot.money import Money
from bot.services.budget_expense import Logged
from bot.services.budget_lines import Moved
from bot.services.budget_promise import Promised
from bot.services.budget_report import Left, Standing
from bot.services.budget_whatif import WhatIf
from bot.text import clip, plain
from bot.ui import theme
from bot.ui.budget_card import GLYPHS, columns, day, formula, place, revision_line, sum_of, warned
from bot.ui.components import bad, button, buttons, card, main

NAME_IN_ROW = 60


def line_card(left: Left, locale: str, verb: str = "", *actions: ui.Button[Any], can_change: bool) -> ui.LayoutView:
    """Return a line with everything it says, and its gear for producers."""
    found = left.line
    assert found is not None and left.category is not None  # noqa: S101, PT018 - a line's own card
    line, now = found.line, found.standing
    estimate = ""
    if line.etc_minor is not None:
        estimate = f"Estimate by hand: {sum_of(now, line.etc_minor, locale)} to complete, by <@{line.etc_by}>"
        estimate += f": {plain(line.etc_reason)}" if line.etc_reason else ""
    gear = [
        button("Open again" if line.is_closed else "Close", f"budget:close:{line.id}", emoji="🔒"),
        button("Estimate", f"budget:estimate:{line.id}", emoji="✏️"),
    ]
    shown = [*actions, *(gear if can_change else [])]
    return card(
        f"{theme.OK} {verb}" if verb else None,
        f"### {plain(left.category.category.name)} / {plain(line.item)}{' · closed' if line.is_closed else ''}",
        f"**{sum_of(now, now.left, locale)} left** of {sum_of(now, now.total, locale)}",
        "\n".join(filter(None, [formula(line, now, locale), columns(now, locale), estimate])),
        buttons(*shown) if shown else None,
        accent=theme.GOOD if verb else theme.BRAND,
    )


def promise_card(
    promised: Promised, locale: str, verb: str = "", *actions: ui.Button[Any], can_change: bool
) -> ui.LayoutView:
    """Return a promise to pay, with what its producers may do with it."""
    said = promised.commitment
    gear = [
        main("Invoice", f"budget:invoice:{said.number}"),
        button("Edit", f"budget:repromise:{said.number}", emoji="✏️"),
        bad("Cancel it", f"budget:unpromise:{said.number}"),
    ]
    shown = [*actions, *(gear if can_change and promised.is_open else [])]
    return card(
        f"{theme.OK} {verb}" if verb else None,
        promise_line(promised, locale),
        warned(promised.warnings, locale),
        buttons(*shown) if shown else None,
        accent=theme.GOOD if verb else theme.BRAND,
    )


def promise_line(promised: Promised, locale: str) -> str:
    said = promised.commitment
    currency = promised.project.currency
    due = f" · due {said.due_on.day} {said.due_on:%b %Y}" if said.due_on else ""
    paid = f", {Money(promised.invoiced, currency).show(locale)} invoiced" if promised.invoiced else ""
    state = "" if promised.is_open else f" · {theme.CANCELLED} cancelled"
    return (
        f"🤝 **{plain(clip(said.what, NAME_IN_ROW))}** · promise #{said.number}{state}\n"
        f"{Money(said.amount_minor, currency).show(locale)}{paid} · {plain(promised.line.item)}{due}"
    )


def transfer_card(moved: Moved, locale: str, *actions: ui.Button[Any]) -> ui.LayoutView:
    """Return a transfer with both sides as they stand now."""
    currency = moved.project.currency
    amount = Money(moved.transfer.amount_minor, currency).show(locale)
    sides = [
        f"**{plain(side.line.item)}**: {sum_of(side.standing, side.standing.left, locale)} left of "
        f"{sum_of(side.standing, side.standing.total, locale)}"
        for side in (moved.source, moved.target)
    ]
    return card(
        f"{theme.OK} Moved {amount} from {plain(moved.source.line.item)} to {plain(moved.target.line.item)}",
        "\n".join(sides),
        f"Reason: {plain(moved.transfer.reason)}" if moved.transfer.reason else None,
        "-# The total of the plan is unchanged.",
        revision_line(moved.revision, currency, locale),
        warned(moved.warnings, locale),
        buttons(*actions),
        accent=theme.GOOD,
    )


def what_if_card(found: WhatIf, locale: str) -> ui.LayoutView:
    """Return the columns that would change, before and after; nothing of it is saved."""
    cost = sum_of(found.line[0], found.cost_minor, locale)
    return card(
        f"### 🔮 {plain(found.name)}: {cost} more",
        f"**{plain(found.name)}**\n{_differences(found.line, locale)}",
        f"**{plain(found.project)}**\n{_differences(found.whole, locale)}",
        "-# Nothing was saved.",
    )


def _differences(sides: tuple[Standing, Standing], locale: str) -> str:
    before, after = sides
    rows = [
        ("Left", before.left, after.left),
        ("Committed", before.committed, after.committed),
        ("To complete", before.etc, after.etc),
        ("Final cost", before.efc, after.efc),
        ("Variance", before.variance, after.variance),
    ]
    return "\n".join(
        f"{name} {sum_of(before, old, locale)}" + (f" → **{sum_of(before, new, locale)}**" if old != new else "")
        for name, old, new in rows
    )


def expense_row(logged: Logged, locale: str) -> str:
    """Return an expense in two lines, for the list."""
    expense = logged.expense
    amount = Money(expense.amount_minor, logged.project.currency).show(locale)
    name = plain(clip(expense.what, NAME_IN_ROW))
    paid = f" · paid by <@{expense.paid_by}>" if expense.paid_by else ""
    receipt = " · 🧾" if expense.receipt_id else ""
    return (
        f"{GLYPHS[expense.state.value]} **{name}** · {amount} · #{expense.number}\n{place(logged)} · {day(logged)}"
        f"{paid}{receipt}"
    )
