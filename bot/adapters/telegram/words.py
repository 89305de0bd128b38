"""The few sentences of the adapter's own, which the program gives it: they are no part of a card."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said where only Telegram has the occasion; `{bot}` is the bot's name in some."""

    in_private: str  # an answer for one person's eyes could not be given to them
    one_photo: str  # an album came
    photo_too_large: str
    no_photos: str  # pictures may not be sent to a group
    greeting: str  # of a group that the bot was added to
    greeting_deaf: str  # of one where it hears only what is addressed to it; {bot}
    inline_title: str  # of a request that is offered in any chat; {text}
    inline_about: str
    description: str
    short_description: str
