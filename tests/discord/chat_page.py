"""A page that imitates a chat: what Discord tells of a message, or of a modal, drawn in HTML of our own.

Pure, and no more than what the bot sends: text with its marks, pictures, buttons and menus. It asks no
server for anything.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from html import escape
from pathlib import Path
from typing import Any

_STYLE = Path(__file__).with_name("chat_page.css")
_KOREA = timezone(timedelta(hours=9))
_EPHEMERAL = 1 << 6
_SPOILER = 1 << 3  # of an attachment
_BUTTON_STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link"}
_BLOCK = re.compile(r"```(?:\w*\n)?(.*?)\n?```", re.DOTALL)
_INLINE = re.compile(
    r"""
      \\(?P<plain>[^\s0-9A-Za-z가-힣])
    | `(?P<code>[^`]+)`
    | \*\*(?P<bold>(?:\\.|[^\\])+?)\*\*
    | \[(?P<words>(?:\\.|[^\]\\])+)\]\(<(?P<url>[^>]+)>\)
    """,
    re.VERBOSE,
)
_SMALL = "-# "


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A message as Discord told it at some moment."""

    payload: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)  # by the attachment's id
    command: str = ""  # that it answers


def page_of_message(recorded: Recorded, *, channel: str) -> str:
    """Draw a message in its channel."""
    payload = recorded.payload
    inside = (
        _used(recorded),
        _head(payload),
        f'<div class="content">{_content(payload["content"])}</div>',
        _files(recorded),
        *(_row(row["components"]) for row in payload["components"]),
        '<p class="private">👁 이 메시지는 나에게만 보여요</p>'
        if payload["flags"] & _EPHEMERAL
        else "",
    )
    article = f'<article><span class="avatar">🎨</span>{"".join(inside)}</article>'
    return _page(f"<main><header><i>#</i> {escape(channel)}</header>{article}</main>")


def page_of_modal(data: Mapping[str, Any]) -> str:
    """Draw a modal with what is filled in."""
    fields = "".join(_field(part) for part in data["components"])
    return _page(
        '<main class="modal">'
        f'<h1><span class="avatar">🎨</span>{escape(data["title"])}</h1>{fields}'
        '<footer><span class="button secondary">취소</span>'
        '<span class="button primary">제출</span></footer></main>'
    )


def _page(body: str) -> str:
    style = _STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="ko"><meta charset="utf-8"><style>{style}</style>{body}</html>'
    )


def _used(recorded: Recorded) -> str:
    """Say who used which command."""
    asked = recorded.payload.get("interaction_metadata")
    if asked is None or not recorded.command:
        return ""
    user = asked["user"]
    name = escape(user["global_name"] or user["username"])
    command = f'<span class="command">/{escape(recorded.command)}</span>'
    return f'<p class="used"><span class="person">🙂</span><b>{name}</b> 님이 {command} 사용</p>'


def _head(payload: Mapping[str, Any]) -> str:
    name = escape(payload["author"]["username"])
    badge = '<span class="badge">앱</span>' if payload["author"]["bot"] else ""
    at = datetime.fromisoformat(payload["timestamp"]).astimezone(_KOREA)
    half, hour = ("오전", "오후")[at.hour // 12], at.hour % 12 or 12
    return f'<p class="head"><b>{name}</b>{badge}<time>{half} {hour}:{at.minute:02}</time></p>'


def _content(text: str) -> str:
    """Draw a text with the marks that the bot uses."""
    parts = _BLOCK.split(text)  # text and code take turns
    return "".join(
        f"<pre>{escape(part)}</pre>" if number % 2 else _lines(part.strip("\n"))
        for number, part in enumerate(parts)
    )


def _lines(text: str) -> str:
    return "".join(
        f"<small>{_inline(line.removeprefix(_SMALL))}</small>"
        if line.startswith(_SMALL)
        else f"<p>{_inline(line) or '<br>'}</p>"
        for line in text.split("\n")
        if text
    )


def _inline(text: str) -> str:
    drawn, end = "", 0
    for found in _INLINE.finditer(text):
        drawn += escape(text[end : found.start()]) + _marked(found)
        end = found.end()
    return drawn + escape(text[end:])


def _marked(found: re.Match[str]) -> str:
    if plain := found["plain"]:
        return escape(plain)
    if code := found["code"]:
        return f"<code>{escape(code)}</code>"
    if bold := found["bold"]:
        return f"<b>{_inline(bold)}</b>"
    return f'<a href="{escape(found["url"])}">{_inline(found["words"])}</a>'


def _files(recorded: Recorded) -> str:
    files = recorded.payload["attachments"]
    pictures = [file for file in files if file["content_type"].startswith("image/")]
    others = [file for file in files if file not in pictures]
    shown = "".join(_picture(file, recorded.files[file["id"]]) for file in pictures)
    gallery = f'<div class="gallery n{len(pictures)}">{shown}</div>' if pictures else ""
    return gallery + "".join(
        f'<p class="file">📄 {escape(file["filename"])}</p>' for file in others
    )


def _picture(file: Mapping[str, Any], data: bytes) -> str:
    """Show a picture in its own size, as Discord does where there is room."""
    alt = file.get("description", "")
    source = f"data:{file['content_type']};base64,{base64.b64encode(data).decode()}"
    is_spoiler = file.get("flags", 0) & _SPOILER
    return (
        f'<figure class="{"spoiler" if is_spoiler else ""}">'
        f'<img src="{source}" alt="{escape(alt)}" width="{file.get("width", "")}">'
        f"{'<i>ALT</i>' if alt else ''}</figure>"
    )


def _row(parts: Iterable[Mapping[str, Any]]) -> str:
    return f'<div class="row">{"".join(_part(part) for part in parts)}</div>'


def _part(part: Mapping[str, Any]) -> str:
    if "options" in part:
        return f'<span class="menu">{escape(part.get("placeholder", ""))}</span>'
    emoji = (part.get("emoji") or {}).get("name", "")
    drawn = f'<span class="emoji">{escape(emoji)}</span>' if emoji else ""
    off = " off" if part.get("disabled") else ""
    style = _BUTTON_STYLES[part["style"]]
    return f'<span class="button {style}{off}">{drawn}{escape(part.get("label", ""))}</span>'


def _field(part: Mapping[str, Any]) -> str:
    box = part["component"]
    star = '<em title="꼭 써야 해요">*</em>' if box.get("required", True) else ""
    kind = "long" if box["style"] == 2 else "short"
    value = escape(box.get("value", ""))
    return f'<label>{escape(part["label"])}{star}<span class="box {kind}">{value}</span></label>'
