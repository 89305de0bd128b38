"""What a model in diffusers layout must hold, said plainly before anything is loaded. No torch.

The libraries' own errors name a class or a key; an operator needs the file. The same rules say
which files of a hub repository are worth fetching: safetensors, in one precision, and no code.
"""

import json
import re
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from safetensors import SafetensorError, safe_open

from pipeline.errors import ModelNotLoaded, ModelProblem

INDEX = "model_index.json"
_KIND = "StableDiffusionXLPipeline"
_SCHEDULE = "scheduler/scheduler_config.json"
_WEIGHED_PARTS = ("text_encoder", "text_encoder_2", "unet", "vae")
_TOKENIZERS = ("tokenizer", "tokenizer_2")
_VOCABULARIES = ("tokenizer.json", "vocab.json")
# Whole or in numbered pieces; as "fp16" in half precision.
_WEIGHTS = re.compile(
    r"(model|diffusion_pytorch_model)(?P<fp16>\.fp16)?(-\d+-of-\d+)?(?P<fp16_late>\.fp16)?"
    r"\.safetensors(\.index(?P<fp16_index>\.fp16)?\.json)?"
)
_PICKLES = (".bin", ".ckpt", ".pt", ".pth")


def check_folder(folder: Path, *, name: str, replaced: Collection[str] = ()) -> None:
    """Say what a folder lacks, or which file is broken. Raises ModelNotLoaded.

    replaced: parts whose weights come from elsewhere; their configuration is still needed.
    """
    check_kind(folder, name=name)
    files = {file.relative_to(folder).as_posix() for file in folder.glob("*/*")}
    if missing := missing_files(files, replaced=replaced):
        raise _missing(files, missing, place=str(folder), name=name)
    for file in sorted(folder.glob("*/*.safetensors")):
        check_weights(file, name=name)
    for index in folder.glob("*/*.safetensors.index*.json"):
        _check_pieces(index, name=name)


def check_skeleton(folder: Path, *, name: str) -> None:
    """Say what a folder lacks besides weights. Raises ModelNotLoaded."""
    check_kind(folder, name=name)
    files = {file.relative_to(folder).as_posix() for file in folder.glob("*/*")}
    if missing := missing_files(files, replaced=_WEIGHED_PARTS):
        raise _missing(files, missing, place=str(folder), name=name)


def check_kind(folder: Path, *, name: str) -> None:
    """Say whether a folder's index is there and that of an SDXL. Raises ModelNotLoaded."""
    if not (folder / INDEX).is_file():
        raise ModelNotLoaded(
            model=name, reason=f"no {INDEX} in {folder}", problem=ModelProblem.INCOMPLETE
        )
    kind = _read_json(folder / INDEX, name=name).get("_class_name")
    if kind != _KIND:
        raise ModelNotLoaded(model=name, reason=str(kind), problem=ModelProblem.WRONG_KIND)


def check_weights(file: Path, *, name: str) -> None:
    """Read a file's header and compare it with the file's length. Raises ModelNotLoaded."""
    try:
        with safe_open(file, framework="np"):
            pass
    except (SafetensorError, OSError) as error:
        raise ModelNotLoaded(
            model=name, reason=f"broken file {file}: {error}", problem=ModelProblem.BROKEN
        ) from error


def missing_files(files: Collection[str], *, replaced: Collection[str] = ()) -> list[str]:
    """Name what a model lacks of which these are the files, relative and with slashes."""
    missing = [] if _SCHEDULE in files else [_SCHEDULE]
    for part in _WEIGHED_PARTS:
        if f"{part}/config.json" not in files:
            missing.append(f"{part}/config.json")
        if part not in replaced and not any(_is_weights(file, part=part) for file in files):
            missing.append(f"{part}/*.safetensors")
    missing += [
        f"{part}/tokenizer.json"
        for part in _TOKENIZERS
        if not any(f"{part}/{vocabulary}" in files for vocabulary in _VOCABULARIES)
    ]
    return missing


def wanted_files(files: Collection[str], *, place: str, replaced: Collection[str]) -> list[str]:
    """Choose what to fetch of a hub repository: one precision of each part, the halved one if any.

    Raises ModelNotLoaded for a repository that lacks something.
    """
    if missing := missing_files(files, replaced=replaced):
        raise _missing(files, missing, place=place, name=place)
    wanted = [*skeleton_files(files)]
    for part in _WEIGHED_PARTS:
        if part not in replaced:
            weights = [file for file in files if _is_weights(file, part=part)]
            halved = [file for file in weights if _is_halved(file)]
            wanted += halved or weights
    return sorted(wanted)


def skeleton_files(files: Iterable[str]) -> list[str]:
    """Choose what has no weights: the configurations, the schedule and both tokenizers."""
    configurations = {INDEX, _SCHEDULE, *(f"{part}/config.json" for part in _WEIGHED_PARTS)}
    return sorted(
        file
        for file in files
        if file in configurations
        or (file.partition("/")[0] in _TOKENIZERS and file.endswith((".json", ".txt")))
    )


def has_words(tokenizer: Path) -> bool:
    """Say whether a tokenizer's folder holds words; transformers loads one without as empty."""
    return any((tokenizer / name).is_file() for name in _VOCABULARIES)


def find_variant(folder: Path) -> str | None:
    """Return "fp16" where a folder holds the weights of a part in no other form."""
    for part in _WEIGHED_PARTS:
        names = [file.name for file in (folder / part).glob("*.safetensors")]
        if names and all(_is_halved(name) for name in names):
            return "fp16"
    return None


def _is_weights(file: str, *, part: str) -> bool:
    path = PurePosixPath(file)
    return str(path.parent) == part and bool(_WEIGHTS.fullmatch(path.name))


def _is_halved(file: str) -> bool:
    return ".fp16" in PurePosixPath(file).name


def _missing(
    files: Iterable[str], missing: Collection[str], *, place: str, name: str
) -> ModelNotLoaded:
    reason = f"missing in {place}: {', '.join(missing)}"
    parts = {file.partition("/")[0] for file in missing if file.endswith("*.safetensors")}
    pickles = [f for f in files if f.partition("/")[0] in parts and f.endswith(_PICKLES)]
    if pickles:
        reason += f"; only {', '.join(sorted(pickles))}"
    problem = ModelProblem.PICKLE if pickles else ModelProblem.INCOMPLETE
    return ModelNotLoaded(model=name, reason=reason, problem=problem)


def _check_pieces(index: Path, *, name: str) -> None:
    """Say which piece is missing of weights that lie in several files. Raises ModelNotLoaded."""
    pieces = set(_read_json(index, name=name).get("weight_map", {}).values())
    missing = sorted(piece for piece in pieces if not (index.parent / piece).is_file())
    if missing:
        raise ModelNotLoaded(
            model=name,
            reason=f"missing in {index.parent}: {', '.join(missing)}",
            problem=ModelProblem.INCOMPLETE,
        )


def _read_json(file: Path, *, name: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelNotLoaded(
            model=name, reason=f"broken file {file}: {error}", problem=ModelProblem.BROKEN
        ) from error
    return content
