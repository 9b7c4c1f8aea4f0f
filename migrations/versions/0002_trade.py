"""The trade: bookings, budget and deadlines."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_usual_hours()
    _create_budget_category()
    _create_budget_revision()
    _create_deadline()
    _create_budget_line()
    _create_deadline_link()
    _create_deadline_person()
    _create_booking()
    _create_budget_commitment()
    _create_budget_transfer()
    _create_booking_person()
    _create_expense()
    if op.get_context().dialect.name == "postgresql":
        _forbid_double_bookings()


def downgrade() -> None:
    for table in (
        "expense",
        "booking_person",
        "budget_transfer",
        "budget_commitment",
        "booking",
        "deadline_person",
        "deadline_link",
        "budget_line",
        "deadline",
        "budget_revision",
        "budget_category",
        "usual_hours",
    ):
        op.drop_table(table)


def _create_usual_hours() -> None:
    op.create_table(
        "usual_hours",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("weekly", sa.JSON(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usual_hours")),
        sa.UniqueConstraint("guild_id", "user_id", name=op.f("uq_usual_hours_guild_id_user_id")),
    )


def _create_budget_category() -> None:
    op.create_table(
        "budget_category",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("in_contingency", sa.Boolean(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_category_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_category")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_budget_category_project_id_name")),
    )


def _create_budget_revision() -> None:
    op.create_table(
        "budget_revision",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("before_minor", sa.BigInteger(), nullable=False),
        sa.Column("after_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_undone", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_revision_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_revision")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_budget_revision_project_id_number")),
    )


def _create_deadline() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("is_all_day", sa.Boolean(), nullable=False),
        sa.Column("leads", sa.JSON(), nullable=False),
        sa.Column("rrule", sa.String(length=200), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_deadline_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_deadline_guild_id_number")),
    )
    op.create_index("ix_deadline_due", "deadline", ["guild_id", "state", "due_at"], unique=False)
    op.create_index("ix_deadline_project", "deadline", ["project_id"], unique=False)


def _create_budget_line() -> None:
    op.create_table(
        "budget_line",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("category_id", BIG_ID, nullable=False),
        sa.Column("item", sa.String(length=100), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(24), nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=False),
        sa.Column("planned_minor", sa.BigInteger(), nullable=False),
        sa.Column("moved_minor", sa.BigInteger(), nullable=False),
        sa.Column("etc_minor", sa.BigInteger(), nullable=True),
        sa.Column("etc_reason", sa.String(length=300), nullable=True),
        sa.Column("etc_by", sa.BigInteger(), nullable=True),
        sa.Column("etc_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["budget_category.id"], name=op.f("fk_budget_line_category_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_line_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_line")),
        sa.UniqueConstraint("category_id", "item", name=op.f("uq_budget_line_category_id_item")),
    )
    op.create_index("ix_budget_line_project", "budget_line", ["project_id"], unique=False)


def _create_deadline_link() -> None:
    op.create_table(
        "deadline_link",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("deadline_id", BIG_ID, nullable=False),
        sa.Column("after_id", BIG_ID, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["after_id"], ["deadline.id"], name=op.f("fk_deadline_link_after_id")),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_deadline_link_deadline_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_link")),
        sa.UniqueConstraint("deadline_id", "after_id", name=op.f("uq_deadline_link_deadline_id_after_id")),
    )
    op.create_index("ix_deadline_link_after", "deadline_link", ["after_id"], unique=False)


def _create_deadline_person() -> None:
    op.create_table(
        "deadline_person",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("deadline_id", BIG_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("role_id", sa.BigInteger(), nullable=True),
        sa.Column("is_assigned", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_deadline_person_deadline_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_person")),
        sa.UniqueConstraint("deadline_id", "role_id", name=op.f("uq_deadline_person_deadline_id_role_id")),
        sa.UniqueConstraint("deadline_id", "user_id", name=op.f("uq_deadline_person_deadline_id_user_id")),
    )
    op.create_index("ix_deadline_person_user", "deadline_person", ["guild_id", "user_id"], unique=False)


def _create_booking() -> None:
    op.create_table(
        "booking",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("what", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=True),
        sa.Column("room_id", BIG_ID, nullable=True),
        sa.Column("line_id", BIG_ID, nullable=True),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("hold_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("challenger_id", sa.BigInteger(), nullable=True),
        sa.Column("unchallenged_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("series_id", sa.BigInteger(), nullable=True),
        sa.Column("rrule", sa.String(length=200), nullable=True),
        sa.Column("agreed_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("needs", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shown_version", sa.Integer(), nullable=False),
        sa.Column("news", sa.String(24), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["budget_line.id"], name=op.f("fk_booking_line_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_booking_project_id")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_booking_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_booking_guild_id_number")),
    )
    op.create_index("ix_booking_project", "booking", ["project_id", "state"], unique=False)
    op.create_index(
        "ix_booking_room",
        "booking",
        ["room_id", "start_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('held', 'confirmed')"),
        sqlite_where=sa.text("state IN ('held', 'confirmed')"),
    )
    op.create_index(
        "ix_booking_series",
        "booking",
        ["series_id", "start_at"],
        unique=False,
        postgresql_where=sa.text("series_id IS NOT NULL"),
        sqlite_where=sa.text("series_id IS NOT NULL"),
    )
    op.create_index(
        "ix_booking_stale",
        "booking",
        ["id"],
        unique=False,
        postgresql_where=sa.text("shown_version < version"),
        sqlite_where=sa.text("shown_version < version"),
    )
    op.create_index("ix_booking_when", "booking", ["guild_id", "start_at"], unique=False)


def _create_budget_commitment() -> None:
    op.create_table(
        "budget_commitment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("line_id", BIG_ID, nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["budget_line.id"], name=op.f("fk_budget_commitment_line_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_commitment_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_commitment")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_budget_commitment_guild_id_number")),
    )
    op.create_index("ix_budget_commitment_project", "budget_commitment", ["project_id", "state"], unique=False)


def _create_budget_transfer() -> None:
    op.create_table(
        "budget_transfer",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("target_id", BIG_ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("is_undone", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_transfer_project_id")),
        sa.ForeignKeyConstraint(["source_id"], ["budget_line.id"], name=op.f("fk_budget_transfer_source_id")),
        sa.ForeignKeyConstraint(["target_id"], ["budget_line.id"], name=op.f("fk_budget_transfer_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_transfer")),
    )
    op.create_index("ix_budget_transfer_project", "budget_transfer", ["project_id"], unique=False)


def _create_booking_person() -> None:
    op.create_table(
        "booking_person",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", BIG_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("role_id", sa.BigInteger(), nullable=True),
        sa.Column("is_asked", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(24), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_booking_person_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_person")),
        sa.UniqueConstraint("booking_id", "role_id", name=op.f("uq_booking_person_booking_id_role_id")),
        sa.UniqueConstraint("booking_id", "user_id", name=op.f("uq_booking_person_booking_id_user_id")),
    )
    op.create_index("ix_booking_person_user", "booking_person", ["guild_id", "user_id"], unique=False)


def _create_expense() -> None:
    op.create_table(
        "expense",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("line_id", BIG_ID, nullable=False),
        sa.Column("booking_id", BIG_ID, nullable=True),
        sa.Column("commitment_id", BIG_ID, nullable=True),
        sa.Column("refund_of", BIG_ID, nullable=True),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("original_minor", sa.BigInteger(), nullable=False),
        sa.Column("original_currency", sa.String(length=3), nullable=False),
        sa.Column("rate", sa.String(length=24), nullable=True),
        sa.Column("rate_on", sa.Date(), nullable=True),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("payee", sa.String(length=100), nullable=True),
        sa.Column("paid_by", sa.BigInteger(), nullable=True),
        sa.Column("receipt_id", BIG_ID, nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_expense_booking_id")),
        sa.ForeignKeyConstraint(["commitment_id"], ["budget_commitment.id"], name=op.f("fk_expense_commitment_id")),
        sa.ForeignKeyConstraint(["line_id"], ["budget_line.id"], name=op.f("fk_expense_line_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_expense_project_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_expense_receipt_id")),
        sa.ForeignKeyConstraint(["refund_of"], ["expense.id"], name=op.f("fk_expense_refund_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_expense_guild_id_number")),
    )
    op.create_index("ix_expense_line", "expense", ["line_id", "state"], unique=False)
    op.create_index("ix_expense_project", "expense", ["project_id", "state", "number"], unique=False)


def _forbid_double_bookings() -> None:
    """Make two confirmed bookings of one room impossible, even for a bug (R20)."""
    op.execute(
        "ALTER TABLE booking ADD CONSTRAINT ex_booking_room EXCLUDE USING gist ("
        "int8range(room_id, room_id, '[]') WITH &&, tstzrange(start_at, end_at, '[)') WITH &&"
        ") WHERE (state = 'confirmed' AND room_id IS NOT NULL)"
    )
