"""The rules of planning and spending, on both databases."""

import asyncio
from decimal import Decimal

import pytest

from bot.errors import NotAllowed, NotFound, UserError
from bot.fuzzy import Ambiguous
from bot.models.budget import BudgetLine, ExpenseState, Unit
from bot.models.room import Room
from bot.money import AmountOutOfRange, read_amount
from bot.services import Services, budget
from bot.services.budget_decide import DecidedAlready, NoReason
from bot.services.budget_expense import (
    NotARate,
    NothingSpent,
    RateNeeded,
    RateNotNeeded,
    Spending,
    Upload,
    read_rate,
)
from bot.services.budget_plan import NotAPercentage, NotAQuantity, NothingToPlan, Plan, read_quantity
from bot.services.budget_target import LineClosed, NoSuchCategory
from bot.services.project import NameTooLong, NoProject, OtherCurrency, ProjectArchived
from tests.support.books import Books, minor
from tests.support.cast import Cast

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
async def books(cast: Cast) -> Books:
    return await Books.open(cast)


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("5", "5"), ("2.5", "2.5"), ("2,5", "2.5"), ("4x3", "12"), ("4 x 5", "20"), ("2 \u00d7 3", "6"), ("10 %", "10"),
     ("0", "0"), ("1000000", "1000000"), ("0.125", "0.125")],
)  # fmt: skip
def test_quantities(text: str, quantity: str) -> None:
    assert read_quantity(text) == Decimal(quantity)


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "NaN", "1e6", "1000001", "0.1234", "0.5x0.5x0.5x0.5", "٣", "4x", "1.2.3", "9" * 500]
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(NotAQuantity):
        read_quantity(text)


async def test_a_plan_is_rounded_half_up_once(books: Books) -> None:
    line = await books.plan("Studio", "Room A", "0.125", "hour", "0.20")
    assert line.planned_minor == 3


async def test_a_plan_finds_the_category_of_a_usual_item(books: Books) -> None:
    """“mix” is Mixing, which belongs to Post, and is counted by the song."""
    line = await books.plan("mix", None, "10", None, "350")
    report = await books.report()
    assert [each.category.name for each in report.shown] == ["Post"]
    assert (line.item, line.unit, line.planned_minor) == ("Mixing", Unit.SONG, minor("3500.00"))
    changed = await books.plan("Mixin", None, "11")
    assert (changed.id, changed.planned_minor) == (line.id, minor("3850.00"))


async def test_an_item_goes_into_the_category_of_the_line_that_was_named(books: Books) -> None:
    await books.plan("mix", None, "1", None, "350")
    await books.plan("Mixing", "Stems", "2", None, "20")
    post = next(each for each in (await books.report()).shown)
    assert {line.line.item for line in post.lines} == {"Mixing", "Stems"}


async def test_an_unknown_category_becomes_the_bands_own(books: Books) -> None:
    await books.plan("Merch", "Shirts", "100", None, "8.50")
    await books.plan("merch", "Caps", "10", None, "9")
    own = next(each for each in (await books.report()).shown)
    assert (own.category.name, own.standing.planned) == ("Merch", minor("940.00"))
    with pytest.raises(NameTooLong):
        await books.plan("M" * 61, "Shirts", "1")


async def test_the_same_name_twice_asks_which_one(books: Books) -> None:
    await books.plan("Studio", "Assistant", "1", None, "10")
    await books.plan("Engineers", "Assistant", "1", None, "10")
    with pytest.raises(Ambiguous) as asked:
        await books.plan("assistant", None, "2")
    assert asked.value.option == "category"
    values = [choice.value for choice in asked.value.choices]
    assert values == ["Studio / Assistant", "Engineers / Assistant"]
    line = await books.plan(values[1], None, "2")
    assert line.planned_minor == minor("20.00")


async def test_long_names_can_still_be_chosen(books: Books) -> None:
    """A menu's values are short, so a line with a long path goes by its key."""
    for category in ("Studio", "Post"):
        await books.plan(category, "L" * 100, "1", None, "10")
    with pytest.raises(Ambiguous) as asked:
        await books.plan("L" * 100, None, "2")
    values = [choice.value for choice in asked.value.choices]
    assert all(len(value) <= 70 for value in values)
    assert (await books.plan(values[0], None, "3")).planned_minor == minor("30.00")


async def test_numbers_in_names_are_no_slips(books: Books) -> None:
    first = await books.plan("Extra 01", "Shirts", "1", None, "10")
    second = await books.plan("Extra 02", "Shirts", "1", None, "10")
    assert first.category_id != second.category_id
    with pytest.raises(NoSuchCategory):
        await books.spend("5", "Extra 03")


async def test_planning_nothing_new_is_refused(books: Books) -> None:
    await books.plan("Studio", "Room A", "1", None, "10")
    with pytest.raises(NothingToPlan):
        await books.plan("Room A")
    line = await books.plan("Studio", "Room B")
    assert (line.quantity, line.planned_minor) == (1, 0)


@pytest.mark.parametrize(("quantity", "rate"), [("101", None), ("5", "5"), (None, "100.5"), (None, "200")])
async def test_what_is_no_percentage_is_refused(books: Books, quantity: str | None, rate: str | None) -> None:
    with pytest.raises(NotAPercentage):
        await books.plan("Contingency", None, quantity, "percent", rate)


async def test_plans_beyond_all_budgets_are_refused(books: Books) -> None:
    with pytest.raises(AmountOutOfRange):
        await books.plan("Studio", "Room A", "1000000", None, "1000000000")
    with pytest.raises(OtherCurrency):
        await books.plan("Studio", "Room A", "1", None, "€80")
    assert (await books.report()).shown == []


async def test_planning_can_be_undone_and_done_again(books: Books, cast: Cast) -> None:
    actor = cast.act(cast.producer)
    wish = Plan("Merch", "Shirts", "2", None, read_amount("10"))
    await books.services.budget.plan(actor, wish)
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert (await books.report()).shown == []
    await books.plan("Merch", "Shirts", "3")
    own = next(each for each in (await books.report()).shown)
    assert (own.category.is_archived, own.standing.planned) == (False, minor("30.00"))


async def test_undoing_a_changed_plan_brings_the_old_one_back(books: Books, cast: Cast) -> None:
    line = await books.plan("Studio", "Room A", "5.5", "day", "650")
    actor = cast.act(cast.producer)
    await books.services.budget.plan(actor, Plan("Room A", quantity="2.25", unit=Unit.HOUR, rate=read_amount("55")))
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    now = (await books.report()).line(line.id).line
    assert (now.quantity, now.unit, now.planned_minor) == (Decimal("5.5"), Unit.DAY, minor("3575.00"))


async def test_who_may_plan_and_look(books: Books, cast: Cast) -> None:
    service = books.services.budget
    for actor in (cast.member, cast.treasurer):
        with pytest.raises(NotAllowed):
            await service.plan(cast.act(actor), Plan("Studio", "Room A", "1"))
    with pytest.raises(NotAllowed):
        await service.left(cast.act(cast.member), None, None)
    assert (await service.left(cast.act(cast.treasurer), None, None)).name == "Harbour Lights"


async def test_another_server_sees_nothing(books: Books, cast: Cast) -> None:
    logged = await books.spend("80", "Studio", receipt=Upload("a.png", PNG))
    service, stranger = books.services.budget, cast.act(cast.foreigner)
    with pytest.raises(NoProject):
        await service.left(stranger, None, None)
    with pytest.raises(NotFound):
        await service.left(stranger, None, "Harbour Lights")
    for ask in (service.expense(stranger, logged.expense.number), service.receipt(stranger, logged.expense.number)):
        with pytest.raises(NotFound):
            await ask
    with pytest.raises(NotFound):
        await service.void(stranger, logged.expense.number, "mine now")
    with pytest.raises(NotFound):
        await service.decide(stranger, logged.expense.number, approve=False)
    assert await service.suggest(stranger, "stu") == []


async def test_left_of_a_line_a_category_and_the_project(books: Books, cast: Cast) -> None:
    await books.plan("mix", None, "10", None, "350")
    await books.plan("Mastering", None, "10", None, "85")
    await books.spend("500", "mix")
    service, actor = books.services.budget, cast.treasurer
    found = {text: await service.left(actor, text, None) for text in ("mix", "Post", None)}
    names = {text: (left.name, left.standing.left) for text, left in found.items()}
    assert names == {
        "mix": ("Mixing", minor("3000.00")),
        "Post": ("Post", minor("3850.00")),
        None: ("Harbour Lights", minor("3850.00")),
    }


async def test_left_before_anything_is_planned(books: Books, cast: Cast) -> None:
    """Looking writes nothing; the chart is there to be asked about."""
    left = await books.services.budget.left(cast.treasurer, "mix", None)
    assert (left.name, left.standing.left) == ("Post", 0)
    with pytest.raises(NoSuchCategory) as unknown:
        await books.services.budget.left(cast.treasurer, "submarines", None)
    assert unknown.value.choices


async def test_a_whole_category_charges_the_line_that_is_meant(books: Books) -> None:
    """The line called like the thing bought, else the only open one, else the category's own."""
    assert (await books.spend("1", "Travel")).line.item == "Travel & living"
    hotel = await books.plan("Studio", "Room A", "2", None, "10")
    assert (await books.spend("1", "Studio", what="Coffee")).line.id == hotel.id
    await books.plan("Studio", "Room B", "2", None, "10")
    assert (await books.spend("1", "Studio", what="room b")).line.item == "Room B"
    assert (await books.spend("1", "Studio", what="Coffee")).line.item == "Studio"
    assert (await books.spend("1", "mastering")).line.item == "Mastering"


@pytest.mark.parametrize(("amount", "waits"), [("100", False), ("100.01", True)])
async def test_a_members_expense_above_the_threshold_waits(books: Books, amount: str, waits: bool) -> None:  # noqa: FBT001
    cast = books.cast
    for actor in (cast.member, cast.treasurer):
        assert (await books.spend(amount, "Studio", actor=actor)).is_pending == waits
    assert not (await books.spend(amount, "Studio", actor=cast.producer)).is_pending
    standing = (await books.report()).standing
    assert (standing.actual, standing.pending) == (
        minor(amount) * (1 if waits else 3),
        minor(amount) * (2 if waits else 0),
    )


async def test_the_threshold_counts_whole_units_in_every_currency(cast: Cast) -> None:
    """100.00 EUR is compared with yen by number, since nobody gave a rate."""
    books = await Books.open(cast, name="Tokyo", currency="JPY")
    assert not (await books.spend("100", "Studio", actor=cast.member)).is_pending
    assert (await books.spend("101", "Studio", actor=cast.member)).is_pending


@pytest.mark.parametrize(
    ("currency", "amount", "rate", "counted"),
    [("USD", "£600", "1.2750", 76500), ("USD", "£0.10", "0.05", 1), ("JPY", "€80.50", "160.25", 12900),
     ("KWD", "$10.01", "0.3073", 3076), ("USD", "1000 JPY", "0,0067", 670)],
)  # fmt: skip
async def test_other_currencies_are_rounded_half_up_once(
    cast: Cast, currency: str, amount: str, rate: str, counted: int
) -> None:
    books = await Books.open(cast, name="Abroad", currency=currency)
    if currency == "KWD":
        amount = amount.replace("$", "") + " USD"
    expense = (await books.spend(amount, "Studio", rate=rate)).expense
    assert expense.amount_minor == counted
    assert expense.rate_on == expense.spent_on
    assert expense.original_currency != currency


@pytest.mark.parametrize(
    ("amount", "rate", "refusal"),
    [("£600", None, RateNeeded), ("$600", "1.2", RateNotNeeded), ("£600", "0", NotARate), ("£600", "-1", NotARate),
     ("£600", "NaN", NotARate), ("£600", "1e3", NotARate), ("0", None, NothingSpent), ("£0.01", "0.1", NothingSpent),
     ("£1000000000000", "1000000", AmountOutOfRange)],
)  # fmt: skip
async def test_what_can_not_be_spent(books: Books, amount: str, rate: str | None, refusal: type[UserError]) -> None:
    with pytest.raises(refusal):
        await books.spend(amount, "Studio", rate=rate)
    assert (await books.report()).standing.is_empty


@pytest.mark.parametrize(("text", "rate"), [("1.275", "1.275"), (" 0,85 ", "0.85"), ("1000000", "1000000")])
def test_rates(text: str, rate: str) -> None:
    assert read_rate(text) == Decimal(rate)


async def test_closed_lines_and_archived_projects_take_nothing(books: Books, cast: Cast) -> None:
    line = await books.plan("Studio", "Room A", "1", None, "10")
    waiting = await books.spend("200", "Room A", actor=cast.member)
    await books.close(line)
    with pytest.raises(LineClosed):
        await books.spend("5", "Room A")
    with pytest.raises(LineClosed):
        await books.plan("Room A", None, "2")
    with pytest.raises(LineClosed):
        await books.services.budget.decide(cast.act(cast.producer), waiting.expense.number, approve=True)
    await books.services.project.archive(cast.act(cast.producer), "Harbour Lights")
    with pytest.raises(ProjectArchived):
        await books.spend("5", "Travel")
    with pytest.raises(ProjectArchived):
        await books.services.budget.decide(cast.act(cast.producer), waiting.expense.number, approve=False)
    assert (await books.report()).standing.actual == 0


async def test_of_two_producers_at_once_one_decides(books: Books, cast: Cast) -> None:
    for _ in range(5):
        number = (await books.spend("200", "Studio", actor=cast.member)).expense.number
        service = books.services.budget
        told = await asyncio.gather(
            *(service.decide(cast.act(cast.producer), number, approve=approve) for approve in (True, False)),
            return_exceptions=True,
        )
        assert [type(each) for each in told].count(DecidedAlready) == 1
        (won,) = [each for each in told if not isinstance(each, BaseException)]
        assert (await service.expense(cast.producer, number)).expense.state is won.expense.state


async def test_who_may_decide_void_and_look_at_an_expense(books: Books, cast: Cast) -> None:
    service = books.services.budget
    number = (await books.spend("200", "Studio", actor=cast.member)).expense.number
    for act in (service.decide(cast.member, number, approve=True), service.void(cast.treasurer, number, "no")):
        with pytest.raises(NotAllowed):
            await act
    with pytest.raises(NotAllowed):
        await service.expense(cast.other, number)
    assert (await service.expense(cast.member, number)).expense.number == number
    assert (await service.expense(cast.treasurer, number)).expense.number == number


async def test_voiding_needs_a_reason_and_happens_once(books: Books, cast: Cast) -> None:
    service, actor = books.services.budget, cast.act(cast.producer)
    number = (await books.spend("200", "Studio")).expense.number
    with pytest.raises(NoReason):
        await service.void(cast.act(cast.producer), number, "  ")
    voided = await service.void(actor, number, "typed twice")
    assert (voided.expense.state, voided.expense.reason) == (ExpenseState.VOID, "typed twice")
    assert (await books.report()).standing.actual == 0
    with pytest.raises(DecidedAlready):
        await service.void(cast.act(cast.producer), number, "again")
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert (await books.report()).standing.actual == minor("200.00")


async def test_an_expense_can_be_undone(books: Books, cast: Cast) -> None:
    actor = cast.act(cast.member)
    await books.services.budget.spend(actor, Spending(read_amount("80"), "Studio"))
    await books.services.undo.undo(cast.act(cast.member), actor.change_id)
    assert (await books.report()).standing.actual == 0


async def _line_for(books: Books, room: str) -> BudgetLine:
    actor = books.cast.act(books.cast.producer)
    found = await books.services.room.add(books.cast.act(books.cast.producer), room)
    async with books.services.db.write(actor, "test") as session:
        return await budget.line_for_room(session, actor, books.project, await session.get_one(Room, found.id))


async def test_the_line_of_a_room(books: Books) -> None:
    """Named like the room, else the only planned one of the studio, else a new one."""
    first = await _line_for(books, "Basement")
    assert (first.item, first.planned_minor) == ("Basement", 0)
    planned = await books.plan("Studio", "Tracking", "3", "day", "650")
    assert (await _line_for(books, "Attic")).id == planned.id
    named = await books.plan("Studio", "Shed", "1", "day", "50")
    assert (await _line_for(books, "shed")).id == named.id
    assert (await _line_for(books, "Barn")).item == "Barn"


async def test_suggestions_name_categories_and_lines_but_no_money(services: Services, cast: Cast) -> None:
    assert await services.budget.suggest(cast.member, "m") == []
    books = await Books.open(cast)
    await books.plan("mix", None, "10", None, "350")
    labels = [choice.label for choice in await services.budget.suggest(cast.member, "m")]
    assert labels[:2] == ["Musicians & singers", "Equipment & media"]
    assert "Post / Mixing" in labels
    assert not any(sign in label for label in labels for sign in "$0123456789")
    assert len(await services.budget.suggest(cast.member, "")) == 25
