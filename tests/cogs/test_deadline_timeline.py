"""`/deadline timeline`: the plan as a picture."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from bot.services.deadline_timeline import Bar, Timeline
from bot.ui import timeline_picture
from bot.ui.drawing import AMBER, BLUE, GREEN, RED
from bot.ui.timeline_picture import in_words, picture
from tests.support.band import Band, Shown

NOW = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


def bar(number: int, start: int, end: int, what: str = "Edits", **flags: object) -> Bar:
    known = {"is_done": False, "is_late": False, "is_critical": False, **flags}
    return Bar(number, what, NOW + start * DAY, NOW + end * DAY, **known)  # type: ignore[arg-type]


def colours(*bars: Bar) -> set[str]:
    """Return the colours in the picture's plan, without the legend under it."""
    image = Image.open(io.BytesIO(picture(Timeline(None, list(bars), 0, NOW), BERLIN)))
    plan = image.convert("RGB").crop((0, 0, image.width, image.height - timeline_picture.FOOT))
    found = plan.getcolors(1 << 24)
    assert found is not None
    return {"#" + bytes(colour).hex() for _, colour in found}  # type: ignore[arg-type]


def test_each_state_has_its_colour() -> None:
    assert colours(bar(1, -3, 3)) & {BLUE, GREEN, RED, AMBER} == {BLUE}
    assert colours(bar(1, -3, -1, is_done=True)) & {BLUE, GREEN, RED, AMBER} == {GREEN}
    assert colours(bar(1, -3, -1, is_late=True)) & {BLUE, GREEN, RED, AMBER} == {RED}
    assert {BLUE, AMBER} <= colours(bar(1, -3, 3, is_critical=True))


@pytest.mark.parametrize("days", [0, 1, 12, 90, 700, 1800])
def test_any_span_and_any_title_can_be_drawn(days: int) -> None:
    titles = ["x" * 200, "日本語 🎵", "\u200d", "Émilie, ß"]
    bars = [bar(number, -days, days + number, what) for number, what in enumerate(titles, 1)]
    image = Image.open(io.BytesIO(picture(Timeline(None, bars, 7, NOW), BERLIN)))
    assert image.size == (
        timeline_picture.WIDTH,
        timeline_picture.TOP + 4 * timeline_picture.ROW + timeline_picture.FOOT,
    )


def test_it_is_told_in_words_too() -> None:
    bars = [bar(1, -3, -1, is_done=True), bar(2, -3, -1, is_late=True, is_critical=True), bar(3, -1, 5)]
    words = in_words(Timeline(None, bars, 0, NOW))
    assert words == "done: #1; late: #2; open: #3; on the critical path: #2"


async def test_the_picture_is_private_until_it_is_shared(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    for what, due, after in (("Edits", "1 Feb 2026", None), ("Mix", "10 Feb 2026", "Edits")):
        options = {"after": after} if after else {}
        await band.singer.slash("deadline add", what=what, due=due, **options)
    drawn = await band.singer.slash("deadline timeline")
    assert drawn.is_private and list(drawn.buttons) == ["Share"]
    assert described(drawn.shown) == "open: #1, #2; on the critical path: #1, #2"
    shared = await band.singer.press(drawn, "Share")
    assert not shared.messages[-1].is_private and shared.messages[-1].buttons == {}
    assert described(shared.messages[-1])


def described(shown: Shown) -> str:
    [item] = next(part["items"] for part in shown.components if part.get("type") == 12)
    return str(item["description"])


async def test_an_empty_plan_says_what_to_do(band: Band) -> None:
    empty = await band.singer.slash("deadline timeline")
    assert "There are no deadlines yet. Add one with </deadline add:" in empty.text and empty.is_private
    await band.producer.slash("project create", name="*Harbour*")
    assert r"no deadlines in **\*Harbour\***" in (await band.singer.slash("deadline timeline")).text
    assert "can't find project" in (await band.singer.slash("deadline timeline", project="Nowhere")).text


async def test_several_projects_are_asked_back(band: Band) -> None:
    for name in ("Harbour Lights", "Demos"):
        await band.producer.slash("project create", name=name)
    await band.singer.slash("deadline add", what="Edits", due="1 Feb 2026", project="Demos")
    asked = await band.singer.slash("deadline timeline")
    drawn = await band.singer.choose(asked, "Demos")
    assert described(drawn.messages[-1]) == "open: #1"
