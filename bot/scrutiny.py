"""How strictly the pictures of one job are judged: by who will see them, and what was asked for.

A classifier sees no age. So where somebody young is named, what is suggestive is refused as well, and
nobody's wish for pictures for adults changes that; nor does it where a photo is drawn over, for it may
show somebody who exists. Knows no files, no store, no platform.
"""

from dataclasses import dataclass

from bot.job import Job
from pipeline import (
    NotJudged,
    PictureGate,
    PictureUnsafe,
    PictureVerdict,
    Pixels,
    Preparation,
    PreparedPrompt,
    Rule,
    TextGate,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrutiny:
    """The gate, and what is known of whose pictures it judges."""

    gate: PictureGate
    has_minors: bool = False  # somebody young is named, however harmlessly
    is_among_adults: bool = False  # nobody else sees the pictures

    async def is_spoiler(self, pixels: Pixels) -> bool:
        """Say whether a finished picture is shown only to whoever wants to see it.

        Raises PictureUnsafe for one that is not to be shown, and NotJudged.
        """
        verdict = await self.gate.judge(pixels)
        if verdict is PictureVerdict.PASS:
            return False
        if self.has_minors:
            raise PictureUnsafe(rule=Rule.MINOR)
        if verdict is PictureVerdict.BLOCK and not self.is_among_adults:
            raise PictureUnsafe(rule=Rule.SEXUAL)
        return True

    async def check_photo(self, pixels: Pixels) -> None:
        """Refuse to draw over what could not be shown to everybody. Raises PictureUnsafe, NotJudged."""
        verdict = await self.gate.judge(pixels)
        if verdict is PictureVerdict.PASS:
            return
        if self.has_minors:
            raise PictureUnsafe(rule=Rule.MINOR)
        if verdict is PictureVerdict.BLOCK:
            raise PictureUnsafe(rule=Rule.SEXUAL)

    async def may_be_looked_at(self, preview: Pixels) -> bool:
        """Whether an unfinished picture may be shown, which nothing can hide."""
        try:
            return await self.gate.judge(preview) is PictureVerdict.PASS
        except NotJudged:
            return False


def scrutiny_of(
    job: Job, preparation: Preparation, *, gate: PictureGate, words: TextGate, has_adults: bool
) -> Scrutiny:
    """Say how the pictures of a job are judged. The preparation has a prompt.

    has_adults: whether the operator lets anything be drawn for adults.
    """
    return Scrutiny(
        gate=gate,
        has_minors=names_minors(preparation, words),
        is_among_adults=has_adults and job.manner.is_adult and not job.has_photo,
    )


def names_minors(preparation: Preparation, words: TextGate) -> bool:
    """Whether anything that is drawn, in either language, names somebody young."""
    prompt = preparation.prompt
    assert prompt is not None
    drawn = (
        preparation.text,
        preparation.subject or "",
        preparation.english or "",
        *preparation.variants,
        PreparedPrompt.text_of(prompt.prompt),
        PreparedPrompt.text_of(prompt.prompt_2),
    )
    return words.judge(*drawn).has_minors
