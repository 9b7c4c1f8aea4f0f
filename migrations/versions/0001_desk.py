"""The desk itself: settings, people, projects, rooms, reminders and the trail."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_audit()
    _create_away()
    _create_counter()
    _create_fact()
    _create_guild_settings()
    _create_member_settings()
    _create_memo()
    _create_project()
    _create_receipt()
    _create_reminder()
    _create_room()
    _create_project_channel()
    _create_reminder_follower()


def downgrade() -> None:
    for table in (
        "reminder_follower",
        "project_channel",
        "room",
        "reminder",
        "receipt",
        "project",
        "memo",
        "member_settings",
        "guild_settings",
        "fact",
        "counter",
        "away",
        "audit",
    ):
        op.drop_table(table)


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("change_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verb", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_change", "audit", ["guild_id", "change_id"], unique=False)
    op.create_index("ix_audit_record", "audit", ["guild_id", "kind", "record_id"], unique=False)
    op.create_index("ix_audit_when", "audit", ["guild_id", "at"], unique=False)


def _create_away() -> None:
    op.create_table(
        "away",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("is_dropped", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_away")),
    )
    op.create_index("ix_away_user", "away", ["guild_id", "user_id", "end_at"], unique=False)


def _create_counter() -> None:
    op.create_table(
        "counter",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "kind", name=op.f("pk_counter")),
    )


def _create_fact() -> None:
    op.create_table(
        "fact",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fact")),
    )


def _create_guild_settings() -> None:
    op.create_table(
        "guild_settings",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("producer_role_id", sa.BigInteger(), nullable=True),
        sa.Column("money_role_id", sa.BigInteger(), nullable=True),
        sa.Column("announcements_id", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(24), nullable=False),
        sa.Column("approval_above_minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name=op.f("pk_guild_settings")),
    )


def _create_member_settings() -> None:
    op.create_table(
        "member_settings",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_settings")),
        sa.UniqueConstraint("guild_id", "user_id", name=op.f("uq_member_settings_guild_id_user_id")),
    )


def _create_memo() -> None:
    op.create_table(
        "memo",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memo")),
    )
    op.create_index("ix_memo_made", "memo", ["made_at"], unique=False)


def _create_project() -> None:
    op.create_table(
        "project",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("release_on", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_project_guild_id_number")),
    )
    op.create_index("ix_project_open", "project", ["guild_id", "archived_at"], unique=False)


def _create_receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )


def _create_reminder() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("what", sa.String(length=1000), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=True),
        sa.Column("mention", sa.String(24), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rrule", sa.String(length=200), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_by", sa.String(length=40), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("sent_channel_id", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("origin_id", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_reminder_guild_id_number")),
    )
    op.create_index("ix_reminder_channel", "reminder", ["guild_id", "channel_id", "state"], unique=False)
    op.create_index(
        "ix_reminder_due",
        "reminder",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index("ix_reminder_guild", "reminder", ["guild_id", "state", "due_at"], unique=False)
    op.create_index(
        "ix_reminder_lease",
        "reminder",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index("ix_reminder_origin", "reminder", ["origin_id", "occurrence"], unique=False)
    op.create_index("ix_reminder_owner", "reminder", ["guild_id", "created_by", "state"], unique=False)
    op.create_index("ix_reminder_subject", "reminder", ["kind", "subject_id"], unique=False)


def _create_room() -> None:
    op.create_table(
        "room",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("unit", sa.String(24), nullable=False),
        sa.Column("minimum_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("overtime", sa.String(length=200), nullable=True),
        sa.Column("cancellation", sa.JSON(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("guild_id", "number", name=op.f("uq_room_guild_id_number")),
    )
    op.create_index("ix_room_open", "room", ["guild_id", "archived_at"], unique=False)


def _create_project_channel() -> None:
    op.create_table(
        "project_channel",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_channel_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_channel")),
        sa.UniqueConstraint("guild_id", "channel_id", name=op.f("uq_project_channel_guild_id_channel_id")),
    )


def _create_reminder_follower() -> None:
    op.create_table(
        "reminder_follower",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("reminder_id", BIG_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("is_following", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["reminder_id"], ["reminder.id"], name=op.f("fk_reminder_follower_reminder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_follower")),
        sa.UniqueConstraint("reminder_id", "user_id", name=op.f("uq_reminder_follower_reminder_id_user_id")),
    )
