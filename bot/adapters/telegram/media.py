"""Pictures as Telegram takes them: as photos to look at, or as documents where they are too much for that."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog
from telegram import InputMediaDocument, InputMediaPhoto

from bot.adapters.port import Card, FileReader, PictureFile
from bot.adapters.telegram.layout import MAX_CAPTION, Written, cut
from bot.adapters.telegram.refusal import MAY_NOT_BE_PHOTO, NO_PHOTOS, TOO_LARGE, says

log = structlog.get_logger()

MAX_PHOTO_BYTES, MAX_DOCUMENT_BYTES = 10 * 10**6, 50 * 10**6
MAX_PHOTO_SIDES_PX, MAX_PHOTO_RATIO = 10_000, 20
MAX_ALBUM = 10
_LEAST_BYTES = 500_000
_EXTENSIONS = ((b"\x89PNG", "png"), (b"RIFF", "webp"), (b"\xff\xd8\xff", "jpg"))

Media = InputMediaPhoto | InputMediaDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """In which form the pictures of a card are tried."""

    is_document: bool = False
    max_bytes: int = MAX_PHOTO_BYTES
    has_pictures: bool = True

    def after(self, error: BaseException) -> "Form | None":
        """Say what is tried next; None where nothing is left, or the error was about something else."""
        if not self.has_pictures:
            return None
        if says(error, *NO_PHOTOS):
            return replace(self, has_pictures=False)
        if says(error, *TOO_LARGE) and self.max_bytes > _LEAST_BYTES:
            return replace(self, max_bytes=self.max_bytes // 4)
        if says(error, *MAY_NOT_BE_PHOTO) and not self.is_document:
            return replace(self, is_document=True, max_bytes=MAX_DOCUMENT_BYTES)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a card that was read."""

    file: PictureFile
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """Name it for what it is: one that was made smaller is no PNG any more."""
        ends = (end for start, end in _EXTENSIONS if self.data.startswith(start))
        return f"{self.file.file_name.rpartition('.')[0] or 'geuryeojwo'}.{next(ends, 'png')}"


def form_of(card: Card) -> Form:
    """Say in which form a card's pictures are tried first."""
    if all(map(_may_be_photo, card.pictures)):
        return Form()
    return Form(is_document=True, max_bytes=MAX_DOCUMENT_BYTES)


async def pictures_of(card: Card, form: Form, files: FileReader) -> list[Picture]:
    """Read the pictures that can be had. Raises OSError."""
    found: list[Picture] = []
    for file in card.pictures if form.has_pictures else ():
        data = await files(file.key, max_bytes=form.max_bytes)
        if data:
            found.append(Picture(file=file, data=data))
        else:
            log.warning("picture left out", job_id=card.job_id)
    return found[:MAX_ALBUM]


def media_of(picture: Picture, form: Form, said: Written | None = None) -> Media:
    """Give a picture as a part of an edit, or of an album; with what is said, or its own caption."""
    caption = said.text if said else cut(picture.file.caption, MAX_CAPTION) or None
    entities = said.entities if said else ()
    if form.is_document:
        return InputMediaDocument(
            picture.data, filename=picture.name, caption=caption, caption_entities=entities
        )
    return InputMediaPhoto(
        picture.data,
        filename=picture.name,
        caption=caption,
        caption_entities=entities,
        has_spoiler=picture.file.is_spoiler,
    )


def album_of(pictures: Sequence[Picture], form: Form) -> list[Media]:
    """Give several pictures as one album."""
    return [media_of(one, form) for one in pictures]


async def files_of(card: Card, files: FileReader) -> list[tuple[str, bytes]]:
    """Read the files that a card brings to be saved, by their names. Raises OSError."""
    found = [(file.file_name, await files(file.key)) for file in card.files[:MAX_ALBUM]]
    return [(name, data) for name, data in found if data]


def file_album(files: Sequence[tuple[str, bytes]], said: Written) -> list[Media]:
    """Give several files as one album, with what is said at the last."""
    *others, (name, data) = files
    last = InputMediaDocument(
        data, filename=name, caption=said.text, caption_entities=said.entities
    )
    return [*(InputMediaDocument(data, filename=name) for name, data in others), last]


def cover(said: Written) -> InputMediaPhoto:
    """Give a plain grey square, for the place of a picture that is taken away."""
    return InputMediaPhoto(
        _grey_square(),
        filename="removed.png",
        caption=said.text,
        caption_entities=said.entities,
    )


def _may_be_photo(file: PictureFile) -> bool:
    long, short = max(file.width_px, file.height_px), min(file.width_px, file.height_px)
    return long + short <= MAX_PHOTO_SIDES_PX and long <= MAX_PHOTO_RATIO * max(1, short)


def _grey_square(side_px: int = 64) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    rows = (b"\0" + b"\xd0" * side_px) * side_px
    header = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)  # 8 bits of grey
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks
