"""What a caller holds of a request, without an engine."""

import asyncio

import pytest

from pipeline.engine.ticket import Ticket
from pipeline.errors import Cancelled
from pipeline.types import Pixels, Rendered, RenderPhase, RenderProgress, SamplerName

RENDERED = Rendered(
    pixels=Pixels(width_px=1, height_px=1, rgb=b"rgb"),
    seed=1,
    num_steps=4,
    guidance_scale=5.0,
    sampler=SamplerName.EULER,
    model="tiny",
    wait_s=0.0,
    render_s=0.1,
)


def news(step: int) -> RenderProgress:
    """News of a step."""
    return RenderProgress(phase=RenderPhase.DRAWING, place=0, step=step, num_steps=4, eta_s=None)


async def steps_of(ticket: Ticket) -> list[int]:
    """Read all news to the end."""
    return [progress.step async for progress in ticket.progress()]


async def test_every_reader_gets_the_latest_and_the_end() -> None:
    """Two readers of one ticket do not take news from each other."""
    ticket = Ticket(news(0), on_cancel=lambda: None)
    readers = [asyncio.create_task(steps_of(ticket)) for _ in range(2)]
    await asyncio.sleep(0)
    ticket.tell(news(1))
    ticket.tell(news(2))
    await asyncio.sleep(0)
    ticket.settle(RENDERED)

    async with asyncio.timeout(5):
        assert [[0, 2], [0, 2]] == [await reader for reader in readers]
        assert RENDERED is await ticket.result()


async def test_a_failure_ends_the_news_and_is_raised_by_the_result() -> None:
    """News end without an error; the reason comes with the result, every time it is asked for."""
    ticket = Ticket(news(0), on_cancel=lambda: None)
    ticket.settle(Cancelled())

    assert [0] == await steps_of(ticket)
    for _ in range(2):
        with pytest.raises(Cancelled):
            await ticket.result()


async def test_a_finished_request_is_not_cancelled() -> None:
    """Cancelling asks the engine once at most, and nobody after the outcome."""
    asked: list[str] = []
    ticket = Ticket(news(0), on_cancel=lambda: asked.append("cancel"))
    ticket.settle(RENDERED)

    ticket.cancel()

    assert [] == asked
