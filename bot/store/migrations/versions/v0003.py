"""Accounts of one person on several platforms, and the codes that join them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "links",
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("since_s", sa.Double, nullable=False),
        sa.Column("who", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_links"),
    )
    op.create_index("ix_links_person", "links", ["person"])
    op.create_table(
        "link_codes",
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("until_s", sa.Double, nullable=False),
        sa.Column("who", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_link_codes"),
    )
    op.create_index("ix_link_codes_account", "link_codes", ["account"])
