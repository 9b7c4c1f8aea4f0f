"""Quiet hours as people type them, and when a quiet time is over, through midnight and clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.settings_quiet import AlwaysQuiet, NotQuietHours, leads_text, quiet_text, quiet_until, read_leads

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("22-8", "22:00-08:00"),
        ("22:30-07:00", "22:30-07:00"),
        ("10pm - 8am", "22:00-08:00"),
        ("22h to 8h", "22:00-08:00"),
        ("12-24", "12:00-00:00"),
        ("mon-thu 22-7, fri-sat 1-10", "mon-thu 22:00-07:00, fri-sat 01:00-10:00"),
        ("Sat & Sun 0-10; weekdays 23-6", "sat-sun 00:00-10:00, mon-fri 23:00-06:00"),
        ("mon/wed fridays 20-22", "mon/wed/fri 20:00-22:00"),
        ("sun-mon 22\u20137", "sun-mon 22:00-07:00"),
        ("daily 22-7", "22:00-07:00"),
        (" OFF ", ""),
    ],
)
def test_quiet_hours_are_read_and_shown_in_one_form(text: str, shown: str) -> None:
    assert quiet_text(text) == shown
    assert quiet_text(shown) == shown


@pytest.mark.parametrize(
    "text", ["flurble", "22", "25-8", "22-8-9", "13pm-8", "22:60-8", "mon", "moon 22-8", "22-8,", "1-2," * 7]
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(NotQuietHours, match="nothing was changed"):
        quiet_text(text)


@pytest.mark.parametrize("text", ["0-24", "22-22", "0-12, 12-24", "weekdays 0-24, weekends 0-24"])
def test_quiet_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(AlwaysQuiet):
        quiet_text(text)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "when", "until"),
    [
        ("22-8", "2027-03-01T23:00", "2027-03-02T08:00"),
        ("22-8", "2027-03-02T07:59", "2027-03-02T08:00"),
        ("22-8", "2027-03-02T08:00", None),
        ("22-8", "2027-03-02T21:59", None),
        ("mon-thu 22-7, fri-sat 1-10", "2027-03-04T23:00", "2027-03-05T10:00"),  # Thursday's night runs into Friday's
        ("mon-thu 22-7, fri-sat 1-10", "2027-03-05T23:00", None),
        ("mon-thu 22-7, fri-sat 1-10", "2027-03-06T09:00", "2027-03-06T10:00"),
        ("sat 22-8", "2027-03-27T23:00", "2027-03-28T08:00"),  # an hour shorter: clocks go forward
        ("sat 22-8", "2027-10-30T23:00", "2027-10-31T08:00"),  # an hour longer
        ("22-2:30", "2027-03-27T23:00", "2027-03-28T03:00"),  # 2:30 does not exist that night
    ],
)
def test_it_is_over_on_the_wall(quiet: str, when: str, until: str | None) -> None:
    assert quiet_until(quiet, at(when), BERLIN) == (at(until) if until else None)


def test_the_second_2_30_of_a_long_night_is_quiet_too() -> None:
    twice = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    assert quiet_until("22-8", twice, BERLIN) == datetime(2027, 10, 31, 7, 0, tzinfo=UTC)


@given(
    st.integers(0, 23), st.integers(0, 23), st.integers(0, 366 * 24 * 4),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)  # fmt: skip
def test_the_end_is_ahead_and_no_quiet_time_itself(start: int, end: int, quarters: int, name: str) -> None:
    if start == end:
        return
    zone = ZoneInfo(name)
    when = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    until = quiet_until(f"{start}-{end}", when, zone)
    here = when.astimezone(zone)
    is_quiet = start <= here.hour < end if start < end else here.hour >= start or here.hour < end
    if until is None:
        assert not is_quiet
    else:
        assert when < until <= when + timedelta(hours=25)
        assert quiet_until(f"{start}-{end}", until, zone) is None


@pytest.mark.parametrize("text", ["7d, 2d, 1d, 2h", "none", "366d", "90m", "1d, 45m"])
def test_lead_times_read_back(text: str) -> None:
    assert leads_text(read_leads(text)) == text
