"""One job's pictures on the way through an engine: asked for, followed, cancelled, finished.

They are queued together, drawn as the engine likes, and handed over together. Does not know what
becomes of them: a shell command writes them to a file, a worker keeps them for whoever asked.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.command import DrawCommand
from bot.marking import Due, Marking
from bot.pictures import Finished, finish
from bot.scrutiny import Scrutiny
from bot.settings import DrawSection
from bot.tickets import Tickets
from bot.wish import read_start, requests
from pipeline import (
    Cancelled,
    ModelFacts,
    PictureUnsafe,
    PipelineError,
    Pixels,
    Preparation,
    Rendered,
    RenderProgress,
    RenderRequest,
    Rule,
    SourceType,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawingResult:
    """What came of a job: one picture or more."""

    pictures: tuple[Finished, ...]
    has_blocked_minors: bool = False  # one that is missing was refused under `Rule.MINOR`


class Drawing:
    """The pictures of one job, from the moment when the engine has taken them all."""

    def __init__(
        self,
        command: DrawCommand,
        preparation: Preparation,
        asked: Sequence[RenderRequest],
        tickets: Tickets,
        *,
        scrutiny: Scrutiny,
        due: Due,
        display_px: int,
    ) -> None:
        self._command, self._preparation = command, preparation
        self._asked, self._tickets, self._display_px = asked, tickets, display_px
        self._scrutiny, self._due = scrutiny, due

    @property
    def source_type(self) -> SourceType:
        """Say what the pictures are made from."""
        return self._due.source_type

    def progress(self) -> AsyncGenerator[RenderProgress]:
        """Give the news of all pictures together until each has an outcome."""
        return self._tickets.progress()

    async def may_be_looked_at(self, preview: Pixels) -> bool:
        """Whether a preview may be shown."""
        return await self._scrutiny.may_be_looked_at(preview)

    def cancel(self) -> None:
        """Stop at the next step; the engine's place is free after one tick."""
        self._tickets.cancel()

    async def finished(self) -> DrawingResult:
        """Wait for the pictures, and judge and mark those that came: fewer than asked for where some failed.

        Raises where none came the gravest PipelineError: what is unfit near somebody young, or the first.
        Raises Cancelled where it was cancelled.
        """
        outcomes = await self._tickets.outcomes()
        if cancelled := [one for one in outcomes if isinstance(one, Cancelled)]:
            raise cancelled[0]
        pictures: list[Finished] = []
        errors: list[PipelineError] = []
        for request, outcome in zip(self._asked, outcomes, strict=True):
            try:
                pictures.append(await self._finished(request, outcome))
            except PipelineError as error:
                errors.append(error)
        of_minors = [one for one in errors if _is_of_minors(one)]
        if not pictures:
            raise (of_minors or errors)[0]
        for one in errors:
            if isinstance(one, PictureUnsafe):
                log.warning("picture blocked", rule=str(one.rule))
            else:
                log.error("picture failed", exc_info=one)
        return DrawingResult(pictures=tuple(pictures), has_blocked_minors=bool(of_minors))

    async def _finished(
        self, request: RenderRequest, outcome: Rendered | PipelineError
    ) -> Finished:
        """Judge and mark one picture. Raises the PipelineError that it ended with, or ends with now."""
        if isinstance(outcome, PipelineError):
            raise outcome
        picture = await finish(
            self._preparation,
            request,
            outcome,
            scrutiny=self._scrutiny,
            due=self._due,
            negative=self._command.negative,
            display_px=self._display_px,
        )
        timings = {f"{name}_ms": round(ms) for name, ms in picture.timings_ms.items()}
        log.info("picture done", seed=request.seed, **timings)
        return picture


def _is_of_minors(error: PipelineError) -> bool:
    return isinstance(error, PictureUnsafe) and error.rule is Rule.MINOR


async def begin(
    engine: Renderer,
    command: DrawCommand,
    preparation: Preparation,
    *,
    photo: bytes | None,
    seed: int,
    draw: DrawSection,
    scrutiny: Scrutiny,
    marking: Marking,
    job_id: str,
    person: str | None = None,
) -> Drawing:
    """Queue all pictures of a job or none. Raises PipelineError."""
    assert preparation.prompt is not None
    start = await asyncio.to_thread(read_start, command, photo, engine.facts)
    if start is not None:
        await scrutiny.check_photo(start.pixels)
    due = await asyncio.to_thread(marking.due, preparation, engine.facts, photo=photo)
    asked = requests(
        command,
        prompt=preparation.prompt,
        start=start,
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
        command,
        preparation,
        asked,
        Tickets(tickets),
        scrutiny=scrutiny,
        due=due,
        display_px=engine.facts.display_px,
    )
