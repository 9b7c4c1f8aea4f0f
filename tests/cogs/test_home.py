"""`/help` and `/today` as the people of a band read them."""

import re
from datetime import date
from typing import Any

from discord import app_commands

from bot.models.booking import Booking, BookingPerson, BookingState
from bot.models.budget import BudgetCategory, BudgetLine, Expense, ExpenseState
from cogs.home import TOPICS
from tests.support.band import Band, Person, Reply


def commands(band: Band) -> list[app_commands.Command[Any, ..., Any]]:
    return [command for command in band.bot.tree.walk_commands() if isinstance(command, app_commands.Command)]


async def test_the_guide_has_every_command_to_click(band: Band) -> None:
    whole = await band.singer.slash("help")
    assert whole.is_private
    for command in commands(band):
        if command.name != "help":
            assert re.search(rf"</{command.qualified_name}:[0-9]+>", whole.text), command.qualified_name
    assert "**Deadlines**" in whole.text and "fri 7pm-10pm" in whole.text


async def test_a_topic_says_what_each_of_its_commands_does(band: Band) -> None:
    for topic, (title, groups) in TOPICS.items():
        text = (await band.singer.slash("help", topic=topic)).text
        assert f"**{title}**" in text
        for command in commands(band):
            line = rf"</{command.qualified_name}:[0-9]+> · {re.escape(command.description)}"
            assert bool(re.search(line, text)) is (command.qualified_name.split()[0] in groups), command.qualified_name


async def test_an_empty_day_says_what_to_do_next(band: Band) -> None:
    reply = await band.singer.slash("today")
    assert "No session. Book one with </booking new:" in reply.text
    assert "Nothing is due. Add a deadline with </deadline add:" in reply.text
    assert "Every session is answered." in reply.text
    assert "waiting" not in reply.text and reply.is_private
    assert "No expense is waiting." in (await band.producer.slash("today")).text


async def put_session(band: Band, person: Person) -> None:
    now = band.bot.clock.now()
    async with band.bot.db.write() as session:
        booking = Booking(
            guild_id=band.guild.id, number=1, what="Vocals *take two*", state=BookingState.HELD,
            start_at=now.replace(day=2, hour=18), end_at=now.replace(day=2, hour=21), zone="Europe/Berlin",
            created_by=1, created_at=now, channel_id=band.studio.id, message_id=77,
        )  # fmt: skip
        session.add(booking)
        await session.flush()
        session.add(BookingPerson(guild_id=band.guild.id, booking_id=booking.id, user_id=person.id))


async def test_a_day_with_a_session_to_answer(band: Band) -> None:
    await put_session(band, band.singer)
    reply = await band.singer.slash("today")
    assert r"✏️ **Vocals \*take two\*** · #1 · <t:1767376800:F>" in reply.text
    link = f"https://discord.com/channels/{band.guild.id}/{band.studio.id}/77"
    assert f"[answer on its card]({link})" in reply.text
    assert "Vocals" not in (await band.drummer.slash("today")).text


async def test_done_beside_a_deadline_of_today(band: Band) -> None:
    await band.producer.slash("deadline add", what="Lyrics", due="tomorrow", who=band.singer.mention)
    day = await band.singer.slash("today")
    assert "Lyrics" in day.text
    done = await band.singer.press(day, "Done")
    assert "Done by" in done.messages[-1].text and not done.messages[-1].is_private
    assert "Lyrics" not in (await band.singer.slash("today")).text


async def test_somebody_else_s_day_and_a_role_s(band: Band) -> None:
    await put_session(band, band.singer)
    await band.producer.slash("deadline add", what="Lyrics", due="tomorrow", who=f"<@&{band.band.id}>")
    theirs = await band.drummer.slash("today", who=band.singer.mention)
    assert f"for {band.singer.mention}" in theirs.text and "Vocals" in theirs.text and "Lyrics" in theirs.text
    role = await band.producer.slash("today", who=f"<@&{band.band.id}>")
    assert "Lyrics" in role.text and "Vocals" not in role.text and "Answers owed" not in role.text
    assert "waiting" not in (await band.producer.slash("today", who=band.singer.mention)).text


async def test_who_must_be_one_who_is_here(band: Band) -> None:
    both = await band.singer.slash("today", who=f"{band.singer.mention} {band.drummer.mention}")
    assert "one member or role at a time" in both.text
    gone = await band.singer.slash("today", who="<@123456789012345678>")
    assert "is not in this server any more" in gone.text and gone.is_private


async def put_expense(band: Band, minor: int) -> None:
    now = band.bot.clock.now()
    async with band.bot.db.write() as session:
        common = {"guild_id": band.guild.id, "project_id": 1}
        category = BudgetCategory(**common, code=300, name="Studio")
        session.add(category)
        await session.flush()
        line = BudgetLine(**common, category_id=category.id, item="Room A", created_by=1, created_at=now)
        session.add(line)
        await session.flush()
        session.add(
            Expense(
                **common, number=1, line_id=line.id, what="Strings & @everyone", amount_minor=minor,
                original_minor=minor, original_currency="EUR", spent_on=date(2026, 1, 1), state=ExpenseState.PENDING,
                created_by=1, created_at=now,
            )
        )  # fmt: skip


async def test_money_waits_for_producers_alone(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    await put_expense(band, 12_050)
    assert "€120.50 · Strings & @\u200beveryone · #1" in (await band.producer.slash("today")).text
    for person in (band.singer, band.treasurer):
        assert "120.50" not in (await person.slash("today")).text


async def test_a_project_card_has_its_glance(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights", release="11 January 2026", budget="24k")
    await band.singer.slash("deadline add", what="Lyrics", due="tomorrow 6pm")
    producer: Reply = await band.producer.slash("project show")
    assert "Next deadline: **Lyrics**" in producer.text and "Out in 10 days" in producer.text
    assert "Left of the budget: €24,000.00" in producer.text
    assert "€" not in (await band.singer.slash("project show")).text


async def test_a_session_i_made_and_one_for_the_whole_band_are_mine(band: Band) -> None:
    await band.singer.press(await band.singer.slash("booking new", what="Writing", when="sat 2pm-4pm"), "Book")
    made = await band.drummer.slash("booking new", what="Drum check", when="sun 2pm-4pm", people=band.singer.mention)
    await band.drummer.press(made, "Book")
    assert "Writing" in (await band.singer.slash("today")).text
    drummers = (await band.drummer.slash("today")).text
    assert "Writing" in drummers  # nobody in particular is asked
    assert "Drum check" in drummers  # made by the drummer, who asked only the singer
    assert "Drum check" not in (await band.producer.slash("today")).text
    await band.drummer.press(band.last_in(band.studio), "Can't")
    assert "Drum check" not in (await band.drummer.slash("today")).text
