"""A stand-in for what judges pictures, which says what a test says."""

from collections.abc import Callable
from functools import cache

from bot.job import Job
from bot.scrutiny import Scrutiny, scrutiny_of
from pipeline import PictureVerdict, PipelineError, Pixels, Preparation, RuleGate


class FakePictureGate:
    """Judges every picture as a test says, and remembers which it saw."""

    def __init__(self) -> None:
        self.verdict_of: Callable[[Pixels], PictureVerdict] = lambda _: PictureVerdict.PASS
        self.error: PipelineError | None = None
        self.judged: list[Pixels] = []

    async def judge(self, pixels: Pixels) -> PictureVerdict:
        """Give the scripted verdict."""
        self.judged.append(pixels)
        if self.error is not None:
            raise self.error
        return self.verdict_of(pixels)

    def scrutiny_of(self, job: Job, preparation: Preparation) -> Scrutiny:
        """Judge a job's pictures as a worker does whose operator lets adults have theirs."""
        return scrutiny_of(job, preparation, gate=self, words=rules(), has_adults=True)


@cache
def rules() -> RuleGate:
    """The real rules for texts, read once."""
    return RuleGate()
