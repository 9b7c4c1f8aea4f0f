"""After hours of silence: everything in order and marked late, what has no point folded, nothing twice."""

from datetime import timedelta

import pytest
from discord import ui

from bot.services.reminder_words import Due
from tests.support.band import Band, Shown

HOUR = 3600.0


def told(band: Band) -> list[str]:
    """Return what the bot said by itself in the studio, the oldest first."""
    shown = [Shown(band.env, message) for message in band.studio.history()]
    return [message.text for message in shown if "Sorry, this is late" in message.text or "⏰" in message.text]


async def asleep(band: Band, hours: float) -> None:
    """Let the bot be down for so long, and start it again."""
    await band.bot.delivery.stop()
    band.bot.scheduler.stop()
    await band.env.advance_time(hours * HOUR)
    await band.restart()
    await band.env.advance_time(2)


async def test_every_kind_comes_in_its_order(band: Band) -> None:
    await band.singer.slash("remind channel", what="third", when="in 6 hours")
    await band.singer.slash("remind channel", what="first", when="in 1 hour")
    who = f"{band.singer.mention} {band.drummer.mention}"
    await band.producer.slash("deadline add", what="second", due="today 4am", who=who, remind="none")
    await band.singer.slash("remind channel", what="not yet", when="in 20 hours")
    await asleep(band, 7)
    said = told(band)
    assert ["first" in said[0], "second" in said[1], "third" in said[2]] == [True, True, True]
    assert len(said) == 3
    assert all("Sorry, this is late" in text for text in said)


async def test_minutes_late_is_late_and_seconds_are_not(band: Band) -> None:
    await band.singer.slash("remind channel", what="quick", when="in 1 hour")
    await band.env.advance_time(HOUR - 30)
    await asleep(band, 50 / HOUR)
    (text,) = told(band)
    assert "late" not in text


async def test_a_second_silence_right_after_brings_nothing_again(band: Band) -> None:
    await band.singer.slash("remind channel", what="practise", when="in 1 hour", repeat="every day")
    await asleep(band, 5 * 24)
    assert len(told(band)) == 1
    await asleep(band, 0.5)
    assert len(told(band)) == 1
    await asleep(band, 24)
    assert len(told(band)) == 2


async def test_one_that_cannot_be_built_holds_up_no_other(band: Band, monkeypatch: pytest.MonkeyPatch) -> None:
    post = band.bot.delivery._post
    compose = post._compose

    def fragile(due: Due, *given: object, **more: object) -> ui.LayoutView:
        if "broken" in due.text:
            raise ValueError("a kind that nobody can draw")
        return compose(due, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(post, "_compose", fragile)
    for what in ("broken", "whole"):
        await band.singer.slash("remind channel", what=what, when="in 1 hour")
    await band.env.advance_time(timedelta(hours=1).total_seconds() + 1)
    assert [text for text in told(band) if "whole" in text]
    band.expected_errors = ["reminder 1 could not be built", "reminder 1 could not be delivered"]
