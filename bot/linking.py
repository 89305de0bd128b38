"""Accounts of one person on several platforms: joined by a code that one gives and another enters, and parted.

Joined accounts share quota, caps and history, the earlier ones too, until they are parted: then each has
what was asked for with it. How that is kept stands in `store/links.py`. Wrong codes are counted in memory:
whoever can restart the program needs no code.
"""

import time
from collections.abc import Callable

import structlog

from bot import cards, texts
from bot.adapters.port import Card, Person
from bot.command import LinkCommand
from bot.link_code import CodeUnknown, TooManyAccounts, TooManyTries, new_code, read_code, shown
from bot.store import MAX_ACCOUNTS, Joining, Store

log = structlog.get_logger()

_MAX_TRIES = 5
_TRIES_S = 3600.0


class Linking:
    """Answers `/연결`; lives as long as the chat role. One call at a time: the tries are counted by it."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock
        self._tries: dict[str, list[float]] = {}  # wrong ones, by the person's keyed name

    async def answer(self, command: LinkCommand, person: Person) -> Card:
        """Give a code, join with the account that a code was given to, or part from all others.

        Raises CodeUnknown, TooManyTries, TooManyAccounts or StoreError.
        """
        if command.is_parting:
            return await self._part(person)
        if command.code:
            return await self._join(person, read_code(command.code))
        others = await self._others(person)
        code = new_code()
        await self._store.keep_code(person, code)
        linked = (texts.linked_with(others),) if others else ()
        return cards.note("\n".join((*linked, texts.link_code(shown(code)))))

    async def _part(self, person: Person) -> Card:
        others = await self._others(person)
        if not await self._store.part_account(person):
            return cards.note(texts.NOT_LINKED)
        log.info("accounts parted")
        return cards.note(texts.parted(others))

    async def _join(self, person: Person, code: str) -> Card:
        self._check_tries(self._store.person_name(person))
        match await self._store.join(person, code):
            case Joining.UNKNOWN:
                self._tries.setdefault(self._store.person_name(person), []).append(self._clock())
                raise CodeUnknown
            case Joining.FULL:
                raise TooManyAccounts(max_accounts=MAX_ACCOUNTS)
            case Joining.OWN:
                return cards.note(texts.LINK_OWN)
            case Joining.ALREADY:
                return cards.note(texts.linked_with(await self._others(person)))
            case Joining.JOINED:
                log.info("accounts joined")
                return cards.note(texts.linked(await self._others(person)))

    async def _others(self, person: Person) -> tuple[str, ...]:
        """Name the platforms of the other accounts of a person."""
        return tuple(one.platform for one in (await self._store.accounts_of(person))[1:])

    def _check_tries(self, name: str) -> None:
        """Raise TooManyTries for whoever tried too often."""
        now_s = self._clock()
        fresh = {
            one: [at_s for at_s in tries if 0 <= now_s - at_s < _TRIES_S]
            for one, tries in self._tries.items()
        }
        self._tries = {one: tries for one, tries in fresh.items() if tries}
        tries = self._tries.get(name, [])
        if len(tries) >= _MAX_TRIES:
            raise TooManyTries(wait_s=tries[-_MAX_TRIES] + _TRIES_S - now_s)
