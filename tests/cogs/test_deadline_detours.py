"""A deadline whose channel is gone or private and closed: everybody it is for is called, and nothing is given away."""

from typing import Any

import pytest

from tests.support.band import Band, Person, Shown
from tests.support.simtime import closed_dms

WHEN = "2 Jan 2026 18:00"
HOUR = 3600.0
BEFORE = 41 * HOUR  # the tests begin so long before


@pytest.fixture
async def band(band: Band) -> Band:
    """The band's server, where the alarm must be enough: nothing looks for what is due now and then."""
    band.bot.scheduler.cancel("reminders sweep")
    return band


def dm(person: Person) -> list[Shown]:
    return [Shown(person.env, message) for message in person.actor.user.dm_channel.history()]


def said(band: Band, channel: Any) -> list[Shown]:
    return [Shown(band.env, message) for message in channel.history()]


def alone(person: Person) -> Person:
    return Person(person.env, person.actor.user, person.actor.user.dm_channel)


async def add(band: Band, who: str, **options: Any) -> None:
    await band.producer.slash("deadline add", what="Fee of Sam", due=WHEN, who=who, remind="none", **options)


def close(band: Band) -> None:
    """Make the studio private, and let the bot write there no more."""
    band.overwrite(band.studio, band.guild.default_role, view_channel=False)
    band.overwrite(band.studio, None, view_channel=True, send_messages=False)


async def test_after_its_channel_was_deleted_everybody_is_called(band: Band) -> None:
    await add(band, f"{band.singer.mention} {band.drummer.mention} {band.band.mention}")
    band.env.backend.delete_channel(band.studio.id)
    await band.env.advance_time(BEFORE + 1)
    for person in (band.singer, band.drummer):
        (message,) = dm(person)
        assert "**Fee of Sam** · #1" in message.text
        assert list(message.buttons) == ["Done", "On it", "Need more time"]
    assert dm(band.producer) == []
    calling, warning = said(band, band.general)[-2:]
    assert "A deadline calls you" in calling.text and "`/deadline show` and `#1`" in calling.text
    assert (calling.pings, calling.buttons) == ({band.band.id}, {})
    assert "was deleted" in warning.text
    status = await band.producer.in_channel(band.general).slash("remind status")
    assert "the channel it belongs in was deleted" in status.text

    await band.env.advance_time(15 * HOUR)  # Saturday, 9:00 in Berlin
    assert [len(dm(person)) for person in (band.singer, band.drummer)] == [2, 2]
    assert said(band, band.general)[-1].pings == {band.band.id, band.producers.id}

    assert "Done by" in (await alone(band.singer).press(dm(band.singer)[-1], "Done")).text
    await band.env.advance_time(2)
    assert "Done by" in dm(band.drummer)[-1].text
    assert not [message for message in said(band, band.general) if "Fee of Sam" in message.text]


async def test_where_all_are_told_by_themselves_nothing_is_posted(band: Band) -> None:
    await add(band, band.singer.mention)
    close(band)
    await band.env.advance_time(BEFORE + 1)
    assert len(dm(band.singer)) == 1
    (warning,) = [message for message in said(band, band.general) if message.pings]
    assert "I lack **Send Messages**" in warning.text
    status = await band.producer.in_channel(band.general).slash("remind status")
    assert "I lack **Send Messages**" in status.text and "told by direct message" in status.text


async def test_who_takes_no_direct_messages_is_called_in_announcements(band: Band) -> None:
    await band.singer.slash("me reminders", dm=False)
    await add(band, band.singer.mention)
    close(band)
    with closed_dms(band.singer.actor):
        await band.env.advance_time(BEFORE + 1)
    (calling,) = [message for message in said(band, band.general) if "calls you" in message.text]
    assert (calling.pings, calling.buttons) == ({band.singer.id}, {})
    assert "Fee of Sam" not in calling.text


async def test_an_open_channel_s_words_move_as_they_are(band: Band) -> None:
    await add(band, band.singer.mention)
    band.overwrite(band.studio, None, view_channel=True, send_messages=False)
    await band.env.advance_time(BEFORE + 1)
    (ping,) = [message for message in said(band, band.general) if "Fee of Sam" in message.text]
    assert ping.pings == {band.singer.id} and dm(band.singer) == []
    assert "Done by" in (await band.singer.in_channel(band.general).press(ping, "Done")).text
