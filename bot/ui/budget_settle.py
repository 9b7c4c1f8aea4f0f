"""How settling up looks: who fronted what, each transfer with the buttons of its two sides, and what is done."""

from collections import Counter
from typing import Any

import discord
from discord import ui

from bot.actor import Actor
from bot.money import Money
from bot.services.budget_paid import Settling
from bot.services.budget_paid_words import Side
from bot.services.budget_settle import Debt, Settlement
from bot.text import plain
from bot.ui import theme
from bot.ui.components import Block, bad, button, buttons, card, good, row, rule

MOST_PEOPLE = 25
MOST_SHOWN = 6
MOST_DONE = 5


def settle_card(actor: Actor, found: Settling, locale: str, page: int = 0, *more: ui.Button[Any]) -> ui.LayoutView:
    """Return where a project's fronted money stands, with the transfers of one page."""
    project = found.project
    to = str(project.number)
    pages = max(0, len(_transfers(found)) - 1) // MOST_SHOWN
    page = min(page, pages)
    blocks: list[Block] = [f"### Settle · {plain(project.name)}", _people(found.settlement, project.currency, locale)]
    if found.settlement.fronted:
        blocks += ["**To clear it**", *_shown(actor, found, locale, page)]
    blocks += _done(actor, found, locale)
    asks = found.debts and actor.sees_money
    nav = [
        button("Previous", f"budget:settle:{to}:{page - 1}", emoji="◀️", disabled=page == 0) if pages else None,
        button("Next", f"budget:settle:{to}:{page + 1}", emoji="▶️", disabled=page == pages) if pages else None,
        button("Ask them to pay", f"budget:dun:{to}", emoji="💸") if asks else None,
        *more,
    ]
    if any(nav):
        blocks += [rule(), buttons(*nav)]
    blocks += ["-# Those who paid always share. Choose who else does.", _sharers(found)]
    return card(*blocks)


def _people(found: Settlement, currency: str, locale: str) -> str:
    """Return who fronted what, and who is owed or owes once the confirmed transfers are counted."""
    if not found.fronted:
        return "Nobody has paid anything out of their own pocket yet."

    def money(minor: int) -> str:
        return Money(minor, currency).show(locale)

    names = list(dict.fromkeys([*found.fronted, *found.balances]))[:MOST_PEOPLE]
    return "\n".join(
        f"<@{person}> paid {money(found.fronted.get(person, 0))}, "
        + _balance(found.balances.get(person, 0), money(abs(found.balances.get(person, 0))))
        for person in names
    )


def _balance(minor: int, shown: str) -> str:
    return "is even" if not minor else f"gets {shown}" if minor > 0 else f"owes {shown}"


def _transfers(found: Settling) -> list[tuple[Debt, str, set[Side]]]:
    """Return each transfer that is not done, what was said of it, and the sides that have not spoken."""
    shown = []
    for each in found.under_way:
        debt = Debt(each.debtor_id, each.creditor_id, each.amount_minor)
        open_ = {Side.PAID} if each.paid_at is None else set()
        open_ |= {Side.RECEIVED} if each.received_at is None else set()
        state = "asked for" if len(open_) == len(Side) else "marked as paid" if Side.RECEIVED in open_ else "received"
        shown.append((debt, f" · {state}, waits for {_waiting(debt, open_)}", open_))
    return shown + [(debt, "", set(Side)) for debt in found.debts]


def _waiting(debt: Debt, open_: set[Side]) -> str:
    return f"<@{debt.debtor}>" if Side.PAID in open_ else f"<@{debt.creditor}>"


def _shown(actor: Actor, found: Settling, locale: str, page: int) -> list[Block]:
    transfers = _transfers(found)
    if not transfers:
        return ["Nobody owes anybody anything."]
    blocks: list[Block] = []
    seen: Counter[str] = Counter()
    for debt, state, open_ in transfers[page * MOST_SHOWN : (page + 1) * MOST_SHOWN]:
        amount = Money(debt.minor, found.project.currency).show(locale)
        blocks.append(f"<@{debt.debtor}> → <@{debt.creditor}> **{amount}**{state}")
        to = f"{found.project.number}:{debt.debtor}:{debt.creditor}:{debt.minor}"
        seen[to] += 1
        if seen[to] > 1:  # the same sum again between the same two: the rule takes either, a message each button once
            to += f":{seen[to]}"
        sides = [
            good("Paid", f"budget:pay:{to}") if Side.PAID in open_ and _may(actor, debt.debtor) else None,
            good("Received", f"budget:got:{to}") if Side.RECEIVED in open_ and _may(actor, debt.creditor) else None,
        ]
        if any(sides):
            blocks.append(buttons(*sides))
    return blocks


def _may(actor: Actor, speaker: int) -> bool:
    return actor.is_producer or actor.user_id == speaker


def _done(actor: Actor, found: Settling, locale: str) -> list[Block]:
    """Return the newest transfers that both sides have confirmed; a producer can take them back."""
    if not found.done:
        return []
    blocks: list[Block] = [f"**Done**{f' · the last {MOST_DONE}' if len(found.done) > MOST_DONE else ''}"]
    for each in reversed(found.done[-MOST_DONE:]):
        on = max(at for at in (each.paid_at, each.received_at) if at is not None)
        amount = Money(each.amount_minor, found.project.currency).show(locale)
        text = f"{theme.OK} <@{each.debtor_id}> paid <@{each.creditor_id}> {amount} · <t:{int(on.timestamp())}:d>"
        blocks.append(row(text, bad("Take back", f"budget:unpay:{each.number}")) if actor.is_producer else text)
    return blocks


def _sharers(found: Settling) -> ui.ActionRow[Any]:
    people = list(dict.fromkeys([*found.settlement.fronted, *found.sharers]))
    members = [user for user in people if user > 0][:MOST_PEOPLE]  # Discord knows nobody who was forgotten
    known = [discord.SelectDefaultValue(id=user, type=discord.SelectDefaultValueType.user) for user in members]
    menu: ui.UserSelect[Any] = ui.UserSelect(
        custom_id=f"budget:sharers:{found.project.number}",
        placeholder="Who shares the cost?",
        min_values=1,
        max_values=MOST_PEOPLE,
        default_values=known,
    )
    return ui.ActionRow(menu)
