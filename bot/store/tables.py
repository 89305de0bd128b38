"""The tables. What could name or quote a person is a blob that `bot/sealing.py` has sealed.

`person` and `place` are keyed names: equal for the same person, and no way back to one. A person who has
joined several accounts has a name in `links` alone: all other tables keep the name of the account.
Times are Unix seconds. A migration must follow every change here; a test compares the two.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


def _of_a_job() -> Column[str]:
    """A row about a job vanishes with it."""
    return Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)


jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", String(32), nullable=False),
    Column("place", String(32), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("accepted_s", Double, nullable=False),
    Column("cost", Double, nullable=False),
    Column("start", Double, nullable=False),
    Column("finish", Double, nullable=False),
    Column("worker", String(64)),  # where it is in flight
    Column("num_deaths", Integer, nullable=False, server_default="0"),
    Column("ending", String(16)),  # of the outcome: what may be asked for without opening it
    Column("closing", String(16)),
    # Sealed from here on.
    Column("job", LargeBinary, nullable=False),
    Column("message", LargeBinary),
    Column("preparation", LargeBinary),
    Column("outcome", LargeBinary),
    Index(None, "phase", "accepted_s"),
    Index(None, "person", "accepted_s"),
    Index(None, "place", "accepted_s"),
    Index(None, "worker"),
)

usage = Table(
    "usage",
    metadata,
    _of_a_job(),
    Column("person", String(32), nullable=False),
    Column("place", String(32), nullable=False),
    Column("day", String(10), nullable=False),  # in Korea: 2026-11-28
    Column("units", Integer, nullable=False),
    Column("is_refunded", Boolean, nullable=False, server_default=false()),
    Index(None, "day", "person"),
    Index(None, "day", "place"),
)

progress = Table(
    "progress",
    metadata,
    _of_a_job(),
    Column("news", Text, nullable=False),
    Column("preview", LargeBinary),  # sealed
)

deliveries = Table(
    "deliveries",
    metadata,
    _of_a_job(),
    Column("part", String(32), primary_key=True),
    Column("nonce", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("first_s", Double, nullable=False),
    Column("num_attempts", Integer, nullable=False),
    Column("message", LargeBinary),  # sealed
)

workers = Table(
    "workers",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("seen_s", Double, nullable=False),
    Column("info", Text, nullable=False),
    Column("is_ready", Boolean, nullable=False),
    Column("has_left", Boolean, nullable=False),
)

worker_deaths = Table(
    "worker_deaths",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("worker", String(64), nullable=False),
    Column("died_s", Double, nullable=False),
    Index(None, "died_s"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("buried_s", Double, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("person", String(32), nullable=False),  # one for all accounts that are joined
    Column("since_s", Double, nullable=False),
    Column("who", LargeBinary, nullable=False),  # sealed
    Index(None, "person"),
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("code", String(32), primary_key=True),  # keyed, as names are
    Column("account", String(32), nullable=False),
    Column("until_s", Double, nullable=False),
    Column("who", LargeBinary, nullable=False),  # sealed
    Index(None, "account"),
)

strikes = Table(
    "strikes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", String(32), nullable=False),
    Column("struck_s", Double, nullable=False),
    Column("rule", String(16), nullable=False),
    Column("digest", String(32), nullable=False),  # of the text, keyed: equal texts have equal ones
    Column("event", String(32), nullable=False),  # keyed: what came with it is struck once
    Index(None, "person", "event", unique=True),
    Index(None, "person", "struck_s"),
    Index(None, "struck_s"),
)

suspensions = Table(
    "suspensions",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("since_s", Double, nullable=False),
    Column("until_s", Double),  # without one: until somebody lifts it
    Column("lifted_s", Double),  # strikes before it count no more
    Column("appealed_s", Double),
    Column("appeal", LargeBinary),  # sealed
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("done_s", Double, nullable=False),
    Column("actor", String(32), nullable=False),
    Column("deed", String(32), nullable=False),
    Column("about", String(64), nullable=False),  # a person's keyed name, or a job
    Column("is_allowed", Boolean, nullable=False),
    Index(None, "done_s"),
)

notices = Table(
    "notices",
    metadata,
    Column("person", String(32), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("told_s", Double, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    _of_a_job(),
    Column("reported_s", Double, nullable=False),  # the last time that it was to be decided
    Column("state", String(16), nullable=False),
    Column("num_openings", Integer, nullable=False),
    Column("reporter", String(32)),  # who reported first; not once they had everything erased
    Column("told_s", Double),  # when the operator was told that nobody decides
    Index(None, "state"),
    Index(None, "reporter"),
)

places = Table(
    "places",
    metadata,
    Column("place", String(32), primary_key=True),
    Column("rules", LargeBinary, nullable=False),  # sealed
)
