"""What holds for any phrase, any zone and any moment."""

import os
import string
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.text import ECHO_LIMIT, echo
from bot.when import Reading, UnclearTime, Want, read, warm

WANTS: tuple[Want, ...] = ("instant", "interval", "duration", "recurrence")
LOCALES = ("en-US", "en-GB", "de", "fr", "es-ES", "pt-BR", "ja")
ZONES = ("America/New_York", "Europe/Berlin", "America/Sao_Paulo", "Asia/Tokyo", "Asia/Kolkata", "Australia/Lord_Howe")
DAYS = (
    "friday",
    "tomorrow",
    "dec 5",
    "next monday",
    "the 20th",
    "this sunday",
    "feb 29",
    "oct 25",
    "nov 1",
    "march 14",
)
CLOCKS = ("7pm", "18:30", "noon", "9am", "1:30am", "2:30am", "at 8", "midnight", "half past six", "quarter to 9")
RANGES = ("7-10pm", "10pm-2am", "9-5", "18:00-21:00", "noon for 3h", "all day", "from 6 to 9", "11-1pm")
LENGTHS = ("in 3 hours", "in 2 days", "2h30m", "in half an hour", "a week from friday", "in 1 month", "eod")
REPEATS = (
    "every friday 7pm",
    "every other tuesday 8pm",
    "first monday of the month 9am",
    "weekdays at 10",
    "the 1st and 15th of every month",
    "daily 22:00",
    "every friday 7pm until dec 31",
    "every 2 weeks on sat 2pm for 6 weeks",
    "last day of every month at 5pm",
    "every year on dec 5",
)
FILLERS = {"en-US": ("please", "ok"), "de": ("bitte", "ca"), "fr": ("svp", "ok"), "es-ES": ("porfa", "vale")}

moments = st.datetimes(datetime(2024, 1, 1), datetime(2034, 12, 31)).map(  # noqa: DTZ001 - made aware here
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)
phrases = st.one_of(
    st.tuples(st.just("instant"), st.builds("{} {}".format, st.sampled_from(DAYS), st.sampled_from(CLOCKS))),
    st.tuples(st.just("instant"), st.sampled_from(DAYS + CLOCKS + LENGTHS)),
    st.tuples(st.just("interval"), st.builds("{} {}".format, st.sampled_from(DAYS), st.sampled_from(RANGES))),
    st.tuples(st.just("interval"), st.sampled_from(("dec 5-7", "this weekend", "next week", "mon-fri", *RANGES))),
    st.tuples(st.just("recurrence"), st.sampled_from(REPEATS)),
    st.tuples(st.just("duration"), st.sampled_from(("90 min", "2.5 hours", "1 day 4 hours", "a fortnight"))),
)


@pytest.fixture(scope="module", autouse=True)
def _warmed() -> None:
    warm().join()


def tried(text: str, want: str, now: datetime, zone: str, locale: str = "en-US") -> Reading | None:
    try:
        return read(text, want=want, now=now, zone=ZoneInfo(zone), locale=locale)  # type: ignore[arg-type]
    except UnclearTime:
        return None


def instants(reading: Reading) -> list[datetime]:
    return [at for at in (reading.at, reading.start, reading.end, reading.first) if at is not None]


@settings(max_examples=400, deadline=None)
@given(phrases, moments, st.sampled_from(ZONES))
def test_every_reading_lies_in_the_future_and_within_five_years(
    phrase: tuple[str, str], now: datetime, zone: str
) -> None:
    reading = tried(phrase[1], phrase[0], now, zone)
    if reading is None:
        return
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0)
    edge = midnight.astimezone(UTC) if reading.precision == "day" else now
    for each in (reading, *reading.alternatives):
        for at in instants(each):
            assert edge <= at <= now + relativedelta(years=5)
        assert each.start is None or each.end is None or each.start < each.end


@settings(max_examples=400, deadline=None)
@given(phrases, moments, st.sampled_from(ZONES), st.sampled_from(LOCALES))
def test_an_echo_reads_back_to_the_same_value(phrase: tuple[str, str], now: datetime, zone: str, locale: str) -> None:
    reading = tried(phrase[1], phrase[0], now, zone)
    if reading is None:
        return
    shown = echo(reading, ZoneInfo(zone), locale, now)
    assert len(shown) <= ECHO_LIMIT
    again = tried(shown.partition(" · ")[0], phrase[0], now, zone, locale)
    assert again is not None, shown
    assert replace(again, alternatives=()) == replace(reading, alternatives=()), shown


@settings(max_examples=300, deadline=None)
@given(phrases, moments, st.sampled_from(("{0} {1}", "{1} {0}", "{1}, {0}!")), st.sampled_from(FILLERS["en-US"]))
def test_a_filler_word_never_changes_a_value(phrase: tuple[str, str], now: datetime, pattern: str, filler: str) -> None:
    text = pattern.format(filler, phrase[1])
    assert tried(text, phrase[0], now, "Europe/London") == tried(phrase[1], phrase[0], now, "Europe/London")


@pytest.mark.parametrize(
    ("locale", "text"),
    [("de", "Freitag um 19 Uhr"), ("fr", "vendredi à 19h"), ("es-ES", "el viernes a las 19:00"), ("en-US", "fri 7pm")],
)
def test_fillers_of_every_language_add_nothing(locale: str, text: str) -> None:
    now = datetime(2026, 9, 15, 8, tzinfo=UTC)
    plain = tried(text, "instant", now, "Europe/Berlin", locale)
    assert plain is not None
    for filler in FILLERS[locale]:
        assert tried(f"{filler} {text}", "instant", now, "Europe/Berlin", locale) == plain


@pytest.fixture
def machine_zone() -> Iterator[None]:
    before = os.environ.get("TZ")
    yield
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("machine_zone")
def test_the_machine_zone_does_not_matter() -> None:
    now = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    texts = [(phrase, "instant") for phrase in DAYS + CLOCKS + LENGTHS] + [(phrase, "recurrence") for phrase in REPEATS]
    answers = []
    for zone in ("UTC", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Kiritimati"):
        os.environ["TZ"] = zone
        time.tzset()
        answers.append([tried(text, want, now, "Europe/Berlin") for text, want in texts])
    assert all(answer == answers[0] for answer in answers)


alphabet = (
    string.ascii_lowercase + string.digits + " :./-,+@'<>äéñçß月火時分日午後前からまで年週間毎第٣½\u202e\u200d\x00🎸"
)


@settings(max_examples=600, deadline=None)
@given(
    st.one_of(st.text(max_size=220), st.text(alphabet, max_size=210)), st.sampled_from(WANTS), st.sampled_from(LOCALES)
)
def test_any_text_is_read_or_refused(text: str, want: Want, locale: str) -> None:
    # Anything but UnclearTime fails the test here.
    reading = tried(text, want, datetime(2026, 9, 15, 8, tzinfo=UTC), "Europe/Berlin", locale)
    assert reading is None or reading.kind == want


KNOWN_WORDS = (
    "7 10 25 99 2026 5th 31st 1/2 12:30 <t:1> noon friday dec may to - at for every in next of and until before after "
    "ago half quarter week month hours pm am weekend midnight eod last first second or by the"
)
words = st.sampled_from(KNOWN_WORDS.split())


@settings(max_examples=600, deadline=None)
@given(st.lists(words, max_size=9).map(" ".join), st.sampled_from(WANTS), st.sampled_from(ZONES), moments)
def test_any_heap_of_known_words_is_read_or_refused(text: str, want: Want, zone: str, now: datetime) -> None:
    started = time.perf_counter()
    reading = tried(text, want, now, zone)
    assert time.perf_counter() - started < 1
    for at in instants(reading) if reading is not None else []:
        assert at >= now - timedelta(days=1)
