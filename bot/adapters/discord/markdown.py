"""Texts as Discord shows them literally: what a person wrote formats nothing, calls nobody, links nowhere.

Pure. Lengths are in characters of the written form, with its escapes.
"""

import re

_CUT = "…"
# What Discord would refuse or strip, and what turns the direction of everything behind it.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPECIAL = re.compile(
    r"""
      [\\*_`<\[\]]                       # emphasis, code, mentions, masked links
    | ~(?=~) | (?<=~)~ | \|(?=\|) | (?<=\|)\|  # struck out, spoilers
    | ^(?=\s*(?:[>+]|-\s|-\#|\#))\s*.?   # quotes, lists, small lines, headings: at the start of a line
    | (?<=[^\W_])\.(?=[A-Za-z])          # discord.gg/…
    | :(?=//|[A-Za-z_])                  # https://…, :emoji:
    """,
    re.VERBOSE | re.MULTILINE,
)
_NUMBERED = re.compile(r"^(\s*\d+)([.)])(?=\s)", re.MULTILINE)
# An address of somebody's mail stays as it is, so that it can be copied.
_CALL = re.compile(r"(?<![\w.+-])@|@(?=everyone|here|[!&]?[0-9])", re.IGNORECASE)
_BREAK = "\u200b"
_ID = re.compile(rf"(?<![\w<])\\?(#|@{_BREAK}&?)([0-9]{{17,20}})(?![0-9])")
_UNSAFE_IN_URL = re.compile(r"[\s<>()]")


def cleaned(text: str) -> str:
    """Take out what Discord does not show as it is: control characters and broken ones."""
    return _SURROGATE.sub("\ufffd", _UNPRINTABLE.sub("", text.replace("\t", " ")))


def one_line(text: str, *, max_chars: int) -> str:
    """Put a text that is shown as it is, such as a label, into one line and cut it."""
    return _cut(" ".join(cleaned(text).split()), max_chars)


def literal(text: str, *, max_chars: int) -> str:
    """Write a text so that it is read as it stands, cut at `max_chars`."""
    plain = cleaned(text).strip()
    written = _escaped(plain)
    length = max_chars
    while len(written) > max_chars and length > 0:
        written = _escaped(plain[: length - len(_CUT)].rstrip()) + _CUT
        length -= max(1, (len(written) - max_chars) // 3)
    return written


def code(text: str, *, max_chars: int) -> str:
    """Write a text as a span of code: one line that can be copied."""
    inside = one_line(text.replace("`", "'"), max_chars=max_chars - 2)
    return f"`{inside}`" if inside else ""


def code_block(text: str, *, max_chars: int) -> str:
    """Write a text as a block of code, which can be copied as it is."""
    inside = _cut(cleaned(text).replace("```", "'''").strip(), max_chars - 8)
    return f"```\n{inside}\n```" if inside else ""


def small(text: str, *, max_chars: int) -> str:
    """Write a text as one small, grey line."""
    return f"-# {literal(' '.join(text.split()), max_chars=max_chars - 3)}"


def link(text: str, url: str) -> str:
    """Write a text that leads somewhere, without a preview of what is there."""
    safe = _UNSAFE_IN_URL.sub(lambda found: f"%{ord(found[0]):02X}", cleaned(url))
    return f"[{literal(text, max_chars=200)}](<{safe}>)"


def with_names(written: str) -> str:
    """Show the ids of channels, people and roles in a literal text by their names; that calls nobody."""
    return _ID.sub(lambda found: f"<{found[1].replace(_BREAK, '')}{found[2]}>", written)


def _escaped(text: str) -> str:
    special = _SPECIAL.sub(_escape, text)
    return _CALL.sub(f"@{_BREAK}", _NUMBERED.sub(r"\1\\\2", special))


def _escape(found: re.Match[str]) -> str:
    """Put a backslash before the sign itself, behind any space at the start of a line."""
    sign = found[0].lstrip()
    return f"{found[0][: len(found[0]) - len(sign)]}\\{sign}"


def _cut(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else text[: max_chars - 1] + _CUT
