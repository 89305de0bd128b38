"""Stand-ins above the seams: a text pipeline and an engine that do what a test tells them.

They share the protocols of `bot/` with the real ones, so they cannot offer what those lack.
A ticket is the real one. They draw nothing: what pictures show is tested with the real parts.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.adapters.port import (
    Card,
    CardState,
    ChatPort,
    MessageGone,
    MessageRef,
    NotForEverybody,
    Person,
    Place,
    PlaceGone,
    PlatformDown,
    PortError,
    Unclear,
)
from pipeline import (
    Audience,
    Cancelled,
    ModelFacts,
    PipelineError,
    Pixels,
    Preparation,
    PreparedPrompt,
    ProviderHealth,
    Quality,
    QueueFull,
    Rendered,
    RenderPhase,
    RenderProgress,
    RenderRequest,
    Revised,
    Rule,
    Ruling,
    SamplerName,
    Ticket,
    Verdict,
)
from pipeline.types import Fragment, TokensUsed

FACTS = ModelFacts(
    name="double",
    width_px=4,
    height_px=4,
    min_side_px=4,
    max_side_px=8,
    max_area_px=64,
    side_multiple_px=4,
    steps={Quality.FAST: 5, Quality.NORMAL: 6, Quality.FINE: 7},
    guidance_scale=4.0,
    sampler=SamplerName.EULER,
    display_px=96,  # room for a label
    can_look_real=False,  # so small that no label fits
)
PIXELS = Pixels(width_px=4, height_px=4, rgb=bytes(48))


def preparation(text: str, *, verdict: Verdict = Verdict.OK) -> Preparation:
    """A prepared text; whatever was written is a whale."""
    if verdict is not Verdict.OK:
        return Preparation(text=text, verdict=verdict)
    fragments = (Fragment(text="a whale"),)
    return Preparation(
        text=text,
        verdict=verdict,
        subject="고래",
        english="a whale",
        keywords=(("whale", 1.2),),
        prompt=PreparedPrompt(prompt=fragments, prompt_2=fragments, negative_prompt=fragments),
        tokens=TokensUsed(prompt=2, prompt_2=2, negative_prompt=2),
    )


class FakeText:
    """Prepares every text at once; a test sets the verdict or an error to raise."""

    def __init__(self) -> None:
        self.verdict = Verdict.OK
        self.rule: Rule | None = None  # that an unsafe text breaks
        self.error: Exception | None = None
        self.terms: list[Mapping[str, str]] = []
        self.negatives: list[str] = []
        self.englishes: list[str] = []
        self.words: list[tuple[tuple[str, float], ...]] = []
        self.translator: str | None = None
        self.are_over_photos: list[bool] = []
        self.judged_for: list[tuple[Audience, tuple[str, ...]]] = []  # and by which words
        self.forgotten: list[str] = []

    async def prepare(
        self,
        text: str,
        *,
        negative: str = "",
        terms: Mapping[str, str] = MappingProxyType({}),
        english: str = "",
        words: Sequence[tuple[str, float]] = (),
        is_over_photo: bool = False,
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
    ) -> Preparation:
        """Give the scripted verdict."""
        self.terms.append(terms)
        self.negatives.append(negative)
        self.englishes.append(english)
        self.are_over_photos.append(is_over_photo)
        self.words.append(tuple(words))
        self.judged_for.append((audience, tuple(forbidden)))
        if self.error is not None:
            raise self.error
        prepared = preparation(text, verdict=self.verdict)
        return replace(prepared, translator=self.translator, rule=self.rule)

    async def judged(
        self,
        prepared: Preparation,
        *,
        negative: str = "",
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
    ) -> Preparation:
        """Give the scripted verdict, as if it had been prepared here."""
        self.judged_for.append((audience, tuple(forbidden)))
        return replace(prepared, verdict=self.verdict, rule=self.rule)

    async def revise(self, text: str, change: str) -> Revised:
        """Add the change to the text; "… 빼고" takes something away."""
        gone = change.removesuffix(" 빼고")
        if gone != change:
            return Revised(text=text.replace(gone, "").strip(), negative=gone)
        return Revised(text=f"{text}, {change}")

    def health(self) -> tuple[ProviderHealth, ...]:
        """Name nobody."""
        return ()

    async def forget_unused(self, *, for_s: float) -> None:
        """Remember nothing."""

    async def forget(self, text: str) -> None:
        """Remember what is to be forgotten."""
        self.forgotten.append(text)


class FakeGate:
    """Breaks the rule whose name stands in a text, unless it passes among adults; wants clothes to stay."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[str, ...], Audience, tuple[str, ...]]] = []

    def judge(
        self,
        *texts: str,
        unwanted: Collection[str] = (),
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
        is_over_photo: bool = False,
    ) -> Ruling:
        """Judge texts together; over a photo nothing may be "suggest"."""
        self.asked.append((texts, audience, tuple(forbidden)))
        text = " ".join(texts)
        if any(word in text for word in forbidden):
            return Ruling(rule=Rule.FORBIDDEN)
        if is_over_photo and "suggest" in text:
            return Ruling(rule=Rule.REAL_PERSON)
        found = (rule for rule in Rule if rule in text)
        rule = next(found, Rule.SEXUAL if "clothes" in " ".join(unwanted) else None)
        is_fine = rule is Rule.SEXUAL and audience is Audience.ADULTS
        return Ruling(rule=None if is_fine else rule)


class FakeEngine:
    """Hands out real tickets that the test moves on by hand."""

    def __init__(self) -> None:
        self.facts = FACTS
        self.requests: list[RenderRequest] = []
        self.tickets: list[Ticket] = []
        self.submitted = asyncio.Event()
        self.error: PipelineError | None = None
        self.room = 100

    def submit(self, asked: RenderRequest) -> Ticket:
        """Take a request and let the test know."""
        if self.error is not None:
            raise self.error
        if len(self.tickets) >= self.room:
            raise QueueFull(num_waiting=self.room)
        ticket: Ticket
        ticket = Ticket(
            progress(0, phase=RenderPhase.WAITING), on_cancel=lambda: ticket.settle(Cancelled())
        )
        self.requests.append(asked)
        self.tickets.append(ticket)
        self.submitted.set()
        return ticket

    def finish(self, index: int = 0) -> None:
        """End a request with a picture: the one that it started from, if there was one."""
        asked = self.requests[index]
        self.tickets[index].settle(
            Rendered(
                pixels=asked.start.pixels if asked.start else PIXELS,
                seed=asked.seed,
                num_steps=asked.num_steps or 2,
                guidance_scale=4.0,
                sampler=SamplerName.EULER,
                model="double",
                wait_s=0.0,
                render_s=0.1,
            )
        )


def progress(step: int, *, phase: RenderPhase = RenderPhase.DRAWING) -> RenderProgress:
    """News of a request of two steps, with a preview once it is drawn."""
    preview = PIXELS if phase is RenderPhase.DRAWING else None
    return RenderProgress(phase=phase, place=0, step=step, num_steps=2, eta_s=1.0, preview=preview)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a call: before it does anything, or after it did everything."""

    error: PortError
    is_after: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a platform, whatever became of it."""

    kind: str  # "send", "edit", "find" or "remove"
    at_s: float
    card: Card | None = None
    nonce: str | None = None
    is_repeat: bool = False  # of a nonce that the platform still knew


class FakePort(ChatPort):
    """A platform that remembers every version of every card, and fails as a test says."""

    platform = "test"
    recompresses_pictures = False

    def __init__(
        self,
        clock: Callable[[], float] = lambda: 0.0,
        *,
        repeat_s: float = 180.0,
        edit_interval_s: float = 0.0,
    ) -> None:
        self.versions: list[list[Card]] = []
        self.calls: list[Call] = []
        self.faults: list[Fault | None] = []  # of the calls to come, first one first
        self.fault_of: Callable[[], Fault | None] = lambda: None  # of every call after those
        self.removed: set[str] = set()
        self.gone_places: set[Place] = set()
        self.is_for_adults = True  # every place
        self.can_look = True
        self.forgotten: list[Person] = []
        self._clock, self._repeat_s, self._edit_interval_s = clock, repeat_s, edit_interval_s
        self._sent: dict[tuple[Place, str], list[tuple[float, MessageRef]]] = {}  # by nonce
        self._changed = asyncio.Condition()

    @property
    def repeat_s(self) -> float:
        """For how long a nonce is known."""
        return self._repeat_s

    @property
    def edit_interval_s(self) -> float:
        """The least time between two edits that tell of progress."""
        return self._edit_interval_s

    async def send(
        self, place: Place, card: Card, *, reply_to: str | None = None, nonce: str | None = None
    ) -> MessageRef:
        """Remember a new card."""
        sent = self._sent.setdefault((place, nonce), []) if nonce else []
        known = [ref for at_s, ref in sent if self._clock() - at_s < self._repeat_s]
        with self._call("send", place, card, nonce, is_repeat=bool(known)):
            if known:
                return known[0]
            ref = MessageRef(place=place, id=str(len(self.versions)))
            sent.append((self._clock(), ref))
            self.versions.append([card])
            await self._tell()
            return ref

    async def edit(self, ref: MessageRef, card: Card) -> None:
        """Remember the next version of a card."""
        with self._call("edit", ref.place, card):
            if ref.id in self.removed:
                raise MessageGone
            self.versions[int(ref.id)].append(card)
            await self._tell()

    async def find(self, place: Place, nonce: str) -> MessageRef | None:
        """Look among the cards that were not removed."""
        with self._call("find", place, nonce=nonce):
            if not self.can_look:
                raise Unclear
            sent = self._sent.get((place, nonce), [])
            return next((ref for _, ref in sent if ref.id not in self.removed), None)

    async def remove(self, ref: MessageRef) -> None:
        """Take a card away."""
        with self._call("remove", ref.place):
            self.removed.add(ref.id)
            await self._tell()

    async def forget(self, person: Person) -> None:
        """Remember who is to be forgotten."""
        self.forgotten.append(person)

    async def wait_for(self, state: CardState) -> Card:
        """Wait until the newest card is in a state."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self.versions) and self.last.state is state)
            return self.last

    @property
    def last(self) -> Card:
        """The newest version of the newest card."""
        return self.versions[-1][-1]

    @property
    def shown(self) -> list[Card]:
        """The newest versions of all cards that are there, oldest card first."""
        return [
            versions[-1]
            for number, versions in enumerate(self.versions)
            if str(number) not in self.removed
        ]

    @contextmanager
    def _call(
        self,
        kind: str,
        place: Place,
        card: Card | None = None,
        nonce: str | None = None,
        *,
        is_repeat: bool = False,
    ) -> Iterator[None]:
        call = Call(kind=kind, at_s=self._clock(), card=card, nonce=nonce, is_repeat=is_repeat)
        self.calls.append(call)
        fault = self.faults.pop(0) if self.faults else self.fault_of()
        if fault is not None and kind == "find" and isinstance(fault.error, Unclear):
            raise PlatformDown  # a look does nothing, so its failure is never unclear
        if fault is not None and not fault.is_after:
            raise fault.error
        if place in self.gone_places:
            raise PlaceGone
        if card is not None and card.is_adult and not self.is_for_adults:
            raise NotForEverybody
        yield
        if fault is not None:
            raise fault.error

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
