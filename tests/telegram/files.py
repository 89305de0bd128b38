"""Files of the local Telegram: photos that lose everything but their looks, documents that lose nothing."""

import io
import itertools
import secrets

from PIL import Image, UnidentifiedImageError

from tests.telegram.refusal import bad
from tests.telegram.things import Clock, StoredFile

_SIDES_PX = (90, 320, 800, 1280, 2560)
_MAX_PHOTO_BYTES = 10 * 2**20
_MAX_UPLOAD_BYTES = 50 * 2**20
_MAX_DOWNLOAD_BYTES = 20 * 2**20
_QUALITY = 85
LINK_LIFE_S = 3600.0
_TYPES = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp",
    "gif": "image/gif", "json": "application/json", "zip": "application/zip",
    "txt": "text/plain",
}  # fmt: skip


class Files:
    """Everything that was uploaded, by file id and by the paths that are given out."""

    def __init__(self, clock: Clock) -> None:
        self.max_photo_px = 1280  # the longest side of what is kept of a photo
        self._clock = clock
        self._files: dict[str, StoredFile] = {}
        self._photos: dict[str, tuple[StoredFile, ...]] = {}  # by the id of each size
        self._links: dict[str, tuple[StoredFile, float]] = {}  # until when
        self._counter = itertools.count()

    def photo(self, data: bytes) -> tuple[StoredFile, ...]:
        """Keep a photo in its sizes, smallest first. Raises Refused."""
        if len(data) > _MAX_PHOTO_BYTES:
            raise bad(
                f"file of size {len(data)} bytes is too big for a photo; "
                f"the maximum size is {_MAX_PHOTO_BYTES} bytes"
            )
        try:
            with Image.open(io.BytesIO(data)) as image:
                width_px, height_px = image.size
                if width_px + height_px > 10_000 or max(image.size) > 20 * min(image.size):
                    raise bad("PHOTO_INVALID_DIMENSIONS")
                picture = image.convert("RGB")
        except (UnidentifiedImageError, OSError, SyntaxError) as exc:
            raise bad("IMAGE_PROCESS_FAILED") from exc
        longest_px = min(max(picture.size), self.max_photo_px)
        sides = [one for one in _SIDES_PX if one < longest_px] + [longest_px]
        sizes = tuple(self._size(picture, side) for side in sides)
        for size in sizes:
            self._photos[size.id] = sizes
        return sizes

    def _size(self, picture: Image.Image, side_px: int) -> StoredFile:
        smaller = picture.copy()
        smaller.thumbnail((side_px, side_px))
        raw = io.BytesIO()
        smaller.save(raw, "JPEG", quality=_QUALITY)
        return self._keep(
            raw.getvalue(),
            folder="photos",
            name="photo.jpg",
            width_px=smaller.width,
            height_px=smaller.height,
        )

    def document(self, data: bytes, name: str, media_type: str = "") -> StoredFile:
        """Keep a file as it is. Raises Refused."""
        if len(data) > _MAX_UPLOAD_BYTES:
            raise bad("file is too big")
        if not data:
            raise bad("file must be non-empty")
        ending = name.rpartition(".")[2].lower()
        kind = media_type or _TYPES.get(ending, "application/octet-stream")
        return self._keep(data, folder="documents", name=name, media_type=kind)

    def _keep(
        self,
        data: bytes,
        *,
        folder: str,
        name: str,
        media_type: str = "image/jpeg",
        width_px: int = 0,
        height_px: int = 0,
    ) -> StoredFile:
        number = next(self._counter)
        file = StoredFile(
            id=f"{folder[0].upper()}gAC{number:06d}{secrets.token_urlsafe(30)}",
            unique_id=f"AQAD{number:06d}",
            data=data,
            name=name,
            media_type=media_type,
            width_px=width_px,
            height_px=height_px,
        )
        self._files[file.id] = file
        return file

    def sizes_of(self, file_id: str) -> tuple[StoredFile, ...]:
        """Find a photo again. Raises Refused, also where the file is of another kind."""
        if file_id not in self._photos:
            raise bad("wrong file identifier/HTTP URL specified")
        return self._photos[file_id]

    def document_of(self, file_id: str) -> StoredFile:
        """Find a document again. Raises Refused, also where the file is of another kind."""
        if file_id not in self._files or file_id in self._photos:
            raise bad("wrong file identifier/HTTP URL specified")
        return self._files[file_id]

    def link(self, file_id: str) -> tuple[StoredFile, str]:
        """Give a path under which a file lies for a while. Raises Refused."""
        file = self._files.get(file_id)
        if file is None:
            raise bad("invalid file_id")
        if len(file.data) > _MAX_DOWNLOAD_BYTES:
            raise bad("file is too big")
        folder = "photos" if file_id in self._photos else "documents"
        ending = file.name.rpartition(".")[2] or "bin"
        path = f"{folder}/file_{next(self._counter)}.{ending}"
        self._links[path] = (file, self._clock.now_s() + LINK_LIFE_S)
        return file, path

    def at(self, path: str) -> StoredFile | None:
        """Give what lies under a path now."""
        file, until_s = self._links.get(path, (None, 0.0))
        return file if self._clock.now_s() < until_s else None
