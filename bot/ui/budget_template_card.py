"""How a budget template looks before and after it is loaded."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from discord import ui

from bot.money import Money
from bot.services.budget_report import LineReport, Report
from bot.services.budget_template import Shelf
from bot.services.budget_template_rows import Loaded, PlanLocked, Template, TemplateLine
from bot.text import clip, plain
from bot.ui import theme
from bot.ui.budget_card import counted, sum_of
from bot.ui.components import Block, bad, button, buttons, card, main, select, select_option

CATEGORY_LIMIT = 420


def shelf_card(shelf: Shelf, locale: str) -> ui.LayoutView:
    """Return what a template would add to a plan, with a menu of the others."""
    loaded = shelf.loaded
    template, project = loaded.template, loaded.project
    stays = f" {_lines(loaded.kept)} of it {_are(loaded.kept)} in the plan already and will not change."
    can_load = bool(loaded.new) and not loaded.is_locked
    actions = [
        main("Load", f"budget:load:{project.number}:{template.key}", emoji="📋") if can_load else None,
        button("Save this plan as a template", f"budget:keep:{project.number}", emoji="💾"),
        bad("Put it away", f"budget:away:{template.key}") if template.is_own else None,
    ]
    others = [each for each in shelf.templates if each.key != template.key]
    return card(
        f"### 📋 Template {plain(template.name)} for {plain(project.name)}",
        f"It adds {_lines(len(loaded.new))}." + (stays if loaded.kept else "") if loaded.new else _nothing(loaded),
        f"{theme.WARNING} {PlanLocked(name=project.name)}" if loaded.is_locked else None,
        *_body(loaded, locale),
        buttons(*actions),
        select(f"budget:shelf:{project.number}", [select_option(_label(each), each.key) for each in others], "Another"),
        accent=theme.WARN if loaded.is_locked else theme.BRAND,
    )


def loaded_card(loaded: Loaded, report: Report, locale: str, *actions: ui.Button[Any]) -> ui.LayoutView:
    """Return the answer to a template that was loaded: what the plan comes to, and what lacks a rate."""
    now = report.standing
    kept = f"; {_lines(loaded.kept)} {_are(loaded.kept)} there already" if loaded.kept else ""
    unpriced = len(report.unpriced)
    todo = f"{_lines(unpriced)} {'has' if unpriced == 1 else 'have'} no rate yet, so nothing is planned for them."
    return card(
        f"{theme.OK} Loaded {_lines(len(loaded.new))} of the template **{plain(loaded.template.name)}**{kept}",
        f"{plain(loaded.project.name)}: {sum_of(now, now.planned, locale)} planned, "
        f"{sum_of(now, now.contingency, locale)} set aside",
        _reserve(loaded.template),
        f"-# {todo}" if unpriced else None,
        buttons(*actions),
        accent=theme.GOOD,
    )


def unpriced_row(found: LineReport, category: str) -> str:
    """Return a line that still lacks its rate."""
    line = found.line
    return f"**{plain(clip(line.item, 60))}** · {plain(category)}\n{counted(line.quantity, line.unit)} · no rate yet"


def _nothing(loaded: Loaded) -> str:
    return f"All of its {_lines(loaded.kept)} are in the plan already."


def _body(loaded: Loaded, locale: str) -> Iterable[Block]:
    """Yield the new lines, a paragraph for each category, and what must be known about their rates."""
    groups = groupby((line for line in loaded.new if not line.is_reserve), lambda line: line.category)
    parts = [
        f"**{plain(category)}** " + clip(" · ".join(_said(line, loaded, locale) for line in lines), CATEGORY_LIMIT)
        for category, lines in groups
    ]
    if parts:
        yield "\n".join(parts)
    if any(line.is_reserve for line in loaded.new):
        yield _reserve(loaded.template)
    if loaded.lacks_rates:
        yield f"-# Its rates are in {loaded.template.currency}, so they are left out here."
    elif loaded.new and not loaded.template.is_own:
        yield "-# It has no rates, which differ from place to place: fill them in afterwards, line by line."


def _said(line: TemplateLine, loaded: Loaded, locale: str) -> str:
    quantity = counted(line.quantity, line.unit)
    has_rate = line.rate_minor and not loaded.lacks_rates
    rate = f" x {Money(line.rate_minor, loaded.project.currency).show(locale)}" if has_rate else ""
    many = "" if quantity == "1" and not rate else f" {quantity}"
    return f"{plain(clip(line.item, 60))}{many}{rate}"


def _reserve(template: Template) -> str:
    if template.reserve is None:
        return ""
    out = sorted(template.left_out - {template.reserve.category})
    without = f" of everything but {', '.join(map(plain, out))}" if out else ""
    return f"**Contingency** {counted(template.reserve.quantity, template.reserve.unit)}{without}"


def _label(template: Template) -> str:
    return f"{template.name} · {_lines(len(template.lines))}" + (" · your own" if template.is_own else "")


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
