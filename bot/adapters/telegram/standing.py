"""Who manages a group: asked of Telegram only where it matters, and remembered for some minutes."""

import structlog
from cachetools import TTLCache
from telegram import Bot, ChatMember
from telegram.error import TelegramError

log = structlog.get_logger()

_REMEMBERED_S = 5 * 60.0
_MANAGERS = frozenset({ChatMember.OWNER, ChatMember.ADMINISTRATOR})


class Standing:
    """Knows the managers of groups; lives as long as the adapter."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._known: TTLCache[tuple[int, int], bool] = TTLCache(10_000, _REMEMBERED_S)

    async def manages(self, chat_id: int, person_id: int) -> bool:
        """Say whether somebody manages a group; False where Telegram does not say."""
        key = (chat_id, person_id)
        if key not in self._known:
            try:
                member = await self._bot.get_chat_member(chat_id, person_id)
            except TelegramError as error:
                log.info("member not known", kind=type(error).__name__)
                return False
            self._known[key] = member.status in _MANAGERS
        return self._known[key]

    def forget(self, person_id: int) -> None:
        """Drop what is known of a person."""
        for key in [key for key in self._known if key[1] == person_id]:
            self._known.pop(key, None)
