"""Where sessions go in the picture of a week: pieces, lanes, the hours that matter, and clock changes."""

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from bot.models.booking import Booking, BookingState
from bot.services.booking_facts import BookingFacts
from bot.services.booking_week import Week
from bot.ui.drawing import AMBER, BLUE, length
from bot.ui.week_block import FILLS, broken, lines_of
from bot.ui.week_layout import Piece, Scale, bands_of, clock_change, hours, pieces_of, skipped
from bot.ui.week_picture import WIDTH, picture
from bot.ui.week_words import in_words

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
MONDAY = date(2027, 3, 22)  # the clocks in Berlin go forward on Sunday 28


def session(
    number: int, day: int, hour: float, length: float = 3, what: str = "Vocals", zone: ZoneInfo = BERLIN, **more: object
) -> BookingFacts:
    start = (datetime(2027, 3, day, tzinfo=BERLIN) + timedelta(hours=hour)).astimezone(UTC)
    state = more.pop("state", BookingState.CONFIRMED)
    booking = Booking(
        id=number, number=number, what=what, state=state, room_id=1, start_at=start,
        end_at=start + timedelta(hours=length), zone=zone.key,
    )  # fmt: skip
    known = {"coming": (), "maybe": (), "cant": (), **more}
    return BookingFacts(booking, "Room A", None, None, (), (), **known)  # type: ignore[arg-type]


def week(*sessions: BookingFacts, first: date = MONDAY, zone: ZoneInfo = BERLIN) -> Week:
    now = datetime(2027, 3, 24, 15, tzinfo=UTC)
    return Week(first, zone, now, None, tuple(sorted(sessions, key=lambda each: each.start)))


def spans(found: list[Piece]) -> list[tuple[int, float, float, int, int]]:
    return [(each.day, each.top / 60, each.bottom / 60, each.lane, each.lanes) for each in found]


def test_a_session_over_midnight_is_in_both_days() -> None:
    [evening, night] = pieces_of(week(session(1, 22, 22, 5)))
    assert spans([evening, night]) == [(0, 22, 24, 0, 1), (1, 0, 3, 0, 1)]
    assert (evening.begins, evening.ends, night.begins, night.ends) == (True, False, False, True)
    from_before = pieces_of(week(session(1, 21, 23, 2)))
    assert spans(from_before) == [(0, 0, 1, 0, 1)] and not from_before[0].begins
    assert pieces_of(week(session(1, 21, 20, 4))) == []


def test_what_overlaps_is_side_by_side_and_what_follows_is_not() -> None:
    found = pieces_of(week(session(1, 22, 18), session(2, 22, 19), session(3, 22, 21), session(4, 22, 24)))
    assert spans(found) == [(0, 18, 21, 0, 2), (0, 19, 22, 1, 2), (0, 21, 24, 0, 2), (1, 0, 3, 0, 1)]
    short = pieces_of(week(session(1, 22, 18, 0.25), session(2, 22, 18.25, 1)))
    assert [each.lanes for each in short] == [2, 2]  # too short to be read one below the other


def test_hours_without_anything_are_left_out() -> None:
    assert bands_of(pieces_of(week(session(1, 22, 22, 5), session(2, 24, 18, 2)))) == [(0, 3), (18, 24)]
    assert bands_of(pieces_of(week(session(1, 22, 10, 2), session(2, 24, 14, 3)))) == [(10, 17)]
    assert bands_of(pieces_of(week(session(1, 24, 23, 1)))) == [(18, 24)]
    assert bands_of(pieces_of(week(session(1, 20, 9, 24 * 20)))) == [(12, 18)]  # all day, every day
    scale = Scale([(0, 3), (18, 24)], 100, 50, 30)
    assert [scale.y(hour * 60) for hour in (0, 3, 18, 21, 24)] == [100, 250, 280, 430, 580]
    assert not scale.shows(12 * 60) and scale.y(25 * 60) == 580


def test_days_of_a_clock_change() -> None:
    assert clock_change(date(2027, 3, 28), BERLIN) == timedelta(hours=1)
    assert clock_change(date(2027, 10, 31), BERLIN) == timedelta(hours=-1)
    assert skipped(date(2027, 3, 28), BERLIN) == (120, 180) and skipped(date(2027, 10, 31), BERLIN) is None
    found = pieces_of(week(session(1, 28, 1, 4)))
    assert spans(found) == [(6, 1, 6, 0, 1)]  # four hours, and one that does not exist
    autumn = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)  # 2:30, and three quarters of an hour later 2:15 again
    twice = session(1, 22, 1)
    twice.booking.start_at, twice.booking.end_at = autumn, autumn + timedelta(minutes=45)
    [piece] = pieces_of(week(twice, first=date(2027, 10, 25)))
    assert piece.bottom > piece.top
    assert "On Sun clocks forward 1 h" in in_words(week(session(1, 28, 1)))


def test_hours_are_said_short() -> None:
    start = datetime(2027, 3, 22, 18, tzinfo=UTC)
    assert hours(start, start + timedelta(hours=2.5), BERLIN) == "19-21:30"
    assert hours(start, start + timedelta(hours=5), BERLIN) == "19-24"
    assert hours(start, start + timedelta(hours=39), BERLIN) == "Mon 19 - Wed 10"


@pytest.mark.parametrize("what", ["Vocals", "Pre-production", "Donaudampfschifffahrtsgesellschaft", "x" * 120])
@pytest.mark.parametrize("width", [40, 110, 400])
def test_the_number_is_kept_and_long_words_go_on_in_the_next_line(what: str, width: float) -> None:
    [piece] = pieces_of(week(session(104, 22, 18, what=what)))
    for count in (0, 1, 2, 6):
        lines = lines_of(piece, width, count, BERLIN)
        assert lines[0].words.startswith("#104") and len(lines) <= max(1, count)
        assert all(length(line.words, size=line.size, face=line.face) <= width for line in lines[1:])
    whole = "".join(line.rstrip("-") for line in broken(what, width, 60))
    assert whole.replace(" ", "") == what.replace("-", "") or "-" in what


def colours(png: bytes) -> set[str]:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    legend = image.crop((0, 0, image.width, image.height - 60))
    return {"#" + bytes(colour).hex() for _, colour in legend.getcolors(1 << 24) or []}  # type: ignore[arg-type]


def test_each_state_has_its_colour_and_today_is_marked() -> None:
    for state, (fill, edge) in FILLS.items():
        shown = colours(picture(week(session(1, 22, 18, state=state))))
        others = {pair[0] for other, pair in FILLS.items() if other is not state and other != "cancelled"}
        assert {fill, edge, BLUE} <= shown and not others & shown
    assert BLUE not in colours(picture(week(session(1, 16, 18), first=date(2027, 3, 15))))


def test_a_room_in_another_zone_shows_its_hours() -> None:
    before = date(2027, 3, 15)
    there, here = (week(session(1, 16, 18, zone=zone), first=before) for zone in (NEW_YORK, BERLIN))
    assert AMBER in colours(picture(there)) and AMBER not in colours(picture(here))
    changed = week(session(1, 9, 18, zone=NEW_YORK), first=date(2027, 3, 8))
    assert "On Sun clocks forward 1 h in New York" in in_words(changed)


def forty() -> Week:
    names = ("Rehearsal", "Tracking drums: Harbour Lights", "Overdubs (strings & brass)", "Pre-production")
    return week(*(session(at, 22 + at % 7, 9 + at % 6 * 2.5, what=names[at % 4], coming=(1, 2)) for at in range(40)))


def test_forty_sessions_are_legible_on_a_phone() -> None:
    image = Image.open(io.BytesIO(picture(forty())))
    assert WIDTH <= image.width <= 1200 and image.height > image.width
    assert len(in_words(forty())) <= 1024
