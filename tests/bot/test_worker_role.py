"""The worker role as the settings make it: its classifier is loaded before anything is drawn."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import cards, error_texts
from bot.adapters.port import Card, CardState
from bot.command import DrawCommand
from bot.files import Files
from bot.job import Job
from bot.marking import Marking
from bot.metrics import Metrics
from bot.sealing import KEY_BYTES, Sealer
from bot.settings import MarksSection, SafetySection, Settings
from bot.store import Store
from bot.worker_role import WorkerRole
from pipeline import ClassifierNotLoaded, PictureUnsafe, Rule
from tests.bot.store.samples import DAY, HALL, MINJI
from tests.classifiers import BRIGHT, DARK, GREY, write_timm
from tests.doubles import preparation
from tests.kill.work import WaitingEngine

LIMIT_S = 60.0


class Engine(WaitingEngine):
    """An engine that remembers whether it was started."""

    is_started = False

    async def start(self) -> None:
        """Remember."""
        self.is_started = True


@asynccontextmanager
async def role(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, classifier: str
) -> AsyncIterator[tuple[WorkerRole, Store, Engine]]:
    """Give a role whose engine draws in the colour of the seed."""
    engine = Engine(work_s=0.01)
    monkeypatch.setattr("bot.worker_role.make_engine", lambda *_: engine)
    sealer = Sealer(b"k" * KEY_BYTES)
    store = await Store.open(f"sqlite:///{folder}/app.db", sealer=sealer)
    worker = WorkerRole(
        Settings(data_dir=folder, safety=SafetySection(classifier=classifier)),
        name="worker-0",
        store=store,
        files=Files(str(folder), sealer),
        metrics=Metrics(),
        marking=Marking(MarksSection(credentials=False)),
    )
    await worker.start()
    try:
        yield worker, store, engine
    finally:
        await worker.stop(limit_s=LIMIT_S)
        await worker.close()
        await store.close()


def shown(card: Card) -> tuple[CardState, list[bool]]:
    """Say what a card is, and which of its pictures are hidden."""
    return card.state, [picture.is_spoiler for picture in card.pictures]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (DARK, (CardState.DONE, [False])),
        (GREY, (CardState.DONE, [True])),
        (BRIGHT, (CardState.FAILED, [])),
    ],
    ids=["pass", "spoiler", "block"],
)
async def test_what_a_person_sees_is_what_the_classifier_allows(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    level: int,
    expected: tuple[CardState, list[bool]],
) -> None:
    """From `safety.classifier` to the card: shown, hidden, or told that there is nothing to show."""
    folder = write_timm(tmp_path / "classifier")
    async with role(tmp_path, monkeypatch, classifier=str(folder)) as (worker, store, _):
        await worker.load()
        job = Job(
            id="job",
            person=MINJI,
            place=HALL,
            event_id="e",
            command=DrawCommand(text="고래"),
            seed=level * 0x010101,  # the engine's colour
        )
        await store.accept(job, cost=1.0, start=0.0, finish=1.0, units=1, day=DAY)
        await store.keep_preparation("job", preparation("고래"))
        await asyncio.wait_for(worker.worker.draw("job"), LIMIT_S)
        record = await store.find("job")

    assert record is not None
    card = cards.ending(record, ())
    assert expected == shown(card)
    if expected[0] is CardState.FAILED:
        assert error_texts.of_error(PictureUnsafe(rule=Rule.SEXUAL), job_id="job") == card.text


def no_folder(folder: Path) -> str:
    """Name what is not there."""
    return str(folder / "nowhere")


def cut_short(folder: Path) -> str:
    """Write a classifier of which the last byte did not come."""
    weights = write_timm(folder / "classifier") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    return str(folder / "classifier")


@pytest.mark.fault(58)
@pytest.mark.parametrize("classifier_in", [no_folder, cut_short])
async def test_a_worker_without_its_classifier_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classifier_in: Callable[[Path], str]
) -> None:
    """It says why and draws nothing; the model is not even loaded."""
    where = classifier_in(tmp_path)
    async with role(tmp_path, monkeypatch, classifier=where) as (worker, _, engine):
        with pytest.raises(ClassifierNotLoaded) as why:
            await worker.load()

        assert where in error_texts.of_error(why.value, job_id="-")
        assert (False, None) == (engine.is_started, worker._info())
