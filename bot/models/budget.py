"""The budget: categories, planned lines, expenses and their receipts. Amounts are integer minor units."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base, BigId, Thousandths, Words
from bot.models.audit import Audited


class Unit(StrEnum):
    """What a line's rate is for (fact 2.2)."""

    FLAT = "flat"
    HOUR = "hour"
    HALF_DAY = "half-day"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SONG = "song"
    TRACK = "track"
    PART = "part"
    SESSION = "session"
    PERSON_DAY = "person-day"
    PERSON_SONG = "person-song"
    MINUTE = "minute"
    KM = "km"
    PERCENT = "percent"


class ExpenseState(StrEnum):
    """Where an expense stands; only an approved one counts (R13)."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    VOID = "void"


class BudgetCategory(Audited, Base):
    """A group of lines of one project, from the chart of accounts or the band's own.

    `code` orders them and says which one is the studio's and which the contingency (fact 2.2). What is in
    one with `in_contingency` counts for the percentage that is set aside.
    """

    __tablename__ = "budget_category"
    __table_args__ = (UniqueConstraint("project_id", "name"),)
    undo_to: ClassVar[dict[str, Any]] = {"is_archived": True}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    code: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    in_contingency: Mapped[bool] = mapped_column(default=True)
    is_archived: Mapped[bool] = mapped_column(default=False)


class BudgetLine(Audited, Base):
    """A planned line: `planned_minor` = quantity x rate, rounded half up once (R12).

    With the unit percent, `quantity` is the percentage, and the report computes what it comes to.
    `moved_minor` is what transfers brought or took. `etc_minor` is an estimate to complete that a person
    set by hand, with the reason (R15). `warned` says which warnings were given for the plan of `warned_minor`.
    """

    __tablename__ = "budget_line"
    __table_args__ = (UniqueConstraint("category_id", "item"), Index("ix_budget_line_project", "project_id"))
    undo_to: ClassVar[dict[str, Any]] = {"planned_minor": 0, "quantity": Decimal(0), "moved_minor": 0}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("budget_category.id"))
    item: Mapped[str] = mapped_column(String(100))
    quantity: Mapped[Decimal] = mapped_column(Thousandths, default=Decimal(0))
    unit: Mapped[Unit] = mapped_column(Words(Unit), default=Unit.FLAT)
    rate_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    planned_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    moved_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    etc_minor: Mapped[int | None] = mapped_column(BigInteger)
    etc_reason: Mapped[str | None] = mapped_column(String(300))
    etc_by: Mapped[int | None] = mapped_column(BigInteger)
    etc_at: Mapped[datetime | None]
    is_closed: Mapped[bool] = mapped_column(default=False)
    warned: Mapped[int] = mapped_column(default=0, server_default="0")
    warned_minor: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]

    @property
    def is_unpriced(self) -> bool:
        """Tell whether the line is planned, but nobody has said yet what one costs."""
        return bool(self.quantity) and self.unit is not Unit.PERCENT and not (self.rate_minor or self.moved_minor)


class BudgetTemplate(Audited, Base):
    """A band's own template: the lines of a plan that was saved under a name, to begin other projects with.

    `plan` holds the lines and which categories the contingency leaves out; rates are in minor units of `currency`.
    """

    __tablename__ = "budget_template"
    __table_args__ = (UniqueConstraint("guild_id", "name"),)
    undo_to: ClassVar[dict[str, Any]] = {"is_archived": True}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_archived: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class BudgetTransfer(Audited, Base):
    """Plan moved from one line to another; the lines' `moved_minor` hold the sums (R17)."""

    __tablename__ = "budget_transfer"
    __table_args__ = (Index("ix_budget_transfer_project", "project_id"),)
    undo_to: ClassVar[dict[str, Any]] = {"is_undone": True}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(String(300))
    is_undone: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class CommitmentState(StrEnum):
    """Where a promise to pay stands; only an open one counts (R14)."""

    OPEN = "open"
    CANCELLED = "cancelled"


class BudgetCommitment(Audited, Base):
    """A promise to pay that is not yet an invoice; it shrinks by the expenses logged for it (R14)."""

    __tablename__ = "budget_commitment"
    __table_args__ = (
        UniqueConstraint("guild_id", "number"),
        Index("ix_budget_commitment_project", "project_id", "state"),
    )
    undo_to: ClassVar[dict[str, Any]] = {"state": CommitmentState.CANCELLED}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"))
    what: Mapped[str] = mapped_column(String(200))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    due_on: Mapped[date | None]
    state: Mapped[CommitmentState] = mapped_column(Words(CommitmentState), default=CommitmentState.OPEN)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class BudgetRevision(Audited, Base):
    """The plan as it was approved (number 0), and each later change to it, with the totals before and after (R17)."""

    __tablename__ = "budget_revision"
    __table_args__ = (UniqueConstraint("project_id", "number"),)
    undo_to: ClassVar[dict[str, Any]] = {"is_undone": True}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    number: Mapped[int]
    what: Mapped[str] = mapped_column(String(200))
    before_minor: Mapped[int] = mapped_column(BigInteger)
    after_minor: Mapped[int] = mapped_column(BigInteger)
    is_undone: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class Receipt(Base):
    """The file behind an expense, kept because Discord's links expire."""

    __tablename__ = "receipt"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(80))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class Expense(Audited, Base):
    """Money spent. `amount_minor` is in the project's currency; the original amount, currency, rate and its date stay.

    `rate` is project currency per original unit and is never looked up again (R18). `booking_id` is set
    when the expense came from a booking, such as a cancellation fee (R26), `commitment_id` when it is the
    invoice for a promise, `refund_of` when money came back, with a negative amount. `reason` says why it was voided.
    `channel_id` and `message_id` are where its question for approval stands, `logged_in_id` where it was logged.
    """

    __tablename__ = "expense"
    __table_args__ = (
        UniqueConstraint("guild_id", "number"),
        Index("ix_expense_line", "line_id", "state"),
        Index("ix_expense_project", "project_id", "state", "number"),
        Index("ix_expense_sums", "guild_id", "project_id", "state", "line_id", "booking_id", "commitment_id",
              "amount_minor"),
        Index("ix_expense_booking", "booking_id", sqlite_where=text("booking_id is not null"),
              postgresql_where=text("booking_id is not null")),
        Index("ix_expense_commitment", "commitment_id", sqlite_where=text("commitment_id is not null"),
              postgresql_where=text("commitment_id is not null")),
        Index("ix_expense_refund", "refund_of", sqlite_where=text("refund_of is not null"),
              postgresql_where=text("refund_of is not null")),
        Index("ix_expense_fronted", "project_id", "number", sqlite_where=text("paid_by is not null"),
              postgresql_where=text("paid_by is not null")),
    )  # fmt: skip
    undo_to: ClassVar[dict[str, Any]] = {"state": ExpenseState.VOID}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("budget_line.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"))
    commitment_id: Mapped[int | None] = mapped_column(ForeignKey("budget_commitment.id"))
    refund_of: Mapped[int | None] = mapped_column(ForeignKey("expense.id"))
    what: Mapped[str] = mapped_column(String(200))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    original_minor: Mapped[int] = mapped_column(BigInteger)
    original_currency: Mapped[str] = mapped_column(String(3))
    rate: Mapped[str | None] = mapped_column(String(24))
    rate_on: Mapped[date | None]
    spent_on: Mapped[date]
    payee: Mapped[str | None] = mapped_column(String(100))
    paid_by: Mapped[int | None] = mapped_column(BigInteger)
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipt.id"))
    state: Mapped[ExpenseState] = mapped_column(Words(ExpenseState))
    reason: Mapped[str | None] = mapped_column(String(300))
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None]
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    logged_in_id: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class BudgetSharer(Audited, Base):
    """A member who shares what was fronted for a project; whoever fronted something shares anyway."""

    __tablename__ = "budget_sharer"
    __table_args__ = (UniqueConstraint("project_id", "user_id"),)
    undo_to: ClassVar[dict[str, Any]] = {"is_sharing": False}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    user_id: Mapped[int] = mapped_column(BigInteger)
    is_sharing: Mapped[bool] = mapped_column(default=True)


class BudgetPayment(Audited, Base):
    """Money one member gives another to settle up; it counts once both sides have said so (R19).

    `paid_by` and `received_by` are who said it: the two themselves, or a producer for one who left.
    """

    __tablename__ = "budget_payment"
    __table_args__ = (UniqueConstraint("guild_id", "number"), Index("ix_budget_payment_project", "project_id"))
    undo_to: ClassVar[dict[str, Any]] = {"is_undone": True}

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    debtor_id: Mapped[int] = mapped_column(BigInteger)
    creditor_id: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    paid_by: Mapped[int | None] = mapped_column(BigInteger)
    paid_at: Mapped[datetime | None]
    received_by: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[datetime | None]
    is_undone: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
