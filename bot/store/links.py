"""Accounts that are one person's: joined by a code, parted on a wish, forgotten with an erasure.

All other tables go on naming the account that asked. Joining changes which rows are read together, and
moves none: after a parting everybody has what their own account asked for, and nothing that was charged
is charged less, however often accounts are joined and parted. An erasure leaves a tombstone for each
account, so that a backup brings nothing back, from before or after a joining.

Which accounts are joined is read when the store is opened, and kept in memory then: one chat role is the
only one that changes it, and the only one that asks.
"""

from collections import defaultdict
from collections.abc import Callable
from secrets import token_hex
from typing import TypeVar

from sqlalchemy import Connection, delete, func, select, update

from bot.adapters.port import Person
from bot.store.part import Part
from bot.store.tables import link_codes, links, tombstones
from bot.store.values import Joining, Linked

Result = TypeVar("Result")

MAX_ACCOUNTS = 5  # of one person
CODE_S = 600.0  # for which a code may be used


class Links(Part):
    """Who is who elsewhere."""

    async def load_links(self) -> None:
        """Read which accounts are joined."""
        self._linked = await self._database.read(_linked_of)

    async def keep_code(self, person: Person, code: str) -> None:
        """Let a code join an account with another for a while; earlier codes of it are void."""
        account, now_s = self.account_name(person), self._clock()
        row = {
            "code": self._code_name(code), "account": account, "until_s": now_s + CODE_S,
            "who": self._sealed(person),
        }  # fmt: skip
        void = (link_codes.c.account == account) | (link_codes.c.until_s <= now_s)
        await self._do(delete(link_codes).where(void), link_codes.insert().values(row))

    async def join(self, person: Person, code: str) -> Joining:
        """Make an account, and the one that a code was given to, one person's, with all of both.

        A code that is known is used up, whatever comes of it.
        """
        known = delete(link_codes).where(link_codes.c.code == self._code_name(code))
        known = known.where(link_codes.c.until_s > self._clock())
        joined = known.returning(link_codes.c.account, link_codes.c.who)
        account, who = self.account_name(person), self._sealed(person)

        def work(connection: Connection) -> Joining:
            given = connection.execute(joined).one_or_none()
            if given is None:
                return Joining.UNKNOWN
            if given.account == account:
                return Joining.OWN
            both = {given.account: given.who, account: who}
            return self._join(connection, both)

        return await self._change(work)

    async def part_account(self, person: Person) -> bool:
        """Part an account from all that it is joined with; False where that is none."""
        gone = delete(links).where(links.c.account == self.account_name(person))

        def work(connection: Connection) -> bool:
            is_joined = bool(connection.execute(gone).rowcount)
            _drop_alone(connection)
            return is_joined

        return await self._change(work)

    async def accounts_of(self, person: Person) -> tuple[Person, ...]:
        """Give all accounts of a person, that one first and the others in the order of their joining."""
        account = self.account_name(person)
        query = select(links.c.who).where(links.c.person == self._linked.person(account))
        query = query.where(links.c.account != account).order_by(links.c.since_s, links.c.account)
        return (person, *(self._open(Person, row.who) for row in await self._rows(query)))

    async def drop_links(self, person_name: str) -> None:
        """Forget that accounts were joined, and the codes that they were given."""
        accounts = self.account_names(person_name)

        def work(connection: Connection) -> None:
            connection.execute(delete(links).where(links.c.account.in_(accounts)))
            connection.execute(delete(link_codes).where(link_codes.c.account.in_(accounts)))

        await self._change(work)
        await self._scrub()

    async def drop_risen_links(self) -> None:
        """Forget what is older than an account's erasure, and codes that are too old."""
        joined_before = select(tombstones.c.person).where(
            tombstones.c.person == links.c.account, tombstones.c.buried_s >= links.c.since_s
        )
        given_before = select(tombstones.c.person).where(
            tombstones.c.person == link_codes.c.account,
            tombstones.c.buried_s >= link_codes.c.until_s - CODE_S,
        )
        is_too_old = link_codes.c.until_s <= self._clock()

        def work(connection: Connection) -> None:
            connection.execute(delete(links).where(joined_before.exists()))
            connection.execute(delete(link_codes).where(is_too_old | given_before.exists()))
            _drop_alone(connection)

        await self._change(work)

    def _join(self, connection: Connection, both: dict[str, bytes]) -> Joining:
        linked = _linked_of(connection)
        people = {linked.person(account) for account in both}
        accounts = [account for person in people for account in linked.accounts(person)]
        if len(people) == 1:
            return Joining.ALREADY
        if len(accounts) > MAX_ACCOUNTS:
            return Joining.FULL
        person = token_hex(16)
        connection.execute(update(links).where(links.c.account.in_(accounts)).values(person=person))
        new = [
            {"account": account, "person": person, "since_s": self._clock(), "who": who}
            for account, who in both.items()
            if account not in linked.person_of
        ]
        if new:
            connection.execute(links.insert(), new)
        return Joining.JOINED

    async def _change(self, work: Callable[[Connection], Result]) -> Result:
        """Change links, and know them as they are then."""

        def whole(connection: Connection) -> tuple[Result, Linked]:
            return work(connection), _linked_of(connection)

        result, self._linked = await self._database.write(whole)
        return result

    def _code_name(self, code: str) -> str:
        return self._sealer.name_of(f"link code:{code}")

    def _sealed(self, person: Person) -> bytes:
        return self._seal(Person(platform=person.platform, id=person.id))


def _drop_alone(connection: Connection) -> None:
    """Forget accounts that are joined with no other any more."""
    alone = select(links.c.person).group_by(links.c.person).having(func.count() == 1)
    connection.execute(delete(links).where(links.c.person.in_(alone)))


def _linked_of(connection: Connection) -> Linked:
    accounts_of = defaultdict[str, list[str]](list)
    rows = connection.execute(select(links.c.account, links.c.person).order_by(links.c.account))
    for account, person in rows:
        accounts_of[person].append(account)
    return Linked(
        person_of={
            account: person for person, accounts in accounts_of.items() for account in accounts
        },
        accounts_of={person: tuple(accounts) for person, accounts in accounts_of.items()},
    )
