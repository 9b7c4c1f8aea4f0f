"""Budget templates: what comes along, what is loaded once, what a band saves for its next record."""

from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import select

from bot.errors import NotAllowed, NotFound
from bot.models.budget import BudgetCategory, BudgetLine, Unit
from bot.models.project import Project, ProjectKind
from bot.services import Services
from bot.services.budget_chart import CHART
from bot.services.budget_template import MOST_TEMPLATES, NothingToSave, TooManyTemplates
from bot.services.budget_template_rows import NothingToLoad, PlanLocked, shipped
from bot.services.project import ProjectArchived
from tests.support.books import Books
from tests.support.cast import Cast


@pytest.fixture
async def books(cast: Cast) -> Books:
    return await Books.open(cast)


async def lines_of(books: Books) -> dict[str, BudgetLine]:
    async with books.services.db.read() as session:
        rows = await session.scalars(select(BudgetLine).where(BudgetLine.project_id == books.project.id))
        return {row.item: row for row in rows if row.quantity}


async def load(books: Books, key: str, project: Project | None = None) -> None:
    cast = books.cast
    await books.services.budget_template.load(cast.act(cast.producer), (project or books.project).number, key)


@pytest.mark.parametrize("kind", list(ProjectKind))
def test_what_comes_along_fits_the_chart(kind: ProjectKind) -> None:
    template = shipped()[kind]
    codes = {chapter.code for chapter in CHART}
    assert {line.code for line in template.lines} <= codes
    assert template.left_out <= {line.category for line in template.lines}
    assert max(Counter((line.code, line.item.casefold()) for line in template.lines).values()) == 1
    assert all(0 < line.quantity <= 10_000 and not line.rate_minor for line in template.lines)
    assert template.reserve is not None and template.reserve.quantity == 10


async def test_a_new_project_begins_with_its_kind_and_no_sum(services: Services, cast: Cast) -> None:
    actor = cast.act(cast.producer)
    made = await services.project.create(
        actor, "Salt", kind=ProjectKind.EP, release=None, currency=None, budget=None, template=True
    )
    books = Books(cast, services, made)
    lines = await lines_of(books)
    assert (lines["Mixing"].quantity, lines["Mixing"].unit) == (Decimal(5), Unit.SONG)
    assert "Contingency" not in lines
    found = await books.report()
    assert found.standing.is_empty and not found.shown and len(found.unpriced) == len(lines)
    assert await services.undo.undo(cast.act(cast.producer), actor.change_id) == "project.create"
    assert not await lines_of(books)


async def test_loading_adds_what_lacks_and_keeps_what_is_there(books: Books, cast: Cast) -> None:
    await books.plan("Mixing", None, "12", None, "350")
    number = books.project.number
    shelf = await books.services.budget_template.preview(cast.producer, kind=ProjectKind.ALBUM)
    assert shelf.loaded.kept == 1 and not await _has(books, "Mastering")
    loaded, report = await books.services.budget_template.load(cast.act(cast.producer), number, "album")
    assert loaded.kept == 1 and len(loaded.new) == len(shelf.loaded.new)
    assert (await lines_of(books))["Mixing"].planned_minor == 420000
    assert report.standing.contingency == 42000
    with pytest.raises(NothingToLoad):
        await load(books, "album")
    assert len(await lines_of(books)) == len(shipped()[ProjectKind.ALBUM].lines)


async def _has(books: Books, item: str) -> bool:
    return item in await lines_of(books)


async def test_the_contingency_leaves_out_what_the_template_says(books: Books) -> None:
    await load(books, "album")
    await books.plan("Mixing", None, None, None, "100")
    await books.plan("Publicist", None, None, None, "900")
    assert (await books.report()).standing.contingency == 10000


async def test_loading_can_be_undone_and_done_again(books: Books, cast: Cast) -> None:
    await books.plan("Mixing", None, "12", None, "350")
    actor = cast.act(cast.producer)
    await books.services.budget_template.load(actor, books.project.number, "single")
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert set(await lines_of(books)) == {"Mixing"}
    async with books.services.db.read() as session:
        left_out = await session.scalars(select(BudgetCategory.name).where(BudgetCategory.in_contingency.is_(False)))
        assert list(left_out) == ["Contingency"]
    await load(books, "single")
    assert len(await lines_of(books)) == len(shipped()[ProjectKind.SINGLE].lines)


async def test_a_locked_or_archived_plan_takes_no_template(books: Books, cast: Cast) -> None:
    await books.plan("Mixing", None, "12", None, "350")
    await books.services.budget.lock(cast.act(cast.producer), None)
    assert (await books.services.budget_template.preview(cast.producer)).loaded.is_locked
    with pytest.raises(PlanLocked):
        await load(books, "album")
    assert set(await lines_of(books)) == {"Mixing"}
    await books.services.project.archive(cast.act(cast.producer), books.project.name)
    with pytest.raises(ProjectArchived):
        await load(books, "album")


async def test_a_band_saves_its_own_with_its_rates(books: Books, cast: Cast) -> None:
    await books.plan("Studio", "Room A", "5", "day", "650")
    await books.plan("Merch", "Shirts", "100", None, "8.50")
    await books.plan("Contingency", None, "12.5")
    template = await books.services.budget_template.save(cast.act(cast.producer), books.project.number, "Our  record")
    assert template.name == "Our record" and template.is_own
    next_one = await Books.open(cast, name="Second")
    await load(next_one, template.key)
    lines = await lines_of(next_one)
    assert (lines["Room A"].planned_minor, lines["Shirts"].planned_minor) == (325000, 85000)
    assert (await next_one.report()).standing.contingency == 51250
    in_yen = await Books.open(cast, name="Third", currency="JPY")
    shelf = await in_yen.services.budget_template.preview(cast.producer, name="our record", project="Third")
    assert shelf.loaded.lacks_rates
    await load(in_yen, template.key)
    assert (await lines_of(in_yen))["Room A"].planned_minor == 0


async def test_a_template_named_like_a_kind_takes_its_place(books: Books, cast: Cast) -> None:
    await books.plan("Studio", "Room A", "5", "day", "650")
    await books.services.budget_template.save(cast.act(cast.producer), books.project.number, "album")
    made = await books.services.project.create(
        cast.act(cast.producer), "Next", kind=ProjectKind.ALBUM, release=None, currency="USD", budget=None,
        template=True,
    )  # fmt: skip
    lines = await lines_of(Books(cast, books.services, made))
    assert set(lines) == {"Room A"} and lines["Room A"].planned_minor == 325000
    assert [choice.value for choice in await books.services.budget_template.suggest(cast.producer, "album")] == [
        "album"
    ]


async def test_a_template_is_replaced_put_away_and_brought_back(books: Books, cast: Cast) -> None:
    services, number = books.services.budget_template, books.project.number
    await books.plan("Studio", "Room A", "5", "day", "650")
    first = await services.save(cast.act(cast.producer), number, "Ours")
    await books.plan("Studio", "Room B", "2", "day", "400")
    again = await services.save(cast.act(cast.producer), number, "OURS")
    assert again.key == first.key and len(again.lines) == 2
    actor = cast.act(cast.producer)
    await services.put_away(actor, first.key)
    with pytest.raises(NotFound):
        await load(books, first.key)
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert (await services.preview(cast.producer, name="Ours")).loaded.template.key == first.key


async def test_what_can_not_be_saved(books: Books, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    services, number = books.services.budget_template, books.project.number
    with pytest.raises(NothingToSave):
        await services.save(cast.act(cast.producer), number, "Ours")
    await books.plan("Studio", "Room A", "5", "day", "650")
    for each in range(MOST_TEMPLATES):
        await services.save(cast.act(cast.producer), number, f"Ours {each}")
    with pytest.raises(TooManyTemplates):
        await services.save(cast.act(cast.producer), number, "One more")
    await services.save(cast.act(cast.producer), number, "Ours 3")


async def test_templates_are_the_producers_own(books: Books, cast: Cast) -> None:
    services, number = books.services.budget_template, books.project.number
    await books.plan("Studio", "Room A", "5", "day", "650")
    mine = await services.save(cast.act(cast.producer), number, "Ours")
    for actor in (cast.treasurer, cast.member):
        with pytest.raises(NotAllowed):
            await services.preview(actor)
        with pytest.raises(NotAllowed):
            await services.look(actor, number, "album")
        with pytest.raises(NotAllowed):
            await services.load(cast.act(actor), number, "album")
        with pytest.raises(NotAllowed):
            await services.save(cast.act(actor), number, "Ours")
        with pytest.raises(NotAllowed):
            await services.put_away(cast.act(actor), mine.key)
    foreigner = cast.act(cast.foreigner)
    with pytest.raises(NotFound):
        await services.load(foreigner, number, "album")
    with pytest.raises(NotFound):
        await services.put_away(foreigner, mine.key)
    assert "Ours" not in [choice.value for choice in await services.suggest(foreigner, "")]


async def test_unpriced_lines_are_no_more_than_usual_ones(books: Books, cast: Cast) -> None:
    """A template's lines neither catch what is meant for a planned line nor stand in the report before they cost."""
    await load(books, "album")
    room = await books.plan("Studio", "Room A", "5", "day", "650")
    logged = await books.spend("80", "Studio")
    assert logged.line.id == room.id
    assert (await books.spend("80", "room")).line.id == room.id
    assert [each.category.name for each in (await books.report()).shown] == ["Studio", "Contingency"]
