"""How a request is accepted: admitted, committed with its charge, queued, and only then acknowledged.

Everybody is judged by what was accepted before. While some are written down, others wait and are then
written down together: whoever comes in a crowd does not wait for a commit of each. What is accepted
is a row in the store; the queue's entry follows from it and is made again where a crash came between.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from secrets import randbits

import structlog

from bot.adapters.port import Person, Place
from bot.failpoints import pass_
from bot.fairness import Asked, Capacity, Limits, admit, korean_day
from bot.files import Files
from bot.job import Job, NotAccepted, Record, job_id_of, photo_key
from bot.metrics import Metrics
from bot.rules import PlaceRules
from bot.store import Candidate, Live, Store, StoreError
from bot.sweeper import turn_of
from bot.wish import Wish
from pipeline import PipelineError

log = structlog.get_logger()

_WRITE_S = 1.5  # beyond it the request is refused rather than acknowledged too late
_ENQUEUE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a request came with: who did it where, the platform's id of it, and what was written."""

    id: str
    person: Person
    place: Place
    words: str = ""  # none where a button asked


@dataclass(slots=True)
class _Group:
    """Those who are judged and written down in one commit."""

    candidates: list[Candidate] = field(default_factory=list)
    decided: asyncio.Task[tuple[Record | PipelineError | None, ...]] | None = None


class Intake:
    """Accepts requests; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        files: Files,
        enqueue: Callable[[str, int], Awaitable[None]],
        limits: Limits,
        role_weights: Mapping[str, float],
        terms_of: Callable[[str], Mapping[str, str]],
        check_place: Callable[[Place], Awaitable[PlaceRules]],
        check_wish: Callable[[Wish, Event, PlaceRules], Awaitable[None]],
        cost_of: Callable[[Wish], float],
        capacity: Callable[[], Capacity],
        check_room: Callable[[], None],
        notice_of: Callable[[Person], Awaitable[str]],
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._files, self._enqueue = store, files, enqueue
        self._limits, self._role_weights = limits, role_weights
        self._terms_of, self._cost_of, self._capacity = terms_of, cost_of, capacity
        self._check_place, self._check_wish, self._notice_of = check_place, check_wish, notice_of
        self._check_room, self._metrics, self._clock = check_room, metrics, clock
        self._turn, self._group = asyncio.Lock(), _Group()
        self._late: set[asyncio.Task[None]] = set()

    async def accept(self, wish: Wish, event: Event) -> Record | None:
        """Commit a request and give its job as it is now; None where the same event came before.

        Raises Unavailable where it cannot be taken now, and RequestRejected where the rules of its place,
        what it asks for or who asks are against it; nothing is promised, charged or written down then.
        """
        rules, notice = await self._rules(wish, event), await self._notice_of(event.person)
        candidate = self._candidate(wish, event, rules, notice=notice)
        job_id = candidate.job.id
        try:
            if wish.photo is not None:
                await self._files.write(photo_key(job_id), wish.photo)
            record = await self._written_in_time(candidate)
        except StoreError as error:
            log.exception("request cannot be written down")
            raise NotAccepted from error
        except OSError as error:
            log.exception("photo cannot be written")
            raise NotAccepted from error
        except PipelineError as error:
            self._metrics.refused(error)
            if wish.photo is not None:
                with suppress(OSError):
                    await self._files.remove([photo_key(job_id)])
            raise
        if record is None:
            return None
        pass_("after_accept_before_enqueue")
        try:
            # Texts are read in the fair order too: whoever wants fifty pictures holds up nobody.
            enqueued = self._enqueue(job_id, turn_of(record).priority)
            await asyncio.wait_for(enqueued, _ENQUEUE_S)
        except Exception as error:
            log.exception("request cannot be queued", job_id=job_id)
            await self._store.withdraw(job_id)
            raise NotAccepted from error
        pass_("after_enqueue_before_ack")
        self._metrics.accepted()
        log.info("job accepted", job_id=job_id)
        return record

    async def _rules(self, wish: Wish, event: Event) -> PlaceRules:
        """Look up what holds in a place, and let nobody pass whom it or a gate is against.

        Raises RequestRejected or Unavailable.
        """
        try:
            rules = await self._check_place(event.place)
            await self._check_wish(wish, event, rules)
        except PipelineError as error:
            self._metrics.refused(error)
            raise
        return rules

    async def _written_in_time(self, candidate: Candidate) -> Record | None:
        """Refuse where the database is so slow that the platform would not wait for our answer."""
        writing = asyncio.create_task(self._written(candidate))
        done, _ = await asyncio.wait({writing}, timeout=_WRITE_S)
        if done:
            return writing.result()
        log.error("request not written down in time", limit_s=_WRITE_S)
        late = asyncio.create_task(self._take_back(writing, candidate.job.id))
        self._late.add(late)
        late.add_done_callback(self._late.discard)
        raise NotAccepted

    async def _take_back(self, writing: asyncio.Task[Record | None], job_id: str) -> None:
        """Forget a job that was written down after its person had heard that it was not."""
        with suppress(StoreError, PipelineError):
            if await writing is not None:
                await self._store.withdraw(job_id)

    async def _written(self, candidate: Candidate) -> Record | None:
        """Have a candidate judged and written down, with all who come until it is their turn."""
        group, number = self._group, len(self._group.candidates)
        group.candidates.append(candidate)
        async with self._turn:
            if group.decided is None:
                self._group = _Group()
                group.decided = asyncio.create_task(self._store.accept_all(group.candidates))
            await asyncio.wait({group.decided})  # for the others too: one who leaves ends nothing
        result = group.decided.result()[number]
        if isinstance(result, PipelineError):
            raise result
        return result

    def _candidate(self, wish: Wish, event: Event, rules: PlaceRules, *, notice: str) -> Candidate:
        now_s, cost, command = self._clock(), self._cost_of(wish), wish.command
        asked = Asked(
            person=self._store.person_name(event.person),
            place=self._store.place_name(event.place),
            cost=cost,
            weight=max(
                (self._role_weights.get(role, 1.0) for role in event.person.roles), default=1.0
            ),
            num_pictures=command.num_pictures,
        )
        capacity, daily = self._capacity(), rules.daily_of(event.person.roles)
        limits = self._limits if daily is None else replace(self._limits, daily_per_person=daily)

        def judge(
            live: Sequence[Live], used: tuple[int, int], last_accepted_s: float | None
        ) -> tuple[float, float]:
            try:
                self._check_room()
            except OSError as error:
                raise NotAccepted from error
            tags = admit(
                asked,
                live=live,
                used=used,
                last_accepted_s=last_accepted_s,
                limits=limits,
                capacity=capacity,
                now_s=now_s,
            )
            return tags.start, tags.finish

        job = Job(
            id=job_id_of(event.person.platform, event.id),
            person=event.person,
            place=event.place,
            event_id=event.id,
            command=command,
            seed=randbits(32),
            words=event.words,
            has_photo=wish.photo is not None,
            terms={
                **self._terms_of(f"{event.place.platform}:{event.place.home_id}"),
                **rules.glossary,
            },
            manner=rules.manner_in(event.place, has_photo=wish.photo is not None),
            forbidden=rules.forbidden_words,
            notice=notice,
        )
        return Candidate(
            job=job, cost=cost, units=command.num_pictures, day=korean_day(now_s), judge=judge
        )
