"""What happens between a person and a call sheet: showing, sharing, editing, and its PDF."""

import asyncio
import io
import logging
import re
from typing import TYPE_CHECKING, Any

import discord

from bot.actor import Actor
from bot.errors import UserError
from bot.services.callsheet import Saved, Sheet
from bot.services.callsheet_words import body
from bot.ui import callsheet_card as cards
from bot.ui import theme
from bot.ui.callsheet_pdf import MENTION, Names, Print, pdf
from bot.ui.components import undo
from bot.ui.respond import reply, update

if TYPE_CHECKING:
    from bot.app import Backline

log = logging.getLogger(__name__)
TYPED_MEMO = "callsheet"
MOST_ASKED = 100
ANSWER_SECONDS = 5


class Desk:
    """The call sheets of one client."""

    def __init__(self, bot: "Backline") -> None:
        self._bot = bot

    async def show(self, interaction: discord.Interaction[Any], actor: Actor, ref: int | str) -> None:
        """Answer with the sheet, for the asker alone."""
        sheet = await self._bot.services.callsheet.show(actor, ref)
        can_edit = actor.is_producer or sheet.booking.created_by == actor.user_id
        await reply(interaction, cards.private_card(sheet, has_contacts=sheet.concerns(actor), can_edit=can_edit))

    async def share(self, interaction: discord.Interaction[Any], actor: Actor, booking_id: int) -> None:
        """Show the sheet to everybody here, without contacts; nobody is called."""
        sheet = await self._bot.services.callsheet.show(actor, booking_id)
        await reply(interaction, cards.public(body(sheet), booking_id), public=True)

    async def print_for(self, interaction: discord.Interaction[Any], actor: Actor, booking_id: int) -> None:
        """Answer with the PDF, for the asker alone: with the contacts where those concern them."""
        sheet = await self._bot.services.callsheet.show(actor, booking_id)
        await interaction.response.defer(ephemeral=True, thinking=True)
        file = await self.pdf(sheet, has_contacts=sheet.concerns(actor))
        await reply(interaction, cards.pdf_card(sheet, file.filename, has_contacts=sheet.concerns(actor)), files=[file])

    async def pdf(self, sheet: Sheet, *, has_contacts: bool = False) -> discord.File:
        """Return the sheet as a file; it is drawn in a thread."""
        settings = await self._bot.services.settings.of(sheet.booking.guild_id)
        names = await self._names(sheet)
        job = Print(sheet, names, settings.locale, self._bot.clock.now(), has_contacts)
        data = await asyncio.to_thread(pdf, job)
        return discord.File(io.BytesIO(data), filename=f"call-sheet-{sheet.facts.number}.pdf")

    async def _names(self, sheet: Sheet) -> Names:
        """Return what the sheet's members and roles are called; whom Discord does not name stays a number."""
        guild = self._bot.get_guild(sheet.booking.guild_id)
        if guild is None:
            return Names()
        texts = " ".join(filter(None, [sheet.booking.note, sheet.row.notes, sheet.row.gear, sheet.row.contacts]))
        spoken = [int(key) for kind, key, *_ in MENTION.findall(texts) if kind in ("@", "@!")]
        wanted = list(dict.fromkeys([*(key for each in sheet.people if (key := each.user_id or 0) > 0), *spoken]))
        wanted = wanted[:MOST_ASKED]
        roles = {role.id: role.name for role in guild.roles}
        try:
            asking = guild.query_members(user_ids=wanted, limit=MOST_ASKED, cache=False) if wanted else _nobody()
            members = await asyncio.wait_for(asking, ANSWER_SECONDS)
        except (TimeoutError, discord.DiscordException, OSError):
            log.warning("the members of guild %s could not be named", guild.id)
            members = []
        return Names({member.id: member.display_name for member in members}, roles)

    async def open(
        self, interaction: discord.Interaction[Any], actor: Actor, booking_id: int, which: str, typed: dict[str, str]
    ) -> None:
        """Open one of the forms, filled with what is on the sheet or with what was typed before."""
        sheet = await self._bot.services.callsheet.mine(actor, booking_id)
        if found := re.fullmatch(r"person-(\d+)-(\d+)", which):
            user_id, row_id = map(int, found.groups())
            form = cards.person_form(sheet, actor.zone, user_id=user_id, row_id=row_id, typed=typed)
        elif which == "times":
            form = cards.times_form(sheet, actor.zone, typed)
        else:
            form = cards.texts_form(sheet, which, typed)
        await interaction.response.send_modal(form)

    async def gear(self, interaction: discord.Interaction[Any], actor: Actor, booking_id: int) -> None:
        await reply(interaction, cards.panel(await self._bot.services.callsheet.mine(actor, booking_id)))

    async def saved(self, interaction: discord.Interaction[Any], actor: Actor, saved: Saved, what: str) -> None:
        """Answer a change with the panel as it is now, and a way back."""
        view = cards.panel(saved.sheet, f"{theme.OK} {what}", undo(actor.change_id))
        await update(interaction, view)

    async def refuse(
        self,
        interaction: discord.Interaction[Any],
        actor: Actor,
        error: UserError,
        kept: tuple[int, str, dict[str, str]],
    ) -> None:
        """Say what is wrong with a form, and keep what was typed into it behind a button."""
        booking_id, which, typed = kept
        memo = await self._bot.services.memo.keep(actor, TYPED_MEMO, typed)
        await reply(interaction, cards.refused(str(error), f"callsheet:again:{booking_id}:{which}:{memo}"))


async def _nobody() -> list[discord.Member]:
    return []
