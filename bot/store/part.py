"""What every part of the store stands on: the database, the seal, the clock."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Executable, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

from bot import codec
from bot.adapters.port import MessageRef, Person, Place
from bot.job import Closing, Job, Outcome, Phase, Record
from bot.sealing import Sealer
from bot.store.connection import Database
from bot.store.values import Linked
from pipeline import Preparation

Value = TypeVar("Value")
Query: TypeAlias = Select[*tuple[Any, ...]]
AnyRow: TypeAlias = Row[*tuple[Any, ...]]


class Part:
    """One subject of the store. All parts share one database and nothing else."""

    def __init__(self, database: Database, *, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._database, self._sealer, self._clock = database, sealer, clock
        self._linked = Linked()  # replaced as a whole, so that any thread may read it

    def account_name(self, person: Person) -> str:
        """Give the keyed name of an account: 32 hex digits, always the same."""
        return self._sealer.name_of(f"{person.platform}:{person.id}")

    def person_name(self, person: Person) -> str:
        """Give the keyed name of a person: 32 hex digits, one for all accounts that are joined.

        It is good until accounts are joined or parted, so nothing keeps it.
        """
        return self._linked.person(self.account_name(person))

    def account_names(self, person_name: str) -> tuple[str, ...]:
        """Give the keyed names of all accounts of a person."""
        return self._linked.accounts(person_name)

    def is_same(self, one: Person, other: Person) -> bool:
        """Whether two accounts are one person's."""
        return self.person_name(one) == self.person_name(other)

    def place_name(self, place: Place) -> str:
        """Give the keyed name of a place: 32 hex digits, one for all channels of a server."""
        return self._sealer.name_of(f"{place.platform}:{place.home_id}")

    async def _rows(self, query: Query) -> Sequence[AnyRow]:
        return await self._database.read(lambda connection: connection.execute(query).all())

    async def _records(self, query: Query) -> tuple[Record, ...]:
        """Read whole rows of `jobs`. Opening them is slow enough to be the thread's work."""
        return await self._database.read(
            lambda connection: tuple(self._record(row) for row in connection.execute(query))
        )

    async def _do(self, *statements: Executable) -> None:
        """Run statements in one commit."""

        def work(connection: Connection) -> None:
            for statement in statements:
                connection.execute(statement)

        await self._database.write(work)

    async def _scrub(self) -> None:
        """Have what was deleted gone from SQLite's log, too."""
        if self._database.is_sqlite:
            await self._database.command("PRAGMA wal_checkpoint(TRUNCATE)")

    def _seal(self, value: object) -> bytes:
        return self._sealer.seal(codec.dumps(value).encode())

    def _open(self, kind: type[Value], sealed: bytes) -> Value:
        return codec.loads(kind, self._sealer.open(sealed))

    def _open_if_any(self, kind: type[Value], sealed: bytes | None) -> Value | None:
        return None if sealed is None else self._open(kind, sealed)

    def _record(self, row: AnyRow) -> Record:
        return Record(
            job=self._open(Job, row.job),
            phase=Phase(row.phase),
            accepted_s=row.accepted_s,
            cost=row.cost,
            start=row.start,
            num_deaths=row.num_deaths,
            message=self._open_if_any(MessageRef, row.message),
            preparation=self._open_if_any(Preparation, row.preparation),
            outcome=self._open_if_any(Outcome, row.outcome),
            closing=None if row.closing is None else Closing(row.closing),
        )


def insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Begin an insertion that may say what happens on a conflict, in the database's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
