"""Messages of the bot in channels, by its own token: sent with a nonce, edited, found and taken away.

Here an interaction goes on whose token is dead. Where the bot has no access to the channel, a finished
card goes to its person as one direct message, and progress to nobody.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cachetools import LRUCache

from bot.adapters.discord import routes
from bot.adapters.discord.custom_id import nonce_in
from bot.adapters.discord.layout import Payload
from bot.adapters.discord.refusal import NO_REPLY, UNKNOWN_MESSAGE, port_error_of
from bot.adapters.discord.rest import Refused, Rest
from bot.adapters.discord.showing import Showing
from bot.adapters.port import Card, CardState, PlaceGone, Unclear

GONE = 0  # the id of a message that is not there any more
_MAX_PAGES = 3
_PRIVATE = frozenset({1, 3})  # types of channels: direct messages, of two and of more
_THREADS = frozenset({10, 11, 12})


class Channels:
    """Writes in channels; lives as long as the adapter."""

    def __init__(
        self,
        rest: Rest,
        showing: Showing,
        *,
        bot_id: Callable[[], int],
    ) -> None:
        self._rest, self._showing, self._bot_id = rest, showing, bot_id
        self._direct: LRUCache[int, str] = LRUCache(maxsize=1_000)  # user → channel

    async def send(
        self, channel_id: str, card: Card, *, reply_to: str | None, nonce: str | None
    ) -> int:
        """Send a card and give its message's id; `GONE` where it was sent before and taken away.

        Raises Refused or what the port raises.
        """
        answered = {} if reply_to is None else _reply(reply_to)
        once = nonce or secrets.token_hex(12)

        async def ask(payload: Payload) -> Any:
            fields = {**payload.fields, "nonce": once, "enforce_nonce": True}
            try:
                return await self._rest.call(
                    routes.post(channel_id, fields | answered, payload.images)
                )
            except Refused as refused:
                if refused.code != NO_REPLY:
                    raise
                return await self._rest.call(routes.post(channel_id, fields, payload.images))

        try:
            response = await self._showing.show(card, ask, nonce=nonce or "")
        except Refused as refused:
            if refused.code == UNKNOWN_MESSAGE and nonce is not None:
                return GONE
            raise
        return int(response["id"])

    async def edit(self, channel_id: str, message_id: int, card: Card, *, limit_s: float) -> None:
        """Edit a message. Raises Refused or what the port raises."""

        async def ask(payload: Payload) -> Any:
            request = routes.edit(
                channel_id, message_id, payload.fields, payload.images, limit_s=limit_s
            )
            return await self._rest.call(request)

        await self._showing.show(card, ask)

    async def send_direct(self, user_id: int, card: Card, *, nonce: str) -> tuple[str, int]:
        """Send a card to a person, once for a nonce; gives the channel and the message.

        Raises PlaceGone for a card that is not finished, Refused or what the port raises.
        """
        if card.state in (CardState.WAITING, CardState.DRAWING):
            raise PlaceGone
        channel_id = self._direct.get(user_id)
        if channel_id is None:
            opened = await self._rest.call(routes.direct(user_id))
            channel_id = self._direct[user_id] = str(opened["id"])
        found = await self.find(channel_id, nonce, is_seen=True)
        if found is None:
            found = await self.send(channel_id, card, reply_to=None, nonce=nonce)
        return channel_id, found

    async def remove(self, channel_id: str, message_id: int) -> None:
        """Delete a message. Raises Refused or what the port raises."""
        await self._rest.call(routes.delete(channel_id, message_id))

    async def find(self, channel_id: str, nonce: str, *, is_seen: bool) -> int | None:
        """Look for a message of ours with a nonce among the newest ones of a channel.

        is_seen: whether the bot surely sees the history; without that permission it is empty.

        Raises Unclear where that is no answer, and what the port raises.
        """
        before: int | None = None
        for _ in range(_MAX_PAGES):
            try:
                page = await self._rest.call(routes.history(channel_id, before=before))
            except Refused as refused:
                raise Unclear from refused
            for message in page:
                if int(message["author"]["id"]) == self._bot_id() and nonce in _nonces(message):
                    return int(message["id"])
            if len(page) < routes.PAGE:
                if not page and before is None and not is_seen:
                    raise Unclear
                return None
            before = int(page[-1]["id"])
        raise Unclear

    async def is_for_adults(self, channel_id: str) -> bool:
        """Ask whether a channel is age-restricted; of a thread, where it belongs.

        Raises PlaceGone where it cannot be asked, and what the port raises.
        """
        try:
            channel = await self._rest.call(routes.channel(channel_id))
            if channel["type"] in _THREADS:
                channel = await self._rest.call(routes.channel(channel["parent_id"]))
        except Refused as refused:
            raise (port_error_of(refused) or PlaceGone()) from refused
        return channel["type"] not in _PRIVATE and bool(channel.get("nsfw", False))

    async def photo_url(self, channel_id: int, message_id: int) -> str | None:
        """Give a fresh address of the first picture of a message; None where there is none.

        Raises what the port raises.
        """
        try:
            message = await self._rest.call(routes.message(channel_id, message_id))
        except Refused:
            return None
        attached = [
            one
            for one in message.get("attachments", ())
            if str(one.get("content_type", "")).startswith("image/")
        ]
        return str(attached[0]["url"]) if attached else None


def _reply(message_id: str) -> dict[str, Any]:
    return {"message_reference": {"message_id": message_id, "fail_if_not_exists": False}}


def _nonces(message: Mapping[str, Any]) -> set[str]:
    return {nonce_in(one) for one in _custom_ids(message.get("components", ()))}


def _custom_ids(components: Any) -> Iterator[str]:
    for component in components:
        if "custom_id" in component:
            yield component["custom_id"]
        for option in component.get("options", ()):
            yield option["value"]
        yield from _custom_ids(component.get("components", ()))
