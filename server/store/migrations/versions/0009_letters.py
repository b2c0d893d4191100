"""The book of outgoing letters: registers, their counters, and every number that was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_registers",
        sa.Column("register_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("pattern", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("first_year", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("register_id", name=op.f("pk_letter_registers")),
    )
    op.create_table(
        "letter_counters",
        sa.Column("register_id", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("register_id", "year", name=op.f("pk_letter_counters")),
    )
    op.create_table(
        "letters",
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("register_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("year", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counter", sa.Integer(), server_default="0", nullable=False),
        sa.Column("meeting_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("dated", sa.Text(), server_default="", nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("folded", name=op.f("pk_letters")),
    )
    op.create_index(op.f("ix_letters_meeting_id"), "letters", ["meeting_id"])
    op.create_index("ix_letters_register_id_year_counter", "letters", ["register_id", "year", "counter"])
