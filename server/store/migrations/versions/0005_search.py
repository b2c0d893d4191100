"""What can be searched: sealed texts, and an index of keyed fingerprints of words (FTS5, or tsvector with GIN)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "search_rows",
        sa.Column("row_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("meeting_id", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_search_rows")),
    )
    op.create_index("ix_search_rows_meeting_id", "search_rows", ["meeting_id"], unique=False)
    op.create_table(
        "search_texts",
        sa.Column("row_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_search_texts")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE search_index (row_id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_search_index_words ON search_index USING GIN (words)")
    else:
        op.execute("CREATE VIRTUAL TABLE search_index USING fts5(words, content='', detail=none, tokenize='ascii')")
