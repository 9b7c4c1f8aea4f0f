"""`/remind` as its people use it: planning, listing, cancelling, and every way to be refused."""

from typing import Any

import pytest

from tests.support.band import Band, Person, Reply
from tests.support.simtime import set_locale

NOW = "2026-01-01T00:00Z"  # simcord's first instant: 01:00 in Berlin


async def plan(person: Person, what: str = "send stems", when: str = "in 2 hours", **more: Any) -> Reply:
    return await person.slash("remind me", what=what, when=when, **more)


async def test_a_personal_reminder_is_confirmed_to_its_maker_alone(band: Band) -> None:
    reply = await plan(band.singer)
    assert reply.is_private
    assert "I'll remind you by direct message · #1" in reply.text
    assert "**send stems**" in reply.text
    assert "<t:1767232800:F> (<t:1767232800:R>)" in reply.text
    assert list(reply.buttons) == ["Undo"]


async def test_a_channel_reminder_is_seen_by_the_channel(band: Band) -> None:
    here = await band.singer.slash("remind channel", what="load in", when="in 2 hours", mention="me")
    assert not here.is_private
    assert f"in <#{band.studio.id}>, calling you · #1" in here.text
    there = await band.singer.slash("remind channel", what="load in", when="in 2 hours", channel=band.general)
    assert there.is_private
    assert f"in <#{band.general.id}> · #2" in there.text


async def test_a_repeat_tells_the_next_times(band: Band) -> None:
    reply = await plan(band.singer, when="tomorrow 7pm", repeat="every week")
    assert "🔁 Then <t:1767981600:f> and <t:1768586400:f>" in reply.text
    alone = await band.singer.slash("remind me", what="practise", repeat="every friday 7pm")
    assert "<t:1767376800:F>" in alone.text


class TestRefusals:
    async def test_neither_when_nor_repeat(self, band: Band) -> None:
        reply = await band.singer.slash("remind me", what="x")
        assert "Say when: fill in `when`" in reply.text

    @pytest.mark.parametrize(("when", "says"), [
        ("yesterday 5pm", "already over"), ("flurble", "can't read"), ("in 10 years", "more than five years away"),
    ])  # fmt: skip
    async def test_times_that_can_not_be(self, band: Band, when: str, says: str) -> None:
        reply = await plan(band.singer, when=when)
        assert says in reply.text
        assert reply.is_private
        assert "No reminders ahead" in (await band.singer.slash("remind list")).text

    async def test_a_repeat_faster_than_every_ten_minutes(self, band: Band) -> None:
        reply = await plan(band.singer, repeat="every 5 minutes")
        assert "every 10 minutes at the most" in reply.text
        assert "No reminders ahead" in (await band.singer.slash("remind list")).text

    async def test_a_text_that_is_too_long_is_kept_and_shortened(self, band: Band) -> None:
        words = "load the van and " * 235
        reply = await plan(band.singer, what=words)
        assert "at most 1000 characters, and this one has 3994" in reply.text
        opened = await band.singer.press(reply, "Shorten it")
        field = opened.form["components"][0]["component"]
        assert field["value"] == words
        still = await band.singer.fill(opened, what="a" * 1001)
        assert "this one has 1001" in still.text
        opened = await band.singer.press(still, "Shorten it")
        done = await band.singer.fill(opened, what="load the van")
        assert "**load the van**" in done.text
        assert "#1" in (await band.singer.slash("remind list")).text

    async def test_a_channel_the_bot_can_not_write_to(self, band: Band) -> None:
        band.overwrite(band.money, None, send_messages=False)
        reply = await band.producer.slash("remind channel", what="x", when="in 2 hours", channel=band.money)
        assert f"I lack **Send Messages** in <#{band.money.id}>" in reply.text
        assert "No reminders ahead" in (await band.producer.slash("remind list")).text

    async def test_a_channel_the_person_can_not_write_to(self, band: Band) -> None:
        band.overwrite(band.money, band.band, send_messages=False)
        reply = await band.singer.slash("remind channel", what="x", when="in 2 hours", channel=band.money)
        assert f"You may not write in <#{band.money.id}> yourself" in reply.text

    @pytest.mark.parametrize("mention", ["here", "everyone"])
    async def test_calling_everybody_needs_the_right_to(self, band: Band, mention: str) -> None:
        band.overwrite(band.studio, band.band, mention_everyone=False)
        reply = await band.singer.slash("remind channel", what="x", when="in 2 hours", mention=mention)
        assert "Only people who may mention everyone" in reply.text
        band.overwrite(band.studio, band.band, mention_everyone=True)
        assert "#1" in (await band.singer.slash("remind channel", what="x", when="in 2 hours", mention=mention)).text


class TestListAndCancel:
    async def test_the_list_shows_mine_and_this_channels(self, band: Band) -> None:
        await plan(band.singer, "mine", "in 3 hours")
        await plan(band.drummer, "not mine", "in 1 hour")
        await band.drummer.slash(
            "remind channel", what="ours **bold** @everyone", when="in 2 hours", repeat="every day"
        )
        shown = await band.singer.slash("remind list")
        assert shown.is_private
        lines = [line for line in shown.text.splitlines() if line.startswith(("**#", "ours", "mine"))]
        made = f"https://discord.com/channels/{band.guild.id}/{band.studio.id}"
        assert lines == [
            f"**#3** <t:1767232800:f> (<t:1767232800:R>) · <#{band.studio.id}> · 🔁",
            "ours \\*\\*bold\\*\\* @\u200beveryone",
            f"**#1** <t:1767236400:f> (<t:1767236400:R>) · direct message · [made here]({made})",
            "mine",
        ]
        assert "not mine" not in shown.text
        assert [label for label in shown.buttons if label == "Cancel"] == ["Cancel"]

    async def test_a_range_narrows_it(self, band: Band) -> None:
        await plan(band.singer, "soon", "in 2 hours")
        await plan(band.singer, "later", "in 10 days")
        shown = await band.singer.slash("remind list", range="today")
        assert "soon" in shown.text
        assert "later" not in shown.text

    async def test_many_are_paged(self, band: Band) -> None:
        for number in range(10):
            await plan(band.singer, f"thing {number}", f"in {number + 1} hours")
        first = await band.singer.slash("remind list")
        assert "thing 7" in first.text
        assert "thing 8" not in first.text
        assert "thing 9" in (await band.singer.press(first, "Next")).text

    async def test_cancel_from_the_list_draws_it_again(self, band: Band) -> None:
        await plan(band.singer)
        shown = await band.singer.slash("remind list")
        after = await band.singer.press(shown, "Cancel")
        assert "No reminders ahead" in after.messages[0].text
        assert "Cancelled: #1 **send stems**" in after.text
        back = await band.singer.press(after, "Undo")
        assert "Undone" in back.text
        assert "send stems" in (await band.singer.slash("remind list")).text

    async def test_cancel_by_number_and_by_name(self, band: Band) -> None:
        await plan(band.singer)
        await plan(band.singer, "call the studio")
        assert await band.singer.suggestions("remind cancel", "reminder", "studio") == [
            ("#2 call the studio · Thu 1 Jan 2026, 03:00 CET", "#2")
        ]
        assert await band.drummer.suggestions("remind cancel", "reminder", "") == []
        assert "#2" in (await band.singer.slash("remind cancel", reminder="studio")).text
        assert "#1" in (await band.singer.slash("remind cancel", reminder="1")).text
        again = await band.singer.slash("remind cancel", reminder="#1")
        assert "cancelled already" in again.text
        assert "can't find reminder" in (await band.drummer.slash("remind cancel", reminder="#1")).text

    async def test_two_alike_are_asked_about(self, band: Band) -> None:
        await plan(band.singer, "send stems to Ann")
        await plan(band.singer, "send stems to Ben")
        asked = await band.singer.slash("remind cancel", reminder="send stems")
        done = await band.singer.choose(asked, "send stems to Ben")
        assert "Cancelled: #2" in done.text

    async def test_a_channels_reminder_is_its_makers_or_the_producers(self, band: Band) -> None:
        await band.singer.slash("remind channel", what="load in", when="in 2 hours")
        assert f"belongs to <@{band.singer.id}>" in (await band.drummer.slash("remind cancel", reminder="#1")).text
        assert "Cancelled: #1" in (await band.producer.slash("remind cancel", reminder="#1")).text

    async def test_another_server_knows_nothing_of_it(self, band: Band) -> None:
        await plan(band.singer)
        other = await Band(band.env, "Elsewhere").set_up()
        assert "No reminders ahead" in (await other.producer.slash("remind list")).text
        assert "can't find reminder" in (await other.producer.slash("remind cancel", reminder="#1")).text

    async def test_undo_takes_a_planned_one_back(self, band: Band) -> None:
        public = await band.singer.slash("remind channel", what="load in", when="in 2 hours")
        assert "Only the person who made this change" in (await band.drummer.press(public, "Undo")).text
        await band.singer.press(public, "Undo")
        reply = await plan(band.singer)
        await band.singer.press(reply, "Undo")
        assert "No reminders ahead" in (await band.singer.slash("remind list")).text


async def test_a_repeat_of_days_alone_asks_for_the_hour(band: Band) -> None:
    for repeat in ("every friday", "every day"):
        refused = await band.singer.slash("remind me", what="practise", repeat=repeat)
        assert "Say when" in refused.text
    planned = await band.singer.slash("remind me", what="practise", repeat="every friday", when="today 17:00")
    assert "<t:1767369600:F>" in planned.text  # Friday, 17:00 in Berlin


async def test_a_bare_interval_in_the_language_of_the_client(band: Band) -> None:
    set_locale(band.env, band.singer.actor, "de")
    planned = await band.singer.slash("remind me", what="üben", when="morgen 17 uhr", repeat="alle 2 Wochen")
    assert "🔁 Then <t:1768579200:f>" in planned.text
    assert ("alle 2 Wochen", "alle 2 Wochen") in await band.singer.suggestions(
        "remind me", "repeat", "alle 2 Wochen", what="x"
    )
