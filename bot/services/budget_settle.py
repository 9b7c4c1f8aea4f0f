"""Sharing what members paid out of their own pockets: who owes whom, in the fewest transfers, to the cent (R19)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

EXACT_UP_TO = 12


@dataclass(frozen=True, slots=True)
class Fronted:
    """A bill that a member paid for everybody; a refund they got back is negative."""

    user_id: int
    minor: int


@dataclass(frozen=True, slots=True)
class Debt:
    """One transfer that is due."""

    debtor: int
    creditor: int
    minor: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """Who fronted what, each one's balance (positive is owed money), and the transfers that clear it."""

    fronted: dict[int, int]
    balances: dict[int, int]
    debts: list[Debt]


def shares(minor: int, people: int) -> list[int]:
    """Split an amount in equal parts; the cents left over go to the first ones (largest remainder, fixed order)."""
    whole, rest = divmod(abs(minor), people)
    sign = 1 if minor >= 0 else -1
    return [sign * (whole + (index < rest)) for index in range(people)]


def settle(bills: Sequence[Fronted], people: Sequence[int]) -> Settlement:
    """Share every bill, and find the transfers that clear it."""
    found = shared(bills, people)
    return replace(found, debts=clear(found.balances))


def shared(bills: Sequence[Fronted], people: Sequence[int]) -> Settlement:
    """Share every bill among the people, in their order; whoever fronted one belongs to them. Balances sum to zero."""
    sharers = list(dict.fromkeys([*people, *(bill.user_id for bill in bills)]))
    fronted = dict.fromkeys(sharers, 0)
    balances = dict.fromkeys(sharers, 0)
    for bill in bills:
        fronted[bill.user_id] += bill.minor
        balances[bill.user_id] += bill.minor
        for person, share in zip(sharers, shares(bill.minor, len(sharers)), strict=True):
            balances[person] -= share
    return Settlement(fronted, balances, [])


def clear(balances: dict[int, int]) -> list[Debt]:
    """Return transfers that bring every balance to zero: the fewest possible, up to a dozen people."""
    owing = {person: minor for person, minor in balances.items() if minor}
    groups = _groups(tuple(owing.items())) if len(owing) <= EXACT_UP_TO else [list(owing.items())]
    return [debt for group in groups for debt in _pay(dict(group))]


def _groups(entries: tuple[tuple[int, int], ...]) -> list[list[tuple[int, int]]]:
    """Cut the balances into as many groups that sum to zero as there are: each saves one transfer."""
    everybody = (1 << len(entries)) - 1

    @cache
    def total(members: int) -> int:
        return sum(minor for index, (_, minor) in enumerate(entries) if members >> index & 1)

    @cache
    def best(members: int) -> tuple[int, ...]:
        """Return the groups of these members, as bit sets, for members that sum to zero."""
        if not members:
            return ()
        first = members & -members
        rest = members ^ first
        found: tuple[int, ...] = (members,)
        part = rest
        while True:
            group = part | first
            if total(group) == 0 and len(split := (group, *best(members ^ group))) > len(found):
                found = split
            if not part:
                return found
            part = (part - 1) & rest

    return [[entry for index, entry in enumerate(entries) if group >> index & 1] for group in best(everybody)]


def _pay(balances: dict[int, int]) -> list[Debt]:
    """Let whoever owes most pay whoever is owed most until all is clear."""
    debts = []
    while any(balances.values()):
        debtor = min(balances, key=lambda person: balances[person])
        creditor = max(balances, key=lambda person: balances[person])
        minor = min(-balances[debtor], balances[creditor])
        balances[debtor] += minor
        balances[creditor] -= minor
        debts.append(Debt(debtor, creditor, minor))
    return debts
