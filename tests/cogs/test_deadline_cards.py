"""One answer, everywhere: cards and pings of a deadline follow when somebody answers elsewhere."""

from typing import Any

import discord
import pytest

from tests.support.band import Band, Person, Shown

WHEN = "2 Jan 2026 18:00"
HOUR = 3600.0
BEFORE = 41 * HOUR


@pytest.fixture
async def due(band: Band) -> Band:
    """The band's server, where a deadline of the singer's is an hour away: a card, and a ping by direct message."""
    await band.producer.slash("deadline add", what="Master", due=WHEN, who=band.singer.mention, remind="2h")
    await band.env.advance_time(BEFORE - HOUR)
    return band


def shown(band: Band, channel: Any) -> list[Shown]:
    return [Shown(band.env, message) for message in channel.history() if "Master" in Shown(band.env, message).text]


def dm(person: Person) -> list[Shown]:
    return [Shown(person.env, message) for message in person.actor.user.dm_channel.history()]


def alone(person: Person) -> Person:
    return Person(person.env, person.actor.user, person.actor.user.dm_channel)


async def test_done_elsewhere_takes_the_buttons_from_card_and_ping(due: Band) -> None:
    [card], [ping] = shown(due, due.studio), dm(due.singer)
    assert list(ping.buttons) == ["Done", "On it", "Need more time"]
    done = await due.producer.slash("deadline done", deadline="#1")
    await due.env.advance_time(2)
    for message in (shown(due, due.studio)[0], dm(due.singer)[0]):
        assert f"Done by {due.producer.mention}" in message.text and message.buttons == {}
    assert list(done.buttons) == ["Undo"] == list(due.last_in(due.studio).buttons)
    await due.restart()
    await due.producer.press(done, "Undo")
    await due.env.advance_time(2)
    assert list(dm(due.singer)[0].buttons) == ["Done", "On it", "Need more time"]
    assert list(shown(due, due.studio)[0].buttons) == ["Done"]
    assert card.id != due.last_in(due.studio).id and ping.id == dm(due.singer)[0].id


async def test_an_answer_to_a_ping_shows_on_the_card_and_keeps_its_undo(due: Band) -> None:
    answered = await alone(due.singer).press(dm(due.singer)[0], "On it")
    await due.env.advance_time(2)
    assert f"{due.singer.mention} is on it" in shown(due, due.studio)[0].text
    assert "Undo" in dm(due.singer)[0].buttons
    form = await alone(due.singer).press(answered, "Need more time")
    await alone(due.singer).fill(form, due="5 Jan 2026 18:00")
    await due.env.advance_time(2)
    assert "<t:1767632400:F>" in shown(due, due.studio)[0].text
    assert "is on it" not in shown(due, due.studio)[0].text


async def test_a_deleted_one_says_so_and_an_undo_brings_it_back(due: Band) -> None:
    deleted = await due.producer.slash("deadline delete", deadline="#1")
    await due.env.advance_time(2)
    for message in (shown(due, due.studio)[0], dm(due.singer)[0]):
        assert "**Master** · #1 was deleted." in message.text and message.buttons == {}
    await due.producer.press(deleted, "Undo")
    await due.env.advance_time(2)
    assert "Done" in dm(due.singer)[0].buttons


async def test_what_can_begin_now_says_so_on_its_own_card(due: Band) -> None:
    await due.drummer.slash(
        "deadline add", what="Master art", due="3 Jan 2026 18:00", who=due.singer.mention, after="#1"
    )
    assert "⏳ **Master**" in due.last_in(due.studio).text
    key = due.last_in(due.studio).id
    await due.env.advance_time(10)
    await due.producer.slash("deadline done", deadline="#1")
    await due.env.advance_time(2)
    again = next(message for message in shown(due, due.studio) if message.id == key)
    assert "✅ **Master**" in again.text


async def test_a_card_that_was_deleted_by_hand_is_let_go(due: Band) -> None:
    due.env.backend.delete_message(due.studio.id, shown(due, due.studio)[0].id)
    await due.producer.slash("deadline done", deadline="#1")
    await due.env.advance_time(2)
    assert dm(due.singer)[0].buttons == {}


async def test_a_list_row_that_is_out_of_date_is_drawn_again(due: Band) -> None:
    listed = await due.singer.slash("deadline list")
    await due.producer.slash("deadline done", deadline="#1")
    pressed = await due.singer.press(listed, "Done")
    assert "was done already" in pressed.messages[-1].text
    assert "Done" not in pressed.messages[0].buttons


async def test_a_deadline_of_a_thread_is_reminded_of_in_the_thread(band: Band) -> None:
    studio = band.bot.get_channel(band.studio.id)
    with band.env.time_context():
        await studio.create_thread(name="mixes", type=discord.ChannelType.public_thread)
    [thread] = band.studio.threads
    soon = {"due": "in 3 hours", "remind": "none", "who": band.singer.mention}
    await band.producer.in_channel(thread).slash("deadline add", what="Master", **soon)
    await band.env.advance_time(3 * HOUR + 1)
    assert shown(band, thread)[-1].pings == {band.singer.id} and shown(band, band.studio) == []
