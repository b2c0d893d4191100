"""To which series a meeting belongs, and at which of its times it was to be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meetings") as meetings:
        meetings.add_column(sa.Column("series_id", sa.String(length=64), server_default="", nullable=False))
        meetings.add_column(sa.Column("slot_ms", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(op.f("ix_meetings_series_id"), "meetings", ["series_id"])
