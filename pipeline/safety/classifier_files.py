"""Where a classifier's files lie on this machine; what is not here is fetched from the hub. No torch.

A hub's file is kept under its own hash, and is read only while it still has it: a classifier in which
somebody changed a byte would let through what it should stop.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engine.folder import check_weights
from pipeline.engine.options import Origin
from pipeline.errors import ClassifierNotLoaded, ModelNotLoaded, ModelProblem

if TYPE_CHECKING:
    from pipeline.engine.hub import Hub

CONFIG, WEIGHTS, PREPROCESSING = "config.json", "model.safetensors", "preprocessor_config.json"
_NEEDED = (CONFIG, WEIGHTS)
_PICKLES = (".bin", ".ckpt", ".pt", ".pth")
_SHA256 = re.compile("[0-9a-f]{64}")


def find_classifier(origin: Origin, *, hub_cache: str | None = None) -> Path:
    """Find or fetch a classifier, and check its files; returns its folder. Raises ClassifierNotLoaded."""
    try:
        folder = _folder(origin) or _from_hub(origin, hub=_open_hub(hub_cache))
        _check(folder, name=origin.place)
    except ModelNotLoaded as error:
        raise ClassifierNotLoaded(
            model=origin.place, reason=error.reason, problem=error.problem
        ) from error
    return folder


def is_fetched(origin: Origin, *, hub_cache: str | None = None) -> bool:
    """Whether `find_classifier` would find everything on this machine."""
    if Path(origin.place).expanduser().exists() or not origin.may_be_on_hub:
        return True
    return _open_hub(hub_cache).cached_files(origin, _NEEDED) is not None


def read_json(file: Path, *, name: str) -> dict[str, Any]:
    """Read one of a classifier's configurations. Raises ClassifierNotLoaded."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _broken(file, name=name) from error
    if not isinstance(content, dict):
        raise _broken(file, name=name)
    return content


def _broken(file: Path, *, name: str) -> ClassifierNotLoaded:
    return ClassifierNotLoaded(
        model=name, reason=f"broken file {file}", problem=ModelProblem.BROKEN
    )


def _open_hub(cache: str | None) -> "Hub":
    from pipeline.engine.hub import Hub  # its library reads the environment when it is imported

    return Hub(cache)


def _folder(origin: Origin) -> Path | None:
    """Return a folder of this machine, or None for the hub's. Raises ClassifierNotLoaded."""
    path = Path(origin.place).expanduser()
    if path.is_dir():
        return path
    if origin.may_be_on_hub and not path.exists():
        return None
    raise ClassifierNotLoaded(
        model=origin.place, reason=f"no folder {path}", problem=ModelProblem.MISSING
    )


def _from_hub(origin: Origin, *, hub: "Hub") -> Path:
    found = hub.cached_files(origin, _NEEDED)
    return found or hub.fetch_files(origin, _NEEDED, beside=(PREPROCESSING,))


def _check(folder: Path, *, name: str) -> None:
    """Say what a folder lacks, or which file is broken. Raises ModelNotLoaded."""
    missing = [file for file in _NEEDED if not (folder / file).is_file()]
    if missing:
        pickles = sorted(file.name for file in folder.iterdir() if file.suffix in _PICKLES)
        is_pickle = WEIGHTS in missing and bool(pickles)
        raise ModelNotLoaded(
            model=name,
            reason=f"missing in {folder}: {', '.join(missing)}",
            problem=ModelProblem.PICKLE if is_pickle else ModelProblem.INCOMPLETE,
        )
    weights = folder / WEIGHTS
    check_weights(weights, name=name)
    kept_as = weights.resolve()
    if not _SHA256.fullmatch(kept_as.name):  # of a folder nobody said what its hash should be
        return
    with kept_as.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != kept_as.name:
        raise ModelNotLoaded(
            model=name, reason=f"changed file {kept_as}", problem=ModelProblem.BROKEN
        )
