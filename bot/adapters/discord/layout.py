"""A card as a message of Discord: content, files and rows of buttons in its legacy form.

Pure: bytes are read elsewhere. Every payload names all that the message shows, so that the same one
serves for sending and for editing, and an edit leaves nothing over of what was there before.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.adapters.discord import markdown
from bot.adapters.discord.components import rows_of
from bot.adapters.port import (
    Action,
    Card,
    CardState,
    DataFile,
    DetailRow,
    Image,
    PictureFile,
    ProgressBar,
)

SUPPRESS_EMBEDS = 1 << 2  # no previews of links that a text may hold
EPHEMERAL = 1 << 6
NOBODY: dict[str, list[str]] = {"parse": []}  # of those whom a content may name is called

MAX_CONTENT_CHARS = 2_000
MAX_FILES = 10
MAX_ALT_CHARS = 1_024
_MAX_BELOW_CHARS = 700  # notes and credits
_LEAST_BETWEEN_CHARS = 400  # kept for what stands between the text and the notes
_LEAST_LINE_CHARS = 12
_MAX_LINE_CHARS = 1_000
_NUM_CELLS = 10
_EXTENSIONS = ((b"\x89PNG", "png"), (b"RIFF", "webp"), (b"\xff\xd8\xff", "jpg"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that goes with a payload; its place among the uploads is its id in `attachments`."""

    file_name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What is sent: the JSON fields, and the files beside them."""

    fields: dict[str, Any]
    images: tuple[Upload, ...] = ()


def payload_of(card: Card, *, nonce: str = "", files: Mapping[str, bytes] | None = None) -> Payload:
    """Lay a card out; `files` are the bytes that were read, by the keys of its pictures and files.

    What was not read is not shown. `nonce` marks the buttons, so that the message can be found.
    """
    shown = tuple(_files(card, files or {}))[:MAX_FILES]
    uploads = tuple(upload for upload, _ in shown)
    fields: dict[str, Any] = {
        "content": content_of(card),
        "allowed_mentions": NOBODY,
        "flags": SUPPRESS_EMBEDS,
        "attachments": [
            {"id": number, "filename": upload.file_name, **said}
            for number, (upload, said) in enumerate(shown)
        ],
        "components": rows_of(card, nonce=nonce),
    }
    return Payload(fields=fields, images=uploads)


def content_of(card: Card) -> str:
    """Write the text of a card: what it says, what belongs to it, and small notes below."""
    below = _joined(_below(card), max_chars=_MAX_BELOW_CHARS)
    room = MAX_CONTENT_CHARS - len(below) - 1
    has_more = any(True for _ in _between(card, max_chars=_MAX_LINE_CHARS))
    text = markdown.literal(card.text, max_chars=room - (_LEAST_BETWEEN_CHARS if has_more else 0))
    room -= len(text) + 1
    between = _joined(_between(card, max_chars=room), max_chars=room) if has_more else ""
    if card.state is CardState.NOTE:  # of the server's settings, or for those who look after it
        text, between = markdown.with_names(text), markdown.with_names(between)
    return "\n".join(filter(None, (text, between, below)))[:MAX_CONTENT_CHARS] or "…"


def _joined(lines: Iterator[str], *, max_chars: int) -> str:
    """Put lines below each other while there is room; one that does not fit ends them."""
    taken = ""
    for line in lines:
        longer = f"{taken}\n{line}" if taken else line
        if len(longer) > max_chars:
            break
        taken = longer
    return taken


def _below(card: Card) -> Iterator[str]:
    for link in card.credits:
        yield markdown.link(link.text, link.url)
    for note in card.notes:
        yield markdown.small(note, max_chars=300)


def _between(card: Card, *, max_chars: int) -> Iterator[str]:
    """Write what stands between the text and the notes, each at most `max_chars` long."""
    if card.request:
        yield markdown.small(card.request, max_chars=200)
    if card.progress is not None:
        yield _bar(card.progress)
    yield from _captions(card.pictures)
    if card.is_private:  # elsewhere it is shown to whoever asks for it
        yield from (_detail(row) for row in card.details)
    for suggestion in card.suggestions:
        yield markdown.code(suggestion, max_chars=200)
    if card.draft and card.form is None and not _opens_form(card) and max_chars > _LEAST_LINE_CHARS:
        yield markdown.code_block(card.draft, max_chars=max_chars)


def _opens_form(card: Card) -> bool:
    """Whether a button brings the draft in boxes that can be filled in."""
    return any(button.action is Action.EDIT for button in card.buttons)


def _bar(progress: ProgressBar) -> str:
    """Draw how far it is in ten cells."""
    done = _NUM_CELLS * progress.step // max(1, progress.num_steps)
    done = min(_NUM_CELLS, max(0, done))
    label = markdown.literal(progress.label, max_chars=100)
    return f"{'▰' * done}{'▱' * (_NUM_CELLS - done)} {label}".rstrip()


def _captions(pictures: Sequence[PictureFile]) -> Iterator[str]:
    for number, picture in enumerate(pictures, start=1):
        if picture.caption:
            caption = markdown.literal(" ".join(picture.caption.split()), max_chars=150)
            yield f"{number}. {caption}" if len(pictures) > 1 else caption


def _detail(row: DetailRow) -> str:
    words = ", ".join(f"{word} {round(weight, 2):g}" for word, weight in row.words)
    text = markdown.literal(" ".join((row.text or words).split()), max_chars=600)
    return f"**{markdown.literal(row.label, max_chars=60)}** {text}"


def _files(card: Card, files: Mapping[str, bytes]) -> Iterator[tuple[Upload, dict[str, Any]]]:
    """Give what is attached, with what Discord is told about it; the preview only until there is more."""
    taken: set[str] = set()
    for picture in card.pictures:
        if (data := files.get(picture.key)) is not None:
            yield _picture(picture, data, taken)
    for file in card.files:
        if (data := files.get(file.key)) is not None:
            yield _data_file(file, data, taken)
    if card.preview is not None and not card.pictures:
        yield _preview(card.preview, card.request)


def _picture(picture: PictureFile, data: bytes, taken: set[str]) -> tuple[Upload, dict[str, Any]]:
    stem = picture.file_name.rpartition(".")[0] or picture.file_name
    name = _free_name(stem, _extension(data), taken)
    said = _described(picture.alt) | ({"is_spoiler": True} if picture.is_spoiler else {})
    return Upload(file_name=name, data=data), said


def _data_file(file: DataFile, data: bytes, taken: set[str]) -> tuple[Upload, dict[str, Any]]:
    stem, _, extension = file.file_name.rpartition(".")
    plain = re.sub(r"[^a-z0-9]", "", extension.lower())[:8] or "bin"
    return Upload(file_name=_free_name(stem, plain, taken), data=data), {}


def _preview(preview: Image, request: str) -> tuple[Upload, dict[str, Any]]:
    name = f"preview.{_extension(preview.data)}"
    return Upload(file_name=name, data=preview.data), _described(preview.alt or request)


def _described(alt: str) -> dict[str, Any]:
    description = markdown.one_line(alt, max_chars=MAX_ALT_CHARS)
    return {"description": description} if description else {}


def _extension(data: bytes) -> str:
    """Name a picture for what it is: one that was made smaller is no PNG any more."""
    return next((name for start, name in _EXTENSIONS if data.startswith(start)), "png")


def _free_name(stem: str, extension: str, taken: set[str]) -> str:
    """Write a name that Discord stores as it is, and that no other file of the message has."""
    plain = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60] or "geuryeojwo"
    name, number = f"{plain}.{extension}", 2
    while name in taken:
        name, number = f"{plain}-{number}.{extension}", number + 1
    taken.add(name)
    return name
