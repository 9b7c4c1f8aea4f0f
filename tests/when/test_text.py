"""Times on screen, and text of users made safe."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.text import clip, echo, local, plain, short, stamp, stamp_range
from bot.when import Reading, read

AT = datetime(2026, 11, 27, 18, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_stamps_are_what_discord_shows_in_the_reader_zone() -> None:
    assert stamp(AT) == "<t:1795802400:F> (<t:1795802400:R>)"
    assert short(AT) == "<t:1795802400:f>"
    assert stamp_range(AT, AT.replace(hour=21)) == "<t:1795802400:F> - <t:1795813200:t> (<t:1795802400:R>)"
    assert stamp_range(AT, AT.replace(day=29)).count(":F>") == 2


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en-US", "Fri 27 Nov 2026, 19:00-22:00 CET · in 5 days"),
        ("de", "Fr. 27 Nov. 2026, 19:00-22:00 CET · in 5 Tagen"),
        ("fr", "ven. 27 nov. 2026, 19:00-22:00 CET · dans 5 jours"),
        ("ja", "2026年11月27日(金) 19:00-22:00 CET · 5 日後"),
    ],
)
def test_an_echo_speaks_the_language_of_the_typist(locale: str, shown: str) -> None:
    reading = Reading("interval", start=AT, end=AT.replace(hour=21))
    assert echo(reading, BERLIN, locale, NOW) == shown


@pytest.mark.parametrize(
    ("zone", "name"),
    [("America/Sao_Paulo", "15:00 UTC-3"), ("Asia/Kathmandu", "23:45 UTC+5:45"), ("Asia/Kolkata", "23:30 IST")],
)
def test_a_zone_without_a_name_shows_its_offset(zone: str, name: str) -> None:
    assert local(AT, ZoneInfo(zone), "en-GB").endswith(name)


def test_a_repeat_is_echoed_in_words() -> None:
    reading = read("every other friday 7pm", want="recurrence", now=NOW, zone=BERLIN)
    assert echo(reading, BERLIN, "de", NOW).startswith("alle 2 Wochen am Fr 19:00 CET ab 27. Nov. 2026")


def test_clip_cuts_between_whole_characters() -> None:
    assert clip("short", 5) == "short"
    assert clip("longer text", 8) == "longer…"
    family = "👩‍👩‍👧"
    assert clip(f"ab{family}cd", 5) == "ab…"
    assert clip("e\u0301e\u0301e\u0301", 4) == "e\u0301…"
    assert clip("🇩🇪🇫🇷🇪🇸", 4) == "🇩🇪…"


@pytest.mark.parametrize(
    ("typed", "safe"),
    [
        ("**bold** _it_", "\\*\\*bold\\*\\* \\_it\\_"),
        ("# title", "\\# title"),
        ("1. one", "1\\. one"),
        ("`code` ||x||", "\\`code\\` \\|\\|x\\|\\|"),
        ("https://a.b/c_d_e", "https://a.b/c_d_e"),
    ],
)
def test_plain_shows_text_as_typed(typed: str, safe: str) -> None:
    assert plain(typed) == safe


@pytest.mark.parametrize("typed", ["@everyone", "@here", "<@123>", "<@&123>", "<#123>", "https://x.y/@everyone"])
def test_plain_pings_nobody(typed: str) -> None:
    safe = plain(typed)
    assert "@everyone" not in safe
    assert "@here" not in safe
    assert "<@" not in safe.replace("\\<", "")
    assert "<#" not in safe.replace("\\<", "")
