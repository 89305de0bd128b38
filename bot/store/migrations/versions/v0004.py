"""What is refused and who is kept out, what is reported, and who was told what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "strikes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("struck_s", sa.Double, nullable=False),
        sa.Column("rule", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_strikes"),
    )
    op.create_index("ix_strikes_person_event", "strikes", ["person", "event"], unique=True)
    op.create_index("ix_strikes_person_struck_s", "strikes", ["person", "struck_s"])
    op.create_index("ix_strikes_struck_s", "strikes", ["struck_s"])
    op.create_table(
        "suspensions",
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("since_s", sa.Double, nullable=False),
        sa.Column("until_s", sa.Double),
        sa.Column("lifted_s", sa.Double),
        sa.Column("appealed_s", sa.Double),
        sa.Column("appeal", sa.LargeBinary),
        sa.PrimaryKeyConstraint("person", name="pk_suspensions"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("done_s", sa.Double, nullable=False),
        sa.Column("actor", sa.String(32), nullable=False),
        sa.Column("deed", sa.String(32), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("is_allowed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_done_s", "audit", ["done_s"])
    op.create_table(
        "notices",
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("told_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_notices"),
    )
    op.create_table(
        "reports",
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("reported_s", sa.Double, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("num_openings", sa.Integer, nullable=False),
        sa.Column("reporter", sa.String(32)),
        sa.Column("told_s", sa.Double),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_reports_job_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name="pk_reports"),
    )
    op.create_index("ix_reports_state", "reports", ["state"])
    op.create_index("ix_reports_reporter", "reports", ["reporter"])
