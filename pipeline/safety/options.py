"""What can be set about the gates. Values only; a key is never part of a repr."""

from dataclasses import dataclass, field
from enum import StrEnum


class OpinionKind(StrEnum):
    """What kind of model gives a second opinion on texts."""

    MODERATION = "moderation"  # OpenAI's moderations endpoint
    GUARD = "guard"  # a chat server whose model answers as kakao's kanana-safeguard does


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionOptions:
    """A second opinion on texts: who gives it, and how long it may take."""

    kind: OpinionKind
    base_url: str = "https://api.openai.com/v1"
    api_key: str = field(default="", repr=False)  # a local server wants none
    model: str = ""  # none: the one that is known for its kind
    limit_s: float = 2.0
    max_concurrent: int = 8
