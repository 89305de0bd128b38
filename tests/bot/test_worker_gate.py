"""What a worker does with pictures that may not be shown: they are nowhere, and their person is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from bot import cards, failpoints
from bot.command import DrawCommand
from bot.failpoints import Failpoint, FailpointReached
from bot.files import Files
from bot.fleet import Pace
from bot.job import Ending, FailureRecord, Job, Outcome, photo_key
from bot.marking import Marking
from bot.metrics import Metrics
from bot.rules import Manner
from bot.scrutiny import scrutiny_of
from bot.sealing import KEY_BYTES, Sealer, SealingError
from bot.settings import DrawSection, MarksSection
from bot.store import Store
from bot.worker import Worker
from pipeline import (
    ClassifierGate,
    EngineFailed,
    GateOptions,
    NotJudged,
    Origin,
    PictureGate,
    PictureVerdict,
    Pixels,
    Preparation,
    Rendered,
    Rule,
    SamplerName,
    SourceType,
    marks_in,
)
from tests.bot.store.samples import DAY, HALL, MINJI
from tests.classifiers import BRIGHT, DARK, GREY, plain, write_timm
from tests.doubles import FakeEngine, preparation, progress
from tests.judging import FakePictureGate, rules

LIMIT_S = 60.0
PASS, SPOILER, BLOCK = PictureVerdict.PASS, PictureVerdict.SPOILER, PictureVerdict.BLOCK
PNG = b"\x89PNG\r\n\x1a\n"


class Desk:
    """A worker over a real store and real files; the test draws and judges."""

    def __init__(self, store: Store, files: Files, gate: PictureGate) -> None:
        self.store, self.files = store, files
        self.engine = FakeEngine()
        self.worker = Worker(
            name="worker-0",
            store=store,
            files=files,
            engine=self.engine,
            ready=_ready,
            scrutiny_of=partial(scrutiny_of, gate=gate, words=rules(), has_adults=True),
            marking=Marking(MarksSection(credentials=False)),
            draw=DrawSection(),
            max_deaths=2,
            pace=Pace(),
            metrics=Metrics(),
        )

    async def accept(
        self,
        job_id: str = "job",
        *,
        num_pictures: int = 1,
        manner: Manner | None = None,
        prepared: Preparation | None = None,
        photo: bytes | None = None,
    ) -> None:
        """Have a job accepted, and its text read."""
        strength = 0.5 if photo is not None else None
        job = Job(
            id=job_id,
            person=MINJI,
            place=HALL,
            event_id=f"e-{job_id}",
            command=DrawCommand(text="고래", num_pictures=num_pictures, strength=strength),
            seed=7,
            manner=manner or Manner(),
            has_photo=photo is not None,
        )
        if photo is not None:
            await self.files.write(photo_key(job_id), photo)
        await self.store.accept(job, cost=1.0, start=0.0, finish=1.0, units=num_pictures, day=DAY)
        await self.store.keep_preparation(job_id, prepared or preparation("고래"))

    async def draw(self, *drawn: Pixels, job_id: str = "job") -> Outcome:
        """Let the engine give these pictures, and the worker come to its end."""
        part = asyncio.create_task(self.worker.draw(job_id))
        if drawn:
            await self.submitted(part)
            for ticket, pixels in zip(self.engine.tickets, drawn, strict=True):
                ticket.settle(rendered(pixels))
        await asyncio.wait_for(part, LIMIT_S)
        return await self.outcome(job_id)

    async def submitted(self, part: asyncio.Task[None]) -> None:
        """Wait until the engine has the job's pictures. Raises what ended the part before."""
        waiting = asyncio.create_task(self.engine.submitted.wait())
        await asyncio.wait({waiting, part}, timeout=LIMIT_S, return_when="FIRST_COMPLETED")
        assert waiting.done(), "the engine was not asked"

    async def tell(self) -> None:
        """Have the worker tell what the engine said."""
        for _ in range(100):  # whoever follows the tickets takes their news
            await asyncio.sleep(0)
        await self.worker._telling.tell()

    async def outcome(self, job_id: str = "job") -> Outcome:
        """Give how a job ended."""
        record = await self.store.find(job_id)
        assert record is not None
        assert record.outcome is not None
        return record.outcome

    async def keys(self) -> list[str]:
        """Name everything that is in the files."""
        return [*await self.files.keys("pictures/"), *await self.files.keys("photos/")]

    async def used(self) -> tuple[int, int]:
        """Say how much of the day is charged to the person and to the place."""
        store = self.store
        return await store.used(store.person_name(MINJI), store.place_name(HALL), DAY)


def rendered(pixels: Pixels) -> Rendered:
    """A picture as the engine hands it over."""
    return Rendered(
        pixels=pixels,
        seed=7,
        num_steps=2,
        guidance_scale=4.0,
        sampler=SamplerName.EULER,
        model="double",
        wait_s=0.0,
        render_s=0.1,
    )


def photo_of(level: int) -> bytes:
    """A photo of one grey, as somebody sends it."""
    file = BytesIO()
    Image.new("L", (256, 256), level).convert("RGB").save(file, "PNG")
    return file.getvalue()


async def _ready() -> None:
    return None


@pytest.fixture
def gate() -> FakePictureGate:
    """A gate that finds the bright unsafe and the grey doubtful."""
    gate = FakePictureGate()
    gate.verdict_of = lambda pixels: {BRIGHT: BLOCK, GREY: SPOILER}.get(pixels.rgb[0], PASS)
    return gate


@pytest.fixture
async def desk(tmp_path: Path, gate: FakePictureGate) -> AsyncIterator[Desk]:
    """A worker with that gate."""
    sealer = Sealer(b"k" * KEY_BYTES)
    store = await Store.open(f"sqlite:///{tmp_path}/app.db", sealer=sealer)
    desk = Desk(store, Files(str(tmp_path), sealer), gate)
    yield desk
    await desk.worker.close()
    await store.close()


def refused(rule: Rule) -> Outcome:
    """How a job ends whose only picture may not be shown."""
    failure = FailureRecord(kind="PictureUnsafe", facts={"rule": str(rule)})
    return Outcome(ending=Ending.FAILED, failure=failure)


async def test_a_blocked_picture_is_not_kept_and_costs_nothing(desk: Desk) -> None:
    """Its person is told that there is none, and what was charged is given back."""
    await desk.accept()
    charged = await desk.used()
    outcome = await desk.draw(plain(BRIGHT))

    assert refused(Rule.SEXUAL) == outcome
    assert ([], (1, 1), (0, 0)) == (await desk.keys(), charged, await desk.used())


async def test_without_its_photo_nothing_is_drawn(desk: Desk) -> None:
    """What was asked for over a photo is not drawn over nothing where that is gone."""
    await desk.accept(photo=photo_of(DARK))
    await desk.files.remove([photo_key("job")])

    outcome = await desk.draw()

    assert Outcome(ending=Ending.FAILED, failure=FailureRecord(kind="PhotoForgotten")) == outcome
    assert [] == desk.engine.requests


async def test_a_photo_that_cannot_be_read_is_not_kept(desk: Desk) -> None:
    """Whoever sends many fills no disk: a second try would read as little of it."""
    await desk.accept(photo=b"no picture")

    outcome = await desk.draw()

    assert Outcome(ending=Ending.FAILED, failure=FailureRecord(kind="PhotoUnreadable")) == outcome
    assert [] == await desk.keys()


@pytest.mark.fault(58)
async def test_a_picture_that_cannot_be_judged_is_not_kept_and_costs_nothing(
    desk: Desk, gate: FakePictureGate
) -> None:
    """A gate that fails stops the picture: neither stored nor sent, the reason told, no charge."""
    gate.error = NotJudged()
    await desk.accept()
    outcome = await desk.draw(plain(DARK))

    assert (Ending.FAILED, FailureRecord(kind="NotJudged")) == (outcome.ending, outcome.failure)
    assert ([], (0, 0)) == (await desk.keys(), await desk.used())


async def card_shows(desk: Desk) -> tuple[list[bool], bool]:
    """Say which pictures the card hides, and whether it is for adults."""
    record = await desk.store.find("job")
    assert record is not None
    card = cards.ending(record, ())
    return [picture.is_spoiler for picture in card.pictures], card.is_adult


async def test_a_doubtful_picture_is_kept_and_hidden(desk: Desk) -> None:
    """Its card shows it only to whoever wants to see it."""
    await desk.accept()
    outcome = await desk.draw(plain(GREY))

    assert [True] == [picture.is_spoiler for picture in outcome.pictures]
    assert ([True], False) == await card_shows(desk)


async def test_a_harmless_picture_is_kept_and_shown(desk: Desk) -> None:
    """What passes is as it was before there was a gate."""
    await desk.accept()
    await desk.draw(plain(DARK))

    assert ([False], False) == await card_shows(desk)


async def test_adults_among_themselves_get_what_is_blocked_hidden(desk: Desk) -> None:
    """It is kept, hidden, on a card that is shown nowhere but among adults."""
    await desk.accept(manner=Manner(is_adult=True, is_spoiler=True))
    await desk.draw(plain(BRIGHT))

    assert ([True], True) == await card_shows(desk)


@pytest.mark.parametrize("level", [GREY, BRIGHT])
async def test_near_somebody_young_adults_change_nothing(desk: Desk, level: int) -> None:
    """Where a child is named, what is doubtful is refused as well, also among adults."""
    child = replace(preparation("고래"), english="a child on a beach")
    await desk.accept(manner=Manner(is_adult=True), prepared=child)

    assert refused(Rule.MINOR) == await desk.draw(plain(level))
    assert [] == await desk.keys()


async def test_the_others_of_several_pictures_are_kept(desk: Desk) -> None:
    """One that is blocked takes none of the others with it, and it is said that one is missing."""
    await desk.accept(num_pictures=3)
    outcome = await desk.draw(plain(DARK), plain(BRIGHT), plain(GREY))

    assert [False, True] == [picture.is_spoiler for picture in outcome.pictures]
    assert (Ending.DRAWN, 1) == (outcome.ending, outcome.num_missing)
    assert 2 == len(await desk.keys())


async def test_a_blocked_photo_is_not_drawn_over_and_not_kept(desk: Desk) -> None:
    """The engine never sees it, adults change nothing, and the file is gone."""
    await desk.accept(photo=photo_of(BRIGHT), manner=Manner(is_adult=True))
    outcome = await desk.draw()

    assert refused(Rule.SEXUAL) == outcome
    assert ([], []) == (desk.engine.requests, await desk.keys())


@pytest.mark.fault(59)
async def test_a_blocked_photo_is_gone_before_it_is_settled_how_its_job_ends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that dies in between leaves no file, and its next start ends the job."""
    await desk.accept(photo=photo_of(BRIGHT))
    reached = Failpoint(name="after_file_before_conclude", action="raise")
    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "armed", lambda: reached)
        with pytest.raises(FailpointReached):
            await desk.draw()
    record = await desk.store.find("job")

    assert record is not None
    assert (None, []) == (record.outcome, await desk.keys())
    gone = FailureRecord(kind="PhotoForgotten")
    assert Outcome(ending=Ending.FAILED, failure=gone) == await desk.draw()


async def test_a_blocked_photo_that_cannot_be_removed_keeps_nobody_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its person is told, and the operator finds it in the log."""

    async def fail(keys: list[str]) -> None:
        raise PermissionError

    await desk.accept(photo=photo_of(BRIGHT))
    monkeypatch.setattr(desk.files, "remove", fail)
    with capture_logs() as lines:
        outcome = await desk.draw()

    assert refused(Rule.SEXUAL) == outcome
    assert "useless photo not removed" in [line["event"] for line in lines]


@pytest.mark.parametrize(
    ("others", "pictures", "is_drawn"), [([DARK, DARK], 2, True), ([None, None], 0, False)]
)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_of_several_pictures_one_that_is_unfit_near_somebody_young_is_told(
    desk: Desk, place: int, others: list[int | None], pictures: int, is_drawn: bool
) -> None:
    """Wherever it stands among those that came, and among those that failed in another way."""
    child = replace(preparation("고래"), english="a child on a beach")
    await desk.accept(num_pictures=3, prepared=child)
    levels = [*others[:place], GREY, *others[place:]]
    part = asyncio.create_task(desk.worker.draw("job"))
    await desk.submitted(part)
    for ticket, level in zip(desk.engine.tickets, levels, strict=True):
        ticket.settle(EngineFailed() if level is None else rendered(plain(level)))
    await asyncio.wait_for(part, LIMIT_S)
    outcome = await desk.outcome()

    assert pictures == len(outcome.pictures)
    assert is_drawn is outcome.has_blocked_minors
    assert is_drawn or refused(Rule.MINOR) == outcome


async def test_a_preview_says_that_ai_draws_it(desk: Desk) -> None:
    """It leaves as a file like others, so it has the mark that every picture has; over a photo, that one."""
    assert SourceType.DRAWN == await source_of_preview(desk, "nothing", photo=None)
    over = await source_of_preview(desk, "over", photo=photo_of(DARK))
    assert SourceType.OVER_PHOTO == over


async def source_of_preview(desk: Desk, job_id: str, *, photo: bytes | None) -> str | None:
    """Have a job's preview told; gives what the file that people get says of its source."""
    desk.engine.submitted.clear()
    await desk.accept(job_id, photo=photo)
    part = asyncio.create_task(desk.worker.draw(job_id))
    await desk.submitted(part)
    desk.engine.tickets[-1].tell(replace(progress(1), preview=plain(DARK)))
    await desk.tell()
    preview = await desk.store.preview(job_id)
    desk.engine.tickets[-1].settle(rendered(plain(DARK)))
    await asyncio.wait_for(part, LIMIT_S)
    assert preview is not None
    return marks_in(preview).source_type


async def look(desk: Desk, *previews: Pixels) -> list[int]:
    """Have the engine tell of previews, one after the other; gives their numbers as they were told."""
    part = asyncio.create_task(desk.worker.draw("job"))
    await desk.submitted(part)
    numbers = []
    for step, preview in enumerate(previews):
        desk.engine.tickets[0].tell(replace(progress(step), preview=preview))
        await desk.tell()
        numbers.append((await desk.store.progress(["job"]))["job"].preview)
    desk.engine.tickets[0].settle(rendered(plain(DARK)))
    await asyncio.wait_for(part, LIMIT_S)
    return numbers


async def test_a_preview_that_does_not_pass_ends_the_previews(
    desk: Desk, gate: FakePictureGate
) -> None:
    """It is not told of, and nor is a later one, though that one would have passed."""
    await desk.accept()

    assert [1, 1, 1] == await look(desk, plain(DARK), plain(GREY), plain(DARK))
    assert [DARK, GREY, DARK] == [pixels.rgb[0] for pixels in gate.judged]  # the last: the end


async def test_previews_that_pass_are_told(desk: Desk) -> None:
    """Each has a number of its own, by which the card knows that there is a new one."""
    await desk.accept()

    assert [1, 2] == await look(desk, plain(DARK), plain(DARK))


@pytest.mark.fault(59)
@pytest.mark.parametrize(
    ("level", "num_new"), [(BRIGHT, 0), (DARK, 2)], ids=["blocked", "harmless"]
)
async def test_nothing_of_a_blocked_picture_is_anywhere(
    tmp_path: Path, level: int, num_new: int
) -> None:
    """With a real classifier: no file, no row and no line of the log holds a new picture of any kind.

    The harmless one, which goes the same way, is found twice: the picture and its preview.
    """
    sealer = Sealer(b"k" * KEY_BYTES)
    data = tmp_path / "data"
    data.mkdir()
    store = await Store.open(f"sqlite:///{data}/app.db", sealer=sealer)
    classifier = Origin(place=str(write_timm(tmp_path / "classifier")))
    real = ClassifierGate(GateOptions(classifier=classifier))
    await real.start()
    desk = Desk(store, Files(str(data), sealer), real)
    picture = plain(level, width_px=37, height_px=41)  # of a size that nothing else has
    found: set[bytes] = set()
    with capture_logs() as lines:
        await desk.accept()
        part = asyncio.create_task(desk.worker.draw("job"))
        await desk.submitted(part)
        desk.engine.tickets[0].tell(replace(progress(1), preview=picture))
        await desk.tell()
        found |= await pictures_in(data, store, sealer)
        desk.engine.tickets[0].settle(rendered(picture))
        await asyncio.wait_for(part, LIMIT_S)
        found |= await pictures_in(data, store, sealer)
    await desk.worker.close()
    await store.close()
    real.close()
    left = b"".join(await asyncio.to_thread(_contents, data, sealer))

    assert num_new == len(found)
    assert picture.rgb[:60] not in left
    assert all(repr(picture.rgb[:6])[2:-1] not in repr(line) for line in lines)


async def pictures_in(folder: Path, store: Store, sealer: Sealer) -> set[bytes]:
    """Find the pictures that lie in a folder: as they are, sealed in files, and sealed in the tables."""
    preview = await store.preview("job")
    contents = [*await asyncio.to_thread(_contents, folder, sealer), preview or b""]
    return {content for content in contents if PNG in content}


def _contents(folder: Path, sealer: Sealer) -> list[bytes]:
    """Read every file, and once more what is sealed in it."""
    found = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    for content in tuple(found):
        with suppress(SealingError):
            found.append(sealer.open(content))
    return found
