"""Changing reminders by command, card and form, the status, and the menu on messages."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.models.reminder import Reminder
from tests.support.band import Band, Reply, Shown

HOUR = 3600.0


@pytest.fixture
async def weekly(band: Band) -> Band:
    """The band's server, where the singer is to practise every week from 07:00 Berlin on."""
    band.bot.scheduler.cancel("reminders sweep")
    await band.singer.slash("remind me", what="practise", when="today 07:00", repeat="every week")
    return band


async def rows(band: Band) -> list[Reminder]:
    async with band.bot.db.read() as session:
        return list(await session.scalars(select(Reminder).order_by(Reminder.id)))


async def card(band: Band) -> Reply:
    """Open the reminder's card from the list."""
    shown = await band.singer.slash("remind list")
    return await band.singer.choose(shown, "#1", menu="remind:pick")


async def test_edit_by_options(weekly: Band) -> None:
    reply = await weekly.singer.slash("remind edit", reminder="#1", what="sing", when="today 08:00")
    assert "✅ Changed" in reply.text
    assert "sing" in reply.text
    assert "<t:1767250800:F>" in reply.text
    ended = await weekly.singer.slash("remind edit", reminder="#1", repeat="none")
    assert "🔁" not in ended.text
    await weekly.singer.press(ended, "Undo")
    assert "🔁" in (await weekly.singer.slash("remind list")).text


async def test_edit_by_a_form_with_the_current_values(weekly: Band) -> None:
    opened = await weekly.singer.slash("remind edit", reminder="practise")
    values = [part["component"].get("value") for part in opened.form["components"]]
    assert values[:2] == ["practise", "Thu 1 Jan 2026, 07:00 CET"]
    assert "every week" in values[2] and "07:00" in values[2]
    same = await weekly.singer.fill(opened, what="practise", when=values[1], repeat=values[2])
    assert "Nothing was given to change" in same.text
    opened = await weekly.singer.slash("remind edit", reminder="practise")
    wrong = await weekly.singer.fill(opened, what="practise", when="flurble", repeat=values[2])
    assert "can't read" in wrong.text
    opened = await weekly.singer.slash("remind edit", reminder="practise")
    once = await weekly.singer.fill(opened, what="practise", when=values[1], repeat="")
    assert "🔁" not in once.text
    await weekly.singer.press(once, "Undo")
    opened = await weekly.singer.slash("remind edit", reminder="practise")
    done = await weekly.singer.fill(opened, what="sing **loud**", when="tomorrow 07:00", repeat="every 2 weeks")
    assert "sing \\*\\*loud\\*\\*" in done.text
    (row,) = await rows(weekly)
    assert (row.rrule, f"{row.due_at:%d. %H:%M}") == ("FREQ=WEEKLY;INTERVAL=2", "02. 06:00")


async def test_a_text_that_is_too_long_is_kept_and_shortened(weekly: Band) -> None:
    words = "sing the chorus again and " * 50
    refused = await weekly.singer.slash("remind edit", reminder="#1", what=words, when="tomorrow 08:00")
    assert "at most 1000 characters, and this one has 1299, so nothing was changed yet" in refused.text
    opened = await weekly.singer.press(refused, "Shorten it")
    assert opened.form["components"][0]["component"]["value"].strip() == words.strip()
    done = await weekly.singer.fill(opened, what="sing")
    assert "✅ Changed" in done.text and "<t:1767337200:F>" in done.text
    opened = await weekly.singer.press(await card(weekly), "Edit")
    refused = await weekly.singer.fill(opened, what=words, when="tomorrow 09:00", repeat="every day")
    await weekly.restart()
    opened = await weekly.singer.press(refused, "Shorten it")
    await weekly.singer.fill(opened, what="sing loud")
    (row,) = await rows(weekly)
    assert (row.what, row.rrule, f"{row.due_at:%d. %H:%M}") == ("sing loud", "FREQ=DAILY", "02. 08:00")


async def test_the_form_of_a_repeat_by_the_hour(band: Band) -> None:
    await band.singer.slash("remind me", what="drink", when="today 07:00", repeat="every 2 hours")
    opened = await band.singer.slash("remind edit", reminder="drink")
    values = [part["component"].get("value") for part in opened.form["components"]]
    assert values[2] == "every 2 hours"
    changed = await band.singer.fill(opened, what="drink water", when=values[1], repeat=values[2])
    assert "drink water" in changed.text and "🔁" in changed.text


async def test_a_repeat_by_the_hour_that_stops_can_still_be_edited(band: Band) -> None:
    await band.singer.slash("remind me", what="drink", when="today 07:00", repeat="every 2 hours")
    form = await band.singer.press(await card(band), "Stop after")
    await band.singer.fill(form, count="3")
    opened = await band.singer.slash("remind edit", reminder="drink")
    values = [part["component"].get("value") for part in opened.form["components"]]
    assert values[2] == "every 2 hours until Thu 1 Jan 2026, 11:00 CET"
    changed = await band.singer.fill(opened, what="drink water", when=values[1], repeat=values[2])
    assert "Changed" in changed.text
    assert [row.rrule for row in await rows(band)] == ["FREQ=HOURLY;INTERVAL=2;UNTIL=20260101T100000Z"]
    opened = await band.singer.slash("remind edit", reminder="#1")
    later = values[2].replace("every 2", "every 3").replace("Thu 1 Jan", "Fri 2 Jan")
    await band.singer.fill(opened, what="drink water", when=values[1], repeat=later)
    assert [row.rrule for row in await rows(band)] == ["FREQ=HOURLY;INTERVAL=3;UNTIL=20260102T100000Z"]
    said = "every 20 min until fri"
    assert await band.singer.suggestions("remind edit", "repeat", said) == [(said, said)]
    assert "Changed" in (await band.singer.slash("remind edit", reminder="#1", repeat=said)).text
    assert [row.rrule for row in await rows(band)] == ["FREQ=MINUTELY;INTERVAL=20;UNTIL=20260102T225959Z"]


async def test_the_card_pauses_and_resumes(weekly: Band) -> None:
    shown = await card(weekly)
    assert list(shown.buttons) == ["Edit", "Pause", "Cancel", "Skip next", "Move next", "Stop after"]
    paused = await weekly.singer.press(shown, "Pause")
    assert "paused" in paused.text
    assert list(paused.buttons) == ["Edit", "Resume", "Cancel", "Undo"]
    await weekly.env.advance_time(timedelta(days=8).total_seconds())
    assert weekly.singer.actor.user.dm_channel.history() == []
    await weekly.restart()
    resumed = await weekly.singer.press(paused, "Resume")
    assert "<t:1768456800:F>" in resumed.text
    assert "is not paused" in (await weekly.singer.slash("remind resume", reminder="#1")).text


async def test_pause_and_resume_by_command(weekly: Band) -> None:
    assert "Paused" in (await weekly.singer.slash("remind pause", reminder="#1")).text
    assert "paused already" in (await weekly.singer.slash("remind pause", reminder="#1")).text
    assert "paused" in (await weekly.singer.slash("remind list")).text
    assert "Resumed" in (await weekly.singer.slash("remind resume", reminder="#1")).text
    assert "can't find reminder" in (await weekly.drummer.slash("remind pause", reminder="#1")).text


async def test_the_card_edits(weekly: Band) -> None:
    opened = await weekly.singer.press(await card(weekly), "Edit")
    done = await weekly.singer.fill(opened, what="sing", when="", repeat="none")
    assert "✅ Changed" in done.text
    assert [(row.what, row.rrule) for row in await rows(weekly)] == [("sing", None)]


async def test_skip_move_and_stop_after(weekly: Band) -> None:
    skipped = await weekly.singer.press(await card(weekly), "Skip next")
    assert "Skipped; it comes next <t:1767852000:f>" in skipped.text
    form = await weekly.singer.press(skipped, "Move next")
    moved = await weekly.singer.fill(form, when="jan 9 noon")
    assert "Moved: #2 comes <t:1767956400:F>" in moved.text
    form = await weekly.singer.press(moved, "Stop after")
    assert "Say after how many" in (await weekly.singer.fill(form, count="lots")).text
    form = await weekly.singer.press(moved, "Stop after")
    ended = await weekly.singer.fill(form, count="1")
    assert "That is the last time" in ended.text
    await weekly.env.advance_time(timedelta(days=40).total_seconds())
    sent = [row.sent_at for row in await rows(weekly) if row.sent_at]
    assert [f"{at:%d.%m. %H:%M}" for at in sorted(sent)] == ["09.01. 11:00", "15.01. 06:00"]


async def test_cancel_on_the_card(weekly: Band) -> None:
    done = await weekly.singer.press(await card(weekly), "Cancel")
    assert "Cancelled: #1" in done.text


async def test_others_get_no_menu_for_what_is_not_theirs(band: Band) -> None:
    await band.singer.slash("remind channel", what="load in", when="in 2 hours")
    shown = await band.drummer.slash("remind list")
    assert "load in" in shown.text
    assert shown.shown.options == []
    mine = await band.producer.slash("remind list")
    assert [option["value"] for option in mine.shown.options] == ["#1"]


async def test_status_tells_what_was_sent_how_late_and_what_failed(weekly: Band) -> None:
    await weekly.singer.slash("remind channel", what="load in", when="today 07:00", channel=weekly.money)
    weekly.env.backend.delete_channel(weekly.money.id)
    await weekly.env.advance_time(7 * HOUR)
    status = await weekly.singer.slash("remind status")
    assert status.is_private
    assert "practise\nsent by direct message, 0.0 s late" in status.text
    assert f"load in\nsent in <#{weekly.general.id}>, 0.0 s late" in status.text
    assert "the channel it belongs in was deleted" in status.text
    assert "2 sent and 0 failed in the last 7 days" in status.text
    assert "Nothing was due" in (await weekly.drummer.slash("remind status")).text


async def test_a_message_becomes_a_reminder(band: Band) -> None:
    band.bot.scheduler.cancel("reminders sweep")
    said = await band.drummer.actor.send(band.studio, "who brings the **cables** @everyone?")
    opened = Reply(band.env, await band.singer.actor.context_menu(band.studio, "Remind me about this", said))
    link = f"https://discord.com/channels/{band.guild.id}/{band.studio.id}/{said.id}"
    field = opened.form["components"][1]["component"]
    assert field["value"] == f"who brings the **cables** @everyone?\n{link}"
    wrong = await band.singer.fill(opened, when="flurble", what=field["value"])
    assert "can't read" in wrong.text
    opened = Reply(band.env, await band.singer.actor.context_menu(band.studio, "Remind me about this", said))
    done = await band.singer.fill(opened, when="in 1 hour", what=field["value"])
    assert "I'll remind you by direct message · #1" in done.text
    await band.env.advance_time(HOUR + 1)
    message = Shown(band.env, band.singer.actor.user.dm_channel.history()[0])
    assert link in message.text
    assert message.pings == set()
