"""The gate before acceptance: who may ask now, and what may be asked for; and strikes for what may not.

Nothing of what is refused here was written down, charged or given to a provider. What is found out later,
in a translation or in a picture, strikes just so. Knows the rules' names, never tells them to anybody.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.adapters.port import Person
from bot.command import DrawCommand
from bot.intake import Event
from bot.job import Job, NotAccepted, job_id_of
from bot.metrics import Metrics
from bot.rules import BarredHere, PlaceRules
from bot.store import Store, StoreError, Struck
from bot.strikes import LastWarning, Penalties, is_last_warning, refusal_of, weight_of
from bot.wish import Wish
from pipeline import Audience, PipelineError, Receipt, Rule, TextGate, Unsafe

log = structlog.get_logger()

_READ_S, _WRITE_S = 1.0, 2.0  # beyond them the platform would not wait for our answer


class Gatekeeper:
    """Lets requests pass, or says why not; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        gate: TextGate,
        penalties: Penalties,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._gate, self._penalties = store, gate, penalties
        self._metrics, self._clock = metrics, clock

    async def admit(self, wish: Wish, event: Event, rules: PlaceRules) -> None:
        """Let a request pass whose person and words may.

        Raises BarredHere, MustPause, Suspended, Unsafe or LastWarning, and NotAccepted where that cannot be known.
        """
        self._check_place(event.person, rules)
        await self._check_person(event.person)
        rule = self._rule_against(wish, event, rules)
        if rule is None:
            return
        own = replace(wish, command=rules.said(wish.command))
        if self._rule_against(own, event, rules) is None:  # the place's style is at fault
            self._note(rule, job_id_of(event.person.platform, event.id))
            raise Unsafe(rule=rule)
        job_id = job_id_of(event.person.platform, event.id)
        struck = await self._strike(event.person, rule, texts_of(wish.command), job_id)
        raise self._refusal(rule, struck)

    def _rule_against(self, wish: Wish, event: Event, rules: PlaceRules) -> Rule | None:
        has_photo = wish.photo is not None
        is_for_adults = rules.manner_in(event.place, has_photo=has_photo).is_adult
        return self._gate.judge(
            *drawn_of(wish.command),
            unwanted=unwanted_of(wish.command),
            audience=Audience.ADULTS if is_for_adults else Audience.EVERYBODY,
            forbidden=rules.forbidden_words,
            # What is enlarged was drawn here, and judged then.
            is_over_photo=has_photo and not wish.command.is_enlarging,
        ).rule

    async def strike(self, job: Job, rule: Rule) -> None:
        """Strike for what was found out of a job after it was accepted; once, however often it is told.

        Nobody is struck where a fixed English had a part in it that others chose for their word.
        """
        if _has_fixed_english(job):
            self._note(rule, job.id)
        else:
            await self._strike(job.person, rule, texts_of(job.command), job.id)

    def _check_place(self, person: Person, rules: PlaceRules) -> None:
        """Raise BarredHere for whoever asks for nothing in a place any more, on whichever account."""
        accounts = self._store.account_names(self._store.person_name(person))
        if not set(rules.barred).isdisjoint(accounts):
            raise BarredHere

    async def _check_person(self, person: Person) -> None:
        """Raise MustPause or Suspended for whoever may not draw now, NotAccepted where nobody knows."""
        try:
            async with asyncio.timeout(_READ_S):
                found = await self._store.suspension_of(self._store.person_name(person))
        except (StoreError, TimeoutError) as error:
            log.exception("suspensions cannot be read")
            raise NotAccepted from error
        if found is not None:
            raise refusal_of(found, now_s=self._clock())

    async def _strike(
        self, person: Person, rule: Rule, texts: tuple[str, ...], job_id: str
    ) -> Struck | None:
        """Write down a strike where the rule has any; None where there is none, or it is not known."""
        self._note(rule, job_id)
        if not weight_of(rule):
            return None
        try:
            async with asyncio.timeout(_WRITE_S):
                struck = await self._store.strike(
                    person, rule, text="\n".join(texts), event=job_id, penalties=self._penalties
                )
        except (StoreError, TimeoutError):  # what it is for is refused all the same
            log.exception("strike cannot be written down", job_id=job_id)
            return None
        if struck.suspension is not None:
            is_pause = struck.suspension.until_s is not None
            person_name = self._store.person_name(person)
            log.warning("person kept from drawing", person=person_name, is_pause=is_pause)
        return struck

    def _note(self, rule: Rule, job_id: str) -> None:
        self._metrics.unsafe(rule)
        log.info("request breaks a rule", job_id=job_id, rule=str(rule))

    def _refusal(self, rule: Rule, struck: Struck | None) -> PipelineError:
        """Say what whoever asked hears: first neutrally, then with a warning, then how long they wait."""
        if struck is not None and struck.suspension is not None:
            return refusal_of(struck.suspension, now_s=self._clock())
        if struck is not None and is_last_warning(struck.num_strikes, self._penalties):
            return LastWarning()
        return Unsafe(rule=rule)


def _has_fixed_english(job: Job) -> bool:
    """Whether a word of the place's or the operator's stands in a job's text, with or without blanks."""
    text = "".join(job.command.text.split()).casefold()
    return any("".join(word.split()).casefold() in text for word in job.terms)


def texts_of(command: DrawCommand) -> tuple[str, ...]:
    """Give everything in a command that could be drawn, or be kept out of a picture, as it was written."""
    return *drawn_of(command), *unwanted_of(command)


def drawn_of(command: DrawCommand) -> tuple[str, ...]:
    """Give everything in a command that could be drawn."""
    words = (word for word, _ in command.words)
    texts = (command.text, command.english, *words, *_drawn_of_receipt(command.receipt))
    return tuple(text for text in texts if text)


def unwanted_of(command: DrawCommand) -> tuple[str, ...]:
    """Give everything in a command that could be kept out of a picture."""
    receipt = command.receipt
    of_receipt = (receipt.negative, receipt.negative_prompt) if receipt is not None else ()
    return tuple(text for text in (command.negative, *of_receipt) if text)


def _drawn_of_receipt(receipt: Receipt | None) -> tuple[str, ...]:
    """Give what could be drawn of a receipt: it came with a file, so anybody can have written it.

    Its weighted fragments are its prompts, or it was refused before (`receipt.checked`).
    """
    if receipt is None:
        return ()
    return receipt.text, receipt.subject, receipt.english, receipt.prompt, receipt.prompt_2
