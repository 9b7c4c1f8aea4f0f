"""Cards and lists stay within Discord's limits for any data."""

from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actor import Actor
from bot.models.budget import BudgetPayment
from bot.models.project import Project
from bot.services.budget_paid import Settling
from bot.services.budget_settle import Debt, Settlement
from bot.ui.budget_settle import settle_card
from bot.ui.components import TEXT_LIMIT, button, buttons, card, row, rule
from bot.ui.lists import PAGE, Listing, Lists, Row, _drawn, listing
from bot.ui.press import Presses, UnknownButton, press
from tests.support.contract import Contract

CONTRACT = Contract.load()
TEXT = st.text(max_size=6000)


def faults(view: discord.ui.LayoutView) -> list[str]:
    body = {"flags": 1 << 15, "components": view.to_components()}
    return CONTRACT.check("POST", "/channels/900000000000000001/messages", body)


@given(texts=st.lists(TEXT, min_size=1, max_size=8))
async def test_a_card_of_any_text_can_be_sent(texts: list[str]) -> None:
    view = card(*texts, row(texts[0] or "x", button("Show", "room:show:1")), rule(), buttons(button("a" * 200, "x:y")))
    assert view.content_length() <= TEXT_LIMIT
    assert faults(view) == []


@given(rows=st.lists(TEXT, max_size=PAGE), total=st.integers(0, 500), title=TEXT, note=TEXT)
async def test_a_list_of_any_rows_can_be_sent(rows: list[str], total: int, title: str, note: str) -> None:
    entries = [Row(text or "x", button("Show", f"room:show:{index}")) for index, text in enumerate(rows)]
    page = Listing(title, entries, max(total, len(rows)), "Nothing here yet.", note)
    for shared in (False, True):
        assert faults(_drawn(page, "room:99999999", 0, shared=shared)) == []


async def test_sent_cards_leave_nothing_in_memory() -> None:
    assert card("x", buttons(button("a", "x:y"))).is_finished()


class Two:
    @press("x:y")
    async def one(self, _pressed: Any) -> None: ...

    @press("x:y")
    async def other(self, _pressed: Any) -> None: ...

    @listing("z")
    async def first(self, *_: Any) -> None: ...  # type: ignore[type-var]

    @listing("z")
    async def second(self, *_: Any) -> None: ...  # type: ignore[type-var]


def test_two_handlers_for_one_button_or_list_are_found_at_start() -> None:
    with pytest.raises(ValueError, match="two handlers for x:y"):
        Presses().collect(Two())
    with pytest.raises(ValueError, match="two lists called z"):
        Lists().collect(Two())


class Pressed:
    def __init__(self, custom_id: str) -> None:
        self.data = {"custom_id": custom_id}


@pytest.mark.parametrize("custom_id", ["", "x", "x:z", "nothing:here:1", ":" * 90])
async def test_unknown_buttons_are_told(custom_id: str) -> None:
    with pytest.raises(UnknownButton):
        await Presses().answer(Pressed(custom_id))  # type: ignore[arg-type]


def test_the_same_sum_twice_between_the_same_two_has_buttons_of_its_own() -> None:
    asked_for = BudgetPayment(number=1, debtor_id=7, creditor_id=8, amount_minor=500, is_undone=False)
    settlement = Settlement({8: 1500}, {7: -1000, 8: 1000}, [Debt(7, 8, 500)])
    found = Settling(Project(number=1, name="Demo", currency="EUR"), settlement, (7,), (asked_for,), ())
    producer = Actor(guild_id=1, user_id=9, is_producer=True)
    card = settle_card(producer, found, "en-US")
    ids = [part.custom_id for part in card.walk_children() if isinstance(part, discord.ui.Button)]
    assert len(ids) == len(set(ids)) == 4
    assert all(key.split(":", 2)[2].startswith("1:7:8:500") for key in ids)
