"""Offices, posts in them, people, who holds which post when, kept groups, and pictures of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=64), nullable=False)


def _ref(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=64), server_default="", nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default="0", nullable=False)


def _order() -> sa.Column[int]:
    return sa.Column("order", sa.Integer(), server_default="0", nullable=False)


def _day(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=10), server_default="", nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    state = op.create_table(
        "office_state",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        _key("office_state", "one"),
    )
    op.bulk_insert(state, [{"one": 1, "version": 0}])
    op.create_table(
        "office_units",
        *(_id("unit_id"), _text("name"), _ref("parent_id"), _order(), _flag("closed")),
        _key("office_units", "unit_id"),
    )
    op.create_table(
        "office_posts",
        *(_id("post_id"), _id("unit_id"), _text("title"), _text("email"), _flag("leads"), _flag("several")),
        *(_order(), _flag("closed")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["office_units.unit_id"], name=op.f("fk_office_posts_unit_id_office_units")
        ),
        _key("office_posts", "post_id"),
    )
    op.create_index(op.f("ix_office_posts_unit_id"), "office_posts", ["unit_id"], unique=False)
    op.create_table(
        "officials",
        *(_id("official_id"), _text("name"), _text("rank"), sa.Column("nip_sealed", sa.LargeBinary(), nullable=True)),
        *(_text("email"), _text("phone"), _ref("account_id"), _ref("photo"), _flag("closed")),
        _key("officials", "official_id"),
    )
    op.create_index(op.f("ix_officials_account_id"), "officials", ["account_id"], unique=False)
    op.create_table(
        "office_terms",
        *(_id("term_id"), _id("post_id"), _id("official_id"), _day("since"), _day("until")),
        *(sa.Column("acting", sa.String(length=8), server_default="", nullable=False), _text("decree")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["office_posts.post_id"], name=op.f("fk_office_terms_post_id_office_posts")
        ),
        sa.ForeignKeyConstraint(
            ["official_id"], ["officials.official_id"], name=op.f("fk_office_terms_official_id_officials")
        ),
        _key("office_terms", "term_id"),
    )
    op.create_index(op.f("ix_office_terms_post_id"), "office_terms", ["post_id"], unique=False)
    op.create_index(op.f("ix_office_terms_official_id"), "office_terms", ["official_id"], unique=False)
    op.create_table(
        "office_groups",
        *(_id("group_id"), _text("name"), sa.Column("members", sa.JSON(), nullable=False)),
        _key("office_groups", "group_id"),
    )
    op.create_table(
        "official_photos",
        *(_id("digest"), sa.Column("sealed", sa.LargeBinary(), nullable=False)),
        _key("official_photos", "digest"),
    )
