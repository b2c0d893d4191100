"""When a calendar feed last said something else, for whoever asks whether it has changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calendar_feeds", sa.Column("digest", sa.Text(), server_default="", nullable=False))
    op.add_column("calendar_feeds", sa.Column("changed_ms", sa.BigInteger(), server_default="0", nullable=False))
