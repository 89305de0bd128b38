"""What a person sees of a job before it ends: little, in time, and never after the ending."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot import texts
from bot.adapters.port import (
    Card,
    CardState,
    MessageGone,
    PlaceGone,
    PlatformDown,
    PortClosed,
    PortError,
    Unclear,
)
from bot.fairness import Capacity
from bot.follower import Follower
from bot.job import Ending, Outcome, Progress
from bot.metrics import Metrics
from pipeline import RenderPhase
from tests.bot.office import Office, open_office
from tests.doubles import Fault

INTERVAL_S = 2.0
NEWS = Progress(phase=RenderPhase.DRAWING, place=0, step=1, num_steps=8, eta_s=9.0)
PNG = b"\x89PNG a preview"


@dataclass(slots=True, kw_only=True)
class Watch:
    """A follower that looks when the test says so."""

    office: Office
    follower: Follower

    async def look(self, *, after_s: float = 0.0) -> Card:
        """Let time pass, and the follower look; gives what is shown then."""
        self.office.time.pass_(after_s)
        await self.follower.look()
        await asyncio.gather(*self.follower._edits)
        return self.office.port.last

    async def draw(self, news: Progress = NEWS, *, preview: bytes | None = None) -> None:
        """Let a worker draw the job and tell of it."""
        await self.office.store.claim("job", "worker-0")
        await self.office.store.tell({"job": (news, preview)})

    @property
    def num_edits(self) -> int:
        """Count the edits of cards."""
        return [call.kind for call in self.office.port.calls].count("edit")


def follower_of(office: Office) -> Follower:
    """Make a follower over an office's store and platform."""
    return Follower(
        store=office.store,
        port_of=lambda platform: office.port if platform == "test" else None,
        unlearned=lambda record: (),
        is_ready=lambda: True,
        capacity=lambda: Capacity(seconds_per_unit=10.0, num_workers=1),
        metrics=Metrics(),
        clock=office.time,
    )


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    """A job whose text was read, and a follower that has shown so."""
    async with open_office(tmp_path) as office:
        office.port._edit_interval_s = INTERVAL_S
        await office.accept("job")
        watch = Watch(office=office, follower=follower_of(office))
        await watch.look()
        office.port.calls.clear()
        yield watch
        await watch.follower.close()


async def test_a_card_shows_the_place_and_then_the_steps(watch: Watch) -> None:
    """Whoever waits reads how long; whoever is drawn for sees the bar."""
    waiting = watch.office.port.last
    await watch.draw()
    drawing = await watch.look(after_s=INTERVAL_S)

    assert texts.waiting(0, 10.0) == waiting.text
    assert waiting.details
    assert CardState.DRAWING is drawing.state
    assert drawing.progress is not None
    assert (1, 8) == (drawing.progress.step, drawing.progress.num_steps)


async def test_an_acknowledgement_is_not_shown_twice(tmp_path: Path) -> None:
    """The first look at a job whose text is not read yet finds its card as it should be."""
    async with open_office(tmp_path) as office:
        watch = Watch(office=office, follower=follower_of(office))
        await office.accept("job", is_read=False)
        for _ in range(3):
            await watch.look(after_s=INTERVAL_S)

        assert 0 == watch.num_edits


async def test_nothing_new_edits_nothing(watch: Watch) -> None:
    """A card that would look the same is left alone, however often the follower looks."""
    await watch.draw()
    for _ in range(5):
        await watch.look(after_s=INTERVAL_S)

    assert 1 == watch.num_edits


async def test_a_card_is_edited_no_more_often_than_its_platform_bears(watch: Watch) -> None:
    """Of many steps only as many are shown as there is time for; the newest is shown."""
    for step in range(1, 9):
        await watch.draw(replace(NEWS, step=step))
        await watch.look(after_s=INTERVAL_S / 4)

    edits_s = [call.at_s for call in watch.office.port.calls]
    gaps_s = [later - earlier for earlier, later in pairwise(edits_s)]
    progress = watch.office.port.last.progress
    assert 2 == len(edits_s)
    assert min(gaps_s) >= INTERVAL_S
    assert progress is not None
    assert 8 == progress.step


async def test_a_preview_is_shown_and_read_once(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bytes come from the store only when there is a newer one."""
    reads = []
    preview = watch.office.store.preview

    async def count(job_id: str) -> bytes | None:
        reads.append(job_id)
        return await preview(job_id)

    monkeypatch.setattr(watch.office.store, "preview", count)
    await watch.draw(replace(NEWS, preview=1, preview_width_px=4), preview=PNG)
    first = await watch.look(after_s=INTERVAL_S)
    await watch.draw(replace(NEWS, step=2, preview=1, preview_width_px=4))
    second = await watch.look(after_s=INTERVAL_S)

    assert first.preview is not None
    assert second.preview is not None
    assert (PNG, PNG) == (first.preview.data, second.preview.data)
    assert ["job"] == reads


async def test_nothing_is_shown_after_the_ending(watch: Watch) -> None:
    """Whatever a worker still tells: from the moment when the ending is shown, the card rests."""
    await watch.draw()
    async with watch.follower.hold("job"):
        await watch.look(after_s=INTERVAL_S)
    await watch.look(after_s=INTERVAL_S)
    await watch.office.store.conclude("job", Outcome(ending=Ending.CANCELLED))
    await watch.look(after_s=INTERVAL_S)

    assert 0 == watch.num_edits


@pytest.mark.parametrize("fault", [None, Fault(error=Unclear())], ids=["shown", "unclear"])
async def test_an_ending_waits_for_the_edit_that_is_on_its_way(
    watch: Watch, fault: Fault | None
) -> None:
    """Two edits of one card at once could arrive in the wrong order; however the first one ends."""
    watch.office.port.faults = [fault]
    started, may_end = asyncio.Event(), asyncio.Event()
    edit = watch.office.port.edit

    async def slow(ref: object, card: object) -> None:
        started.set()
        await may_end.wait()
        await edit(ref, card)  # type: ignore[arg-type]

    watch.office.port.edit = slow  # type: ignore[method-assign]
    await watch.draw()
    watch.office.time.pass_(INTERVAL_S)
    await watch.follower.look()
    await started.wait()
    order: list[str] = []

    async def end() -> None:
        async with watch.follower.hold("job"):
            order.append("ending")

    ending = asyncio.ensure_future(end())
    await asyncio.sleep(0)
    order.append("edit")
    may_end.set()
    await ending
    await watch.draw(replace(NEWS, step=2))
    await watch.look(after_s=INTERVAL_S)

    assert ["edit", "ending"] == order
    assert 1 == watch.num_edits


async def test_a_job_that_was_taken_up_says_so(watch: Watch) -> None:
    """After a restart the card tells that the bot is back and goes on; a new job does not."""
    restarted = follower_of(watch.office)
    await restarted.start()
    await restarted.look()
    await asyncio.gather(*restarted._edits)
    await watch.office.accept("new")
    await restarted.look()
    await asyncio.gather(*restarted._edits)
    await restarted.close()

    old, new = watch.office.port.shown
    assert texts.RESUMED in old.notes
    assert texts.RESUMED not in new.notes


@pytest.mark.parametrize("error", [MessageGone(), PlaceGone()], ids=["message", "place"])
async def test_what_is_gone_is_left_alone(watch: Watch, error: PortError) -> None:
    """Fault 26: a card that is not there any more is not asked for at every step."""
    watch.office.port.fault_of = lambda: Fault(error=error)
    for step in range(1, 5):
        await watch.draw(replace(NEWS, step=step))
        await watch.look(after_s=INTERVAL_S)

    assert 1 == watch.num_edits


@pytest.mark.parametrize(
    ("error", "pause_s"),
    [(PlatformDown(retry_after_s=100.0), 100.0), (PlatformDown(), 30.0), (PortClosed(), 30.0)],
    ids=["asked", "down", "closed"],
)
async def test_a_platform_that_is_down_is_spared(
    watch: Watch, error: PortError, pause_s: float
) -> None:
    """Fault 25: no progress is shown to anybody there for so long as it asked for, or a while."""
    await watch.office.accept("other")
    watch.office.port.calls.clear()
    watch.office.port.fault_of = lambda: Fault(error=error)
    await watch.look()
    for _ in range(9):
        await watch.look(after_s=pause_s / 10)
    assert 1 == watch.num_edits
    watch.office.port.fault_of = lambda: None
    await watch.draw()
    await watch.look(after_s=pause_s / 5)

    assert 1 < watch.num_edits


async def test_progress_that_is_unclear_is_left_out(watch: Watch) -> None:
    """What was not shown is not repeated; the next step is."""
    watch.office.port.faults = [Fault(error=Unclear())]
    await watch.draw()
    await watch.look(after_s=INTERVAL_S)
    await watch.look(after_s=INTERVAL_S)
    assert 1 == watch.num_edits
    await watch.draw(replace(NEWS, step=2))
    card = await watch.look(after_s=INTERVAL_S)

    assert card.progress is not None
    assert 2 == card.progress.step


async def test_one_job_that_cannot_be_read_does_not_stop_the_others(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged row costs its own job the progress, nobody else."""
    await watch.office.accept("other")
    find = watch.office.store.find

    async def find_the_others(job_id: str) -> object:
        if job_id == "other":
            raise ValueError("damaged")
        return await find(job_id)

    monkeypatch.setattr(watch.office.store, "find", find_the_others)
    await watch.draw()
    card = await watch.look(after_s=INTERVAL_S)
    first = watch.office.port.versions[0][-1]

    assert CardState.DRAWING is first.state
    assert CardState.WAITING is card.state
