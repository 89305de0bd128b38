"""Brings a database's tables to what this program knows, or refuses a database that knows more."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.store.errors import StoreTooNew

# Any number that nobody else locks: processes that start together migrate one after the other.
_LOCK = 0x6765_7275


def migrate(connection: Connection, *, revision: str = "head") -> None:
    """Bring the tables to a revision, in the connection's transaction. Raises StoreTooNew."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config(connection)
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in revisions():
        raise StoreTooNew(revision=present)
    command.upgrade(config, revision)


def revisions() -> tuple[str, ...]:
    """Name all revisions, the first one first."""
    walk = ScriptDirectory.from_config(_config(None)).walk_revisions()
    return tuple(script.revision for script in walk)[::-1]


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
