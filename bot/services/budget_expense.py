"""Expenses: what was spent on which line, with its receipt, and who let it count (R13, R18)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.actor import Actor
from bot.errors import NotAllowed, NotFound, UserError
from bot.models.budget import BudgetCategory, BudgetLine, Expense, ExpenseState, Receipt
from bot.models.project import Project
from bot.models.settings import GuildSettings
from bot.money import LARGEST, Amount, AmountOutOfRange, Money, digits_of
from bot.services.budget_plan import lock, new_line
from bot.services.budget_target import LineClosed, Target, find, targets_of
from bot.services.budget_warning import Stand
from bot.services.memo import next_number
from bot.services.project import tidy_name
from bot.text import clip

RECEIPT_LIMIT = 10 * 1024 * 1024
WHAT_LIMIT = 200
PAYEE_LIMIT = 100
HIGHEST_RATE = Decimal(1_000_000)
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")


class NothingSpent(UserError):
    """An expense of nothing."""

    text = "An expense needs an amount above 0, so nothing was logged. Type it like `1200`, `80.50` or `€80`."


class RateNeeded(UserError):
    """An amount in another currency, without what one unit of it costs."""

    text = (
        "“{given}” is in {currency}, and this project counts in {base}. Nothing was logged yet: "
        "give the `rate`, what 1 {currency} costs in {base}, such as `1.275`."
    )


class RateNotNeeded(UserError):
    """A rate for an amount in the project's own currency."""

    text = "“{given}” is in {base} already, so it needs no `rate`. Nothing was logged; leave the rate out."


class NotARate(UserError):
    """A rate of exchange that can't be one."""

    text = "I can't use “{given}” as a rate: it is a number above 0, such as `1.275`. Nothing was logged."


class ReceiptTooLarge(UserError):
    """A file that the database does not take."""

    text = "“{name}” has {size} MB, and a receipt has at most 10. Nothing was logged; send a smaller photo or PDF."


class NotAReceipt(UserError):
    """A file that is no picture and no PDF, whatever its name says."""

    text = (
        "“{name}” is no PDF, PNG, JPEG, WEBP or HEIC inside, so nothing was logged. "
        "Send a photo or a PDF of the receipt, or leave it out."
    )


class NoReceipt(UserError):
    """An expense without its receipt."""

    text = "Expense #{number} has no receipt, so there is nothing to show."


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Spending:
    """What a person says was spent; `paid_by` is the member who fronted it, None the band."""

    amount: Amount
    category: str
    what: str | None = None
    spent_on: date | None = None
    payee: str | None = None
    paid_by: int | None = None
    receipt: Upload | None = None
    rate: str | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """An expense with all that it lies on, and what it has made run out."""

    expense: Expense
    line: BudgetLine
    category: BudgetCategory
    project: Project
    warnings: tuple[Stand, ...] = ()

    @property
    def is_pending(self) -> bool:
        return self.expense.state is ExpenseState.PENDING

    @property
    def is_counted(self) -> bool:
        return self.expense.state is ExpenseState.APPROVED


def content_type(upload: Upload) -> str:
    """Return what a file is by its content (never by its name); raises `ReceiptTooLarge` or `NotAReceipt`."""
    body = upload.body
    check_size(upload.name, len(body))
    for kind, matches in (
        ("application/pdf", body.startswith(b"%PDF-")),
        ("image/png", body.startswith(b"\x89PNG\r\n\x1a\n")),
        ("image/jpeg", body.startswith(b"\xff\xd8\xff")),
        ("image/webp", body[:4] == b"RIFF" and body[8:12] == b"WEBP"),
        ("image/heic", body[4:8] == b"ftyp" and body[8:12] in HEIC_BRANDS),
    ):
        if matches:
            return kind
    raise NotAReceipt(name=clip(upload.name, 80))


def check_size(name: str, size: int) -> None:
    """Raise `ReceiptTooLarge` for a file above 10 MB."""
    if size > RECEIPT_LIMIT:
        raise ReceiptTooLarge(name=clip(name, 80), size=f"{size / 1024 / 1024:.0f}")


def read_rate(text: str) -> Decimal:
    """Return a rate of exchange such as `1.275` or `0,85`; raises `NotARate`."""
    match = re.fullmatch(r"[0-9]{1,7}(?:[.,][0-9]{1,10})?", text.strip())
    rate = Decimal(match[0].replace(",", ".")) if match else Decimal(0)
    if not 0 < rate <= HIGHEST_RATE:
        raise NotARate(given=clip(text, 40))
    return rate


def convert(amount: Amount, rate: str | None, base: str) -> tuple[Money, Money]:
    """Return an amount as it was paid and in the project's currency, rounded half up once (R18).

    Raises `RateNeeded`, `RateNotNeeded`, `NotARate`, `AmountOutOfRange` or `NothingSpent`.
    """
    paid = amount.money(base)
    given = clip(amount.given, 40)
    if paid.currency == base:
        if rate is not None:
            raise RateNotNeeded(given=given, base=base)
        counted = paid
    elif rate is None:
        raise RateNeeded(given=given, currency=paid.currency, base=base)
    else:
        exact = (paid.major * read_rate(rate)).scaleb(digits_of(base))
        counted = Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), base)
    if counted.minor <= 0:
        raise NothingSpent
    if counted.major > LARGEST:
        raise AmountOutOfRange(given=given)
    return paid, counted


async def line_to_charge(
    session: AsyncSession, actor: Actor, project: Project, text: str, what: str | None, *, option: str = "category"
) -> tuple[BudgetLine, Target]:
    """Return the line that an expense goes to.

    A line or usual item that the category names is meant itself. Of a whole category it is the line called
    like the thing bought, else its only open line, else one called like the category.
    Raises `Ambiguous`, `NoSuchCategory` or `LineClosed`.
    """
    among = await targets_of(session, project, stored=True)
    target = find(text, among, option=option)
    target.category.is_archived = False
    line = target.line
    if line is None:
        inside = [each.line for each in among if each.line is not None and each.category is target.category]
        line = _within(inside, target, what)
    if line is None:
        line = new_line(session, actor, target.category, target.name)
        await session.flush()
    if line.is_closed:
        raise LineClosed(item=line.item)
    return line, target


def _within(lines: Sequence[BudgetLine], target: Target, what: str | None) -> BudgetLine | None:
    """Return the line of a category that is meant by what was bought, or by the name of a usual item."""
    names = (what, target.category.name) if target.name_is_category else (target.name,)
    for name in filter(None, names):
        if found := next((line for line in lines if line.item.casefold() == name.strip().casefold()), None):
            return found
    planned = [line for line in lines if line.quantity and not (line.is_closed or line.is_unpriced)]
    return planned[0] if target.name_is_category and len(planned) == 1 else None


async def log_expense(
    session: AsyncSession, actor: Actor, project: Project, spending: Spending, settings: GuildSettings
) -> Logged:
    """Write an expense down; a member's above the server's threshold waits for a producer."""
    await lock(session, project)
    paid, counted = convert(spending.amount, spending.rate, project.currency)
    what = tidy_name(spending.what, WHAT_LIMIT) if spending.what else None
    payee = tidy_name(spending.payee, PAYEE_LIMIT) if spending.payee else None
    line, target = await line_to_charge(session, actor, project, spending.category, what)
    threshold = Money(settings.approval_above_minor, settings.currency)
    waits = not actor.is_producer and counted.major > threshold.major
    now = session.info["at"]
    spent_on = spending.spent_on or now.astimezone(actor.zone).date()
    expense = Expense(
        guild_id=project.guild_id,
        number=await next_number(session, project.guild_id, "expense"),
        project_id=project.id,
        line_id=line.id,
        what=what or line.item,
        amount_minor=counted.minor,
        original_minor=paid.minor,
        original_currency=paid.currency,
        rate=f"{read_rate(spending.rate):f}" if spending.rate else None,
        rate_on=spent_on if spending.rate else None,
        spent_on=spent_on,
        payee=payee,
        paid_by=spending.paid_by,
        receipt_id=await _keep(session, project, spending.receipt),
        state=ExpenseState.PENDING if waits else ExpenseState.APPROVED,
        decided_by=None if waits else actor.user_id,
        decided_at=None if waits else now,
        logged_in_id=actor.channel_id,
        created_by=actor.user_id,
        created_at=now,
    )
    session.add(expense)
    return Logged(expense, line, target.category, project)


async def _keep(session: AsyncSession, project: Project, upload: Upload | None) -> int | None:
    if upload is None:
        return None
    receipt = Receipt(
        guild_id=project.guild_id,
        name=clip(upload.name, 200),
        content_type=content_type(upload),
        body=upload.body,
        created_at=session.info["at"],
    )
    session.add(receipt)
    await session.flush()
    return receipt.id


async def expense_of(session: AsyncSession, guild_id: int, number: int, *, lock_it: bool = False) -> Logged:
    """Return an expense of this server by its public number; raises `NotFound`."""
    statement = (
        select(Expense, BudgetLine, BudgetCategory, Project)
        .join(BudgetLine, BudgetLine.id == Expense.line_id)
        .join(BudgetCategory, BudgetCategory.id == BudgetLine.category_id)
        .join(Project, Project.id == Expense.project_id)
        .where(Expense.guild_id == guild_id, Expense.number == number)
    )
    if lock_it:
        statement = statement.with_for_update(of=Expense)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(kind="expense", given=f"#{number}")
    return Logged(*row)


def must_be_seen(actor: Actor, expense: Expense) -> None:
    """Raise `NotAllowed` unless the person may see money or logged this themselves (R35)."""
    if not actor.sees_money and expense.created_by != actor.user_id:
        raise NotAllowed(who="people with the money role")


def mark_stale(session: AsyncSession, expense: Expense) -> None:
    """Have the question for approval drawn again once this is on disk, where there is one."""
    if expense.message_id is not None:
        session.info.setdefault("stale", set()).add(("expense", expense.id))


async def counted(
    session: AsyncSession, actor: Actor, project: Project, line_id: int, money: Money, *, what: str, **fields: Any
) -> Expense:
    """Add an expense that counts at once, spent today in the actor's zone; `money` is in the project's currency."""
    now = session.info["at"]
    expense = Expense(
        guild_id=project.guild_id,
        number=await next_number(session, project.guild_id, "expense"),
        project_id=project.id,
        line_id=line_id,
        what=clip(what, WHAT_LIMIT),
        amount_minor=money.minor,
        original_minor=money.minor,
        original_currency=money.currency,
        spent_on=now.astimezone(actor.zone).date(),
        state=ExpenseState.APPROVED,
        decided_by=actor.user_id,
        decided_at=now,
        created_by=actor.user_id,
        created_at=now,
        **fields,
    )
    session.add(expense)
    await session.flush()
    return expense
