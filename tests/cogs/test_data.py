"""`/data` as the people of a band use it."""

import io
import zipfile
from zoneinfo import ZoneInfo

import pytest

from bot.ui.data_options import NotAPastSpan, read_past_span
from tests.conftest import FixedClock
from tests.support.band import Band


async def test_a_producer_reads_who_changed_what(band: Band) -> None:
    await band.producer.slash("room add", name="Room A", rate="60")
    await band.producer.slash("room edit", room="Room A", name="Room *B*")
    await band.singer.slash("me timezone", timezone="Tokyo")
    log = await band.producer.slash("data log")
    assert log.is_private and "Share" not in log.buttons
    assert f"<@{band.singer.id}> · **me timezone**" in log.text
    assert r"room #1 “Room \*B\*” · name Room A → Room \*B\*" in log.text
    mine = await band.producer.slash("data log", who=f"<@{band.singer.id}>", range="today")
    assert "Room" not in mine.text
    assert "Nothing was changed in that time." in (await band.producer.slash("data log", range="yesterday")).text
    assert "I can't read “blue moon”" in (await band.producer.slash("data log", range="blue moon")).text
    assert "Only producers" in (await band.singer.slash("data log")).text
    assert "today" in [value for _, value in await band.producer.suggestions("data log", "range", "")]


async def test_a_producer_gets_everything_as_a_zip(band: Band) -> None:
    await band.producer.slash("room add", name="Room A", rate="60")
    sent = await band.producer.slash("data export")
    assert sent.is_private and "keep it where only those see it" in sent.text
    (file,) = sent.shown.message.attachments
    assert file.filename.startswith("backline-") and file.filename.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(await file.read())) as opened:
        assert b"Room A" in opened.read("json/room.json")
        assert b"Room A" in opened.read("csv/room.csv")
    assert "Only producers" in (await band.singer.slash("data export")).text


async def test_forgetting_asks_first_and_leaves_no_name(band: Band) -> None:
    await band.singer.slash("me timezone", timezone="Tokyo")
    asked = await band.producer.slash("data forget", member=band.singer.actor)
    assert "can't be undone" in asked.text
    assert "Nothing was removed" in (await band.producer.press(asked, "Keep")).text
    assert "Tokyo" in (await band.producer.slash("data log")).text
    asked = await band.producer.slash("data forget", member=band.singer.actor)
    done = await band.producer.press(asked, "Forget")
    assert "**former member 1** stands now" in done.text
    log = (await band.producer.slash("data log")).text
    assert "Tokyo" not in log and str(band.singer.id) not in log
    assert "Only producers" in (await band.singer.slash("data forget", member=band.producer.actor)).text
    own = await band.singer.slash("data forget", member=band.singer.actor)
    assert "former member 2" in (await band.singer.press(own, "Forget")).text


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("today", "2027-03-01 00:00", "2027-03-02 00:00"),
        ("Yesterday", "2027-02-28 00:00", "2027-03-01 00:00"),
        ("last 7 days", "2027-02-22 10:00", "2027-03-01 10:00"),
        ("past 3 hours", "2027-03-01 07:00", "2027-03-01 10:00"),
        ("last month", "2027-02-01 00:00", "2027-03-01 00:00"),
        ("this month", "2027-03-01 00:00", "2027-03-02 00:00"),
        ("last week", "2027-02-22 00:00", "2027-03-01 00:00"),
        ("last year", "2026-01-01 00:00", "2027-01-01 00:00"),
        ("20 feb - 22 feb", "2027-02-20 00:00", "2027-02-23 00:00"),
        ("22 feb to 20 feb", "2027-02-20 00:00", "2027-02-23 00:00"),
        ("2027-02-20", "2027-02-20 00:00", "2027-02-21 00:00"),
    ],
)
def test_spans_that_are_over(text: str, first: str, after: str, clock: FixedClock) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start, end = read_past_span(text, now=clock.now(), zone=zone, locale="en-US")
    assert [f"{each.astimezone(zone):%Y-%m-%d %H:%M}" for each in (start, end)] == [first, after]


@pytest.mark.parametrize("text", ["tomorrow", "", "last 9999 days", "1 mar - 40 mar", "x" * 4000])
def test_no_span_that_is_over(text: str, clock: FixedClock) -> None:
    with pytest.raises(NotAPastSpan):
        read_past_span(text, now=clock.now(), zone=ZoneInfo("Europe/Berlin"), locale="en-US")


async def test_an_expense_shows_its_history_to_those_who_may_see_it(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    await band.producer.slash("budget plan", category="Travel", item="Catering")
    await band.producer.slash("budget spend", amount="80", category="Catering", what="Pizza")
    listed = await band.producer.slash("budget expenses")
    shown = await band.producer.press(listed, "Show")
    form = await band.producer.press(shown, "Edit")
    await band.producer.fill(form, amount="90.50", what="Pizza for *all*", payee="", date="today", category="Catering")
    history = await band.producer.press(shown, "History")
    assert history.is_private and "Share" not in history.buttons
    assert r"what Pizza → Pizza for \*all\*" in history.text
    assert "amount €80.00 → €90.50" in history.text
    assert "new: " in history.text
