"""Call sheets: the buttons and forms under them, and keeping the posted ones up to date."""

from typing import Any

from discord.ext import commands

from bot.app import Backline
from bot.errors import UserError
from bot.models.reminder import ReminderKind
from bot.ui import callsheet_card as cards
from bot.ui.callsheet_board import SheetBoard
from bot.ui.callsheet_flow import TYPED_MEMO, Desk
from bot.ui.context import actor_of
from bot.ui.press import Press, UnknownButton, press
from bot.ui.respond import reply

SAVED = {
    "times": "Times saved.", "place": "Place saved.", "music": "Songs and gear saved.", "contacts": "Contacts saved.",
}  # fmt: skip


class CallSheetCog(commands.Cog):
    """What is behind the buttons of a call sheet."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.service = bot.services.callsheet
        self.desk = Desk(bot)
        self.board = SheetBoard(bot, self.desk)
        bot.redraws["callsheet"] = self.board.redraw
        bot.redraws["room"] = self.board.redraw_room
        bot.enclosures[ReminderKind.CALL_SHEET] = self.board.enclose

    @press("callsheet:show")
    async def press_show(self, pressed: Press) -> None:
        await self.desk.show(pressed.interaction, await actor_of(pressed.interaction), pressed.number())

    @press("callsheet:share")
    async def press_share(self, pressed: Press) -> None:
        await self.desk.share(pressed.interaction, await actor_of(pressed.interaction), pressed.number())

    @press("callsheet:pdf")
    async def press_pdf(self, pressed: Press) -> None:
        await self.desk.print_for(pressed.interaction, await actor_of(pressed.interaction), pressed.number())

    @press("callsheet:contacts")
    async def press_contacts(self, pressed: Press) -> None:
        """Show the contacts to one whom they concern."""
        sheet = await self.service.contacts(await actor_of(pressed.interaction), pressed.number())
        await reply(pressed.interaction, cards.contacts_card(sheet))

    @press("callsheet:gear")
    async def press_gear(self, pressed: Press) -> None:
        await self.desk.gear(pressed.interaction, await actor_of(pressed.interaction), pressed.number())

    @press("callsheet:form")
    async def press_form(self, pressed: Press) -> None:
        await self._open(pressed, {})

    @press("callsheet:again")
    async def press_again(self, pressed: Press) -> None:
        """Open a form that was refused, with what was typed into it."""
        actor = await actor_of(pressed.interaction)
        await self._open(pressed, await self.bot.services.memo.recall(actor, pressed.number(2), TYPED_MEMO))

    async def _open(self, pressed: Press, typed: dict[str, Any]) -> None:
        which = pressed.args[1] if len(pressed.args) > 1 else ""
        if which not in SAVED and not which.startswith("person-"):
            raise UnknownButton
        actor = await actor_of(pressed.interaction)
        await self.desk.open(pressed.interaction, actor, pressed.number(), which, typed)

    @press("callsheet:save")
    async def sent_form(self, pressed: Press) -> None:
        """Save one of the forms of texts or times."""
        actor, which = await actor_of(pressed.interaction), pressed.args[1]
        try:
            saved = await self.service.edit(actor, pressed.number(), pressed.fields)
        except UserError as error:
            await self.desk.refuse(pressed.interaction, actor, error, (pressed.number(), which, pressed.fields))
        else:
            await self.desk.saved(pressed.interaction, actor, saved, SAVED[which])

    @press("callsheet:who")
    async def picked_member(self, pressed: Press) -> None:
        await self._open_person(pressed, f"person-{pressed.values[0]}-0")

    @press("callsheet:named")
    async def picked_name(self, pressed: Press) -> None:
        await self._open_person(pressed, f"person-0-{pressed.values[0]}")

    @press("callsheet:add")
    async def press_add(self, pressed: Press) -> None:
        await self._open_person(pressed, "person-0-0")

    async def _open_person(self, pressed: Press, which: str) -> None:
        actor = await actor_of(pressed.interaction)
        await self.desk.open(pressed.interaction, actor, pressed.number(), which, {})

    @press("callsheet:person")
    async def sent_person(self, pressed: Press) -> None:
        """Save what somebody plays and when they are called."""
        actor, fields = await actor_of(pressed.interaction), pressed.fields
        key, user_id, row_id = (pressed.number(index) for index in range(3))
        given = {"part": fields.get("part", ""), "call": fields.get("call", "")}
        try:
            if user_id:
                saved = await self.service.call(actor, key, user_id, **given)
            else:
                saved = await self.service.name(actor, key, row_id or None, name=fields.get("name", ""), **given)
        except UserError as error:
            await self.desk.refuse(pressed.interaction, actor, error, (key, f"person-{user_id}-{row_id}", fields))
        else:
            who = f"<@{user_id}>" if user_id else "The name"
            await self.desk.saved(pressed.interaction, actor, saved, f"{who} is saved on the sheet.")

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        await self.board.redraw_all()


async def setup(bot: Backline) -> None:
    await bot.add_cog(CallSheetCog(bot))
