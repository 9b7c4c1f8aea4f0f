"""The picture in `/budget show`: what stands on it, who gets it, and that it follows the pages."""

from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from bot.models.budget import BudgetCategory, BudgetLine, ExpenseState, Unit
from bot.models.project import Project
from bot.services.budget_report import Books, Promise, Report, Spent, compute
from bot.ui.budget_picture import MOST_ROWS, WIDTH, in_words, picture
from bot.ui.drawing import BLUE, RED
from tests.support.band import Band, Shown

Figures = tuple[str, int, int, int]


def report_of(currency: str, rows: Sequence[Figures]) -> Report:
    """Return a report of categories, each with what is planned, spent and committed in minor units."""
    project = Project(id=1, name="Harbour Lights", currency=currency, budget_minor=None)
    categories, lines, spent, promised = [], [], [], []
    for key, (name, planned, actual, committed) in enumerate(rows, 1):
        categories.append(BudgetCategory(id=key, name=name, code=100, in_contingency=True))
        lines.append(
            BudgetLine(
                id=key, category_id=key, item=name, quantity=Decimal(1), unit=Unit.FLAT, planned_minor=planned,
                rate_minor=planned, moved_minor=0, is_closed=False,
            )
        )  # fmt: skip
        spent.append(Spent(key, None, ExpenseState.APPROVED, actual))
        promised.append(Promise(key, ("booking", key), is_firm=True, minor=committed))
    return compute(Books(project, categories, lines, spent, promised))


def colours(png: bytes) -> dict[str, int]:
    """Return how many pixels of each colour there are."""
    image = Image.open(BytesIO(png)).convert("RGB")
    found = image.getcolors(1 << 24) or []
    return {"#{:02x}{:02x}{:02x}".format(*colour): count for count, colour in found if isinstance(colour, tuple)}


def test_what_is_over_the_plan_is_red_and_said() -> None:
    over = report_of("EUR", [("Studio", 100_00, 90_00, 40_00), ("Post", 100_00, 0, 0)])
    assert colours(picture(over, None, "en-US")).get(RED, 0) > 500
    words = in_words(over, None, "en-US")
    assert "Studio: spent €90; committed €40; final €130 of €100; €30 over" in words
    assert "Post: to come €100; final €100 of €100; on plan" in words
    kept = report_of("EUR", [("Studio", 100_00, 90_00, 0)])
    key = colours(picture(kept, None, "en-US")).get(RED, 0)
    assert key < 500  # the key below the bars alone


@pytest.mark.parametrize(
    ("currency", "minor", "shown"),
    [("JPY", 612_345, "¥612,345"), ("KWD", 1_234_567, "KWD 1,235"), ("KWD", 155, "0.155")],
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, minor: int, shown: str) -> None:
    words = in_words(report_of(currency, [("Studio", minor, 0, 0)]), None, "en-US").replace("\xa0", " ")
    assert shown in words


@pytest.mark.parametrize("count", [1, 7, 12, 60])
def test_it_is_drawn_for_any_number_of_names(count: int) -> None:
    found = report_of("EUR", [("N" * 60 + str(each), 10**14, 10**14 + each, 5) for each in range(count)])
    image = Image.open(BytesIO(picture(found, None, "de-DE")))
    assert image.width == WIDTH and image.height < 120 * (min(count, MOST_ROWS) + 3)
    assert len(in_words(found, None, "de-DE")) <= 1024
    assert Image.open(BytesIO(picture(found, found.categories[0], "de-DE"))).height < image.height + 100


@pytest.mark.parametrize(
    ("accent", "taken"), [(0xE67E22, "#e67e22"), (0x000000, BLUE), (0x1E1F22, BLUE), (0xFFFFFF, BLUE), (0xD64545, BLUE)]
)
def test_it_wears_the_servers_colour_where_that_can_be_seen(accent: int, taken: str) -> None:
    found = report_of("EUR", [("Studio", 100_00, 90_00, 0)])
    assert colours(picture(found, None, "en-US", accent))[taken] > 5000


def drawn(shown: Shown) -> list[str]:
    """Return what the pictures of a message say in words, each one being attached to it."""
    names = {file.filename for file in shown.message.attachments}
    galleries = [part for part in shown.components if part.get("type") == 12]
    assert len(galleries) == len(names)
    return [item["description"] for gallery in galleries for item in gallery["items"]]


async def test_the_report_brings_its_picture(band: Band) -> None:
    await band.producer.slash("project create", name="Harbour Lights")
    empty = await band.producer.slash("budget show")
    assert not drawn(empty.shown)
    for number in range(9):
        await band.producer.slash("budget plan", category=f"Extra {number}", rate="100")
    await band.producer.slash("budget spend", amount="150", category="Extra 0")
    report = await band.treasurer.slash("budget show")
    (words,) = drawn(report.shown)
    assert report.is_private and "Extra 0: spent €150; final €150 of €100; €50 over" in words
    turned = await band.treasurer.press(report, "Next")
    assert not drawn(turned.shown)
    await band.restart()
    back = await band.treasurer.press(turned, "Previous")
    assert len(drawn(back.shown)) == 1
    (one,) = drawn((await band.treasurer.slash("budget show", category="Extra 0")).shown)
    assert "Extra 1" not in one
    refused = await band.singer.slash("budget show")
    assert not drawn(refused.shown) and "€" not in refused.text
