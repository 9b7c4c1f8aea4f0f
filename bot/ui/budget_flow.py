"""What happens between a person and an expense, whether they typed a command or pressed a button."""

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.actor import Actor
from bot.errors import UserError
from bot.services.budget_expense import Logged, RateNeeded, Upload, check_size
from bot.ui import rerun, theme
from bot.ui.budget_books import settlement_text
from bot.ui.budget_card import expense_card, question_card
from bot.ui.components import bad, button, buttons, card, good, main, notice, undo
from bot.ui.context import actor_of
from bot.ui.respond import reply, update

if TYPE_CHECKING:
    from bot.app import Backline


class ReceiptLost(UserError):
    """A file that Discord does not give out any more."""

    text = "I can't fetch that receipt from Discord, so nothing was logged. Attach it again with the same command."


class Flow:
    """The steps of logging, asking for and deciding on an expense, as people see them."""

    def __init__(self, bot: "Backline") -> None:
        self._bot = bot

    async def locale(self, actor: Actor) -> str:
        return (await self._bot.services.settings.of(actor.guild_id)).locale

    async def answer(self, interaction: discord.Interaction[Any], actor: Actor, logged: Logged, verb: str = "") -> None:
        """Show an expense to the asker alone, with what they may do with it; with a verb it can be undone."""
        note = "A producer must approve it before it counts; I have asked." if verb == "Logged" else ""
        actions = [*([undo(actor.change_id)] if verb else []), *_actions(actor, logged, just_done=bool(verb))]
        shown = expense_card(logged, await self.locale(actor), verb, *actions, note=note if logged.is_pending else "")
        await reply(interaction, shown)

    async def ask(self, interaction: discord.Interaction[Any], actor: Actor, logged: Logged) -> None:
        """Ask the producers in the channel, pinging their role once where one is set."""
        role = (await self._bot.services.settings.of(actor.guild_id)).producer_role_id
        message = await interaction.followup.send(
            view=question_card(logged, f"<@&{role}>" if role else ""),
            allowed_mentions=discord.AllowedMentions(roles=[discord.Object(role)] if role else False),
            wait=True,
        )
        await self._bot.services.budget.asked_in(actor, logged.expense.number, message.channel.id, message.id)

    async def decide(self, interaction: discord.Interaction[Any], actor: Actor, number: int, *, approve: bool) -> None:
        """Write the decision down, show it, and tell whoever logged the expense, once.

        The question in the channel becomes the decision; on any other message it is drawn again by itself.
        """
        logged = await self._bot.services.budget.decide(actor, number, approve=approve)
        expense = logged.expense
        message = interaction.message
        if message is not None and message.id == expense.message_id:
            await update(interaction, question_card(logged))
        await self.answer(interaction, actor, logged, "Approved" if approve else "Rejected")
        word = "approved" if approve else "rejected, so it does not count"
        text = f"<@{expense.created_by}> Your expense #{expense.number} was {word}."
        told = discord.AllowedMentions(users=[discord.Object(expense.created_by)])
        await interaction.followup.send(view=notice(text), allowed_mentions=told)

    async def settle(self, interaction: discord.Interaction[Any], project: str | None, people: list[int]) -> None:
        """Show who owes whom, with a menu of who shares."""
        actor = await actor_of(interaction)
        found, settlement = await self._bot.services.budget.settle(actor, project, people)
        text = settlement_text(found.name, settlement, found.currency, await self.locale(actor))
        known = [
            discord.SelectDefaultValue(id=user, type=discord.SelectDefaultValueType.user)
            for user in list(settlement.balances)[:25]
        ]
        menu: ui.ActionRow[Any] = ui.ActionRow(
            ui.UserSelect(
                custom_id=f"budget:sharers:{found.number}",
                placeholder="Who shares the cost?",
                min_values=1,
                max_values=25,
                default_values=known,
            )
        )
        view = card(text, "-# Those who paid always share. Choose who else does.", menu)
        if interaction.type is discord.InteractionType.component:
            await update(interaction, view)
        else:
            await reply(interaction, view)

    async def draw_question(self, expense_id: int) -> None:
        """Show a question for approval as its expense is now."""
        logged = await self._bot.services.budget.question(expense_id)
        if logged is None or logged.expense.channel_id is None or logged.expense.message_id is None:
            return
        channel = self._bot.get_partial_messageable(logged.expense.channel_id)
        await channel.get_partial_message(logged.expense.message_id).edit(view=question_card(logged))


def _actions(actor: Actor, logged: Logged, *, just_done: bool) -> list[ui.Button[Any]]:
    """Return the buttons of an expense: up to four, since Undo may come before them."""
    number = logged.expense.number
    is_live = logged.is_pending or logged.is_counted
    own = logged.expense.created_by == actor.user_id and logged.is_pending
    found: list[ui.Button[Any]] = []
    if logged.is_pending and actor.is_producer and not just_done:
        found += [good("Approve", f"budget:approve:{number}"), bad("Reject", f"budget:reject:{number}")]
    if logged.expense.receipt_id is not None:
        found.append(button("Receipt", f"budget:receipt:{number}", emoji="🧾"))
    if is_live and (actor.is_producer or own) and logged.expense.refund_of is None:
        found.append(button("Edit", f"budget:edit:{number}", emoji="✏️"))
    if logged.is_counted and actor.is_producer and logged.expense.refund_of is None and not just_done:
        found.append(button("Refund", f"budget:refund:{number}"))
    if is_live and actor.is_producer:
        found.append(bad("Void", f"budget:void:{number}"))
    return found


async def fetched(interaction: discord.Interaction[Any], receipt: discord.Attachment) -> Upload:
    """Fetch a receipt from Discord; raises `ReceiptTooLarge` without fetching, or `ReceiptLost`."""
    check_size(receipt.filename, receipt.size)
    await interaction.response.defer(ephemeral=True, thinking=True)
    try:
        return Upload(receipt.filename, await receipt.read())
    except discord.HTTPException as lost:
        raise ReceiptLost from lost


async def ask_rate(interaction: discord.Interaction[Any], needed: RateNeeded) -> None:
    """Say which rate is missing, with a button that asks for it and logs the expense then."""
    memo = await rerun.keep(interaction, "rate")
    ask = buttons(main("Enter the rate", f"budget:rate:{memo}")) if memo is not None else None
    await reply(interaction, notice(f"{theme.WARNING} {needed}", accent=theme.WARN, actions=ask))
