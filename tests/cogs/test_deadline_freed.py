"""The news of who can begin and of an answer, as they arrive where Discord fails or a channel is closed."""

from collections.abc import AsyncIterator

import pytest

from tests.support.band import Band, Person, Shown
from tests.support.simtime import dedupe_nonces

WHEN = "2 Jan 2026 18:00"
HOUR = 3600.0
BEFORE = 41 * HOUR  # the tests begin so long before


@pytest.fixture
async def once(band: Band) -> AsyncIterator[Band]:
    """The band's server, where Discord knows a nonce it has seen."""
    with dedupe_nonces(band.env):
        yield band


async def chain(band: Band) -> None:
    add = {"due": WHEN, "remind": "2h"}
    await band.producer.slash("deadline add", what="Edits", who=band.singer.mention, **add)
    await band.producer.slash("deadline add", what="Fee of Sam", who=band.drummer.mention, after="#1", **add)


def fail(band: Band, status: int, times: int | None = None, code: int = 0) -> None:
    path = f"/channels/{band.studio.id}/messages"
    band.env.inject_error("POST", path, status=status, code=code, message="fault", times=times)


def news(band: Band, channel: object) -> list[Shown]:
    shown = [Shown(band.env, message) for message in channel.history()]  # type: ignore[attr-defined]
    return [message for message in shown if "can begin" in message.text and message.pings]


async def test_a_fault_of_discord_loses_no_news(once: Band) -> None:
    await chain(once)
    fail(once, 500, times=2)
    done = await once.singer.in_channel(once.general).slash("deadline done", deadline="#1")
    assert "Done by" in done.text and "went wrong" not in done.text
    assert news(once, once.studio) == []
    await once.env.advance_time(60)
    (told,) = news(once, once.studio)
    assert told.pings == {once.drummer.id}
    assert "Done by" in (await once.drummer.press(told, "Done")).text
    await once.env.advance_time(HOUR)
    assert len(news(once, once.studio)) <= 1


async def test_a_private_channel_s_title_stays_there(once: Band) -> None:
    await chain(once)
    once.overwrite(once.studio, once.guild.default_role, view_channel=False)
    once.overwrite(once.studio, None, view_channel=True, send_messages=False)
    await once.singer.in_channel(once.money).slash("deadline done", deadline="#1")
    await once.env.advance_time(1)
    (own,) = [Shown(once.env, message) for message in once.drummer.actor.user.dm_channel.history()]
    assert "this can begin" in own.text and "Fee of Sam · #2" in own.text and "Done" in own.buttons
    assert not [item for item in once.general.history() if "Fee of Sam" in Shown(once.env, item).text]


@pytest.mark.parametrize("status", [403, 500])
async def test_who_answers_in_a_direct_message_hears_nothing_of_a_fault(once: Band, status: int) -> None:
    await chain(once)
    await once.env.advance_time(BEFORE - HOUR)
    fail(once, status, code=50013 if status == 403 else 0)
    me = Person(once.env, once.singer.actor.user, once.singer.actor.user.dm_channel)
    (message,) = [Shown(once.env, item) for item in me.channel.history()]
    done = await me.press(message, "Done")
    assert "Done by" in done.text and len(done.messages) == 1
