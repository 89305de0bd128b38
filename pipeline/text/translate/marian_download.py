"""Gets the local translation model: downloads it once and converts it for CTranslate2.

Runs only when an operator asks for it; nothing else in the project downloads. Blocking, with progress on
standard error. Can be interrupted anywhere and started again: what came is kept, a model that is
not whole is never put in place. Needs the extra `marian`, and for converting also transformers and torch.
"""

import errno
import shutil
import warnings
from enum import StrEnum
from pathlib import Path

import structlog

from pipeline.text.translate.marian import Marian, is_marian

log = structlog.get_logger(__name__)

REPOSITORY = "Helsinki-NLP/opus-mt-tc-big-ko-en"
CREDIT = (
    "opus-mt-tc-big-ko-en by the Language Technology Research Group at the University of Helsinki "
    f"(https://huggingface.co/{REPOSITORY}), licensed under CC BY 4.0 "
    "(https://creativecommons.org/licenses/by/4.0/). Changed: weights reduced to 8 bits, "
    "converted to CTranslate2's format."
)

_ORIGINAL_FILES = (
    "config.json", "generation_config.json", "model.safetensors", "source.spm", "target.spm",
    "tokenizer_config.json", "vocab.json",
)  # fmt: skip
_DISK_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO}
)
_PROBE = "고래"  # whale; any model that is whole answers with something


class Obstacle(StrEnum):
    """Why the model is not there."""

    PACKAGES = "packages"  # the extra `marian` is not installed
    OCCUPIED = "occupied"  # something else lies in the folder
    DISK = "disk"  # it is full, or may not be written to
    OFFLINE = "offline"  # HF_HUB_OFFLINE forbids downloads
    UNREACHABLE = "unreachable"  # no connection, or one that broke off: starting again goes on
    NOT_FOUND = "not_found"  # the repository, or a file in it, is gone
    UNREADABLE = "unreadable"  # what came is no such model: starting again begins anew


class DownloadFailed(Exception):
    """The model could not be fetched or converted; the operator's affair, not a request's."""

    def __init__(self, *, obstacle: Obstacle, detail: str) -> None:
        super().__init__(f"{obstacle}: {detail}")
        self.obstacle, self.detail = obstacle, detail


def download_marian(
    folder: Path, *, repository: str = REPOSITORY, endpoint: str | None = None
) -> None:
    """Put the model into a folder, unless it is there. Raises DownloadFailed.

    `endpoint` is a mirror of the hub; None takes the hub, or what HF_ENDPOINT names.
    """
    if is_marian(folder):
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DownloadFailed(obstacle=Obstacle.OCCUPIED, detail=str(folder))
    original = folder.with_name(f"{folder.name}.original")
    try:
        _fetch(original, repository=repository, endpoint=endpoint)
        _convert(original, folder)
        shutil.rmtree(original)
    except ImportError as error:
        raise DownloadFailed(obstacle=Obstacle.PACKAGES, detail=str(error.name)) from error
    except OSError as error:
        raise DownloadFailed(obstacle=Obstacle.DISK, detail=str(error)) from error
    log.info("translation model ready", folder=str(folder), credit=CREDIT)


def _fetch(original: Path, *, repository: str, endpoint: str | None) -> None:
    """Download what is missing of the original files. Raises DownloadFailed, OSError (the disk)."""
    import httpx2
    from huggingface_hub import constants, errors, snapshot_download

    if not _missing(original):
        return
    if constants.is_offline_mode():
        raise DownloadFailed(obstacle=Obstacle.OFFLINE, detail="HF_HUB_OFFLINE is set")
    original.mkdir(parents=True, exist_ok=True)
    try:
        snapshot_download(
            repository,
            local_dir=original,
            cache_dir=original / ".cache",  # nothing is left elsewhere
            allow_patterns=list(_ORIGINAL_FILES),
            endpoint=endpoint,
        )
    except (
        errors.RepositoryNotFoundError,
        errors.RevisionNotFoundError,
        errors.RemoteEntryNotFoundError,
    ) as error:
        raise DownloadFailed(obstacle=Obstacle.NOT_FOUND, detail=repository) from error
    except (OSError, RuntimeError, httpx2.HTTPError, errors.XetDownloadError) as error:
        if _is_of_the_disk(error):
            raise
        raise DownloadFailed(obstacle=Obstacle.UNREACHABLE, detail=_told(error)) from error
    # Without a connection the hub's client is content with a folder that is half full.
    if missing := _missing(original):
        raise DownloadFailed(obstacle=Obstacle.UNREACHABLE, detail=f"no {', '.join(missing)}")


def _is_of_the_disk(error: Exception) -> bool:
    """Tell the disk's errors from those that the libraries also raise as OSError."""
    return isinstance(error, OSError) and error.errno in _DISK_ERRORS


def _told(error: Exception) -> str:
    """Say what a library said, in a line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]


def _missing(original: Path) -> list[str]:
    """Name the files that have not come; one that is half there has another name still."""
    return [name for name in _ORIGINAL_FILES if not (original / name).is_file()]


def _convert(original: Path, folder: Path) -> None:
    """Convert beside the folder, try the result, then put it in place in one move.

    Raises DownloadFailed, OSError (the disk).
    """
    from ctranslate2.converters import TransformersConverter
    from safetensors import SafetensorError

    partial = folder.with_name(f"{folder.name}.part")
    converter = TransformersConverter(str(original), copy_files=["source.spm", "target.spm"])
    try:
        with warnings.catch_warnings():
            # Of the tokenizer only the vocabulary is read; it would like one more package.
            warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
            converter.convert(str(partial), quantization="int8", force=True)
        said = Marian(partial).translate([_PROBE])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        if _is_of_the_disk(error):
            raise
        shutil.rmtree(original)
        raise DownloadFailed(obstacle=Obstacle.UNREADABLE, detail=_told(error)) from error
    if not all(said):
        shutil.rmtree(original)
        raise DownloadFailed(obstacle=Obstacle.UNREADABLE, detail="it translates nothing")
    (partial / "CREDIT.txt").write_text(CREDIT + "\n", "utf-8")
    partial.rename(folder)
