"""Changing deadlines by command and form, as the people of a band do it."""

import re
from datetime import UTC, datetime
from typing import Any

import discord
import pytest

from bot.models.deadline import Deadline
from bot.services.deadline import Entry, Moved
from bot.services.deadline_chain import Slip
from bot.ui.deadline_card import moved_card, shifted_card
from tests.support.band import Band, Person, Reply, Shown

WHEN = "1 Feb 2026 18:00"
UNIX = 1769965200  # 18:00 in Berlin
DAY = 86400


async def add(person: Person, what: str = "Master", due: str = WHEN, **options: Any) -> Reply:
    return await person.slash("deadline add", what=what, due=due, **options)


async def test_show_has_all_the_answers(band: Band) -> None:
    await add(band.producer, who=band.singer.mention)
    shown = await band.drummer.slash("deadline show", deadline="master")
    assert "Master · #1" in shown.text and shown.is_private
    assert list(shown.buttons) == ["Done", "On it", "Need more time"]
    assert "can't find deadline" in (await band.singer.slash("deadline show", deadline="#9")).text


async def test_show_tells_what_was_done_to_it(band: Band) -> None:
    await add(band.producer, who=band.singer.mention)
    await band.singer.slash("deadline move", deadline="#1", due="4 Feb 2026 18:00")
    await band.singer.slash("deadline done", deadline="#1")
    await band.producer.slash("deadline reopen", deadline="#1")
    shown = await band.drummer.slash("deadline show", deadline="#1")
    told = re.findall(r"(\w+) by <@([0-9]+)> <t:[0-9]+:R>", shown.text)
    assert told == [
        ("Added", str(band.producer.id)),
        ("moved", str(band.singer.id)),
        ("done", str(band.singer.id)),
        ("reopened", str(band.producer.id)),
    ]


async def test_edit_by_options(band: Band) -> None:
    await add(band.singer)
    changed = await band.singer.slash(
        "deadline edit", deadline="#1", what="Master *v2*", remind="3h", repeat="every week"
    )
    assert r"Master \*v2\* · #1" in changed.text and "Repeats: every week 18:00" in changed.text
    assert f"Next reminder <t:{UNIX - 3 * 3600}:f>, then 1 more" in changed.text
    daily = await band.singer.slash("deadline edit", deadline="#1", repeat="every 24 hours")
    assert "Repeats: every 24 hours" in daily.text
    ended = await band.singer.slash("deadline edit", deadline="#1", repeat="none")
    assert "Repeats" not in ended.text
    assert "Undone" in (await band.singer.press(ended, "Undo")).text
    assert "Repeats" in (await band.singer.slash("deadline show", deadline="#1")).text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"what": "x" * 5000}, "at most 200 characters"),
        ({"remind": "soonish"}, "can't read “soonish”"),
        ({"repeat": "now and then"}, "can't read “now and then”"),
        ({"repeat": "every 2 hours"}, "nothing was changed"),
        ({"after": "#1"}, "that is a circle"),
        ({"after": "#77"}, "can't find deadline “\\#77”".replace("\\", "")),
        ({"project": "Nowhere"}, "can't find project"),
    ],
)
async def test_an_edit_that_can_not_be_is_said(band: Band, options: dict[str, str], words: str) -> None:
    await add(band.singer)
    refused = await band.singer.slash("deadline edit", deadline="#1", **options)
    assert words.lower() in refused.text.lower() and refused.is_private
    shown = await band.singer.slash("deadline show", deadline="#1")
    assert "Master · #1" in shown.text and "Repeats" not in shown.text and "After" not in shown.text


async def test_edit_by_form_is_filled_with_what_is(band: Band) -> None:
    await add(band.singer, what="Edits")
    await add(band.singer, after="edits", remind="3d, 2h", repeat="every week")
    opened = await band.singer.slash("deadline edit", deadline="master")
    filled = {part["component"]["custom_id"]: part["component"].get("value") for part in opened.form["components"]}
    assert (filled["what"], filled["after"], filled["remind"]) == ("Master", "#1", "3d, 2h")
    assert filled["repeat"]
    same = await band.singer.fill(opened, **filled)
    assert "Changed" in same.text and "Repeats" in same.text and "Edits" in same.text
    opened = await band.singer.slash("deadline edit", deadline="#2")
    changed = await band.singer.fill(opened, what="Mastering", after="", remind="", repeat="")
    assert "Mastering · #2" in changed.text
    assert "After" not in changed.text and "Repeats" not in changed.text
    assert f"Next reminder <t:{UNIX}:f>\n" in changed.text + "\n"


async def test_other_people_s_are_not_changed(band: Band) -> None:
    await add(band.producer, who=band.singer.mention)
    for command, options in (
        ("edit", {"what": "Mine"}),
        ("edit", {}),
        ("move", {"due": "2 Feb 2026"}),
        ("assign", {}),
        ("delete", {}),
    ):
        refused = await band.drummer.slash(f"deadline {command}", deadline="#1", **options)
        assert f"is for {band.singer.mention}" in refused.text and refused.is_private, command
    await band.singer.slash("deadline done", deadline="#1")
    assert "Only they" in (await band.drummer.slash("deadline reopen", deadline="#1")).text


async def test_assign_reopen_and_delete(band: Band) -> None:
    await add(band.producer, who=band.singer.mention)
    given = await band.producer.slash(
        "deadline assign", deadline="#1", who=f"{band.drummer.mention} <@&{band.band.id}>"
    )
    assert f"For {band.drummer.mention} <@&{band.band.id}>" in given.text and not given.is_private
    assert given.shown.pings == set()
    await band.drummer.slash("deadline done", deadline="#1")
    assert [value for _, value in await band.drummer.suggestions("deadline reopen", "deadline", "")] == ["#1"]
    again = await band.drummer.slash("deadline reopen", deadline="#1")
    assert "Open again" in again.text and "Done" in again.buttons
    assert "is open already" in (await band.drummer.slash("deadline reopen", deadline="#1")).text
    gone = await band.producer.slash("deadline delete", deadline="#1")
    assert "Deleted" in gone.text
    assert "can't find" in (await band.producer.slash("deadline show", deadline="#1")).text
    assert "was deleted" in (await band.drummer.press(again, "Done")).messages[-1].text
    assert "Undone" in (await band.producer.press(gone, "Undo")).text
    assert "Master" in (await band.producer.slash("deadline show", deadline="#1")).text


async def test_somebody_who_left_or_a_deleted_role_is_not_assigned(band: Band) -> None:
    for who in ("<@123456789012345678>", "<@&123456789012345678>"):
        refused = await add(band.producer, who=who)
        assert f"{who} is not in this server any more" in refused.text and refused.is_private
    assert "Nothing here" in (await band.producer.slash("deadline list", status="all")).text


async def test_a_channel_that_is_closed_to_the_bot_is_said_at_once(band: Band) -> None:
    said = await band.drummer.actor.send(band.studio, "master it")
    with band.env.time_context():
        await band.bot.get_channel(band.studio.id).create_thread(name="mix", type=discord.ChannelType.public_thread)
    [thread] = band.studio.threads
    band.overwrite(band.studio, None, send_messages=False)
    lacking = "I lack **Send Messages** here, so what belongs in this channel will go to the announcements channel"
    assert lacking in (await add(band.singer)).text
    opened = Reply(band.env, await band.singer.actor.context_menu(band.studio, "Make a deadline", said))
    assert lacking in (await band.singer.fill(opened, what="Master", due=WHEN)).text
    assert "I lack" not in (await add(band.singer.in_channel(thread))).text
    band.overwrite(band.studio, None, send_messages_in_threads=False)
    assert "I lack **Send Messages In Threads** here" in (await add(band.singer.in_channel(thread))).text


class TestChain:
    async def test_after_is_suggested_part_by_part(self, band: Band) -> None:
        await add(band.singer, what="Edits")
        await add(band.singer, what="Vocals")
        [(label, value)] = await band.singer.suggestions("deadline add", "after", "#1, voc", what="Mix", due=WHEN)
        assert value == "#1, #2" and label.startswith("#1, #2 Vocals")

    async def test_a_blocked_one_says_by_what_and_finishing_tells_who_can_start(self, band: Band) -> None:
        await add(band.producer, what="Edits", who=band.singer.mention)
        card = await add(band.producer, what="Mix", who=band.drummer.mention, after="Edits")
        assert "After: ⏳ **Edits** (#1)" in card.text
        refused = await band.drummer.press(card, "Done")
        assert "**Edits** (#1) must be done first" in refused.messages[-1].text
        assert "waits for #1" in (await band.drummer.slash("deadline list")).text
        done = await band.singer.slash("deadline done", deadline="edits")
        assert f"Can begin now: **Mix** (#2) for {band.drummer.mention}" in done.text
        told = band.last_in(band.studio)
        assert "Everything before it is done, so this can begin:\n**Mix** · #2" in told.text
        assert told.pings == {band.drummer.id}
        assert "Done by" in (await band.drummer.press(told, "Done")).text

    async def test_finishing_in_a_list_tells_too(self, band: Band) -> None:
        await add(band.producer, what="Edits", who=band.singer.mention)
        await add(band.producer, what="Mix", who=band.drummer.mention, after="Edits")
        await band.singer.press(await band.singer.slash("deadline list"), "Done")
        assert "this can begin" in band.last_in(band.studio).text

    async def test_news_go_to_the_announcements_when_the_channel_is_closed(self, band: Band) -> None:
        await add(band.producer, what="Edits", who=band.singer.mention)
        await add(band.producer, what="Mix", who=band.drummer.mention, after="Edits")
        path = f"/channels/{band.studio.id}/messages"
        band.env.inject_error("POST", path, status=403, code=50013, message="Missing Permissions", times=None)
        await band.singer.slash("deadline done", deadline="edits")
        told, warning = [Shown(band.env, message) for message in band.general.history()][-2:]
        assert "this can begin" in told.text and told.pings == {band.drummer.id}
        assert "I lack **Send Messages**" in warning.text

    async def test_move_shows_what_slips_and_shifts_it(self, band: Band) -> None:
        await add(band.producer, what="Edits", who=band.singer.mention)
        await add(band.producer, what="Mix", due="3 Feb 2026 18:00", after="Edits")
        moved = await band.producer.slash("deadline move", deadline="Edits", due="4 Feb 2026 18:00")
        assert f"it was due <t:{UNIX}:f>" in moved.text
        assert f"**Mix** (#2): <t:{UNIX + 2 * DAY}:f> → <t:{UNIX + 5 * DAY}:f>" in moved.text
        assert "whoever ran the command" in (await band.singer.press(moved, "Shift them too")).messages[-1].text
        shifted = await band.producer.press(moved, "Shift them too")
        assert f"**Mix** (#2): now due <t:{UNIX + 5 * DAY}:F>" in shifted.messages[-1].text
        assert "moved or finished meanwhile" in (await band.producer.press(moved, "Shift them too")).messages[-1].text
        await band.producer.press(shifted.messages[-1], "Undo")
        assert f"<t:{UNIX + 2 * DAY}:F>" in (await band.producer.slash("deadline show", deadline="Mix")).text

    @pytest.mark.parametrize("count", [20, 200])
    def test_a_move_names_as_much_as_a_message_holds(self, count: int) -> None:
        due = datetime(2026, 1, 2, 17, tzinfo=UTC)
        rows = [Deadline(id=n, number=n, what="*" * 60, due_at=due, zone="UTC", state="open") for n in range(count + 1)]
        entry, *after = [Entry(row, (1,), (), None, ()) for row in rows]
        moved = Moved(entry, due, [Slip(item.deadline, due) for item in after])
        for view in (moved_card(moved, due), shifted_card(after)):
            texts = "\n".join(item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay))
            named, more = texts.count("** (#"), int(*re.findall(r"and (\d+) more", texts) or ["0"])
            assert named + more == count
            assert view.content_length() <= 4000
            assert more == 0 if count == 20 else view.content_length() > 3700

    async def test_a_move_with_nothing_behind_it_offers_nothing(self, band: Band) -> None:
        await add(band.singer)
        moved = await band.singer.slash("deadline move", deadline="#1", due="4 Feb 2026 18:00")
        assert list(moved.buttons) == ["Done", "Undo"]
        assert "already over" in (await band.singer.slash("deadline move", deadline="#1", due="yesterday 5pm")).text
        await band.singer.slash("deadline done", deadline="#1")
        assert "/deadline reopen" in (await band.singer.slash("deadline move", deadline="#1", due="4 Feb 2026")).text


class TestRepeat:
    async def test_done_opens_the_next_one(self, band: Band) -> None:
        card = await add(band.producer, who=band.singer.mention, repeat="every week")
        assert "Repeats: " in card.text
        done = await band.singer.press(card, "Done")
        assert f"The next one: #2, due <t:{UNIX + 7 * DAY}:F>" in done.text
        assert "#2" in (await band.singer.slash("deadline list")).text
        await band.singer.press(done, "Undo")
        listed = await band.singer.slash("deadline list", status="all")
        assert "#1" in listed.text and "#2" not in listed.text

    async def test_the_next_one_is_not_for_who_has_left(self, band: Band) -> None:
        card = await add(band.producer, who=f"{band.singer.mention} {band.drummer.mention}", repeat="every week")
        band.guild.remove_member(band.singer.actor)
        done = await band.producer.press(card, "Done")
        assert re.search(rf"The next one: #2, due .*, for {band.drummer.mention}$", done.text)
        await band.producer.press(done, "Undo")
        assert "can't find" in (await band.producer.slash("deadline show", deadline="#2")).text
        await band.env.advance_time(11 * 60)
        band.guild.remove_member(band.drummer.actor)
        await band.producer.slash("deadline done", deadline="#1")
        assert f"For {band.producer.mention}\n" in (await band.producer.slash("deadline show", deadline="#3")).text

    async def test_a_repeat_must_be_readable_and_slow(self, band: Band) -> None:
        assert (await add(band.singer, repeat="now and then")).is_private
        refused = await add(band.singer, repeat="every 2 hours")
        assert "nothing was changed" in refused.text.lower()
        assert "Nothing here" in (await band.singer.slash("deadline list", status="all")).text


class TestMakeADeadline:
    async def test_a_message_becomes_a_deadline(self, band: Band) -> None:
        said = await band.drummer.actor.send(band.studio, "please  bounce the\nstems **soon** <@1>")
        opened = Reply(band.env, await band.singer.actor.context_menu(band.studio, "Make a deadline", said))
        fields = {part["component"]["custom_id"]: part["component"] for part in opened.form["components"]}
        assert fields["what"]["value"] == "please bounce the stems **soon** <@1>"
        made = await band.singer.fill(opened, what=fields["what"]["value"], due=WHEN, who=[band.drummer.actor])
        assert r"please bounce the stems \*\*soon\*\*" in made.text
        assert f"For {band.drummer.mention}" in made.text and not made.is_private
        assert f"https://discord.com/channels/{band.guild.id}/{band.studio.id}/{said.id}" in made.text

    async def test_an_unreadable_time_is_said_and_several_projects_are_no_matter(self, band: Band) -> None:
        for name in ("Harbour Lights", "Demos"):
            await band.producer.slash("project create", name=name)
        said = await band.drummer.actor.send(band.studio, "stems")
        opened = Reply(band.env, await band.singer.actor.context_menu(band.studio, "Make a deadline", said))
        assert "can't read “blurgh”" in (await band.singer.fill(opened, what="stems", due="blurgh")).text
        opened = Reply(band.env, await band.singer.actor.context_menu(band.studio, "Make a deadline", said))
        made = await band.singer.fill(opened, what="stems", due="1 Feb 2026")
        assert "Added" in made.text and made.is_private and "Project" not in made.text
