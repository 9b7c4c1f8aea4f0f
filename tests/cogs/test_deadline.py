"""`/deadline` as the people of a band type it and press its buttons."""

from typing import Any

import discord
import pytest

from tests.support.band import Band, Person, Reply, Shown

WHEN = "1 Feb 2026 18:00"
UNIX = 1769965200  # 18:00 in Berlin


async def add(person: Person, what: str = "Master approved", due: str = WHEN, **options: Any) -> Reply:
    return await person.slash("deadline add", what=what, due=due, **options)


async def test_an_own_deadline_is_shown_to_its_owner_alone(band: Band) -> None:
    reply = await add(band.singer)
    assert "Master approved · #1" in reply.text
    assert f"<t:{UNIX}:F> (<t:{UNIX}:R>)" in reply.text
    assert f"For {band.singer.mention}" in reply.text
    assert reply.is_private
    assert list(reply.buttons) == ["Done", "Undo"]


async def test_a_deadline_for_others_is_public_and_pings_nobody(band: Band) -> None:
    reply = await add(band.producer, who=f"{band.singer.mention} <@&{band.band.id}>")
    assert not reply.is_private
    assert f"For {band.singer.mention} <@&{band.band.id}>" in reply.text
    assert reply.shown.pings == set()


async def test_a_project_s_deadline_is_public(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    reply = await add(band.singer)
    assert "Project: Harbour Lights" in reply.text and not reply.is_private


async def test_a_day_alone_means_its_end(band: Band) -> None:
    reply = await add(band.singer, due="friday")
    assert "<t:1767394740:F>" in reply.text and "by the end of the day" in reply.text  # 2 January 2026, 23:59 Berlin


async def test_the_card_says_when_it_reminds(band: Band) -> None:
    reply = await add(band.singer, remind="3d, 2h")
    assert f"Next reminder <t:{UNIX - 3 * 86400}:f>, then 2 more" in reply.text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"due": "blurgh"}, "can't read “blurgh” as a time"),
        ({"due": "yesterday 5pm"}, "already over"),
        ({"due": "in 10 years"}, "more than five years"),
        ({"what": "x" * 5000}, "at most 200 characters, and this one has 5000"),
        ({"who": "the drummer"}, "only take mentions"),
        ({"remind": "soonish"}, "can't read “soonish” as times before the deadline"),
        ({"project": "Nowhere"}, "can't find project “Nowhere”"),
    ],
)
async def test_what_can_not_be_added_is_said_in_a_sentence(band: Band, options: dict[str, str], words: str) -> None:
    reply = await add(band.singer, **options)
    assert words in reply.text and reply.is_private
    assert "Nothing here" in (await band.singer.slash("deadline list", status="all")).text


async def test_an_archived_project_is_refused(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    await band.producer.slash("project archive", project="Harbour Lights")
    reply = await add(band.singer, project="#1")
    assert "is archived" in reply.text and reply.is_private


async def test_several_projects_are_asked_back(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    await band.producer.slash("project create", name="Demos")
    asked = await add(band.singer)
    reply = await band.singer.choose(asked, "Demos")
    assert "Project: Demos" in reply.text and "Master approved" in reply.text


async def test_user_text_is_shown_and_not_sent(band: Band) -> None:
    reply = await add(band.singer, what="**loud** @everyone <@123456789012345678> `x`", who=band.drummer.mention)
    assert r"\*\*loud\*\*" in reply.text and "@\u200beveryone" in reply.text
    assert reply.shown.pings == set()
    shown = await band.drummer.slash("deadline list")
    assert r"\*\*loud\*\*" in shown.text and shown.shown.pings == set()


async def test_done_turns_the_card_into_a_finished_one(band: Band) -> None:
    card = await add(band.producer, who=band.singer.mention)
    done = await band.singer.press(card, "Done")
    assert f"Done by {band.singer.mention}" in done.text
    assert list(done.buttons) == ["Undo"]
    assert f"Done by {band.singer.mention}" in band.last_in(band.studio).text


async def test_undo_reopens_it(band: Band) -> None:
    card = await add(band.producer, who=band.singer.mention)
    done = await band.singer.press(card, "Done")
    assert "Only the person who made this change" in (await band.drummer.press(done, "Undo")).text
    assert "Undone" in (await band.singer.press(done, "Undo")).text
    assert "Master approved" in (await band.singer.slash("deadline list")).text


async def test_undo_of_adding_takes_it_away(band: Band) -> None:
    card = await add(band.singer)
    await band.singer.press(card, "Undo")
    assert "Nothing here" in (await band.singer.slash("deadline list", status="all")).text


async def test_the_wrong_person_is_told_whose_it_is(band: Band) -> None:
    card = await add(band.producer, who=band.singer.mention)
    refused = await band.drummer.press(card, "Done")
    last = refused.messages[-1]
    assert f"is for {band.singer.mention}" in last.text and last.is_private
    assert "Master approved" in (await band.singer.slash("deadline list")).text


async def test_a_role_s_deadline_can_be_finished_by_its_members(band: Band) -> None:
    card = await add(band.producer, who=f"<@&{band.band.id}>")
    assert "Only they" in (await band.treasurer.press(card, "Done")).messages[-1].text
    assert f"Done by {band.drummer.mention}" in (await band.drummer.press(card, "Done")).text


async def test_the_second_press_is_told_who_was_first(band: Band) -> None:
    card = await add(band.producer, who=f"{band.singer.mention} {band.drummer.mention}")
    stale = card.shown.buttons["Done"]
    await band.singer.press(card, "Done")
    second = await press_id(band.drummer, card.shown, stale)
    assert f"done already: {band.singer.mention}" in second.messages[-1].text
    assert second.messages[-1].is_private
    assert f"Done by {band.singer.mention}" in band.last_in(band.studio).text


async def press_id(person: Person, shown: Shown, custom_id: str) -> Reply:
    """Press a button that the person still sees although the message has changed meanwhile."""
    stored = shown._stored
    kept = stored.components
    stored.components = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Done", "custom_id": custom_id}]}]
    try:
        result = await person.actor.click(shown.message, custom_id=custom_id)
    finally:
        if stored.components[0]["type"] == 1:
            stored.components = kept
    return Reply(person.env, result, shown.message)


async def test_done_works_after_a_restart(band: Band) -> None:
    card = await add(band.producer, who=band.singer.mention)
    await band.restart()
    done = await band.singer.press(card, "Done")
    assert f"Done by {band.singer.mention}" in done.text
    await band.restart()
    assert "Undone" in (await band.singer.press(done, "Undo")).text


async def test_done_and_undo_work_in_a_direct_message(band: Band) -> None:
    card = await add(band.producer, who=band.singer.mention)
    user = await band.bot.fetch_user(band.singer.id)
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.ActionRow(discord.ui.Button(label="Done", custom_id=card.buttons["Done"])))
    sent = await user.send(view=view)
    done = Reply(band.env, await band.singer.actor.user.click(sent, label="Done"), sent)
    assert f"Done by {band.singer.mention}" in done.text
    undone = Reply(band.env, await band.singer.actor.user.click(done.shown.message, label="Undo"), sent)
    assert "Undone" in undone.text
    assert "Master approved" in (await band.singer.slash("deadline list")).text


async def test_done_by_command_with_suggestions(band: Band) -> None:
    await add(band.singer, what="Vocal comps")
    await add(band.producer, what="Artwork", who=band.singer.mention)
    found = await band.singer.suggestions("deadline done", "deadline", "voc")
    assert found == [("#1 Vocal comps · Sun 1 Feb 2026, 18:00 CET", "#1")]
    done = await band.singer.slash("deadline done", deadline="artwork")
    assert "Done" in done.text and not done.is_private
    assert (await band.singer.slash("deadline done", deadline="#1")).is_private
    assert "can't find deadline “nothing”" in (await band.singer.slash("deadline done", deadline="nothing")).text


async def test_a_list_has_done_beside_each_and_draws_itself_again(band: Band) -> None:
    await add(band.singer, what="First", due="1 Feb 2026 18:00")
    await add(band.singer, what="Second", due="2 Feb 2026 18:00")
    shown = await band.singer.slash("deadline list")
    assert shown.text.index("First") < shown.text.index("Second") and shown.is_private
    ticks = [part["custom_id"] for part in shown.shown.components if part.get("label") == "Done"]
    assert len(ticks) == 2
    result = await band.singer.actor.click(shown.shown.message, custom_id=ticks[0])
    reply = Reply(band.env, result, shown.shown.message)
    assert "First" not in reply.shown.text and "Second" in reply.shown.text
    assert "Done by" in reply.messages[1].text and "Undo" in reply.messages[1].buttons


async def test_a_list_has_pages_and_can_be_shared(band: Band) -> None:
    for number in range(11):
        await add(band.singer, what=f"Song {number}", due=f"{number + 1} Feb 2026 18:00")
    first = await band.singer.slash("deadline list")
    assert "Page 1 of 2 · 11 in all" in first.text
    second = await band.singer.press(first, "Next")
    assert "Song 10" in second.text and "Song 7" not in second.text
    shared = await band.singer.press(second, "Share")
    assert not shared.is_private and "Done" not in shared.buttons


async def test_lists_are_mine_unless_others_are_asked_for(band: Band) -> None:
    await add(band.producer, what="Edits", who=band.drummer.mention)
    await add(band.singer, what="Lyrics")
    mine = await band.singer.slash("deadline list")
    assert "Lyrics" in mine.text and "Edits" not in mine.text
    everyone = await band.singer.press(mine, "Everyone's")
    assert "Lyrics" in everyone.text and "Edits" in everyone.text
    theirs = await band.singer.slash("deadline list", who=band.drummer.mention)
    assert "Lyrics" not in theirs.text and "Edits" in theirs.text
    assert "Edits" in (await band.producer.slash("deadline list")).text


async def test_lists_by_status_range_and_project(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    await add(band.singer, what="Soon", due="in 5 minutes")
    await add(band.singer, what="Later", due="1 March 2026 noon")
    await band.singer.slash("deadline done", deadline="Later")
    await band.env.advance_time(360)
    late = await band.singer.slash("deadline list", status="late")
    assert "Soon" in late.text and "**late**" in late.text and "Later" not in late.text
    assert "Later" in (await band.singer.slash("deadline list", status="done")).text
    assert "Soon" not in (await band.singer.slash("deadline list", range="march 2026", status="all")).text
    assert "Soon" in (await band.drummer.slash("deadline list", project="Harbour Lights")).text
    assert "Nothing here" in (await band.drummer.slash("deadline list")).text


async def test_another_server_can_not_finish_it(band: Band) -> None:
    card = await add(band.singer)
    other = Band(band.env, "Strangers")
    await other.set_up()
    assert "can't find deadline" in (await other.owner.slash("deadline done", deadline="#1")).text
    theirs = await add(other.owner)
    refused = await press_id(other.owner, theirs.shown, card.shown.buttons["Done"])
    assert "can't find deadline" in refused.messages[-1].text
    assert "Master approved" in (await band.singer.slash("deadline list")).text


async def test_a_worn_out_button_says_so(band: Band) -> None:
    card = await add(band.singer)
    assert "don't know this button" in (await press_id(band.singer, card.shown, "deadline:done:x")).messages[-1].text
