"""The frozen values that the text pipeline, the engine and the bot hand to each other.

Standard library only: no torch, no PIL, no settings. `pipeline.text` and `pipeline.engine`
do not know each other; what one makes and the other takes is defined here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

from pipeline.errors import Failure, Rule


class Verdict(StrEnum):
    """What became of a message in the text pipeline; `OK` alone has a prompt."""

    OK = "ok"
    EMPTY = "empty"
    NOT_A_REQUEST = "not_a_request"
    UNSAFE = "unsafe"
    UNTRANSLATABLE = "untranslatable"


class Audience(StrEnum):
    """Who will see a picture."""

    EVERYBODY = "everybody"
    ADULTS = "adults"  # nobody else, by the word of the platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a gate says of texts."""

    rule: Rule | None = None  # that is broken; None lets them pass
    has_minors: bool = False  # whether somebody young is named, however harmlessly


class TextGate(Protocol):
    """Judges what somebody wrote, and what became of it, in Korean and English; pure and quick."""

    def judge(
        self,
        *texts: str,
        unwanted: Collection[str] = (),
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
        is_over_photo: bool = False,
    ) -> Ruling:
        """Judge texts that belong to one request together.

        `unwanted` is what the picture is not to show, `forbidden` are the words that a place forbids,
        beside those of the operator. Over a photo somebody may be shown who exists.
        """
        ...


class SecondOpinion(Protocol):
    """Judges a text with a model of its own; never instead of the gate."""

    async def load(self) -> None:
        """Make ready what the first question would wait for; at once when that is done."""
        ...

    async def judge(self, korean: str, english: str, *, audience: Audience) -> Ruling | None:
        """Judge a text, and the English that goes with it; None where no answer came in time. Raises nothing."""
        ...

    def health(self) -> "ProviderHealth":
        """Say who it is, and whether it is asked now: what people write goes there."""
        ...

    async def close(self) -> None:
        """Close its connections; idempotent."""
        ...


class PictureVerdict(StrEnum):
    """How a picture may be shown."""

    PASS = "pass"
    SPOILER = "spoiler"  # only to whoever wants to see it
    BLOCK = "block"  # not at all, unless among adults


class PictureGate(Protocol):
    """Judges finished pictures and previews before anybody sees them or anything is written."""

    async def judge(self, pixels: "Pixels") -> PictureVerdict:
        """Judge a picture. Raises NotJudged."""
        ...


class Quality(StrEnum):
    """The quality words that a person chooses: 빠르게, 보통, 정밀."""

    FAST = "fast"
    NORMAL = "normal"
    FINE = "fine"


class SamplerName(StrEnum):
    """Noise schedules by the names that people know; `engine.sampler` maps them to classes."""

    EULER = "euler"
    EULER_A = "euler_a"
    DPMPP_2M = "dpmpp_2m"
    DPMPP_2M_KARRAS = "dpmpp_2m_karras"
    DPMPP_SDE = "dpmpp_sde"
    DDIM = "ddim"
    UNIPC = "unipc"
    HEUN = "heun"
    LCM = "lcm"
    TCD = "tcd"


class Ratio(StrEnum):
    """The shapes of SDXL's training buckets, by the ratio that people know them by."""

    SQUARE = "1:1"
    LANDSCAPE = "3:2"
    PORTRAIT = "2:3"
    SCREEN = "4:3"
    PAGE = "3:4"
    WIDE = "16:9"
    TALL = "9:16"
    PANORAMA = "21:9"
    SCROLL = "9:21"


class Priority(StrEnum):
    """What a request is for, as far as its order is concerned."""

    DRAFT = "draft"  # a look at an idea: its work counts less
    NORMAL = "normal"
    OPERATOR = "operator"  # before everybody else


class TokenCounter(Protocol):
    """Counts what an encoder will see, with the encoder's own tokenizer.

    `encoder` is 1 or 2. Begin and end tokens are not counted: 75 fit.
    """

    def __call__(self, text: str, *, encoder: int) -> int:
        """Count the tokens of a text for one encoder."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A piece of a prompt that has one weight; separators are fragments of their own at 1.0."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPrompt:
    """What SDXL gets. The joined texts of each tuple are at most 75 tokens."""

    prompt: tuple[Fragment, ...]  # encoder 1
    prompt_2: tuple[Fragment, ...]  # encoder 2, and the pooled vector
    negative_prompt: tuple[Fragment, ...]  # both encoders

    @staticmethod
    def text_of(fragments: tuple[Fragment, ...]) -> str:
        """Join fragments to the plain text that the encoder reads."""
        return "".join(fragment.text for fragment in fragments)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensUsed:
    """Tokens of each prompt, of 75; a negative prompt counts the larger of both encoders."""

    prompt: int
    prompt_2: int
    negative_prompt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFailure:
    """A provider that was asked in vain, and why."""

    provider: str
    failure: Failure
    detail: str = ""  # for the operator


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderHealth:
    """How a provider does: whether it is left alone, why, and what it was sent today."""

    name: str
    resting_for: Failure | None = None
    chars_today: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """What one stage of text preparation did: an entry of the trace."""

    name: str
    provider: str  # who did it; "none" where nobody could
    ms: float
    note: str = ""
    failures: tuple[ProviderFailure, ...] = ()  # who was asked before


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """The result of text preparation: the verdict, the prompt and the whole trace."""

    text: str  # as the person typed it
    verdict: Verdict
    subject: str | None = None  # Korean, request words stripped
    english: str | None = None
    variants: tuple[str, ...] = ()
    keywords: tuple[tuple[str, float], ...] = ()
    style: str | None = None
    unknown_words: tuple[str, ...] = ()
    prompt: PreparedPrompt | None = None
    tokens: TokensUsed | None = None
    stages: tuple[StageRecord, ...] = ()
    translator: str | None = None  # who made the English: some must be credited where it is shown
    rule: Rule | None = None  # that an unsafe text breaks
    suggestion: str | None = (
        None  # what a message typed on the wrong keyboard layout may have meant
    )

    def as_dict(self) -> dict[str, object]:
        """Give the JSON object of `prepare`, whose keys never change; others may join them."""
        prompt, tokens = self.prompt, self.tokens
        return {
            "text": self.text,
            "subject": self.subject,
            "verdict": str(self.verdict),
            "english": self.english,
            "variants": list(self.variants),
            "keywords": [[word, weight] for word, weight in self.keywords],
            "style": self.style,
            "unknown_words": list(self.unknown_words),
            "prompt": prompt and PreparedPrompt.text_of(prompt.prompt),
            "prompt_2": prompt and PreparedPrompt.text_of(prompt.prompt_2),
            "negative_prompt": prompt and PreparedPrompt.text_of(prompt.negative_prompt),
            "weights": [[f.text, f.weight] for f in prompt.prompt_2] if prompt else [],
            "tokens": tokens
            and {
                "prompt": tokens.prompt,
                "prompt_2": tokens.prompt_2,
                "negative_prompt": tokens.negative_prompt,
            },
            "stages": [
                {
                    "name": s.name,
                    "provider": s.provider,
                    "ms": round(s.ms, 2),
                    "note": s.note,
                    "failures": [[f.provider, str(f.failure), f.detail] for f in s.failures],
                }
                for s in self.stages
            ],
            "translator": self.translator,
            "suggestion": self.suggestion,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """A finished raster without a file format: 8-bit RGB, rows from the top, no padding."""

    width_px: int
    height_px: int
    rgb: bytes = field(repr=False)  # width_px * height_px * 3 bytes


WeightSet: TypeAlias = tuple[tuple[str, float], ...]  # LoRA files by name, and how strongly


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A picture that is drawn over: image-to-image, and enlarging with a larger picture."""

    pixels: Pixels  # of the size that is drawn
    strength: float  # 0 .. 1: the share of the steps that is taken, and so of what may change


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """Noise between that of the request's seed and that of another."""

    seed: int  # 0 .. 2**32 - 1
    amount: float  # 0 is the request's own noise, 1 the other one's


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequest:
    """One picture that the engine is to draw; None where the model's own default holds.

    The same seed with other words redraws a picture; `variation` stays near it, `start` draws over
    one. All are the same loop from another beginning.
    """

    prompt: PreparedPrompt
    seed: int  # 0 .. 2**32 - 1

    width_px: int | None = None
    height_px: int | None = None
    num_steps: int | None = None
    guidance_scale: float | None = None
    guidance_interval: tuple[float, float] = (0.0, 1.0)  # the shares of the way that are guided
    sampler: SamplerName | None = None
    quality: Quality = Quality.NORMAL
    weights: WeightSet = ()

    start: Start | None = None
    variation: Variation | None = None

    person: str | None = None  # who shares the device with the others; None is a stranger
    priority: Priority = Priority.NORMAL
    job_id: str | None = None  # for the engine's log, which has no context of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What is true of a loaded model and what it does when nobody says otherwise."""

    name: str
    width_px: int  # of a default picture, as drawn
    height_px: int
    min_side_px: int
    max_side_px: int
    max_area_px: int
    side_multiple_px: int
    steps: dict[Quality, int]
    guidance_scale: float
    sampler: SamplerName
    display_px: int  # small pictures are shown this wide, pixel by pixel
    loras: tuple[str, ...] = ()  # that a request may name
    can_enlarge: bool = True  # a picture of its own, drawn over at twice the size
    can_look_real: bool = True  # its pictures may be taken for photos


class RenderPhase(StrEnum):
    """Where a request is inside the engine."""

    WAITING = "waiting"
    DRAWING = "drawing"
    DECODING = "decoding"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderProgress:
    """News about a request on its way; a later one replaces an earlier one."""

    phase: RenderPhase
    place: int  # requests that will finish before it
    step: int  # done so far
    num_steps: int  # that will really be taken
    eta_s: float | None  # not known before the engine has measured a tick
    preview: Pixels | None = None  # the predicted clean picture, small


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStats:
    """How the engine does at the moment; counts and sums begin with it."""

    num_waiting: int  # requests without a step
    num_running: int  # with one, drawn at the moment or not
    num_ticks: int
    ticks_s: float  # of all ticks together
    tick_s: Mapping[int, float]  # a tick's recent mean, by the pixels of its pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A finished picture with the settings that it was really drawn with."""

    pixels: Pixels
    seed: int
    num_steps: int  # that were asked for: the ones that draw it again
    guidance_scale: float
    sampler: SamplerName
    model: str
    wait_s: float
    render_s: float
