"""How often, without any day or hour, in six languages."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.when import read_ended_pace, read_pace


@pytest.mark.parametrize(
    ("locale", "text", "rrule"),
    [
        ("en-US", "weekly", "FREQ=WEEKLY"),
        ("en-US", "Every  Week", "FREQ=WEEKLY"),
        ("en-US", "every other day", "FREQ=DAILY;INTERVAL=2"),
        ("en-US", "each month", "FREQ=MONTHLY"),
        ("en-US", "hourly", "FREQ=HOURLY"),
        ("en-US", "every 30 min", "FREQ=MINUTELY;INTERVAL=30"),
        ("en-US", "every 5m", "FREQ=MINUTELY;INTERVAL=5"),
        ("en-US", "every year", "FREQ=YEARLY"),
        ("en-US", "quarterly", "FREQ=MONTHLY;INTERVAL=3"),
        ("de", "alle 2 Wochen", "FREQ=WEEKLY;INTERVAL=2"),
        ("de", "wöchentlich", "FREQ=WEEKLY"),
        ("de", "alle 30 Minuten", "FREQ=MINUTELY;INTERVAL=30"),
        ("de", "jeden zweiten Tag", "FREQ=DAILY;INTERVAL=2"),
        ("de", "every 2 weeks", "FREQ=WEEKLY;INTERVAL=2"),
        ("fr", "toutes les 2 semaines", "FREQ=WEEKLY;INTERVAL=2"),
        ("fr", "toutes les 2 heures", "FREQ=HOURLY;INTERVAL=2"),
        ("es-ES", "cada mes", "FREQ=MONTHLY"),
        ("es-ES", "cada hora", "FREQ=HOURLY"),
        ("pt-BR", "a cada 2 semanas", "FREQ=WEEKLY;INTERVAL=2"),
        ("ja", "2週間ごと", "FREQ=WEEKLY;INTERVAL=2"),
        ("ja", "30分ごと", "FREQ=MINUTELY;INTERVAL=30"),
        ("ja", "毎日", "FREQ=DAILY"),
    ],
)
def test_bare_intervals(locale: str, text: str, rrule: str) -> None:
    assert read_pace(text, locale) == rrule


@pytest.mark.parametrize(
    "text",
    [
        *("every friday", "every day 5pm", "every 0 days", "every 0 min", "now and then", "", "every 2", "two weeks"),
        *("every 2 weeks until june", "30 min", "every 2 hours 5 min", "every month on the 15th", "x" * 300),
    ],
)
def test_anything_else_is_left_to_the_reader_of_times(text: str) -> None:
    assert read_pace(text) is None


@pytest.mark.parametrize(
    ("text", "rrule"),
    [
        ("every 2 hours until fri 5pm", "FREQ=HOURLY;INTERVAL=2;UNTIL=20260102T160000Z"),
        ("hourly until tomorrow", "FREQ=HOURLY;UNTIL=20260102T225959Z"),
        ("every 20 min 5 times", "FREQ=MINUTELY;INTERVAL=20;COUNT=5"),
        ("every week until fri", None),
        ("every 2 hours until flurble", None),
        ("every 2 hours 0 times", None),
        ("every 2 hours", None),
    ],
)
def test_hours_and_minutes_that_end(text: str, rrule: str | None) -> None:
    now = datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert read_ended_pace(text, "en-US", now=now, zone=ZoneInfo("Europe/Berlin")) == rrule
