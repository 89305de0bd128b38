"""What somebody else put into the tables of the queues, found before anything reads it.

DBOS keeps beside every value the name of what wrote it, and reads it with that: a row that names
Python's pickles is code, which runs as soon as the row is read, whatever our own values are written
with. Whoever can write the file, or hands over a backup, could plant one. In a file they could as well
plant a trigger that writes such rows once everything has been looked through, or a view in the place of
a table: a file of ours has neither. Blocks.
"""

from collections.abc import Collection

from sqlalchemy import ColumnClause, Connection, column, inspect, select, table, text

from bot.store.connection import reading
from bot.store.errors import StorePlanted

_TABLES = (
    "workflow_status",
    "operation_outputs",
    "workflow_events",
    "workflow_events_history",
    "streams",
    "notifications",
)
_NAME = "serialization"
_SCHEMA = "dbos"  # on a server; a file has none
_STRANGE = text("SELECT tbl_name FROM sqlite_master WHERE type IN ('trigger', 'view') LIMIT 1")


def refuse_planted(url: str, *, known: Collection[str]) -> None:
    """Look through every table of the queues that there is.

    known: the names of what may have written a row; one without a name is read with our own.

    Raises StorePlanted, StoreUnavailable or StoreDamaged.
    """
    with reading(url) as connection:
        _refuse_programs(connection)
        for name in _TABLES:
            _look_through(connection, name, known)


def _refuse_programs(connection: Connection) -> None:
    """Raise StorePlanted for a file that does something by itself; on a server the queues have triggers."""
    if connection.dialect.name == "sqlite":
        name = connection.execute(_STRANGE).scalar()
        if name is not None:
            raise StorePlanted(table=name)


def _look_through(connection: Connection, name: str, known: Collection[str]) -> None:
    schema = None if connection.dialect.name == "sqlite" else _SCHEMA
    found = inspect(connection)
    if not found.has_table(name, schema=schema):
        return
    if _NAME not in {one["name"] for one in found.get_columns(name, schema=schema)}:
        return  # older than the column, which the launch adds
    writer: ColumnClause[str] = column(_NAME)
    foreign = select(writer).select_from(table(name, schema=schema)).where(writer.not_in(known))
    if connection.execute(foreign.limit(1)).first() is not None:
        raise StorePlanted(table=name)
