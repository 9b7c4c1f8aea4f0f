"""Repeats keep their wall-clock time through clock changes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.when import expand

NEW_YORK = ZoneInfo("America/New_York")


def local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def expanded(rule: str, first: datetime, zone: ZoneInfo, count: int, after: datetime | None = None) -> list[str]:
    return [local(at, zone) for at in expand(rule, first, zone, after=after or first, count=count)]


def test_a_weekly_evening_stays_in_the_evening_over_both_changes() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 16, 19, tzinfo=berlin)
    assert expanded("FREQ=WEEKLY;BYDAY=FR", first, berlin, 2) == ["2026-10-23 19:00", "2026-10-30 19:00"]
    spring = datetime(2027, 3, 27, tzinfo=berlin)
    assert expanded("FREQ=WEEKLY;BYDAY=FR", first, berlin, 1, spring) == ["2027-04-02 19:00"]


def test_an_occurrence_in_a_gap_comes_right_after_it() -> None:
    first = datetime(2027, 3, 13, 2, 30, tzinfo=NEW_YORK)
    assert expanded("FREQ=DAILY", first, NEW_YORK, 2) == ["2027-03-14 03:00", "2027-03-15 02:30"]


def test_an_occurrence_that_comes_twice_comes_once_the_first_time() -> None:
    first = datetime(2026, 10, 31, 1, 30, tzinfo=NEW_YORK)
    found = expand("FREQ=DAILY", first, NEW_YORK, after=first, count=2)
    assert found == [datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 2, 6, 30, tzinfo=UTC)]


def test_a_half_hour_change_is_a_gap_too() -> None:
    island = ZoneInfo("Australia/Lord_Howe")
    first = datetime(2026, 10, 3, 2, 10, tzinfo=island)
    assert expanded("FREQ=DAILY", first, island, 1) == ["2026-10-04 02:30"]


def test_short_months_are_skipped_and_ends_are_kept() -> None:
    first = datetime(2026, 10, 31, 18, tzinfo=NEW_YORK)
    assert expanded("FREQ=MONTHLY;BYMONTHDAY=31", first, NEW_YORK, 2) == ["2026-12-31 18:00", "2027-01-31 18:00"]
    rule = "FREQ=WEEKLY;BYDAY=SA;UNTIL=20261115T045959Z"
    assert expanded(rule, first, NEW_YORK, 9) == ["2026-11-07 18:00", "2026-11-14 18:00"]
    assert len(expanded("FREQ=WEEKLY;BYDAY=SA;COUNT=3", first, NEW_YORK, 9)) == 2
