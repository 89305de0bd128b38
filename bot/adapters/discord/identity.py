"""Who the bot is at Discord, which commands it has there, and where its gateway is.

Nothing of it is known until Discord was reached once.
"""

import structlog

from bot.adapters.discord import routes
from bot.adapters.discord.app_commands import COMMANDS, is_same
from bot.adapters.discord.rest import Refused, Rest
from bot.adapters.port import PlatformDown, PortError

log = structlog.get_logger()


class Identity:
    """What Discord knows the bot by; lives as long as the adapter."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._ids: tuple[int, int] | None = None  # the account and its application

    @property
    def bot_id(self) -> int:
        """The account that our messages are from. Raises PlatformDown while it is unknown."""
        if self._ids is None:
            raise PlatformDown
        return self._ids[0]

    @property
    def application_id(self) -> int:
        """What interactions and commands belong to. Raises PlatformDown while it is unknown."""
        if self._ids is None:
            raise PlatformDown
        return self._ids[1]

    async def learn(self) -> None:
        """Ask who we are, once. Raises Refused or what the port raises."""
        if self._ids is None:
            bot = await self._rest.call(routes.bot())
            application = await self._rest.call(routes.application())
            self._ids = int(bot["id"]), int(application["id"])

    async def gateway_address(self) -> str:
        """Give where to listen, with everything done that comes before. Raises like `learn`."""
        await self.learn()
        await self._register_commands()
        return str((await self._rest.call(routes.gateway()))["url"])

    async def _register_commands(self) -> None:
        """Register our commands if others are registered; where that fails, the old ones go on."""
        try:
            registered = await self._rest.call(routes.commands(self.application_id))
            if is_same(registered, COMMANDS):
                return
            await self._rest.call(routes.put_commands(self.application_id, COMMANDS))
        except (PortError, Refused):
            log.exception("commands not registered")
        else:
            log.info("commands registered", num=len(COMMANDS))
