"""`/booking`: sessions from their preview to their cancellation, their cards, and who comes."""

from datetime import date, datetime, timedelta
from typing import Any

from discord import app_commands
from discord.ext import commands

from bot.actor import Actor
from bot.app import Backline
from bot.models.booking import Answer, BookingKind
from bot.services.booking import Ask, Wish
from bot.services.booking_checks import tidy_reason
from bot.services.booking_clash import RoomTaken, Slot
from bot.services.booking_facts import MOST_LISTED
from bot.ui.booking_board import Board
from bot.ui.booking_card import booking_card, line
from bot.ui.booking_close import Desk
from bot.ui.booking_find import finding_card
from bot.ui.booking_flow import Flow, slot_of
from bot.ui.booking_parts import ask_part
from bot.ui.booking_week import WeekDesk
from bot.ui.callsheet_flow import Desk as SheetDesk
from bot.ui.components import button, notice
from bot.ui.context import Interaction, actor_of
from bot.ui.lists import PAGE, Listing, Row, listing
from bot.ui.params import People, Repeat, When, Who, as_choices, choices_of, suggest
from bot.ui.press import Press, modal, press, text_field
from bot.ui.respond import reply, update
from bot.ui.week_options import WeekOf
from bot.when import Reading

Choices = list[app_commands.Choice[str]]
FOUND_MEMO = "booking-find"
WHICH = "Which booking: #12, or pick one"


class BookingCog(commands.GroupCog, name="booking", description="Sessions: rooms, people and times"):
    """The sessions of a server."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.service = bot.services.booking
        self.board = Board(bot)
        self.flow = Flow(bot, self.board)
        self.sheets = SheetDesk(bot)
        self.closing = Desk(bot)
        self.weeks = WeekDesk(bot)
        bot.redraws["booking"] = self.board.redraw

    @app_commands.command(description="Preview a session: its price, what it leaves of the budget, and every clash")
    @app_commands.describe(
        what="What it is, such as Vocals",
        when="From when to when, such as fri 7pm-10pm or tomorrow noon for 3h",
        room="Which room",
        people="Who is asked: mention members and roles",
        project="Which project; else this channel's",
        kind="What kind of session",
        repeat="How it repeats, such as every tuesday or every 2 weeks on monday until june",
        hold="Until when a hold lasts; else 7 days",
        needs="What or who is needed, such as drums + vocals",
        note="Anything else people should know",
    )
    @app_commands.choices(kind=choices_of(BookingKind))
    @app_commands.autocomplete(room=suggest("room"), project=suggest("project"))
    async def new(
        self,
        interaction: Interaction,
        what: str,
        when: app_commands.Transform[Reading, When("interval", "when")],
        room: str | None = None,
        people: app_commands.Transform[People, Who] | None = None,
        project: str | None = None,
        kind: str | None = None,
        repeat: app_commands.Transform[Reading, Repeat()] | None = None,
        hold: app_commands.Transform[Reading, When("instant", "hold")] | None = None,
        needs: str | None = None,
        note: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        start, end = _slot(when)
        asked = people or People()
        ask = Ask(
            what, start, end, room=room, project=project, user_ids=asked.users, role_ids=asked.roles,
            kind=BookingKind(kind or "other"), hold_until=hold.at if hold else None, needs=needs, note=note,
            rrule=repeat.rrule if repeat else None,
        )  # fmt: skip
        try:
            preview = await self.service.preview(actor, ask)
        except RoomTaken as taken:
            raise self.flow.offer(actor, taken) from taken
        await reply(interaction, await self.flow.preview(actor, preview))

    @app_commands.command(description="List the bookings, upcoming first")
    @app_commands.describe(
        range="When, such as this week or december",
        who="Whose: mention members and roles; empty means everybody's",
        room="In which room",
        project="Of which project",
    )
    @app_commands.autocomplete(room=suggest("room", archived=True), project=suggest("project", archived=True))
    async def list(
        self,
        interaction: Interaction,
        range: app_commands.Transform[Reading, When("interval", "range")] | None = None,
        who: app_commands.Transform[People, Who] | None = None,
        room: str | None = None,
        project: str | None = None,
    ) -> None:
        actor = await actor_of(interaction)
        room_id, project_id = await self.service.wish(actor, room, project)
        start, end = _slot(range) if range else (None, None)
        query = {
            "start": start.isoformat() if start else None,
            "end": end.isoformat() if end else None,
            "users": [*who.users] if who else None,
            "roles": [*who.roles] if who else None,
            "room": room_id,
            "project": project_id,
        }
        await self.bot.lists.show(interaction, "booking", query)

    @app_commands.command(description="The week as a picture: what is booked, held and cancelled")
    @app_commands.describe(date="Any day of it, such as next week or 14 dec; else this week", room="One room alone")
    @app_commands.autocomplete(room=suggest("room", archived=True))
    async def week(
        self,
        interaction: Interaction,
        date: app_commands.Transform[date, WeekOf] | None = None,
        room: str | None = None,
    ) -> None:
        await self.weeks.show(interaction, await actor_of(interaction), date, room)

    @app_commands.command(description="Show a booking's card")
    @app_commands.describe(booking=WHICH)
    @app_commands.autocomplete(booking=suggest("booking"))
    async def show(self, interaction: Interaction, booking: str) -> None:
        await reply(interaction, await self.flow.show(await actor_of(interaction), booking))

    @app_commands.command(description="Move a booking: everything is checked again, and its people are told")
    @app_commands.describe(booking=WHICH, when="From when to when, such as fri 7pm-10pm")
    @app_commands.autocomplete(booking=suggest("booking"))
    async def move(
        self,
        interaction: Interaction,
        booking: str,
        when: app_commands.Transform[Reading, When("interval", "when")],
    ) -> None:
        await self.flow.move(interaction, await actor_of(interaction), booking, _slot(when))

    @app_commands.command(description="Cancel a booking or a hold; I ask first if that costs money")
    @app_commands.describe(booking=WHICH, reason="Why; its people are told")
    @app_commands.autocomplete(booking=suggest("booking"))
    async def cancel(self, interaction: Interaction, booking: str, reason: str | None = None) -> None:
        await self.flow.cancel(interaction, await actor_of(interaction), booking, reason)

    @app_commands.command(description="Turn a first hold into a booking")
    @app_commands.describe(booking=WHICH)
    @app_commands.autocomplete(booking=suggest("booking"))
    async def confirm(self, interaction: Interaction, booking: str) -> None:
        await self.flow.confirm(interaction, await actor_of(interaction), booking)

    @app_commands.command(description="Ask the hold ahead of yours to confirm or release within a day")
    @app_commands.describe(booking="Your hold, or the one ahead of it")
    @app_commands.autocomplete(booking=suggest("booking"))
    async def challenge(self, interaction: Interaction, booking: str) -> None:
        actor = await actor_of(interaction)
        await self.flow.done(interaction, actor, await self.service.challenge(actor, booking), "Challenged")

    @app_commands.command(description="Close a session out: who came, the real times, overtime and extra cost")
    @app_commands.describe(
        booking=WHICH,
        start="When it really began, such as 19:10; else as booked",
        end="When it really ended, such as 22:40; else as booked",
        cost="What it cost on top of price and overtime, such as 25",
        note="How it went, in a few words",
    )
    async def close(
        self,
        interaction: Interaction,
        booking: str,
        start: str | None = None,
        end: str | None = None,
        cost: str | None = None,
        note: str | None = None,
    ) -> None:
        typed = {"start": start, "end": end, "cost": cost, "note": note}
        await self.closing.show(interaction, await actor_of(interaction), booking, typed)

    @close.autocomplete("booking")
    async def suggest_closable(self, interaction: Interaction, current: str) -> Choices:
        return as_choices(await self.bot.services.booking_close.suggest(await actor_of(interaction), current))

    @close.autocomplete("start")
    async def suggest_start(self, interaction: Interaction, current: str) -> Choices:
        return await self.closing.suggest_time(interaction, "start", current)

    @close.autocomplete("end")
    async def suggest_end(self, interaction: Interaction, current: str) -> Choices:
        return await self.closing.suggest_time(interaction, "end", current)

    @app_commands.command(description="Find the best times when everybody and a room are free")
    @app_commands.describe(
        length="How long, such as 3h",
        within="When to look, such as next week; else the next 14 days",
        people="Who must be there: mention members and roles",
        room="In which room; else in any",
    )
    @app_commands.autocomplete(room=suggest("room"))
    async def find(
        self,
        interaction: Interaction,
        length: app_commands.Transform[Reading, When("duration", "length")],
        within: app_commands.Transform[Reading, When("interval", "within")] | None = None,
        people: app_commands.Transform[People, Who] | None = None,
        room: str | None = None,
    ) -> None:
        actor, asked = await actor_of(interaction), people or People()
        lasting = timedelta(seconds=length.seconds or 0)
        found = await self.service.find(
            actor, length=lasting, within=_slot(within) if within else None, user_ids=asked.users,
            role_ids=asked.roles, room=room,
        )  # fmt: skip
        kept = {"seconds": length.seconds, "users": [*asked.users], "roles": [*asked.roles]}
        memo = await self.bot.services.memo.keep(actor, FOUND_MEMO, kept)
        await reply(interaction, finding_card(found, lasting, memo))

    @app_commands.command(description="Show a session's call sheet; it also posts itself the day before")
    @app_commands.describe(booking=WHICH)
    @app_commands.autocomplete(booking=suggest("booking"))
    async def callsheet(self, interaction: Interaction, booking: str) -> None:
        await self.sheets.show(interaction, await actor_of(interaction), booking)

    @press("booking:pick")
    async def press_pick(self, pressed: Press) -> None:
        """Ask what a session at a found time is for; only whoever looked for it."""
        actor = await actor_of(pressed.interaction)
        await self.bot.services.memo.recall(actor, pressed.number(), FOUND_MEMO)
        what = text_field("What is it?", "what", hint="Vocals", needed=True, limit=120)
        project = text_field("Project, if there are several", "project", hint="Its name or number", limit=100)
        to = f"booking:picked:{pressed.number()}:{pressed.number(1)}:{pressed.number(2)}"
        await pressed.interaction.response.send_modal(modal("Book this time", to, what, project))

    @press("booking:picked")
    async def sent_pick(self, pressed: Press) -> None:
        """Preview a session at a found time, as `/booking new` does."""
        actor = await actor_of(pressed.interaction)
        kept = await self.bot.services.memo.recall(actor, pressed.number(), FOUND_MEMO)
        start, end = slot_of(pressed.number(1), pressed.number(1) + kept["seconds"])
        ask = Ask(
            pressed.fields["what"], start, end, room=f"#{pressed.number(2)}" if pressed.number(2) else None,
            project=pressed.fields.get("project") or None, user_ids=tuple(kept["users"]), role_ids=tuple(kept["roles"]),
        )  # fmt: skip
        await reply(pressed.interaction, await self.flow.preview(actor, await self.service.preview(actor, ask)))

    @listing("booking")
    async def bookings(self, actor: Actor, query: dict[str, Any], page: int) -> Listing:
        wish = Wish(
            start=datetime.fromisoformat(query["start"]) if "start" in query else None,
            end=datetime.fromisoformat(query["end"]) if "end" in query else None,
            user_ids=tuple(query.get("users", ())),
            role_ids=tuple(query.get("roles", ())),
            room_id=query.get("room"),
            project_id=query.get("project"),
        )
        found, total = await self.service.listed(actor, wish, page, PAGE)
        rows = [Row(line(facts), button("Show", f"booking:show:{facts.booking.id}")) for facts in found]
        empty = "Nothing is booked here. Book a session with `/booking new`."
        note = "These are the nearest ones; narrow it with `range`." if total >= MOST_LISTED else ""
        return Listing("Bookings", rows, total, empty, note)

    @press("booking:show")
    async def press_show(self, pressed: Press) -> None:
        actor = await actor_of(pressed.interaction)
        await reply(pressed.interaction, await self.flow.show(actor, pressed.number()))

    @press("booking:sure")
    async def press_sure(self, pressed: Press) -> None:
        """Show the preview of a session that is meant to last more than a day."""
        actor = await actor_of(pressed.interaction)
        preview = await self.service.repreview(actor, pressed.number())
        await update(pressed.interaction, await self.flow.preview(actor, preview, sure=True))

    @press("booking:slot")
    async def press_slot(self, pressed: Press) -> None:
        """Move a preview to a free time that was offered."""
        actor = await actor_of(pressed.interaction)
        start, _ = slot_of(pressed.number(1), pressed.number(2))
        preview = await self.service.repreview(actor, pressed.number(), start)
        await update(pressed.interaction, await self.flow.preview(actor, preview, sure=True))

    @press("booking:book")
    async def press_book(self, pressed: Press) -> None:
        await self.flow.take(pressed.interaction, await actor_of(pressed.interaction), pressed.number())

    @press("booking:why")
    async def sent_why(self, pressed: Press) -> None:
        """Book over soft clashes, with the reason given."""
        actor, reason = await actor_of(pressed.interaction), _reason(pressed)
        await self.flow.take(pressed.interaction, actor, pressed.number(), reason=reason)

    @press("booking:hold")
    async def press_hold(self, pressed: Press) -> None:
        await self.flow.take(pressed.interaction, await actor_of(pressed.interaction), pressed.number(), hold=True)

    @press("booking:drop")
    async def press_drop(self, pressed: Press) -> None:
        await self.service.discard(await actor_of(pressed.interaction), pressed.number())
        await update(pressed.interaction, notice("Cancelled. Nothing was booked."))

    @press("booking:coming")
    async def press_coming(self, pressed: Press) -> None:
        await self._answer(pressed, Answer.COMING)

    @press("booking:maybe")
    async def press_maybe(self, pressed: Press) -> None:
        await self._answer(pressed, Answer.MAYBE)

    @press("booking:cant")
    async def press_cant(self, pressed: Press) -> None:
        await self._answer(pressed, Answer.CANT)

    async def _answer(self, pressed: Press, answer: Answer) -> None:
        actor = await actor_of(pressed.interaction)
        facts = await self.service.answer(actor, pressed.number(), answer)
        await update(pressed.interaction, booking_card(facts))
        await ask_part(pressed.interaction, facts, actor.user_id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Bring the cards up to date that a crash has left behind."""
        for booking_id in await self.service.unshown():
            await self.bot.redraw("booking", booking_id)


def _slot(reading: Reading) -> Slot:
    if reading.start is None or reading.end is None:
        raise ValueError(reading.kind)
    return reading.start, reading.end


def _reason(pressed: Press) -> str:
    return tidy_reason(pressed.fields.get("reason", ""))


async def setup(bot: Backline) -> None:
    await bot.add_cog(BookingCog(bot))
