"""The plot: three days in the life of Night Ferry, from setting up to a minute before the next reminder."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from simcord.backend.errors import SetupError

from rehearsal.story import Refused, Story
from rehearsal.timekeeper import Timekeeper
from rehearsal.world import World

log = logging.getLogger(__name__)

BEGINS_BEFORE = timedelta(days=3)
DAY = timedelta(days=1)


async def tell(world: World, time: Timekeeper) -> None:
    """Play what happened before the visitor came in, and arrive at now."""
    story = Story(world)
    await _play(story, setting_up, rooms, budget, first_session, deadlines)
    await time.advance_to(time.target - DAY)
    await _play(story, spending)
    await time.catch_up()
    await _play(story, coming_session, held_session, reminders)
    story.forget_whispers()


async def _play(story: Story, *chapters: Callable[[Story], Awaitable[None]]) -> None:
    """Play chapters; one that the bot refuses is left out, and the log says why."""
    for chapter in chapters:
        try:
            await chapter(story)
        except (Refused, SetupError) as refused:
            log.warning("the rehearsal goes on without %s: %s", chapter.__name__, refused)


async def setting_up(story: Story) -> None:
    await story.type(
        "Pia",
        "general",
        "setup start",
        timezone="Europe/Berlin",
        currency="EUR",
        producer_role=story.world.roles["Producers"],
        money_role=story.world.roles["Money"],
        announcements=story.world.channels["general"],
    )
    await story.say("Pia", "general", "Backline is here. It keeps our sessions, the money and the deadlines.")
    await story.say("Dee", "general", "Does it also carry my kick drum?")


async def rooms(story: Story) -> None:
    await story.type(
        "Pia",
        "studio",
        "room add",
        name="Room A",
        rate="60",
        unit="hour",
        minimum="2h",
        buffer="30",
        address="Hafenstraße 12",
        cancellation="48h 50%, 24h 100%",
    )
    await story.type("Pia", "studio", "room add", name="Big Hall", rate="480", unit="day", address="Werft 3")


async def budget(story: Story) -> None:
    await story.type(
        "Pia",
        "album",
        "project create",
        name="Harbour Lights",
        kind="album",
        release=story.day(120),
        budget="24000",
    )
    for channel in ("studio", "money", "album"):
        await story.type("Pia", channel, "project bind", project="Harbour Lights")
    for category, item, quantity, unit, rate in (
        ("Studio", "Room A", "60", "hour", "60"),
        ("Studio", "Big Hall", "4", "day", "480"),
        ("Engineer", "Eli", "12", "day", "220"),
        ("Mixing", "Mix", "9", "song", "450"),
        ("Mastering", "Master", "9", "song", "90"),
    ):
        await story.type(
            "Pia", "money", "budget plan", category=category, item=item, quantity=quantity, unit=unit, rate=rate
        )


async def first_session(story: Story) -> None:
    preview = await story.type(
        "Pia",
        "studio",
        "booking new",
        what="Drums for Lighthouse",
        when=story.day(1, "18:00-22:00"),
        room="Room A",
        people="@Dee @Eli",
        kind="tracking",
    )
    await story.press("Pia", preview, "Book")
    card = story.newest("studio")
    await story.press("Dee", card, "Coming")
    await story.press("Eli", card, "Coming")


async def deadlines(story: Story) -> None:
    for what, due, who in (
        ("Choose the nine songs", story.day(2, "18:00"), "@Pia"),
        ("Final lyrics for Lighthouse", story.day(5, "18:00"), "@Sam"),
        ("Drum edits", story.day(9, "12:00"), "@Eli"),
        ("Artwork to the printer", story.day(33), "@Pia @Sam"),
    ):
        await story.type("Pia", "album", "deadline add", what=what, due=due, who=who)


async def spending(story: Story) -> None:
    await story.type(
        "Pia", "money", "budget spend", amount="96.40", category="Travel", what="Train to the pressing plant"
    )
    await story.type("Pia", "money", "budget spend", amount="220", category="Engineer", what="First day")
    await story.type("Dee", "money", "budget spend", amount="38.90", category="Studio", what="Drum heads")
    await story.type("Dee", "money", "budget spend", amount="310", category="Studio", what="Cymbal for Lighthouse")


async def coming_session(story: Story) -> None:
    await story.say("Sam", "studio", "My voice is back. Can we do the vocals this week?")
    preview = await story.type(
        "Pia",
        "studio",
        "booking new",
        what="Vocals for Lighthouse",
        when=story.day(2, "19:00-22:00"),
        room="Room A",
        people="@Sam @Dee @Eli",
        kind="overdub",
        note="Bring the brown microphone",
    )
    await story.press("Pia", preview, "Book")
    card = story.newest("studio")
    await story.press("Sam", card, "Coming")
    await story.press("Eli", card, "Maybe")


async def held_session(story: Story) -> None:
    preview = await story.type(
        "Pia",
        "studio",
        "booking new",
        what="Strings in the hall",
        when=story.day(6, "10:00-18:00"),
        room="Big Hall",
        people="@Band",
        kind="tracking",
        hold=story.day(3, "12:00"),
    )
    await story.press("Pia", preview, "Hold")


async def reminders(story: Story) -> None:
    await story.type("Sam", "studio", "remind me", what="Warm up before the vocals", when=story.day(2, "18:15"))
    await story.type("Pia", "general", "remind channel", what="Rehearsal room: bring your keys", when="in 3 hours")
    studio = story.world.channels["studio"]
    await story.type(
        "Eli", "general", "remind channel", what="Back up the drum takes", when="in 1 minute", channel=studio
    )
