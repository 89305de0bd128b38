"""A second opinion on texts, by a model that somebody else trained; the rules are never left out for it.

`moderation` asks OpenAI's moderations endpoint, `guard` a chat server with a model such as kakao's
kanana-safeguard. Whatever goes wrong is no opinion, and nothing that a person wrote decides how an answer is
read. Event loop only.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from pipeline.errors import Failure, Rule, StageFailed
from pipeline.safety.options import OpinionKind, OpinionOptions
from pipeline.text.circuit import Circuit, Patience
from pipeline.text.llm import Llm
from pipeline.text.options import OpenAiOptions
from pipeline.text.trial import TEXT, Trial
from pipeline.types import Audience, ProviderFailure, ProviderHealth, Ruling

log = structlog.get_logger(__name__)

STAGE = "opinion"
_MODELS = {
    OpinionKind.MODERATION: "omni-moderation-latest",
    OpinionKind.GUARD: "kakaocorp/kanana-safeguard-8b",
}
_MAX_CHARS = 4_000  # of one text; more than a message and what is drawn beside it have

# Source: developers.openai.com, moderation guide. Categories that are not named here are OPINION.
_CATEGORIES: Mapping[str, Rule | None] = {
    "sexual/minors": Rule.MINOR,
    "sexual": Rule.SEXUAL,
    "violence/graphic": Rule.VIOLENCE,
    "violence": None,  # a knight in a battle has it: what shows cruelty is graphic too
}
_MINOR_SCORE = 0.2  # from here on nobody waits for the model to be sure

# Source: the model card of kakaocorp/kanana-safeguard-8b. S1 hate, S2 bullying, S3 sexual content, S4 crime,
# S5 sexual abuse of children, S6 suicide and self-harm, S7 misinformation.
_VERDICT = re.compile(r"\s*<(SAFE|UNSAFE-S[1-7])>")
_CODES: Mapping[str, Rule | None] = {
    "SAFE": None,
    "UNSAFE-S3": Rule.SEXUAL,
    "UNSAFE-S5": Rule.MINOR,
}

_GRAVEST = (Rule.MINOR, Rule.SEXUAL, Rule.VIOLENCE, Rule.OPINION)


class ModelOpinion:
    """Asks one model, and leaves it alone for a while when it keeps failing. Lives as long as the text pipeline."""

    def __init__(
        self, options: OpinionOptions, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kind, self._limit_s = options.kind, options.limit_s
        self._llm = Llm(
            OpenAiOptions(
                base_url=options.base_url,
                api_key=options.api_key,
                model=options.model or _MODELS[options.kind],
                request_s=options.limit_s,
                max_concurrent=options.max_concurrent,
            )
        )
        self._circuit = Circuit(Patience(), clock=clock)

    async def load(self) -> None:
        """Import the client's library; at once when that is done."""
        await self._llm.load()

    async def close(self) -> None:
        """Close the connections; idempotent."""
        await self._llm.close()

    def health(self) -> ProviderHealth:
        """Name the kind of model that is asked, and say whether it is left alone now."""
        return ProviderHealth(
            name=str(self._kind),
            resting_for=self._circuit.cause if self._circuit.is_resting else None,
        )

    async def judge(self, korean: str, english: str, *, audience: Audience) -> Ruling | None:
        """Judge a text, and the English that goes with it; None where no answer came in time. Raises nothing."""
        texts = tuple(filter(None, map(_sent, dict.fromkeys((korean, english)))))
        if not texts:
            return Ruling()
        if not self._circuit.admit():
            return None
        try:
            broken = await self._asked(texts)
        except StageFailed as failed:
            return self._without_answer(failed)
        except BaseException:
            self._circuit.abandon()
            raise
        self._circuit.succeed()
        return _ruling(broken, audience)

    async def try_once(self) -> Trial:
        """Ask about an ordinary sentence, whether the model rests or not."""
        failure, begin = None, time.perf_counter()
        try:
            broken = await self._asked((TEXT,))
        except StageFailed as failed:
            failure = ProviderFailure(
                provider=str(self._kind), failure=failed.failure, detail=failed.detail
            )
        return Trial(
            stage=STAGE,
            provider=str(self._kind),
            is_local=False,
            ms=(time.perf_counter() - begin) * 1000,
            num_chars=len(TEXT),
            answer="" if failure else ", ".join(sorted(broken)),
            failure=failure,
        )

    async def _asked(self, texts: Sequence[str]) -> frozenset[Rule]:
        """Name all rules that texts break. Raises StageFailed."""
        ask = _moderated if self._kind is OpinionKind.MODERATION else _guarded
        try:
            async with asyncio.timeout(self._limit_s):
                return await ask(self._llm, texts)
        except TimeoutError:
            raise _failed(Failure.TIMED_OUT, f"over {self._limit_s:g} s") from None

    def _without_answer(self, failed: StageFailed) -> Ruling | None:
        """Book a failure. A server that refuses to read a text has judged it."""
        facts = {"provider": str(self._kind), "failure": failed.failure, "detail": failed.detail}
        if self._circuit.fail(failed.failure):
            log.error("provider needs the operator", stage=STAGE, **facts)
        else:
            log.info("provider failed", stage=STAGE, **facts)
        return Ruling(rule=Rule.OPINION) if failed.failure is Failure.BLOCKED else None


def _sent(text: str) -> str:
    """Give what is sent of a text: without signs that a chat template may take for its own."""
    plain = re.sub(r"[<>]", " ", text[:_MAX_CHARS])
    return plain.encode("utf-8", "replace").decode().strip()


def _ruling(broken: frozenset[Rule], audience: Audience) -> Ruling:
    """Name the gravest rule that is broken for an audience."""
    if audience is Audience.ADULTS:
        broken -= {Rule.SEXUAL}
    return Ruling(
        rule=next((rule for rule in _GRAVEST if rule in broken), None),
        has_minors=Rule.MINOR in broken,
    )


async def _moderated(llm: Llm, texts: Sequence[str]) -> frozenset[Rule]:
    """Ask the moderations endpoint about all texts at once. Raises StageFailed."""
    match await llm.moderate(texts, stage=STAGE):
        case {"results": list(results)} if len(results) == len(texts):
            return frozenset[Rule]().union(*map(_rules_of, results))
    raise _failed(Failure.UNREADABLE, "not a result for each text")


def _rules_of(result: object) -> frozenset[Rule]:
    """Read one result: a category that is true, or a score of minors that is not low. Raises StageFailed."""
    match result:
        case {
            "categories": dict(said),
            "category_scores": {"sexual/minors": int() | float() as minors},
        }:
            is_known = said.keys() >= _CATEGORIES.keys()
        case _:
            raise _failed(Failure.UNREADABLE, "no categories")
    if not (is_known and all(one is None or isinstance(one, bool) for one in said.values())):
        raise _failed(Failure.UNREADABLE, "other categories")
    rules = {_CATEGORIES.get(name, Rule.OPINION) for name, is_true in said.items() if is_true}
    if not minors < _MINOR_SCORE:  # what is no number at all is not low either
        rules.add(Rule.MINOR)
    return frozenset(rule for rule in rules if rule is not None)


async def _guarded(llm: Llm, texts: Sequence[str]) -> frozenset[Rule]:
    """Ask a guard about every text. Raises StageFailed."""
    answers = await asyncio.gather(*(llm.begin(text, stage=STAGE) for text in texts))
    verdicts = [_VERDICT.match(answer) for answer in answers]
    if not all(verdicts):
        raise _failed(Failure.UNREADABLE, "no verdict")
    rules = (_CODES.get(verdict[1], Rule.OPINION) for verdict in verdicts if verdict)
    return frozenset(rule for rule in rules if rule is not None)


def _failed(failure: Failure, detail: str) -> StageFailed:
    return StageFailed(stage=STAGE, provider=STAGE, failure=failure, detail=detail)
