"""Reminders of sessions and holds as they arrive: who is called, what is folded, what is dropped."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.models.reminder import Reminder
from tests.support.band import Band, Shown

WHEN = "5 feb 2026 19:00-22:00"  # 18:00 UTC, 35 days and 18 hours after simcord's beginning
START = timedelta(days=35, hours=18)
A_WHILE = timedelta(minutes=2)


@pytest.fixture
async def desk(booked_band: Band) -> Band:
    """The band's server with rooms, where the alarm must be enough."""
    booked_band.bot.scheduler.cancel("reminders sweep")
    return booked_band


async def book(band: Band, label: str = "Book", **more: str) -> Shown:
    shown = await band.producer.slash("booking new", what="Vocals", when=WHEN, room="Room A", **more)
    return (await band.producer.press(shown, label)).messages[-1]


async def go(band: Band, until: timedelta) -> None:
    """Let time pass until so long after simcord's beginning."""
    began = band.env.backend.clock.now() - timedelta(seconds=band.env.backend.clock.elapsed)
    await band.env.advance_time((began + until - band.env.now()).total_seconds())


def said(band: Band) -> list[Shown]:
    """Return what was said in the studio about the session's time."""
    messages = [Shown(band.env, message) for message in band.studio.history()]
    ahead = ("🎙️ **Vocals**", "Call sheet: **Vocals**")
    told = [message for message in messages if any(words in message.text for words in ahead)]
    return [message for message in told if "Coming" not in message.buttons]


async def states(band: Band) -> list[str]:
    async with band.bot.db.read() as session:
        return [row.state.value for row in await session.scalars(select(Reminder).order_by(Reminder.due_at))]


async def test_a_session_calls_those_who_may_come_twice(desk: Band) -> None:
    people = f"{desk.singer.mention} {desk.drummer.mention} {desk.treasurer.mention} <@&{desk.band.id}>"
    card = await book(desk, people=people)
    await desk.singer.press(card, "Coming")
    await desk.drummer.press(card, "Can't")
    await go(desk, START - timedelta(hours=24) + A_WHILE)
    (first,) = said(desk)
    assert first.pings == {desk.singer.id, desk.treasurer.id, desk.band.id}
    assert "Room A" in first.text
    assert "<t:1770314400:F>" in first.text
    assert "€" not in first.text
    await go(desk, START - timedelta(hours=1) + A_WHILE)
    assert len(said(desk)) == 2


async def test_after_downtime_one_note_tells_of_a_session_that_has_begun(desk: Band) -> None:
    await book(desk, people=desk.singer.mention)
    await desk.bot.delivery.stop()
    await go(desk, START + timedelta(minutes=30))
    await desk.restart()
    await desk.env.advance_time(2)
    (note,) = said(desk)
    assert "has begun" in note.text
    assert note.pings == set()
    # The warning of a fee, the call sheet and two nudges; the reminder that speaks, and the question how it went.
    assert await states(desk) == [*["cancelled"] * 4, "sent", "planned"]


async def test_a_cancelled_session_is_not_spoken_of(desk: Band) -> None:
    await book(desk, people=desk.singer.mention)
    await desk.producer.slash("booking cancel", booking="#1")
    await go(desk, START)
    assert said(desk) == []


async def test_a_hold_that_runs_out_is_let_go_and_told(desk: Band) -> None:
    await book(desk, label="Hold")
    await go(desk, timedelta(days=7) + A_WHILE)
    told = [Shown(desk.env, message) for message in desk.studio.history()]
    (message,) = [message for message in told if "has run out" in message.text]
    assert message.pings == {desk.producer.id}
    assert "released" in (await desk.producer.slash("booking show", booking="#1")).text.lower()
    shown = await desk.producer.slash("booking new", what="Drums", when=WHEN, room="Room A")
    assert "Book" in shown.buttons
    assert await states(desk) == ["sent"]
