"""A conversation with everything around it in the test's hands.

The store, the files, the worker and all of the chat role are real; the text pipeline, the engine, the
platform and the queues are doubles. Nothing happens by itself: progress is told and looked at when
the test says so.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot import cards
from bot.adapters.port import (
    Action,
    Card,
    CardState,
    ChatPort,
    Message,
    Person,
    Place,
    Press,
)
from bot.aftercare import Aftercare
from bot.appeals import Appeals
from bot.chat import Chat
from bot.conversation import Conversation
from bot.delivery import Delivery
from bot.desk import Desk
from bot.fairness import Capacity, Limits
from bot.files import Files
from bot.fleet import Pace
from bot.follower import Follower
from bot.gatekeeper import Gatekeeper
from bot.intake import Intake
from bot.job import Record, job_id_of
from bot.jobs import Jobs, Turn
from bot.marking import Marking
from bot.metrics import Metrics
from bot.notices import PriorNotice
from bot.operators import Operators
from bot.personal import Personal
from bot.places import Places
from bot.recall import Recall
from bot.reports import Reports
from bot.review import Review
from bot.sealing import KEY_BYTES, Sealer
from bot.settings import DrawSection, KeepSection, MarksSection, OperatorSection, TextSection
from bot.store import Store
from bot.strikes import Penalties
from bot.wish import cost_of
from bot.wishes import Wishes
from bot.worker import Worker
from pipeline import marks_in
from tests.doubles import FakeEngine, FakeGate, FakePort, FakeText
from tests.judging import FakePictureGate

LIMIT_S = 60.0
PERSON = Person(platform="test", id="p")
PLACE = Place(platform="test", id="here")
TEXT = TextSection(glossary={"모모": "a cat"}, place_glossaries={"test:here": {"모모": "a dog"}})


class Runner(Jobs):
    """Walks jobs through their parts at once, each part once, and keeps nothing."""

    def __init__(self) -> None:
        self.queued: list[tuple[str, str]] = []  # the part and the job
        self.is_held = False  # nothing that is queued begins
        self.error: Exception | None = None
        self.chat: Chat
        self.worker: Worker
        self._parts: set[asyncio.Task[None]] = set()

    async def enqueue_prepare(self, job_id: str, priority: int = 1) -> None:
        """Begin a job."""
        if self.error is not None:
            raise self.error
        self._begin("prepare", job_id, self._prepare_part(job_id))

    async def enqueue_render(self, job_id: str, turn: Turn) -> None:
        """Have a job drawn."""
        self._begin("render", job_id, self._render_part(job_id))

    async def enqueue_deliver(self, job_id: str) -> None:
        """Have its answer brought."""
        self._begin("deliver", job_id, self.chat.deliver(job_id))

    async def idle(self) -> None:
        """Wait until no part is under way. Raises what a part raised."""
        async with asyncio.timeout(LIMIT_S):
            while self._parts:
                await asyncio.gather(*self._parts)

    async def close(self) -> None:
        """End what is under way."""
        for part in self._parts:
            part.cancel()
        await asyncio.gather(*self._parts, return_exceptions=True)

    def _begin(self, part: str, job_id: str, work: Coroutine[object, object, None]) -> None:
        if self.is_held or (part, job_id) in self.queued:
            work.close()
        else:
            task = asyncio.create_task(work)
            self._parts.add(task)
            task.add_done_callback(self._parts.discard)
        self.queued.append((part, job_id))

    async def _prepare_part(self, job_id: str) -> None:
        await self.chat.acknowledge(job_id)
        turn = await self.chat.prepare(job_id)
        await (self.enqueue_render(job_id, turn) if turn else self.enqueue_deliver(job_id))

    async def _render_part(self, job_id: str) -> None:
        await self.worker.draw(job_id)
        await self.enqueue_deliver(job_id)


class Unasked(Personal):
    """Knows nobody: what people ask about themselves has tests of its own."""

    def __init__(self) -> None:
        pass


class Ready:
    """A program that does well."""

    async def sentence(self) -> str:
        """Say so."""
        return "준비됐어요"


@dataclass(slots=True, kw_only=True)
class Stage:
    """The parts of one process, over a folder that outlives it."""

    store: Store
    files: Files
    text: FakeText = field(default_factory=FakeText)
    engine: FakeEngine = field(default_factory=FakeEngine)
    port: FakePort = field(default_factory=FakePort)
    runner: Runner = field(default_factory=Runner)
    gate: FakeGate = field(default_factory=FakeGate)
    picture_gate: FakePictureGate = field(default_factory=FakePictureGate)
    limits: Limits = field(default_factory=lambda: Limits(max_per_person=2))
    operator_ids: tuple[str, ...] = ()
    ports: dict[str, ChatPort] = field(default_factory=dict)  # that operators are told at
    clock: Callable[[], float] = time.time  # of pauses and suspensions
    check_room: Callable[[], None] = lambda: None
    is_ready: bool = True
    worker: Worker = field(init=False)
    chat: Chat = field(init=False)
    places: Places = field(init=False)
    reports: Reports = field(init=False)
    intake: Intake = field(init=False)
    gatekeeper: Gatekeeper = field(init=False)
    follower: Follower = field(init=False)
    delivery: Delivery = field(init=False)
    conversation: Conversation = field(init=False)

    def open(self) -> None:
        """Put the parts together, as a process does that has just started."""
        metrics = Metrics()
        notice = PriorNotice(self.store, operator=OperatorSection(), keep=KeepSection())
        self.follower = Follower(
            store=self.store,
            port_of=lambda platform: self.delivery.port_of(platform),
            unlearned=lambda record: (),
            is_ready=lambda: self.is_ready,
            capacity=_capacity,
            metrics=metrics,
        )
        self.delivery = Delivery(
            store=self.store,
            files=self.files,
            card_of=self._card_of,
            hold=self.follower.hold,
            metrics=metrics,
        )
        self.delivery.start({"test": self.port})
        self.worker = self.runner.worker = Worker(
            name="worker-0",
            store=self.store,
            files=self.files,
            engine=self.engine,
            ready=_ready,
            scrutiny_of=self.picture_gate.scrutiny_of,
            marking=Marking(MarksSection(credentials=False)),
            draw=DrawSection(),
            max_deaths=2,
            pace=Pace(),
            metrics=metrics,
        )
        self.gatekeeper = Gatekeeper(
            store=self.store,
            gate=self.gate,
            penalties=Penalties(),
            metrics=metrics,
            clock=self.clock,
        )
        self.chat = self.runner.chat = Chat(
            store=self.store,
            preparer=self.text,
            ready=_ready,
            is_ready=lambda: self.is_ready,
            delivery=self.delivery,
            told=notice.told,
            strike=self.gatekeeper.strike,
            metrics=metrics,
        )
        self.places = Places(self.store, gate=self.gate)
        self.intake = Intake(
            store=self.store,
            files=self.files,
            enqueue=self.runner.enqueue_prepare,
            limits=self.limits,
            role_weights={},
            terms_of=TEXT.terms_of,
            check_place=self.places.check,
            check_wish=self.gatekeeper.admit,
            cost_of=lambda wish: cost_of(wish.command, self.engine.facts),
            capacity=_capacity,
            check_room=lambda: self.check_room(),
            notice_of=notice.due,
            metrics=metrics,
        )
        desk = Desk(store=self.store, places=self.places, operator_ids=self.operator_ids)
        self.reports = Reports(store=self.store, desk=desk, port_of=self.delivery.port_of)
        self.conversation = Conversation(
            store=self.store,
            jobs=self.runner,
            intake=self.intake,
            chat=self.chat,
            wishes=Wishes(self.files, self.text.revise),
            aftercare=Aftercare(
                store=self.store,
                files=self.files,
                card_of=self._card_of,
                hold=self.follower.hold,
                port_of=self.delivery.port_of,
            ),
            card_of=self._card_of,
            status=Ready(),
            personal=Unasked(),
            places=self.places,
            recall=Recall(store=self.store, files=self.files, read=marks_in),
            reports=self.reports,
            review=Review(
                store=self.store,
                desk=desk,
                places=self.places,
                port_of=self.delivery.port_of,
            ),
            desk=desk,
            operators=Operators(store=self.store, ids=self.operator_ids),
            appeals=Appeals(
                store=self.store,
                operator_ids=self.operator_ids,
                ports=lambda: self.ports,
            ),
            suggest=lambda option, typed: (),
            metrics=metrics,
        )

    async def close(self) -> None:
        """End the process, whatever it does."""
        await self.runner.close()
        await self.follower.close()
        await self.delivery.close()

    async def reopen(self) -> None:
        """Let the process die, and another one start with nothing in its queues."""
        await self.close()
        self.runner = Runner()
        self.open()

    def message(
        self,
        text: str,
        event_id: str = "e1",
        *,
        person: Person = PERSON,
        place: Place = PLACE,
        **parts: Any,
    ) -> Message:
        """A message of the one person here, with other parts of one."""
        return Message(event_id=event_id, person=person, place=place, text=text, **parts)

    async def say(self, text: str, event_id: str = "e1", **parts: Any) -> None:
        """Send a message and wait until it is answered."""
        message = self.message(text, event_id, **parts)
        await self._within(self.conversation.on_message(message, self.port))

    async def press(
        self,
        action: Action,
        job_id: str | None,
        event_id: str = "e2",
        *,
        person: Person = PERSON,
        place: Place = PLACE,
        value: str = "",
    ) -> None:
        """Press a button and wait until that is answered."""
        press = Press(
            event_id=event_id,
            person=person,
            place=place,
            action=action,
            job_id=job_id or "",
            value=value,
        )
        await self._within(self.conversation.on_press(press, self.port))

    async def begin(self, text: str = "고래", event_id: str = "e1", **parts: Any) -> None:
        """Send a message and wait until the engine has its request."""
        self.engine.submitted.clear()
        await self.say(text, event_id, **parts)
        await self._within(self.engine.submitted.wait())

    async def draw(self, text: str = "고래", event_id: str = "e1", **parts: Any) -> Card:
        """Send a message and let its picture be finished; gives the card at the end."""
        await self.begin(text, event_id, **parts)
        return await self.finish()

    async def draw_several(
        self, num_pictures: int, text: str = "고래", event_id: str = "e1"
    ) -> Card:
        """Ask for several pictures and let them be finished."""
        await self.begin(f"{text} 장수:{num_pictures}", event_id)
        for number in range(len(self.engine.tickets) - num_pictures, len(self.engine.tickets) - 1):
            self.engine.finish(number)
        return await self.finish()

    async def redraw(
        self, action: Action, job_id: str | None, event_id: str = "e2", *, value: str = ""
    ) -> Card:
        """Press a button and let its picture be finished; gives the card at the end."""
        self.engine.submitted.clear()
        await self.press(action, job_id, event_id, value=value)
        await self._within(self.engine.submitted.wait())
        return await self.finish()

    async def finish(self) -> Card:
        """Let the engine finish its last request, and everything come to its end."""
        self.engine.finish(len(self.engine.tickets) - 1)
        await self.runner.idle()
        return self.port.last

    async def tell(self) -> None:
        """Have the worker tell what is new, and learn what nobody wants any more."""
        for _ in range(5):  # whoever follows a ticket takes its news
            await asyncio.sleep(0)
        await self.worker._telling.tell()

    async def show_progress(self) -> Card:
        """Have the worker tell, and the card show, that a job is drawn."""
        await self.tell()
        await self.follower.look()
        return await asyncio.wait_for(self.port.wait_for(CardState.DRAWING), LIMIT_S)

    async def record(self, event_id: str = "e1") -> Record:
        """Give what is kept of the job that an event made."""
        record = await self.store.find(job_id_of("test", event_id))
        assert record is not None
        return record

    def _card_of(self, record: Record) -> Card:
        return cards.ending(record, (), has_originals=self.port.recompresses_pictures)

    async def _within(self, what: Awaitable[object]) -> None:
        await asyncio.wait_for(what, LIMIT_S)


@asynccontextmanager
async def open_stage(
    folder: Path, *, clock: Callable[[], float] = time.time, operator_ids: tuple[str, ...] = ()
) -> AsyncIterator[Stage]:
    """Give a stage in a folder; nothing of it is left under way at the end."""
    sealer = Sealer(b"k" * KEY_BYTES)
    store = await Store.open(f"sqlite:///{folder}/app.db", sealer=sealer, clock=clock)
    files = Files(str(folder), sealer)
    stage = Stage(store=store, files=files, clock=clock, operator_ids=operator_ids)
    stage.open()
    try:
        yield stage
    finally:
        await stage.close()
        await store.close()
    assert [] == [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def _capacity() -> Capacity:
    return Capacity(seconds_per_unit=None, num_workers=1)


async def _ready() -> None:
    return None
