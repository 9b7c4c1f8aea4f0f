"""What happens to a promise once it is made: another amount or day, and being reminded of it again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.actor import Actor
from bot.clock import Clock
from bot.db import Database
from bot.money import Amount
from bot.services import budget_due as due
from bot.services.budget_expense import WHAT_LIMIT, NothingSpent
from bot.services.budget_plan import lock
from bot.services.budget_promise import Promised, must_be_open, promise_of
from bot.services.project import exact_money, tidy_name


@dataclass(frozen=True, slots=True)
class NewPromise:
    """What a promise should say."""

    amount: Amount
    what: str
    due_on: date | None


class PromiseService:
    """Changes promises, and puts off what reminds of them (producers only)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def change(self, actor: Actor, number: int, wish: NewPromise) -> Promised:
        """Change a promise, and its reminder with its day.

        Raises `NotFound`, `PromiseGone`, `NothingSpent`, `OtherCurrency` or what the name lacks.
        """
        actor.must_produce()
        async with self._db.write(actor, "budget.repromise") as session:
            promised = await promise_of(session, actor, number, lock_it=True)
            await lock(session, promised.project)
            must_be_open(promised)
            money = exact_money(wish.amount, promised.project.currency)
            if money.minor <= 0:
                raise NothingSpent
            said = promised.commitment
            said.amount_minor, said.what = money.minor, tidy_name(wish.what, WHAT_LIMIT)
            if said.due_on != wish.due_on:
                said.due_on = wish.due_on
                await due.plan(session, actor, said)
        return promised

    async def snooze(self, actor: Actor, number: int, days: int) -> datetime:
        """Remind of a promise again in the morning so many days from now; raises `NotFound` or `PromiseGone`."""
        actor.must_produce()
        async with self._db.write(actor, "budget.snooze") as session:
            promised = await promise_of(session, actor, number, lock_it=True)
            must_be_open(promised)
            day = self._clock.now().astimezone(actor.zone).date() + timedelta(days=days)
            at = due.morning_of(day, actor)
            await due.call_off(session, promised.commitment)
            await due.plan_at(session, actor, promised.commitment, at)
        return at
