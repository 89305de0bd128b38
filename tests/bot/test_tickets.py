"""Several tickets are as good as one."""

import asyncio

from bot.tickets import Tickets, together
from pipeline import Cancelled, RenderPhase, RenderProgress, Ticket
from tests.doubles import PIXELS, progress

LIMIT_S = 60.0
WAITING = RenderProgress(phase=RenderPhase.WAITING, place=3, step=0, num_steps=2, eta_s=None)


def ticket() -> Ticket:
    """A ticket that settles itself when it is cancelled."""
    made: Ticket
    made = Ticket(WAITING, on_cancel=lambda: made.settle(Cancelled()))
    return made


def test_what_waits_as_a_whole_is_waiting() -> None:
    """The place is that of the first, and nothing is promised while one of them cannot tell."""
    first = RenderProgress(phase=RenderPhase.WAITING, place=1, step=0, num_steps=2, eta_s=4.0)

    both = together([WAITING, first])

    assert (RenderPhase.WAITING, 1, None) == (both.phase, both.place, both.eta_s)


def test_several_are_done_with_their_last() -> None:
    """One that waits and one that is decoded are drawn together; the longest wait counts."""
    decoding = progress(2, phase=RenderPhase.DECODING)

    both = together([decoding, progress(1)])

    assert RenderPhase.DRAWING is both.phase
    assert (3, 4, 1.0) == (both.step, both.num_steps, both.eta_s)
    assert PIXELS == both.preview


async def test_news_of_any_is_news_of_all() -> None:
    """A reader hears of each change, and of nothing more once all have their outcome."""
    tickets = [ticket(), ticket()]
    joint = Tickets(tickets)
    steps = []

    async def read() -> None:
        async for news in joint.progress():
            steps.append(news.step)
            if news.step == 0:
                tickets[1].tell(progress(1))
            elif news.step == 1:
                tickets[0].tell(progress(1))
            else:
                joint.cancel()

    await asyncio.wait_for(read(), LIMIT_S)

    assert [0, 1, 2] == steps
    assert [Cancelled, Cancelled] == [type(one) for one in await joint.outcomes()]


async def test_a_reader_that_stops_leaves_nothing_behind() -> None:
    """Closing the news ends whatever followed the tickets; the tickets go on."""
    tickets = [ticket(), ticket()]
    news = Tickets(tickets).progress()
    await anext(news)

    await news.aclose()

    assert [] == [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
