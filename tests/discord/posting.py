"""How a checked message becomes one that is shown: files stored, sizes held, versions made."""

import io
import mimetypes
import time
import warnings
from dataclasses import replace

from PIL import Image

from tests.discord.forms import Draft, Fresh, Kept, Upload, cleaned
from tests.discord.refusal import Refused
from tests.discord.things import Flag, StoredFile, Version
from tests.discord.world import World


class Posting:
    """Stores files and makes versions of messages."""

    def __init__(self, world: World) -> None:
        self._world = world

    def store(
        self, upload: Upload, *, filename: str | None = None, is_ephemeral: bool = False
    ) -> StoredFile:
        """Keep a file; its kind is told by its name alone."""
        name = filename or cleaned(upload.filename)
        width_px, height_px = _size_of(upload.data)
        file = StoredFile(
            id=self._world.new_id(),
            filename=name,
            data=upload.data,
            content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
            width_px=width_px,
            height_px=height_px,
            is_ephemeral=is_ephemeral,
        )
        self._world.uploads[file.id] = file
        return file

    def version(self, draft: Draft, *, limit_bytes: int, is_ephemeral: bool = False) -> Version:
        """Store what is new in a draft. Raises Refused when a file is too large."""
        for file in draft.files:
            if isinstance(file, Fresh) and len(file.upload.data) > limit_bytes:
                raise Refused(40005)
        return Version(
            at_s=time.monotonic(),
            content=draft.content,
            embeds=draft.embeds,
            components=draft.components,
            flags=draft.flags | (Flag.EPHEMERAL if is_ephemeral else Flag.NONE),
            files=tuple(self._stored(file, is_ephemeral=is_ephemeral) for file in draft.files),
        )

    def _stored(self, file: Kept | Fresh, *, is_ephemeral: bool) -> StoredFile:
        if isinstance(file, Kept):
            stored, title = file.file, file.file.title
        else:
            title = file.title
            stored = self.store(file.upload, filename=file.filename, is_ephemeral=is_ephemeral)
        stored = replace(
            stored, title=title, description=file.description, is_spoiler=file.is_spoiler
        )
        self._world.uploads[stored.id] = stored
        return stored


def _size_of(data: bytes) -> tuple[int | None, int | None]:
    """Read width and height from a picture's head; nothing is decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data)) as picture:
                return picture.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None, None
