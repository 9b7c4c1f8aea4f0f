"""People who book, spend and plan reminders for as long as they are let, and a journal of what they were answered."""

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.actor import Actor
from bot.db import Database
from bot.errors import UserError
from bot.models.audit import Audit
from bot.models.booking import Booking
from bot.models.budget import Expense
from bot.models.reminder import Reminder, ReminderKind
from bot.money import read_amount
from bot.services import Services
from bot.services.booking import Ask
from bot.services.budget_expense import Spending
from bot.services.reminder_times import Times
from tests.support.books import Books
from tests.support.cast import GUILD, PRODUCERS, STUDIO, Cast

PEOPLE = 3
AMOUNT = "12.50"
BEGUN, ANSWERED, REFUSED = "begun", "answered", "refused"


class Journal:
    """A file that each process adds whole lines to; what is in it survives the process, as what is on a screen does."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, what: str, change: int, verb: str) -> None:
        os.write(self._file, f"{what} {change} {verb}\n".encode())

    @staticmethod
    def read(path: Path) -> dict[str, dict[int, str]]:
        """Return the changes that were begun, answered and refused, each with its verb."""
        found: dict[str, dict[int, str]] = {BEGUN: {}, ANSWERED: {}, REFUSED: {}}
        for line in path.read_text().splitlines():
            what, change, verb = line.split()
            found[what][int(change)] = verb
        return found


@dataclass
class Tally:
    """What became of all that people did: `halves` are changes of which only a part was kept."""

    answered: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    refused: int = 0
    lost: list[int] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)
    strays: list[int] = field(default_factory=list)


async def furnish(db: Database) -> None:
    """Set up what people need: a server with its settings, a project with a plan, and a room."""
    cast = await Cast.of(Services(db, db.clock))
    books = await Books.open(cast, currency="EUR")
    await books.plan("Studio", "Tracking", "10", "hour", "50")
    await cast.services.room.add(cast.act(cast.producer), "Room A")


async def play(services: Services, journal: Journal, troubles: list[str] | None = None) -> None:
    """Let several people act at once until cancelled or killed; `troubles` gets the sentences of refusals."""
    seen = Actor(GUILD, 100_000_000_000_000_002, frozenset([PRODUCERS]), STUDIO)
    actor = await services.settings.complete(seen)
    chance = random.Random()  # noqa: S311 - what people do, not secrets
    await asyncio.gather(*[_act_on(services, actor, journal, chance, troubles) for _ in range(PEOPLE)])


async def _act_on(
    services: Services, actor: Actor, journal: Journal, chance: random.Random, troubles: list[str] | None
) -> None:
    acts = {"book": _book, "spend": _spend, "remind": _remind}
    while True:
        try:
            await acts[chance.choice(list(acts))](services, actor, journal, chance)
        except UserError as refusal:
            if troubles is not None:
                troubles.append(str(refusal))
        await asyncio.sleep(0.01)


async def _noted(journal: Journal, actor: Actor, verb: str, work: Any) -> Any:
    """Do one write and note when it begins and how it is answered."""
    act = replace(actor.again())
    journal.note(BEGUN, act.change_id, verb)
    try:
        done = await work(act)
    except UserError as refusal:
        if "Look whether it is there" not in str(refusal):
            journal.note(REFUSED, act.change_id, verb)
        raise
    journal.note(ANSWERED, act.change_id, verb)
    return done


async def _book(services: Services, actor: Actor, journal: Journal, chance: random.Random) -> None:
    start = services.clock.now() + timedelta(days=3, hours=chance.randrange(8000))
    ask = Ask("Take", start, start + timedelta(minutes=45), room="Room A", project="Harbour Lights")
    draft = await _noted(journal, actor, "booking.draft", lambda act: services.booking.preview(act, ask))
    key = draft.facts.booking.id
    await _noted(journal, actor, "booking.book", lambda act: services.booking.book(act, key, "agreed"))


async def _spend(services: Services, actor: Actor, journal: Journal, _chance: random.Random) -> None:
    spending = Spending(read_amount(AMOUNT), "Studio")
    await _noted(journal, actor, "budget.spend", lambda act: services.budget.spend(act, spending, "Harbour Lights"))


async def _remind(services: Services, actor: Actor, journal: Journal, chance: random.Random) -> None:
    times = Times(services.clock.now() + timedelta(seconds=0.3 + chance.random()))
    channel = 100 + chance.randrange(6)
    await _noted(
        journal, actor, "remind.channel", lambda act: services.reminder.channel(act, "tea", times, channel_id=channel)
    )


async def tally(db: Database, path: Path) -> Tally:
    """Compare the journal with what the database kept: the answered whole, the refused not, the others either way."""
    journal = Journal.read(path)
    trail = await _trail(db)
    whole: dict[str, Counter[tuple[str, ...]]] = {}
    result = Tally(Counter(journal[ANSWERED].values()), refused=len(journal[REFUSED]))
    for change, verb in journal[BEGUN].items():
        kept = trail.get(change)
        if kept is not None:
            whole.setdefault(verb, Counter())[kept] += 1
        elif change in journal[ANSWERED]:
            result.lost.append(change)
    result.unanswered = len(journal[BEGUN]) - len(journal[ANSWERED]) - len(journal[REFUSED])
    result.strays = [change for change in journal[REFUSED] if change in trail]
    result.halves = [f"{verb}: {dict(shapes)}" for verb, shapes in whole.items() if len(shapes) > 1]
    counts = {verb: sum(shapes.values()) for verb, shapes in whole.items()}
    result.halves += await _unlike(db, counts)
    return result


async def _trail(db: Database) -> dict[int, tuple[str, ...]]:
    """Return for each change which kinds of rows it left in the trail."""
    kinds: dict[int, list[str]] = {}
    async with db.read() as session:
        for change, kind in await session.execute(select(Audit.change_id, Audit.kind)):
            kinds.setdefault(change, []).append(kind)
    return {change: tuple(sorted(found)) for change, found in kinds.items()}


async def _unlike(db: Database, counts: dict[str, int]) -> list[str]:
    """Return where the rows themselves are not as many, or not worth as much, as the trail says."""
    own = Reminder.kind == ReminderKind.CHANNEL
    async with db.read() as session:
        found = {
            "booking.draft": await session.scalar(select(func.count()).select_from(Booking)),
            "booking.book": await session.scalar(
                select(func.count()).select_from(Booking).where(Booking.state == "confirmed")
            ),
            "budget.spend": await session.scalar(select(func.count()).select_from(Expense)),
            "remind.channel": await session.scalar(select(func.count()).select_from(Reminder).where(own)),
        }
        spent = await session.scalar(select(func.coalesce(func.sum(Expense.amount_minor), 0)))
    unlike = [f"{verb}: {many} rows, {counts.get(verb, 0)} changes" for verb, many in found.items()
              if many != counts.get(verb, 0)]  # fmt: skip
    worth = counts.get("budget.spend", 0) * int(float(AMOUNT) * 100)
    return unlike if spent == worth else [*unlike, f"spent {spent}, not {worth}"]


async def reminders_of(db: Database) -> list[int]:
    """Return the keys of the reminders that people planned for a channel."""
    async with db.read() as session:
        return list(await session.scalars(select(Reminder.id).where(Reminder.kind == ReminderKind.CHANNEL)))
