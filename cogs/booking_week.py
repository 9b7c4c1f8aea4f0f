"""What is under the week of `/booking week`: other weeks, the same for everybody, and booking a session in it."""

from discord.ext import commands

from bot.app import Backline
from bot.services.booking import Ask
from bot.services.booking_clash import RoomTaken
from bot.ui.booking_board import Board
from bot.ui.booking_flow import Flow
from bot.ui.booking_week import WeekDesk, day_of
from bot.ui.context import actor_of
from bot.ui.params import near
from bot.ui.press import Press, UnknownButton, modal, press, text_field
from bot.ui.respond import reply
from bot.when import UnclearTime, read


class BookingWeekCog(commands.Cog):
    """The buttons under a week."""

    def __init__(self, bot: Backline) -> None:
        self.bot = bot
        self.desk = WeekDesk(bot)
        self.flow = Flow(bot, Board(bot))

    @press("booking:week")
    async def press_week(self, pressed: Press) -> None:
        """Show an earlier or a later week, or this one, in the same place."""
        actor = await actor_of(pressed.interaction)
        await self.desk.turn(pressed.interaction, actor, day_of(pressed.number()), pressed.number(1))

    @press("booking:weekshare")
    async def press_share(self, pressed: Press) -> None:
        day = day_of(pressed.number())
        if day is None:
            raise UnknownButton
        await self.desk.share(pressed.interaction, await actor_of(pressed.interaction), day, pressed.number(1))

    @press("booking:weekbook")
    async def open_book(self, pressed: Press) -> None:
        """Ask what and when, with the week's room or, if it is ahead, its first day filled in."""
        actor, day, key = await actor_of(pressed.interaction), day_of(pressed.number()), pressed.number(1)
        room = (await self.bot.services.week.week(actor, day, key)).room if key else None
        today = self.bot.clock.now().astimezone(actor.zone).date()
        hint = f"{day.day} {day:%b %Y} 19:00-22:00" if day and day > today else "fri 7pm-10pm"
        form = modal(
            "Book a session",
            "booking:weekbooked",
            text_field("What is it?", "what", hint="Vocals", needed=True, limit=120),
            text_field("When?", "when", hint=hint, needed=True),
            text_field("Room", "room", value=room.name if room else None, hint="Its name or number", limit=100),
            text_field("Project, if there are several", "project", hint="Its name or number", limit=100),
        )
        await pressed.interaction.response.send_modal(form)

    @press("booking:weekbooked")
    async def sent_book(self, pressed: Press) -> None:
        """Preview the session, as `/booking new` does; what can't be read or is taken names what could be."""
        actor, fields, now = await actor_of(pressed.interaction), pressed.fields, self.bot.clock.now()
        try:
            when = read(fields["when"], want="interval", now=now, zone=actor.zone, locale=actor.locale)
        except UnclearTime as unclear:
            raise near(unclear, "when", actor, now) from unclear
        if when.start is None or when.end is None:
            raise ValueError(when.kind)
        room, project = fields.get("room") or None, fields.get("project") or None
        try:
            ask = Ask(fields["what"], when.start, when.end, room=room, project=project)
            preview = await self.bot.services.booking.preview(actor, ask)
        except RoomTaken as taken:
            raise self.flow.offer(actor, taken) from taken
        await reply(pressed.interaction, await self.flow.preview(actor, preview))


async def setup(bot: Backline) -> None:
    await bot.add_cog(BookingWeekCog(bot))
