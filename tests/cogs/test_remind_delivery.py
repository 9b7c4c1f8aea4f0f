"""Reminders that arrive: in time, once, with buttons that work, whatever happens meanwhile."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.actor import Actor
from bot.models.reminder import Reminder, ReminderState
from tests.support.band import Band, Person, Shown
from tests.support.simtime import closed_dms, dedupe_nonces, lose_answers

ANY_CHANNEL = "/channels/*/messages"
HOUR = 3600.0


@pytest.fixture
async def band(band: Band) -> Band:
    """The band's server, where the alarm must be enough: nothing looks for what is due now and then."""
    band.bot.scheduler.cancel("reminders sweep")
    return band


@pytest.fixture
async def once(band: Band) -> AsyncIterator[Band]:
    """The band's server, where Discord knows a nonce it has seen."""
    with dedupe_nonces(band.env):
        yield band


def dm(person: Person) -> list[Shown]:
    """Return what the bot has told a person, the oldest first."""
    return [Shown(person.env, message) for message in person.actor.user.dm_channel.history()]


def said(band: Band, channel: Any) -> list[Shown]:
    return [Shown(band.env, message) for message in channel.history()]


def alone(person: Person) -> Person:
    """Return the person in their direct messages with the bot."""
    return Person(person.env, person.actor.user, person.actor.user.dm_channel)


async def rows(band: Band) -> list[Reminder]:
    async with band.bot.db.read() as session:
        return list(await session.scalars(select(Reminder).order_by(Reminder.id)))


async def plan(person: Person, what: str = "send stems", when: str = "in 1 hour", **more: Any) -> None:
    reply = await person.slash("remind me", what=what, when=when, **more)
    assert "I'll remind you" in reply.text


class TestInTime:
    async def test_not_before_and_not_after(self, band: Band) -> None:
        await plan(band.singer)
        await band.env.advance_time(HOUR - 1)
        assert dm(band.singer) == []
        await band.env.advance_time(1.1)
        (message,) = dm(band.singer)
        assert message.text.strip() == "⏰ send stems"
        assert list(message.buttons) == ["Done", "Snooze"]
        (row,) = await rows(band)
        assert row.state is ReminderState.SENT
        assert abs(row.sent_at - row.due_at) < timedelta(milliseconds=50)

    async def test_one_planned_later_but_due_earlier_comes_first(self, band: Band) -> None:
        await plan(band.singer, "later", "in 2 hours")
        await plan(band.singer, "sooner", "in 1 minute")
        await band.env.advance_time(61)
        assert [message.text.strip() for message in dm(band.singer)] == ["⏰ sooner"]
        await band.env.advance_time(2 * HOUR)
        assert [message.text.strip() for message in dm(band.singer)] == ["⏰ sooner", "⏰ later"]

    async def test_a_channel_hears_it_and_only_those_meant_are_called(self, band: Band) -> None:
        band.overwrite(band.studio, band.guild.default_role, mention_everyone=True)
        for mention in ("none", "me", "here", "everyone"):
            words = f"{mention}: load in <@{band.drummer.id}> @everyone"
            await band.owner.slash("remind channel", what=words, when="in 1 hour", mention=mention)
        await band.env.advance_time(HOUR + 1)
        messages = said(band, band.studio)[-4:]
        sent = [entry.json["allowed_mentions"] for entry in band.env.http_requests if entry.path.endswith("/messages")]
        assert [(call.get("parse"), call.get("users")) for call in sent] == [
            ([], []), ([], [band.owner.id]), (["everyone"], []), (["everyone"], []),
        ]  # fmt: skip
        assert [message.text.split()[0] for message in messages] == ["⏰", band.owner.mention, "@here", "@everyone"]
        assert list(messages[0].buttons) == ["Done", "Snooze", "Notify me too"]
        assert f"Set by <@{band.owner.id}>" in messages[0].text

    async def test_a_cancelled_one_never_comes(self, band: Band) -> None:
        await plan(band.singer)
        await band.env.advance_time(HOUR - 0.1)
        assert [row.state for row in await rows(band)] == [ReminderState.CLAIMED]
        assert "Cancelled: #1" in (await band.singer.slash("remind cancel", reminder="#1")).text
        await band.env.advance_time(60)
        assert dm(band.singer) == []
        assert [row.state for row in await rows(band)] == [ReminderState.CANCELLED]

    async def test_every_week_at_the_same_hour_on_the_wall(self, band: Band) -> None:
        await plan(band.singer, "practise", "mar 20 7pm", repeat="every week")
        await band.env.advance_time(timedelta(days=95).total_seconds())
        sent = [row for row in await rows(band) if row.state is ReminderState.SENT]
        assert [f"{row.sent_at:%d.%m. %H:%M}" for row in sent] == [
            "20.03. 18:00", "27.03. 18:00", "03.04. 17:00",
        ]  # fmt: skip
        assert len(dm(band.singer)) == 3


class TestButtons:
    async def test_done_in_a_direct_message_and_back(self, band: Band) -> None:
        await plan(band.singer)
        await band.env.advance_time(HOUR + 1)
        await band.restart()
        me = alone(band.singer)
        done = await me.press(dm(band.singer)[0], "Done")
        assert "✅ send stems" in done.text
        assert f"Done by <@{band.singer.id}>" in done.text
        back = await me.press(done, "Undo")
        assert list(back.shown.buttons) == ["Done", "Snooze"]
        assert "⏰ send stems" in back.text

    async def test_two_people_press_done(self, band: Band) -> None:
        await band.singer.slash("remind channel", what="load in", when="in 1 hour")
        await band.env.advance_time(HOUR + 1)
        message = band.last_in(band.studio)
        (row,) = await rows(band)
        await band.bot.services.reminder.done(Actor(band.guild.id, band.singer.id), row.id, 0)
        assert "marked as done already" in (await band.drummer.press(message, "Done")).text
        (row,) = await rows(band)
        assert row.done_by == band.singer.id

    async def test_only_who_pressed_done_takes_it_back(self, band: Band) -> None:
        await band.singer.slash("remind channel", what="load in", when="in 1 hour")
        await band.env.advance_time(HOUR + 1)
        await band.singer.press(band.last_in(band.studio), "Done")
        refused = await band.drummer.press(band.last_in(band.studio), "Undo")
        assert "Only the person who made this change" in refused.text
        await band.singer.press(band.last_in(band.studio), "Undo")
        assert list(band.last_in(band.studio).buttons) == ["Done", "Snooze", "Notify me too"]

    @pytest.mark.parametrize(("label", "seconds"), [("10 min", 600), ("1 h", HOUR), ("Tomorrow 9:00", 31 * HOUR)])
    async def test_snooze_by_a_preset(self, band: Band, label: str, seconds: float) -> None:
        await plan(band.singer)
        await band.env.advance_time(HOUR)
        me = alone(band.singer)
        asked = await me.press(dm(band.singer)[0], "Snooze")
        assert list(asked.buttons) == ["10 min", "1 h", "Tonight", "Tomorrow 9:00", "Other"]
        done = await me.press(asked, label)
        assert "I'll remind you again" in done.text
        await band.env.advance_time(seconds - 60)
        assert [row.state.value for row in await rows(band)] == ["sent", "planned"]
        await band.env.advance_time(120)
        assert [row.state.value for row in await rows(band)] == ["sent", "sent"]

    async def test_snooze_until_a_time_that_is_typed(self, band: Band) -> None:
        await plan(band.singer)
        await band.env.advance_time(HOUR)
        me = alone(band.singer)
        asked = await me.press(dm(band.singer)[0], "Snooze")
        form = await me.press(asked, "Other")
        wrong = await me.fill(form, when="flurble")
        assert "can't read" in wrong.text
        form = await me.press(asked, "Other")
        done = await me.fill(form, when="tomorrow noon")
        assert "<t:1767351600:F>" in done.text
        undone = await me.press(done, "Undo")
        assert "Undone" in undone.text
        assert [row.state.value for row in await rows(band)] == ["sent", "cancelled"]

    async def test_snoozing_leaves_the_series_alone(self, band: Band) -> None:
        await plan(band.singer, "practise", "in 1 hour", repeat="every day")
        await band.env.advance_time(HOUR)
        me = alone(band.singer)
        await me.press(await me.press(dm(band.singer)[0], "Snooze"), "1 h")
        await band.env.advance_time(HOUR + 1)
        await band.env.advance_time(23 * HOUR)
        sent = sorted(row.sent_at for row in await rows(band) if row.sent_at)
        assert [f"{at:%d. %H:%M}" for at in sent] == ["01. 01:00", "01. 02:00", "02. 01:00"]

    async def test_tonight_is_refused_when_it_is_over(self, band: Band) -> None:
        await plan(band.singer, when="today 9pm")
        await band.env.advance_time(21 * HOUR)
        me = alone(band.singer)
        refused = await me.press(await me.press(dm(band.singer)[0], "Snooze"), "Tonight")
        assert "over already" in refused.text

    async def test_notify_me_too_calls_the_next_time(self, band: Band) -> None:
        await band.singer.slash("remind channel", what="load in", when="in 1 hour", repeat="every day")
        await band.env.advance_time(HOUR + 1)
        reply = await band.drummer.press(band.last_in(band.studio), "Notify me too")
        assert "I'll call you too" in reply.text
        await band.env.advance_time(24 * HOUR)
        assert band.last_in(band.studio).pings == {band.drummer.id}
        reply = await band.drummer.press(band.last_in(band.studio), "Notify me too")
        assert "won't call you" in reply.text

    async def test_a_stranger_presses_a_personal_one(self, band: Band) -> None:
        with closed_dms(band.singer.actor):
            await plan(band.singer)
            await band.env.advance_time(HOUR + 1)
        refused = await band.drummer.press(band.last_in(band.studio), "Done")
        assert f"belongs to <@{band.singer.id}>" in refused.text
        assert [row.done_at for row in await rows(band)] == [None]


class TestFaults:
    @pytest.mark.parametrize("status", [500, 502, 503, 429])
    async def test_discord_in_trouble_is_tried_again(self, once: Band, status: int) -> None:
        await plan(once.singer)
        once.env.inject_error("POST", ANY_CHANNEL, status=status, message="down", times=2)
        await once.env.advance_time(HOUR + 1)
        assert dm(once.singer) == []
        await once.env.advance_time(30)
        (message,) = dm(once.singer)
        assert "late" not in message.text
        (row,) = await rows(once)
        assert (row.state, row.attempts, row.error) == (ReminderState.SENT, 3, None)

    async def test_a_long_trouble_is_said_to_be_late(self, once: Band) -> None:
        await plan(once.singer)
        once.env.inject_error("POST", ANY_CHANNEL, status=500, message="down", times=4)
        await once.env.advance_time(HOUR + 600)
        (message,) = dm(once.singer)
        assert "Sorry, this is late: it was due <t:1767229200:R>." in message.text

    async def test_after_the_last_try_it_has_failed(self, once: Band) -> None:
        await plan(once.singer)
        once.env.inject_error("POST", ANY_CHANNEL, status=503, message="down", times=None)
        await once.env.advance_time(timedelta(days=1).total_seconds())
        (row,) = await rows(once)
        assert (row.state, row.error, row.attempts) == (ReminderState.FAILED, "Discord said 503", 11)

    @pytest.mark.parametrize("error", [aiohttp.ServerDisconnectedError, TimeoutError, ConnectionResetError])
    async def test_a_lost_answer_sends_once(self, once: Band, error: type[Exception]) -> None:
        await plan(once.singer)
        with lose_answers(once.env, "POST", ANY_CHANNEL, error=error) as lost:
            await once.env.advance_time(HOUR + 30)
        assert len(lost) == 1
        assert len(dm(once.singer)) == 1
        (row,) = await rows(once)
        assert (row.state, row.attempts) == (ReminderState.SENT, 2)
        assert row.message_id == dm(once.singer)[0].id

    async def test_a_connection_that_never_was_is_tried_again(self, once: Band) -> None:
        await plan(once.singer)
        with lose_answers(once.env, "POST", ANY_CHANNEL, delivered=False, times=2):
            await once.env.advance_time(HOUR + 60)
        assert len(dm(once.singer)) == 1


class TestRestarts:
    async def test_a_restart_before_its_time(self, band: Band) -> None:
        await plan(band.singer)
        await band.restart()
        await band.env.advance_time(HOUR + 1)
        assert len(dm(band.singer)) == 1

    async def test_what_was_due_meanwhile_comes_at_once_in_order_and_says_it_is_late(self, band: Band) -> None:
        for number in (2, 1, 3):
            await plan(band.singer, f"thing {number}", f"in {number} hours")
        await band.env.advance_time(0)
        await band.bot.delivery.stop()
        await band.env.advance_time(4 * HOUR)
        assert dm(band.singer) == []
        await band.restart()
        await band.env.settle()
        assert [message.text.strip().split("\n")[0] for message in dm(band.singer)] == [
            "⏰ thing 1", "⏰ thing 2", "⏰ thing 3",
        ]  # fmt: skip
        assert "it was due <t:1767229200:R>" in dm(band.singer)[0].text

    async def test_missed_five_times_it_comes_once(self, band: Band) -> None:
        await plan(band.singer, "practise", "in 1 hour", repeat="every day")
        await band.bot.delivery.stop()
        await band.env.advance_time(timedelta(days=4, hours=12).total_seconds())
        await band.restart()
        await band.env.advance_time(1)
        assert len(dm(band.singer)) == 1
        await band.env.advance_time(13 * HOUR)
        assert len(dm(band.singer)) == 2

    async def test_a_crash_with_the_claim_in_hand(self, once: Band) -> None:
        await plan(once.singer)
        await once.env.advance_time(HOUR - 0.1)
        assert [row.state for row in await rows(once)] == [ReminderState.CLAIMED]
        await once.crash()
        await once.env.advance_time(5)
        assert len(dm(once.singer)) == 1

    async def test_a_crash_between_sending_and_marking(self, once: Band, monkeypatch: pytest.MonkeyPatch) -> None:
        await plan(once.singer)
        await plan(once.drummer, "practise", "in 1 hour", repeat="every day")

        monkeypatch.setattr(once.bot.delivery, "_mark_soon", lambda: None)
        await once.env.advance_time(HOUR + 1)
        assert (len(dm(once.singer)), len(dm(once.drummer))) == (1, 1)
        assert [row.state.value for row in await rows(once)] == ["claimed", "claimed"]
        await once.crash()
        await once.env.advance_time(5)
        assert (len(dm(once.singer)), len(dm(once.drummer))) == (1, 1)
        assert [row.state.value for row in await rows(once)] == ["sent", "planned", "sent"]
        await once.env.advance_time(24 * HOUR)
        assert (len(dm(once.singer)), len(dm(once.drummer))) == (1, 2)

    async def test_a_crash_and_hours_of_downtime_find_the_message_that_left(
        self, once: Band, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await plan(once.singer)
        monkeypatch.setattr(once.bot.delivery, "_mark_soon", lambda: None)
        await once.env.advance_time(HOUR + 1)
        once.bot.scheduler.stop()
        once.bot.delivery._stopped = True
        await once.env.advance_time(3 * HOUR)
        await once.crash()
        await once.env.advance_time(5)
        (message,) = dm(once.singer)
        (row,) = await rows(once)
        assert (row.state, row.message_id) == (ReminderState.SENT, message.id)

    async def test_a_crash_and_hours_of_downtime_send_what_had_not_left(
        self, once: Band, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await plan(once.singer)
        await once.env.advance_time(HOUR - 0.1)
        monkeypatch.setattr(once.bot.delivery, "_let_go", lambda _dues: None)
        once.bot.scheduler.stop()
        once.bot.delivery._stopped = True
        await once.env.advance_time(3 * HOUR)
        assert dm(once.singer) == []
        await once.crash()
        await once.env.advance_time(5)
        (message,) = dm(once.singer)
        assert "Sorry, this is late" in message.text
