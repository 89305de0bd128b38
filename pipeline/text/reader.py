"""Reads a message up to translation: what is to be drawn, in which style, without what, with what weight.

normalise → a person's own weights → request words → style → absent things. Blocking: runs on the text
thread. Does not know any provider.
"""

import re
from dataclasses import dataclass

from pipeline.text.absent import take_absent
from pipeline.text.emphasis import Emphasis, take_emphases
from pipeline.text.korean import Korean
from pipeline.text.layout import as_korean
from pipeline.text.normalise import has_hangul, normalise
from pipeline.text.request_words import Intent, strip_english_request, strip_request, unbracketed
from pipeline.text.styles import Style, take_style
from pipeline.text.trace import Trace
from pipeline.text.translate.glossary import Glossary
from pipeline.types import Verdict

_CONTENT = frozenset({"NNG", "NNP", "SL", "SN", "XR", "VA"})
_LOOKS = frozenset(
    ("느낌", "스타일", "화풍", "버전", "식", "풍", "그림", "효과", "필터", "변환", "부탁", "please")
)
_PHOTO_ITSELF = "the scene"
_PHOTO = re.compile(
    r"^\s*(?:(?:(?:이|그|저|내|제|위의?|아래의?|올린|보낸|첨부한)\s*)?(?:사진|그림|이미지|짤)"
    r"(?:\s*(?:위에|속의?|을|를|은|는|이|가|에))?|(?:이|요|그|저)(?:거|것|걸|건|게)(?:을|를|은|는|가)?)\s+"
)


def without_photo(text: str) -> str:
    """Take off what only points at the photo that came along: "이걸", "이 사진을"."""
    return _PHOTO.sub("", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A message before translation."""

    subject: str  # as typed, request words stripped
    text: str  # Korean or English; style and absent things taken out, too
    style: Style | None
    earlier_styles: tuple[Style, ...]
    absent: tuple[str, ...]  # Korean
    emphases: tuple[Emphasis, ...]  # in the person's own words


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood:
    """Why there is nothing to draw, and what a message typed on the wrong layout may have meant."""

    verdict: Verdict
    suggestion: str | None = None


def unread(text: str, *, subject: str) -> Understood:
    """Take a message as it stands of which the person says in English what it shows."""
    return Understood(
        subject=subject, text=text, style=None, earlier_styles=(), absent=(), emphases=()
    )


class Reader:
    """Reads one message at a time."""

    def __init__(self, korean: Korean, glossary: Glossary, *, max_chars: int) -> None:
        self._korean, self._glossary, self._max_chars = korean, glossary, max_chars

    def read(
        self, raw: str, trace: Trace, *, is_over_photo: bool = False
    ) -> Understood | NotUnderstood:
        """Read a message; beside a photo, a style alone says enough. Raises WeightOutOfRange."""
        with trace.stage("normalise") as stage:
            normalised = normalise(raw, max_chars=self._max_chars)
            if normalised.is_cut:
                stage.note = f"cut at {len(normalised.text)} of {normalised.num_chars} characters"
        emphasised = take_emphases(normalised.text)
        if emphasised.num_ignored:
            with trace.stage("emphasis") as stage:
                stage.note = f"{emphasised.num_ignored} weights over the limit left out"
        text = emphasised.text
        if (meant := self._mistyped(text, trace)) is not None:
            return NotUnderstood(verdict=Verdict.UNTRANSLATABLE, suggestion=meant)
        if is_over_photo:
            text = without_photo(text)
            if (alone := self._style_alone(text, trace)) is not None:
                return alone
        with trace.stage("request_words") as stage:
            stage.provider = "kiwi"
            stripped = strip_request(text, self._korean)
            stage.note = stripped.intent.name.lower()
        if stripped.intent in {Intent.TALK, Intent.CHANGE}:
            return NotUnderstood(verdict=Verdict.NOT_A_REQUEST)
        if stripped.subject is None:
            return NotUnderstood(verdict=Verdict.EMPTY)
        found = self._take_out(stripped.subject, emphasised.emphases, trace)
        return found if self._has_content(found.text) else NotUnderstood(verdict=Verdict.EMPTY)

    def _style_alone(self, text: str, trace: Trace) -> Understood | None:
        """Read what only says how a photo is to look: "수채화로", "픽셀 아트로 바꿔 줘"."""
        styled = take_style(text, self._korean.morphemes(text))
        left = {one.form for one in self._korean.morphemes(styled.text) if one.tag in _CONTENT}
        if styled.style is None or left - _LOOKS:
            return None
        with trace.stage("style") as stage:
            stage.note = styled.style.name
        return Understood(
            subject=text,
            text=_PHOTO_ITSELF,
            style=styled.style,
            earlier_styles=styled.earlier,
            absent=(),
            emphases=(),
        )

    def _take_out(self, subject: str, emphases: tuple[Emphasis, ...], trace: Trace) -> Understood:
        """Take style words and absent things off the subject."""
        bare = strip_english_request(unbracketed(subject))
        with trace.stage("style") as stage:
            styled = take_style(bare, self._korean.morphemes(bare))
            stage.note = styled.style.name if styled.style else ""
        with trace.stage("absent") as stage:
            without = take_absent(styled.text, self._korean.morphemes(styled.text))
            stage.note = ", ".join(without.absent)
        return Understood(
            subject=subject,
            text=without.text,
            style=styled.style,
            earlier_styles=styled.earlier,
            absent=without.absent,
            emphases=emphases,
        )

    def _has_content(self, text: str) -> bool:
        """Tell whether there are words, or emoji that the glossary can name."""
        return any(c.isalnum() for c in text) or bool(self._glossary.translate(text).english)

    def _mistyped(self, text: str, trace: Trace) -> str | None:
        """Give the Korean that was meant when the keyboard was in English mode and it asks for a picture."""
        if has_hangul(text) or (meant := as_korean(text)) is None:
            return None
        with trace.stage("layout") as stage:
            asks = strip_request(meant, self._korean).intent is Intent.REQUEST
            stage.note = f"perhaps: {meant}" if asks else ""
        return meant if asks else None
