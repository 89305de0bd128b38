"""The first tables: jobs and everything about them, workers, erased people."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("accepted_s", sa.Double, nullable=False),
        sa.Column("cost", sa.Double, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("finish", sa.Double, nullable=False),
        sa.Column("worker", sa.String(64)),
        sa.Column("num_deaths", sa.Integer, nullable=False, server_default="0"),
        sa.Column("ending", sa.String(16)),
        sa.Column("closing", sa.String(16)),
        sa.Column("job", sa.LargeBinary, nullable=False),
        sa.Column("message", sa.LargeBinary),
        sa.Column("preparation", sa.LargeBinary),
        sa.Column("outcome", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_phase_accepted_s", "jobs", ["phase", "accepted_s"])
    op.create_index("ix_jobs_person_accepted_s", "jobs", ["person", "accepted_s"])
    op.create_index("ix_jobs_place_accepted_s", "jobs", ["place", "accepted_s"])
    op.create_index("ix_jobs_worker", "jobs", ["worker"])
    op.create_table(
        "usage",
        *_of_a_job("usage"),
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("is_refunded", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("job_id", name="pk_usage"),
    )
    op.create_index("ix_usage_day_person", "usage", ["day", "person"])
    op.create_index("ix_usage_day_place", "usage", ["day", "place"])
    op.create_table(
        "progress",
        *_of_a_job("progress"),
        sa.Column("news", sa.Text, nullable=False),
        sa.Column("preview", sa.LargeBinary),
        sa.PrimaryKeyConstraint("job_id", name="pk_progress"),
    )
    op.create_table(
        "deliveries",
        *_of_a_job("deliveries"),
        sa.Column("part", sa.String(32), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("first_s", sa.Double, nullable=False),
        sa.Column("num_attempts", sa.Integer, nullable=False),
        sa.Column("message", sa.LargeBinary),
        sa.PrimaryKeyConstraint("job_id", "part", name="pk_deliveries"),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("seen_s", sa.Double, nullable=False),
        sa.Column("info", sa.Text, nullable=False),
        sa.Column("is_ready", sa.Boolean, nullable=False),
        sa.Column("has_left", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
    )
    op.create_table(
        "worker_deaths",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(64), nullable=False),
        sa.Column("died_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker_deaths"),
    )
    op.create_index("ix_worker_deaths_died_s", "worker_deaths", ["died_s"])
    op.create_table(
        "tombstones",
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("buried_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_tombstones"),
    )


def _of_a_job(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    return sa.Column("job_id", sa.String(64), nullable=False), sa.ForeignKeyConstraint(
        ["job_id"], ["jobs.id"], name=f"fk_{table}_job_id", ondelete="CASCADE"
    )
