"""Tells similar sentences from nonsense: what a service or a model answered, beside what was asked."""

from collections.abc import Iterable

from pipeline.errors import Failure, StageFailed
from pipeline.text.normalise import has_hangul, normalise

# A paraphrase that is much longer than its text tells another story.
_MAX_GROWTH, _MAX_EXTRA_CHARS = 2, 20


def vetted(
    sentences: Iterable[str], *, text: str, num_variants: int, provider: str
) -> tuple[str, ...]:
    """Give the first distinct sentences that may be paraphrases of a text, with regular characters.

    Raises StageFailed (UNREADABLE) when there is none: then somebody else should be asked.
    """
    max_chars = _MAX_GROWTH * len(text) + _MAX_EXTRA_CHARS
    found = {text.casefold(): text}
    for sentence in sentences:
        regular = normalise(sentence, max_chars=max_chars)
        if not regular.is_cut and has_hangul(regular.text) == has_hangul(text):
            found.setdefault(regular.text.casefold(), regular.text)
    variants = tuple(variant for variant in list(found.values())[1:] if variant)
    if not variants:
        raise StageFailed(
            stage="paraphrase",
            provider=provider,
            failure=Failure.UNREADABLE,
            detail="no similar sentence",
        )
    return variants[:num_variants]
