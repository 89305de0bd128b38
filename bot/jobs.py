"""The durable workflows: what survives a crash, and where it goes on.

A job walks through three queues. Each part ends by putting the next one into its queue, under an id that
follows from the job's, so nothing waits inside a workflow and no part can be queued twice:

    prepare   chat     acknowledge, read the text              id: the job's
    render    worker   draw, mark, keep, settle the outcome    id: the job's + ":r1"
    deliver   chat     bring the answer to whoever asked       id: the job's + ":d1"

The database is the queue's only. It holds ids and short words; what a job is and how far it is lies in
our own tables, written by steps that may run twice. A process that dies leaves its parts PENDING; the
next start under the same name, or whoever takes over for it, puts them back into their queues.

DBOS is known here and in `durable.py` only. All functions run in the event loop that launched it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, StepOptions

from bot.fairness import Lane
from bot.store import StoreUnavailable

log = structlog.get_logger()

PREPARE, DELIVER = "prepare", "deliver"
CHAT_QUEUES = (PREPARE, DELIVER)
RENDER_QUEUES = tuple(f"render-{lane}" for lane in Lane)
_MAX_STARTS = 1_000  # of one workflow; jobs that kill workers are put aside long before
_MAX_TRIES, _AGAIN_S = 10_000, 1.0  # of a step that needs our database
_LAST_WORDS_S = 2.0  # for parts that are done and are being written down


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Where a job waits for a worker."""

    lane: Lane
    priority: int  # 1 first

    def as_json(self) -> list[str | int]:
        """Give what a workflow can remember."""
        return [str(self.lane), self.priority]


class ChatSteps(Protocol):
    """What the chat role does for a job; each may be called again after a crash."""

    async def acknowledge(self, job_id: str) -> None:
        """See to it that the person sees a card."""
        ...

    async def prepare(self, job_id: str) -> Turn | None:
        """Read the text; None where the job's end is settled."""
        ...

    async def deliver(self, job_id: str) -> None:
        """Bring the answer to whoever asked; returns when the job is closed."""
        ...


class WorkerSteps(Protocol):
    """What a worker does for a job."""

    async def draw(self, job_id: str) -> None:
        """Draw a job and settle how it ends."""
        ...


class Jobs:
    """Registers the workflows of all roles, and puts jobs into the queues.

    A role without `chat` or `worker` never gets those parts, because it does not listen to their queues.
    Jobs may be put into the queues from the launch on; their parts begin with `open`.
    """

    def __init__(self, *, chat: ChatSteps | None, worker: WorkerSteps | None) -> None:
        self._chat, self._worker = chat, worker
        self._is_open = asyncio.Event()
        self._begun: set[asyncio.Task[object]] = set()  # all that DBOS runs of ours
        self._inside: set[asyncio.Task[object]] = set()  # those that are not written down yet
        workflow = DBOS.workflow
        self._prepare = workflow(name="prepare", max_recovery_attempts=_MAX_STARTS)(
            self._prepared()
        )
        self._render = workflow(name="render", max_recovery_attempts=_MAX_STARTS)(self._rendered())
        self._deliver = workflow(name="deliver", max_recovery_attempts=_MAX_STARTS)(
            self._delivered()
        )

    def open(self) -> None:
        """Let parts begin: whoever does their steps is there."""
        self._is_open.set()

    async def close(self) -> None:
        """Break off what is under way, for the next start, and let nothing begin any more.

        What DBOS still takes from the queues waits here until `let_go`.
        """
        self._is_open.clear()
        begun = tuple(self._begun)
        for task in tuple(self._inside):
            task.cancel()
        if begun:
            await asyncio.wait(begun, timeout=_LAST_WORDS_S)

    async def let_go(self) -> None:
        """End what waits here, after DBOS is gone and can take nothing more."""
        begun = tuple(self._begun)
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)

    async def enqueue_prepare(self, job_id: str, priority: int = 1) -> None:
        """Begin a job, 1 before all others; a second time does nothing."""
        with SetWorkflowID(job_id), SetEnqueueOptions(priority=priority):
            await DBOS.enqueue_workflow_async(PREPARE, self._prepare, job_id)

    async def enqueue_render(self, job_id: str, turn: Turn) -> None:
        """Have a job drawn; a second time does nothing."""
        with SetWorkflowID(render_id(job_id)), SetEnqueueOptions(priority=turn.priority):
            await DBOS.enqueue_workflow_async(f"render-{turn.lane}", self._render, job_id)

    async def enqueue_deliver(self, job_id: str) -> None:
        """Have the answer of a settled job brought; a second time does nothing."""
        with SetWorkflowID(deliver_id(job_id)):
            await DBOS.enqueue_workflow_async(DELIVER, self._deliver, job_id)

    def _prepared(self) -> Callable[[str], Coroutine[Any, Any, None]]:
        async def prepare(job_id: str) -> None:
            async with self._part(job_id):
                await DBOS.run_step_async(_step("acknowledge"), self._acknowledge, job_id)
                turn = await DBOS.run_step_async(_step("prepare"), self._read, job_id)
                if turn is None:
                    await self.enqueue_deliver(job_id)
                else:
                    lane, priority = turn
                    await self.enqueue_render(
                        job_id, Turn(lane=Lane(str(lane)), priority=int(priority))
                    )

        return prepare

    def _rendered(self) -> Callable[[str], Coroutine[Any, Any, None]]:
        async def render(job_id: str) -> None:
            async with self._part(job_id):
                await DBOS.run_step_async(_step("draw"), self._draw, job_id)
                await self.enqueue_deliver(job_id)

        return render

    def _delivered(self) -> Callable[[str], Coroutine[Any, Any, None]]:
        async def deliver(job_id: str) -> None:
            async with self._part(job_id):
                await DBOS.run_step_async(_step("deliver"), self._bring, job_id)

        return deliver

    @asynccontextmanager
    async def _part(self, job_id: str) -> AsyncIterator[None]:
        """Be one of the parts that `close` knows of; begins once parts may."""
        task = asyncio.current_task()
        assert task is not None
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        self._inside.add(task)
        try:
            await self._is_open.wait()
            with structlog.contextvars.bound_contextvars(job_id=job_id):
                yield
        finally:
            self._inside.discard(task)

    async def _acknowledge(self, job_id: str) -> None:
        assert self._chat is not None
        await self._chat.acknowledge(job_id)

    async def _read(self, job_id: str) -> list[str | int] | None:
        assert self._chat is not None
        turn = await self._chat.prepare(job_id)
        return turn.as_json() if turn else None

    async def _draw(self, job_id: str) -> None:
        assert self._worker is not None
        await self._worker.draw(job_id)

    async def _bring(self, job_id: str) -> None:
        assert self._chat is not None
        await self._chat.deliver(job_id)


def parts_of(job_id: str) -> tuple[str, str, str]:
    """Name all workflows that a job may ever be in."""
    return job_id, render_id(job_id), deliver_id(job_id)


def _step(name: str) -> StepOptions:
    """Wait for our database where it is away; whatever else is raised breaks the part."""
    return {
        "name": name,
        "retries_allowed": True,
        "interval_seconds": _AGAIN_S,
        "backoff_rate": 1.0,
        "max_attempts": _MAX_TRIES,
        "should_retry": lambda error: isinstance(error, StoreUnavailable),
    }


def render_id(job_id: str) -> str:
    """Name the workflow that draws a job."""
    return f"{job_id}:r1"


def deliver_id(job_id: str) -> str:
    """Name the workflow that brings a job's answer."""
    return f"{job_id}:d1"
