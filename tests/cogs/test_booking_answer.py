"""Answers as a band's people give them: on the card, under a nudge, and what they cover of a session's needs."""

import asyncio
import time

import pytest

from bot.actor import Actor
from bot.models.booking import Answer
from tests.cogs.test_booking import book, settle
from tests.support.band import Band, Person, Shown

# Time stands at the first of January, a little after midnight.
NEAR = "5 jan 2026 19:00-22:00"
NEEDS = "drums or percussion + 2 guitars + vocals"


async def drawn(band: Band, key: int) -> None:
    """Let a card be redrawn until it shows everything; drawings began while people were still answering.

    What a test does by itself sets timers of the real clock, which no skipped time lets ring.
    """
    for _ in range(100):
        facts = await band.bot.services.booking.card(key)
        assert facts is not None
        if facts.booking.shown_version == facts.booking.version:
            return
        await settle(band)
        await asyncio.to_thread(time.sleep, 0.05)
    pytest.fail("the card does not show everything")


def menu(shown: Shown) -> list[str]:
    return [option["label"] for option in shown.options]


async def test_who_comes_says_what_they_cover_and_the_card_shows_what_is_missing(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, needs=NEEDS, people=f"{band.singer.mention} {band.drummer.mention}")
    assert "0 of 3 covered" in card.text and "▫️ 2 guitars" in card.text
    done = await band.singer.press(card, "Coming")
    asked = done.messages[-1]
    assert asked.is_private and "What do you cover" in asked.text
    assert menu(asked) == ["drums", "percussion", "guitars", "vocals", "None of these"]
    await band.restart()
    covered = await band.singer.choose(asked, "guitars", "vocals")
    assert "You cover **guitars, vocals**" in covered.text and "drums or percussion, guitars." in covered.text
    await settle(band)
    assert f"✅ vocals: {band.singer.mention}" in card.text
    assert f"▫️ 2 guitars: {band.singer.mention}, 1 more" in card.text
    listed = await band.producer.slash("booking list")
    assert "lacks drums or percussion, guitars" in listed.text
    again = await band.singer.press(await book(band, "Next", "6 feb 2026 19:00-22:00", needs="vocals + bass"), "Coming")
    assert "You cover **vocals**" in again.messages[-1].text
    none = await band.singer.choose(again.messages[-1], "None of these")
    assert "You cover none" in none.text and "vocals, bass" in none.text
    assert len((await band.drummer.press(card, "Can't")).messages) == 1


async def test_a_menu_that_is_out_of_date_says_so(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, needs="drums")
    asked = (await band.drummer.press(card, "Coming")).messages[-1]
    await band.drummer.press(card, "Can't")
    assert "have not said that you come" in (await band.drummer.choose(asked, "drums")).text
    await band.producer.slash("booking cancel", booking="#1")
    assert "is cancelled" in (await band.drummer.choose(asked, "drums")).text


async def test_a_nudge_asks_those_who_have_not_answered_and_takes_answers_itself(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, "Vocals", NEAR, people=f"{band.singer.mention} {band.drummer.mention}", needs="drums")
    await band.singer.press(card, "Coming")
    panel = await band.producer.press(card, "⚙")
    told = await band.producer.press(panel, "Nudge")
    assert told.is_private and "Asking again, now" in told.text and band.singer.mention not in told.text
    await settle(band)
    nudge = band.last_in(band.studio)
    assert "Can you come?" in nudge.text and nudge.pings == {band.drummer.id}
    assert list(nudge.buttons) == ["Coming", "Maybe", "Can't"] and "Still missing: drums" in nudge.text
    refused = await band.producer.press(panel, "Nudge")
    assert "were nudged <t:" in refused.text
    await band.restart()
    said = await band.drummer.press(nudge, "Coming")
    assert said.is_private and "You are coming" in said.text and menu(said.shown) == ["drums", "None of these"]
    await band.drummer.choose(said, "drums")
    await settle(band)
    assert "all covered" in card.text and "**Coming (2)**" in card.text
    assert "Nudge" not in (await band.producer.press(card, "⚙")).buttons
    assert "has answered" in (await band.producer.press(panel, "Nudge")).text


async def test_the_desk_asks_again_by_itself_and_warns_the_maker(booked_band: Band) -> None:
    band = booked_band
    await band.drummer.slash("me reminders", dm=True)
    await book(band, "Vocals", NEAR, people=f"{band.singer.mention} {band.drummer.mention}", needs="drums")
    for _ in range(4):
        await band.env.advance_time(12 * 3600)
    (nudge,) = [shown for shown in band.said_in(band.studio) if "Can you come?" in shown.text]
    assert nudge.pings == {band.singer.id}
    (own,) = [shown for shown in band.told(band.drummer) if "Can you come?" in shown.text]
    at_home = Person(band.env, band.drummer.actor.user, band.drummer.actor.user.dm_channel)
    said = await at_home.press(own, "Can't")
    assert "You can't come" in said.text
    await band.env.advance_time(18 * 3600)
    (warned,) = [shown for shown in band.said_in(band.studio) if "lacks **drums**" in shown.text]
    assert warned.pings == {band.producer.id} and list(warned.buttons) == ["Nudge", "Cancel booking"]
    await band.producer.press(warned, "Nudge")
    await settle(band)
    assert band.last_in(band.studio).pings == {band.singer.id}


async def test_fifty_people_answer_at_once_and_the_card_holds_them_all(booked_band: Band) -> None:
    band = booked_band
    card = await book(band, "Choir", people=f"<@&{band.band.id}>", needs="40 singers + drums")
    answers = band.bot.services.booking
    crowd = [Actor(band.guild.id, 800_000_000_000_000_000 + n) for n in range(50)]
    await asyncio.gather(*(answers.answer(who, 1, (Answer.COMING, Answer.MAYBE)[n % 2]) for n, who in enumerate(crowd)))
    await drawn(band, 1)
    assert "**Coming (25)**" in card.text and "**Maybe (25)**" in card.text and "0 of 2 covered" in card.text
    both = await asyncio.gather(*(answers.answer(crowd[0], 1, answer) for answer in (Answer.CANT, Answer.MAYBE)))
    shown = await band.singer.press(card, "Coming")
    assert "**Coming (25)**" in shown.text and len(shown.shown.text) < 4000
    assert ("**Maybe (26)**" in shown.text) == (len(both[1].maybe) == 26)


async def test_the_cards_of_a_repeat_come_when_its_sessions_are_near(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Drums", "4 jan 2026 19:00-22:00", repeat="every 3 days 4 times", people=band.drummer.mention)
    await settle(band)

    def cards() -> list[Shown]:
        return [shown for shown in band.said_in(band.studio) if {"Coming", "⚙"} <= {*shown.buttons}]

    assert [shown.text.split("· #")[1][0] for shown in cards()] == ["1", "2"]
    assert cards()[1].pings == {band.drummer.id}
    for _ in range(4):
        await band.env.advance_time(24 * 3600)
    assert [shown.text.split("· #")[1][0] for shown in cards()] == ["1", "2", "3"]
    assert "**Coming (1)**" in (await band.drummer.press(cards()[2], "Coming")).text
