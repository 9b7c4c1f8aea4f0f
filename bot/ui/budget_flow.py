"""What happens between a person and an expense, whether they typed a command or pressed a button."""

import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.actor import Actor
from bot.errors import UserError
from bot.services.budget_expense import Logged, RateNeeded, Upload, check_size
from bot.ui import rerun, theme
from bot.ui.budget_card import expense_card, question_card, warned
from bot.ui.budget_settle import settle_card
from bot.ui.components import bad, button, buttons, good, main, notice, undo
from bot.ui.context import actor_of
from bot.ui.respond import reply, update

if TYPE_CHECKING:
    from bot.app import Backline

log = logging.getLogger(__name__)


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
        told = warned(logged.warnings, await self.locale(actor)) if actor.sees_money else ""
        actions = [*([undo(actor.change_id)] if verb else []), *_actions(actor, logged, just_done=bool(verb))]
        shown = expense_card(logged, await self.locale(actor), verb, *actions, note=note if logged.is_pending else told)
        await reply(interaction, shown)

    async def ask(self, interaction: discord.Interaction[Any], actor: Actor, logged: Logged) -> None:
        """Ask the producers in the money channel, else where it was logged; a role of theirs is pinged once."""
        settings = await self._bot.services.settings.of(actor.guild_id)
        role, channel_id = settings.producer_role_id, settings.money_channel_id
        question = question_card(logged, f"<@&{role}>" if role else "")
        pinged = discord.AllowedMentions(roles=[discord.Object(role)] if role else False)
        message = await self._post(channel_id, question, pinged) if channel_id is not None else None
        if message is None:
            message = await interaction.followup.send(view=question, allowed_mentions=pinged, wait=True)
        await self._bot.services.budget.asked_in(actor, logged.expense.number, message.channel.id, message.id)

    async def _post(
        self, channel_id: int, view: ui.LayoutView, pinged: discord.AllowedMentions
    ) -> discord.Message | None:
        """Send to the money channel; None where that is closed to the bot, which `/setup check` names."""
        try:
            return await self._bot.get_partial_messageable(channel_id).send(view=view, allowed_mentions=pinged)
        except discord.HTTPException as refused:
            log.warning("the money channel %s takes no question: %s", channel_id, refused.code)
            return None

    async def decide(self, interaction: discord.Interaction[Any], actor: Actor, number: int, *, approve: bool) -> None:
        """Write the decision down and show it; whoever logged the expense is told by a message of their own.

        The question in the channel becomes the decision; on any other message it is drawn again by itself.
        """
        logged = await self._bot.services.budget.decide(actor, number, approve=approve)
        expense = logged.expense
        message = interaction.message
        if message is not None and message.id == expense.message_id:
            await update(interaction, question_card(logged))
        await self.answer(interaction, actor, logged, "Approved" if approve else "Rejected")

    async def settle(self, interaction: discord.Interaction[Any], project: str | None) -> None:
        """Show who owes whom, with what each side can say."""
        actor = await actor_of(interaction)
        found = await self._bot.services.settle.show(actor, project)
        await reply(interaction, settle_card(actor, found, await self.locale(actor)))

    async def draw_question(self, expense_id: int) -> None:
        """Show a question for approval as its expense is now."""
        logged = await self._bot.services.budget.question(expense_id)
        if logged is None or logged.expense.channel_id is None or logged.expense.message_id is None:
            return
        channel = self._bot.get_partial_messageable(logged.expense.channel_id)
        await channel.get_partial_message(logged.expense.message_id).edit(view=question_card(logged))


def _actions(actor: Actor, logged: Logged, *, just_done: bool) -> list[ui.Button[Any]]:
    """Return the buttons of an expense: up to four, since Undo may come before them; its history where one is free."""
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
    if not just_done:
        found.append(button("History", f"data:expense:{number}", emoji="🕓"))
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
