"""Sharing what members paid: the cents of case 7.1, and balances that always clear to zero (R19)."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bot.services.budget_settle import Debt, Fronted, clear, settle, shares

ANA, BEN, CY = 1, 2, 3
BALANCES = st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=6).map(
    lambda minors: dict(enumerate([*minors, -sum(minors)]))
)


def test_the_cents_of_harbour_lights() -> None:
    assert shares(18_999, 3) == [6333, 6333, 6333]
    assert shares(6_451, 3) == [2151, 2150, 2150]
    found = settle([Fronted(ANA, 18_999), Fronted(BEN, 6_451)], [ANA, BEN, CY])
    assert found.balances == {ANA: 10_515, BEN: -2_032, CY: -8_483}
    assert found.debts == [Debt(CY, ANA, 8_483), Debt(BEN, ANA, 2_032)]


def test_who_paid_shares_even_when_not_named() -> None:
    assert settle([Fronted(BEN, 100)], [ANA]).balances == {ANA: -50, BEN: 50}


def test_a_refund_is_shared_back() -> None:
    assert settle([Fronted(ANA, 101), Fronted(ANA, -101)], [ANA, BEN, CY]).debts == []


def test_nothing_fronted_owes_nothing() -> None:
    assert settle([], [ANA, BEN]).debts == []


def test_two_pairs_need_two_transfers_and_not_three() -> None:
    """Paying the largest debt to the largest claim first would take three."""
    debts = clear({1: 70, 2: 30, 3: -60, 4: -10, 5: -30})
    assert len(debts) == 3
    assert len(clear({1: 50, 2: 40, 3: -40, 4: -50, 5: 7, 6: -7})) == 3


@given(st.integers(-(10**12), 10**12), st.integers(1, 25))
def test_shares_add_up_and_differ_by_a_cent_at_most(minor: int, people: int) -> None:
    parts = shares(minor, people)
    assert sum(parts) == minor
    assert max(parts) - min(parts) <= 1
    assert sorted(parts, key=abs, reverse=True) == parts


@given(
    st.lists(st.tuples(st.integers(1, 8), st.integers(-5_000, 50_000)), max_size=12),
    st.lists(st.integers(1, 8), max_size=8),
)
def test_balances_sum_to_zero_and_the_transfers_clear_them(bills: list[tuple[int, int]], people: list[int]) -> None:
    found = settle([Fronted(*bill) for bill in bills], people)
    assert sum(found.balances.values()) == 0
    after = dict(found.balances)
    for debt in found.debts:
        assert debt.minor > 0
        after[debt.debtor] += debt.minor
        after[debt.creditor] -= debt.minor
    assert not any(after.values())


@given(BALANCES)
def test_there_are_no_fewer_transfers(balances: dict[int, int]) -> None:
    """People less the most groups that sum to zero is the least there can be."""
    owing = {person: minor for person, minor in balances.items() if minor}
    assert len(clear(balances)) == len(owing) - _most_groups(frozenset(owing.items()))


def _most_groups(entries: frozenset[tuple[int, int]]) -> int:
    if not entries:
        return 0
    first, *rest = sorted(entries)
    found = 0
    for size in range(len(rest) + 1):
        for others in combinations(rest, size):
            if first[1] + sum(minor for _, minor in others) == 0:
                found = max(found, 1 + _most_groups(entries - {first, *others}))
    return found


def test_a_large_band_is_cleared_too() -> None:
    balances = {person: (1 if person % 2 else -1) * 100 for person in range(40)}
    assert len(clear(balances)) == 20
