"""A deadline's pings as they arrive: louder step by step, with answers that work wherever they are pressed."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.band import Band, Person, Reply, Shown
from tests.support.simtime import closed_dms, dedupe_nonces

WHEN = "2 Jan 2026 18:00"
UNIX = 1767373200  # 18:00 in Berlin; the tests begin 41 hours before
HOUR = 3600.0
BEFORE = 41 * HOUR


@pytest.fixture
async def once(band: Band) -> AsyncIterator[Band]:
    """The band's server, where Discord knows a nonce it has seen."""
    with dedupe_nonces(band.env):
        yield band


def dm(person: Person) -> list[Shown]:
    return [Shown(person.env, message) for message in person.actor.user.dm_channel.history()]


def alone(person: Person) -> Person:
    return Person(person.env, person.actor.user, person.actor.user.dm_channel)


def pings(band: Band, channel: Any) -> list[Shown]:
    said = (Shown(band.env, item) for item in channel.history())
    return [shown for shown in said if re.search(r"^(?:is|was) due <t:", shown.text, re.MULTILINE)]


async def add(band: Band, **options: Any) -> Reply:
    given = {"what": "Master", "due": WHEN, "who": band.singer.mention, "remind": "2h", **options}
    return await band.producer.slash("deadline add", **given)


async def test_first_the_person_then_the_channel_then_every_morning_the_producers(once: Band) -> None:
    await add(once)
    await once.env.advance_time(BEFORE - 2 * HOUR + 1)
    [message] = dm(once.singer)
    assert "**Master** · #1" in message.text and f"<t:{UNIX}:F>" in message.text
    assert list(message.buttons) == ["Done", "On it", "Need more time"]
    assert pings(once, once.studio) == []
    await once.env.advance_time(2 * HOUR)
    [due] = pings(once, once.studio)
    assert due.pings == {once.singer.id} and len(dm(once.singer)) == 1
    await once.env.advance_time(15 * HOUR)  # Saturday, 9:00 in Berlin
    late = pings(once, once.studio)[-1]
    assert "was due" in late.text
    assert late.pings == {once.singer.id, once.producers.id}
    await once.env.advance_time(24 * HOUR)
    assert len(pings(once, once.studio)) == 3


async def test_on_it_in_a_direct_message_spares_the_mornings(once: Band) -> None:
    await add(once)
    await once.env.advance_time(BEFORE - HOUR)
    me = alone(once.singer)
    [message] = dm(once.singer)
    answered = await me.press(message, "On it")
    assert f"{once.singer.mention} is on it" in answered.text
    assert list(answered.buttons) == ["Done", "Need more time", "Undo"]
    assert f"{once.singer.mention} is on it" in once.last_in(once.studio).text
    await once.env.advance_time(3 * 24 * HOUR)
    assert len(pings(once, once.studio)) == 1


async def test_undoing_on_it_brings_the_mornings_back(once: Band) -> None:
    await add(once)
    shown = await once.singer.slash("deadline show", deadline="#1")
    answered = await once.singer.press(shown, "On it")
    await once.singer.press(answered, "Undo")
    await once.env.advance_time(BEFORE + 16 * HOUR)
    assert len(pings(once, once.studio)) == 2


async def test_done_in_the_channel_ends_it(once: Band) -> None:
    await add(once)
    await once.env.advance_time(BEFORE + 1)
    await once.restart()
    [due] = pings(once, once.studio)
    assert "Only they" in (await once.drummer.press(due, "Done")).messages[-1].text
    assert f"Done by {once.singer.mention}" in (await once.singer.press(due, "Done")).text
    await once.env.advance_time(3 * 24 * HOUR)
    assert len(dm(once.singer)) == 1 and "is due" not in once.last_in(once.studio).text


async def test_done_in_a_direct_message_is_told_to_the_band(once: Band) -> None:
    await add(once)
    await once.env.advance_time(BEFORE - HOUR)
    [message] = dm(once.singer)
    done = await alone(once.singer).press(message, "Done")
    assert "Undo" in done.buttons
    told = once.last_in(once.studio)
    assert f"Done by {once.singer.mention}" in told.text and told.pings == set()


async def test_one_s_own_deadline_stays_one_s_own(once: Band) -> None:
    await once.singer.slash("deadline add", what="Lyrics", due=WHEN, remind="2h")
    before = once.studio.last_message
    await once.env.advance_time(BEFORE - HOUR)
    [message] = dm(once.singer)
    await alone(once.singer).press(message, "Done")
    assert once.studio.last_message == before


async def test_more_time_moves_it_and_says_what_slips(once: Band) -> None:
    await add(once)
    await add(once, what="Release", due="3 Jan 2026 18:00", after="Master")
    await once.env.advance_time(BEFORE + 1)
    due = pings(once, once.studio)[0]
    opened = await once.singer.press(due, "Need more time")
    assert opened.form["title"] == "More time for Master"
    moved = await once.singer.fill(opened, due="5 Jan 2026 18:00")
    assert f"<t:{UNIX + 3 * 86400}:F>" in moved.text
    assert f"**Release** (#2): <t:{UNIX + 86400}:f> → <t:{UNIX + 4 * 86400}:f>" in moved.text
    assert list(moved.buttons) == ["Done", "Shift them too", "Undo"]
    await once.env.advance_time(16 * HOUR)  # past the morning
    assert pings(once, once.studio) == []
    await once.restart()
    shifted = await once.singer.press(moved, "Shift them too")
    assert f"now due <t:{UNIX + 4 * 86400}:F>" in shifted.messages[-1].text


async def test_more_time_in_a_direct_message(once: Band) -> None:
    await add(once)
    await once.env.advance_time(BEFORE - HOUR)
    me = alone(once.singer)
    [message] = dm(once.singer)
    opened = await me.press(message, "Need more time")
    refused = await me.fill(opened, due="yesterday 5pm")
    assert "already over" in refused.messages[-1].text
    moved = await me.fill(await me.press(dm(once.singer)[0], "Need more time"), due="5 Jan 2026 18:00")
    assert f"<t:{UNIX + 3 * 86400}:F>" in moved.text
    assert f"it was due <t:{UNIX}:f>" in once.last_in(once.studio).text


async def test_the_wrong_person_gets_no_form(once: Band) -> None:
    await add(once)
    card = await once.drummer.slash("deadline show", deadline="#1")
    for label in ("On it", "Need more time", "Done"):
        refused = await once.drummer.press(card, label)
        assert "Only they" in refused.messages[-1].text


async def test_closed_direct_messages_go_to_the_channel(once: Band) -> None:
    await add(once)
    with closed_dms(once.singer.actor.user):
        await once.env.advance_time(BEFORE - HOUR)
    [ping] = pings(once, once.studio)
    assert ping.pings == {once.singer.id}


async def test_what_was_missed_in_a_long_silence_comes_once(once: Band) -> None:
    await add(once, due="20 Jan 2026 18:00", remind="7d, 2d, 1d, 2h")
    await once.bot.delivery.stop()
    once.bot.scheduler.stop()
    await once.env.advance_time(20 * 24 * HOUR)
    await once.restart()
    await once.env.advance_time(1)
    assert len(dm(once.singer)) == 1 and len(pings(once, once.studio)) == 1
    assert "late" in dm(once.singer)[0].text and "was due" in pings(once, once.studio)[0].text


async def test_a_deleted_deadline_is_silent(once: Band) -> None:
    await add(once)
    await once.producer.slash("deadline delete", deadline="#1")
    await once.env.advance_time(BEFORE + 24 * HOUR)
    assert dm(once.singer) == [] and pings(once, once.studio) == []


@pytest.mark.parametrize("who", ["singer", "producer", "owner"])
async def test_roles_count_in_direct_messages_too(once: Band, who: str) -> None:
    person = getattr(once, who)
    await add(once, who=person.mention)
    await once.env.advance_time(BEFORE - HOUR)
    [message] = dm(person)
    # Now it is for a role that the singer has; the others are producers.
    await once.producer.slash("deadline assign", deadline="#1", who=once.band.mention)
    assert "is on it" in (await alone(person).press(message, "On it")).text
    assert f"Done by {person.mention}" in (await alone(person).press(dm(person)[0], "Done")).text


async def test_an_answer_of_the_wrong_person_or_of_one_who_left(once: Band) -> None:
    await add(once, who=f"{once.treasurer.mention} {once.singer.mention}")
    await once.env.advance_time(BEFORE - HOUR)
    await once.producer.slash("deadline assign", deadline="#1", who=once.drummer.mention)
    refused = await alone(once.treasurer).press(dm(once.treasurer)[0], "Done")
    assert f"is for {once.drummer.mention}" in refused.messages[-1].text
    once.guild.remove_member(once.singer.actor)
    gone = await alone(once.singer).press(dm(once.singer)[0], "Done")
    assert "You are not in that server any more" in gone.messages[-1].text


async def test_what_is_for_somebody_who_left_goes_to_the_channel(once: Band) -> None:
    await add(once, who=f"{once.singer.mention} {once.drummer.mention}")
    once.guild.remove_member(once.singer.actor)
    await once.env.advance_time(BEFORE - 2 * HOUR + 1)
    assert once.singer.actor.user.dm_channel.history() == [] and len(dm(once.drummer)) == 1
    [told] = pings(once, once.studio)
    assert f"{once.singer.mention} has left this server, so it needs somebody" in told.text
    assert "`/deadline assign`" in told.text and told.pings == {once.producer.id}
    assert "On it" in told.buttons


async def test_where_discord_does_not_say_who_left_the_ping_is_sent(once: Band) -> None:
    await add(once)
    path = f"/guilds/{once.guild.id}/members/{once.singer.id}"
    once.env.inject_error("GET", path, status=500, code=0, message="Internal Server Error", times=None)
    await once.env.advance_time(BEFORE - 2 * HOUR + 10)
    assert len(dm(once.singer)) == 1 and pings(once, once.studio) == []


async def test_without_a_producers_role_the_owner_is_called(empty_band: Band) -> None:
    band = empty_band
    await band.owner.slash("setup start", timezone="Europe/Berlin")
    await band.singer.slash("deadline add", what="Master", due=WHEN, who=band.drummer.mention, remind="none")
    await band.env.advance_time(BEFORE + 1)
    assert pings(band, band.studio)[-1].pings == {band.drummer.id}
    await band.env.advance_time(15 * HOUR)
    late = pings(band, band.studio)[-1]
    owner = band.bot.get_guild(band.guild.id).owner_id
    assert f"<@{owner}>" in late.text and owner not in (None, band.drummer.id)
