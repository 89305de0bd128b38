"""`/이의`: whoever may not draw says why they should, once; the operators are told."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import structlog

from bot import cards, texts
from bot.adapters.port import Card, ChatPort, Message, Person, Place, PortError
from bot.command import AppealCommand
from bot.store import Store

log = structlog.get_logger()

_MAX_CHARS = 500
# Where the conversation with a person has the person's own number, so that nothing has to be asked for.
_DIRECT = "telegram"


class Appeals:
    """Takes appeals; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        operator_ids: Collection[str],
        ports: Callable[[], Mapping[str, ChatPort]],
    ) -> None:
        """`operator_ids` are such as "telegram:1234"."""
        self._store, self._operator_ids, self._ports = store, operator_ids, ports

    async def answer(self, command: AppealCommand, message: Message, port: ChatPort) -> None:
        """Keep an appeal, or say why there is none to keep. Raises StoreError or PortError."""
        card, is_new = await self._taken(command.words[:_MAX_CHARS], message.person)
        await port.send(message.place, replace(card, is_private=True), reply_to=message.event_id)
        if is_new:
            await self._tell()

    async def _taken(self, words: str, person: Person) -> tuple[Card, bool]:
        name = self._store.person_name(person)
        suspension = await self._store.suspension_of(name)
        if suspension is None:
            return cards.note(texts.APPEAL_NEEDLESS), False
        if suspension.appealed_s is not None:
            return cards.note(texts.APPEAL_AGAIN), False
        if not words:
            return cards.note(texts.APPEAL_HOW), False
        await self._store.keep_appeal(name, words)
        log.warning("appeal kept", person=name)
        return cards.note(texts.APPEAL_KEPT), True

    async def _tell(self) -> None:
        """Tell the operators that there is an appeal, where they can be written to; it is listed anyway."""
        port = self._ports().get(_DIRECT)
        for platform, _, id_ in (one.partition(":") for one in self._operator_ids):
            if port is None or platform != _DIRECT:
                continue
            try:
                await port.send(Place(platform=platform, id=id_), cards.note(texts.APPEALED))
            except PortError as error:
                log.info("operator not told", kind=type(error).__name__)
