"""The rules that a place sets for its channels."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "places",
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("rules", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_places"),
    )
