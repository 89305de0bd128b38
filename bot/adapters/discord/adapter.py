"""Discord: commands, buttons and messages in, cards out.

Offers `ChatPort` to the conversation and hands what people do to a `Listener`. Knows no job, no
sentence and no model. A card goes out by the interaction's token while that lives, by the bot's own
token afterwards, and as a direct message where the bot may not write. A Discord that cannot be reached
keeps nobody from starting: it is tried again, and until then what is to be sent waits.
"""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from cachetools import TTLCache

from bot.adapters.discord.answers import Answers
from bot.adapters.discord.attachments import Attachments
from bot.adapters.discord.channels import GONE, Channels
from bot.adapters.discord.client import DiscordRefused, Gateway, Reason
from bot.adapters.discord.first_answer import TokenDead
from bot.adapters.discord.handle import Handle, Shown, read_event, read_shown
from bot.adapters.discord.identity import Identity
from bot.adapters.discord.inbox import Inbox
from bot.adapters.discord.pace import Pace
from bot.adapters.discord.reading import PLATFORM
from bot.adapters.discord.refusal import UNKNOWN_MESSAGE, port_error_of
from bot.adapters.discord.rest import Refused, Rest
from bot.adapters.discord.showing import Showing, is_private
from bot.adapters.port import (
    Card,
    CardState,
    ChatPort,
    FileReader,
    Listener,
    MessageGone,
    MessageRef,
    NotForEverybody,
    Person,
    Place,
    PlaceGone,
    PortClosed,
    PortError,
    Unclear,
)

log = structlog.get_logger()

REPEAT_S = 150.0  # less than Discord remembers a nonce for
EDIT_INTERVAL_S = 2.0
_PROGRESS_S, _ANSWER_S = 3.0, 20.0  # that an edit is given
_START_S, _CLOSE_S = 10.0, 5.0
_PROGRESS = frozenset({CardState.WAITING, CardState.DRAWING})


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordOptions:
    """Which bot, and where Discord is."""

    token: str = field(repr=False)
    api_base: str = "https://discord.com/api/v10"


class DiscordChat(ChatPort):
    """The adapter of Discord; lives from `start` to `close`."""

    def __init__(self, options: DiscordOptions, listener: Listener, *, files: FileReader) -> None:
        api_base = options.api_base.rstrip("/")
        self._rest = Rest(api_base=api_base, token=options.token)
        self._identity = Identity(self._rest)
        showing = Showing(files)
        self._attachments = Attachments(api_base=api_base)
        self._answers = Answers(
            self._rest, showing, application_id=lambda: self._identity.application_id
        )
        self._channels = Channels(self._rest, showing, bot_id=lambda: self._identity.bot_id)
        self._inbox = Inbox(
            listener,
            self,
            answers=self._answers,
            channels=self._channels,
            attachments=self._attachments,
            bot_id=lambda: self._identity.bot_id,
        )
        self._gateway = Gateway(
            token=options.token,
            api_base=api_base,
            ask_address=self._identity.gateway_address,
            on_interaction=self._inbox.on_interaction,
            on_message=self._inbox.on_message,
        )
        self._pace = Pace(EDIT_INTERVAL_S)
        self._sent: TTLCache[tuple[str, str], MessageRef] = TTLCache(maxsize=5_000, ttl=REPEAT_S)
        self._unclear: TTLCache[tuple[str, str], bool] = TTLCache(maxsize=5_000, ttl=24 * 3600)
        self._listening: asyncio.Task[None] | None = None

    @property
    def platform(self) -> str:
        """The name in every person and place of Discord."""
        return PLATFORM

    @property
    def repeat_s(self) -> float:
        """Discord keeps a nonce for some minutes."""
        return REPEAT_S

    @property
    def edit_interval_s(self) -> float:
        """Edits draw on the same limit as the finished picture."""
        return EDIT_INTERVAL_S

    @property
    def is_connected(self) -> bool:
        """Whether people's commands come in."""
        return self._gateway.is_connected

    @property
    def refused(self) -> DiscordRefused | None:
        """Why no commands come in until the operator did something; None where that is not so."""
        return self._gateway.refused

    async def start(self) -> None:
        """Begin to listen. Raises DiscordRefused; a Discord that is not there is tried again."""
        self._rest.open()
        self._attachments.open()
        try:
            async with asyncio.timeout(_START_S):
                await self._identity.learn()
        except PortClosed as exc:
            await self._close_calls()
            raise DiscordRefused(Reason.TOKEN) from exc
        except (PortError, Refused, TimeoutError) as error:
            log.warning("Discord is not reached", kind=type(error).__name__)
        self._listening = asyncio.create_task(self._gateway.run())

    async def close(self) -> None:
        """Stop listening and sending; answers that are still being given are cancelled."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await asyncio.gather(listening, return_exceptions=True)
        await self._inbox.close()
        await self._close_calls()
        log.info("Discord is closed")

    async def send(
        self, place: Place, card: Card, *, reply_to: str | None = None, nonce: str | None = None
    ) -> MessageRef:
        """Show a new card: as the next answer to an interaction, else as a message."""
        once = (place.id, nonce or "")
        if nonce is not None and (sent := self._sent.get(once)):
            return sent
        await self._check_age(place, card)
        if once in self._unclear and (found := await self.find(place, once[1])):
            return found
        try:
            ref = await self._send(place, card, reply_to=reply_to, nonce=nonce)
        except Unclear:
            if nonce is not None:
                self._unclear[once] = True
            raise
        except Refused as refused:
            error = _error_of(refused)
            raise PlaceGone if isinstance(error, MessageGone) else error from refused
        if nonce is not None:
            self._sent[once] = ref
            self._unclear.pop(once, None)
        return ref

    async def edit(self, ref: MessageRef, card: Card) -> None:
        """Replace what a message shows, unless a newer edit of it comes first."""
        shown = read_shown(ref.id)
        if shown.id == GONE:
            raise MessageGone
        await self._check_age(ref.place, card)
        async with self._pace.turn(shown.id) as is_newest:
            if not is_newest:
                return
            limit_s = _PROGRESS_S if card.state in _PROGRESS else _ANSWER_S
            try:
                await self._edit(ref.place, shown, card, limit_s=limit_s)
            except Refused as refused:
                raise _error_of(refused) from refused

    async def find(self, place: Place, nonce: str) -> MessageRef | None:
        """Look for a message of ours in the channel's history."""
        is_seen = not place.home or self._gateway.may_read(int(place.id))
        message_id = await self._channels.find(place.id, nonce, is_seen=is_seen)
        return None if message_id is None else MessageRef(place=place, id=str(message_id))

    async def remove(self, ref: MessageRef) -> None:
        """Delete a message of ours."""
        shown = read_shown(ref.id)
        if shown.id == GONE:
            return
        try:
            await self._remove(ref.place, shown)
        except Refused as refused:
            if refused.code != UNKNOWN_MESSAGE:
                raise _error_of(refused) from refused

    async def forget(self, person: Person) -> None:
        """Drop which pictures a person chose to draw over."""
        self._attachments.forget(person.id)

    async def _send(
        self, place: Place, card: Card, *, reply_to: str | None, nonce: str | None
    ) -> MessageRef:
        handle = read_event(reply_to) if reply_to else None
        if handle is None:
            message_id = await self._channels.send(place.id, card, reply_to=reply_to, nonce=nonce)
            return MessageRef(place=place, id=str(message_id))
        if self._answers.is_alive(handle):
            with suppress(TokenDead):
                shown = await self._answers.show(handle, card, nonce=nonce or "")
                self._pace.edited(shown.id)
                return MessageRef(place=place, id=str(shown))
        if handle.user_id is not None:
            _check_for_everybody(card)
            channel_id, message_id = await self._channels.send_direct(
                handle.user_id, card, nonce=nonce or _nonce_of(handle)
            )
            direct = Place(platform=PLATFORM, id=channel_id)
            return MessageRef(place=direct, id=str(message_id))
        if is_private(card):  # nobody else may see it
            raise PlaceGone
        message_id = await self._channels.send(place.id, card, reply_to=None, nonce=nonce)
        return MessageRef(place=place, id=str(message_id))

    async def _edit(self, place: Place, shown: Shown, card: Card, *, limit_s: float) -> None:
        handle = shown.handle
        if handle is not None and self._answers.is_alive(handle):
            with suppress(TokenDead):
                await self._answers.edit(shown, card, limit_s=limit_s)
                return
        if handle is None or handle.user_id is None:
            await self._channels.edit(place.id, shown.id, card, limit_s=limit_s)
        else:
            _check_for_everybody(card)
            await self._channels.send_direct(handle.user_id, card, nonce=_nonce_of(handle))

    async def _remove(self, place: Place, shown: Shown) -> None:
        handle = shown.handle
        if handle is not None and self._answers.is_alive(handle):
            with suppress(TokenDead):
                await self._answers.remove(shown)
                return
        if handle is not None and handle.user_id is not None:
            raise MessageGone  # it stays where it is
        await self._channels.remove(place.id, shown.id)

    async def _check_age(self, place: Place, card: Card) -> None:
        """Keep what is for adults from where everybody looks. Raises NotForEverybody, or like `find`."""
        if not card.is_adult:
            return
        is_for_adults = self._gateway.is_for_adults(int(place.id))
        if is_for_adults is None:
            is_for_adults = await self._channels.is_for_adults(place.id)
        if not is_for_adults:
            raise NotForEverybody

    async def _close_calls(self) -> None:
        await self._rest.close()
        await self._attachments.close()


def _check_for_everybody(card: Card) -> None:
    """Keep what is for adults out of a private conversation, where nobody's age is known.

    Raises NotForEverybody.
    """
    if card.is_adult:
        raise NotForEverybody


def _error_of(refused: Refused) -> Exception:
    """Give the port's error for a refusal; what is a mistake of ours is raised as it is."""
    error = port_error_of(refused)
    if error is None:
        log.error("call refused", code=refused.code, status=refused.status, fields=refused.fields)
    return error or refused


def _nonce_of(handle: Handle) -> str:
    """Name the one direct message that an interaction may end in; at most 25 characters."""
    return hashlib.sha256(str(handle.id).encode()).hexdigest()[:25]
