"""Where the files of a model lie on this machine; what is not here is fetched from the hub. No torch."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.engine.checkpoint import PICKLES, SUFFIX, Checkpoint, check_suffix, read_checkpoint
from pipeline.engine.folder import check_folder, check_skeleton, check_weights
from pipeline.engine.options import ModelOptions, Origin
from pipeline.errors import ModelNotLoaded, ModelProblem

if TYPE_CHECKING:
    from pipeline.engine.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """Everything that is read when a model is loaded."""

    folder: Path  # in diffusers layout; of a single file: its configuration and tokenizers
    checkpoint: Checkpoint | None = None  # where the model is a single file
    unet: Path | None = None  # a `.safetensors` file that replaces the model's own
    vae: Path | None = None  # a folder or a `.safetensors` file, likewise


def find_model(options: ModelOptions) -> ModelFiles:
    """Find or fetch every file of a model, and check what can be checked. Raises ModelNotLoaded."""
    hub = _open_hub(options)
    unet = _find_part(options.unet, name=options.name, hub=hub)
    vae = _find_part(options.vae, name=options.name, hub=hub)
    local = _find_local(options.origin, name=options.name)
    if local is not None and local.is_file():
        checkpoint = read_checkpoint(local, name=options.name, is_vae_replaced=vae is not None)
        folder = find_tokenizers(options)
        return ModelFiles(folder=folder, checkpoint=checkpoint, unet=unet, vae=vae)
    replaced = [part for part, path in (("unet", unet), ("vae", vae)) if path is not None]
    folder = (
        local
        or _cached_model(options.origin, replaced=replaced, hub=hub)
        or hub.fetch_model(options.origin, replaced=replaced)
    )
    check_folder(folder, name=options.name, replaced=replaced)
    return ModelFiles(folder=folder, unet=unet, vae=vae)


def unfetched(options: ModelOptions) -> tuple[str, ...]:
    """Name what `find_model` would have to fetch from the hub. Raises ModelNotLoaded."""
    hub = _open_hub(options)
    parts = {"unet": options.unet, "vae": options.vae}
    replaced = [name for name, origin in parts.items() if origin is not None]
    missing = [
        origin.place
        for origin in parts.values()
        if origin is not None
        and _find_local(origin, name=options.name) is None
        and hub.cached_part(origin) is None
    ]
    local = _find_local(options.origin, name=options.name)
    if local is None and not _cached_model(options.origin, replaced=replaced, hub=hub):
        missing.insert(0, options.path)
    if local is not None and local.is_file() and not _cached_skeleton(options.skeleton, hub=hub):
        missing.append(options.skeleton.place)
    return tuple(missing)


def find_tokenizers(options: ModelOptions) -> Path:
    """Return a folder with a model's tokenizers and configurations, fetching no weights.

    Raises ModelNotLoaded.
    """
    local = _find_local(options.origin, name=options.name)
    if local is not None and local.is_dir():
        return local
    origin, hub = options.origin if local is None else options.skeleton, _open_hub(options)
    folder = _cached_skeleton(origin, hub=hub) or hub.fetch_skeleton(origin)
    check_skeleton(folder, name=options.name)
    return folder


def _open_hub(options: ModelOptions) -> "Hub":
    from pipeline.engine.hub import Hub  # its library reads the environment when it is imported

    return Hub(options.hub_cache)


def _find_local(origin: Origin, *, name: str) -> Path | None:
    """Return a place of this machine, or None for the hub's. Raises ModelNotLoaded."""
    path = Path(origin.place).expanduser()
    if path.exists():
        return path
    if origin.may_be_on_hub and path.suffix not in (SUFFIX, *PICKLES):
        return None
    raise ModelNotLoaded(
        model=name, reason=f"no folder or file {path}", problem=ModelProblem.MISSING
    )


def _cached_model(origin: Origin, *, replaced: Collection[str], hub: "Hub") -> Path | None:
    """Return the folder of a hub's model, or None where not all of it is here."""
    index = hub.cached(origin)
    if index is None:
        return None
    try:
        check_folder(index.parent, name=origin.place, replaced=replaced)
    except ModelNotLoaded:
        return None
    return index.parent


def _find_part(origin: Origin | None, *, name: str, hub: "Hub") -> Path | None:
    """Return the folder or file of a part that replaces the model's own. Raises ModelNotLoaded."""
    if origin is None:
        return None
    path = _find_local(origin, name=name)
    if path is None:
        path = hub.cached_part(origin) or hub.fetch_part(origin)
    check_suffix(path, name=name)
    for file in path.glob("*.safetensors") if path.is_dir() else (path,):
        check_weights(file, name=name)
    return path


def _cached_skeleton(origin: Origin, *, hub: "Hub") -> Path | None:
    """Return a folder of this machine, or of the hub where all that has no weights is here."""
    local = _find_local(origin, name=origin.place)
    if local is not None:
        return local
    index = hub.cached(origin)
    if index is None:
        return None
    try:
        check_skeleton(index.parent, name=origin.place)
    except ModelNotLoaded:
        return None
    return index.parent
