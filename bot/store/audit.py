"""What was done, or tried, with a power that not everybody has: by whom, about what, and whether they might."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from bot.adapters.port import Person
from bot.store.part import Part
from bot.store.tables import audit

_REFUSED_ANEW_S = 60.0  # until a refused deed is written down again


class Deed(StrEnum):
    """What needs a power."""

    LIST = "list"  # everybody who may not draw
    RECORDS = "records"  # who did what
    LIFT = "lift"
    SUSPEND = "suspend"
    SETTINGS = "settings"  # of a place
    CANCEL = "cancel"  # what somebody else asked for
    REMOVE = "remove"  # pictures that somebody else asked for
    KEEP = "keep"  # pictures that were reported
    BAR = "bar"  # a person, who asks for nothing in a place any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One deed, or an attempt at one."""

    done_s: float  # Unix time
    actor: str  # the keyed name of an account
    deed: Deed
    about: str  # a keyed name of a person or a place, or a job; "" where it is about nobody
    is_allowed: bool


class Audit(Part):
    """Who did what."""

    async def note_deed(
        self, actor: Person, deed: Deed, *, about: str = "", is_allowed: bool
    ) -> None:
        """Write down a deed before it is done, or that it was refused.

        Whoever goes on trying what they may not is written down once a minute.
        """
        row = {
            "done_s": self._clock(),
            "actor": self.account_name(actor),
            "deed": str(deed),
            "about": about,
            "is_allowed": is_allowed,
        }

        def work(connection: Connection) -> None:
            if is_allowed or not _was_refused(connection, row):
                connection.execute(audit.insert().values(row))

        await self._database.write(work)

    async def audited(self, *, most: int | None = None) -> tuple[Audited, ...]:
        """Give what was written down, or only the newest of it, the oldest first."""
        rows = await self._rows(select(audit).order_by(audit.c.id.desc()).limit(most))
        return tuple(
            Audited(
                done_s=row.done_s,
                actor=row.actor,
                deed=Deed(row.deed),
                about=row.about,
                is_allowed=row.is_allowed,
            )
            for row in reversed(rows)
        )


def _was_refused(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Whether the same attempt was written down less than a minute before.

    What lies later was written before the clock was set back.
    """
    query = select(audit.c.id).where(
        audit.c.done_s > row["done_s"] - _REFUSED_ANEW_S,
        audit.c.done_s <= row["done_s"],
        audit.c.actor == row["actor"],
        audit.c.deed == row["deed"],
        audit.c.is_allowed.is_(False),
    )
    return connection.execute(query.limit(1)).first() is not None
