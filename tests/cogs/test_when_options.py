"""What a person sees while typing a time: how it is read, what else it may mean, and why it can't be read."""

import time

import pytest

from bot.ui.params import CHOICE_LIMIT
from tests.support.band import Band
from tests.support.simtime import set_locale


async def hints(band: Band, text: str, command: str = "remind me", option: str = "when") -> list[str]:
    found = await band.singer.suggestions(command, option, text)
    assert all(0 < len(name) <= CHOICE_LIMIT and 0 < len(value) <= CHOICE_LIMIT for name, value in found)
    return [name for name, _ in found]


def speaks(band: Band, locale: str) -> None:
    """Let the singer's client be in another language."""
    set_locale(band.env, band.singer, locale)


async def test_an_hour_that_may_be_either_is_offered_both_ways(band: Band) -> None:
    evening, morning = await hints(band, "fri 8")
    assert evening.startswith("Fri 2 Jan 2026, 08:00 CET")
    assert morning.startswith("Fri 2 Jan 2026, 20:00 CET")


async def test_what_is_picked_is_what_was_shown(band: Band) -> None:
    found = await band.singer.suggestions("remind me", "when", "fri 8")
    reply = await band.singer.slash("remind me", what="strings", when=found[1][1])
    assert "<t:1767380400:F>" in reply.text


@pytest.mark.parametrize(
    ("locale", "text", "shown"),
    [
        ("de", "Freitag 19 Uhr", "Fr. 2 Jan. 2026, 19:00 CET · in 2 Tagen"),
        ("de", "übermorgen halb acht", "Sa. 3 Jan. 2026, 07:30 CET · in 2 Tagen"),
        ("ja", "金曜19時", "2026年1月2日(金) 19:00 CET"),
        ("fr", "vendredi 19h", "ven. 2 janv. 2026, 19:00 CET"),
    ],
)
async def test_the_echo_speaks_the_language_of_the_client(band: Band, locale: str, text: str, shown: str) -> None:
    speaks(band, locale)
    first = (await hints(band, text))[0]
    assert shown.partition(" · ")[0] in first
    # What is shown reads back as itself.
    again = (await hints(band, first.partition(" · ")[0]))[0]
    assert again == first


async def test_a_time_that_is_over_says_so_and_offers_the_next(band: Band) -> None:
    shown = await hints(band, "today 00:30")
    assert shown[0].startswith("Fri 2 Jan 2026, 00:30 CET")
    assert await hints(band, "yesterday 5pm") == [
        "⚠ “yesterday 5pm” is already over. Name a time that is still ahead, like tomorrow 7pm."
    ]


async def test_words_without_a_time_say_why_and_what_works(band: Band) -> None:
    (warning,) = await hints(band, "flurble")
    assert warning.startswith("⚠ I can't read “flurble” as a time")
    assert "fri 7pm" in warning


async def test_an_hour_that_no_clock_shows_has_neighbours(band: Band) -> None:
    shown = await hints(band, "29 mar 2026 02:30")
    assert [each.partition(" · ")[0] for each in shown] == ["Sun 29 Mar 2026, 01:30 CET", "Sun 29 Mar 2026, 03:30 CEST"]
    reply = await band.singer.slash("remind me", what="strings", when="29 mar 2026 02:30")
    assert "the clocks go forward over it" in reply.text
    again = await band.singer.press(reply, next(label for label in reply.buttons if "03:30" in label))
    assert "I'll remind you" in again.text


async def test_a_day_that_no_month_has_has_neighbours(band: Band) -> None:
    shown = await hints(band, "feb 30 18:00")
    assert [each.partition(" · ")[0] for each in shown] == ["Sat 28 Feb 2026, 18:00 CET", "Sun 1 Mar 2026, 18:00 CET"]


async def test_a_backward_range_is_offered_the_other_way_round(band: Band) -> None:
    shown = await hints(band, "oct 22-20", "availability away", "when")
    assert shown[0].startswith("Tue 20 Oct 2026 - Thu 22 Oct 2026")


async def test_neighbours_of_an_unclear_time_run_the_command_again(band: Band) -> None:
    reply = await band.singer.slash("remind me", what="strings", when="thu 2 jan 19:00")
    assert "do not agree" in reply.text
    label = next(iter(reply.buttons))
    again = await band.singer.press(reply, label)
    assert "I'll remind you" in again.text


async def test_a_suggestion_comes_within_a_tenth_of_a_second(band: Band) -> None:
    await hints(band, "fri 8")
    started = time.perf_counter()
    for text in ("fri 8", "next week tue-thu", "5 dicembre 20:00", "flurble 5 blah 7"):
        await hints(band, text)
    assert (time.perf_counter() - started) / 4 < 0.1


class TestRelease:
    async def test_a_time_counts_from_the_release_of_the_project(self, band: Band) -> None:
        await band.producer.slash("project create", name="Harbour", release="2026-06-12")
        (shown,) = await hints(band, "two weeks before release")
        assert shown.startswith("Fri 29 May 2026")
        reply = await band.singer.slash("remind me", what="masters", when="two weeks before release 6pm")
        assert "<t:1780070400:F>" in reply.text

    async def test_in_german_too(self, band: Band) -> None:
        await band.producer.slash("project create", name="Harbour", release="2026-06-12")
        speaks(band, "de")
        assert (await hints(band, "2 Wochen vor Veröffentlichung"))[0].startswith("Fr. 29 Mai 2026")

    async def test_without_a_date_it_says_what_is_missing(self, band: Band) -> None:
        (warning,) = await hints(band, "two weeks before release")
        assert "no release date" in warning
        reply = await band.singer.slash("remind me", what="masters", when="two weeks before release")
        assert "I know no release date here" in reply.text
        assert "/project edit" in reply.text
        assert "No reminders ahead" in (await band.singer.slash("remind list")).text
