"""The first tables: journal, leases, projections, identity, settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.Text(), server_default="", nullable=False),
        sa.Column("login_folded", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("function", sa.Text(), server_default="", nullable=False),
        sa.Column("office", sa.Text(), server_default="", nullable=False),
        sa.Column("rank", sa.Text(), server_default="", nullable=False),
        sa.Column("nip_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("office_role", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="id", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("login_folded", name=op.f("uq_accounts_login_folded")),
    )
    op.create_table(
        "action_items",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("action_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=64), nullable=False),
        sa.Column("what", sa.Text(), server_default="", nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("due", sa.String(length=32), server_default="", nullable=False),
        sa.Column("at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fact_number", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "action_id", name=op.f("pk_action_items")),
    )
    op.create_index("ix_action_items_due", "action_items", ["due"], unique=False)

    op.create_table(
        "attempts",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("window_start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start_ms", name=op.f("pk_attempts")),
    )
    op.create_table(
        "attendance",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("function", sa.Text(), server_default="", nullable=False),
        sa.Column("office", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("left_early", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("first_in_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_out_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("intervals", sa.JSON(), nullable=False),
        sa.Column("by_item_ms", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_attendance")),
    )
    op.create_table(
        "decisions",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("decision_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fact_number", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "decision_id", name=op.f("pk_decisions")),
    )
    op.create_table(
        "facts",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("sealing", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "number", name=op.f("pk_facts")),
    )
    op.create_table(
        "guests",
        sa.Column("waiting_id", sa.String(length=64), nullable=False),
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("office", sa.Text(), server_default="", nullable=False),
        sa.Column("function", sa.Text(), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("waiting_id", name=op.f("pk_guests")),
    )
    op.create_index("ix_guests_meeting_id", "guests", ["meeting_id"], unique=False)
    op.create_index("ix_guests_secret_hash", "guests", ["secret_hash"], unique=False)

    op.create_table(
        "holders",
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=128), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_start", sa.BigInteger(), nullable=False),
        sa.Column("renewed_at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ended", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_holders")),
    )
    op.create_table(
        "invitations",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("function", sa.Text(), server_default="", nullable=False),
        sa.Column("office", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_account_id_meeting_id", "invitations", ["account_id", "meeting_id"], unique=False)

    op.create_table(
        "join_links",
        sa.Column("link_id", sa.String(length=64), nullable=False),
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bound_hash", sa.String(length=64), server_default="", nullable=False),
        sa.Column("bound_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_join_links")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_join_links_secret_hash")),
    )
    op.create_index("ix_join_links_meeting_id_person_id", "join_links", ["meeting_id", "person_id"], unique=False)

    op.create_table(
        "leases",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_leases")),
    )
    op.create_index("ix_leases_holder", "leases", ["holder"], unique=False)

    op.create_table(
        "meeting_keys",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("sealing", sa.String(length=16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("destroyed_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "sealing", name=op.f("pk_meeting_keys")),
    )
    op.create_table(
        "meetings",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("zone", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(length=16), server_default="none", nullable=False),
        sa.Column("chair_name", sa.Text(), server_default="", nullable=False),
        sa.Column("secretary_name", sa.Text(), server_default="", nullable=False),
        sa.Column("invited_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("decision_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("action_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_number", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_meetings")),
    )
    op.create_index("ix_meetings_starts_ms_meeting_id", "meetings", ["starts_ms", "meeting_id"], unique=False)

    op.create_table(
        "settings",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "browser_sessions",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_seen_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_browser_sessions_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_browser_sessions")),
    )
    op.create_index("ix_browser_sessions_account_id", "browser_sessions", ["account_id"], unique=False)
