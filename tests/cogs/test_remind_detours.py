"""Reminders whose own place is closed: where they go, what they say there, and who is told what to mend."""

from typing import Any

import pytest
from aiohttp import ServerDisconnectedError
from sqlalchemy import select

from bot.models.reminder import Reminder, ReminderState
from tests.support.band import Band, Person, Shown
from tests.support.simtime import closed_dms, lose_answers

HOUR = 3600.0


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


async def rows(band: Band) -> list[Reminder]:
    async with band.bot.db.read() as session:
        return list(await session.scalars(select(Reminder).order_by(Reminder.id)))


async def plan(person: Person, what: str = "send stems", when: str = "in 1 hour") -> None:
    reply = await person.slash("remind me", what=what, when=when)
    assert "I'll remind you" in reply.text


async def test_closed_direct_messages_go_to_the_channel(band: Band) -> None:
    with closed_dms(band.singer.actor):
        await plan(band.singer)
        await band.env.advance_time(HOUR + 1)
    message = band.last_in(band.studio)
    assert message.pings == {band.singer.id}
    assert "⏰ send stems" in message.text
    assert "I can't send you direct messages" in message.text
    (row,) = await rows(band)
    assert (row.state, row.sent_channel_id) == (ReminderState.SENT, band.studio.id)
    assert row.error == "I can't send you direct messages"
    assert "Done by" in (await band.singer.press(message, "Done")).text


async def test_a_missing_permission_is_named_in_announcements(band: Band) -> None:
    await band.producer.slash("remind channel", what="pay", when="in 1 hour", channel=band.money, mention="me")
    band.overwrite(band.money, None, send_messages=False)
    await band.env.advance_time(HOUR + 1)
    message = band.last_in(band.general)
    assert f"⚠️ I lack **Send Messages** in <#{band.money.id}>" in message.text
    assert message.pings == {band.producers.id}
    message = said(band, band.general)[-2]
    assert "⏰ pay" in message.text
    assert f"I lack **Send Messages** in <#{band.money.id}>" in message.text
    assert message.pings == {band.producer.id}


async def test_a_hidden_channel(band: Band) -> None:
    await band.producer.slash("remind channel", what="pay", when="in 1 hour", channel=band.money)
    band.overwrite(band.money, None, view_channel=False)
    await band.env.advance_time(HOUR + 1)
    assert "⏰ pay" in said(band, band.general)[-2].text
    assert "I lack **View Channel**" in band.last_in(band.general).text


async def test_the_producers_are_told_once(band: Band) -> None:
    for what in ("first", "second"):
        await band.singer.slash("remind channel", what=what, when="in 1 hour", channel=band.money)
    band.overwrite(band.money, None, send_messages=False)
    await band.env.advance_time(HOUR + 1)
    await band.restart()
    await band.singer.slash("remind channel", what="third", when="in 1 hour", channel=band.studio)
    await band.env.advance_time(HOUR + 1)
    told = [message for message in said(band, band.general) if message.text.strip().startswith("⚠️ I lack")]
    assert [message.pings for message in told] == [{band.producers.id}]


async def test_a_private_channel_s_words_stay_private(band: Band) -> None:
    band.overwrite(band.money, band.guild.default_role, view_channel=False)
    band.overwrite(band.money, band.producers, view_channel=True)
    band.overwrite(band.money, None, view_channel=True)
    await band.producer.slash("remind channel", what="fee of Sam", when="in 1 hour", channel=band.money, mention="me")
    band.overwrite(band.money, None, view_channel=True, send_messages=False)
    await band.env.advance_time(HOUR + 1)
    heard = "\n".join(message.text for message in said(band, band.general))
    assert f"A reminder of a channel that I can't reach here · #1, by {band.producer.mention}" in heard
    assert "fee of Sam" not in heard
    assert all(not message.buttons for message in said(band, band.general))
    (message,) = dm(band.producer)
    assert "⏰ fee of Sam" in message.text and "Done" in message.buttons
    assert "Done by" in (await alone(band.producer).press(message, "Done")).text
    status = await band.producer.slash("remind status")
    assert "fee of Sam" in status.text and "I lack **Send Messages**" in status.text and status.is_private


@pytest.mark.parametrize("error", [ServerDisconnectedError, TimeoutError])
async def test_a_connection_that_breaks_while_its_owner_is_told_delivers_nothing_again(
    band: Band, error: type[Exception]
) -> None:
    band.overwrite(band.money, band.guild.default_role, view_channel=False)
    band.overwrite(band.money, None, view_channel=True, send_messages=True)
    band.overwrite(band.money, band.producers, view_channel=True)
    await band.producer.slash("remind channel", what="fee of Sam", when="in 1 hour", channel=band.money)
    band.overwrite(band.money, None, view_channel=True, send_messages=False)
    with lose_answers(band.env, "POST", "/users/@me/channels", delivered=False, error=error) as lost:
        await band.env.advance_time(HOUR + 1)
    (row,) = await rows(band)
    assert (len(lost), row.state, row.attempts) == (1, ReminderState.SENT, 1)


async def test_a_deleted_channel(band: Band) -> None:
    await band.producer.slash("remind channel", what="pay", when="in 1 hour", channel=band.money)
    band.env.backend.delete_channel(band.money.id)
    await band.env.advance_time(HOUR + 1)
    heard = said(band, band.general)
    assert "the channel it belongs in was deleted" in heard[-2].text and "pay" not in heard[-2].text
    assert "A channel that reminders belong in was deleted" in heard[-1].text
    assert "⏰ pay" in dm(band.producer)[0].text


async def test_without_any_channel_it_reaches_its_maker(band: Band) -> None:
    await band.producer.slash("remind channel", what="pay", when="in 1 hour", channel=band.money)
    band.env.backend.delete_channel(band.money.id)
    band.env.backend.delete_channel(band.general.id)
    await band.env.advance_time(HOUR + 1)
    (message,) = dm(band.producer)
    assert "⏰ pay" in message.text
    owner = band.env.backend.get_dm_channel(band.bot.get_guild(band.guild.id).owner_id)
    told = [entry for entry in band.env.http_requests if entry.path == f"/channels/{owner.id}/messages"]
    assert "A channel that reminders belong in was deleted" in str(told[0].json)


async def test_what_can_go_nowhere_has_failed_and_is_kept(band: Band) -> None:
    await band.producer.slash("remind channel", what="pay", when="in 1 hour", channel=band.money)
    band.env.backend.delete_channel(band.money.id)
    band.env.backend.delete_channel(band.general.id)
    with closed_dms(band.producer.actor):
        await band.env.advance_time(HOUR + 1)
    (row,) = await rows(band)
    assert row.state is ReminderState.FAILED
    assert "the channel it belongs in was deleted" in str(row.error)
    assert "direct messages" in str(row.error)
