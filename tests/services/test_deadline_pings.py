"""Lead times as people type them, and instants before a deadline over clock changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.services.deadline_pings import before, end_of_day
from bot.services.settings_quiet import DAY, NotLeadTimes, read_leads

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("3d, 2h", [3 * DAY, 120]),
        ("2h,3d", [3 * DAY, 120]),
        ("1 week and 30 min", [7 * DAY, 30]),
        ("45m; 45 minutes before", [45]),
        ("1 day before + 2 hrs", [DAY, 120]),
        ("none", []),
        (" OFF ", []),
    ],
)
def test_lead_times_are_read(text: str, minutes: list[int]) -> None:
    assert read_leads(text) == minutes


@pytest.mark.parametrize("text", ["", "soon", "3", "0h", "-2h", "3x", "400d", "9999w", "1d,,2h", "٣d", "1,2,3h"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(NotLeadTimes):
        read_leads(text)


def test_more_than_ten_are_refused() -> None:
    assert len(read_leads(", ".join(f"{hours}h" for hours in range(1, 11)))) == 10
    with pytest.raises(NotLeadTimes):
        read_leads(", ".join(f"{hours}h" for hours in range(1, 12)))


def test_days_keep_the_clock_on_the_wall_and_hours_elapse() -> None:
    due = datetime(2027, 3, 28, 10, 0, tzinfo=UTC)  # noon of the day on which the clocks went forward at 2
    assert before(due, DAY, BERLIN) == datetime(2027, 3, 27, 11, 0, tzinfo=UTC)
    assert before(due, 11 * 60, BERLIN) == datetime(2027, 3, 27, 23, 0, tzinfo=UTC)


def test_a_lead_that_hits_the_skipped_hour_moves_behind_it() -> None:
    due = datetime(2027, 3, 29, 0, 30, tzinfo=UTC)  # 02:30 on the day after
    assert before(due, DAY, BERLIN) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_a_lead_in_the_hour_that_comes_twice_elapses() -> None:
    due = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)  # the second 02:30
    assert before(due, 60, BERLIN) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
def test_the_end_of_a_day_is_its_last_minute_on_the_wall(zone: str) -> None:
    at = datetime(2027, 4, 4, 9, 0, tzinfo=UTC)
    end = end_of_day(at, ZoneInfo(zone)).astimezone(ZoneInfo(zone))
    assert (end.date(), end.hour, end.minute) == (at.astimezone(ZoneInfo(zone)).date(), 23, 59)
