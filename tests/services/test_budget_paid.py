"""Transfers that both sides confirm: balances that always sum to zero, whatever happens (R19)."""

from contextlib import suppress
from random import Random

import pytest

from bot.actor import Actor
from bot.errors import NotAllowed, NotFound
from bot.money import Money
from bot.services import Services
from bot.services.budget_paid import (
    NobodyToAsk,
    NotYourTransfer,
    SaidAlready,
    Settling,
    TransferChanged,
    TransferGone,
)
from bot.services.budget_paid_words import Side
from bot.services.budget_settle import Debt
from bot.services.undo import ChangedSince, UndoneAlready
from tests.support.books import Books
from tests.support.cast import Cast

PROJECT = "#1"


@pytest.fixture
async def books(cast: Cast) -> Books:
    """The member fronted 90.00 and the other one 30.00; the producer shares."""
    books = await Books.open(cast)
    await books.spend("90", "Food", paid_by=cast.member.user_id)
    await books.spend("30", "Food", paid_by=cast.other.user_id)
    people = [cast.member.user_id, cast.other.user_id, cast.producer.user_id]
    await cast.services.settle.share(cast.act(cast.treasurer), PROJECT, people)
    return books


def adds_up(found: Settling) -> None:
    """The balances sum to zero, and what is under way and still owed brings each of them there."""
    assert sum(found.settlement.balances.values()) == 0
    after = dict(found.settlement.balances)
    moves = [Debt(row.debtor_id, row.creditor_id, row.amount_minor) for row in found.under_way] + found.debts
    for debt in moves:
        after[debt.debtor] += debt.minor
        after[debt.creditor] -= debt.minor
    assert not any(after.values())


async def test_one_side_alone_does_not_count(books: Books, services: Services, cast: Cast) -> None:
    settle, producer = services.settle, cast.producer
    (debt,) = [each for each in (await settle.show(producer, PROJECT)).debts if each.debtor == producer.user_id]
    assert debt == Debt(producer.user_id, cast.member.user_id, 4000)
    half = await settle.say(cast.act(producer), PROJECT, debt, Side.PAID)
    assert half.settlement.balances[producer.user_id] == -4000 and len(half.under_way) == 1
    adds_up(half)
    with pytest.raises(SaidAlready):
        await settle.say(cast.act(producer), PROJECT, debt, Side.PAID)
    done = await settle.say(cast.act(cast.member), PROJECT, debt, Side.RECEIVED)
    assert done.settlement.balances[producer.user_id] == 0 and not done.under_way
    adds_up(done)
    with pytest.raises(TransferChanged):
        await settle.say(cast.act(producer), PROJECT, debt, Side.PAID)


async def test_who_may_say_what(books: Books, services: Services, cast: Cast) -> None:
    settle = services.settle
    await settle.ask(cast.act(cast.treasurer), PROJECT)
    with pytest.raises(NobodyToAsk):
        await settle.ask(cast.act(cast.treasurer), PROJECT)
    numbers = {row.debtor_id: row.number for row in (await settle.show(cast.treasurer, PROJECT)).under_way}
    mine = numbers[cast.other.user_id]
    for actor, side in ((cast.member, Side.PAID), (cast.other, Side.RECEIVED), (cast.treasurer, Side.PAID)):
        with pytest.raises(NotYourTransfer):
            await settle.confirm(cast.act(actor), mine, side)
    with pytest.raises(NotFound):
        await settle.confirm(cast.act(cast.foreigner), mine, Side.PAID)
    said = await settle.confirm(cast.act(cast.other), mine, Side.PAID)
    assert Money(1000, "USD").show() in said.text and "$" not in said.elsewhere
    with pytest.raises(NotYourTransfer):
        await settle.take_back(cast.act(cast.treasurer), mine)
    await settle.take_back(cast.act(cast.other), mine)
    for act in (
        settle.take_back(cast.act(cast.producer), mine),
        settle.confirm(cast.act(cast.member), mine, Side.RECEIVED),
    ):
        with pytest.raises(TransferGone):
            await act


async def test_members_and_strangers_see_nothing(books: Books, services: Services, cast: Cast) -> None:
    for act in (services.settle.share(cast.act(cast.member), PROJECT, []), services.settle.ask(cast.member, PROJECT)):
        with pytest.raises(NotAllowed):
            await act
    with pytest.raises(NotFound):
        await services.settle.show(cast.foreigner, "Harbour Lights")


async def test_sharers_stay_and_can_be_undone(books: Books, services: Services, cast: Cast) -> None:
    actor = cast.act(cast.treasurer)
    found = await services.settle.share(actor, PROJECT, [cast.member.user_id, cast.other.user_id])
    assert set(found.settlement.balances) == {cast.member.user_id, cast.other.user_id}
    await services.undo.undo(cast.act(cast.treasurer), actor.change_id)
    assert cast.producer.user_id in (await services.settle.show(cast.treasurer, PROJECT)).settlement.balances


async def test_an_archived_project_can_still_be_settled(books: Books, services: Services, cast: Cast) -> None:
    await services.project.archive(cast.act(cast.producer), "Harbour Lights")
    (first, *_) = (await services.settle.show(cast.producer, PROJECT)).debts
    assert (await services.settle.say(cast.act(cast.producer), PROJECT, first, Side.PAID)).under_way


@pytest.mark.parametrize("seed", range(3))
async def test_any_history_adds_up(books: Books, services: Services, cast: Cast, seed: int) -> None:
    """Random payments, confirmations, undos and later expenses: zero after each of them."""
    random = Random(seed)  # noqa: S311
    people = [cast.member, cast.other, cast.producer]
    by_id = {person.user_id: person for person in people}
    changes: list[Actor] = []
    for _ in range(14):
        found = await services.settle.show(cast.producer, PROJECT)
        adds_up(found)
        kind = random.choice(["say", "say", "confirm", "confirm", "spend", "undo"])
        if kind == "say" and found.debts:
            debt, side = random.choice(found.debts), random.choice(list(Side))
            speaker = cast.act(by_id[debt.debtor if side is Side.PAID else debt.creditor])
            await services.settle.say(speaker, PROJECT, debt, side)
            changes.append(speaker)
        elif kind == "confirm" and found.under_way:
            row = random.choice(found.under_way)
            side = Side.RECEIVED if row.paid_at else Side.PAID
            await services.settle.confirm(cast.act(cast.producer), row.number, side)
        elif kind == "spend":
            await books.spend(f"{random.randint(1, 9999) / 100:.2f}", "Food", paid_by=random.choice(people).user_id)
        elif kind == "undo" and changes:
            actor = changes.pop()
            with suppress(ChangedSince, UndoneAlready):  # confirmed since
                await services.undo.undo(cast.act(actor), actor.change_id)
    adds_up(await services.settle.show(cast.producer, PROJECT))
