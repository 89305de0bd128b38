"""Answers to interactions: the first one within three seconds, the others for fifteen minutes.

The first answer is the card itself. Where it takes long, a deferral keeps the interaction alive and the
card fills it. Whether a first answer that was cut off has arrived is seen by editing it: so nothing is
shown twice. After a restart nothing is known of an interaction, and editing tells as well.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from cachetools import TTLCache

from bot.adapters.discord import routes
from bot.adapters.discord.first_answer import (
    FIRST_WITHIN_S,
    Answer,
    Callback,
    FirstAnswers,
    State,
    TokenDead,
)
from bot.adapters.discord.forms import modal_of
from bot.adapters.discord.handle import TOKEN_LIFE_S, Handle, Shown
from bot.adapters.discord.layout import EPHEMERAL, NOBODY, Payload
from bot.adapters.discord.refusal import (
    DEAD_TOKEN,
    TOKEN_EXPIRED,
    TOO_MANY_FOLLOW_UPS,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
)
from bot.adapters.discord.rest import Refused, Rest
from bot.adapters.discord.showing import MAX_FILE_BYTES, NO_WORDS, Showing, is_private
from bot.adapters.port import Card, PortError

log = structlog.get_logger()

DEFER_AFTER_S = 1.8
_SETTLE_PAUSE_S = 0.5
_MAX_REMEMBERED = 5_000


class Answers:
    """Answers interactions; lives as long as the adapter."""

    def __init__(
        self,
        rest: Rest,
        showing: Showing,
        *,
        application_id: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rest, self._showing, self._application_id = rest, showing, application_id
        self._first = FirstAnswers(rest, clock=clock)
        self._clock, self._sleep = clock, sleep
        self._answers: TTLCache[int, Answer] = TTLCache(
            maxsize=_MAX_REMEMBERED, ttl=TOKEN_LIFE_S, timer=clock
        )
        self._dead: TTLCache[int, bool] = TTLCache(
            maxsize=_MAX_REMEMBERED, ttl=TOKEN_LIFE_S, timer=clock
        )

    def begin(self, answer: Answer) -> None:
        """Remember an interaction that has to be answered."""
        self._answers[answer.handle.id] = answer

    def age_s(self, handle: Handle) -> float:
        """Say how old an interaction is, by Discord's clock."""
        return self._first.age_s(handle)

    async def complete(self, handle: Handle, texts: tuple[str, ...]) -> None:
        """Tell what an option may be completed to; late or lost, nobody misses it."""
        await self._first.complete(handle, texts)

    def is_alive(self, handle: Handle) -> bool:
        """Whether a token still serves, for all that is known."""
        return self.age_s(handle) < TOKEN_LIFE_S and handle.id not in self._dead

    async def show(self, handle: Handle, card: Card, *, nonce: str) -> Shown:
        """Show a card as the next answer. Raises TokenDead, Refused or what the port raises."""
        answer = self._answers.get(handle.id)
        if answer is None:  # of a process before this one
            answer = Answer(handle=handle, state=State.DEFERRED)
            self.begin(answer)
        async with answer.lock:
            answer.is_tried = True
            if answer.state is State.OPEN:
                if card.form is not None:
                    return await self._ask_by_form(answer, card)
                if not (card.pictures or card.files or card.preview):
                    return await self._show_first(answer, card, nonce=nonce)
                await self._first.defer(
                    answer, is_private=is_private(card)
                )  # files take their time
            if answer.state is State.LOST:
                raise TokenDead
            if answer.state is State.DEFERRED:
                return await self._fill(answer, card, nonce=nonce)
            return await self._follow_up(answer, card, nonce=nonce)

    async def defer_late(self, answer: Answer) -> None:
        """Keep an interaction alive when its answer takes long."""
        await self._sleep(max(0.0, DEFER_AFTER_S - self.age_s(answer.handle)))
        if answer.state is State.OPEN:
            await self.defer(answer)

    async def defer(self, answer: Answer) -> bool:
        """Keep an interaction alive that was not answered; False where it can be answered no more."""
        async with answer.lock:
            if answer.state is State.OPEN:
                try:
                    await self._first.defer(answer, is_private=answer.is_private)
                except (PortError, Refused, TokenDead) as error:
                    log.warning("answer not deferred", kind=type(error).__name__)
            return answer.state is not State.LOST

    async def finish(self, answer: Answer) -> None:
        """End the waiting of a person to whom nothing was said."""
        async with answer.lock:
            try:
                if answer.state is State.OPEN:
                    if answer.is_press:
                        await self._first.respond(answer, Callback.DEFERRED_UPDATE, None)
                    answer.state = State.ANSWERED
                elif answer.state is State.DEFERRED and not answer.is_tried:
                    await self._withdraw(answer)
            except (PortError, Refused, TokenDead) as error:
                log.info("interaction not ended", kind=type(error).__name__)

    async def edit(self, shown: Shown, card: Card, *, limit_s: float) -> None:
        """Edit an answer by its token. Raises TokenDead, Refused or what the port raises."""
        assert shown.handle is not None
        handle = shown.handle

        async def ask(payload: Payload) -> Any:
            return await self._rest.call(
                routes.edit_answer(
                    self._application_id(),
                    handle,
                    shown.id,
                    payload.fields,
                    payload.images,
                    limit_s=limit_s,
                )
            )

        await self._settled(
            handle,
            lambda: self._showing.show(card, ask, max_file_bytes=self._max_file_bytes(handle)),
        )

    async def remove(self, shown: Shown) -> None:
        """Delete an answer by its token. Raises TokenDead, Refused or what the port raises."""
        assert shown.handle is not None
        handle = shown.handle
        request = routes.delete_answer(self._application_id(), handle, shown.id)
        await self._settled(handle, lambda: self._rest.call(request))

    async def _ask_by_form(self, answer: Answer, card: Card) -> Shown:
        assert card.form is not None
        try:
            await self._first.respond(
                answer, Callback.MODAL, modal_of(card.form, card.job_id or "")
            )
        finally:  # no message comes of it
            if answer.state is not State.LOST:
                answer.state = State.ANSWERED
        return Shown(id=0, handle=answer.handle)

    async def _show_first(self, answer: Answer, card: Card, *, nonce: str) -> Shown:
        async def ask(payload: Payload) -> Any:
            fields = _for_whom(payload.fields, is_ephemeral=is_private(card))
            return await self._first.respond(answer, Callback.MESSAGE, fields, payload.images)

        try:
            response = await self._showing.show(card, ask, nonce=nonce)
        except PortError:
            if answer.state is not State.DEFERRED:
                raise
            answer.is_private, response = is_private(card), None  # it may have arrived
        message_id = _message_id(response)
        if message_id is None:
            return await self._fill(answer, card, nonce=nonce)
        answer.state = State.ANSWERED
        return Shown(id=message_id, handle=answer.handle)

    async def _fill(self, answer: Answer, card: Card, *, nonce: str) -> Shown:
        """Edit the first answer, so that it shows a card."""
        if card.is_private and not answer.is_private and answer.settled_s is not None:
            return await self._follow_privately(answer, card, nonce=nonce)

        async def ask(payload: Payload) -> Any:
            return await self._rest.call(
                routes.edit_answer(
                    self._application_id(),
                    answer.handle,
                    None,
                    payload.fields,
                    payload.images,
                    limit_s=20.0,
                )
            )

        try:
            response = await self._settled(
                answer.handle,
                lambda: self._showing.show(
                    card, ask, nonce=nonce, max_file_bytes=answer.max_file_bytes
                ),
            )
        except Refused as refused:
            if refused.code != UNKNOWN_MESSAGE:
                raise
            answer.state = State.ANSWERED  # and taken away by somebody
            return await self._follow_up(answer, card, nonce=nonce)
        answer.state = State.ANSWERED
        return Shown(id=int(response["id"]), handle=answer.handle)

    async def _follow_privately(self, answer: Answer, card: Card, *, nonce: str) -> Shown:
        """Show a card to one person where everybody sees the deferral, and take that away."""
        handle = answer.handle
        # While it is loading, a further answer would fill it, and without it there could be none.
        waits = routes.edit_answer(
            self._application_id(),
            handle,
            None,
            {"content": NO_WORDS, "allowed_mentions": NOBODY},
            (),
            limit_s=10.0,
        )
        await self._settled(handle, lambda: self._rest.call(waits))
        answer.state = State.ANSWERED
        shown = await self._follow_up(answer, card, nonce=nonce)
        with suppress(PortError, Refused, TokenDead):  # it says nothing
            await self._withdraw(answer)
        return shown

    async def _withdraw(self, answer: Answer) -> None:
        """Take the first answer away. Raises TokenDead, Refused or what the port raises."""
        answer.state = State.ANSWERED
        request = routes.delete_answer(self._application_id(), answer.handle)
        await self._settled(answer.handle, lambda: self._rest.call(request))

    async def _follow_up(self, answer: Answer, card: Card, *, nonce: str) -> Shown:
        async def ask(payload: Payload) -> Any:
            fields = _for_whom(payload.fields, is_ephemeral=is_private(card))
            request = routes.follow_up(
                self._application_id(), answer.handle, fields, payload.images
            )
            return await self._rest.call(request)

        try:
            response = await self._settled(
                answer.handle,
                lambda: self._showing.show(
                    card, ask, nonce=nonce, max_file_bytes=answer.max_file_bytes
                ),
            )
        except Refused as refused:
            if (
                refused.code == UNKNOWN_MESSAGE
            ):  # the deferral was taken away, and nothing may follow
                raise TokenDead from refused
            if refused.code != TOO_MANY_FOLLOW_UPS:
                raise
            return await self._fill(answer, card, nonce=nonce)
        return Shown(id=int(response["id"]), handle=answer.handle)

    async def _settled(self, handle: Handle, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask by a token, again where Discord does not know it yet. Raises TokenDead if it never does."""
        answer = self._answers.get(handle.id)
        settled_s = answer.settled_s if answer else None
        while True:
            try:
                return await ask()
            except Refused as refused:
                if refused.code not in DEAD_TOKEN:
                    raise
                is_fresh = settled_s is not None and self._clock() < settled_s
                if refused.code == UNKNOWN_WEBHOOK and is_fresh:
                    await self._sleep(_SETTLE_PAUSE_S)
                    continue
                if refused.code == TOKEN_EXPIRED or self.age_s(handle) > FIRST_WITHIN_S:
                    self._dead[handle.id] = True
                raise TokenDead from refused

    def _max_file_bytes(self, handle: Handle) -> int:
        answer = self._answers.get(handle.id)
        return answer.max_file_bytes if answer else MAX_FILE_BYTES


def _for_whom(fields: Mapping[str, Any], *, is_ephemeral: bool) -> dict[str, Any]:
    flags = fields.get("flags", 0) | (EPHEMERAL if is_ephemeral else 0)
    return {**fields, "flags": flags} if flags else dict(fields)


def _message_id(response: Any) -> int | None:
    """Read which message a first answer made; None where Discord did not say."""
    interaction = (response or {}).get("interaction", {})
    told = interaction.get("response_message_id")
    return int(told) if told else None
