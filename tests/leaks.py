"""What must not stand in a program's output, looked for after every program that a test starts.

Our lines are English, so a Korean letter on one is a word of somebody's; what the program announces to
its operator is Korean, and has no time in front of it.
"""

import re
from collections.abc import Iterable

SHAPES = {
    "a token of Discord": re.compile(r"(?<![\w-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}"),
    "a token of Telegram": re.compile(r"(?<!\d)\d{8,10}:[\w-]{35}(?![\w-])"),
    "a key of a provider": re.compile(r"(?<![\w-])sk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}"),
    "a token of a host of code": re.compile(r"(?<!\w)(?:gh[pousr]_\w{36}|github_pat_\w{40,})"),
    "a token of a model hub": re.compile(r"(?<!\w)hf_[A-Za-z0-9]{30,}"),
    "a key of a cloud": re.compile(r"(?<![A-Z0-9])AKIA[A-Z0-9]{16}(?![A-Z0-9])"),
    "a private key": re.compile(r"-----BEGIN (?:\w+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"),
}
_LINE = re.compile(r"^(?:\d{4}-\d\d-\d\d|\{\"|[A-Za-z_]*Error\b|[A-Za-z_]+(?:\.[A-Za-z_]+)+:)")
_KOREAN = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def leaks_in(output: str, *, secrets: Iterable[str] = ()) -> list[str]:
    """Say what stands in a program's output that must not; a line's text is not repeated."""
    found = [f"the secret {number}" for number, one in enumerate(secrets) if one and one in output]
    for number, line in enumerate(output.splitlines(), start=1):
        plain = _COLOUR.sub("", line)
        found += [f"line {number}: {name}" for name, shape in SHAPES.items() if shape.search(plain)]
        if _LINE.match(plain) and _KOREAN.search(plain):
            found.append(f"line {number}: somebody's words")
    return found
