"""A card on its way into a message: laid out, and once more with less where Discord does not take it.

Too large: its pictures again in fewer bytes, then without them. Words that a server blocks: without
anything that a person wrote. Files are read when they are needed and at no other time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias

import structlog

from bot.adapters.discord.layout import Payload, payload_of
from bot.adapters.discord.refusal import BLOCKED_WORDS, TOO_LARGE, UPLOADS_OFF
from bot.adapters.discord.rest import Refused
from bot.adapters.port import Card, CardState, FileReader

log = structlog.get_logger()

MAX_FILE_BYTES = 10 * 2**20  # what every server takes; larger limits are not always kept
_MAX_REQUEST_BYTES = 24 * 2**20  # of all files together
_MARGIN_BYTES = 64 * 1024
NO_WORDS = "🎨"

Ask: TypeAlias = Callable[[Payload], Awaitable[Any]]


class Showing:
    """Lays cards out and has them taken; lives as long as the adapter."""

    def __init__(self, files: FileReader) -> None:
        self._files = files

    async def show(
        self, card: Card, ask: Ask, *, nonce: str = "", max_file_bytes: int = MAX_FILE_BYTES
    ) -> Any:
        """Ask for a card to be shown and give the answer; raises what the asking raises.

        Raises OSError where a picture cannot be read.
        """
        share = _MAX_REQUEST_BYTES // max(1, len(card.pictures) + len(card.files))
        max_bytes = min(max_file_bytes, MAX_FILE_BYTES, share) - _MARGIN_BYTES
        is_smaller = False
        for _ in range(3):
            payload = await self._payload(card, nonce=nonce, max_bytes=max_bytes)
            try:
                return await ask(payload)
            except Refused as refused:
                log.info("card not taken", code=refused.code, fields=refused.fields)
                if refused.code in TOO_LARGE and not is_smaller:
                    max_bytes, is_smaller = max_bytes // 4, True
                elif refused.code in TOO_LARGE or refused.code == UPLOADS_OFF:
                    card = _without_files(card)
                elif refused.code in BLOCKED_WORDS:
                    card = _without_words(card)
                else:
                    raise
        return await ask(await self._payload(card, nonce=nonce, max_bytes=max_bytes))

    async def _payload(self, card: Card, *, nonce: str, max_bytes: int) -> Payload:
        """Lay a card out with the files that can be had."""
        data: dict[str, bytes] = {}
        for key in [one.key for one in card.pictures] + [one.key for one in card.files]:
            content = await self._files(key, max_bytes=max_bytes)
            if content is not None and len(content) <= max_bytes:
                data[key] = content
            else:
                log.warning("file left out", job_id=card.job_id, is_kept=content is not None)
        if any(picture.key not in data for picture in card.pictures) and card.unshown:
            card = replace(card, notes=(card.unshown, *card.notes))
        return payload_of(card, nonce=nonce, files=data)


def is_private(card: Card) -> bool:
    """Whether a card is for the eyes of one person: what asks back or refuses is, too."""
    return card.is_private or (card.state is CardState.NOTE and card.job_id is None)


def _without_files(card: Card) -> Card:
    """Give a card that says why its pictures are not there."""
    notes = (card.unshown, *card.notes) if card.pictures and card.unshown else card.notes
    return replace(card, pictures=(), files=(), preview=None, notes=notes)


def _without_words(card: Card) -> Card:
    """Give a card that says nothing which a person wrote."""
    return replace(
        card,
        text=NO_WORDS,
        notes=(),
        details=(),
        suggestions=(),
        draft="",
        pictures=tuple(replace(one, alt="", caption="") for one in card.pictures),
        preview=card.preview and replace(card.preview, alt=""),
    )
