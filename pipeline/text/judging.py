"""Judges what passes through the text pipeline: what was written, before any provider sees it, and what became of it.

Whoever translates or words a text can be wrong, or be talked into something; so can what was kept from them.
So nothing reaches an encoder that the gate has not read. The gate's rules, and what a second opinion is, are
elsewhere; without a gate everything passes.
"""

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pipeline.errors import Failure, Rule
from pipeline.text.normalise import normalise
from pipeline.text.terms import key_of
from pipeline.text.trace import Trace
from pipeline.types import (
    Audience,
    PreparedPrompt,
    ProviderFailure,
    ProviderHealth,
    Ruling,
    SecondOpinion,
    TextGate,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Everything that was written for one picture, and who will see it."""

    text: str
    english: str = ""
    words: tuple[str, ...] = ()
    unwanted: str = ""
    audience: Audience = Audience.EVERYBODY
    forbidden: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """What may be drawn of it."""
        return self.text, self.english, *self.words

    @property
    def drawn_beside(self) -> str:
        """What may be drawn beside the text, a line for each."""
        return "\n".join(dict.fromkeys(filter(None, (*self.words, self.english))))


def asked_of(
    text: str,
    *,
    english: str,
    words: Sequence[tuple[str, float]],
    terms: Mapping[str, str],
    negative: str,
    audience: Audience,
    forbidden: Collection[str],
) -> Asked:
    """Collect what was written; of a place's words, the English of those that the text has.

    They are looked for as they are found when they are put in, and wherever else the letters stand.
    """
    written = key_of(normalise(text, max_chars=len(text)).text)
    meant = (fixed for korean, fixed in terms.items() if key_of(korean) in written)
    return Asked(
        text=text,
        english=english,
        words=(*(word for word, _ in words), *meant),
        unwanted=negative,
        audience=audience,
        forbidden=tuple(forbidden),
    )


class Judge:
    """Asks the gate, and for a second opinion. Lives as long as the text pipeline."""

    def __init__(self, gate: TextGate | None, opinion: SecondOpinion | None) -> None:
        self._gate, self._opinion = gate, opinion

    async def load(self) -> None:
        """Load what a second opinion needs."""
        if self._opinion is not None:
            await self._opinion.load()

    async def close(self) -> None:
        """Close the connections of the second opinion; idempotent."""
        if self._opinion is not None:
            await self._opinion.close()

    def health(self) -> tuple[ProviderHealth, ...]:
        """Say how who gives the second opinion does."""
        return (self._opinion.health(),) if self._opinion is not None else ()

    def before(self, asked: Asked, trace: Trace) -> Rule | None:
        """Judge what was written."""
        if self._gate is None:
            return None
        with trace.stage("gate") as stage:
            rule = self._ruling(asked).rule
            stage.note = str(rule or "")
        return rule

    async def beside(
        self, work: Awaitable[T], asked: Asked, trace: Trace
    ) -> tuple[T, Asked, Rule | None]:
        """Ask for a second opinion while other work is done; gives what that gave.

        Where there is no answer, the request is judged as one that everybody may see.
        """
        if self._opinion is None:
            return await work, asked, None
        asking = asyncio.ensure_future(
            self._opinion.judge(asked.text, asked.drawn_beside, audience=asked.audience)
        )
        try:
            done = await work
            with trace.stage("opinion") as stage:
                stage.provider = self._opinion.health().name
                ruling = await asking
                if ruling is None:
                    failure = self._opinion.health().resting_for or Failure.TIMED_OUT
                    stage.failures.append(ProviderFailure(provider=stage.provider, failure=failure))
                    return done, replace(asked, audience=Audience.EVERYBODY), None
                stage.note = str(ruling.rule or "")
        finally:
            asking.cancel()
        return done, asked, ruling.rule

    def harmless(self, asked: Asked, english: str, more: Sequence[str]) -> tuple[str, ...]:
        """Leave out of similar sentences or keywords those that break a rule beside the request.

        They are somebody else's idea: whoever asked for something harmless still gets it.
        """
        if self._ruling(asked, english, *more).rule is None:
            return tuple(more)
        return tuple(one for one in more if self._ruling(asked, english, one).rule is None)

    def after(
        self, asked: Asked, prompt: PreparedPrompt, trace: Trace, *, english: str
    ) -> Rule | None:
        """Judge what the encoders get, and what was written beside it."""
        if self._gate is None:
            return None
        with trace.stage("gate") as stage:
            drawn = map(PreparedPrompt.text_of, (prompt.prompt, prompt.prompt_2))
            away = PreparedPrompt.text_of(prompt.negative_prompt)
            rule = self._ruling(asked, english, *drawn, away=away).rule
            stage.note = str(rule or "")
        return rule

    def _ruling(self, asked: Asked, *texts: str, away: str = "") -> Ruling:
        if self._gate is None:
            return Ruling()
        return self._gate.judge(
            *asked.texts,
            *texts,
            unwanted=(asked.unwanted, away),
            audience=asked.audience,
            forbidden=asked.forbidden,
        )
