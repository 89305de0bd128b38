"""What is settled for a server or a group: looked up for every request, shown and changed by `/설정`.

Rules are kept in memory once they were read, because every request needs them before its platform grows
impatient: one chat role is the only one that changes them. A place that is nobody's but the person's own,
such as a direct message, has no rules.
"""

import asyncio
from collections import OrderedDict
from dataclasses import replace

import structlog

from bot import cards, texts
from bot.adapters.port import Card, ChatPort, DetailRow, Message, Person, Place
from bot.command import DrawCommand, SettingsCommand
from bot.job import NotAccepted
from bot.rules import Adults, AdultsNotAllowed, DrawingNotHere, NotManager, PlaceRules, changed
from bot.store import Store, StoreError
from pipeline import Audience, TextGate, Unsafe

log = structlog.get_logger()

_MAX_KNOWN = 1_000
_READ_S = 1.0  # beyond it the platform would not wait for our answer


class Places:
    """Knows the rules of places; lives as long as the chat role."""

    def __init__(self, store: Store, *, gate: TextGate, has_adults: bool = False) -> None:
        """has_adults: whether the operator lets places have pictures for adults."""
        self._store, self._gate, self._has_adults = store, gate, has_adults
        self._known: OrderedDict[str, PlaceRules] = OrderedDict()  # by keyed name, latest used last
        self._turn = asyncio.Lock()  # whoever reads slowly must not bring back what was changed

    async def rules_of(self, place: Place) -> PlaceRules:
        """Give what holds in a place. Raises NotAccepted where that cannot be known now."""
        if not place.home:
            return PlaceRules()
        try:
            async with asyncio.timeout(_READ_S), self._turn:
                return self._valid(await self._rules(self._store.place_name(place)))
        except (StoreError, TimeoutError) as error:
            log.exception("rules cannot be read")
            raise NotAccepted from error

    async def check(self, place: Place) -> PlaceRules:
        """Give what holds for a request in a place. Raises DrawingNotHere or NotAccepted."""
        rules = await self.rules_of(place)
        if not rules.is_open(place):
            raise DrawingNotHere
        return rules

    async def completed(self, command: DrawCommand, message: Message) -> DrawCommand:
        """Add what a place has settled to a new request that does not say it. Raises NotAccepted."""
        rules = await self.rules_of(message.place)
        return rules.completed(command, has_photo=message.photo is not None)

    async def answer(self, command: SettingsCommand, message: Message, port: ChatPort) -> None:
        """Show the rules of a place, or change one, for the eyes of whoever asked.

        Raises NotManager, AdultsNotAllowed, Unsafe, RequestRejected, StoreError or PortError.
        """
        card = await self._card(command, message)
        await port.send(message.place, replace(card, is_private=True), reply_to=message.event_id)

    async def _card(self, command: SettingsCommand, message: Message) -> Card:
        place = message.place
        if not place.home:
            return cards.note(texts.RULES_ELSEWHERE)
        if not message.person.may_manage:
            raise NotManager
        if not command.rule:
            return _shown(await self.rules_of(place), texts.RULES)
        name = self._store.place_name(place)
        async with self._turn:
            before = await self._rules(name)
            rules = changed(before, command, place=place)
            self._check_words(rules, before)
            if command.rule == "성인" and self._valid(rules) != rules:
                raise AdultsNotAllowed
            await self._store.keep_rules(name, rules)
            self._keep(name, rules)
        log.info("rules changed", place=name)
        return _shown(self._valid(rules), texts.rules_changed(command.rule))

    async def bar(self, person: Person, place: Place) -> None:
        """Let somebody ask for nothing in a place any more. Raises TooManyRules or StoreError."""
        name = self._store.place_name(place)
        async with self._turn:
            rules = (await self._rules(name)).with_barred(self._store.account_name(person))
            await self._store.keep_rules(name, rules)
            self._keep(name, rules)
        log.info("person barred", place=name, person=self._store.account_name(person))

    def _check_words(self, rules: PlaceRules, before: PlaceRules) -> None:
        """Settle nothing that nobody may ask for: it would be drawn for people who never said it. Raises Unsafe."""
        added = {*rules.glossary.values(), rules.style} - {*before.glossary.values(), before.style}
        has_adults = self._valid(rules).adults is not Adults.NOWHERE
        for words in sorted(added):
            ruling = self._gate.judge(
                words, audience=Audience.ADULTS if has_adults else Audience.EVERYBODY
            )
            if ruling.rule is not None:
                raise Unsafe(rule=ruling.rule)

    def _valid(self, rules: PlaceRules) -> PlaceRules:
        """Leave out what the operator does not let places have, whenever they settled it."""
        return rules if self._has_adults else replace(rules, adults=Adults.NOWHERE)

    async def _rules(self, name: str) -> PlaceRules:
        if name not in self._known:
            self._keep(name, await self._store.rules_of(name) or PlaceRules())
        self._known.move_to_end(name)
        return self._known[name]

    def _keep(self, name: str, rules: PlaceRules) -> None:
        self._known[name] = rules
        self._known.move_to_end(name)
        if len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)


def _shown(rules: PlaceRules, text: str) -> Card:
    rows = tuple(DetailRow(label=label, text=value) for label, value in texts.rules(rules))
    return replace(cards.note(text), details_label=texts.RULES_LABEL, details=rows)
