"""One large file from the hub: resumed where it stopped, even by another process, and checked.

The hub's own library goes on after a broken connection, but begins anew after a restart. Weights of
gigabytes deserve better: what came is kept beside the library's cache, goes on from its end, and
joins the cache when its hash is the one by which the hub names it. Shows its progress.
"""

import hashlib
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils._fixes import WeakFileLock
from huggingface_hub.utils._headers import build_hf_headers
from tqdm.auto import tqdm

log = structlog.get_logger(__name__)

_LOG_INTERVAL_S = 10.0


class ContentDiffers(Exception):
    """What came is not what the hub says the file is; it has been removed."""


def download(
    hub_id: str, file: str, *, commit: str, sha256: str, size_bytes: int, to: Path
) -> None:
    """Bring a file to `to`; nothing lies there before all of it has come and is right.

    Raises ContentDiffers, or what the hub's library raises.
    """
    if to.exists():
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_suffix(".part")
    with WeakFileLock(to.with_suffix(".part.lock")):
        with part.open("ab") as content:
            done_bytes = content.tell()
            log.info(
                "fetching weights", file=file, size_mb=size_bytes >> 20, done_mb=done_bytes >> 20
            )
            url = hf_hub_url(hub_id, file, revision=commit)
            location = get_hf_file_metadata(url).location
            is_hubs = urlsplit(location).netloc == urlsplit(url).netloc
            http_get(
                location,
                content,
                resume_size=done_bytes,
                headers=build_hf_headers() if is_hubs else None,  # a token is for the hub alone
                expected_size=size_bytes,
                displayed_filename=file,
                tqdm_class=Progress,
            )
        _check(part, sha256=sha256)
        part.replace(to)


def _check(part: Path, *, sha256: str) -> None:
    with part.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != sha256:
        part.unlink()  # going on from it would never end well
        raise ContentDiffers(f"sha256 {found[:12]}…, not {sha256[:12]}…")


class Progress(tqdm):  # type: ignore[type-arg]
    """A bar on a terminal; without one, a line in the log every few seconds."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.pop("name", None)  # the hub's own class takes it
        self._logged_s = time.monotonic()
        self._num_bytes = int(options.get("initial") or 0)
        super().__init__(*args, **(options | {"disable": None, "leave": False}))

    def update(self, n: float | None = 1) -> bool | None:
        """Count what came, and say so from time to time."""
        self._num_bytes += int(n or 0)
        now_s = time.monotonic()
        if self.disable and now_s - self._logged_s >= _LOG_INTERVAL_S:
            self._logged_s = now_s
            log.info(
                "still fetching", done_mb=self._num_bytes >> 20, of_mb=int(self.total or 0) >> 20
            )
        shown: bool | None = super().update(n)
        return shown
