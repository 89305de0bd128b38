"""What people can ask of the bot, as values. Pure: no text is read here, and nothing is done.

`commands.py` makes them of typed text.
"""

from dataclasses import dataclass

from pipeline import Quality, Ratio, Receipt, SamplerName, Variation, WeightSet


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawCommand:
    """What is to be drawn, as the person said it; None leaves the choice to the settings."""

    text: str
    negative: str = ""
    seed: int | None = None
    quality: Quality | None = None
    num_pictures: int = 1
    ratio: Ratio | None = None
    width_px: int | None = None
    height_px: int | None = None
    num_steps: int | None = None
    guidance_scale: float | None = None
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    sampler: SamplerName | None = None
    loras: WeightSet = ()
    variation: Variation | None = None

    english: str = ""  # the person's own, in place of a translation
    words: tuple[tuple[str, float], ...] = ()  # the person's own, in place of the keywords
    receipt: Receipt | None = None  # of a picture that is drawn once more as it was

    strength: float | None = None  # of the change, where a photo is drawn over; else None
    is_enlarging: bool = False  # the photo, rather than only drawing over it


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """The person wants to know what the bot can do."""


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """The person wants to know how the bot is."""


@dataclass(frozen=True, slots=True)
class PicturesCommand:
    """The person wants to see their pictures: those whose words hold `search`, the newest first."""

    page: int = 1
    search: str = ""


@dataclass(frozen=True, slots=True)
class QueueCommand:
    """The person wants to know how long the wait is."""


@dataclass(frozen=True, slots=True)
class DataCommand:
    """The person wants a copy of everything that is kept of them."""


@dataclass(frozen=True, slots=True)
class EraseCommand:
    """The person wants everything erased that is kept of them; they are asked once more."""


@dataclass(frozen=True, slots=True)
class PrivacyCommand:
    """The person wants to know what is kept of them, for how long, and who reads their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCommand:
    """The person wants to be known as the same one on another platform, or not any more."""

    code: str = ""  # that was given there; none: one is to be given here
    is_parting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsCommand:
    """The person wants to see the rules of a place, or to change one; its values are not judged yet."""

    rule: str = ""  # none: all are to be shown
    values: tuple[tuple[str, str], ...] = ()  # by the names that they have in that rule


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealCommand:
    """The person says why they should not be kept from drawing."""

    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionsCommand:
    """An operator wants to see who may not draw, or to change that; neither word is judged yet."""

    deed: str = ""  # none: all are to be shown
    about: str = ""  # whom


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallCommand:
    """The person wants a picture exactly as it was: of this number, or of the photo that came along."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class InfoCommand:
    """The person wants to know what a picture says of itself."""


Command = (
    DrawCommand
    | RecallCommand
    | InfoCommand
    | HelpCommand
    | StatusCommand
    | PicturesCommand
    | QueueCommand
    | DataCommand
    | EraseCommand
    | PrivacyCommand
    | LinkCommand
    | SettingsCommand
    | AppealCommand
    | SanctionsCommand
)
