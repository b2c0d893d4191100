"""The NIK of those who sign through a service, sealed like the NIP."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(sa.Column("nik_sealed", sa.LargeBinary(), nullable=True))
