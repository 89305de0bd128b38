"""The first answer to an interaction: exactly one, within three seconds of its birth.

A try that fails is repeated while there is time. Discord says so where an answer was there already, and
where it came too late; what became of one that was cut off is left to whoever edits it next.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from typing import Any

import structlog

from bot.adapters.discord import routes
from bot.adapters.discord.handle import Handle
from bot.adapters.discord.layout import EPHEMERAL, Upload
from bot.adapters.discord.refusal import ALREADY_ANSWERED, UNKNOWN_INTERACTION
from bot.adapters.discord.rest import Refused, Rest
from bot.adapters.discord.showing import MAX_FILE_BYTES
from bot.adapters.port import PlatformDown, PortError, Unclear

log = structlog.get_logger()

FIRST_WITHIN_S = 2.9  # of Discord's three seconds
_LEAST_S = 1.0  # that a call is given
_SETTLES_S = 10.0  # so long after a good first answer Discord may still not know of it
_UNCLEAR_SETTLES_S = 3.0  # after one that may have arrived


class Callback(IntEnum):
    """What a first answer is."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    CHOICES = 8
    MODAL = 9


class TokenDead(Exception):
    """The interaction's token serves no more: there may be another way to the person."""


class State(Enum):
    """How far the answering of an interaction is."""

    OPEN = auto()  # not answered yet
    DEFERRED = auto()  # or perhaps answered: to be edited
    ANSWERED = auto()
    LOST = auto()  # was not answered in time


@dataclass(slots=True, eq=False)
class Answer:
    """What is known of one interaction."""

    handle: Handle
    is_private: bool = False  # where it must be deferred
    is_press: bool = False  # of a button: its message may stay as it is
    max_file_bytes: int = MAX_FILE_BYTES
    state: State = State.OPEN
    is_tried: bool = False  # something was to be shown, and perhaps is
    settled_s: float | None = None  # when Discord surely knows of the first answer
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class FirstAnswers:
    """Gives first answers; lives as long as the adapter."""

    def __init__(
        self, rest: Rest, *, clock: Callable[[], float], wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._rest, self._clock, self._wall_clock = rest, clock, wall_clock

    def age_s(self, handle: Handle) -> float:
        """Say how old an interaction is, by Discord's clock."""
        return self._wall_clock() - self._rest.skew_s - handle.born_s

    async def complete(self, handle: Handle, texts: tuple[str, ...]) -> None:
        """Tell what an option may be completed to; late or lost, nobody misses it."""
        limit_s = max(_LEAST_S, FIRST_WITHIN_S - self.age_s(handle))
        request = routes.respond(handle, Callback.CHOICES, routes.choices(texts), limit_s=limit_s)
        try:
            await self._rest.call(request)
        except (PortError, Refused) as error:
            log.info("choices not shown", kind=type(error).__name__)

    async def defer(self, answer: Answer, *, is_private: bool) -> None:
        """Keep an interaction alive; where that may have arrived, it counts as done.

        Raises TokenDead, Refused or what the port raises.
        """
        data = {"flags": EPHEMERAL} if is_private else None
        try:
            await self.respond(answer, Callback.DEFERRED_MESSAGE, data)
        except (PlatformDown, Unclear):
            if answer.state is not State.DEFERRED:
                raise
        answer.state, answer.is_private = State.DEFERRED, is_private

    async def respond(
        self,
        answer: Answer,
        kind: Callback,
        data: Mapping[str, Any] | None,
        files: tuple[Upload, ...] = (),
    ) -> Any:
        """Give the first answer, with a second try while there is time.

        Where it is unclear what became of it, the answer counts as deferred; where it surely did not
        arrive, as lost.
        Raises TokenDead where it is too late, Refused or what the port raises.
        """
        handle = answer.handle
        error: PlatformDown | Unclear | None = None
        for _ in range(2):
            pause_s = (error.retry_after_s or 0.0) if isinstance(error, PlatformDown) else 0.0
            left_s = FIRST_WITHIN_S - self.age_s(handle) - pause_s
            if error is not None and left_s < _LEAST_S:
                break
            await asyncio.sleep(pause_s)
            request = routes.respond(handle, kind, data, files, limit_s=max(_LEAST_S, left_s))
            try:
                response = await self._rest.call(request)
            except (PlatformDown, Unclear) as exc:
                error = error if isinstance(error, Unclear) else exc
            except Refused as refused:
                if refused.code == UNKNOWN_INTERACTION:
                    log.warning("interaction answered too late", age_s=round(self.age_s(handle), 2))
                    answer.state = State.LOST
                    raise TokenDead from refused
                if refused.code != ALREADY_ANSWERED:
                    raise
                answer.settled_s = self._clock() + _SETTLES_S
                return None
            else:
                answer.settled_s = self._clock() + _SETTLES_S
                return response
        assert error is not None
        if isinstance(error, PlatformDown):
            answer.state = State.LOST
            raise TokenDead from error
        answer.state = State.DEFERRED
        answer.settled_s = self._clock() + _UNCLEAR_SETTLES_S
        raise error
