"""Pictures that people sent: fetched at once, from where the settings name and from nowhere else.

The address holds the token, so it stays in here. What cannot be had is empty bytes: the pipeline says
that the picture cannot be read.
"""

import asyncio

import structlog
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.adapters.telegram.reading import Photo
from bot.adapters.telegram.refusal import says

log = structlog.get_logger()

MAX_BYTES = 20 * 2**20  # what Telegram gives to bots
UNREADABLE = b""
_LIMIT_S = 30.0


class TooLarge(Exception):
    """Telegram gives no picture of this size."""


class Photos:
    """Fetches what people sent; lives as long as the adapter."""

    def __init__(self, bot: Bot, *, file_base: str) -> None:
        self._bot, self._file_base = bot, f"{file_base}{bot.token}/"

    async def fetch(self, photo: Photo) -> bytes:
        """Give the bytes of a picture, `UNREADABLE` where it cannot be had. Raises TooLarge."""
        if photo.size_bytes is not None and photo.size_bytes > MAX_BYTES:
            raise TooLarge
        try:
            async with asyncio.timeout(_LIMIT_S):
                file = await self._bot.get_file(photo.file_id)
                if file.file_path is None or not file.file_path.startswith(self._file_base):
                    log.warning("picture not fetched", reason="address")
                    return UNREADABLE
                data = await self._bot.request.retrieve(file.file_path)
        except BadRequest as error:
            if says(error, "file is too big"):
                raise TooLarge from error
            log.info("picture not fetched", reason=type(error).__name__)
            return UNREADABLE
        except (TelegramError, TimeoutError) as error:
            log.info("picture not fetched", reason=type(error).__name__)
            return UNREADABLE
        if len(data) > MAX_BYTES:
            raise TooLarge
        return data
