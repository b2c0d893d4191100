"""Answers and bounces that come in by mail, reminders beside letters in the outbox, calendars that people subscribe."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXTS = ("email", "name", "function", "role", "language", "digest")
CARRIED = (
    "meeting_id, person_id, sequence, kind, email, name, function, role, language, digest, state, attempts, due_ms,"
    " reason, created_ms, sent_ms, opened_ms"
)


def upgrade() -> None:
    _posts()
    op.add_column("mailings", sa.Column("remind_ms", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "mailboxes",
        sa.Column("mailbox", sa.String(length=600), nullable=False),
        sa.Column("validity", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_uid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("trying_uid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_mailboxes")),
    )
    op.create_table(
        "arrivals",
        sa.Column("arrival_id", sa.String(length=64), nullable=False),
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("written_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("arrival_id", name=op.f("pk_arrivals")),
    )
    op.create_index("ix_arrivals_meeting_id_at_ms", "arrivals", ["meeting_id", "at_ms"])
    op.create_table(
        "calendar_feeds",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("feed_id", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_calendar_feeds_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("feed_id", name=op.f("uq_calendar_feeds_feed_id")),
    )


def _posts() -> None:
    """The key gets a part more; a table is made anew, because SQLite can change no key."""
    op.execute("CREATE TABLE posts_kept AS SELECT * FROM posts")
    op.drop_table("posts")
    op.create_table(
        "posts",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reminder", sa.String(length=32), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in TEXTS),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
            for name in ("created_ms", "sent_ms", "opened_ms", "starts_ms")
        ),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", "sequence", "reminder", name=op.f("pk_posts")),
    )
    op.create_index("ix_posts_state_due_ms", "posts", ["state", "due_ms"])
    op.execute(f"INSERT INTO posts ({CARRIED}) SELECT {CARRIED} FROM posts_kept")  # noqa: S608 (names of ours alone)
    op.drop_table("posts_kept")
