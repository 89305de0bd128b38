"""One job's pictures on the way through an engine: asked for, followed, cancelled, finished.

They are queued together, drawn as the engine likes, and handed over together. Does not know what
becomes of them: a shell command writes them to a file, a worker keeps them for whoever asked.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

import structlog

from bot.command import DrawCommand
from bot.pictures import Finished, finish
from bot.settings import DrawSection
from bot.tickets import Tickets
from bot.wish import read_start, requests
from pipeline import (
    Cancelled,
    ModelFacts,
    PipelineError,
    Preparation,
    Rendered,
    RenderProgress,
    RenderRequest,
    Ticket,
)

log = structlog.get_logger()


class Renderer(Protocol):
    """What drawing needs of the engine: `Engine`, or a double."""

    @property
    def facts(self) -> ModelFacts:
        """Return what is true of the model."""
        ...

    def submit(self, asked: RenderRequest) -> Ticket:
        """Queue a picture. Raises PipelineError."""
        ...


class Drawing:
    """The pictures of one job, from the moment when the engine has taken them all."""

    def __init__(
        self,
        command: DrawCommand,
        preparation: Preparation,
        asked: Sequence[RenderRequest],
        tickets: Tickets,
        *,
        display_px: int,
    ) -> None:
        self._command, self._preparation = command, preparation
        self._asked, self._tickets, self._display_px = asked, tickets, display_px

    def progress(self) -> AsyncGenerator[RenderProgress]:
        """Give the news of all pictures together until each has an outcome."""
        return self._tickets.progress()

    def cancel(self) -> None:
        """Stop at the next step; the engine's place is free after one tick."""
        self._tickets.cancel()

    async def finished(self) -> tuple[Finished, ...]:
        """Wait for the pictures, and mark those that came: fewer than asked for where some failed.

        Raises the PipelineError of the first where none came, and Cancelled where it was cancelled.
        """
        outcomes = await self._tickets.outcomes()
        errors = [outcome for outcome in outcomes if isinstance(outcome, PipelineError)]
        if len(errors) == len(outcomes) or any(isinstance(error, Cancelled) for error in errors):
            raise errors[0]
        for error in errors:
            log.error("picture failed", exc_info=error)
        pictures: list[Finished] = []
        for request, outcome in zip(self._asked, outcomes, strict=True):
            if isinstance(outcome, Rendered):
                picture = await finish(
                    self._preparation,
                    request,
                    outcome,
                    negative=self._command.negative,
                    display_px=self._display_px,
                )
                pictures.append(picture)
                timings = {f"{name}_ms": round(ms) for name, ms in picture.timings_ms.items()}
                log.info("picture done", seed=request.seed, **timings)
        return tuple(pictures)


async def begin(
    engine: Renderer,
    command: DrawCommand,
    preparation: Preparation,
    *,
    photo: bytes | None,
    seed: int,
    draw: DrawSection,
    job_id: str,
    person: str | None = None,
) -> Drawing:
    """Queue all pictures of a job or none. Raises PipelineError."""
    assert preparation.prompt is not None
    asked = requests(
        command,
        prompt=preparation.prompt,
        start=await asyncio.to_thread(read_start, command, photo, engine.facts),
        facts=engine.facts,
        default=draw,
        seed=seed,
        job_id=job_id,
        person=person,
    )
    tickets: list[Ticket] = []
    try:
        for one in asked:
            tickets.append(engine.submit(one))
    except PipelineError:
        for ticket in tickets:
            ticket.cancel()
        raise
    return Drawing(
        command, preparation, asked, Tickets(tickets), display_px=engine.facts.display_px
    )
