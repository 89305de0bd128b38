"""What is fetched from the hub: pinned, safetensors only, resumed where it stopped, checked.

Only the hub's own library speaks to it. What was fetched once is used from then on without asking
anybody, so a model never changes behind an operator's back. No torch, and no code from the hub.
"""

import errno
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import structlog
from huggingface_hub import HfApi, constants, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import repo_folder_name

from pipeline.engine.download import ContentDiffers, download
from pipeline.engine.folder import INDEX, check_kind, skeleton_files, wanted_files
from pipeline.engine.options import Origin
from pipeline.errors import ModelNotLoaded, ModelProblem

log = structlog.get_logger(__name__)

_MAX_REASON_CHARS = 300
_PART_WEIGHTS = "diffusion_pytorch_model.safetensors"


class Hub:
    """The hub, as one folder of this machine remembers it. Fetching raises ModelNotLoaded."""

    def __init__(self, cache: str | None = None) -> None:
        self._cache = Path(cache or constants.HF_HUB_CACHE)

    def cached(self, origin: Origin, *, file: str = INDEX) -> Path | None:
        """Return where a file of a repository already lies, or None."""
        try:
            return self._fetch_file(origin, file, is_local=True)
        except LocalEntryNotFoundError:
            return None

    def fetch_model(self, origin: Origin, *, replaced: Collection[str] = ()) -> Path:
        """Fetch the parts of a model in one precision; returns its folder."""

        def choose(files: Collection[str]) -> list[str]:
            return wanted_files(files, place=origin.place, replaced=replaced)

        with _translated(origin):
            check_kind(self._fetch_file(origin, INDEX).parent, name=origin.place)
            return self._fetch(origin, choose)

    def fetch_skeleton(self, origin: Origin) -> Path:
        """Fetch what has no weights: configurations and tokenizers; returns their folder."""
        with _translated(origin):
            return self._fetch(origin, skeleton_files)

    def cached_part(self, origin: Origin) -> Path | None:
        """Return a part that is a repository of its own, such as a VAE, if all of it is here.

        Its folder, or the one file that is meant.
        """
        found = [self.cached(origin, file=file) for file in _part_files(origin)]
        if found[0] is None or None in found:
            return None
        return found[0] if origin.file else found[0].parent

    def fetch_part(self, origin: Origin) -> Path:
        """Fetch such a part; returns its folder, or the one file that is meant."""
        with _translated(origin):
            folder = self._fetch(origin, lambda _: list(_part_files(origin)))
        return folder / origin.file if origin.file else folder

    def cached_files(self, origin: Origin, files: Collection[str]) -> Path | None:
        """Return the folder of a repository if these files of it, which lie at its top, are here."""
        found = [self.cached(origin, file=file) for file in files]
        return None if found[0] is None or None in found else found[0].parent

    def fetch_files(
        self, origin: Origin, files: Collection[str], *, beside: Collection[str] = ()
    ) -> Path:
        """Fetch files of a repository, and of those `beside` them what it has; returns its folder."""

        def choose(there: Collection[str]) -> list[str]:
            return [*files, *(file for file in beside if file in there)]

        with _translated(origin):
            return self._fetch(origin, choose)

    def _fetch(self, origin: Origin, choose: Callable[[list[str]], list[str]]) -> Path:
        """Fetch the files that are chosen of a repository's list; returns their folder."""
        info = HfApi().model_info(origin.place, revision=origin.revision, files_metadata=True)
        assert info.sha is not None
        there = {sibling.rfilename: sibling for sibling in info.siblings or ()}
        wanted = choose(list(there))
        if missing := sorted(set(wanted) - set(there)):
            raise ModelNotLoaded(
                model=origin.place,
                reason=f"missing: {', '.join(missing)}",
                problem=ModelProblem.INCOMPLETE,
            )
        log.info("fetching model", hub_id=origin.place, commit=info.sha, num_files=len(wanted))
        blobs = self._cache / repo_folder_name(repo_id=origin.place, repo_type="model") / "blobs"
        for file in wanted:
            if large := there[file].lfs:
                download(
                    origin.place,
                    file,
                    commit=info.sha,
                    sha256=large.sha256,
                    size_bytes=large.size,
                    to=blobs / large.sha256,  # where the library looks before it fetches
                )
        return self._link(origin, wanted)

    def _link(self, origin: Origin, files: Iterable[str]) -> Path:
        """Fetch what is small, and give every file its name in the cache."""
        folder = snapshot_download(
            origin.place,
            revision=origin.revision,
            allow_patterns=list(files),
            cache_dir=self._cache,
        )
        return Path(folder)

    def _fetch_file(self, origin: Origin, file: str, *, is_local: bool = False) -> Path:
        path = hf_hub_download(
            origin.place,
            file,
            revision=origin.revision,
            cache_dir=self._cache,
            local_files_only=is_local,
        )
        return Path(path)


def _part_files(origin: Origin) -> tuple[str, ...]:
    return (origin.file,) if origin.file else ("config.json", _PART_WEIGHTS)


# What the hub's library raises, most specific first → what is wrong.
_PROBLEMS: tuple[tuple[type[Exception], ModelProblem], ...] = (
    (GatedRepoError, ModelProblem.GATED),
    (RepositoryNotFoundError, ModelProblem.NOT_ON_HUB),
    (RevisionNotFoundError, ModelProblem.NOT_ON_HUB),
    (HFValidationError, ModelProblem.NOT_ON_HUB),
    (RemoteEntryNotFoundError, ModelProblem.INCOMPLETE),
    (ContentDiffers, ModelProblem.BROKEN),
    (OfflineModeIsEnabled, ModelProblem.OFFLINE),
    (LocalEntryNotFoundError, ModelProblem.OFFLINE),
    (httpx2.ConnectError, ModelProblem.OFFLINE),
    (httpx2.TransportError, ModelProblem.CUT_OFF),
    (HfHubHTTPError, ModelProblem.CUT_OFF),
    (OSError, ModelProblem.CUT_OFF),  # the library's "Consistency check failed", among others
)


@contextmanager
def _translated(origin: Origin) -> Iterator[None]:
    """Name the hub's errors in our words. Raises ModelNotLoaded."""
    try:
        yield
    except tuple(kind for kind, _ in _PROBLEMS) as error:
        problem = next(problem for kind, problem in _PROBLEMS if isinstance(error, kind))
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            problem = ModelProblem.DISK_FULL
        said = " ".join(str(error).split())[:_MAX_REASON_CHARS]  # several lines, the best last
        reason = said or type(error).__name__
        raise ModelNotLoaded(model=origin.place, reason=reason, problem=problem) from error
