"""What is kept of people, and who sees to it: over a stage (`stage.py`), with queues in the test's hands."""

import io
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from bot import cards
from bot.adapters.port import Action, Card, Message, Person, Press
from bot.album import Album
from bot.commands import parse
from bot.disk import Disk
from bot.durable import Durable, Workflow
from bot.erasure import Erasure
from bot.fairness import Capacity
from bot.keeping import Keeper
from bot.linking import Linking
from bot.personal import Personal, PersonalCommand
from bot.settings import KeepSection, OperatorSection
from bot.tombstones import Tombstones
from tests.bot.stage import PERSON, PLACE, Stage, open_stage

DAY_S = 24 * 3600.0


def photo() -> bytes:
    """A photo of nothing."""
    file = io.BytesIO()
    Image.new("RGB", (20, 20)).save(file, "PNG")
    return file.getvalue()


class Queues(Durable):
    """What is written down of the parts of jobs."""

    def __init__(self) -> None:
        self.parts: list[Workflow] = []

    async def workflows(self, ids: Collection[str] | None = None) -> tuple[Workflow, ...]:
        """Give them."""
        return tuple(part for part in self.parts if ids is None or part.id in ids)

    async def forget(self, workflow_ids: Sequence[str]) -> None:
        """Remove some."""
        self.parts = [part for part in self.parts if part.id not in workflow_ids]

    def put(self, *ids: str, is_running: bool = False, ended_s: float | None = None) -> None:
        """Write parts down."""
        self.parts += [Workflow(id=one, is_running=is_running, ended_s=ended_s) for one in ids]

    @property
    def ids(self) -> list[str]:
        """Name what is left."""
        return [part.id for part in self.parts]


@dataclass(slots=True)
class Archive:
    """A stage, and what sees to all that it keeps."""

    stage: Stage
    folder: Path
    keep: KeepSection = field(default_factory=lambda: KeepSection(prompts_days=30, pictures_days=7))
    operator: OperatorSection = field(default_factory=OperatorSection)
    providers: tuple[str, ...] = ("papago", "glossary")
    queues: Queues = field(default_factory=Queues)
    shift_s: float = 0.0  # of the clock that things grow old by, from the one they are made by
    keeper: Keeper = field(init=False)
    erasure: Erasure = field(init=False)
    personal: Personal = field(init=False)

    def open(self) -> None:
        """Put the parts together, as a process does that has just started."""
        stage = self.stage
        self.keeper = Keeper(
            store=stage.store,
            files=stage.files,
            durable=self.queues,
            disk=Disk(self.folder, ballast_bytes=4096),
            preparer=stage.text,
            keep=self.keep,
            clock=self.now_s,
        )
        self.erasure = Erasure(
            store=stage.store,
            durable=self.queues,
            keeper=self.keeper,
            tombstones=self.tombstones,
            forget_text=stage.text.forget,
            hold=stage.follower.hold,
            ports=lambda: {"test": stage.port},
            clock=self.now_s,
        )
        self.personal = Personal(
            store=stage.store,
            files=stage.files,
            erasure=self.erasure,
            album=Album(
                store=stage.store,
                files=stage.files,
                card_of=lambda record: cards.ending(record, ()),
            ),
            linking=Linking(stage.store, clock=self.now_s),
            capacity=lambda: Capacity(seconds_per_unit=2.0, num_workers=1),
            keep=self.keep,
            operator=self.operator,
            providers=lambda: self.providers,
            clock=self.now_s,
        )

    def now_s(self) -> float:
        """Tell the time."""
        return time.time() + self.shift_s

    @property
    def tombstones(self) -> Tombstones:
        """Who was erased, apart from the data."""
        return Tombstones(self.folder / "apart" / "data.erased")

    async def ask(self, text: str, *, person: Person = PERSON) -> Card:
        """Give the answer to a command."""
        command = parse(text)
        assert isinstance(command, PersonalCommand)
        message = Message(event_id="asked", person=person, place=PLACE, text=text)
        await self.personal.answer(command, message, self.stage.port)
        return self.stage.port.last

    async def turn_page(self, value: str, *, person: Person = PERSON) -> Card:
        """Press a button that leads to another page; gives the answer."""
        press = Press(
            event_id="turned",
            person=person,
            place=PLACE,
            action=Action.PAGE,
            job_id="",
            value=value,
        )
        await self.personal.turn_page(press, self.stage.port)
        return self.stage.port.last

    async def press_erase(self, *, person: Person = PERSON) -> Card:
        """Press the button that erases whoever presses it; gives the answer."""
        press = Press(
            event_id="pressed", person=person, place=PLACE, action=Action.ERASE, job_id=""
        )
        await self.personal.erase(press, self.stage.port)
        return self.stage.port.last

    async def files(self) -> list[str]:
        """Name everything in the files."""
        folders = ("pictures/", "photos/", "exports/")
        return [key for folder in folders for key in await self.stage.files.keys(folder)]

    def name(self, person: Person = PERSON) -> str:
        """Give a person's keyed name."""
        return self.stage.store.person_name(person)


@asynccontextmanager
async def open_archive(folder: Path) -> AsyncIterator[Archive]:
    """Give an archive over a stage in a folder."""
    async with open_stage(folder) as stage:
        archive = Archive(stage, folder)
        archive.open()
        yield archive
