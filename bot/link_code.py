"""A code that joins two accounts: how it is made, shown and read, and what goes wrong with one. Pure.

Eight letters and digits that are not taken for each other, 40 bits: with five tries an hour, guessing
one that lives for ten minutes is hopeless.
"""

import secrets

from pipeline import RequestRejected, Unavailable

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0, O, 1, I, L
_NUM_CHARS = 8
_SHOWN_AT_ONCE = 4


class CodeUnknown(RequestRejected):
    """The code was never given, was used before, or is too old."""


class TooManyTries(Unavailable):
    """The person entered so many wrong codes that no more are taken for a while."""

    def __init__(self, *, wait_s: float) -> None:
        super().__init__(f"{wait_s:.0f} s to go")
        self.wait_s = wait_s


class TooManyAccounts(RequestRejected):
    """The person would have more accounts than may be joined."""

    def __init__(self, *, max_accounts: int) -> None:
        super().__init__(f"at most {max_accounts}")
        self.max_accounts = max_accounts


def new_code() -> str:
    """Make a code that nobody can guess."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_NUM_CHARS))


def shown(code: str) -> str:
    """Write a code so that it is easily copied by hand: `ABCD-2345`."""
    return f"{code[:_SHOWN_AT_ONCE]}-{code[_SHOWN_AT_ONCE:]}"


def read_code(text: str) -> str:
    """Read a code as people write it. Raises CodeUnknown for what cannot be one."""
    code = "".join(text.split()).replace("-", "").upper()
    if len(code) != _NUM_CHARS or not set(code) <= set(_ALPHABET):
        raise CodeUnknown
    return code
