"""The digest as a band sees it: set with menus, posted in its channel, changed by its button."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from bot.actor import Actor
from bot.models.reminder import Reminder, ReminderKind, ReminderState
from tests.support.band import Band, Person, Shown
from tests.support.simtime import closed_dms, dedupe_nonces

# The clock starts on Thursday 1 January 2026, 0:00 UTC, which is 1:00 in Berlin.
NINE = 8 * 3600.0
DAY = 86_400.0


@pytest.fixture
async def desk(band: Band) -> AsyncIterator[Band]:
    """The band's server, with a deadline and a session ahead, where Discord knows a nonce it has seen."""
    band.bot.scheduler.cancel("reminders sweep")
    who = f"{band.singer.mention} {band.drummer.mention}"
    await band.singer.slash("deadline add", what="Artwork", due="today 8pm", who=who, remind="none")
    draft = await band.singer.slash("booking new", what="Vocals", when="today 7pm-10pm", people=who)
    await band.singer.press(draft, "Book")
    await band.env.advance_time(2)
    with dedupe_nonces(band.env):
        yield band


async def daily(band: Band) -> None:
    await band.producer.slash("setup start", digest="daily")


def posted(band: Band) -> list[Shown]:
    found = [Shown(band.env, message) for message in band.general.history()]
    return [message for message in found if "🗞️" in message.text]


async def records(band: Band, state: ReminderState) -> list[Reminder]:
    async with band.bot.db.read() as session:
        kind = Reminder.kind == ReminderKind.DIGEST
        return list(await session.scalars(select(Reminder).where(kind, Reminder.state == state)))


class TestSetting:
    async def test_with_menus_from_the_panel_on_and_off(self, band: Band) -> None:
        owner = band.owner
        panel = await owner.press(await owner.slash("setup start"), "Digest")
        assert panel.is_private
        assert "It is off." in panel.text
        weekly = await owner.choose(panel, "Every week", menu="digest:often")
        assert "Next: <t:1767600000:F>" in weekly.text, "Monday 5 January, 9:00 in Berlin"
        await owner.choose(weekly, "4", menu="digest:day")
        later = await owner.choose(weekly, "18", menu="digest:hour")
        assert "Next: <t:1767373200:F>" in later.text, "Friday 2 January, 18:00 in Berlin"
        assert "Digest: **weekly, Friday 18:00**, next <t:1767373200:f>" in (await owner.slash("setup show")).text
        undone = await owner.press(later, "Undo")
        assert "Undone" in undone.text
        assert "Friday 9:00" in (await owner.slash("setup show")).text
        again = await owner.press(await owner.slash("setup start"), "Digest")
        off = await owner.choose(again, "Off", menu="digest:often")
        assert "It is off." in off.text
        assert "Another time" not in off.buttons

    @pytest.mark.parametrize(("typed", "shown"), [("9", "9:00"), ("7.30pm", "19:30"), ("noon", "12:00")])
    async def test_to_the_minute_with_a_form(self, band: Band, typed: str, shown: str) -> None:
        saved = await band.producer.slash("setup start", digest="daily")
        assert "Digest: **daily, 9:00**, next <t:1767254400:f>" in saved.text
        panel = await band.producer.press(saved, "Digest")
        form = await band.producer.press(panel, "Another time")
        assert "Europe/Berlin" in str(form.form)
        assert f"At {shown}" in str((await band.producer.fill(form, time=typed)).shown.components)

    @pytest.mark.parametrize(("typed", "words"), [("friday", "is no time of day"), ("flurble", "can't read")])
    async def test_what_is_no_time_is_refused(self, band: Band, typed: str, words: str) -> None:
        await daily(band)
        panel = await band.producer.press(await band.producer.slash("setup start"), "Digest")
        form = await band.producer.press(panel, "Another time")
        await band.restart()
        assert words in (await band.producer.fill(form, time=typed)).text
        assert "daily, 9:00" in (await band.producer.slash("setup show")).text

    async def test_without_announcements_it_says_what_it_needs(self, empty_band: Band) -> None:
        saved = await empty_band.owner.slash("setup start", digest="weekly")
        assert "needs an announcements channel" in saved.text
        assert "no place to go" in (await empty_band.owner.press(saved, "Digest")).text
        assert "The digest has no place to go" in (await empty_band.owner.slash("setup check")).text

    async def test_members_may_not_change_it(self, desk: Band) -> None:
        await daily(desk)
        await desk.env.advance_time(NINE)
        refused = await desk.singer.press(posted(desk)[0], "Turn off / change")
        assert "Only producers" in refused.text
        assert not refused.buttons


class TestArriving:
    async def test_it_is_posted_once_a_day_without_a_ping_and_its_button_turns_it_off(self, desk: Band) -> None:
        await daily(desk)
        await desk.env.advance_time(NINE - 10)
        assert posted(desk) == []
        await desk.env.advance_time(10)
        (digest,) = posted(desk)
        assert "**Artwork** · #1" in digest.text
        assert "No answer yet: " in digest.text
        assert f"[card](https://discord.com/channels/{desk.guild.id}/{desk.studio.id}/" in digest.text
        assert digest.pings == set()
        await desk.env.advance_time(DAY)
        assert len(posted(desk)) == 2, "Artwork is late now"
        assert "**Late**" in posted(desk)[1].text
        await desk.restart()
        panel = await desk.producer.press(posted(desk)[1], "Turn off / change")
        assert panel.is_private
        await desk.producer.choose(panel, "Off", menu="digest:often")
        await desk.env.advance_time(DAY)
        assert len(posted(desk)) == 2

    async def test_a_day_without_anything_is_silent(self, band: Band) -> None:
        await daily(band)
        await band.env.advance_time(NINE + 1)
        assert posted(band) == []
        assert len(await records(band, ReminderState.CANCELLED)) == 1

    async def test_hours_late_it_comes_once_and_says_so(self, desk: Band) -> None:
        await daily(desk)
        await desk.bot.delivery.stop()
        await desk.env.advance_time(NINE + 2 * DAY + 3 * 3600)
        await desk.restart()
        await desk.env.settle()
        (digest,) = posted(desk)
        assert f"Sorry, this is late: it was due <t:{1767254400 + 2 * int(DAY)}:R>." in digest.text
        await desk.env.advance_time(20 * 3600)
        assert len(posted(desk)) == 1
        await desk.env.advance_time(2 * 3600)
        assert len(posted(desk)) == 2

    async def test_nearly_a_day_late_it_is_folded_into_the_next(self, desk: Band) -> None:
        await daily(desk)
        await desk.bot.delivery.stop()
        await desk.env.advance_time(NINE + 20 * 3600)
        await desk.restart()
        await desk.env.settle()
        assert posted(desk) == []
        await desk.env.advance_time(4 * 3600)
        assert ["late" in message.text for message in posted(desk)] == [False]

    async def test_a_crash_after_sending_brings_no_second_one(
        self, desk: Band, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await daily(desk)
        monkeypatch.setattr(desk.bot.delivery, "_mark_soon", lambda: None)
        await desk.env.advance_time(NINE)
        await desk.crash()
        await desk.env.advance_time(60)
        assert len(posted(desk)) == 1
        assert [row.occurrence for row in await records(desk, ReminderState.SENT)] == [0]


class TestInTrouble:
    async def test_without_its_channel_it_comes_to_whoever_set_it_and_is_named(self, desk: Band) -> None:
        await daily(desk)
        desk.env.backend.delete_channel(desk.general.id)
        await desk.env.advance_time(NINE)
        (message,) = [Shown(desk.env, found) for found in desk.producer.actor.user.dm_channel.history()]
        assert "the channel it belongs in was deleted" in message.text
        alone = Person(desk.env, desk.producer.actor.user, desk.producer.actor.user.dm_channel)
        refused = await alone.press(message, "Turn off / change")
        assert "changed in the server" in refused.text
        assert "Daily digest" in (await desk.producer.slash("remind status")).text

    async def test_what_failed_shows_in_status_settings_and_check(self, desk: Band) -> None:
        await daily(desk)
        desk.overwrite(desk.general, None, send_messages=False)
        with closed_dms(desk.producer.actor):
            await desk.env.advance_time(NINE)
        for command in ("setup show", "setup check", "remind status"):
            text = (await desk.producer.slash(command)).text
            assert "Send Messages" in text, command
        assert len(await records(desk, ReminderState.FAILED)) == 1
        desk.overwrite(desk.general, None, send_messages=True)
        await desk.env.advance_time(DAY)
        assert len(posted(desk)) == 1, "the next one comes"
        assert "failed" not in (await desk.producer.slash("setup show")).text

    async def test_money_stays_out_of_announcements_even_when_its_channel_is_closed(self, desk: Band) -> None:
        band = desk
        await band.producer.slash("project create", name="EP", kind="ep")
        await band.producer.slash("budget plan", category="Studio", item="Room A", quantity="1", rate="1000")
        await band.producer.slash("budget spend", amount="900", category="Room A")
        await band.bot.services.settings.start(
            await band.bot.services.settings.complete(_owner(band)), money_channel_id=band.money.id
        )
        await daily(band)
        await band.env.advance_time(NINE)
        assert "€900.00 of €1,000.00 (90 %)" in band.last_in(band.money).text
        assert "900" not in posted(band)[0].text
        band.overwrite(band.money, None, send_messages=False)
        await band.env.advance_time(DAY)
        assert all("900" not in message.text for message in posted(band))
        told = [Shown(band.env, found) for found in band.producer.actor.user.dm_channel.history()]
        (message,) = [shown for shown in told if "money digest" in shown.text]
        assert "I could not post it." in message.text
        assert "900" not in message.text
        assert "Send Messages" in message.text


def _owner(band: Band) -> Actor:
    return Actor(band.guild.id, band.owner.id, manages_server=True)
