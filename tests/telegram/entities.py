"""What Telegram finds in a text, and what it makes of HTML and MarkdownV2; offsets are UTF-16 units."""

import re
from html import unescape
from typing import Any

from tests.telegram.refusal import bad

Entities = tuple[dict[str, Any], ...]
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])")
_MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9_]{3,32}(?!\w)")
_URL = re.compile(r"https?://[^\s<>]+")
_TAG = re.compile(r"<(/?)([a-zA-Z-]+)((?:\s+[a-z-]+(?:=\"[^\"]*\")?)*)\s*>")
_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "s": "strikethrough", "code": "code", "pre": "pre", "a": "text_link",
    "tg-spoiler": "spoiler", "blockquote": "blockquote",
}  # fmt: skip
_MARKS = {
    "__": "underline", "||": "spoiler", "*": "bold", "_": "italic", "~": "strikethrough",
    "`": "code",
}  # fmt: skip
_RESERVED = "_*[]()~`>#+-=|{}.!"


def utf16_len(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def found(text: str) -> Entities:
    """Find commands, mentions and addresses; what begins with Hangul is no command."""
    spans: list[tuple[int, int, str]] = []
    for kind, pattern in (("bot_command", _COMMAND), ("mention", _MENTION), ("url", _URL)):
        for match in pattern.finditer(text):
            if not any(start <= match.start() < end for start, end, _ in spans):
                spans.append((match.start(), match.end(), kind))
    return tuple(
        {
            "type": kind,
            "offset": utf16_len(text[:start]),
            "length": utf16_len(text[start:end]),
        }
        for start, end, kind in sorted(spans)
    )


def part(text: str, entity: dict[str, Any]) -> str:
    """Give what an entity covers."""
    raw = text.encode("utf-16-le")
    return raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


def read(text: str, mode: str | None, given: list[dict[str, Any]] | None) -> tuple[str, Entities]:
    """Give the plain text with its entities, as a bot sent them. Raises Refused."""
    if mode:
        reader = {"html": _html, "markdownv2": _markdown}.get(mode.lower())
        if reader is None:
            raise bad("unsupported parse_mode")
        plain, entities = reader(text)
        given = list(entities)
    else:
        plain = text
    num_units = utf16_len(plain)
    for one in given or ():
        if one["offset"] < 0 or one["length"] <= 0 or one["offset"] + one["length"] > num_units:
            raise bad("can't parse entities: an entity lies outside of the text")
    stripped = plain.strip()
    moved = utf16_len(plain[: len(plain) - len(plain.lstrip())])
    kept = tuple({**one, "offset": max(0, one["offset"] - moved)} for one in given or ())
    return stripped, tuple(
        sorted((*kept, *found(stripped)), key=lambda one: (one["offset"], -one["length"]))
    )


def _html(text: str) -> tuple[str, Entities]:
    plain, entities, at = "", list[dict[str, Any]](), 0
    opened: list[tuple[str, int, str]] = []
    for match in _TAG.finditer(text):
        plain += _unescaped(text[at : match.start()])
        at = match.end()
        name = match[2].lower()
        if name not in _TAGS:
            raise bad(f'can\'t parse entities: unsupported start tag "{name}"')
        if not match[1]:
            opened.append((name, utf16_len(plain), match[3]))
            continue
        if not opened or opened[-1][0] != name:
            raise bad(f'can\'t parse entities: unexpected end tag "{name}"')
        _, offset, attributes = opened.pop()
        entity = {"type": _TAGS[name], "offset": offset, "length": utf16_len(plain) - offset}
        if url := re.search(r'href="([^"]*)"', attributes):
            entity["url"] = unescape(url[1])
        if entity["length"]:
            entities.append(entity)
    plain += _unescaped(text[at:])
    if opened:
        raise bad(f"can't parse entities: can't find end tag of \"{opened[-1][0]}\"")
    return plain, tuple(entities)


def _unescaped(text: str) -> str:
    if "<" in text:
        raise bad("can't parse entities: unsupported start tag")
    return unescape(text)


def _markdown(text: str) -> tuple[str, Entities]:
    plain, entities, at = "", list[dict[str, Any]](), 0
    opened: list[tuple[str, int]] = []
    while at < len(text):
        mark = text[at : at + 2] if text[at : at + 2] in _MARKS else text[at]
        if mark == "\\" and at + 1 < len(text):
            plain, at = plain + text[at + 1], at + 2
        elif link := re.match(r"\[([^\]]+)\]\(([^)]+)\)", text[at:]):
            offset, at = utf16_len(plain), at + link.end()
            plain += link[1]
            entities.append(
                {
                    "type": "text_link",
                    "offset": offset,
                    "length": utf16_len(link[1]),
                    "url": link[2],
                }
            )
        elif mark in _MARKS:
            at += len(mark)
            if opened and opened[-1][0] == mark:
                offset = opened.pop()[1]
                length = utf16_len(plain) - offset
                entities.append({"type": _MARKS[mark], "offset": offset, "length": length})
            else:
                opened.append((mark, utf16_len(plain)))
        elif mark in _RESERVED:
            raise bad(
                f"can't parse entities: character '{mark}' is reserved and must be escaped "
                "with the preceding '\\'"
            )
        else:
            plain, at = plain + mark, at + 1
    if opened:
        name = _MARKS[opened[-1][0]]
        raise bad(f"can't parse entities: can't find end of the entity starting at {name}")
    return plain, tuple(one for one in entities if one["length"])
