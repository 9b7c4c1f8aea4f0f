"""How a budget looks: the line that says what is left, rows of the cost report, an expense and its question."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from discord import ui

from bot.money import Money
from bot.services.budget_expense import Logged
from bot.services.budget_plan import Planned
from bot.services.budget_report import CategoryReport, Left, LineReport, Report, Standing
from bot.services.budget_warning import Stand, words
from bot.text import clip, plain
from bot.ui import theme
from bot.ui.components import bad, button, buttons, card, good

NAME_IN_ROW = 60
GLYPHS = {"approved": theme.OK, "pending": "⏳", "rejected": theme.CANCELLED, "void": theme.CANCELLED}
UNITS = {"flat": "", "percent": " %", "km": " km"}


def left_line(left: Left, locale: str) -> str:
    """Return in one line what is left, of how much, what is committed and what is at risk."""
    now = left.standing
    parts = [
        f"{theme.MONEY} **{sum_of(now, now.left, locale)} left** of {sum_of(now, now.total, locale)} "
        f"for **{plain(clip(left.name, NAME_IN_ROW))}**",
        f"{sum_of(now, now.committed, locale)} committed",
        _risk(now, locale),
    ]
    if now.pending:
        parts.append(f"{sum_of(now, now.pending, locale)} waiting for approval")
    return " · ".join(parts)


def _risk(now: Standing, locale: str) -> str:
    """Return what holds could still cost, and whether that breaks the plan (R16)."""
    if not now.exposure:
        return "nothing at risk"
    over = now.actual + now.committed + now.exposure - now.total
    breaks = f", {sum_of(now, over, locale)} more than there is" if over > 0 else ""
    return f"{sum_of(now, now.exposure, locale)} at risk on hold{breaks}"


def planned_card(planned: Planned, locale: str, *actions: ui.Button[Any]) -> ui.LayoutView:
    """Return the answer to a plan: what the line says now, and where it and its project stand."""
    verb = "Planned" if planned.is_new_line else "Changed"
    category = f" in the new category **{plain(planned.category.name)}**" if planned.is_new_category else ""
    line, now, whole = planned.line, planned.standing, planned.whole
    amount = sum_of(now, now.planned + now.contingency, locale)
    return card(
        f"{theme.OK} {verb}{category}",
        f"### {plain(planned.category.name)} / {plain(line.item)} · {amount}",
        "\n".join(filter(None, [formula(planned.line, now, locale), columns(now, locale)])),
        f"-# {plain(planned.project.name)}: {sum_of(whole, whole.planned, locale)} planned"
        + (f", {sum_of(whole, whole.contingency, locale)} set aside" if whole.contingency else "")
        + (f", of {sum_of(whole, whole.total, locale)}" if whole.budget is not None else ""),
        revision_line(planned.revision, whole.currency, locale),
        warned(planned.warnings, locale),
        buttons(*actions),
        accent=theme.GOOD,
    )


def warned(warnings: Sequence[Stand], locale: str) -> str:
    """Return what a change has made run out, for an answer to somebody who may see money."""
    return "\n".join(words(stand, locale) for stand in warnings)


def revision_line(revision: Any, currency: str, locale: str) -> str:
    """Return what a change did to a locked plan; nothing where it is not locked."""
    if revision is None:
        return ""
    change = revision.after_minor - revision.before_minor
    sign = "+" if change > 0 else "-" if change < 0 else "\u00b1"
    return f"🔒 Revision {revision.number} of the approved plan: {sign}{Money(abs(change), currency).show(locale)}"


def formula(line: Any, now: Standing, locale: str) -> str:
    """Return how the plan is reckoned: `5 days x €650.00`."""
    quantity = counted(line.quantity, line.unit)
    if line.unit.value == "percent":
        return quantity
    if line.is_unpriced:
        return f"{quantity} · no rate yet"
    moved = f" · moved {sum_of(now, line.moved_minor, locale)}" if line.moved_minor else ""
    return f"{quantity} x {sum_of(now, line.rate_minor, locale)}{moved}"


def counted(quantity: Decimal, unit: StrEnum) -> str:
    """Return how many of what: `5 days`, `10 %`."""
    many = "" if quantity == 1 else "s"
    return f"{quantity.normalize():f}{UNITS.get(unit.value, f' {unit.value}{many}')}"


def report_title(report: Report, locale: str) -> str:
    """Return the head of a cost report: the project's own figures."""
    now = report.standing
    lines = [
        f"Cost report · {plain(report.project.name)}",
        f"**{sum_of(now, now.left, locale)} left** of {sum_of(now, now.total, locale)}",
        columns(now, locale),
    ]
    if now.contingency:
        lines.append(
            f"Contingency {sum_of(now, now.contingency, locale)} · headroom {sum_of(now, now.headroom, locale)}"
        )
    return "\n".join(lines)


def category_title(report: Report, category: CategoryReport, locale: str) -> str:
    """Return the head of a category's lines."""
    now = category.standing
    name = f"{plain(category.category.name)} · {plain(report.project.name)}"
    return (
        f"{name}\n**{sum_of(now, now.left, locale)} left** of {sum_of(now, now.total, locale)}\n{columns(now, locale)}"
    )


def category_row(category: CategoryReport, locale: str) -> str:
    return _row(category.category.name, category.standing, locale)


def line_row(line: LineReport, locale: str) -> str:
    closed = " · closed" if line.line.is_closed else ""
    return f"{_row(line.line.item, line.standing, locale, closed)}\n{formula(line.line, line.standing, locale)}"


def _row(name: str, now: Standing, locale: str, more: str = "") -> str:
    left = f"{sum_of(now, abs(now.left), locale)} {'left' if now.left >= 0 else 'over'}"
    return f"**{plain(clip(name, NAME_IN_ROW))}** · {left}{more}\n{columns(now, locale)}"


def columns(now: Standing, locale: str) -> str:
    """Return the columns of R12-R17 in short lines that a phone does not wrap badly."""
    if now.contingency and not now.planned:
        return f"Set aside {sum_of(now, now.contingency, locale)} · actual {sum_of(now, now.actual, locale)}"
    first = [f"Planned {sum_of(now, now.planned, locale)}", f"actual {sum_of(now, now.actual, locale)}"]
    first.append(f"committed {sum_of(now, now.committed, locale)}")
    second = [f"To complete {sum_of(now, now.etc, locale)}", f"final cost {sum_of(now, now.efc, locale)}"]
    second.append(f"variance {_variance(now, locale)}")
    third = []
    if now.exposure:
        then = f", final cost then {sum_of(now, now.risk_efc, locale)}" if now.risk_efc != now.efc else ""
        third.append(f"On hold {sum_of(now, now.exposure, locale)}{then}")
    if now.pending:
        third.append(f"waiting for approval {sum_of(now, now.pending, locale)}")
    return "\n".join(" · ".join(parts) for parts in (first, second, third) if parts)


def _variance(now: Standing, locale: str) -> str:
    word = " under" if now.variance > 0 else " over" if now.variance < 0 else ""
    return f"{sum_of(now, abs(now.variance), locale)}{word}"


def expense_card(
    logged: Logged, locale: str, verb: str = "", *actions: ui.Button[Any], note: str = ""
) -> ui.LayoutView:
    """Return an expense with its amount; only for those who may see it."""
    expense = logged.expense
    amount = Money(expense.amount_minor, logged.project.currency).show(locale)
    facts = [
        f"{place(logged)} · {plain(logged.project.name)}",
        _paid(logged, locale),
        f"Paid to {plain(expense.payee)}" if expense.payee else "",
        f"Paid by {'the band' if not expense.paid_by else f'<@{expense.paid_by}>'} · {day(logged)}",
        f"{GLYPHS[expense.state.value]} {expense.state.value.capitalize()}{_decided(logged)}",
        f"Reason: {plain(expense.reason)}" if expense.reason else "",
        "A refund of another expense" if expense.refund_of else "",
        note,
    ]
    return card(
        f"{theme.OK} {verb}" if verb else None,
        f"### {theme.MONEY} {plain(expense.what)} · {amount} · #{expense.number}",
        "\n".join(filter(None, facts)),
        buttons(*actions) if actions else None,
        accent=theme.WARN if logged.is_pending else theme.GOOD if logged.is_counted else theme.QUIET,
    )


def _paid(logged: Logged, locale: str) -> str:
    """Return the sum in the currency it was paid in, where that is another (R18)."""
    expense = logged.expense
    if expense.rate is None:
        return ""
    paid = Money(expense.original_minor, expense.original_currency).show(locale)
    on = f" of {expense.rate_on.day} {expense.rate_on:%b %Y}" if expense.rate_on else ""
    return f"{paid} at a rate of {expense.rate}{on}"


def place(logged: Logged) -> str:
    """Return the category and the line of an expense; once, where the line is the category's own."""
    return " / ".join(dict.fromkeys([plain(logged.category.name), plain(logged.line.item)]))


def day(logged: Logged) -> str:
    on = logged.expense.spent_on
    return f"{on.day} {on:%b %Y}"


def _decided(logged: Logged) -> str:
    expense = logged.expense
    decided = expense.decided_by is not None and expense.decided_by != expense.created_by
    return f" by <@{expense.decided_by}>" if decided else ""


def question_card(logged: Logged, ping: str = "") -> ui.LayoutView:
    """Return the question for approval that everybody in a channel may see: without the amount (R35)."""
    expense = logged.expense
    what = f"**{plain(expense.what)}** · #{expense.number} · {place(logged)} · logged by <@{expense.created_by}>"
    if not logged.is_pending:
        state = f"{GLYPHS[expense.state.value]} {expense.state.value.capitalize()}"
        by = f" by <@{expense.decided_by}>" if expense.decided_by else ""
        return card(what, f"{state}{by}", accent=theme.GOOD if logged.is_counted else theme.QUIET)
    return card(
        f"⏳ {ping} An expense waits for approval.".replace("  ", " "),
        what,
        buttons(
            good("Approve", f"budget:approve:{expense.number}"),
            bad("Reject", f"budget:reject:{expense.number}"),
            button("Amount", f"budget:expense:{expense.number}", emoji="🔎"),
        ),
        accent=theme.WARN,
    )


def sum_of(now: Standing, minor: int, locale: str) -> str:
    return Money(minor, now.currency).show(locale)
