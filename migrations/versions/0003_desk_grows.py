"""What the desk learned next: its tables and columns, in the order of their names."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _grow_budget_template()
    _grow_calendar_feed()
    _grow_budget_payment()
    _grow_budget_sharer()
    _grow_deadline_card()
    _grow_call_sheet()
    _grow_call_sheet_post()
    _grow_call_time()
    _grow_booking()
    _grow_booking_person()
    _grow_budget_line()
    _grow_deadline()
    _grow_expense()
    _grow_guild_settings()
    _grow_member_settings()
    _grow_room()


def downgrade() -> None:
    _shrink_room()
    _shrink_member_settings()
    _shrink_guild_settings()
    _shrink_expense()
    _shrink_deadline()
    _shrink_budget_line()
    _shrink_booking_person()
    _shrink_booking()
    op.drop_table("call_time")
    op.drop_table("call_sheet_post")
    op.drop_table("call_sheet")
    op.drop_table("deadline_card")
    op.drop_table("budget_sharer")
    op.drop_table("budget_payment")
    op.drop_table("calendar_feed")
    op.drop_table("budget_template")


def _grow_budget_template() -> None:
    op.create_table(
        "budget_template",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_template")),
        sa.UniqueConstraint("guild_id", "name", name=op.f("uq_budget_template_guild_id_name")),
    )


def _grow_calendar_feed() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.String(24), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("role_ids", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint(
            "guild_id",
            "user_id",
            "scope",
            "subject_id",
            name=op.f("uq_calendar_feed_guild_id_user_id_scope_subject_id"),
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )


def _grow_budget_payment() -> None:
    op.create_table(
        "budget_payment",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("debtor_id", sa.BigInteger(), nullable=False),
        sa.Column("creditor_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_by", sa.BigInteger(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_by", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_undone", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_payment_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_payment")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_budget_payment_guild_id_number")),
    )
    with op.batch_alter_table("budget_payment", schema=None) as batch_op:
        batch_op.create_index("ix_budget_payment_project", ["project_id"], unique=False)


def _grow_budget_sharer() -> None:
    op.create_table(
        "budget_sharer",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("is_sharing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_budget_sharer_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_sharer")),
        sa.UniqueConstraint("project_id", "user_id", name=op.f("uq_budget_sharer_project_id_user_id")),
    )


def _grow_deadline_card() -> None:
    op.create_table(
        "deadline_card",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("deadline_id", BIG_ID, nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name=op.f("fk_deadline_card_deadline_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_deadline_card")),
    )
    with op.batch_alter_table("deadline_card", schema=None) as batch_op:
        batch_op.create_index("ix_deadline_card", ["deadline_id"], unique=False)


def _grow_call_sheet() -> None:
    op.create_table(
        "call_sheet",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", BIG_ID, nullable=False),
        sa.Column("call_minutes", sa.Integer(), nullable=True),
        sa.Column("load_in_minutes", sa.Integer(), nullable=True),
        sa.Column("downbeat_minutes", sa.Integer(), nullable=True),
        sa.Column("wrap_minutes", sa.Integer(), nullable=True),
        sa.Column("schedule", sa.String(length=1000), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("entrance", sa.String(length=300), nullable=True),
        sa.Column("parking", sa.String(length=300), nullable=True),
        sa.Column("emergency", sa.String(length=300), nullable=True),
        sa.Column("songs", sa.String(length=1500), nullable=True),
        sa.Column("gear", sa.String(length=1000), nullable=True),
        sa.Column("technical", sa.String(length=1000), nullable=True),
        sa.Column("notes", sa.String(length=1000), nullable=True),
        sa.Column("contacts", sa.String(length=1000), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_call_sheet_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_sheet")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_call_sheet_booking_id")),
    )
    with op.batch_alter_table("call_sheet", schema=None) as batch_op:
        batch_op.create_index("ix_call_sheet_guild", ["guild_id"], unique=False)


def _grow_call_sheet_post() -> None:
    op.create_table(
        "call_sheet_post",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", BIG_ID, nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("news", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_call_sheet_post_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_sheet_post")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_call_sheet_post_booking_id")),
    )


def _grow_call_time() -> None:
    op.create_table(
        "call_time",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", BIG_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("part", sa.String(length=80), nullable=True),
        sa.Column("call_minutes", sa.Integer(), nullable=True),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_call_time_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_time")),
        sa.UniqueConstraint("booking_id", "user_id", name=op.f("uq_call_time_booking_id_user_id")),
    )
    with op.batch_alter_table("call_time", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_time_booking_id"), ["booking_id"], unique=False)
        batch_op.create_index("ix_call_time_guild", ["guild_id"], unique=False)


def _grow_booking() -> None:
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("actual_start_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("actual_end_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("overtime_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("extra_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("close_note", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("event_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("event_version", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(
            "ix_booking_event",
            ["guild_id"],
            unique=False,
            postgresql_where=sa.text("event_id IS NOT NULL"),
            sqlite_where=sa.text("event_id IS NOT NULL"),
        )
        batch_op.create_index("ix_booking_project_when", ["project_id", "start_at"], unique=False)
        batch_op.create_index(
            "ix_booking_promised",
            ["guild_id", "project_id", "line_id", "state", "agreed_minor"],
            unique=False,
            postgresql_where=sa.text("line_id IS NOT NULL"),
            sqlite_where=sa.text("line_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_booking_room_gone",
            ["room_id", "start_at"],
            unique=False,
            postgresql_where=sa.text("state NOT IN ('held', 'confirmed') AND number IS NOT NULL"),
            sqlite_where=sa.text("state NOT IN ('held', 'confirmed') AND number IS NOT NULL"),
        )


def _grow_booking_person() -> None:
    with op.batch_alter_table("booking_person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("has_come", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("part", sa.String(length=200), nullable=True))


def _grow_budget_line() -> None:
    with op.batch_alter_table("budget_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("warned", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("warned_minor", sa.BigInteger(), nullable=True))


def _grow_deadline() -> None:
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.add_column(sa.Column("has_usual_leads", sa.Boolean(), nullable=True))


def _grow_expense() -> None:
    with op.batch_alter_table("expense", schema=None) as batch_op:
        batch_op.add_column(sa.Column("logged_in_id", sa.BigInteger(), nullable=True))
        batch_op.create_index(
            "ix_expense_booking",
            ["booking_id"],
            unique=False,
            sqlite_where=sa.text("booking_id is not null"),
            postgresql_where=sa.text("booking_id is not null"),
        )
        batch_op.create_index(
            "ix_expense_commitment",
            ["commitment_id"],
            unique=False,
            sqlite_where=sa.text("commitment_id is not null"),
            postgresql_where=sa.text("commitment_id is not null"),
        )
        batch_op.create_index(
            "ix_expense_fronted",
            ["project_id", "number"],
            unique=False,
            sqlite_where=sa.text("paid_by is not null"),
            postgresql_where=sa.text("paid_by is not null"),
        )
        batch_op.create_index(
            "ix_expense_refund",
            ["refund_of"],
            unique=False,
            sqlite_where=sa.text("refund_of is not null"),
            postgresql_where=sa.text("refund_of is not null"),
        )
        batch_op.create_index(
            "ix_expense_sums",
            ["guild_id", "project_id", "state", "line_id", "booking_id", "commitment_id", "amount_minor"],
            unique=False,
        )


def _grow_guild_settings() -> None:
    with op.batch_alter_table("guild_settings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("money_channel_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("digest_weekday", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("digest_minute", sa.Integer(), server_default="540", nullable=False))
        batch_op.add_column(sa.Column("quiet_hours", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("lead_times", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("shows_events", sa.Boolean(), server_default="1", nullable=False))


def _grow_member_settings() -> None:
    with op.batch_alter_table("member_settings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_by_message", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("quiet_hours", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("lead_times", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("plays", sa.String(length=200), nullable=True))


def _grow_room() -> None:
    with op.batch_alter_table("room", schema=None) as batch_op:
        batch_op.add_column(sa.Column("overtime_after_minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("overtime_step_minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("overtime_rate_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("overtime_percent", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("overtime_unit", sa.String(24), nullable=True))
        batch_op.add_column(sa.Column("included_minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("is_lockout", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("billing_minutes", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("opening", sa.JSON(), server_default="[]", nullable=False))


def _shrink_room() -> None:
    with op.batch_alter_table("room", schema=None) as batch_op:
        batch_op.drop_column("opening")
        batch_op.drop_column("billing_minutes")
        batch_op.drop_column("is_lockout")
        batch_op.drop_column("included_minutes")
        batch_op.drop_column("overtime_unit")
        batch_op.drop_column("overtime_percent")
        batch_op.drop_column("overtime_rate_minor")
        batch_op.drop_column("overtime_step_minutes")
        batch_op.drop_column("overtime_after_minutes")


def _shrink_member_settings() -> None:
    with op.batch_alter_table("member_settings", schema=None) as batch_op:
        batch_op.drop_column("plays")
        batch_op.drop_column("lead_times")
        batch_op.drop_column("quiet_hours")
        batch_op.drop_column("is_by_message")


def _shrink_guild_settings() -> None:
    with op.batch_alter_table("guild_settings", schema=None) as batch_op:
        batch_op.drop_column("shows_events")
        batch_op.drop_column("lead_times")
        batch_op.drop_column("quiet_hours")
        batch_op.drop_column("digest_minute")
        batch_op.drop_column("digest_weekday")
        batch_op.drop_column("money_channel_id")


def _shrink_expense() -> None:
    with op.batch_alter_table("expense", schema=None) as batch_op:
        batch_op.drop_index("ix_expense_sums")
        batch_op.drop_index(
            "ix_expense_refund",
            sqlite_where=sa.text("refund_of is not null"),
            postgresql_where=sa.text("refund_of is not null"),
        )
        batch_op.drop_index(
            "ix_expense_fronted",
            sqlite_where=sa.text("paid_by is not null"),
            postgresql_where=sa.text("paid_by is not null"),
        )
        batch_op.drop_index(
            "ix_expense_commitment",
            sqlite_where=sa.text("commitment_id is not null"),
            postgresql_where=sa.text("commitment_id is not null"),
        )
        batch_op.drop_index(
            "ix_expense_booking",
            sqlite_where=sa.text("booking_id is not null"),
            postgresql_where=sa.text("booking_id is not null"),
        )
        batch_op.drop_column("logged_in_id")


def _shrink_deadline() -> None:
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.drop_column("has_usual_leads")


def _shrink_budget_line() -> None:
    with op.batch_alter_table("budget_line", schema=None) as batch_op:
        batch_op.drop_column("warned_minor")
        batch_op.drop_column("warned")


def _shrink_booking_person() -> None:
    with op.batch_alter_table("booking_person", schema=None) as batch_op:
        batch_op.drop_column("part")
        batch_op.drop_column("has_come")


def _shrink_booking() -> None:
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_booking_room_gone",
            postgresql_where=sa.text("state NOT IN ('held', 'confirmed') AND number IS NOT NULL"),
            sqlite_where=sa.text("state NOT IN ('held', 'confirmed') AND number IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_booking_promised",
            postgresql_where=sa.text("line_id IS NOT NULL"),
            sqlite_where=sa.text("line_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_booking_project_when")
        batch_op.drop_index(
            "ix_booking_event",
            postgresql_where=sa.text("event_id IS NOT NULL"),
            sqlite_where=sa.text("event_id IS NOT NULL"),
        )
        batch_op.drop_column("event_version")
        batch_op.drop_column("event_id")
        batch_op.drop_column("close_note")
        batch_op.drop_column("extra_minor")
        batch_op.drop_column("overtime_minor")
        batch_op.drop_column("actual_end_at")
        batch_op.drop_column("actual_start_at")
        batch_op.drop_column("closed_at")
