"""Who was told to act on the minutes of which meeting; action items that are said to be done, and deadlines of
comments in the list of meetings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "errand_marks",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("wanted_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_errand_marks")),
    )
    op.create_table(
        "errands_told",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", "key", name=op.f("pk_errands_told")),
    )
    with op.batch_alter_table("action_items") as batch:
        batch.add_column(sa.Column("reported_ms", sa.BigInteger(), server_default="0", nullable=False))
    with op.batch_alter_table("meetings") as batch:
        batch.add_column(sa.Column("comments_until_ms", sa.BigInteger(), server_default="0", nullable=False))
        batch.create_index("ix_meetings_comments_until_ms", ["comments_until_ms"])
        batch.create_index("ix_meetings_minutes_open", ["minutes_open"])
    _fill()


def _fill() -> None:
    """Which comment periods are running stands in no payload that must be opened: the kinds are in the clear. The end
    itself is read from the meeting when it is taken up; here it is enough that there is one."""
    op.execute(
        "UPDATE meetings SET comments_until_ms = 1 WHERE meeting_id IN (SELECT f.meeting_id FROM facts f JOIN"
        " (SELECT meeting_id, MAX(number) AS number FROM facts WHERE kind IN"
        " ('CommentsOpened', 'CommentsClosed', 'MinutesReturned', 'MinutesApproved') GROUP BY meeting_id) last"
        " ON f.meeting_id = last.meeting_id AND f.number = last.number WHERE f.kind = 'CommentsOpened')"
    )
