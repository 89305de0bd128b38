"""What was done, or tried, with a power that not everybody has: by whom, about what, and whether they might."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from bot.adapters.port import Person
from bot.store.part import Part
from bot.store.tables import audit


class Deed(StrEnum):
    """What needs a power."""

    LIST = "list"  # everybody who may not draw
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
        """Write down a deed before it is done, or that it was refused."""
        row = {
            "done_s": self._clock(),
            "actor": self.account_name(actor),
            "deed": str(deed),
            "about": about,
            "is_allowed": is_allowed,
        }
        await self._do(audit.insert().values(row))

    async def audited(self) -> tuple[Audited, ...]:
        """Give everything that was written down, the oldest first."""
        rows = await self._rows(select(audit).order_by(audit.c.id))
        return tuple(
            Audited(
                done_s=row.done_s,
                actor=row.actor,
                deed=Deed(row.deed),
                about=row.about,
                is_allowed=row.is_allowed,
            )
            for row in rows
        )
