"""What a session needs, who covers it, and what is remembered of it."""

import pytest

from bot.models.booking import Answer
from bot.services import Services
from bot.services.booking_parts import NotComing, NotNeeded
from bot.services.booking_quorum import covered, needs_of, parts_of
from tests.support.cast import Cast
from tests.support.sessions import ANN, HOUR, START, Taken

COMING, MAYBE, CANT = Answer.COMING, Answer.MAYBE, Answer.CANT


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("drums + vocals + engineer", ["drums", "vocals", "engineer"]),
        ("drums or percussion, 2 guitars", ["drums or percussion", "2 guitars"]),
        ("2x guitar & guitarists x2", ["4 guitar"]),
        ("a singer and the drummer", ["singer", "drummer"]),
        ("drums/percussion; vox", ["drums or percussion", "vox"]),
        ("Schlagzeug und zwei Mikros\nbass.", ["Schlagzeug", "zwei Mikros", "bass"]),
        ("0 drums, 3, ++, 99 horns", ["20 horns"]),
        ("drums, please do bring your own cymbals", ["drums"]),
        ("", []),
        (None, []),
    ],
)
def test_parts_counts_and_alternatives_are_read(text: str | None, names: list[str]) -> None:
    assert [need.name for need in needs_of(text)] == names


def test_needs_have_bounds() -> None:
    assert len(needs_of(" + ".join(f"part{chr(97 + n)}" for n in range(26)))) == 12
    assert needs_of("x" * 61) == ()


def test_somebody_covers_each_part_they_play_but_counts_once_for_two() -> None:
    needs = needs_of("drums or percussion + 2 guitars + vocals + bass")
    plays = {1: "Drummer", 2: "lead guitar, singer", 3: "bass guitar", 4: "guitar"}
    cover = covered(needs, plays, [1, 2, 5], [4])
    assert [part.user_ids for part in cover] == [(1,), (2,), (2,), ()]
    assert [part.lacks for part in cover] == ["", "guitars", "", "bass"]
    assert cover[1].maybe_ids == (4,)
    assert [part.lacks for part in covered(needs, plays, [1, 2, 3, 4])] == [""] * 4
    assert parts_of(needs) == ("drums", "percussion", "guitars", "vocals", "bass")


async def test_what_somebody_covers_is_remembered_for_the_next_session(
    services: Services, cast: Cast, booked: Taken
) -> None:
    ann = cast.act(cast.member, user_id=ANN)
    key = (await booked(cast.member, needs="2 drums + vocals")).facts.booking.id
    facts = await services.booking.answer(ann, key, COMING)
    assert facts.lacks == ("2 drums", "vocals")
    facts = await services.booking_parts.play(ann, key, ["drums"])
    assert facts.lacks == ("drums", "vocals") and facts.cover[0].user_ids == (ANN,)
    assert (await services.booking.answer(ann, key, MAYBE)).cover[0].maybe_ids == (ANN,)
    later = (await booked(cast.member, start=START + 24 * HOUR, needs="drummer + keys")).facts.booking.id
    assert (await services.booking.answer(ann, later, COMING)).lacks == ("keys",)
    await services.booking_parts.play(ann, later, ["keys"])  # this time; she still plays drums, too
    third = (await booked(cast.member, start=START + 48 * HOUR, needs="vocals + keys")).facts.booking.id
    assert (await services.booking.answer(ann, third, COMING)).lacks == ("vocals",)
    none = await services.booking_parts.play(ann, third, [])
    assert none.lacks == ("vocals", "keys")
    await services.booking.answer(ann, third, CANT)
    assert (await services.booking.answer(ann, third, COMING)).lacks == ("vocals", "keys")


async def test_the_call_sheet_says_what_people_play_too(services: Services, cast: Cast, booked: Taken) -> None:
    key = (await booked(cast.member, needs="drums", user_ids=(ANN,))).facts.booking.id
    await services.callsheet.call(cast.act(cast.member), key, ANN, part="Drums", call="")
    facts = await services.booking.answer(cast.act(cast.member, user_id=ANN), key, COMING)
    assert facts.lacks == () and facts.parts == {ANN: "Drums"}


async def test_what_is_not_needed_and_who_does_not_come_is_refused(
    services: Services, cast: Cast, booked: Taken
) -> None:
    ann = cast.act(cast.member, user_id=ANN)
    key = (await booked(cast.member, needs="drums")).facts.booking.id
    with pytest.raises(NotComing, match="Press \\*\\*Coming\\*\\* first"):
        await services.booking_parts.play(ann, key, ["drums"])
    await services.booking.answer(ann, key, COMING)
    with pytest.raises(NotNeeded):
        await services.booking_parts.play(ann, key, ["violin"])
    await services.booking.edit(cast.act(cast.member), "#1", what="Vocals", needs="vocals", note=None)
    with pytest.raises(NotNeeded):
        await services.booking_parts.play(ann, key, ["drums"])
