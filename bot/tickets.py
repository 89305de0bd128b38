"""The tickets of one job's pictures as one: one piece of news, all outcomes, one way to cancel.

Lives in the event loop. Does not know what is drawn.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from pipeline import PipelineError, Rendered, RenderPhase, RenderProgress, Ticket


class Tickets:
    """All pictures of a job, from the moment when the engine has taken them."""

    def __init__(self, tickets: Sequence[Ticket]) -> None:
        assert tickets
        self._tickets = tuple(tickets)

    async def progress(self) -> AsyncGenerator[RenderProgress]:
        """Give the news of all together until each has an outcome; a slow reader gets the latest."""
        latest: dict[Ticket, RenderProgress] = {}
        told: dict[Ticket, RenderProgress] = {}
        changed = asyncio.Event()

        async def follow(ticket: Ticket) -> None:
            async for news in ticket.progress():
                latest[ticket] = news
                changed.set()

        followers = [asyncio.create_task(follow(ticket)) for ticket in self._tickets]
        for follower in followers:
            follower.add_done_callback(lambda _: changed.set())
        try:
            while not all(follower.done() for follower in followers):
                await changed.wait()
                changed.clear()
                if len(latest) == len(self._tickets) and latest != told:
                    told = dict(latest)
                    yield together([latest[ticket] for ticket in self._tickets])
        finally:
            for follower in followers:
                follower.cancel()
            await asyncio.gather(*followers, return_exceptions=True)

    async def outcomes(self) -> tuple[Rendered | PipelineError, ...]:
        """Wait for every picture, or for the error that came instead."""
        return tuple([await _outcome(ticket) for ticket in self._tickets])

    def cancel(self) -> None:
        """Withdraw all that are not finished."""
        for ticket in self._tickets:
            ticket.cancel()


def together(news: Sequence[RenderProgress]) -> RenderProgress:
    """Say of several pictures what is said of one: the steps of all, and when the last is done."""
    phases = {one.phase for one in news}
    etas_s = [one.eta_s for one in news if one.eta_s is not None]
    previews = [one.preview for one in news if one.preview is not None]
    unfinished = [one.preview for one in news if one.preview and one.step < one.num_steps]
    return RenderProgress(
        phase=phases.pop() if len(phases) == 1 else RenderPhase.DRAWING,
        place=min(one.place for one in news),
        step=sum(one.step for one in news),
        num_steps=sum(one.num_steps for one in news),
        eta_s=max(etas_s) if len(etas_s) == len(news) else None,
        preview=next(iter(unfinished + previews), None),
    )


async def _outcome(ticket: Ticket) -> Rendered | PipelineError:
    try:
        return await ticket.result()
    except PipelineError as error:
        return error
