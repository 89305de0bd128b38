"""LoRA files from one folder, by name: loaded when they are first wanted, then switched, never fused.

Unfused layers cost a little in every call, but switching between sets takes milliseconds and leaves
the model's own weights as they were. A set is a property of the whole model: whoever shares a tick
shares it. Does not know requests. GPU thread only, after `find_loras`.
"""

import warnings
from pathlib import Path
from typing import Any

import structlog
import torch
from diffusers.hooks.group_offloading import _maybe_remove_and_reapply_group_offloading
from safetensors import SafetensorError

from pipeline.errors import LoraNotLoaded, OutOfGpuMemory
from pipeline.types import WeightSet

log = structlog.get_logger(__name__)

_MAX_LOADED = 8  # each takes up to a tenth of the model's own memory
_ENCODERS = ("text_encoder", "text_encoder_2")


def find_loras(folder: Path | None) -> dict[str, Path]:
    """Return the LoRA files of a folder by the names that people use: without the ending."""
    if folder is None:
        return {}
    return {file.stem: file for file in sorted(folder.glob("*.safetensors"))}


class Loras:
    """The LoRA files of a loaded pipeline, and which of them act now."""

    def __init__(self, pipe: Any, folder: Path | None) -> None:
        self._pipe = pipe
        self._files = find_loras(folder)
        # Adapters may not be named with dots, which file names have; the latest used stands last.
        self._adapters: dict[str, str] = {}
        self._num_loaded = 0
        self._current: WeightSet = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that a request can wish for."""
        return tuple(self._files)

    def use(self, weights: WeightSet) -> bool:
        """Let exactly these act from now on; False where they did already.

        Raises LoraNotLoaded, and then the ones before act.
        """
        if weights == self._current:
            return False
        for name, _ in weights:
            if name not in self._adapters:
                self._load(name)
            self._adapters[name] = self._adapters.pop(name)
        self._switch(weights)
        self._current = weights
        self._forget_oldest()
        return True

    def on_encoders(self, weights: WeightSet) -> WeightSet:
        """Return the part of a set that changes what prompts are encoded to; all must be loaded."""
        if not weights:
            return ()
        touched = self._pipe.get_list_adapters()
        names = {adapter for encoder in _ENCODERS for adapter in touched.get(encoder, ())}
        return tuple((name, scale) for name, scale in weights if self._adapters[name] in names)

    def _switch(self, weights: WeightSet) -> None:
        if not self._adapters:
            return
        if not weights:
            self._pipe.disable_lora()
            return
        self._pipe.enable_lora()
        self._pipe.set_adapters(
            [self._adapters[name] for name, _ in weights],
            adapter_weights=[scale for _, scale in weights],
        )

    def _load(self, name: str) -> None:
        """Read a file into layers beside the model's own. Raises LoraNotLoaded."""
        if name not in self._files:
            raise LoraNotLoaded(name=name, reason="no such file")
        file, adapter = self._files[name], f"lora_{self._num_loaded}"
        self._num_loaded += 1
        reason = None
        try:
            with warnings.catch_warnings():  # peft warns of a second file, which is what we want
                warnings.simplefilter("ignore")
                self._pipe.load_lora_weights(
                    str(file.parent),
                    weight_name=file.name,
                    adapter_name=adapter,
                    use_safetensors=True,
                    local_files_only=True,
                )
        except torch.OutOfMemoryError:
            reason = "out of memory"
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        is_there = any(adapter in found for found in self._pipe.get_list_adapters().values())
        if reason is None and not is_there:
            reason = "none of its keys belong to this model"
        if reason is not None:
            if is_there:  # half of it
                self._pipe.delete_adapters(adapter)
            self._switch(self._current)
            log.warning("lora not loaded", name=name, reason=reason)
            if reason == "out of memory":
                raise OutOfGpuMemory
            raise LoraNotLoaded(name=name, reason=reason)
        _widen(self._pipe.unet, adapter=adapter)
        self._adapters[name] = adapter
        log.info("lora loaded", name=name)

    def _forget_oldest(self) -> None:
        """Drop what has not been used for longest, once there are too many."""
        wanted = {name for name, _ in self._current}
        for name in tuple(self._adapters)[: max(0, len(self._adapters) - _MAX_LOADED)]:
            if name not in wanted:
                self._pipe.delete_adapters(self._adapters.pop(name))


def _widen(unet: Any, *, adapter: str) -> None:
    """Have an adapter's layers compute as the UNet does, though its weights are stored in eight bits.

    peft makes them in the dtype of the weights beside them, and cannot multiply in that one.
    """
    layers = [weight for name, weight in unet.named_parameters() if f".{adapter}." in name]
    if all(weight.dtype is unet.dtype for weight in layers):
        return
    for weight in layers:
        weight.data = weight.data.to(unet.dtype)
    _maybe_remove_and_reapply_group_offloading(unet)  # it keeps copies of what it moves
