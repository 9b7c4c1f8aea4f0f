"""What people press to settle up: who shares, Paid, Received, asking, and taking back."""

from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.services.budget_paid import Settling
from bot.services.budget_paid_words import Side
from bot.services.budget_settle import Debt
from bot.ui import theme
from bot.ui.budget_settle import settle_card
from bot.ui.components import buttons, card, notice, undo
from bot.ui.context import actor_of
from bot.ui.press import Press, press
from bot.ui.respond import reply, update


class BudgetSettleCog(commands.Cog):
    """The buttons of settling up; those of a direct message work for the person it went to."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @press("budget:settle")
    async def turn(self, pressed: Press) -> None:
        """Show another page of the transfers."""
        actor = await actor_of(pressed.interaction)
        found = await self.bot.services.settle.show(actor, f"#{pressed.number()}")
        locale = (await self.bot.services.settings.of(actor.guild_id)).locale
        await update(pressed.interaction, settle_card(actor, found, locale, max(0, pressed.number(1))))

    @press("budget:sharers")
    async def choose_sharers(self, pressed: Press) -> None:
        """Share what was fronted among the members chosen, from now on."""
        actor = await actor_of(pressed.interaction)
        people = [int(user) for user in pressed.values]
        await self._draw(pressed, actor, await self.bot.services.settle.share(actor, f"#{pressed.number()}", people))

    @press("budget:pay")
    async def pay(self, pressed: Press) -> None:
        await self._say(pressed, Side.PAID)

    @press("budget:got")
    async def got(self, pressed: Press) -> None:
        await self._say(pressed, Side.RECEIVED)

    @press("budget:dun")
    async def ask(self, pressed: Press) -> None:
        """Ask everybody who owes something, each by direct message."""
        actor = await actor_of(pressed.interaction)
        await self._draw(pressed, actor, await self.bot.services.settle.ask(actor, f"#{pressed.number()}"))

    @press("budget:unpay")
    async def take_back(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        await self._draw(pressed, actor, await self.bot.services.settle.take_back(actor, pressed.number()))

    @press("budget:paid")
    async def paid(self, pressed: Press) -> None:
        await self._confirm(pressed, Side.PAID)

    @press("budget:received")
    async def received(self, pressed: Press) -> None:
        await self._confirm(pressed, Side.RECEIVED)

    async def _say(self, pressed: Press, side: Side) -> None:
        """Note what one side says of a transfer on the card, and show the card as it is then."""
        actor = await actor_of(pressed.interaction)
        debt = Debt(pressed.number(1), pressed.number(2), pressed.number(3))
        await self._draw(pressed, actor, await self.bot.services.settle.say(actor, f"#{pressed.number()}", debt, side))

    async def _confirm(self, pressed: Press, side: Side) -> None:
        """Note what one side says in answer to a message, in its place."""
        actor = await actor_of(pressed.interaction, pressed.number(1))
        said = await self.bot.services.settle.confirm(actor, pressed.number(), side)
        words = said.text if pressed.interaction.guild_id is None else said.elsewhere
        view = card(words, buttons(undo(actor.change_id, actor.guild_id)), accent=theme.GOOD)
        await update(pressed.interaction, view)

    async def _draw(self, pressed: Press, actor: Actor, found: Settling) -> None:
        """Show the card as it is now; to one of the two who sees no other money, only that it was noted (R35)."""
        back = undo(actor.change_id)
        if not actor.sees_money:
            await reply(pressed.interaction, notice(f"{theme.OK} Noted.", accent=theme.GOOD, actions=buttons(back)))
            return
        locale = (await self.bot.services.settings.of(actor.guild_id)).locale
        await update(pressed.interaction, settle_card(actor, found, locale, 0, back))


async def setup(bot: Backline) -> None:
    await bot.add_cog(BudgetSettleCog(bot))
