"""Closing sessions out as a band does: the prompt, the command, who came, the costs, and the last free cancel."""

from datetime import timedelta

from tests.cogs.test_booking import book, settle
from tests.support.band import Band, Reply, Shown

WHEN = "3 jan 2026 10:00-13:00"
HOURS = 3600
STEP = 6


async def forward(band: Band, hours: float) -> None:
    """Let time pass, a few hours at a time."""
    while hours > 0:
        await band.env.advance_time(min(hours, STEP) * HOURS)
        hours -= STEP


async def finished(band: Band) -> Shown:
    """Return the card of a session whose end is five minutes past: the singer came, the drummer couldn't."""
    card = await book(band, "Vocals", WHEN, people=f"{band.singer.mention} {band.drummer.mention}")
    await band.singer.press(card, "Coming")
    await band.drummer.press(card, "Can't")
    await forward(band, (band_time(3) + 3 * HOURS + 300 - band.bot.clock.now().timestamp()) / HOURS)
    return card


def prompts(band: Band) -> list[Shown]:
    found = [Shown(band.env, message) for message in band.studio.history()]
    return [shown for shown in found if "As planned" in shown.buttons]


async def test_three_taps_close_a_session_that_went_as_planned(booked_band: Band) -> None:
    band = booked_band
    over = await finished(band)
    assert prompts(band) == []
    await forward(band, 0.2)
    (prompt,) = prompts(band)
    assert prompt.pings == {band.producer.id} and "Vocals** · #1 is over" in prompt.text and "€" not in prompt.text
    await band.restart()
    shown = await band.producer.press(prompt, "As planned")
    assert shown.is_private and "As planned:" in shown.text and f"Who came:** {band.singer.mention}" in shown.text
    assert "Price: **€180.00**" in shown.text and "Will be booked as spent: **€180.00**" in shown.text
    done = await band.producer.press(shown, "Close it")
    assert "Closed: **Vocals** · #1" in done.text and list(done.buttons) == ["Undo"]
    await settle(band)
    assert "**Closed**" in over.text and f"**Came (1)** {band.singer.mention}" in over.text and over.buttons == {}
    assert "closed, 1 came" in (await band.singer.slash("booking list")).text
    assert "€180.00" in (await band.producer.slash("budget show")).text
    again = await band.producer.press(prompt, "As planned")
    assert "was closed" in again.text and again.is_private
    await band.producer.press(done, "Undo")
    await settle(band)
    assert "**Confirmed**" in over.text
    await forward(band, 48)
    assert len(prompts(band)) == 1


async def test_the_form_takes_real_times_cost_and_a_note_and_the_menu_who_came(booked_band: Band) -> None:
    band = booked_band
    over = await finished(band)
    await band.producer.slash("room edit", room="Room A", overtime="30 min steps at 45")
    await forward(band, 2)
    (prompt,) = prompts(band)
    opened = await band.producer.press(prompt, "Something differed")
    assert opened.form["title"] == "How did #1 go?"
    shown = await band.producer.fill(opened, start="10:20", end="13:35", cost="25", note="two amps")
    for words in ("Really:", "Overtime: 35 min, **€90.00**", "Extra cost: **€25.00**", "**€295.00**", "Note: two amps"):
        assert words in shown.text
    await band.restart()
    shown = await band.producer.choose(shown, band.singer.actor, band.drummer.actor, menu=_menu(shown))
    assert "€295.00" in shown.text and band.drummer.mention in shown.text
    opened = await band.producer.press(shown, "Change times or cost")
    assert [part["component"].get("value") for part in opened.form["components"]] == [
        "10:20", "13:35", "25", "two amps",
    ]  # fmt: skip
    shown = await band.producer.fill(opened, start="", end="13:35", cost="", note="")
    assert "Extra cost" not in shown.text and band.drummer.mention in shown.text
    done = await band.producer.press(shown, "Close it")
    assert "2 came" in done.text and "Booked as spent: **€270.00**" in done.text
    await settle(band)
    assert "Really: <t:" in over.text and "€" not in over.text and "**Came (2)**" in over.text
    private = await band.treasurer.slash("booking show", booking="#1")
    assert "Cost: **€270.00** = €180.00 + €90.00 overtime" in private.text


def _menu(shown: Reply) -> str:
    return next(part["custom_id"] for part in shown.shown.components if part.get("type") == 5)


async def test_the_command_closes_with_times_of_the_bookings_own_day(booked_band: Band) -> None:
    band = booked_band
    await finished(band)
    await forward(band, 30)
    assert await band.producer.suggestions("booking close", "booking", "") == [
        ("#1 Vocals · Sat 3 Jan 2026, 10:00 CET", "#1")
    ]
    assert await band.singer.suggestions("booking close", "booking", "") == []
    end = await band.producer.suggestions("booking close", "end", "13:35", booking="#1")
    assert end == [("Sat 3 Jan 2026, 13:35 CET",) * 2]
    assert await band.producer.suggestions("booking close", "end", "13:35") == []
    shown = await band.producer.slash("booking close", booking="#1", start="9:50", end="Sat 3 Jan 2026, 13:35 CET")
    assert "3 h 45 min" in shown.text and "Overtime: 45 min, **€45.00**" in shown.text
    kept = await band.producer.press(shown, "Not now")
    assert "Nothing was changed" in kept.text
    asked = await band.producer.slash("booking close", booking="#1", end="blurgh")
    assert "can't read" in asked.text


async def test_what_can_not_be_closed_is_said(booked_band: Band) -> None:
    band = booked_band
    await finished(band)
    await book(band, "Later", "20 jan 2026 10:00-12:00")
    await book(band, "Held", "21 jan 2026 10:00-12:00", label="Hold")
    for options, words in (
        ({"booking": "#2"}, "can't be closed yet"),
        ({"booking": "#3"}, "only held"),
        ({"booking": "#9"}, "can't find booking"),
        ({"booking": "#1", "start": "12:00", "end": "1 jan 2026 12:00"}, "othing was"),
        ({"booking": "#1", "cost": "£20"}, "counted in EUR"),
        ({"booking": "#1", "cost": "lots"}, "as an amount"),
        ({"booking": "#1", "note": "x" * 301}, "at most 300"),
        ({"booking": "#1", "end": "5 jan 2026 12:00"}, "othing was"),
    ):
        refused = await band.producer.slash("booking close", **options)
        assert words in refused.text and refused.is_private, options
    refused = await band.singer.slash("booking close", booking="#1")
    assert f"made by {band.producer.mention}" in refused.text
    other = await Band(band.env, "Other").set_up()
    assert "can't find booking" in (await other.owner.slash("booking close", booking="#1")).text


async def test_a_member_closes_their_own_without_seeing_money_and_what_is_much_waits(booked_band: Band) -> None:
    band = booked_band
    own = await band.singer.slash("booking new", what="Mine", when=WHEN, room="Room A")
    await band.singer.press(own, "Book")
    await forward(band, 72)
    (prompt,) = prompts(band)
    assert prompt.pings == {band.singer.id}
    assert "made by" in (await band.drummer.press(prompt, "As planned")).text
    opened = await band.singer.press(prompt, "Something differed")
    shown = await band.singer.fill(opened, start="", end="", cost="150", note="")
    assert "€" not in shown.text and "goes into the budget" in shown.text
    done = await band.singer.press(shown, "Close it")
    assert "€" not in done.messages[0].text
    question = done.with_button("Approve")
    assert not question.is_private and question.pings == {band.producers.id}
    await band.producer.press(question, "Approve")
    report = await band.producer.slash("budget show")
    assert "330.00" in report.text


async def test_a_last_free_cancel_is_named_in_time_and_follows_a_move(booked_band: Band) -> None:
    band = booked_band
    await book(band, "Vocals", "6 jan 2026 10:00-13:00")
    await band.producer.slash("booking move", booking="#1", when="7 jan 2026 10:00-13:00")
    seen = [Shown(band.env, message) for message in band.studio.history()]
    assert not [shown for shown in seen if "Last free cancel" in shown.text]
    await forward(band, 24 * 3 + 12)
    seen = [Shown(band.env, message) for message in band.studio.history()]
    (warning,) = [shown for shown in seen if "Last free cancel" in shown.text]
    edge = band_time(7) - timedelta(hours=48).total_seconds()
    assert f"<t:{int(edge)}:F>" in warning.text and warning.pings == {band.producer.id}
    assert "€" not in warning.text and "%" not in warning.text
    await band.restart()
    told = await band.treasurer.press(warning, "What it costs then")
    assert told.is_private and "**€90.00**, 50 %" in told.text and "**€180.00**, 100 %" in told.text
    assert "money role" in (await band.singer.press(warning, "What it costs then")).text
    opened = await band.producer.press(warning, "Cancel booking")
    done = await band.producer.fill(opened, reason="")
    assert "Cancelled" in done.text and "fee" not in done.text
    gone = await band.treasurer.press(warning, "What it costs then")
    assert "is cancelled, so nothing was changed" in gone.text


def band_time(day: int) -> float:
    """Return 10:00 in Berlin on a day of January 2026, in seconds since 1970."""
    return 1767258000 + (day - 1) * 86_400


async def test_7_1_room_a_from_plan_to_close(band: Band) -> None:
    producer = band.producer
    await producer.slash("project create", name="Harbour Lights", kind="album", currency="USD")
    await producer.slash("budget plan", category="Studio", item="Room A", quantity="5", unit="day", rate="650")
    overtime = "10% of day rate per started hour after 12h"
    await producer.slash("room add", name="Room A", rate="650 USD", unit="day", overtime=overtime)
    for day in range(5):
        when = f"{2 + day} jan 2026 9:00-21:00"
        shown = await producer.slash("booking new", what=f"Day {day + 1}", when=when, room="Room A")
        await producer.press(shown, "Book" if day < 3 else "Hold")
    await forward(band, (band_time(2) + 16 * HOURS - band.bot.clock.now().timestamp()) / HOURS)
    shown = await producer.slash("booking close", booking="Day 1", end="23:00")
    assert "Overtime: 2 h, **$130.00**" in shown.text and "Will be booked as spent: **$780.00**" in shown.text
    await producer.press(shown, "Close it")
    left = await producer.slash("budget left", category="Room A")
    for part in ("$1,170.00 left", "$3,250.00", "$1,300.00 committed", "$1,300.00 at risk"):
        assert part in left.text
    for hold in ("#4", "#5"):
        await producer.slash("booking confirm", booking=hold)
    shown = await producer.slash("budget show", category="Room A")
    for part in ("$780.00", "$2,600.00", "$3,380.00", "$130.00"):
        assert part in shown.text
