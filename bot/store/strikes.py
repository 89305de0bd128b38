"""Who asked for what is not drawn here, and who may not draw: keyed names, rules and times, never a text.

A person's strikes are written for each of their accounts, and so is what they lead to: neither a parting
nor an erasure washes them off, and joined accounts are struck once. Only an appeal has words; they are
sealed, and go with an erasure.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from bot.adapters.port import Person
from bot.store.part import AnyRow, Part, insert
from bot.store.tables import audit, strikes, suspensions, tombstones
from bot.strikes import Penalties, Strike, Suspension, counted, stricter, suspension_for
from pipeline import Rule

_HANDLE_CHARS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """How somebody stands after a strike."""

    num_strikes: int  # of the last day, as they count
    suspension: Suspension | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanctioned:
    """Somebody who may not draw, for the eyes of an operator."""

    handle: str
    suspension: Suspension
    num_by_rule: tuple[tuple[Rule, int], ...]  # of all strikes that are kept, the most first


class Strikes(Part):
    """Strikes, and what they led to."""

    async def strike(
        self, person: Person, rule: Rule, *, text: str, event: str, penalties: Penalties
    ) -> Struck:
        """Write down a strike and what it leads to, in one commit; the same event strikes once."""
        now_s, accounts = self._clock(), self.account_names(self.person_name(person))
        facts = {
            "struck_s": now_s,
            "rule": str(rule),
            "digest": self._sealer.name_of(f"strike:{text}"),
            "event": self._sealer.name_of(f"event:{event}"),
        }
        rows = [{"person": account, **facts} for account in accounts]

        def work(connection: Connection) -> Struck:
            new = insert(connection, strikes).values(rows).on_conflict_do_nothing()
            is_new = bool(connection.execute(new.returning(strikes.c.id)).all())
            kept = self._suspensions(connection, accounts)
            lifted_s = max((one.lifted_s for one in kept if one.lifted_s is not None), default=None)
            num = counted(_strikes_of(connection, accounts), now_s=now_s, lifted_s=lifted_s)
            holding = _strictest(kept, now_s)
            led_to = suspension_for(num, penalties, now_s=now_s) if is_new else None
            chosen = stricter(holding, led_to)
            if chosen is not None and chosen is not holding:
                self._suspend(connection, accounts, chosen)
            return Struck(num_strikes=num, suspension=chosen)

        return await self._database.write(work)

    async def suspension_of(self, person_name: str) -> Suspension | None:
        """Give what keeps a person from drawing now."""
        accounts = self.account_names(person_name)
        kept = await self._database.read(lambda found: self._suspensions(found, accounts))
        return _strictest(kept, self._clock())

    async def strikes_of(self, person_name: str) -> tuple[Strike, ...]:
        """Give all strikes of a person that are kept, the oldest first."""
        accounts = self.account_names(person_name)
        return await self._database.read(lambda found: _strikes_of(found, accounts))

    async def suspend(self, person_name: str) -> None:
        """Keep a person from drawing until that is lifted."""
        accounts, suspension = self.account_names(person_name), Suspension(since_s=self._clock())
        await self._database.write(lambda found: self._suspend(found, accounts, suspension))

    async def lift(self, person_name: str) -> bool:
        """Let a person draw again, whose strikes count no more; False where nothing kept them from it."""
        now_s = self._clock()
        held = _holding(now_s) & suspensions.c.person.in_(self.account_names(person_name))
        lifting = update(suspensions).where(held).values(lifted_s=now_s)
        return bool(await self._database.write(lambda found: found.execute(lifting).rowcount))

    async def keep_appeal(self, person_name: str, words: str) -> None:
        """Keep what a person says against what keeps them from drawing."""
        now_s = self._clock()
        held = _holding(now_s) & suspensions.c.person.in_(self.account_names(person_name))
        values = {"appealed_s": now_s, "appeal": self._seal(words)}
        await self._do(update(suspensions).where(held).values(values))

    async def drop_appeals(self, person_name: str) -> None:
        """Forget the words of a person's appeals; that there was one is kept."""
        theirs = suspensions.c.person.in_(self.account_names(person_name))
        await self._do(update(suspensions).where(theirs).values(appeal=None))
        await self._scrub()

    async def drop_risen_appeals(self) -> None:
        """Forget the words of appeals from before an erasure: only a backup brings them back."""
        before = select(tombstones.c.person).where(
            tombstones.c.person == suspensions.c.person,
            tombstones.c.buried_s >= suspensions.c.appealed_s,
        )
        await self._do(update(suspensions).where(before.exists()).values(appeal=None))

    async def suspensions_of(self, person_name: str) -> tuple[Suspension, ...]:
        """Give all that ever kept a person from drawing and is still known, the oldest first."""
        accounts = self.account_names(person_name)
        kept = await self._database.read(lambda found: self._suspensions(found, accounts))
        return tuple(sorted(dict.fromkeys(kept), key=lambda one: one.since_s))

    async def sanctioned(self) -> tuple[Sanctioned, ...]:
        """Give all who may not draw now, whoever appealed or was kept from it last first."""
        now_s = self._clock()

        def work(connection: Connection) -> tuple[Sanctioned, ...]:
            rows = connection.execute(select(suspensions).where(_holding(now_s))).all()
            people = sorted({self._linked.person(row.person) for row in rows})
            return tuple(self._sanctioned(connection, one, now_s) for one in people)

        found = await self._database.read(work)
        return tuple(sorted(found, key=lambda one: _latest_s(one.suspension), reverse=True))

    async def people_with(self, handle: str) -> frozenset[str]:
        """Name the people whose handle begins like that, of all who were ever struck or kept out."""
        query = select(strikes.c.person).union(select(suspensions.c.person))
        names = await self._database.read(lambda found: found.scalars(query).all())
        return frozenset(self._linked.person(one) for one in names if one.startswith(handle))

    async def forget_strikes(self, before_s: float) -> None:
        """Forget strikes and deeds from before a Unix time, and suspensions that were over by then."""
        lifted = suspensions.c.lifted_s >= suspensions.c.since_s
        ended = or_(suspensions.c.until_s < before_s, lifted & (suspensions.c.lifted_s < before_s))
        await self._do(
            delete(strikes).where(strikes.c.struck_s < before_s),
            delete(suspensions).where(ended),
            delete(audit).where(audit.c.done_s < before_s),
        )

    def _sanctioned(self, connection: Connection, person_name: str, now_s: float) -> Sanctioned:
        accounts = self._linked.accounts(person_name)
        suspension = _strictest(self._suspensions(connection, accounts), now_s)
        assert suspension is not None
        rules = Counter(one.rule for one in _strikes_of(connection, accounts))
        return Sanctioned(
            handle=min(accounts)[:_HANDLE_CHARS],
            suspension=suspension,
            num_by_rule=tuple(rules.most_common()),
        )

    def _suspend(
        self, connection: Connection, accounts: Collection[str], suspension: Suspension
    ) -> None:
        """Keep accounts from drawing; when an operator lifted an earlier one of theirs stays known."""
        times = {"since_s": suspension.since_s, "until_s": suspension.until_s}
        values = {**times, "appealed_s": None, "appeal": None}
        rows = [{"person": account, **values} for account in accounts]
        new = insert(connection, suspensions).values(rows)
        connection.execute(new.on_conflict_do_update(index_elements=["person"], set_=values))

    def _suspensions(
        self, connection: Connection, accounts: Collection[str]
    ) -> tuple[Suspension, ...]:
        query = select(suspensions).where(suspensions.c.person.in_(accounts))
        rows = connection.execute(query.order_by(suspensions.c.person))
        return tuple(self._suspension(row) for row in rows)

    def _suspension(self, row: AnyRow) -> Suspension:
        return Suspension(
            since_s=row.since_s,
            until_s=row.until_s,
            lifted_s=row.lifted_s,
            appealed_s=row.appealed_s,
            appeal=self._open_if_any(str, row.appeal) or "",
        )


def _strikes_of(connection: Connection, accounts: Collection[str]) -> tuple[Strike, ...]:
    """Read strikes, those of several accounts by one event once."""
    of_event = select(strikes.c.struck_s, strikes.c.rule, strikes.c.event).distinct()
    query = of_event.where(strikes.c.person.in_(accounts))
    rows = connection.execute(query.order_by(strikes.c.struck_s, strikes.c.event))
    return tuple(Strike(struck_s=row.struck_s, rule=Rule(row.rule)) for row in rows)


def _strictest(kept: Sequence[Suspension], now_s: float) -> Suspension | None:
    found: Suspension | None = None
    for one in kept:
        found = stricter(found, one if one.holds(now_s) else None)
    return found


def _holding(now_s: float) -> ColumnElement[bool]:
    """Whether a suspension keeps somebody from drawing, as `Suspension.holds` says it."""
    is_open = suspensions.c.until_s.is_(None) | (suspensions.c.until_s > now_s)
    lifted_s = suspensions.c.lifted_s
    return (lifted_s.is_(None) | (lifted_s < suspensions.c.since_s)) & is_open


def _latest_s(suspension: Suspension) -> float:
    return suspension.appealed_s or suspension.since_s
