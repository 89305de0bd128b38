"""The store: everything that must outlive a crash, in our own tables.

The job's way through the queues is not its business: it keeps facts, each written in one commit
and safe to write twice. Several processes may have the same database open.
"""

import time
from collections.abc import Callable
from pathlib import Path

from bot.sealing import Sealer
from bot.store.acceptance import Acceptance
from bot.store.audit import Audit
from bot.store.connection import Database
from bot.store.deliveries import Deliveries
from bot.store.errors import BackUpUnsupported
from bot.store.jobs import Jobs
from bot.store.links import Links
from bot.store.news import News
from bot.store.notices import Notices
from bot.store.people import People
from bot.store.reports import Reports
from bot.store.rules import Rules
from bot.store.strikes import Strikes
from bot.store.workers import Workers


class Store(
    Jobs,
    Acceptance,
    Workers,
    News,
    Deliveries,
    People,
    Rules,
    Links,
    Notices,
    Strikes,
    Audit,
    Reports,
):
    """All parts over one database; lives from `open` to `close`.

    Every method raises StoreError where the database fails; nothing was written then.
    """

    @classmethod
    async def open(
        cls, url: str, *, sealer: Sealer, clock: Callable[[], float] = time.time
    ) -> "Store":
        """Open a database, check it, and bring its tables up to date.

        url: `sqlite:///path` or `postgresql://…`.
        clock: gives Unix seconds.

        Raises StoreUnavailable, StoreDamaged or StoreTooNew.
        """
        database = Database(url)
        await database.open()
        store = cls(database, sealer=sealer, clock=clock)
        try:
            await store.load_links()
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Finish what was begun and let go of the database; may be called again."""
        await self._database.close()

    async def back_up(self, path: Path) -> None:
        """Copy the database as it is at one moment into a file, which is complete or not there.

        Raises BackUpUnsupported for a server.
        """
        if not self._database.is_sqlite:
            raise BackUpUnsupported(tool="pg_dump")
        await self._database.copy(path)
