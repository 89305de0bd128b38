"""Where answers are brought from: a real store, a platform that fails as told, a clock that is moved."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from bot import cards
from bot.adapters.port import CardState, MessageRef, Person, Place
from bot.command import DrawCommand
from bot.delivery import Delivery, nonce_of
from bot.files import Files
from bot.job import Closing, Job, Outcome, Phase, Record
from bot.metrics import Metrics
from bot.rules import Manner
from bot.sealing import KEY_BYTES, Sealer
from bot.store import Store
from tests.bot.store.samples import DAY, drawn
from tests.clock import ManualTime
from tests.doubles import FakePort, preparation

NUM_SENDERS = 4
LIMIT_S = 60.0
PERSON = Person(platform="test", id="minji")
PLACE = Place(platform="test", id="here")


class Died(Exception):
    """The process ended here."""


def most(most_s: float) -> float:
    """Wait as long as jitter may."""
    return most_s


@dataclass(slots=True, kw_only=True)
class Office:
    """Deliveries of one process after the other, over the same store and platform."""

    store: Store
    files: Files
    port: FakePort
    time: ManualTime
    jitter: Callable[[float], float] = most
    delivery: Delivery = field(init=False)

    def open(self) -> None:
        """Begin to deliver, as a process does that has just started."""
        self.delivery = Delivery(
            store=self.store,
            files=self.files,
            card_of=lambda record: cards.ending(record, ()),
            hold=lambda job_id: nullcontext(),
            metrics=Metrics(),
            clock=self.time,
            wall_clock=self.time,
            jitter=self.jitter,
            wait_for=self.time.wait_for,
        )
        self.delivery.start({"test": self.port})

    async def reopen(self, *, after_s: float = 0.0) -> None:
        """Let the process die, whatever it does, and another one start so much later."""
        await self.delivery.close()
        self.time.pass_(after_s)
        self.open()

    async def accept(
        self,
        job_id: str,
        *,
        is_seen: bool = True,
        is_read: bool = True,
        place: Place = PLACE,
        manner: Manner | None = None,
    ) -> None:
        """Accept a job, read its text, and show its first card, unless either failed."""
        job = Job(
            id=job_id,
            person=PERSON,
            place=place,
            event_id=f"e-{job_id}",
            command=DrawCommand(text="고래"),
            seed=7,
            manner=manner or Manner(),
        )
        await self.store.accept(job, cost=1.0, start=0.0, finish=1.0, units=1, day=DAY)
        if is_read:
            await self.store.keep_preparation(job_id, preparation("고래"))
        if is_seen:
            card = cards.accepted(job_id, is_ready=True)
            ref = await self.port.send(place, card, nonce=nonce_of(job_id, "first"))
            await self.store.keep_message(job_id, ref)

    async def settle(
        self,
        job_id: str = "job",
        *,
        is_seen: bool = True,
        place: Place = PLACE,
        outcome: Outcome | None = None,
        manner: Manner | None = None,
    ) -> None:
        """Accept a job, and settle how it ends."""
        await self.accept(job_id, is_seen=is_seen, place=place, manner=manner)
        await self.store.conclude(job_id, outcome or drawn(job_id))
        self.port.calls.clear()

    async def bring(self, *job_ids: str) -> None:
        """Have answers brought, letting pass whatever time that takes. Raises what that raises."""
        brought = asyncio.gather(*(self.delivery.deliver(job_id) for job_id in job_ids or ("job",)))
        while not brought.done():
            passing = asyncio.ensure_future(self.time.pass_to_next(num_waiting=NUM_SENDERS))
            done, _ = await asyncio.wait(
                (brought, passing), timeout=LIMIT_S, return_when=asyncio.FIRST_COMPLETED
            )
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)
            assert done, "nothing happens any more"
        await brought

    async def record(self, job_id: str = "job") -> Record:
        """Give what is kept of a job."""
        record = await self.store.find(job_id)
        assert record is not None
        return record

    async def closing(self, job_id: str = "job") -> Closing | None:
        """Say what became of an answer; None while its job is open."""
        record = await self.record(job_id)
        assert (record.phase is Phase.CLOSED) == (record.closing is not None)
        return record.closing

    def remove_first(self, ref: MessageRef | None) -> None:
        """Let somebody remove a card."""
        assert ref is not None
        self.port.removed.add(ref.id)

    def num_endings(self, job_id: str = "job") -> int:
        """Count the messages that ever showed a job's picture."""
        return sum(
            any(card.job_id == job_id and card.state is CardState.DONE for card in versions)
            for versions in self.port.versions
        )

    @property
    def kinds(self) -> list[str]:
        """What the platform was asked for since the last job was settled."""
        return [call.kind for call in self.port.calls]


@asynccontextmanager
async def open_office(
    folder: Path, *, repeat_s: float = 180.0, jitter: Callable[[float], float] = most
) -> AsyncIterator[Office]:
    """Give an office that delivers until the end."""
    time = ManualTime()
    sealer = Sealer(b"k" * KEY_BYTES)
    store = await Store.open(f"sqlite:///{folder}/app.db", sealer=sealer, clock=time)
    office = Office(
        store=store,
        files=Files(str(folder), sealer),
        port=FakePort(time, repeat_s=repeat_s),
        time=time,
        jitter=jitter,
    )
    office.open()
    try:
        yield office
    finally:
        await office.delivery.close()
        await store.close()
