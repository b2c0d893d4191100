"""Action items done, meetings that follow others, how far minutes are, and what retention has to know."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meetings") as meetings:
        meetings.add_column(sa.Column("minutes_open", sa.Boolean(), server_default="0", nullable=False))
        meetings.add_column(sa.Column("approved_ms", sa.BigInteger(), server_default="0", nullable=False))
        meetings.add_column(sa.Column("previous_id", sa.String(length=64), server_default="", nullable=False))
        meetings.add_column(sa.Column("schedule", sa.Text(), server_default="", nullable=False))
        meetings.add_column(sa.Column("held", sa.Boolean(), server_default="0", nullable=False))
        meetings.add_column(sa.Column("erased", sa.Text(), server_default="", nullable=False))
        meetings.create_index("ix_meetings_previous_id", ["previous_id"])
    with op.batch_alter_table("action_items") as actions:
        actions.add_column(sa.Column("done_ms", sa.BigInteger(), server_default="0", nullable=False))
        actions.add_column(sa.Column("remark", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "carried_actions",
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("origin_id", sa.String(length=64), nullable=False),
        sa.Column("action_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "origin_id", "action_id", name=op.f("pk_carried_actions")),
    )
    op.create_index("ix_carried_actions_origin_id", "carried_actions", ["origin_id", "action_id"], unique=False)
