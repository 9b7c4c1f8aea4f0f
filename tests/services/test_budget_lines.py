"""Transfers, estimates by hand, closing, contingency, revisions, promises, and what would be; on both databases."""

from datetime import date

import pytest

from bot.errors import NotAllowed, NotFound, UserError
from bot.models.budget import BudgetLine
from bot.money import Amount, AmountOutOfRange, read_amount
from bot.services.budget_decide import DecidedAlready, RefundedAlready
from bot.services.budget_entries import Edit, MoreThanPaid, NotRefundable, NotYoursToEdit
from bot.services.budget_expense import NothingSpent
from bot.services.budget_lines import LockedAlready, NoAmount, NothingMoved, NotThatMuch, ReasonForEstimate
from bot.services.budget_promise import PromiseGone
from bot.services.budget_target import LineClosed, NoSuchCategory
from bot.services.budget_whatif import NoRate, NotAChange
from bot.services.project import OtherCurrency, ProjectArchived
from tests.support.books import Books, minor
from tests.support.cast import Cast

DAY = date(2027, 3, 1)


def sum_(text: str) -> Amount:
    return read_amount(text)


@pytest.fixture
async def books(cast: Cast) -> Books:
    return await Books.open(cast)


@pytest.fixture
async def room(books: Books) -> BudgetLine:
    return await books.plan("Studio", "Room A", "5", "day", "650")


async def test_a_transfer_has_two_sides_and_leaves_the_total(books: Books, cast: Cast, room: BudgetLine) -> None:
    """The contingency's percentage goes by the plan from before, so that moving money changes nothing (R17)."""
    mix = await books.plan("mix", None, "10", None, "350")
    reserve = await books.plan("Contingency", None, "10")
    before = (await books.report()).standing
    service, actor = books.services.budget, cast.act(cast.producer)
    moved = await service.transfer(actor, sum_("500"), "Contingency", "mix", reason="two more songs")
    assert (moved.source.standing.contingency, moved.target.standing.planned) == (minor("175.00"), minor("4000.00"))
    await service.transfer(cast.act(cast.producer), sum_("1000.50"), "Room A", "mix", reason=None)
    report = await books.report()
    assert report.standing.total == before.total
    assert report.line(mix.id).standing.planned == minor("5000.50")
    assert report.line(room.id).standing.planned == minor("2249.50")
    assert report.line(reserve.id).standing.contingency == minor("175.00")


async def test_a_transfer_can_be_undone(books: Books, cast: Cast, room: BudgetLine) -> None:
    actor = cast.act(cast.producer)
    await books.services.budget.transfer(actor, sum_("500"), "Room A", "artwork", reason=None)
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    report = await books.report()
    assert report.line(room.id).standing.planned == minor("3250.00")
    assert [each.category.name for each in report.shown] == ["Studio"]


@pytest.mark.parametrize(
    ("amount", "source", "target", "refusal"),
    [("3250.01", "Room A", "artwork", NotThatMuch), ("5", "Room A", "room a", NothingMoved),
     ("0", "Room A", "artwork", NoAmount), ("£5", "Room A", "artwork", OtherCurrency),
     ("5", "submarine", "artwork", NoSuchCategory), ("5", "Room A", "submarine", NoSuchCategory)],
)  # fmt: skip
async def test_what_can_not_be_moved(
    books: Books, room: BudgetLine, amount: str, source: str, target: str, refusal: type[UserError]
) -> None:
    actor = books.cast.act(books.cast.producer)
    with pytest.raises(refusal):
        await books.services.budget.transfer(actor, sum_(amount), source, target, reason=None)
    assert (await books.line(room)).planned == minor("3250.00")


async def test_what_is_promised_or_spent_can_not_be_moved(books: Books, cast: Cast, room: BudgetLine) -> None:
    await books.book(room, "650.00")
    await books.spend("600", "Room A")
    transfer = books.services.budget.transfer
    with pytest.raises(NotThatMuch):
        await transfer(cast.act(cast.producer), sum_("2000.01"), "Room A", "artwork", reason=None)
    await transfer(cast.act(cast.producer), sum_("2000"), "Room A", "artwork", reason=None)
    assert (await books.line(room)).left == 0


async def test_an_estimate_by_hand(books: Books, cast: Cast, room: BudgetLine) -> None:
    """It stands in for the plan until it is taken back, and needs a reason (R15)."""
    service = books.services.budget
    with pytest.raises(ReasonForEstimate):
        await service.estimate(cast.act(cast.producer), room.id, sum_("4000"), " ")
    actor = cast.act(cast.producer)
    await service.estimate(actor, room.id, sum_("4000"), "the drums take longer")
    report = await books.report()
    line, standing = report.line(room.id).line, report.line(room.id).standing
    assert (standing.etc, standing.efc, standing.variance) == tuple(map(minor, ("4000", "4000", "-750")))
    assert (line.etc_by, line.etc_reason) == (cast.producer.user_id, "the drums take longer")
    assert line.etc_at is not None
    await service.estimate(cast.act(cast.producer), room.id, sum_("0"), "done")
    assert (await books.line(room)).etc == 0
    await service.estimate(cast.act(cast.producer), room.id, None, "")
    assert (await books.line(room)).etc == minor("3250.00")


async def test_closing_a_line_and_opening_it_again(books: Books, cast: Cast, room: BudgetLine) -> None:
    service = books.services.budget
    await service.close(cast.act(cast.producer), room.id)
    assert (await books.line(room)).etc == 0
    with pytest.raises(LineClosed):
        await books.spend("5", "Room A")
    with pytest.raises(LineClosed):
        await service.transfer(cast.act(cast.producer), sum_("5"), "Room A", "artwork", reason=None)
    await service.close(cast.act(cast.producer), room.id)
    assert (await books.spend("5", "Room A")).line.id == room.id


async def test_leaving_a_category_out_of_the_contingency(books: Books, cast: Cast, room: BudgetLine) -> None:
    await books.plan("Video", None, None, None, "2500")
    await books.plan("Contingency", None, "10")
    promotion = next(each.category for each in (await books.report()).shown if each.category.name == "Promotion")
    actor = cast.act(cast.producer)
    await books.services.budget.count_for_contingency(actor, promotion.id)
    assert (await books.report()).standing.contingency == minor("325.00")
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert (await books.report()).standing.contingency == minor("575.00")


async def test_a_locked_plan_counts_its_revisions(books: Books, cast: Cast, room: BudgetLine) -> None:
    service = books.services.budget
    await books.plan("Contingency", None, "10")
    locking = cast.act(cast.producer)
    _, approved = await service.lock(locking, None)
    assert (approved.number, approved.after_minor) == (0, minor("3575.00"))
    with pytest.raises(LockedAlready):
        await service.lock(cast.act(cast.producer), None)
    await books.plan("Room A", None, "6")
    await service.transfer(cast.act(cast.producer), sum_("100"), "Room A", "artwork", reason=None)
    _, found = await service.revisions(cast.treasurer, "Harbour Lights")
    assert [(each.number, each.what, each.after_minor - each.before_minor) for each in found] == [
        (0, "Approved plan", 0),
        (1, "Room A", minor("715.00")),
        (2, "Room A to Artwork", 0),
    ]
    await books.services.undo.undo(cast.act(cast.producer), locking.change_id)
    assert (await service.revisions(cast.treasurer, "Harbour Lights"))[1] == []
    assert (await service.lock(cast.act(cast.producer), None))[1].after_minor == minor("4290.00")


async def test_a_promise_shrinks_by_its_invoices(books: Books, cast: Cast, room: BudgetLine) -> None:
    service = books.services.budget
    made = await service.commit(cast.act(cast.producer), sum_("400"), "Room A", what="Deposit", due_on=DAY)
    number = made.commitment.number
    assert (await books.line(room)).committed == minor("400.00")
    invoicing = cast.act(cast.producer)
    invoice = await service.invoice(invoicing, number, sum_("150"))
    standing = await books.line(room)
    assert (standing.actual, standing.committed) == (minor("150.00"), minor("250.00"))
    assert (await service.promise(cast.treasurer, number)).still_open == minor("250.00")
    await service.void(cast.act(cast.producer), invoice.expense.number, "wrong one")
    assert (await books.line(room)).committed == minor("400.00")
    await service.invoice(cast.act(cast.producer), number, sum_("500"))
    assert (await books.line(room)).committed == 0
    await service.take_back(cast.act(cast.producer), number)
    assert (await books.line(room)).actual == minor("500.00")
    for act in (service.take_back(cast.producer, number), service.invoice(cast.producer, number, sum_("5"))):
        with pytest.raises(PromiseGone):
            await act
    assert await service.promises(cast.treasurer, "Harbour Lights") == []


async def test_promises_are_listed_by_when_they_are_due(books: Books, cast: Cast, room: BudgetLine) -> None:
    service = books.services.budget
    for what, due in (("Some day", None), ("Later", date(2027, 5, 1)), ("Soon", date(2027, 4, 1))):
        await service.commit(cast.act(cast.producer), sum_("5"), "Room A", what=what, due_on=due)
    found = await service.promises(cast.treasurer, "Harbour Lights")
    assert [each.commitment.what for each in found] == ["Soon", "Later", "Some day"]


async def test_editing_an_expense_keeps_its_rate(books: Books, cast: Cast, room: BudgetLine) -> None:
    service = books.services.budget
    number = (await books.spend("£600", "Room A", rate="1.2750")).expense.number
    actor = cast.act(cast.producer)
    wish = Edit(sum_("£700"), "Strings", "Arranger", DAY, "artwork")
    edited = await service.edit(actor, number, wish)
    expense = edited.expense
    assert (expense.amount_minor, expense.rate, edited.line.item) == (minor("892.50"), "1.2750", "Artwork")
    await books.services.undo.undo(cast.act(cast.producer), actor.change_id)
    assert (await books.line(room)).actual == minor("765.00")
    for amount, refusal in (("$700", OtherCurrency), ("0", NothingSpent)):
        with pytest.raises(refusal):
            await service.edit(cast.act(cast.producer), number, Edit(sum_(amount), "x", "", DAY, "Room A"))


async def test_who_may_edit_what(books: Books, cast: Cast) -> None:
    service = books.services.budget
    wish = Edit(sum_("150"), "Strings", "", DAY, "Studio")
    waiting = (await books.spend("200", "Studio", actor=cast.member)).expense.number
    counted = (await books.spend("50", "Studio", actor=cast.member)).expense.number
    assert (await service.edit(cast.act(cast.member), waiting, wish)).is_pending
    for actor, number in ((cast.member, counted), (cast.other, waiting), (cast.treasurer, waiting)):
        with pytest.raises(NotYoursToEdit):
            await service.edit(cast.act(actor), number, wish)
    await service.void(cast.act(cast.producer), counted, "gone")
    with pytest.raises(DecidedAlready):
        await service.edit(cast.act(cast.producer), counted, wish)


async def test_a_refund_is_negative_and_no_more_than_was_paid(books: Books, cast: Cast, room: BudgetLine) -> None:
    service = books.services.budget
    number = (await books.spend("360", "Room A", paid_by=7)).expense.number
    back = await service.refund(cast.act(cast.producer), number, sum_("20"))
    assert (back.expense.amount_minor, back.expense.paid_by) == (minor("-20.00"), 7)
    assert (await books.line(room)).actual == minor("340.00")
    with pytest.raises(MoreThanPaid):
        await service.refund(cast.act(cast.producer), number, sum_("340.01"))
    with pytest.raises(NotRefundable):
        await service.refund(cast.act(cast.producer), back.expense.number, sum_("1"))
    with pytest.raises(RefundedAlready):
        await service.void(cast.act(cast.producer), number, "no")
    await service.void(cast.act(cast.producer), back.expense.number, "no")
    await service.void(cast.act(cast.producer), number, "no")
    assert (await books.line(room)).actual == 0


async def test_lists_of_expenses(books: Books, cast: Cast, room: BudgetLine) -> None:
    for index in range(10):
        await books.spend("5", "Room A", what=f"Strings {index}")
    await books.spend("200", "Artwork", actor=cast.member)
    service = books.services.budget
    page = await service.listed(cast.treasurer, None, None, None, 1, 8)
    assert (page.total, len(page.page), page.counted_minor) == (11, 3, minor("50.00"))
    assert (await service.listed(cast.treasurer, None, "studio", None, 0, 8)).total == 10
    assert (await service.listed(cast.treasurer, None, "artwork", None, 0, 8)).page[0].is_pending
    own = await service.listed(cast.member, None, None, None, 0, 8)
    assert (own.total, own.page[0].expense.created_by) == (1, cast.member.user_id)
    assert (await service.listed(cast.other, None, None, None, 0, 8)).total == 0


@pytest.mark.parametrize(
    ("change", "cost"),
    [("4d Room A", "2600.00"), ("600 mixing", "600.00"), ("$1.2k Room A", "1200.00"), ("2.5 days room a", "1625.00"),
     ("3h Shed", "120.00"), ("mixing 600", "600.00"), ("600 USD mixing", "600.00"), ("600 Room A", "600.00")],
)  # fmt: skip
async def test_what_would_be(books: Books, cast: Cast, room: BudgetLine, change: str, cost: str) -> None:
    await books.services.room.add(cast.act(cast.producer), "Shed", rate=sum_("40"))
    await books.plan("Studio", "Shed", "1", "day", "300")
    before = (await books.report()).standing
    found = await books.services.budget.what_if(cast.treasurer, change, "en-US")
    assert found.cost_minor == minor(cost)
    assert (found.whole[0].committed, found.whole[1].committed) == (0, minor(cost))
    assert (await books.report()).standing == before


async def test_what_would_be_before_anything_is_planned(books: Books, cast: Cast) -> None:
    found = await books.services.budget.what_if(cast.treasurer, "600 mixing", "en-US")
    assert (found.line[1].efc, found.whole[1].efc) == (minor("600.00"), minor("600.00"))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [("lots", NotAChange), ("", NotAChange), ("4h artwork", NoRate), ("£5 artwork", OtherCurrency),
     ("600 submarines", NoSuchCategory), ("many artwork", UserError),
     ("4 hours", NotAChange), ("0 artwork", NotAChange), ("-500 artwork", AmountOutOfRange)],
)  # fmt: skip
async def test_what_can_not_be_imagined(
    books: Books, cast: Cast, room: BudgetLine, change: str, refusal: type[UserError]
) -> None:
    with pytest.raises(refusal):
        await books.services.budget.what_if(cast.treasurer, change, "en-US")


async def test_settling_harbour_lights(books: Books, cast: Cast) -> None:
    await books.spend("189.99", "Drives", paid_by=1)
    await books.spend("64.51", "Food", paid_by=2)
    await books.spend("1000", "Studio")
    await books.spend("500", "Studio", paid_by=3, actor=cast.member)
    found = await books.services.settle.share(cast.act(cast.treasurer), "#1", [1, 2, 3])
    assert found.settlement.balances == {1: minor("105.15"), 2: minor("-20.32"), 3: minor("-84.83")}


async def test_only_producers_change_the_books(books: Books, cast: Cast, room: BudgetLine) -> None:
    service = books.services.budget
    number = (await books.spend("5", "Room A")).expense.number
    promise = await service.commit(cast.act(cast.producer), sum_("5"), "Room A", what=None, due_on=None)
    for actor in (cast.treasurer, cast.member):
        acts = (
            service.transfer(actor, sum_("5"), "Room A", "mix", reason=None),
            service.commit(actor, sum_("5"), "Room A", what=None, due_on=None),
            service.invoice(actor, promise.commitment.number, sum_("5")),
            service.take_back(actor, promise.commitment.number),
            service.estimate(actor, room.id, None, ""),
            service.close(actor, room.id),
            service.count_for_contingency(actor, room.category_id),
            service.lock(actor, None),
            service.refund(actor, number, sum_("1")),
        )
        for act in acts:
            with pytest.raises(NotAllowed):
                await act
    looks = (
        service.promise(cast.member, promise.commitment.number),
        service.promises(cast.member, "Harbour Lights"),
        service.line(cast.member, room.id),
        service.revisions(cast.member, "Harbour Lights"),
        service.what_if(cast.member, "5 mix", "en-US"),
        books.services.settle.show(cast.member, None),
        books.services.settle.share(cast.member, "#1", []),
        books.services.settle.ask(cast.member, "#1"),
    )
    for look in looks:
        with pytest.raises(NotAllowed):
            await look


async def test_another_server_changes_nothing_here(books: Books, cast: Cast, room: BudgetLine) -> None:
    service, stranger = books.services.budget, cast.foreigner
    number = (await books.spend("5", "Room A")).expense.number
    made = await service.commit(cast.act(cast.producer), sum_("5"), "Room A", what=None, due_on=None)
    acts = (
        service.edit(stranger, number, Edit(sum_("5"), "x", "", DAY, "Room A")),
        service.refund(stranger, number, sum_("1")),
        service.invoice(stranger, made.commitment.number, sum_("5")),
        service.take_back(stranger, made.commitment.number),
        service.promise(stranger, made.commitment.number),
        service.line(stranger, room.id),
        service.close(stranger, room.id),
        service.estimate(stranger, room.id, None, ""),
        service.count_for_contingency(stranger, room.category_id),
        service.revisions(stranger, "Harbour Lights"),
        service.listed(stranger, "Harbour Lights", None, None, 0, 8),
        books.services.settle.show(stranger, "Harbour Lights"),
    )
    for act in acts:
        with pytest.raises(NotFound):
            await act


async def test_an_archived_project_is_left_alone(books: Books, cast: Cast, room: BudgetLine) -> None:
    made = await books.services.budget.commit(cast.act(cast.producer), sum_("5"), "Room A", what=None, due_on=None)
    await books.services.project.archive(cast.act(cast.producer), "Harbour Lights")
    service = books.services.budget
    for act in (
        service.close(cast.producer, room.id),
        service.invoice(cast.producer, made.commitment.number, sum_("5")),
        service.count_for_contingency(cast.producer, room.category_id),
    ):
        with pytest.raises(ProjectArchived):
            await act
