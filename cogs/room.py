"""`/room`: the rooms a band books."""

from typing import Any

from discord import app_commands, ui
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.models.room import Room, RoomUnit
from bot.money import Amount
from bot.text import plain
from bot.ui import theme
from bot.ui.components import button, buttons, card, undo
from bot.ui.context import Interaction, actor_of
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.params import Sum, choices_of, suggest, suggest_zone
from bot.ui.press import Press, press
from bot.ui.respond import reply, update
from bot.ui.room_card import EMPTY_MEANS, rate_of, room_facts, rules_form

HINTS = {
    "name": "What everybody calls it, such as Room A",
    "rate": "What it costs per unit, such as 60 or €45",
    "unit": "What the rate is for",
    "minimum": "The shortest time that is charged, such as 2h or 90",
    "buffer": "The gap it needs between two bookings, such as 30 or 1h",
    "address": "Where it is",
    "timezone": "Its time zone, if it is not the server's",
    "overtime": "Its overtime rule, such as 1.5x after 10h or 45/h in 15 min steps",
    "cancellation": "What a late cancellation costs, such as 48h 50%, 24h 100%",
}


RULES = {
    "hours": "When it is open, such as mon-fri 10-23, sat 12-20, or any time",
    "included": "How long its day or half-day is, such as 10h or 24h lock-out",
    "steps": "What hours are charged by: 15, 30 or 60 minutes, or none",
}


class RoomCog(commands.GroupCog, name="room", description="Studios and rehearsal rooms"):
    """The rooms of a server."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot

    @app_commands.command(description="Add a room")
    @app_commands.describe(**HINTS)
    @app_commands.choices(unit=choices_of(RoomUnit))
    @app_commands.autocomplete(timezone=suggest_zone)
    async def add(
        self,
        interaction: Interaction,
        name: str,
        rate: app_commands.Transform[Amount, Sum] | None = None,
        unit: str | None = None,
        minimum: str | None = None,
        buffer: str | None = None,
        address: str | None = None,
        timezone: str | None = None,
        overtime: str | None = None,
        cancellation: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        given = {
            "rate": rate,
            "unit": RoomUnit(unit) if unit else None,
            "minimum": minimum,
            "buffer": buffer,
            "address": address,
            "timezone": timezone,
            "overtime": overtime,
            "cancellation": cancellation,
        }
        room = await self.bot.services.room.add(actor, name, **given)
        await reply(interaction, await self._card(actor, room, "Added", undo(actor.change_id)))

    @app_commands.command(description="List the rooms")
    async def list(self, interaction: Interaction) -> None:
        await self.bot.lists.show(interaction, "room")

    @app_commands.command(description="Show a room")
    @app_commands.describe(room="Which room")
    @app_commands.autocomplete(room=suggest("room", archived=True))
    async def show(self, interaction: Interaction, room: str) -> None:
        actor = await actor_of(interaction)
        await reply(interaction, await self._card(actor, await self.bot.services.room.show(actor, room)))

    @app_commands.command(description="Change a room; sessions already booked keep their price")
    @app_commands.describe(room="Which room", **HINTS, **RULES)
    @app_commands.choices(unit=choices_of(RoomUnit))
    @app_commands.autocomplete(room=suggest("room"), timezone=suggest_zone)
    async def edit(
        self,
        interaction: Interaction,
        room: str,
        name: str | None = None,
        rate: app_commands.Transform[Amount, Sum] | None = None,
        unit: str | None = None,
        minimum: str | None = None,
        buffer: str | None = None,
        address: str | None = None,
        timezone: str | None = None,
        overtime: str | None = None,
        cancellation: str | None = None,
        hours: str | None = None,
        included: str | None = None,
        steps: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        given = {
            "name": name,
            "rate": rate,
            "unit": RoomUnit(unit) if unit else None,
            "minimum": minimum,
            "buffer": buffer,
            "address": address,
            "timezone": timezone,
            "overtime": overtime,
            "cancellation": cancellation,
            "hours": hours,
            "included": included,
            "steps": steps,
        }
        changed = await self.bot.services.room.edit(actor, room, **given)
        await reply(interaction, await self._card(actor, changed, "Changed", undo(actor.change_id)))

    @app_commands.command(description="Close a room, or bring a closed one back")
    @app_commands.describe(room="Which room")
    @app_commands.autocomplete(room=suggest("room", archived=True))
    async def archive(self, interaction: Interaction, room: str) -> None:
        actor = await actor_of(interaction)
        changed = await self.bot.services.room.archive(actor, room)
        verb = "Archived" if changed.archived_at else "Brought back"
        await reply(interaction, await self._card(actor, changed, verb, undo(actor.change_id)))

    @press("room:rules")
    async def open_rules(self, pressed: Press) -> None:
        """Ask for the house rules that adding a room has no options for, and the overtime."""
        actor = await actor_of(pressed.interaction)
        actor.must_produce()
        room = await self.bot.services.room.show(actor, f"#{pressed.number()}")
        await pressed.interaction.response.send_modal(rules_form(room))

    @press("room:ruled")
    async def sent_rules(self, pressed: Press) -> None:
        """Set the house rules; a field left empty goes back to what is usual."""
        actor = await actor_of(pressed.interaction)
        fields = {key: pressed.fields.get(key, "").strip() for key in ("hours", "overtime", "included", "steps")}
        given = {key: text or EMPTY_MEANS[key] for key, text in fields.items()}
        changed = await self.bot.services.room.edit(actor, f"#{pressed.number()}", **given)
        await update(pressed.interaction, await self._card(actor, changed, "Changed", undo(actor.change_id)))

    @press("room:show")
    async def press_show(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        room = await self.bot.services.room.show(actor, f"#{pressed.number()}")
        await reply(pressed.interaction, await self._card(actor, room))

    @listing("room")
    async def rooms(self, actor: Actor, _query: dict[str, Any], page: int) -> Listing:
        rooms = await self.bot.services.room.listed(actor)
        locale = (await self.bot.services.settings.of(actor.guild_id)).locale
        rows = [
            Row(
                f"**{plain(room.name)}** · #{room.number}{rate_of(actor, room, locale)}",
                button("Show", f"room:show:{room.number}"),
            )
            for room in rooms[page * PAGE : (page + 1) * PAGE]
        ]
        return Listing(
            "Rooms", rows, len(rooms), "No rooms yet. Add one with `/room add`.", can_share=not actor.sees_money
        )

    async def _card(self, actor: Actor, room: Room, verb: str = "", *actions: ui.Button[Any]) -> ui.LayoutView:
        locale = (await self.bot.services.settings.of(actor.guild_id)).locale
        facts = room_facts(actor, room, locale)
        if actor.is_producer and room.archived_at is None:
            actions = (*actions, button("House rules", f"room:rules:{room.number}", emoji="✏️"))
        title = f"### {theme.ROOM} {plain(room.name)} · #{room.number}{' · archived' if room.archived_at else ''}"
        return card(
            f"{theme.OK} {verb}" if verb else None,
            title,
            "\n".join(facts),
            buttons(*actions) if actions else None,
            accent=theme.GOOD if verb else theme.BRAND,
        )


async def setup(bot: Backline) -> None:
    await bot.add_cog(RoomCog(bot))
