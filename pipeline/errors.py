"""The exception tree of the pipeline. Exceptions hold facts; `bot/texts.py` holds the sentences.

PipelineError
  RequestRejected      the user can change the request
    EmptyPrompt
    PromptTooLong
    WeightOutOfRange
    UnsupportedSize
    UnsupportedSteps
    UnsupportedGuidance
    UnsupportedInterval
    UnsupportedStrength
    UnsupportedVariation
    CannotEnlarge
    UnknownLora
    UnsupportedLoraScale
    PhotoTooLarge
    PhotoUnreadable
    Untranslatable
    Unsafe
    PictureUnsafe
  Unavailable          the user can try again later
    NotJudged
    QueueFull
    TimedOut
    ShuttingDown
  Cancelled            the user no longer wants it
  StageFailed          one provider of a stage of text preparation; the caller falls back or stops
  EngineFailed         the GPU side
    OutOfGpuMemory
    DeviceLost
    ModelNotLoaded
    ClassifierNotLoaded
    LoraNotLoaded
    PictureNotFinite
    NotMarked
"""

from enum import StrEnum


class Failure(StrEnum):
    """Why a provider of a stage gave no answer that can be used."""

    TIMED_OUT = "timed_out"  # nothing came in time
    UNREACHABLE = "unreachable"  # no connection, or one that broke off
    BUSY = "busy"  # it asked to be left alone for a while, or had an error of its own
    DENIED = (
        "denied"  # the key, the address or the model's name is wrong: only the operator can help
    )
    QUOTA = "quota"  # its own quota is used up, or not switched on: only the operator can help
    UNREADABLE = (
        "unreadable"  # an answer that its contract does not know, or that is no translation
    )
    BLOCKED = "blocked"  # it would not answer this text
    UNFIT = "unfit"  # the text is not one that it takes
    CROWDED = "crowded"  # so many asked it at once that no turn came in time
    RESTING = "resting"  # it failed so often that it is left alone for a while
    SPENT = "spent"  # the operator's daily limit of characters is used up


class Rule(StrEnum):
    """Why a text or a picture is refused."""

    MINOR = "minor"  # somebody who is or looks like a minor, sexually: nowhere, for nobody
    REAL_PERSON = "real_person"  # somebody who exists, sexually or to deceive: nowhere
    SEXUAL = "sexual"  # only among adults, where the operator and the place want it
    VIOLENCE = "violence"  # cruelty that is shown for its own sake
    FORBIDDEN = "forbidden"  # words that the operator or the place forbids
    OPINION = "opinion"  # a second opinion is against it


class PipelineError(Exception):
    """Anything that the pipeline says about a request; a wrong call of ours is not one."""


class RequestRejected(PipelineError):
    """The user can change the request."""


class EmptyPrompt(RequestRejected):
    """Nothing to draw is left of the text."""


class PromptTooLong(RequestRejected):
    """The text has more characters than are read."""

    def __init__(self, *, num_chars: int, max_chars: int) -> None:
        super().__init__(f"{num_chars} characters, at most {max_chars}")
        self.num_chars, self.max_chars = num_chars, max_chars


class WeightOutOfRange(RequestRejected):
    """A word was given a weight that distorts the picture."""

    def __init__(self, *, weight: float, min_weight: float, max_weight: float) -> None:
        super().__init__(f"weight {weight:g}, {min_weight:g} to {max_weight:g}")
        self.weight, self.min_weight, self.max_weight = weight, min_weight, max_weight


class UnsupportedSize(RequestRejected):
    """The size is not one that the model draws."""

    def __init__(
        self,
        *,
        width_px: int,
        height_px: int,
        min_px: int,
        max_px: int,
        max_area_px: int,
        multiple_px: int,
    ) -> None:
        super().__init__(
            f"{width_px}x{height_px} px, {min_px} to {max_px} px a side in steps of {multiple_px} px"
            f", at most {max_area_px} px in all"
        )
        self.width_px, self.height_px = width_px, height_px
        self.min_px, self.max_px, self.max_area_px = min_px, max_px, max_area_px
        self.multiple_px = multiple_px


class UnsupportedSteps(RequestRejected):
    """The number of steps is outside what a request may take."""

    def __init__(self, *, num_steps: int, max_steps: int) -> None:
        super().__init__(f"{num_steps} steps, 1 to {max_steps}")
        self.num_steps, self.max_steps = num_steps, max_steps


class UnsupportedGuidance(RequestRejected):
    """The guidance scale is outside what makes pictures."""

    def __init__(self, *, guidance_scale: float, max_scale: float) -> None:
        super().__init__(f"guidance {guidance_scale}, 0 to {max_scale}")
        self.guidance_scale, self.max_scale = guidance_scale, max_scale


class UnsupportedInterval(RequestRejected):
    """The guided part of the way does not lie between its beginning and its end."""

    def __init__(self, *, interval: tuple[float, float]) -> None:
        super().__init__(f"guidance from {interval[0]} to {interval[1]}, 0 to 1 in this order")
        self.interval = interval


class UnsupportedStrength(RequestRejected):
    """The strength leaves no step to be taken, or is more than all of them."""

    def __init__(self, *, strength: float, num_steps: int) -> None:
        super().__init__(f"strength {strength} of {num_steps} steps, 1 step to all of them")
        self.strength, self.num_steps = strength, num_steps


class UnsupportedVariation(RequestRejected):
    """The amount of a variation is not a share."""

    def __init__(self, *, amount: float) -> None:
        super().__init__(f"variation by {amount}, 0 to 1")
        self.amount = amount


class CannotEnlarge(RequestRejected):
    """The model draws no larger picture than this one, or none that is worth it."""

    def __init__(self, *, width_px: int, height_px: int) -> None:
        super().__init__(f"no larger than {width_px}x{height_px} px")
        self.width_px, self.height_px = width_px, height_px


class UnknownLora(RequestRejected):
    """There is no LoRA of this name."""

    def __init__(self, *, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no LoRA {name!r} among {len(known)}")
        self.name, self.known = name, known


class UnsupportedLoraScale(RequestRejected):
    """A LoRA's scale is outside what makes pictures."""

    def __init__(self, *, name: str, scale: float, max_scale: float) -> None:
        super().__init__(f"LoRA {name!r} at {scale}, {-max_scale} to {max_scale}")
        self.name, self.scale, self.max_scale = name, scale, max_scale


class PhotoTooLarge(RequestRejected):
    """A picture to draw over has more bytes or pixels than are read."""

    def __init__(self, *, max_bytes: int, max_px: int) -> None:
        super().__init__(f"at most {max_bytes} bytes and {max_px} pixels")
        self.max_bytes, self.max_px = max_bytes, max_px


class PhotoUnreadable(RequestRejected):
    """A picture to draw over is no PNG, JPEG or WebP, or is damaged."""


class Untranslatable(RequestRejected):
    """No word of the request could be turned into English."""

    def __init__(self, *, unknown_words: tuple[str, ...]) -> None:
        super().__init__(f"{len(unknown_words)} unknown words")
        self.unknown_words = unknown_words


class Unsafe(RequestRejected):
    """A text asks for something that is not drawn here."""

    def __init__(self, *, rule: Rule) -> None:
        super().__init__(f"rule {rule}")
        self.rule = rule  # for the log and the strikes: never told to whoever asked


class PictureUnsafe(RequestRejected):
    """A finished picture shows what is not shown here; nothing of it is kept."""

    def __init__(self, *, rule: Rule) -> None:
        super().__init__(f"rule {rule}")
        self.rule = rule


class Unavailable(PipelineError):
    """The user can try again later."""


class NotJudged(Unavailable):
    """Whether a picture may be shown could not be judged, so it is not shown."""


class QueueFull(Unavailable):
    """As many requests wait as may wait."""

    def __init__(self, *, num_waiting: int) -> None:
        super().__init__(f"{num_waiting} requests wait")
        self.num_waiting = num_waiting


class TimedOut(Unavailable):
    """Something took longer than it may."""

    def __init__(self, *, what: str, limit_s: float) -> None:
        super().__init__(f"{what} took over {limit_s:g} s")
        self.what, self.limit_s = what, limit_s


class ShuttingDown(Unavailable):
    """The program is ending and takes no new work."""


class Cancelled(PipelineError):
    """The user no longer wants it."""


class StageFailed(PipelineError):
    """One provider of a stage of text preparation failed; the caller falls back or stops."""

    def __init__(
        self,
        *,
        stage: str,
        provider: str,
        failure: Failure,
        detail: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        said = f" ({detail})" if detail else ""
        super().__init__(f"{stage} by {provider}: {failure}{said}")
        self.stage, self.provider, self.failure = stage, provider, failure
        self.detail = detail  # for the operator; never a person's text, never a secret
        self.retry_after_s = retry_after_s  # what the provider asked for


class EngineFailed(PipelineError):
    """The GPU side could not do its part."""


class OutOfGpuMemory(EngineFailed):
    """The device has no room for this picture."""


class DeviceLost(EngineFailed):
    """The device answers nothing any more in this process; only a new process can draw."""


class ModelProblem(StrEnum):
    """Why a model could not be loaded, as far as an operator does something else about it."""

    MISSING = "missing"  # nothing lies where the settings point
    INCOMPLETE = "incomplete"  # a file that belongs to it is not there
    BROKEN = "broken"  # a file is cut short, or its content is not what it should be
    PICKLE = "pickle"  # its weights are pickles, which can run code
    WRONG_KIND = "wrong_kind"  # it is a model, but not SDXL
    NOT_ON_HUB = "not_on_hub"  # the hub knows no such model or revision
    GATED = "gated"  # the hub wants a licence accepted, or a token
    OFFLINE = "offline"  # it has to be fetched, and the hub cannot be reached
    CUT_OFF = "cut_off"  # the download ended too early; it goes on where it stopped
    DISK_FULL = "disk_full"
    NO_ROOM = "no_room"  # the device's memory is too small for it
    NOT_FINITE = "not_finite"  # it loads, and computes no picture
    UNREADABLE = "unreadable"  # anything else that a library says


class ModelNotLoaded(EngineFailed):
    """The model is missing, incomplete, not one of SDXL's kind, or cannot be fetched."""

    def __init__(
        self, *, model: str, reason: str, problem: ModelProblem = ModelProblem.UNREADABLE
    ) -> None:
        super().__init__(f"{model}: {reason}")
        self.model, self.reason, self.problem = model, reason, problem


class ClassifierNotLoaded(EngineFailed):
    """What judges pictures is missing, incomplete, changed, or no classifier that is understood."""

    def __init__(
        self, *, model: str, reason: str, problem: ModelProblem = ModelProblem.UNREADABLE
    ) -> None:
        super().__init__(f"{model}: {reason}")
        self.model, self.reason, self.problem = model, reason, problem


class LoraNotLoaded(EngineFailed):
    """A LoRA file is missing, broken, or made for another kind of model."""

    def __init__(self, *, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason = name, reason


class PictureNotFinite(EngineFailed):
    """The model computed numbers that are no picture."""


class NotMarked(EngineFailed):
    """A mark that must be there could not be put on a picture, so it is not shown."""

    def __init__(self, *, mark: str) -> None:
        super().__init__(mark)
        self.mark = mark  # "label", "xmp", "credentials"
