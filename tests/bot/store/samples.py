"""Values that the store's tests write down, and the people in them."""

from bot.adapters.port import MessageRef, Person, Place
from bot.command import DrawCommand
from bot.job import Ending, FailureRecord, Job, Outcome, Picture, Progress, picture_key
from bot.store import Store
from pipeline import Preparation, Receipt, RenderPhase, Verdict

MINJI = Person(platform="web", id="minji")
JUNHO = Person(platform="discord", id="junho")
HALL = Place(platform="web", id="hall")
DAY = "2026-11-28"
WORDS = "노을 지는 바다 위의 고래"

CANCELLED = Outcome(ending=Ending.CANCELLED)
FAILED = Outcome(ending=Ending.FAILED, failure=FailureRecord(kind="TimedOut", facts={"after_s": 9}))
PREPARATION = Preparation(text=WORDS, verdict=Verdict.OK, english="a whale above the sea")


def a_job(job_id: str, *, person: Person = MINJI, place: Place = HALL) -> Job:
    """Make a job that somebody asked for."""
    command = DrawCommand(text=WORDS)
    return Job(
        id=job_id, person=person, place=place, event_id=f"e-{job_id}", command=command, seed=7
    )


async def accept(
    store: Store, *job_ids: str, person: Person = MINJI, place: Place = HALL, units: int = 1
) -> None:
    """Have jobs accepted, one after the other."""
    for job_id in job_ids:
        job = a_job(job_id, person=person, place=place)
        assert await store.accept(job, cost=2.0, start=0.5, finish=2.5, units=units, day=DAY)


def drawn(job_id: str, *, num_missing: int = 0) -> Outcome:
    """Make the outcome of a job with one picture."""
    receipt = Receipt(
        text=WORDS, english="a whale", prompt="a whale", prompt_2="whale", negative_prompt="blurry",
        weights=(("whale", 1.2),), seed=7, width_px=64, height_px=64, num_steps=4,
        guidance_scale=5.0, sampler="euler", model="demo", version="1",
    )  # fmt: skip
    picture = Picture(
        key=picture_key(job_id, 1), sha256="ab" * 32, receipt=receipt, width_px=512, height_px=512,
        timings_ms={"render": 12.5},
    )  # fmt: skip
    return Outcome(ending=Ending.DRAWN, pictures=(picture,), num_missing=num_missing)


def at_step(step: int) -> Progress:
    """Make the news of a job that is being drawn."""
    return Progress(phase=RenderPhase.DRAWING, place=0, step=step, num_steps=8, eta_s=1.5)


def message(message_id: str) -> MessageRef:
    """Make the address of a message in the hall."""
    return MessageRef(place=HALL, id=message_id)
