"""A text pipeline and an engine that work by waiting, for programs that are started hundreds of times.

`stand_in` puts them where the real ones are imported from, before the program is: nothing else of it
is replaced, and nothing loads torch, which takes longer than a process of the kill loop lives.
"""

import asyncio
import hashlib
import os
import signal
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pipeline
from pipeline import (
    Audience,
    Cancelled,
    EngineStats,
    ModelFacts,
    PipelineError,
    Pixels,
    Preparation,
    ProviderHealth,
    Rendered,
    RenderPhase,
    RenderRequest,
    Revised,
    ShuttingDown,
    Ticket,
    Verdict,
)
from tests import doubles

NOTHING_KNOWN = "뷁"  # a text with this word gives no prompt
POISON_SEED = 666  # drawing with it kills the process
_NUM_STEPS = 4
_NUM_AT_ONCE = 2
_MOST_TEXT_S = 0.1  # also before a picture that is never finished


def english_of(text: str) -> str:
    """Give the English word that stands in the translation of one text and of no other."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class WaitingText:
    """Takes a moment for every text."""

    def __init__(self, *, text_s: float) -> None:
        self._text_s = text_s

    async def load_language(self) -> None:
        """Need nothing."""

    async def warm_up(self) -> None:
        """Need nothing."""

    async def close(self) -> None:
        """Hold nothing."""

    def health(self) -> tuple[ProviderHealth, ...]:
        """Name nobody."""
        return ()

    async def prepare(
        self,
        text: str,
        *,
        negative: str = "",
        terms: Mapping[str, str] = MappingProxyType({}),
        english: str = "",
        words: Sequence[tuple[str, float]] = (),
        is_over_photo: bool = False,
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
    ) -> Preparation:
        """Understand a whale of its own for each text."""
        await asyncio.sleep(self._text_s)
        if NOTHING_KNOWN in text:
            return doubles.preparation(text, verdict=Verdict.UNTRANSLATABLE)
        understood = doubles.preparation(text)
        return replace(understood, english=f"{understood.english} called {english_of(text)}")

    async def judged(
        self,
        prepared: Preparation,
        *,
        negative: str = "",
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
    ) -> Preparation:
        """Find nothing."""
        return prepared

    async def revise(self, text: str, change: str) -> Revised:
        """Put both side by side."""
        return Revised(text=f"{text}, {change}")

    async def forget_unused(self, *, for_s: float) -> None:
        """Remember nothing."""

    async def forget(self, text: str) -> None:
        """Remember nothing."""


class WaitingEngine:
    """Takes a while for every picture, step by step, a few at once; each seed has its colour."""

    def __init__(self, *, work_s: float) -> None:
        self.facts: ModelFacts = replace(doubles.FACTS, display_px=128)  # room for a label
        self._step_s = work_s / _NUM_STEPS
        self._room = asyncio.Semaphore(_NUM_AT_ONCE)
        self._work: dict[Ticket, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Need nothing."""

    def stats(self) -> EngineStats:
        """Count what is under way."""
        return EngineStats(
            num_waiting=0, num_running=len(self._work), num_ticks=0, ticks_s=0.0, tick_s={}
        )

    async def close(self, *, limit_s: float = 0.0) -> None:
        """End what is under way, as a program that stops does."""
        for ticket in tuple(self._work):
            self._end(ticket, ShuttingDown())

    def submit(self, asked: RenderRequest) -> Ticket:
        """Begin to wait."""
        ticket = Ticket(
            doubles.progress(0, phase=RenderPhase.WAITING),
            on_cancel=lambda: self._end(ticket, Cancelled()),
        )
        self._work[ticket] = asyncio.create_task(self._draw(ticket, asked))
        return ticket

    def _end(self, ticket: Ticket, reason: PipelineError) -> None:
        task = self._work.pop(ticket, None)
        if task is not None:
            task.cancel()
            ticket.settle(reason)

    async def _draw(self, ticket: Ticket, asked: RenderRequest) -> None:
        async with self._room:
            for step in range(_NUM_STEPS):
                ticket.tell(replace(doubles.progress(step), num_steps=_NUM_STEPS))
                await asyncio.sleep(self._step_s)
                if asked.seed == POISON_SEED:
                    os.kill(os.getpid(), signal.SIGKILL)
        del self._work[ticket]
        ticket.settle(
            Rendered(
                pixels=Pixels(
                    width_px=4, height_px=4, rgb=(asked.seed % 2**24).to_bytes(3, "big") * 16
                ),
                seed=asked.seed,
                num_steps=_NUM_STEPS,
                guidance_scale=4.0,
                sampler=self.facts.sampler,
                model=self.facts.name,
                wait_s=0.0,
                render_s=self._step_s * _NUM_STEPS,
            )
        )


def stand_in(*, work_s: float) -> None:
    """Let whoever imports the pipeline from now on get the parts above. Call it first of all."""
    parts = {
        "Engine": lambda *_: WaitingEngine(work_s=work_s),
        "Preparer": lambda *_, **__: WaitingText(text_s=min(work_s / 10, _MOST_TEXT_S)),
        "token_counter_of": lambda *_: None,
    }
    for name, part in parts.items():
        setattr(pipeline, name, part)
