"""A worker's part of a job: drawn once, kept before it is settled, and never the end of others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.command import DrawCommand
from bot.files import Files
from bot.fleet import Pace
from bot.job import Ending, Job, Outcome, Phase, Record, picture_key
from bot.marking import Marking
from bot.metrics import Metrics
from bot.sealing import KEY_BYTES, Sealer
from bot.settings import DrawSection, MarksSection
from bot.store import Store, StoreUnavailable
from bot.worker import Worker
from pipeline import ShuttingDown, read_marks
from pipeline.errors import OutOfGpuMemory
from tests.bot.store.samples import CANCELLED, DAY, HALL, MINJI
from tests.doubles import FakeEngine, preparation, progress
from tests.judging import FakePictureGate

LIMIT_S = 60.0


class FailingStore(Store):
    """A store whose conclusions fail as often as a test says."""

    num_failures = 0

    async def conclude(self, job_id: str, outcome: Outcome) -> Outcome:
        """Settle a job, or be away."""
        if self.num_failures:
            self.num_failures -= 1
            raise StoreUnavailable(reason="SQLITE_BUSY")
        return await super().conclude(job_id, outcome)


class FullFiles(Files):
    """Files that find no room for some of the pictures."""

    full_for: Callable[[str], bool] = staticmethod(lambda key: False)

    async def write(self, key: str, data: bytes) -> str:
        """Write, or find no room."""
        if self.full_for(key):
            raise OSError(28, "No space left on device")
        return await super().write(key, data)


@dataclass(slots=True, kw_only=True)
class Workshop:
    """Workers of one name after the other, over a real store and real files."""

    store: FailingStore
    files: FullFiles
    engine: FakeEngine = field(default_factory=FakeEngine)
    gate: FakePictureGate = field(default_factory=FakePictureGate)
    worker: Worker = field(init=False)
    parts: list[asyncio.Task[None]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)  # with which it ended its process

    async def open(self, name: str = "worker-0") -> None:
        """Start, as a process does."""
        self.engine = FakeEngine()
        self.worker = Worker(
            name=name,
            store=self.store,
            files=self.files,
            engine=self.engine,
            ready=_ready,
            scrutiny_of=self.gate.scrutiny_of,
            marking=Marking(MarksSection(credentials=False)),
            draw=DrawSection(),
            max_deaths=2,
            pace=Pace(),
            metrics=Metrics(),
            leave=self.codes.append,
        )
        await self.worker.start()

    async def close(self) -> None:
        """End in good order, after the parts were broken off."""
        await self.break_off()
        await self.worker.close()

    async def break_off(self) -> None:
        """Let the parts of this process end where they are, as its death does."""
        for part in self.parts:
            part.cancel()
        await asyncio.gather(*self.parts, return_exceptions=True)
        self.parts.clear()

    async def die(self) -> None:
        """End as a power cut does, and start again."""
        await self.break_off()
        await self.worker._telling.close()
        await self.open()

    async def accept(self, *job_ids: str, num_pictures: int = 1) -> None:
        """Have jobs accepted, and their texts read."""
        for number, job_id in enumerate(job_ids):
            job = Job(
                id=job_id,
                person=MINJI,
                place=HALL,
                event_id=f"e-{job_id}",
                command=DrawCommand(text="고래", num_pictures=num_pictures),
                seed=7 + number,
            )
            await self.store.accept(
                job, cost=1.0, start=0.0, finish=1.0, units=num_pictures, day=DAY
            )
            await self.store.keep_preparation(job_id, preparation("고래"))

    def draw(self, job_id: str) -> asyncio.Task[None]:
        """Begin the part that draws a job."""
        part = asyncio.create_task(self.worker.draw(job_id))
        self.parts.append(part)
        return part

    async def begin(self, job_id: str) -> asyncio.Task[None]:
        """Begin it, and wait until the engine has it."""
        self.engine.submitted.clear()
        part = self.draw(job_id)
        await asyncio.wait_for(self.engine.submitted.wait(), LIMIT_S)
        return part

    async def finish(self, part: asyncio.Task[None]) -> None:
        """Let the engine finish everything, and the part come to its end."""
        for number in self.unfinished:
            self.engine.finish(number)
        await asyncio.wait_for(part, LIMIT_S)

    @property
    def unfinished(self) -> list[int]:
        """Number the pictures that the engine has."""
        tickets = enumerate(self.engine.tickets)
        return [number for number, ticket in tickets if not ticket._outcome.done()]

    async def record(self, job_id: str) -> Record:
        """Give what is kept of a job."""
        record = await self.store.find(job_id)
        assert record is not None
        return record

    async def ending(self, job_id: str) -> tuple[Ending, str | None]:
        """Say how a job ended, and of what."""
        outcome = (await self.record(job_id)).outcome
        assert outcome is not None
        return outcome.ending, outcome.failure.kind if outcome.failure else None

    async def pictures(self) -> list[str]:
        """Name the pictures that are kept."""
        return await self.files.keys("pictures/")


async def _ready() -> None:
    return None


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    """A worker that has just started."""
    sealer = Sealer(b"k" * KEY_BYTES)
    store = await FailingStore.open(f"sqlite:///{tmp_path}/app.db", sealer=sealer)
    assert isinstance(store, FailingStore)
    shop = Workshop(store=store, files=FullFiles(str(tmp_path), sealer))
    await shop.open()
    yield shop
    await shop.close()
    await store.close()


async def test_a_job_is_drawn_marked_kept_and_settled(shop: Workshop, tmp_path: Path) -> None:
    """The picture is in the files, with its marks, before the job says that it is drawn."""
    await shop.accept("job")
    part = await shop.begin("job")
    assert Phase.DRAWING is (await shop.record("job")).phase
    await shop.finish(part)

    record = await shop.record("job")
    assert record.outcome is not None
    (picture,) = record.outcome.pictures
    png = await shop.files.read(picture.key)
    assert Phase.CONCLUDED is record.phase
    assert png is not None
    (tmp_path / "opened.png").write_bytes(png)
    assert read_marks(tmp_path / "opened.png").says_ai
    assert [picture_key("job", 1)] == await shop.pictures()


async def test_what_is_settled_is_not_drawn_again(shop: Workshop) -> None:
    """A part that comes again after its end was written down does not ask the engine (fault 11)."""
    await shop.accept("job")
    await shop.finish(await shop.begin("job"))
    await asyncio.wait_for(shop.draw("job"), LIMIT_S)

    assert 1 == len(shop.engine.requests)


async def test_a_death_after_the_picture_costs_one_more_drawing_and_no_file(shop: Workshop) -> None:
    """The same seed draws the same picture into the same file (fault 10: died between two facts)."""
    await shop.accept("job")
    await shop.files.write(picture_key("job", 1), b"of the process before")
    await shop.store.claim("job", "worker-0")
    await shop.die()
    part = await shop.begin("job")
    seeds = [request.seed for request in shop.engine.requests]
    await shop.finish(part)

    assert [7] == seeds
    assert [picture_key("job", 1)] == await shop.pictures()
    assert (Ending.DRAWN, None) == await shop.ending("job")
    assert 1 == (await shop.record("job")).num_deaths


async def test_a_job_that_kills_every_time_is_put_aside(shop: Workshop) -> None:
    """After two deaths it is not tried again, its person is told, and it costs nothing (fault 13)."""
    await shop.accept("killer", "other")
    for _ in range(2):
        await shop.begin("killer")
        await shop.die()
    await asyncio.wait_for(shop.draw("killer"), LIMIT_S)
    await shop.finish(await shop.begin("other"))

    assert (Ending.FAILED, "PutAside") == await shop.ending("killer")
    assert (Ending.DRAWN, None) == await shop.ending("other")
    assert (1, 1) == await shop.store.used(
        shop.store.person_name(MINJI), shop.store.place_name(HALL), DAY
    )


async def test_those_who_were_beside_a_killer_are_drawn(shop: Workshop) -> None:
    """All that were in flight saw a death, so each is drawn alone, and only the killer goes (fault 14)."""
    names = ("killer", "a", "b", "c")
    await shop.accept(*names)
    for name in names:
        await shop.begin(name)
    await shop.die()  # with four in hand
    assert [1] * 4 == [(await shop.record(name)).num_deaths for name in names]

    await shop.begin("killer")
    others = [shop.draw(name) for name in names[1:]]
    await _settle()
    num_beside_killer = len(shop.engine.requests) - 1
    await shop.die()
    parts = [shop.draw(name) for name in names]
    await asyncio.wait_for(parts[0], LIMIT_S)
    while any(not part.done() for part in parts):
        await _settle()
        assert len(shop.unfinished) <= 1
        for number in shop.unfinished:
            shop.engine.finish(number)

    assert 0 == num_beside_killer
    assert all(part.cancelled() for part in others)
    assert (Ending.FAILED, "PutAside") == await shop.ending("killer")
    assert [(Ending.DRAWN, None)] * 3 == [await shop.ending(name) for name in names[1:]]


async def test_a_cancelled_job_leaves_the_engine(shop: Workshop) -> None:
    """Whoever tells learns that nobody wants it; its place is free and nothing is kept (fault 64)."""
    await shop.accept("job")
    part = await shop.begin("job")
    await shop.store.conclude("job", CANCELLED)
    await shop.worker._telling.tell()
    await asyncio.wait_for(part, LIMIT_S)

    assert [] == shop.unfinished
    assert (Ending.CANCELLED, None) == await shop.ending("job")
    assert [] == await shop.pictures()


async def test_a_job_that_is_cancelled_while_its_picture_is_written_stays_cancelled(
    shop: Workshop,
) -> None:
    """The first who settles a job has it, and the picture of the second is removed."""
    await shop.accept("job")
    part = await shop.begin("job")
    await shop.store.conclude("job", CANCELLED)
    await shop.finish(part)

    assert (Ending.CANCELLED, None) == await shop.ending("job")
    assert [] == await shop.pictures()


async def test_the_slower_of_two_workers_leaves_the_pictures_of_the_first(shop: Workshop) -> None:
    """Both drew into the same file, so that removing one's own would remove both (fault 12)."""
    await shop.accept("job")
    slow = await shop.begin("job")
    slow_engine = shop.engine
    first = shop.worker
    await shop.open("worker-1")
    await shop.finish(await shop.begin("job"))
    slow_engine.finish()
    await asyncio.wait_for(slow, LIMIT_S)
    await first.close()

    assert (Ending.DRAWN, None) == await shop.ending("job")
    assert [picture_key("job", 1)] == await shop.pictures()


async def test_an_erased_job_leaves_nothing(shop: Workshop) -> None:
    """A picture that came after its person had everything erased is removed by who wrote it."""
    await shop.accept("job")
    part = await shop.begin("job")
    await shop.store.delete(["job"])
    await shop.finish(part)

    assert await shop.store.find("job") is None
    assert [] == await shop.pictures()


async def test_a_disk_without_room_fails_the_job_and_keeps_no_part_of_it(shop: Workshop) -> None:
    """Its person hears why; what was written of it is gone, and the next one is drawn (fault 20)."""
    await shop.accept("job", num_pictures=2)
    await shop.accept("next")
    shop.files.full_for = lambda key: key.endswith("-2.png")
    await shop.finish(await shop.begin("job"))
    left = await shop.pictures()
    await shop.finish(await shop.begin("next"))

    assert (Ending.FAILED, "NoRoomForPicture") == await shop.ending("job")
    assert [] == left
    assert (Ending.DRAWN, None) == await shop.ending("next")


@pytest.mark.parametrize(
    ("error", "kind"),
    [(OutOfGpuMemory(), "OutOfGpuMemory"), (ValueError("bug"), "EngineFailed")],
    ids=["the engine's", "any other"],
)
async def test_one_job_s_trouble_is_not_the_next_one_s(
    shop: Workshop, error: Exception, kind: str
) -> None:
    """Whatever a job ends with, the worker goes on."""
    await shop.accept("job", "next")
    shop.engine.error = error  # type: ignore[assignment]
    await asyncio.wait_for(shop.draw("job"), LIMIT_S)
    shop.engine.error = None
    await shop.finish(await shop.begin("next"))

    assert (Ending.FAILED, kind) == await shop.ending("job")
    assert (Ending.DRAWN, None) == await shop.ending("next")


async def test_some_of_the_pictures_are_better_than_none(shop: Workshop) -> None:
    """Where one of two failed, the other is kept, and it is said that one is missing."""
    await shop.accept("job", num_pictures=2)
    part = await shop.begin("job")
    await _settle()
    shop.engine.tickets[1].settle(OutOfGpuMemory())
    await shop.finish(part)

    outcome = (await shop.record("job")).outcome
    assert outcome is not None
    assert (Ending.DRAWN, 1, 1) == (outcome.ending, len(outcome.pictures), outcome.num_missing)


async def test_a_database_that_is_away_costs_no_second_drawing(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was drawn waits until its end can be written down."""
    monkeypatch.setattr("bot.worker._AGAIN_S", 0.0)
    await shop.accept("job")
    part = await shop.begin("job")
    shop.store.num_failures = 3
    await shop.finish(part)

    assert (1, 0) == (len(shop.engine.requests), shop.store.num_failures)
    assert (Ending.DRAWN, None) == await shop.ending("job")


async def test_a_clean_end_is_no_death(shop: Workshop) -> None:
    """What could not be finished is let go, whatever it was doing, and waits again (fault 16)."""
    await shop.accept("handed back", "stuck", "late")
    back = await shop.begin("handed back")
    await shop.begin("stuck")
    await shop.worker.stop(limit_s=0.0)
    shop.engine.tickets[0].settle(ShuttingDown())
    late = shop.draw("late")
    await _settle()
    assert not back.done()
    assert not late.done()
    await shop.close()
    await shop.open()

    for job_id in ("handed back", "stuck", "late"):
        record = await shop.record(job_id)
        assert (Phase.QUEUED, 0, None) == (record.phase, record.num_deaths, record.outcome)


async def test_an_engine_that_ends_by_itself_ends_the_process(shop: Workshop) -> None:
    """Nothing is drawn any more by this process, so another has to (fault 37: the engine broke off)."""
    await shop.accept("job")
    shop.engine.error = ShuttingDown()
    shop.draw("job")
    await _settle()

    assert [70] == shop.codes
    assert (Phase.QUEUED, 0) == ((r := await shop.record("job")).phase, r.num_deaths)


async def test_an_end_waits_for_what_is_nearly_done(shop: Workshop) -> None:
    """A picture that comes in time is kept and settled."""
    await shop.accept("job")
    part = await shop.begin("job")
    stopping = asyncio.create_task(shop.worker.stop(limit_s=LIMIT_S))
    await _settle()
    is_stopped_too_soon = stopping.done()
    await shop.finish(part)
    await asyncio.wait_for(stopping, LIMIT_S)

    assert not is_stopped_too_soon
    assert (Ending.DRAWN, None) == await shop.ending("job")


async def test_what_is_new_is_told_in_one_go(shop: Workshop) -> None:
    """Steps and the newest preview of all running jobs are in the store; a preview is counted once."""
    await shop.accept("a", "b")
    for number, job_id in enumerate(("a", "b")):
        await shop.begin(job_id)
        shop.engine.tickets[number].tell(progress(1))
    await _settle()
    await shop.worker._telling.tell()
    await shop.worker._telling.tell()

    news = await shop.store.progress(["a", "b"])
    assert [1, 1] == [news[job_id].step for job_id in ("a", "b")]
    assert [1, 1] == [news[job_id].preview for job_id in ("a", "b")]
    assert await shop.store.preview("a") is not None


async def _settle() -> None:
    """Let everybody go as far as they can, the store's thread included."""
    for _ in range(50):
        await asyncio.sleep(0.002)
