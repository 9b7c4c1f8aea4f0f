"""`/me reminders` and the server's defaults: set by option, panel and form, taken back, and kept to."""

from tests.support.band import Band, Person, Shown

WHEN = "2 Jan 2026 18:00"
HOUR = 3600.0
BEFORE = 41 * HOUR  # the tests begin so long before


def dm(person: Person) -> list[Shown]:
    return [Shown(person.env, message) for message in person.actor.user.dm_channel.history()]


async def test_without_options_a_panel_that_saves(band: Band) -> None:
    panel = await band.singer.slash("me reminders")
    assert panel.is_private and list(panel.buttons) == ["Quiet hours and lead times"]
    assert "Before a deadline: **7d, 2d, 1d, 2h** · as the server has it" in panel.text
    saved = await band.singer.choose(panel, "In the channel, with a mention")
    assert "in the **channel**, with a mention" in saved.text
    form = await band.singer.press(saved, "Quiet hours and lead times")
    values = {part["component"]["custom_id"]: part["component"]["value"] for part in form.form["components"]}
    assert values == {"quiet_hours": "off", "lead_times": "7d, 2d, 1d, 2h"}
    filled = await band.singer.fill(form, quiet_hours="22-8", lead_times="7d, 2d, 1d, 2h")
    assert "Quiet hours: **22:00-08:00** (Europe/Berlin)\n" in filled.text
    assert "**7d, 2d, 1d, 2h** · as the server has it" in filled.text  # left as it was
    await band.restart()
    undone = await band.singer.press(filled, "Undo")
    assert "Undone" in undone.text
    again = await band.singer.slash("me reminders")
    assert "Quiet hours: **off** · as" in again.text and "in the **channel**, with" in again.text
    back = await band.singer.press(again, "Back to the server's")
    assert "by **direct message** for your deadlines, in the **channel** for sessions" in back.text
    assert "Back to the server's" not in back.buttons
    stale = await band.singer.slash("me reminders", quiet_hours="22-8")
    await band.singer.press(await band.singer.slash("me reminders"), "Back to the server's")
    assert "set nothing of your own" in (await band.singer.press(stale, "Back to the server's")).messages[-1].text


async def test_options_and_what_is_wrong_with_them(band: Band) -> None:
    saved = await band.singer.slash(
        "me reminders", dm=False, quiet_hours="mon-thu 22-7, fri-sat 1-10", lead_times="2h,1d"
    )
    assert "**mon-thu 22:00-07:00, fri-sat 01:00-10:00**" in saved.text and "**1d, 2h**" in saved.text
    for options, said in (
        ({"quiet_hours": "flurble"}, "I can't read “flurble” as quiet hours, so nothing was changed"),
        ({"quiet_hours": "0-24"}, "no time left"),
        ({"lead_times": "soon"}, "I can't read “soon” as times before the deadline"),
    ):
        refused = await band.singer.slash("me reminders", **options)
        assert said in refused.text and refused.is_private
    assert "**1d, 2h**" in (await band.singer.slash("me reminders")).text


async def test_what_is_typed_is_echoed(band: Band) -> None:
    assert ("22:00-08:00", "10pm-8am") in await band.singer.suggestions("me reminders", "quiet_hours", "10pm-8am")
    assert ("3d, 2h", "2h,3d") in await band.singer.suggestions("me reminders", "lead_times", "2h,3d")
    [(why, value)] = await band.singer.suggestions("me reminders", "lead_times", "soon")
    assert why.startswith("⚠ I can't read “soon”") and value == "soon"
    assert ("off", "off") in await band.singer.suggestions("me reminders", "quiet_hours", "")


async def test_the_server_s_own_by_its_panel(band: Band) -> None:
    panel = await band.producer.slash("setup start")
    form = await band.producer.press(panel, "Reminders")
    saved = await band.producer.fill(form, lead_times="1d", quiet_hours="23-7")
    assert "Reminders before a deadline: **1d**, quiet hours **23:00-07:00**" in saved.text
    assert "**1d**, quiet hours **23:00-07:00**" in (await band.singer.slash("setup show")).text
    assert "**23:00-07:00** (Europe/Berlin) · as the server has it" in (await band.singer.slash("me reminders")).text
    refused = await band.producer.fill(await band.producer.press(saved, "Reminders"), lead_times="x", quiet_hours="")
    assert "I can't read “x”" in refused.messages[-1].text
    await band.producer.press(saved, "Undo")
    assert "**7d, 2d, 1d, 2h** · each" in (await band.singer.slash("setup show")).text
    stranger = await band.drummer.slash("setup start")
    assert "producers" in stranger.messages[-1].text


async def test_pings_go_where_and_when_their_person_wants(band: Band) -> None:
    await band.producer.slash("deadline add", what="Master", due=WHEN, who=band.singer.mention, remind="30h, 2h")
    await band.singer.slash("me reminders", dm=False, quiet_hours="11-14")
    await band.env.advance_time(BEFORE - 30 * HOUR + 60)  # noon: quiet
    assert dm(band.singer) == [] and "is due" not in band.last_in(band.studio).text
    await band.env.advance_time(2 * HOUR)
    ping = band.last_in(band.studio)
    assert "**Master** · #1" in ping.text and ping.pings == {band.singer.id} and "late" not in ping.text
    await band.singer.slash("me reminders", dm=True)
    await band.env.advance_time(26 * HOUR)
    [message] = dm(band.singer)
    assert list(message.buttons) == ["Done", "On it", "Need more time"]
    await band.env.advance_time(3 * HOUR)  # due: the channel hears it, and its person by themselves
    assert band.last_in(band.studio).pings == set() and "is due" in band.last_in(band.studio).text
    assert len(dm(band.singer)) == 2
